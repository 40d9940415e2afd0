"""Waiting for what another process, thread or server does, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_S = 60.0


def until(condition: Callable[[], T], every: float = 0.02, patience_s: float = PATIENCE_S) -> T:
    """The first true value of `condition()`; an assertion fails if there is none within `patience_s`."""
    deadline = time.monotonic() + patience_s
    while not (result := condition()):
        assert time.monotonic() < deadline, f"the condition did not hold within {patience_s:.0f} s"
        time.sleep(every)
    return result
