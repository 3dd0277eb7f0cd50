"""Accounts of staff: who gets in, for how long, and how often somebody may try."""

from __future__ import annotations

import pyotp
import pytest
from sqlalchemy.engine import Engine

from records.errors import SignInRefused, StaffRefused
from records.repository import ConversationStore
from records.staff import StaffStore
from tests.records.conftest import Clock, bytes_of

OWN = "three calm otters"


@pytest.fixture
def staff(store: ConversationStore, engine: Engine, clock: Clock) -> StaffStore:
    return StaffStore(engine, clock)


def signed_in(staff: StaffStore, name: str = "Anna", *roles: str) -> str:
    """Somebody who has chosen a password of their own; returns what their browser shows."""
    given = staff.add(name, roles or ("author",), by="the terminal")
    token = staff.sign_in(name, given)
    session = staff.session(token)
    assert session
    staff.set_password(session.member, given, OWN, token)
    return token


def member(staff: StaffStore, token: str):  # type: ignore[no-untyped-def]
    session = staff.session(token)
    assert session
    return session.member


def test_a_password_that_was_given_out_lets_in_and_has_to_be_replaced(staff: StaffStore) -> None:
    given = staff.add("Anna", ("author", "reviewer"), clinician=True, by="the terminal")
    token = staff.sign_in(" anna ", given)
    found = member(staff, token)
    assert (found.name, found.roles, found.clinician) == ("Anna", {"author", "reviewer"}, True)
    assert found.must_change
    staff.set_password(found, given, OWN, token)
    assert not member(staff, token).must_change
    with pytest.raises(SignInRefused):
        staff.sign_in("Anna", given)
    assert staff.sign_in("Anna", OWN)


def test_a_password_that_was_given_out_runs_out(staff: StaffStore, clock: Clock) -> None:
    given = staff.add("Anna", ("author",), by="the terminal")
    clock.move(hours=73)
    with pytest.raises(SignInRefused):
        staff.sign_in("Anna", given)


def test_nothing_in_the_database_is_a_password_or_opens_a_session(staff: StaffStore, engine: Engine) -> None:
    token = signed_in(staff)
    if engine.dialect.name == "sqlite":
        kept = bytes_of(engine)
        assert OWN.encode() not in kept
        assert token.encode() not in kept
        assert b"$argon2id$" in kept


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "i am anna the nurse", OWN])
def test_a_weak_password_is_not_taken(staff: StaffStore, password: str) -> None:
    token = signed_in(staff)
    with pytest.raises(StaffRefused):
        staff.set_password(member(staff, token), OWN, password, token)


def test_a_session_ends_when_nothing_is_done_and_after_twelve_hours(staff: StaffStore, clock: Clock) -> None:
    token = signed_in(staff)
    clock.move(minutes=29)
    assert staff.session(token)
    clock.move(minutes=29)
    assert staff.session(token), "it was used half an hour ago"
    clock.move(minutes=31)
    assert staff.session(token) is None
    token = staff.sign_in("Anna", OWN)
    for _ in range(25):
        clock.move(minutes=29)
        staff.session(token)
    assert staff.session(token) is None


def test_signing_out_a_reset_and_a_closed_account_end_sessions(staff: StaffStore) -> None:
    token = signed_in(staff)
    staff.sign_out(token)
    assert staff.session(token) is None
    token = staff.sign_in("Anna", OWN)
    given = staff.reset("Anna", by="Ada")
    assert staff.session(token) is None
    token = staff.sign_in("Anna", given)
    staff.close("Anna", by="Ada")
    assert staff.session(token) is None
    with pytest.raises(SignInRefused):
        staff.sign_in("Anna", given)
    assert [event.act for event in staff.events()][:2] == ["closed", "signed in"]


def test_a_new_password_ends_the_other_sessions(staff: StaffStore) -> None:
    token = signed_in(staff)
    other = staff.sign_in("Anna", OWN)
    staff.set_password(member(staff, token), OWN, "four other calm otters", token)
    assert staff.session(token)
    assert staff.session(other) is None


def test_other_roles_count_at_once(staff: StaffStore) -> None:
    token = signed_in(staff, "Anna", "author")
    staff.change("Anna", ("publisher",), clinician=False, by="Ada")
    assert member(staff, token).roles == {"publisher"}


def test_codes_are_asked_for_once_they_are_on_and_each_works_once(staff: StaffStore, clock: Clock) -> None:
    token = signed_in(staff)
    secret = pyotp.random_base32()
    code = pyotp.TOTP(secret)
    with pytest.raises(StaffRefused):
        staff.use_codes(member(staff, token), secret, "000000" if code.at(clock()) != "000000" else "111111")
    with pytest.raises(StaffRefused):
        staff.use_codes(member(staff, token), "no secret", "000000")
    staff.use_codes(member(staff, token), secret, code.at(clock()))
    clock.move(seconds=60)
    for wrong in ("", "12", "000000" if code.at(clock()) != "000000" else "111111"):
        with pytest.raises(SignInRefused):
            staff.sign_in("Anna", OWN, wrong)
    now = code.at(clock())
    assert staff.sign_in("Anna", OWN, f"{now[:3]} {now[3:]}")
    with pytest.raises(SignInRefused):
        staff.sign_in("Anna", OWN, now)
    clock.move(seconds=30)
    staff.use_no_codes(member(staff, staff.sign_in("Anna", OWN, code.at(clock()))), OWN)
    assert staff.sign_in("Anna", OWN)


def test_who_guesses_waits_longer_each_time_and_names_are_not_told(staff: StaffStore, clock: Clock) -> None:
    signed_in(staff)
    for _ in range(5):
        with pytest.raises(SignInRefused, match="not right"):
            staff.sign_in("Anna", "wrong", address="192.0.2.7")
    with pytest.raises(SignInRefused) as refused:
        staff.sign_in("Anna", OWN, address="192.0.2.8")
    assert 0 < refused.value.wait <= 60
    clock.move(seconds=refused.value.wait)
    assert staff.sign_in("Anna", OWN, address="192.0.2.8")
    with pytest.raises(SignInRefused) as unknown:
        staff.sign_in("Nobody", "wrong")
    assert str(unknown.value) == str(SignInRefused())


def test_an_address_that_tries_many_names_waits(staff: StaffStore, clock: Clock) -> None:
    signed_in(staff)
    for number in range(20):
        with pytest.raises(SignInRefused):
            staff.sign_in(f"Guess {number}", "wrong", address="192.0.2.7")
    with pytest.raises(SignInRefused) as refused:
        staff.sign_in("Anna", OWN, address="192.0.2.7")
    assert refused.value.wait > 0
    assert staff.sign_in("Anna", OWN, address="192.0.2.9")
    clock.move(minutes=31)
    assert staff.sign_in("Anna", OWN, address="192.0.2.7")


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "An\x00na", "starter", "Review  dates", "ANNA"])
def test_a_name_that_could_be_mistaken_is_not_taken(staff: StaffStore, name: str) -> None:
    staff.add("Anna", ("author",), by="the terminal")
    with pytest.raises(StaffRefused):
        staff.add(name, ("author",), by="the terminal")


def test_roles_are_the_four_and_never_none(staff: StaffStore) -> None:
    for roles in ((), ("owner",)):
        with pytest.raises(StaffRefused):
            staff.add("Anna", roles, by="the terminal")


def test_what_no_database_holds_is_only_a_wrong_name(staff: StaffStore) -> None:
    for name in ("\x00", "\ud800", "' OR 1=1 --"):
        with pytest.raises(SignInRefused):
            staff.sign_in(name, name, name, name)
