"""What a session is to do, settled before anything is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from mmar.items import Benchmark
from mmar.runs.asking import Asking
from mmar.runs.budget import Budget
from mmar.runs.limits import Limits

__all__ = ["RunPlan"]


class RunPlan(msgspec.Struct, frozen=True):
    """What to do.

    Attributes:
        benchmark: the questions.
        asking: how they are put.
        out: the run's folder.
        seed: of everything drawn at random.
        limits: how hard to try.
        limit: ask at most so many of the selected items.
        only: ask only items of which a field (publisher's name) has one of these values.
        again: `failed` or `unresolved`: ask those again, and those alone.
        model_options: options of the adapter that can change an answer, for signature and cache.
        given_options: all of the adapter's options, where a key lies included; never written down.
        notes: further options as given, for the manifest's session.
        budget: what may be spent.
        cache: file of answers that were paid for before.
    """

    benchmark: Benchmark
    asking: Asking
    out: Path
    seed: int = 0
    limits: Limits = Limits()
    limit: int | None = None
    only: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    again: str | None = None
    model_options: dict[str, str] = msgspec.field(default_factory=dict)
    given_options: dict[str, str] = msgspec.field(default_factory=dict)
    notes: dict[str, Any] = msgspec.field(default_factory=dict)
    budget: Budget = msgspec.field(default_factory=Budget)
    cache: Path | None = None
