"""Run, score and build benchmarks of deep reasoning about sound.

    import mmar

    benchmark = mmar.load("mmar")
    score = mmar.score("predictions.jsonl", benchmark)
    print(score.choice.accuracy, score.choice.interval, score.signature)

Names are imported when they are first used, so that `import mmar` is fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mmar._version import __version__

if TYPE_CHECKING:
    from mmar.api import arun, check, compare, load, read_choice, reliance, run, score
    from mmar.errors import ExternalError, InputError, MmarError, UsageError
    from mmar.files.progress import Progress
    from mmar.items import Benchmark, Item
    from mmar.models import Answer, Model
    from mmar.protocols import Protocol, Reading, ReadingRule, Request
    from mmar.publishing import browse, error_analysis, export_benchmark, export_run, leaderboard, report
    from mmar.reports.report_page import WrittenPage
    from mmar.runs.check import CheckReport
    from mmar.runs.engine import Counts
    from mmar.runs.run import RunResult
    from mmar.runs.spec import RunOptions
    from mmar.scoring import Accuracy, GroupScore, ItemScore, Score, score_answer
    from mmar.scoring.comparison import Comparison
    from mmar.scoring.error_labels import ErrorAnalysis
    from mmar.scoring.reliance import Reliance
    from mmar.stats.interval import Interval

_MODULES = {
    "mmar.api": (
        "arun",
        "check",
        "compare",
        "load",
        "read_choice",
        "reliance",
        "run",
        "score",
    ),
    "mmar.errors": ("ExternalError", "InputError", "MmarError", "UsageError"),
    "mmar.items": ("Benchmark", "Item"),
    "mmar.models": ("Answer", "Model"),
    "mmar.files.progress": ("Progress",),
    "mmar.protocols": ("Protocol", "Reading", "ReadingRule", "Request"),
    "mmar.publishing": (
        "browse",
        "error_analysis",
        "export_benchmark",
        "export_run",
        "leaderboard",
        "report",
    ),
    "mmar.runs.check": ("CheckReport",),
    "mmar.reports.report_page": ("WrittenPage",),
    "mmar.runs.engine": ("Counts",),
    "mmar.runs.run": ("RunResult",),
    "mmar.runs.spec": ("RunOptions",),
    "mmar.scoring": ("Accuracy", "GroupScore", "ItemScore", "Score", "score_answer"),
    "mmar.scoring.comparison": ("Comparison",),
    "mmar.scoring.error_labels": ("ErrorAnalysis",),
    "mmar.scoring.reliance": ("Reliance",),
    "mmar.stats.interval": ("Interval",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "Accuracy",
    "Answer",
    "Benchmark",
    "CheckReport",
    "Comparison",
    "Counts",
    "ErrorAnalysis",
    "ExternalError",
    "GroupScore",
    "InputError",
    "Interval",
    "Item",
    "ItemScore",
    "MmarError",
    "Model",
    "Progress",
    "Protocol",
    "Reading",
    "ReadingRule",
    "Reliance",
    "Request",
    "RunOptions",
    "RunResult",
    "Score",
    "UsageError",
    "WrittenPage",
    "__version__",
    "arun",
    "browse",
    "check",
    "compare",
    "error_analysis",
    "export_benchmark",
    "export_run",
    "leaderboard",
    "load",
    "read_choice",
    "reliance",
    "report",
    "run",
    "score",
    "score_answer",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'mmar' has no attribute {name!r}", name=name)
    from importlib import import_module

    return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
