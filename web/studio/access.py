"""Who may open which page of the studio: nobody, unless the route names a role, and the session has it.

Three things stand between a page elsewhere and an act: the session's cookie is not sent along with forms of other
sites, the browser's own word where a request comes from is heeded, and each form carries a mark of its session.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import parse_qs, quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from knowledge import review
from knowledge.editing.refusals import NotAllowed
from knowledge.errors import ContentError, EditRefused, StoreUnavailable
from knowledge.model import Person, Release, Role
from records.errors import StaffRefused, Unavailable
from records.model import Clock
from records.staff import Member, Session, StaffStore
from web.bodies import Upload, parse_form_with_file, read_body
from web.callers import by_https, caller, limited_as, on_this_machine
from web.errors import Refused
from web.parts import Parts
from web.studio.figures import Figures
from web.studio.listing import Remembered
from web.studio.trail import Chain
from web.studio.trying import TrialsOfDrafts
from web.studio.views import Pages
from web.studio.warming import Warming

HOME = "/studio/"
SIGN_IN = "/studio/sign-in"
PASSWORD = "/studio/account"
COOKIE, BEFORE = "lantern_staff", "lantern_sign_in"
"""Names of the cookies: of a session, and of a sign-in form before there is one."""
MARK = "form_mark"
"""The field in which a form carries the mark of its session."""
MOST_FIELDS = 3000
"""Fields of one form; the longest list has a tick for each entry."""


@dataclass(frozen=True)
class Needs:
    """What a route asks of whoever opens it: to be signed in, and one of these roles where any is named."""

    roles: tuple[Role, ...] = ()


@dataclass(frozen=True)
class Anybody:
    """For the one page on which people sign in."""


staff, authors, reviewers, publishers, admins = (
    Needs(),
    Needs(("author",)),
    Needs(("reviewer",)),
    Needs(("publisher",)),
    Needs(("admin",)),
)
publishers_and_admins = Needs(("publisher", "admin"))
anybody = Anybody()


@dataclass(frozen=True)
class Studio:
    """What the pages of the studio are made of."""

    parts: Parts
    pages: Pages
    people: StaffStore
    clock: Clock
    figures: Figures
    trials_of_drafts: TrialsOfDrafts
    remembered: Remembered
    beside: Callable[[Release], review.Beside]
    """The live entries, as the checks of a text that stands beside them need them."""
    warming: Warming
    chain: Chain


@dataclass(frozen=True)
class Visit:
    """One request of somebody who is signed in. `form` has the values of every field, `upload` the file that came with
    them."""

    request: Request
    studio: Studio
    session: Session
    token: str
    form: dict[str, list[str]] = field(default_factory=dict)
    upload: Upload | None = None

    @property
    def member(self) -> Member:
        return self.session.member

    @property
    def person(self) -> Person:
        """The same person, as the acts on content know them."""
        return Person(self.member.name, frozenset(self.member.roles), self.member.clinician)  # type: ignore[arg-type]

    def may(self, role: Role) -> bool:
        return role in self.member.roles

    def given(self, name: str, otherwise: str = "") -> str:
        """The value of a field of the form, else of the address."""
        values = self.form.get(name)
        return values[0] if values else self.request.query_params.get(name, otherwise)

    def number(self, name: str) -> int:
        """The whole number in the path or in a field. Raises `Refused` 404 where there is none."""
        text = str(self.request.path_params.get(name, "")) or self.given(name)
        if not text.isascii() or not text.isdecimal() or len(text) > 9:
            raise Refused(404, "not_found", "There is nothing at this address.")
        return int(text)

    @property
    def by_script(self) -> bool:
        """Whether the script of a page asks, which reads JSON."""
        return "application/json" in self.request.headers.get("accept", "")

    def page(self, template: str, title: str, *, status: int = 200, **values: Any) -> Response:
        return self.studio.pages.page(template, title, self.session, status=status, **values)

    def go(self, path: str, said: str = "") -> Response:
        """To another page, which says `said` (a name of `Pages.SAID`) at its top."""
        mark = ("&" if "?" in path else "?") + f"said={said}" if said else ""
        return RedirectResponse(path + mark, 303)


Endpoint = Callable[[Visit], Response]


def for_staff(
    path: str,
    endpoint: Endpoint,
    needs: Needs,
    studio: Studio,
    methods: Sequence[str] = ("GET",),
    *,
    keeps_text: bool = False,
    takes_file: bool = False,
    act: str = "",
) -> Route:
    """A route for who is signed in and has the role. The endpoint runs in a thread.

    `keeps_text`: a form sent after its session was over is offered again after the next sign-in. `takes_file`: the form
    may bring a file. `act`: what the audit trail calls what is refused here to somebody without the role.
    """

    @functools.wraps(endpoint)
    async def behind(request: Request) -> Response:
        form: dict[str, list[str]] = {}
        upload = None
        try:
            _require_private(request, studio)
            if request.method == "POST":
                _require_same_site(request)
                if takes_file:
                    form, upload = await read_form_with_file(request, studio)
                else:
                    form = await read_form(request, studio)
            return await run_in_threadpool(answered, request, form, upload)
        except Refused as fault:
            return _told(request, studio, None, fault.status, fault.detail, fault.code)

    def answered(request: Request, form: dict[str, list[str]], upload: Upload | None) -> Response:
        token = request.cookies.get(COOKIE, "")
        session = None
        try:
            session = studio.people.session(token) if token else None
            if session is None:
                return _signed_out(request, studio, form if keeps_text else {})
            if request.method == "POST" and not _is_marked(form, session):
                return _told(request, studio, session, 403, "This form is not from your session. Open the page again.")
            if session.member.must_change and not path.startswith(PASSWORD):
                return RedirectResponse(PASSWORD, 303)
            visit = Visit(request, studio, session, token, form, upload)
            if needs.roles and session.member.roles.isdisjoint(needs.roles):
                _refuse(visit, needs.roles, act or endpoint.__name__)
            return endpoint(visit)
        except NotAllowed as refusal:
            return _told(request, studio, session, 403, str(refusal))
        except (EditRefused, StaffRefused) as refusal:
            return _told(request, studio, session, 409, str(refusal))
        except ContentError as error:
            return _told(request, studio, session, 422, str(error))
        except (Unavailable, StoreUnavailable):
            detail = "This was not saved: the database does not answer. Go back; your text is still in the page."
            return _told(request, studio, session, 503, detail)

    route = Route(path, behind, methods=list(methods))
    route.guard = needs  # type: ignore[attr-defined]
    return route


def for_anybody(
    path: str, endpoint: Callable[[Request, dict[str, list[str]]], Response], studio: Studio, methods: Sequence[str]
) -> Route:
    """A route that needs no session; its endpoint is given the fields of the form, and runs in a thread."""

    @functools.wraps(endpoint)
    async def behind(request: Request) -> Response:
        try:
            _require_private(request, studio)
            form: dict[str, list[str]] = {}
            if request.method == "POST":
                _require_same_site(request)
                form = await read_form(request, studio)
            return await run_in_threadpool(endpoint, request, form)
        except Refused as fault:
            return _told(request, studio, None, fault.status, fault.detail, fault.code)
        except (Unavailable, StoreUnavailable):
            return _told(request, studio, None, 503, "The database does not answer. Please try again in a minute.")

    route = Route(path, behind, methods=list(methods))
    route.guard = anybody  # type: ignore[attr-defined]
    return route


async def read_form(request: Request, studio: Studio) -> dict[str, list[str]]:
    """The fields of a form. Raises `Refused` 400, 413 or 415."""
    if _kind(request) not in ("application/x-www-form-urlencoded", ""):
        raise Refused(415, "not_a_form", "Send this as a form.")
    body = await _read_some(request, studio)
    try:
        return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refused(400, "bad_shape", "The form has too many fields.") from None


async def read_form_with_file(request: Request, studio: Studio) -> tuple[dict[str, list[str]], Upload | None]:
    """The fields of a form and the file that came with it, None where it was sent without. Raises `Refused` 400, 413 or
    415."""
    if _kind(request) != "multipart/form-data":
        return await read_form(request, studio), None
    body = await _read_some(request, studio)
    return await run_in_threadpool(parse_form_with_file, body, request.headers["content-type"])


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _read_some(request: Request, studio: Studio) -> bytes:
    most = studio.parts.settings.studio_body_bytes
    try:
        return await read_body(request, most)
    except Refused as fault:
        if fault.status == 413:
            size = f"{most // 1_000_000} MB"
            detail = (
                f"This is more than {size}, so nothing was saved. Go back to your text, if it is not here; shorten it."
            )
            raise Refused(413, fault.code, detail) from None
        raise


def set_cookie(request: Request, response: Response, studio: Studio, name: str, value: str) -> None:
    """A cookie for the studio alone, which no script reads; an empty value takes it away."""
    secure = by_https(request.scope, studio.parts.settings.trusted_proxies)
    # Lax and not strict: who follows a link in an e-mail stays signed in. Forms of other sites come without it.
    response.set_cookie(
        name, value, max_age=None if value else 0, path="/studio", secure=secure, httponly=True, samesite="lax"
    )


def new_before() -> str:
    return secrets.token_urlsafe(24)


def mark_before(cookie: str) -> str:
    """The mark of a sign-in form, for the cookie that came with it."""
    return hashlib.sha256(f"sign-in\0{cookie}".encode()).hexdigest()


def is_marked_before(request: Request, form: dict[str, list[str]]) -> bool:
    cookie = request.cookies.get(BEFORE, "")
    return bool(cookie) and hmac.compare_digest(first(form, MARK).encode(), mark_before(cookie).encode())


def first(form: dict[str, list[str]], name: str) -> str:
    return form.get(name, [""])[0]


def address_of(request: Request, studio: Studio) -> str:
    return limited_as(caller(request.scope, studio.parts.settings.trusted_proxies))


def local_path(wanted: str) -> str:
    """A page of the studio to go on to after signing in; the first one for anything else."""
    try:
        parted = urlsplit(wanted)
    except ValueError:
        return HOME
    inside = not parted.scheme and not parted.netloc and parted.path.startswith(HOME) and "\\" not in wanted
    return wanted if inside and wanted.isprintable() else HOME


def _is_marked(form: dict[str, list[str]], session: Session) -> bool:
    return hmac.compare_digest(first(form, MARK).encode(), session.form_mark.encode())


def _require_private(request: Request, studio: Studio) -> None:
    """Raises `Refused` where a password would go over the network for all to read."""
    if on_this_machine(request.scope) or by_https(request.scope, studio.parts.settings.trusted_proxies):
        return
    raise Refused(
        403,
        "https_needed",
        "The studio opens by https only. If this is https, its operator has to name the proxy in "
        "LANTERN_TRUSTED_PROXIES.",
    )


def _require_same_site(request: Request) -> None:
    """Raises `Refused` where the browser says that a form comes from elsewhere. One that says nothing is held to the
    mark in the form."""
    told = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin", "null")
    elsewhere = told not in ("same-origin", "none") if told else origin != "null" and not _is_own(origin, request)
    if elsewhere:
        raise Refused(403, "from_elsewhere", "This form was sent from another site. Nothing was done.")


def _is_own(origin: str, request: Request) -> bool:
    try:
        return urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()
    except ValueError:
        return False


def _refuse(visit: Visit, roles: Sequence[Role], act: str) -> NoReturn:
    why = f"{visit.member.name} is no {' and no '.join(roles)}; an admin can give that role"
    if visit.request.method == "POST":
        visit.studio.parts.knowledge.editing.refuse(visit.person, act, None, visit.studio.clock(), why)
    raise NotAllowed(why)


def _signed_out(request: Request, studio: Studio, kept: dict[str, list[str]]) -> Response:
    if "application/json" in request.headers.get("accept", ""):
        detail = "You are signed out. Sign in again in another tab; your text is still in this page."
        return JSONResponse({"error": "signed_out", "detail": detail}, 401)
    if kept:
        return sign_in_form(request, studio, wanted=HOME, kept=kept, kept_for=request.url.path, status=401)
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{SIGN_IN}?next={quote(wanted)}" if request.method == "GET" else SIGN_IN, 303)


def sign_in_form(
    request: Request,
    studio: Studio,
    *,
    wanted: str,
    said: str = "",
    name: str = "",
    kept: dict[str, list[str]] | None = None,
    kept_for: str = "",
    status: int = 200,
) -> Response:
    """The page on which people sign in. `kept`: the fields of a form whose session was over; they are offered again."""
    cookie = request.cookies.get(BEFORE) or new_before()
    rows = [(key, value) for key, values in (kept or {}).items() if key != MARK for value in values]
    response = studio.pages.page(
        "sign_in.html",
        "Sign in",
        None,
        status=status,
        mark=mark_before(cookie),
        wanted=wanted,
        refused=said,
        name=name,
        kept=rows,
        kept_for=kept_for,
    )
    set_cookie(request, response, studio, BEFORE, cookie)
    return response


def _told(
    request: Request,
    studio: Studio,
    session: Session | None,
    status: int,
    detail: str,
    code: str = "studio_refused",
) -> Response:
    """A refusal, as a page or for a script."""
    studio.parts.metrics.refused(code)
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"error": "refused", "detail": detail}, status)
    return studio.pages.page("refused.html", "This was not done", session, status=status, detail=detail)
