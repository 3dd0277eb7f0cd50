from __future__ import annotations

from pathlib import Path

import pytest

from storage.settings import Setting, SettingError, Settings, choice, path, read, text, whole


def row(parse: object, default: str | None = None, secret: bool = False) -> Setting:
    return Setting("LANTERN_X", default, parse, "longest wait, in seconds", secret)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parse", "given", "value"),
    [
        (text, "  some words ", "some words"),
        (whole(1, 10), " 10 ", 10),
        (choice("fp32", "int8"), " int8", "int8"),
        (path, "/some/../where", Path("/where")),
        (path, "~", Path.home()),
    ],
)
def test_a_right_value_is_read(parse: object, given: str, value: object) -> None:
    assert read([row(parse)], {"LANTERN_X": given}) == {"LANTERN_X": value}


@pytest.mark.parametrize(
    ("parse", "given", "advice"),
    [
        (whole(1, 10), "11", "give a whole number from 1 to 10"),
        (whole(1, 10), "0", "give a whole number from 1 to 10"),
        (whole(1, 10), "ten", "give a whole number from 1 to 10"),
        (whole(1, 10), "1.5", "give a whole number from 1 to 10"),
        (choice("fp32", "int8"), "fp16", "give one of: fp32, int8"),
    ],
)
def test_a_wrong_value_is_named_with_what_to_give_instead(parse: object, given: str, advice: str) -> None:
    with pytest.raises(SettingError) as fault:
        read([row(parse)], {"LANTERN_X": given})
    assert str(fault.value) == f"LANTERN_X: {given!r} will not do: {advice}. It is: longest wait, in seconds"


@pytest.mark.parametrize("environment", [{}, {"LANTERN_X": ""}, {"LANTERN_X": "  "}])
def test_a_missing_value_takes_the_default_or_is_asked_for(environment: dict[str, str]) -> None:
    assert read([row(whole(1, 10), default="3")], environment) == {"LANTERN_X": 3}
    with pytest.raises(SettingError, match=r"LANTERN_X is not set\. It is: longest wait, in seconds"):
        read([row(whole(1, 10))], environment)


def test_the_value_of_a_secret_is_not_repeated() -> None:
    with pytest.raises(SettingError) as fault:
        read([row(whole(1, 10), secret=True)], {"LANTERN_X": "hunter2"})
    assert "hunter2" not in str(fault.value)
    assert "LANTERN_X: its value will not do" in str(fault.value)


def test_without_settings_everything_is_kept_in_files_below_one_folder() -> None:
    settings = Settings.from_environment({"LANTERN_HOME": "/srv/lantern"})
    assert settings.url("knowledge") == "sqlite:////srv/lantern/knowledge.db"
    assert settings.url("conversations") == "sqlite:////srv/lantern/conversations.db"


def test_a_given_database_holds_everything() -> None:
    address = "postgresql+psycopg2://lantern@host/lantern"
    settings = Settings.from_environment({"LANTERN_DATABASE_URL": address})
    assert settings.url("knowledge") == settings.url("conversations") == address
