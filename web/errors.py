"""The family of errors of the door.

DoorError
├── Refused                a request that is not served; carries status, code and a sentence for its sender
├── AssistantUnavailable   no usable reply from the assistant: down, slow, resting after failures, or nonsense
└── StartRefused           web cannot start as it is set up; the message says what to do
"""

from __future__ import annotations

import traceback


class DoorError(Exception):
    """Base of all errors of web."""


class Refused(DoorError):
    """A request is not served. `code` is a stable word for programs, `detail` a sentence for people, `wait` the seconds
    after which it may be sent again."""

    def __init__(self, status: int, code: str, detail: str, wait: float = 0.0) -> None:
        self.status, self.code, self.detail, self.wait = status, code, detail, wait
        super().__init__(detail)


class AssistantUnavailable(DoorError):
    """The assistant gave no usable reply. The message says why and never repeats what a person wrote."""


class StartRefused(DoorError):
    """Web cannot start: something it needs is missing or weak. The message says what to do."""


def whereabouts(fault: BaseException) -> str:
    """Kind and place of an error for the log, without its message: that may repeat what a person wrote."""
    frames = traceback.extract_tb(fault.__traceback__)[-4:]
    return f"{type(fault).__name__} at " + " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
