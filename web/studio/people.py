"""Signing in and out, one's own account, and, for admins, the accounts of all."""

from __future__ import annotations

import segno
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from records import credentials
from records.errors import SignInRefused, StaffRefused
from records.staff import ROLES, plain_name
from web.limits import whole_seconds
from web.studio.access import (
    BEFORE,
    COOKIE,
    HOME,
    MARK,
    PASSWORD,
    SIGN_IN,
    Studio,
    Visit,
    address_of,
    admins,
    first,
    for_anybody,
    for_staff,
    is_marked_before,
    local_path,
    set_cookie,
    sign_in_form,
    staff,
)
from web.studio.drafts import FIELD_WORDS, NEW_SOURCE

PEOPLE = "/studio/people"
ROLE_WORDS = {
    "author": "writes texts and asks for approval",
    "reviewer": "approves what others wrote or sends it back, and writes to people who asked for it",
    "publisher": "publishes, withdraws and rolls back",
    "admin": "manages accounts, changes settings, has messages sent again",
}
KEPT = "kept:"
"""In front of the names of fields that wait behind a sign-in."""
CHOSEN = ("topic", "audience", "answer_kind", "cautions", "as_of", "checked_on", "review_due")
"""Fields of the editor in which nobody writes. They are kept like all others, but not shown where text is offered
again."""
_ASKED = {**FIELD_WORDS, **NEW_SOURCE, "text": "Comment"}
WRITTEN = {name: words for name, words in _ASKED.items() if name not in CHOSEN}


def routes(studio: Studio) -> list[Route]:
    def sign_in_page(request: Request, form: dict[str, list[str]]) -> Response:
        studio.warming.begin()
        return sign_in_form(request, studio, wanted=local_path(request.query_params.get("next", HOME)))

    def sign_in(request: Request, form: dict[str, list[str]]) -> Response:
        kept = {key.removeprefix(KEPT): values for key, values in form.items() if key.startswith(KEPT)}
        kept_for = local_path(first(form, "kept_for")) if kept else ""
        wanted, name = local_path(first(form, "next")), first(form, "name")
        again = {"wanted": wanted, "name": name[:200], "kept": kept, "kept_for": kept_for}
        if not is_marked_before(request, form):
            said = "This page was open for too long, or your browser takes no cookies. Please sign in again."
            return sign_in_form(request, studio, said=said, status=403, **again)  # type: ignore[arg-type]
        try:
            token = studio.people.sign_in(
                name, first(form, "password"), first(form, "code"), address_of(request, studio)
            )
        except SignInRefused as refusal:
            wait = f" Please wait {whole_seconds(refusal.wait)} seconds." if refusal.wait else ""
            said = "That was too often." + wait if refusal.wait else str(refusal)
            status = 429 if refusal.wait else 401
            return sign_in_form(request, studio, said=said, status=status, **again)  # type: ignore[arg-type]
        session = studio.people.session(token)
        response: Response = RedirectResponse(wanted, 303)
        if kept and session is not None and not session.member.must_change:
            title = "Your text is here"
            response = studio.pages.page(
                "kept.html", title, session, kept=_rows(kept), kept_for=kept_for, written=WRITTEN
            )
        set_cookie(request, response, studio, COOKIE, token)
        set_cookie(request, response, studio, BEFORE, "")
        return response

    return [
        for_anybody(SIGN_IN, sign_in_page, studio, ["GET"]),
        for_anybody(SIGN_IN, sign_in, studio, ["POST"]),
        for_staff("/studio/sign-out", sign_out, staff, studio, ["POST"]),
        for_staff(PASSWORD, account, staff, studio),
        for_staff(f"{PASSWORD}/password", new_password, staff, studio, ["POST"]),
        for_staff(f"{PASSWORD}/codes", codes_on, staff, studio, ["POST"]),
        for_staff(f"{PASSWORD}/no-codes", codes_off, staff, studio, ["POST"]),
        for_staff(PEOPLE, people, admins, studio),
        for_staff(PEOPLE, add, admins, studio, ["POST"]),
        for_staff(f"{PEOPLE}/roles", change, admins, studio, ["POST"]),
        for_staff(f"{PEOPLE}/reset", reset, admins, studio, ["POST"]),
        for_staff(f"{PEOPLE}/close", close, admins, studio, ["POST"]),
    ]


def _rows(kept: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(key, value) for key, values in kept.items() if key != MARK for value in values]


def sign_out(visit: Visit) -> Response:
    visit.studio.people.sign_out(visit.token)
    response = RedirectResponse(SIGN_IN + "?said=signed-out", 303)
    set_cookie(visit.request, response, visit.studio, COOKIE, "")
    return response


def account(visit: Visit) -> Response:
    return _account(visit)


def _account(visit: Visit, refused: str = "") -> Response:
    secret = credentials.new_code_secret()
    address = credentials.code_address(secret, visit.member.name, visit.studio.parts.settings.site_name)
    return visit.page(
        "account.html",
        "Your account",
        status=409 if refused else 200,
        refused=refused,
        said=visit.given("said"),
        secret=secret,
        code_address=address,
        code_picture=segno.make(address, error="m").svg_inline(scale=4, svgclass="qr", lineclass=None),
        shortest=credentials.SHORTEST_PASSWORD,
        role_words=ROLE_WORDS,
    )


def new_password(visit: Visit) -> Response:
    new = visit.given("new")
    if new != visit.given("again"):
        return _account(visit, "The two new passwords differ.")
    try:
        visit.studio.people.set_password(visit.member, visit.given("old"), new, visit.token)
    except StaffRefused as refusal:
        return _account(visit, _sentence(refusal))
    return visit.go(HOME if visit.member.must_change else PASSWORD, "password")


def codes_on(visit: Visit) -> Response:
    try:
        visit.studio.people.use_codes(visit.member, visit.given("secret"), visit.given("code"))
    except StaffRefused as refusal:
        return _account(visit, _sentence(refusal))
    return visit.go(PASSWORD, "codes-on")


def codes_off(visit: Visit) -> Response:
    try:
        visit.studio.people.use_no_codes(visit.member, visit.given("password"))
    except StaffRefused as refusal:
        return _account(visit, _sentence(refusal))
    return visit.go(PASSWORD, "codes-off")


def _sentence(refusal: StaffRefused) -> str:
    if isinstance(refusal, SignInRefused):
        return f"That was too often. Please wait {whole_seconds(refusal.wait)} seconds."
    return str(refusal)


# Accounts of all -----------------------------------------------------------------------------------------------


def people(visit: Visit) -> Response:
    return _people(visit)


def _people(visit: Visit, *, refused: str = "", given_out: tuple[str, str] | None = None) -> Response:
    return visit.page(
        "people.html",
        "People",
        status=409 if refused else 200,
        refused=refused,
        given_out=given_out,
        said=visit.given("said"),
        people=visit.studio.people.members(),
        events=visit.studio.people.events(),
        role_words=ROLE_WORDS,
    )


def add(visit: Visit) -> Response:
    name, roles = " ".join(visit.given("name").split()), visit.form.get("role", [])
    clinician = bool(visit.given("clinician"))
    try:
        password = visit.studio.people.add(name, roles, clinician=clinician, by=visit.member.name)
    except StaffRefused as refusal:
        return _people(visit, refused=str(refusal))
    return _people(visit, given_out=(name, password))


def change(visit: Visit) -> Response:
    name, roles = _somebody_else(visit), [role for role in ROLES if role in visit.form.get("role", [])]
    visit.studio.people.change(name, roles, clinician=bool(visit.given("clinician")), by=visit.member.name)
    return visit.go(PEOPLE, "account")


def reset(visit: Visit) -> Response:
    name = _somebody_else(visit)
    return _people(visit, given_out=(name, visit.studio.people.reset(name, by=visit.member.name)))


def close(visit: Visit) -> Response:
    visit.studio.people.close(_somebody_else(visit), by=visit.member.name)
    return visit.go(PEOPLE, "account")


def _somebody_else(visit: Visit) -> str:
    """The account that an admin changes: never their own, so that no admin is left without another."""
    name = visit.given("name")
    if plain_name(name) == plain_name(visit.member.name):
        raise StaffRefused("Another admin has to do this to your account.")
    return name
