"""Does what takes long before somebody waits for it: from the first look at the sign-in page on, in a thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from web.errors import whereabouts

THREAD = "studio-warming"

logger = logging.getLogger(__name__)


class Warming:
    """`jobs` each leave something in memory that pages would else work out for whoever opens them first. They are done
    once in a process. Safe to share between threads."""

    def __init__(self, jobs: Sequence[Callable[[], object]]) -> None:
        self._jobs = jobs
        self._thread: threading.Thread | None = None
        self._beginning = threading.Lock()

    def begin(self) -> None:
        """Returns at once."""
        with self._beginning:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=THREAD, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        for job in self._jobs:
            try:
                job()
            except Exception as fault:
                # Whoever opens the page is told what is wrong; here nobody waits.
                logger.debug("a page of the studio was not prepared: %s", whereabouts(fault))
