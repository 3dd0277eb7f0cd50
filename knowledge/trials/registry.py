"""The client of the registry, ClinicalTrials.gov API v2 (facts TRI-033 to TRI-068). Only a sync, and a member of staff
who asks for one study, ever call it; no conversation does.

Every answer comes from outside and may be anything: too long, too slow, cut short, no JSON, of another host. What is
wrong with it ends in one of the errors below, with a sentence for whoever runs the sync.
"""

from __future__ import annotations

import datetime as dt
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError, ProxyError, SSLError
from urllib3.exceptions import TimeoutError as TimeoutException
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import RequestHistory, Retry

from knowledge.errors import KnowledgeError
from knowledge.trials.record import FIELDS
from knowledge.trials.searches import RegistrySearch

USER_AGENT = "Lantern/0.1 (patient education; keeps a dated copy of a few searches)"
PAGE = 100
"""Studies in one answer: a few hundred kilobytes with the fields that we ask for. The registry allows 1,000."""
TRIES = 4
AT_LEAST_SECONDS = 1.0
"""Between two requests, as the registry's robots.txt asks for (fact TRI-052)."""
MOST_REDIRECTS = 3
_AGAIN = (429, 500, 502, 503, 504)
_LONGEST_TOKEN = 1000
_CHUNK = 1 << 16


class RegistryError(KnowledgeError):
    """The registry could not be asked; the message says why, and what to try."""


class RegistryAway(RegistryError):
    """It does not answer, or not in time, or asks to be left alone for a while: another try later may succeed."""


class RegistryRefused(RegistryError):
    """It does not take this request. `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class RegistryAnswerUnusable(RegistryError):
    """It sent something that is no answer of the registry."""


@dataclass(frozen=True)
class Limits:
    """`step_seconds`: for a connection to be made, and between two pieces of an answer. `total_seconds`: for one
    request with all its tries and pauses, however the answer drips. `answer_bytes`: of one answer, unpacked."""

    step_seconds: float
    total_seconds: float
    answer_bytes: int


@dataclass(frozen=True)
class Page:
    """Some of the records that a search finds, each as it came. `token` asks for the next page, None on the last one;
    `total` is how many studies the search finds in all, where the registry says it."""

    records: tuple[object, ...]
    token: str | None
    total: int | None


class Pace:
    """Keeps requests apart. `clock` tells monotonic seconds, `wait` returns after so many of them."""

    def __init__(self, clock: Callable[[], float], wait: Callable[[float], object]) -> None:
        self.clock, self._wait = clock, wait
        self._free_at = float("-inf")

    def next(self, seconds: float = 0.0) -> None:
        """Returns when the next request may go out, after `seconds` at least."""
        pause = max(seconds, self._free_at - self.clock())
        if pause > 0:
            self._wait(pause)
        self._free_at = self.clock() + AT_LEAST_SECONDS


class Registry:
    """Asks one thing after the other; not to be shared between threads. `address` is that of the API, without a slash
    at its end."""

    def __init__(self, address: str, limits: Limits, pace: Pace) -> None:
        self._address, self._limits, self._pace = address, limits, pace
        self._line = _Line()
        self._deadline = 0.0
        # Which way leads out of this machine is its owner's to say: `requests` reads HTTPS_PROXY and the like itself.
        self._session = requests.Session()
        self._session.headers.update(
            {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"}
        )
        # Without this `requests` would look for a password for this host in the home of whoever runs it.
        self._session.auth = lambda request: request
        self._adapter = _Adapter(self._line, self._again_after)

    def close(self) -> None:
        self._adapter.close()
        self._session.close()
        self._line.close()

    def data_of(self) -> dt.datetime | None:
        """When the registry made the data that it answers from, in UTC; None when it does not say."""
        said = self._get("version")
        stamp = said.get("dataTimestamp") if isinstance(said, dict) else None
        try:
            moment = dt.datetime.fromisoformat(str(stamp))
        except ValueError:
            return None
        return moment.replace(tzinfo=dt.timezone.utc) if moment.tzinfo is None else moment

    def search(self, search: RegistrySearch, token: str | None = None) -> Page:
        """One page of what a search finds: the first, or the one that `token` asks for."""
        asked = {**search.parameters, "countTotal": "true"}
        return self._page({**asked, "pageToken": token} if token else asked)

    def by_numbers(self, numbers: Sequence[str]) -> Page:
        """The records of at most `PAGE` studies. Numbers that the registry does not have are not in the answer."""
        return self._page({"filter.ids": ",".join(numbers)})

    def study(self, nct_id: str) -> object | None:
        """One record; None when the registry has no study of this number."""
        try:
            return self._get(f"studies/{nct_id}", {"fields": ",".join(FIELDS)})
        except RegistryRefused as refusal:
            if refusal.status == 404:
                return None
            raise

    def _page(self, asked: Mapping[str, str]) -> Page:
        shape = {"format": "json", "fields": ",".join(FIELDS), "pageSize": str(PAGE)}
        said = self._get("studies", {**asked, **shape})
        records = said.get("studies") if isinstance(said, dict) else None
        if not isinstance(said, dict) or not isinstance(records, list):
            raise RegistryAnswerUnusable(f"{self._address} sent an answer without a list of studies")
        token, total = said.get("nextPageToken"), said.get("totalCount")
        if token is not None and not _is_token(token):
            raise RegistryAnswerUnusable(f"{self._address} sent a mark for the next page that cannot be one")
        counted = isinstance(total, int) and not isinstance(total, bool) and total >= 0
        return Page(tuple(records), token, total if counted else None)

    def _get(self, path: str, asked: Mapping[str, str] | None = None) -> Any:
        self._deadline = self._pace.clock() + self._limits.total_seconds
        with self._line.for_at_most(self._limits.total_seconds), self._explained():
            address = f"{self._address}/{path}"
            for _ in range(MOST_REDIRECTS + 1):
                self._pace.next()
                with self._send(address, asked) as response:
                    if response.is_redirect:
                        address, asked = self._moved(response), None
                        continue
                    return self._read(response)
        raise RegistryRefused(response.status_code, f"{self._address} redirects for ever")

    def _send(self, address: str, asked: Mapping[str, str] | None) -> requests.Response:
        """Not by `Session.get`: even where it is to follow no redirect it reads the whole body of one."""
        request = self._session.prepare_request(requests.Request("GET", address, params=asked))
        way = self._session.merge_environment_settings(str(request.url), {}, True, None, None)
        return self._adapter.send(
            request,
            stream=True,
            timeout=self._limits.step_seconds,
            verify=way["verify"] or True,
            cert=way["cert"],
            proxies=way["proxies"],
        )

    def _moved(self, response: requests.Response) -> str:
        """Where a redirect leads. Old numbers of a study lead to its present one, on the same host."""
        before = urlsplit(self._address)
        try:
            address = urljoin(str(response.url), response.headers["Location"])
            after = urlsplit(address)
        except ValueError:
            raise RegistryRefused(response.status_code, f"{self._address} redirects to no address at all") from None
        if (before.scheme, before.netloc) != (after.scheme, after.netloc):
            raise RegistryRefused(
                response.status_code,
                f"{self._address} redirects to another host, {_printable(after.netloc)}; if it has moved, set "
                "LANTERN_TRIALS_API_URL",
            )
        return address

    def _read(self, response: requests.Response) -> Any:
        if response.status_code == 200:
            body = self._body(response)
            try:
                return json.loads(body)
            except (ValueError, RecursionError):
                kind = _printable(response.headers.get("Content-Type", "no type"))
                raise RegistryAnswerUnusable(
                    f"{self._address} sent {len(body)} bytes ({kind}) that are no JSON"
                ) from None
        said = f"{self._address} answers {response.status_code}"
        if response.headers.get("Content-Type", "").startswith("text/plain"):
            said += f": {_printable(self._body(response)[:200].decode('utf-8', 'replace'))}"
        raise RegistryRefused(response.status_code, said)

    def _body(self, response: requests.Response) -> bytes:
        parts, size = [], 0
        # `read1` hands over what has come; `iter_content` would wait until a piece is full, however it drips.
        while part := response.raw.read1(_CHUNK, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > self._limits.answer_bytes:
                raise RegistryAnswerUnusable(
                    f"{self._address} sent more than {self._limits.answer_bytes} bytes (LANTERN_TRIALS_BYTES)"
                )
        self._line.require_whole()
        return b"".join(parts)

    def _again_after(self, seconds: float, failed: RequestHistory) -> None:
        """Waits before another try, or gives up where that would take longer than a request may."""
        self._line.require_whole()
        if self._pace.clock() + seconds >= self._deadline:
            fault = self._fault(failed.error) if failed.error else f"answers {failed.status}"
            raise RegistryAway(
                f"{self._address} {fault}; the next try would be in {seconds:.0f} s, and one request may take "
                f"{self._limits.total_seconds:.0f} s in all (LANTERN_TRIALS_TOTAL_SECONDS)"
            )
        self._pace.next(seconds)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (requests.RequestException, HTTPError, OSError) as error:
            raise RegistryAway(f"{self._address} {self._fault(error)}") from error

    def _fault(self, error: BaseException) -> str:
        if self._line.is_cut:
            return f"did not answer within {self._limits.total_seconds:.0f} s (LANTERN_TRIALS_TOTAL_SECONDS)"
        causes = tuple(_causes(error))
        for kinds, fault in (
            ((requests.exceptions.RetryError,), f"was busy or broken {TRIES} times in a row"),
            ((ProxyError,), "cannot be reached through the proxy of this machine (HTTPS_PROXY)"),
            ((NameResolutionError,), "cannot be found: is there a network, and is the name right?"),
            ((NewConnectionError,), "cannot be reached: does it run, and is there a network?"),
            ((SSLError, ssl.SSLError), "cannot be reached safely: its certificate, or a proxy's, is not accepted"),
            (
                (requests.Timeout, TimeoutException, TimeoutError),
                f"was silent for {self._limits.step_seconds:.0f} s (LANTERN_TRIALS_STEP_SECONDS)",
            ),
        ):
            if any(isinstance(cause, kinds) for cause in causes):
                return fault
        return f"broke off in the middle ({type(error).__name__})"


class _Line:
    """The one connection that is in use, and the watch that cuts it when its time is over.

    The limits of `requests` begin anew with every byte, so a connection that drips would never end. Cutting it from
    outside ends it wherever it is: while keys are exchanged, in the headers, in the body.
    """

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self.is_cut = False

    def watch(self, opened: socket.socket) -> None:
        """A new connection. A second handle on it is kept: encryption takes the first one away."""
        self.close()
        with self._lock:
            if self.is_cut:
                raise TimeoutError("the time of this request is over")
            self._socket = opened.dup()

    @contextmanager
    def for_at_most(self, seconds: float) -> Iterator[None]:
        self.is_cut = False
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def require_whole(self) -> None:
        """Raises `TimeoutError` when what was read may have ended because the connection was cut."""
        if self.is_cut:
            raise TimeoutError("the time of this request is over")

    def close(self) -> None:
        with self._lock:
            if self._socket is not None:
                self._socket.close()
            self._socket = None

    def _cut(self) -> None:
        with self._lock:
            self.is_cut = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)


Pause = Callable[[float, RequestHistory], None]
"""Waits so many seconds after a try that failed, or raises."""


class _Again(Retry):
    """urllib3's rules for when to try again and after how long; the waiting itself is `pause`'s."""

    def __init__(self, *given: Any, pause: Pause, **named: Any) -> None:
        super().__init__(*given, **named)
        self._pause = pause

    def new(self, **changed: Any) -> _Again:
        return super().new(pause=self._pause, **changed)

    def increment(self, *given: Any, **named: Any) -> _Again:
        if named.get("response") is not None:
            # Otherwise all of its body would be read, however long it is.
            named["response"].close()
        return super().increment(*given, **named)

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        asked: float | None = None
        if response is not None:
            with suppress(HTTPError, ValueError, OverflowError):
                asked = self.get_retry_after(response)
        self._pause(max(asked or 0.0, self.get_backoff_time()), self.history[-1])


class _Adapter(HTTPAdapter):
    """One connection at a time, which `line` watches."""

    def __init__(self, line: _Line, pause: Pause) -> None:
        self._watched = {"http": _watched(HTTPConnection, line), "https": _watched(HTTPSConnection, line)}
        again = _Again(
            TRIES - 1, status_forcelist=_AGAIN, backoff_factor=AT_LEAST_SECONDS, allowed_methods=("GET",), pause=pause
        )
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=again)

    def get_connection_with_tls_context(self, *given: Any, **named: Any) -> HTTPConnectionPool:
        pool = cast(HTTPConnectionPool, super().get_connection_with_tls_context(*given, **named))
        pool.ConnectionCls = self._watched[str(pool.scheme)]
        return pool


def _watched(connection: type[HTTPConnection], line: _Line) -> type[HTTPConnection]:
    class Watched(connection):  # type: ignore[misc, valid-type]
        def _new_conn(self) -> socket.socket:
            opened: socket.socket = super()._new_conn()
            line.watch(opened)
            return opened

    return Watched


def _is_token(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_TOKEN and value.isascii() and value.isprintable()


def _printable(text: str) -> str:
    """On one line and without signs that a terminal obeys; never shown to patients."""
    return "".join(sign if sign.isprintable() else " " for sign in text)[:200].strip()


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        reason = getattr(error, "reason", None) or (error.args[0] if error.args else None)
        error = reason if isinstance(reason, BaseException) else None
