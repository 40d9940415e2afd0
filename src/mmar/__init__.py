"""Run, score and build benchmarks of deep reasoning about sound.

    import mmar

    benchmark = mmar.load("mmar")
    score = mmar.score("predictions.jsonl", benchmark)
    print(score.choice.accuracy, score.choice.interval, score.signature)

The names are imported when they are first used, so that `import mmar` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mmar._version import __version__

if TYPE_CHECKING:
    from mmar.api import arun, compare, load, run, score
    from mmar.items import Benchmark, Item
    from mmar.scoring import Score

__all__ = ["Benchmark", "Item", "Score", "__version__", "arun", "compare", "load", "run", "score"]

_WHERE = {
    "Benchmark": "mmar.items",
    "Item": "mmar.items",
    "Score": "mmar.scoring",
    "arun": "mmar.api",
    "compare": "mmar.api",
    "load": "mmar.api",
    "run": "mmar.api",
    "score": "mmar.api",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'mmar' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
