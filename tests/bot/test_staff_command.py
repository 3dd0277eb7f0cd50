"""./lantern staff: the first account is made in a terminal, and its password is one to be replaced."""

from __future__ import annotations

from pathlib import Path

from records import wiring
from tests.running import environment, run_command


def test_the_first_person_is_added_and_signs_in(tmp_path: Path) -> None:
    env = environment(tmp_path)
    added = run_command("staff", "add", "Ada", "--role", "admin", "--role", "publisher", env=env)
    assert added.returncode == 0, added.stdout
    password = added.stdout.split("\n\n")[1].strip()
    staff = wiring.build({"LANTERN_HOME": str(tmp_path)}).staff
    session = staff.session(staff.sign_in("Ada", password))
    assert session
    assert (session.member.roles, session.member.must_change) == ({"admin", "publisher"}, True)

    again = run_command("staff", "add", "ada", "--role", "author", env=env)
    assert (again.returncode, "already" in again.stdout) == (1, True)
    reset = run_command("staff", "reset", "Ada", env=env)
    assert reset.returncode == 0
    assert password not in reset.stdout
    listed = run_command("staff", "list", env=env).stdout
    assert "Ada: publisher, admin; has not signed in yet" in listed
    assert run_command("staff", "close", "Nobody", env=env).returncode == 1
