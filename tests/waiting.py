"""Waiting for what another process, thread or server does, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_S = 60.0


def until(found: Callable[[], T], every: float = 0.02, patience_s: float = PATIENCE_S) -> T:
    """What is found, as soon as it is something; an assertion fails when a minute brings nothing."""
    deadline = time.monotonic() + patience_s
    while not (it := found()):
        assert time.monotonic() < deadline, f"it did not come within {patience_s:.0f} s"
        time.sleep(every)
    return it
