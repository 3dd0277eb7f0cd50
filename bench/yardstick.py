"""A fixed piece of work whose CPU time says how fast this machine is at the moment.

A shared machine may run at half its speed from one minute to the next. The same work, done beside each measurement,
tells a slower program from a slower machine: compare figures only where their yardsticks are alike.
"""

from __future__ import annotations

import json
import statistics
import time

import numpy as np

REPEATS = 5


def milliseconds() -> float:
    """CPU time in ms of half plain Python, half numpy without threads; the median of `REPEATS`."""
    return statistics.median(_once() for _ in range(REPEATS))


def _once() -> float:
    begun = time.process_time()
    rows = {f"key {number}": ["lantern"] * (number % 7) for number in range(3000)}
    for _ in range(3):
        rows = json.loads(json.dumps(rows))
    sum(len(word) for _ in range(5) for words in rows.values() for word in words)
    values = np.random.default_rng(1).standard_normal((384, 1024), dtype=np.float32)
    for _ in range(5):
        values = np.tanh(values * 1.1 + 0.1)
        np.sort(values, axis=1)
    return (time.process_time() - begun) * 1000
