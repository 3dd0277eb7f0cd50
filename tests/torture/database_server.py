"""What may happen to the tests' own PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from tests.postgresql import CONFIGURATION, Server, _programs, _run


@contextmanager
def stopped(server: Server) -> Iterator[None]:
    """Stopped at once, as by a power cut, and started again at the end."""
    control, data = _programs() / "pg_ctl", str(server.folder / "data")
    options = " ".join(f"-c {name}='{value}'" for name, value in CONFIGURATION.items())
    _run(control, "-D", data, "-w", "-m", "immediate", "stop")
    try:
        yield
    finally:
        _run(
            control, "-D", data, "-w", "-l", str(server.folder / "log"), "-o", f"{options} -k {server.folder}", "start"
        )


@contextmanager
def hanging(server: Server) -> Iterator[None]:
    """All its processes are held still: it answers nobody and closes no connection."""
    process_id = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
    main = psutil.Process(process_id)
    # The main process first: it would start others.
    main.suspend()
    family = [main, *main.children(recursive=True)]
    for process in family[1:]:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    try:
        yield
    finally:
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.resume()
