"""Connections of callers who are slow, endless or too many: bounds to what uvicorn waits for and keeps.

uvicorn itself (with httptools) takes headers without end, waits for a request for ever, and queues any number of
requests sent at once. What an application can see, such as the size of a body, is not judged here.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from web.errors import Refused
from web.protection import HEADERS

HEAD_BYTES = 65536
"""Most bytes of a request beside its body: address, headers, marks between chunks, trailers."""
HEAD_ROWS = 100
"""Most headers of a request."""
WAITING_REQUESTS = 8
"""Most requests sent on one connection before the first of them is answered."""
UNREAD_BYTES = 1_048_576
"""What is still taken and thrown away of a body that was already refused, so that its sender can read the refusal."""

NOT_HTTP = Refused(400, "bad_request", "This is not a request in HTTP/1.1.")
HEAD_TOO_LARGE = Refused(
    431, "head_too_large", f"Send at most {HEAD_ROWS} headers, and {HEAD_BYTES} bytes beside the body."
)
TOO_SLOW = Refused(408, "too_slow", "The request did not arrive in time. Please send it again.")
TOO_BUSY = Refused(503, "too_busy", "Too many people are asking at this moment. Please try again in a few seconds.")


class Crowd:
    """The open connections. Beyond `most`, the one that has kept us waiting longest for a request makes room: so a
    person who sends theirs at once is served while others hold connections open.
    """

    def __init__(self, most: int) -> None:
        self._most, self._open = most, 0
        self._waited_for: OrderedDict[Connection, None] = OrderedDict()

    def enter(self, connection: Connection) -> bool:
        """Whether there is room; False only when every connection has a request that is being answered."""
        fits = self._open < self._most
        if not fits and self._waited_for:
            self._waited_for.popitem(last=False)[0].make_room()
            fits = True
        self._open += 1
        self.waits_for(connection)
        return fits

    def waits_for(self, connection: Connection) -> None:
        self._waited_for[connection] = None
        self._waited_for.move_to_end(connection)

    def answers(self, connection: Connection) -> None:
        self._waited_for.pop(connection, None)

    def leave(self, connection: Connection) -> None:
        self._open -= 1
        self._waited_for.pop(connection, None)


class Connection(HttpToolsProtocol):
    """One connection. `patience`: seconds in which a request must have arrived whole, counted from its first byte (of
    a new connection: from its beginning), and in which the caller must take some of an answer that is stuck.

    `refused` is told the code of each request that ends here.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        patience: float,
        crowd: Crowd,
        refused: Callable[[str], None],
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._patience, self._crowd, self._refused = patience, crowd, refused
        self._fault: Refused | None = None
        self._incomplete, self._in_head = False, False
        """Whether a request has begun to arrive and has not ended; and whether it is still in its head."""
        self._beside_body = 0
        self._unread = 0
        self._clock: asyncio.TimerHandle | None = None
        self._stuck: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start_clock()
        if not self._crowd.enter(self):
            self._refuse(TOO_BUSY)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._crowd.leave(self)
        self._stop_clock()
        self._unstick()

    def make_room(self) -> None:
        self._give_up("crowded_out")

    def data_received(self, data: bytes) -> None:
        self._beside_body += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._beside_body > HEAD_BYTES:
            self._refuse(HEAD_TOO_LARGE)
        elif self._unread > UNREAD_BYTES:
            self.transport.close()
        elif self._clock is None and (self._incomplete or self._owes_nothing()):
            self._start_clock()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._incomplete, self._in_head, self._unread = True, True, 0

    def on_headers_complete(self) -> None:
        # What arrives at once gets here before its bytes are counted against the limit.
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > HEAD_BYTES or len(self.headers) > HEAD_ROWS:
            self._stop_reading(HEAD_TOO_LARGE)
        if len(self.pipeline) >= WAITING_REQUESTS:
            self._stop_reading(NOT_HTTP)
        super().on_headers_complete()
        self._in_head = False

    def on_body(self, body: bytes) -> None:
        self._beside_body -= len(body)
        if self.cycle.response_complete:
            self._unread += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._incomplete, self._beside_body = False, 0
        self._stop_clock()
        if not self._owes_nothing():
            self._crowd.answers(self)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._owes_nothing():
            self._crowd.waits_for(self)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stuck = self.loop.call_later(self._patience, self._give_up)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unstick()

    def send_400_response(self, msg: str) -> None:
        self._refuse(self._fault or NOT_HTTP)

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing: an offer to speak another protocol is simply not taken up, and is no news for a log."""

    def _stop_reading(self, fault: Refused) -> None:
        # The parser turns what its callbacks raise into its own error; `send_400_response` then tells which it was.
        self._fault = fault
        raise fault

    def _owes_nothing(self) -> bool:
        """Whether every request whose head has arrived is answered."""
        return self.cycle is None or self.cycle.response_complete

    def _too_slow(self) -> None:
        self._clock = None
        if self.transport.is_closing():
            self.transport.abort()
        elif self._in_head or not self._owes_nothing():
            self._refuse(TOO_SLOW)
        else:
            self.transport.close()

    def _give_up(self, code: str = "not_taken") -> None:
        self._refused(code)
        self.transport.abort()

    def _refuse(self, fault: Refused) -> None:
        """Says why, and closes; only closes where it would be taken for the answer to an earlier request."""
        self._refused(fault.code)
        if not self._owes_nothing():
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started or self._in_head or self.pipeline:
                self.transport.abort()
                return
        body = json.dumps({"error": fault.code, "detail": fault.detail}, separators=(",", ":")).encode()
        headers = {
            **HEADERS,
            "Cache-Control": "no-store",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
            **({"Retry-After": "5"} if fault.status == 503 else {}),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(STATUS_LINE[fault.status] + lines.encode("ascii") + b"\r\n" + body)
        self.transport.close()
        # Whoever does not take even this is let go when their time is over.
        self._start_clock()

    def _start_clock(self) -> None:
        self._stop_clock()
        self._clock = self.loop.call_later(self._patience, self._too_slow)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _unstick(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None
