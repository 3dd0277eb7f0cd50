"""Setting a channel up, trying it in the terminal, and looking after what could not be sent."""

from __future__ import annotations

import asyncio
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from records import wiring as records_wiring
from records.outbox import Parcel
from storage.settings import SettingError
from tests.running import environment, run_command
from web.channels import console
from web.channels.settings import file_of, given, keep, problems, switched_on
from web.channels.signatures import webhook_secrets
from web.channels.wiring import built
from web.errors import StartRefused
from web.settings import Setting, Settings

GOOD = {
    "LANTERN_WHATSAPP_NUMBER_ID": "106540352242922",
    "LANTERN_WHATSAPP_TOKEN": "EAAGm0PX4ZCpsBAKZCq8h3kZB1nTz",
    "LANTERN_WHATSAPP_APP_SECRET": "8f2c61f0a9b34d7e85d0c1b2a3f4e596",
}


def add(home: Path, *more: str, **env: str) -> tuple[int, str]:
    done = run_command("channel", "add", *more, env=environment(home, **env))
    return done.returncode, done.stdout


def test_a_channel_is_set_up_by_one_command(tmp_path: Path) -> None:
    sets = [word for name, value in GOOD.items() for word in ("--set", f"{name}={value}")]
    code, said = add(tmp_path, "whatsapp", *sets, LANTERN_SITE_ADDRESS="https://lantern.example.org")
    assert code == 0, said
    file = file_of(tmp_path, "whatsapp")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept = given("whatsapp", {}, tmp_path)
    assert {name: kept[name] for name in GOOD} == GOOD
    assert f"LANTERN_WHATSAPP_VERIFY_TOKEN={kept['LANTERN_WHATSAPP_VERIFY_TOKEN']}" in said, (
        "it was made, and is needed"
    )
    assert "https://lantern.example.org/channels/whatsapp" in said
    assert "./lantern channel check whatsapp" in said
    assert [value for value in GOOD.values() if value in said] == []
    assert switched_on({}, tmp_path) == ["whatsapp"]


def test_a_secret_of_the_generic_channel_is_made(tmp_path: Path) -> None:
    code, said = add(tmp_path, "webhook", "--set", "LANTERN_WEBHOOK_URL=https://system.example.org/replies")
    assert code == 0, said
    [secret] = webhook_secrets(given("webhook", {}, tmp_path)["LANTERN_WEBHOOK_SECRET"])
    assert len(secret) == 32
    assert "http://127.0.0.1:8080/channels/webhook" in said, "where it is reached without a public address"


def test_whoever_is_asked_is_told_where_to_look_and_asked_again_for_what_will_not_do(tmp_path: Path) -> None:
    answers: Iterator[str] = iter(
        ["12", GOOD["LANTERN_WHATSAPP_NUMBER_ID"], "", "changeme", *list(GOOD.values())[1:], "", ""]
    )
    asked: list[bool] = []
    said: list[str] = []

    def ask(question: str, secret: bool) -> str:
        asked.append(secret)
        return next(answers)

    assert console.add("whatsapp", {"LANTERN_HOME": str(tmp_path)}, {}, ask, said.append) == 0
    whole = "\n".join(said)
    assert "Phone number ID" in whole
    assert "That will not do: give its digits." in whole
    assert "this is a placeholder" in whole
    assert asked == [False, False, True, True, True, True, True, False], "what is secret is not shown while it is typed"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"LANTERN_WHATSAPP_APP_SECRET": ""}, "LANTERN_WHATSAPP_APP_SECRET is not set"),
        ({"LANTERN_WHATSAPP_APP_SECRET": "short"}, "too weak"),
        ({"LANTERN_WHATSAPP_APP_SECRET": "your-app-secret-goes-here"}, "placeholder"),
        ({"LANTERN_WHATSAPP_APP_SECRET": "aaaaaaaaaaaaaaaaaaaaaaaa"}, "too weak"),
        ({"LANTERN_WHATSAPP_API": "http://graph.facebook.com"}, "https"),
        ({"LANTERN_NOSUCH": "1"}, "has no setting LANTERN_NOSUCH"),
    ],
)
def test_what_is_missing_weak_or_unknown_is_refused_and_nothing_is_kept(
    tmp_path: Path, changed: dict[str, str], reason: str
) -> None:
    sets = [word for name, value in {**GOOD, **changed}.items() for word in ("--set", f"{name}={value}")]
    code, said = add(tmp_path, "whatsapp", *sets)
    assert code == 1
    assert reason in said
    assert "Traceback" not in said
    assert changed.get("LANTERN_WHATSAPP_APP_SECRET", "") == "" or changed["LANTERN_WHATSAPP_APP_SECRET"] not in said
    assert not file_of(tmp_path, "whatsapp").exists()


def test_the_environment_wins_over_the_file_and_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = file_of(tmp_path, "whatsapp")
    keep(file, GOOD)
    other = {"LANTERN_WHATSAPP_NUMBER_ID": "999999"}
    assert given("whatsapp", other, tmp_path) == {**GOOD, **other}
    file.chmod(0o640)
    assert "chmod 600" in problems({}, tmp_path)[str(file)]


def test_a_gateway_with_a_weak_secret_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "assistant").write_text("0f" * 32)
    weak = {"LANTERN_WEBHOOK_SECRET": "whsec_AAAA", "LANTERN_WEBHOOK_URL": "https://system.example.org/replies"}
    done = run_command("check", env=environment(tmp_path, **weak))
    assert done.returncode == 1
    assert "LANTERN_WEBHOOK_SECRET: its value will not do" in done.stdout
    assert "whsec_AAAA" not in done.stdout


TWILIO = {
    "LANTERN_TWILIO_ACCOUNT_SID": "AC0f0e8ae6ade43cb3c0ce4525424e404f",
    "LANTERN_TWILIO_AUTH_TOKEN": "5d41402abc4b2a76b9719d911017c592",
}
TELEGRAM = {
    "LANTERN_TELEGRAM_TOKEN": "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawQ",
    "LANTERN_TELEGRAM_NAME": "lantern_bot",
}


@pytest.mark.parametrize(
    ("name", "env", "reason"),
    [
        ("twilio", {**TWILIO}, "set LANTERN_SITE_ADDRESS"),
        ("twilio", {**TWILIO, "LANTERN_SITE_ADDRESS": "http://lantern.hospital.example"}, "LANTERN_SITE_ADDRESS: what"),
        ("telegram", {**TELEGRAM, "LANTERN_TELEGRAM_SECRET": "8f2c61f0+a9b3/4d7e85d0c1"}, "letters, digits, _ and -"),
    ],
)
def test_what_a_provider_could_not_use_stops_the_start(
    tmp_path: Path, name: str, env: dict[str, str], reason: str
) -> None:
    with pytest.raises((StartRefused, SettingError), match=re.escape(reason)):
        built(name, env, Settings.from_environment({"LANTERN_HOME": str(tmp_path), **env}))


def test_dead_letters_are_listed_without_a_word_of_them_and_sent_again(tmp_path: Path) -> None:
    records = records_wiring.build({"LANTERN_HOME": str(tmp_path)})
    records.store.migrate()
    outbox = records.post("gateway").outbox
    content = {"address": {"to": "15035550182"}, "page": {"text": "An answer."}}
    outbox.put([Parcel("k1", "whatsapp", "a" * 32, content), Parcel("k2", "whatsapp", "b" * 32, content)]).result(30)
    assert len(outbox.take(["whatsapp"]).result(30)) == 2
    for key in ("k1", "k2"):
        outbox.given_up(key, "status 404").result(30)
    listed = run_command("channel", "dead", env=environment(tmp_path))
    assert listed.returncode == 0
    assert listed.stdout.splitlines()[-1] == "2 dead letters."
    assert "status 404 (1 try; can be sent again)" in listed.stdout
    assert "15035550182" not in listed.stdout
    number = listed.stdout.split()[0]
    assert (
        run_command("channel", "resend", number, env=environment(tmp_path)).stdout == "1 message will be sent again.\n"
    )
    again = run_command("channel", "resend", number, env=environment(tmp_path))
    assert again.returncode == 1
    assert "./lantern channel dead" in again.stdout
    assert run_command("channel", "resend", "--all", env=environment(tmp_path)).returncode == 0
    assert outbox.is_due(["whatsapp"])


def test_a_talk_in_the_terminal_looks_as_on_the_channel(prepared_home: Path) -> None:
    typed = iter(["my dad collapsed and isn't breathing", "1", "is lupus contagious", ""])
    shown: list[str] = []
    env = {"LANTERN_HOME": str(prepared_home), "LANTERN_REGION": "US", "LANTERN_ASSISTANT_PORT": "9"}
    assert asyncio.run(console.simulate("whatsapp", env, lambda: next(typed), shown.append)) == 0
    whole = "\n".join(shown)
    assert (
        whole.index("Call 911")
        < whole.index("I am an automated assistant")
        < whole.index("glad it is not an emergency")
    )
    assert "[1] This is not an emergency" in whole
    assert "/library/lupus-contagious" in whole


def test_every_setting_says_what_it_is_and_where_it_is_found() -> None:
    from web.channels.settings import ADAPTERS, adapter

    for name in ADAPTERS:
        for question in adapter(name).questions:
            setting: Setting = question.setting
            assert setting.name.startswith(f"LANTERN_{name.upper()}_")
            assert setting.meaning
            assert question.where.endswith((".", ")"))
            secret = any(word in setting.name for word in ("SECRET", "TOKEN", "PASSWORD"))
            assert setting.secret == secret
