"""What is written down: one line of JSON each, and nothing that a person wrote."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.running import PROJECT
from web.logs import MessageLog, configure, flush

SAID = "my name is Wilhelmina"


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Logging set up as in a started process; gives the lines written so far."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    handlers, level, raises = root.handlers[:], root.level, logging.raiseExceptions
    stream = io.StringIO()
    gc.collect()  # what earlier tests left unclosed tells of it now, not in these lines
    configure(stream)

    def written() -> list[dict[str, Any]]:
        flush()
        assert stream.getvalue().isascii()
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    yield written
    root.handlers, logging.raiseExceptions = handlers, raises
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks


Lines = Callable[[], list[dict[str, Any]]]


def test_a_line_says_when_how_serious_where_from_and_what(lines: Lines) -> None:
    logging.getLogger("web.chat").warning("answering without the assistant: %s", "status 500")
    (line,) = lines()
    assert line.pop("time").endswith("Z")
    assert line == {"level": "warning", "logger": "web.chat", "event": "answering without the assistant: status 500"}


def test_no_line_is_lost_between_those_who_write_and_the_thread_that_writes_them_down(lines: Lines) -> None:
    handler = logging.getLogger().handlers[0]
    ended = threading.Event()

    def write_down() -> None:
        while not ended.is_set():
            handler.flush()

    def work(name: int) -> None:
        for number in range(300):
            logging.getLogger("web.chat").info("%d %d", name, number)

    writing = threading.Thread(target=write_down)
    writing.start()
    working = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in working:
        thread.start()
    for thread in working:
        thread.join()
    ended.set()
    writing.join()
    written = [line["event"] for line in lines()]
    assert sorted(written) == sorted(f"{name} {number}" for name in range(4) for number in range(300))
    for name in range(4):
        assert [line for line in written if line.startswith(f"{name} ")] == [f"{name} {n}" for n in range(300)]


def test_a_warning_is_written_at_once_behind_what_was_said_before(lines: Lines) -> None:
    configure(stream := io.StringIO())
    logging.getLogger("web.chat").info("first")
    logging.getLogger("web.chat").warning("second")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["first", "second"]


def test_the_time_is_in_utc(lines: Lines) -> None:
    record = logging.makeLogRecord({"name": "web", "levelname": "INFO", "msg": "x", "created": 1795357800.5})
    logging.getLogger().handlers[0].handle(record)
    assert lines()[0]["time"] == "2026-11-22T14:30:00.500Z"


def test_a_message_is_one_line_without_its_words(lines: Lines) -> None:
    log = MessageLog(b"a key")
    log.answered("rest", "answer", 0.0316, SAID)
    (line,) = lines()
    assert {name: line[name] for name in ("event", "channel", "kind", "milliseconds")} == {
        "event": "a message was answered",
        "channel": "rest",
        "kind": "answer",
        "milliseconds": 32,
    }
    assert line["conversation"] == log.named(SAID)
    assert "Wilhelmina" not in json.dumps(line)


def test_conversations_can_be_told_apart_but_not_found_out() -> None:
    log = MessageLog(b"a key")
    assert log.named("a") == log.named("a") != log.named("b")
    assert log.named("a") != MessageLog(b"another start").named("a")
    assert len(log.named("\ud83d" + "x" * 10_000)) == 12


def test_of_an_exception_type_and_place_are_written(lines: Lines) -> None:
    try:
        raise ValueError(SAID)
    except ValueError:
        logging.getLogger("web.chat").exception("it failed")
        logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=True)
    ours, theirs = lines()
    for line in (ours, theirs):
        assert line["fault"].startswith("ValueError at ")
        assert "test_logs.py" in line["fault"]
    assert (ours["event"], theirs["event"]) == ("it failed", "Exception in ASGI application")
    assert "Wilhelmina" not in json.dumps(lines())


def test_what_other_libraries_fill_in_is_left_out(lines: Lines) -> None:
    logging.getLogger("somebody.else").error("could not parse %r", SAID)
    logging.getLogger("somebody.else").error(ValueError(SAID))
    logging.getLogger("somebody.else").info("too small to mention")
    assert [line["event"] for line in lines()] == ["could not parse %r", "ValueError"]


def test_why_a_port_cannot_be_had_is_said(lines: Lines) -> None:
    logging.getLogger("uvicorn.error").error(OSError(98, "address already in use"))
    assert lines()[0]["event"] == "OSError: address already in use"


def test_a_task_that_nobody_awaited_does_not_tell(lines: Lines) -> None:
    async def fails() -> None:
        raise ValueError(SAID)

    async def forgets() -> None:
        task = asyncio.ensure_future(fails())
        await asyncio.wait([task])
        del task
        gc.collect()

    asyncio.run(forgets())
    gc.collect()
    (line,) = lines()
    assert line["event"] == "Task exception was never retrieved"
    assert line["fault"].startswith("ValueError at ")
    assert "Wilhelmina" not in json.dumps(line)


def test_a_thread_that_fails_does_not_tell(lines: Lines) -> None:
    def fails() -> None:
        raise ValueError(SAID)

    thread = threading.Thread(target=fails)
    thread.start()
    thread.join()
    (line,) = lines()
    assert line["fault"].startswith("ValueError at ")
    assert "Wilhelmina" not in json.dumps(line)


def test_a_line_stays_one_line_whatever_is_in_it(lines: Lines) -> None:
    logging.getLogger("web").warning('a\nb\r\x00\x1b[31m\ud83d "c" %s', "\u2028é")
    (line,) = lines()
    assert line["event"] == 'a\nb\r\x00\x1b[31m\ud83d "c" \u2028é'


def test_odd_records_are_written_all_the_same(lines: Lines, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("web").warning("two %s %s", SAID)
    logging.getLogger("web").warning("x" * 10_000)
    logging.getLogger("web").warning("fields", extra={"fields": {"odd": object(), "none": None}})
    short, long, odd = lines()
    assert short["event"] == "two %s %s"
    assert len(long["event"]) == 500
    assert (odd["odd"], odd["none"]) == ("object", None)
    assert capsys.readouterr().err == ""


def test_a_process_that_ends_with_an_error_does_not_tell() -> None:
    program = f"from web.logs import configure\nconfigure()\nraise RuntimeError({SAID!r})"
    ended = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    line = json.loads(ended.stderr)
    assert (line["level"], line["event"]) == ("critical", "the process ends with an error")
    assert line["fault"].startswith("RuntimeError at ")
    assert "Wilhelmina" not in ended.stderr
