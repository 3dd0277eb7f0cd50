"""What this process writes down of its work: one JSON object a line on standard error, and never what a person wrote.

Of an exception only its type and place are written: its text may repeat a message. Of what other libraries log only
the first line of the sentence itself is written, without what they would fill in.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import logging
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from types import TracebackType
from typing import Any, TextIO

from web.errors import whereabouts

ROOMS = ("safety", "storage", "knowledge", "records", "web")
"""Ours: their sentences are written whole, because they are written with this in mind."""
LONGEST_EVENT = 500
"""Characters of a sentence that are written."""
SHOWN_OF_A_HASH = 12

logger = logging.getLogger(__name__)


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON in ASCII: `time` (UTC), `level`, `logger`, `event`, then its fields.

    Fields come with a record as `extra={"fields": {...}}`: numbers and short words, never text from a person.
    """

    def format(self, record: logging.LogRecord) -> str:
        written = dt.datetime.fromtimestamp(record.created, dt.timezone.utc)
        line: dict[str, Any] = {
            "time": written.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record)[:LONGEST_EVENT],
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1]:
            line["fault"] = whereabouts(record.exc_info[1])
        return json.dumps(line, separators=(",", ":"), default=lambda value: type(value).__name__)


def _event(record: logging.LogRecord) -> str:
    sentence: object = record.msg
    if isinstance(sentence, OSError):
        # Its reason is the system's own ("address already in use"), and the only thing that helps.
        return f"{type(sentence).__name__}: {sentence.strerror}"
    if isinstance(sentence, BaseException):
        return type(sentence).__name__
    if record.name.split(".")[0] not in ROOMS:
        return str(sentence).strip().partition("\n")[0]
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return str(sentence)


class Lines(logging.Handler):
    """Writes the lines of ordinary work together, some times a second, in a thread: whoever writes gives the
    interpreter away, and when others are at work it takes longer to get it back than to answer a message.

    A warning is written at once, and all lines before it. `flush` writes what waits, and is called when the process
    ends; one that is killed may lose the lines of its last `PAUSE`.
    """

    PAUSE = 0.1
    """Seconds that a line waits at most."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__()
        self._stream = stream or sys.stderr
        self._waiting: deque[str] = deque()
        self._some = threading.Event()
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._waiting.append(self.format(record) + "\n")
            if record.levelno >= logging.WARNING:
                self.flush()
            elif not self._some.is_set():
                self._some.set()
                if self._thread is None:
                    self._thread = threading.Thread(target=self._write_on, name="log", daemon=True)
                    self._thread.start()
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        with self._writing:
            # One by one: others add lines at the same time, and a row that is taken away whole may lose the last.
            lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if lines:
                self._stream.write("".join(lines))
                self._stream.flush()

    def _write_on(self) -> None:
        while True:
            self._some.wait()
            time.sleep(self.PAUSE)
            self._some.clear()
            with suppress(OSError, ValueError):  # a full disk, or a stream that is closed: nobody could be told
                self.flush()


def flush() -> None:
    """Writes the lines that wait. For the end of a process that a signal ends: nothing else is called then."""
    for handler in logging.getLogger().handlers:
        handler.flush()


def configure(stream: TextIO | None = None) -> None:
    """Sends everything that this process logs to `stream`, by default standard error. Call it once, at the start.

    Faults that nobody catches are written in the same way.
    """
    handler = Lines(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for room in ROOMS:
        logging.getLogger(room).setLevel(logging.INFO)
    # A line that cannot be written would otherwise be printed with everything it holds.
    logging.raiseExceptions = False
    sys.excepthook = _uncaught
    threading.excepthook = lambda fault: logger.error(
        "a thread ended with an error", exc_info=fault.exc_value or fault.exc_type()
    )


def _uncaught(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logger.critical("the process ends with an error", exc_info=fault.with_traceback(trace))


class MessageLog:
    """One line for each message. Conversations are told apart by a keyed hash: with a `key` made at each start, their
    names, which may be guessable, cannot be found from it, and lines of two starts cannot be joined.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def answered(self, channel: str, kind: str, seconds: float, conversation: str) -> None:
        """A message was answered; `kind` is that of the first answer, `conversation` what names the conversation."""
        fields = {
            "channel": channel,
            "kind": kind,
            "milliseconds": round(seconds * 1000),
            "conversation": self.named(conversation),
        }
        logger.info("a message was answered", extra={"fields": fields})

    def named(self, conversation: str) -> str:
        digest = hmac.new(self._key, conversation.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return digest.hexdigest()[:SHOWN_OF_A_HASH]
