"""The public names of `mmar`, the types in their signatures, and the cost of importing them."""

from __future__ import annotations

import inspect
import subprocess
import sys
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest

import mmar

NAMES = [
    "Accuracy", "Answer", "Benchmark", "CheckReport", "Comparison", "Counts", "ErrorAnalysis", "ExternalError", "GroupScore", "InputError",
    "Interval", "Item", "ItemScore", "MmarError", "Model", "Progress", "Protocol", "Reading", "ReadingRule", "Reliance", "Request",
    "RunOptions", "RunResult", "Score", "UsageError", "WrittenPage", "__version__", "arun", "browse", "check", "compare", "error_analysis",
    "export_benchmark", "export_run", "leaderboard", "load", "read_choice", "reliance", "report", "run", "score", "score_answer",
]  # fmt: skip


def test_the_public_names() -> None:
    assert mmar.__all__ == NAMES
    assert dir(mmar) == NAMES
    assert all(getattr(mmar, name) is not None for name in NAMES)
    with pytest.raises(AttributeError) as caught:
        _ = mmar.nothing  # type: ignore[attr-defined]
    assert caught.value.name == "nothing"


def types_in(annotation: object) -> Iterator[type]:
    if isinstance(annotation, type) and not typing.get_args(annotation):
        yield annotation
    for part in typing.get_args(annotation):
        yield from types_in(part)


@pytest.mark.parametrize("name", [name for name in NAMES if inspect.isfunction(getattr(mmar, name))])
def test_every_type_that_a_signature_names_is_public(name: str) -> None:
    from mmar.files.progress import Progress
    from mmar.models import Model
    from mmar.reports.report_page import WrittenPage
    from mmar.runs.check import CheckReport
    from mmar.runs.engine import Counts
    from mmar.runs.run import RunResult
    from mmar.runs.spec import RunOptions
    from mmar.scoring import Score
    from mmar.scoring.comparison import Comparison
    from mmar.scoring.error_labels import ErrorAnalysis
    from mmar.scoring.reliance import Reliance

    function = getattr(mmar, name)
    local = {
        kind.__name__: kind
        for kind in (
            Model,
            Progress,
            CheckReport,
            Counts,
            RunResult,
            RunOptions,
            Score,
            Comparison,
            ErrorAnalysis,
            Reliance,
            WrittenPage,
        )
    }
    hints = typing.get_type_hints(function, {**inspect.unwrap(function).__globals__, **local})
    named = {kind for hint in hints.values() for kind in types_in(hint)}
    own_types = {kind.__name__ for kind in named if kind.__module__.startswith("mmar.")}
    assert own_types <= set(NAMES)


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import mmar", {"msgspec", "click", "numpy", "asyncio"}),
        (
            "from mmar.cli import main; main(['--help'])",
            {"numpy", "aiohttp", "rich", "asyncio"},
        ),
        (
            "from mmar.cli import main; main(['score', FILE])",
            {"numpy", "scipy", "aiohttp", "rich", "asyncio", "matplotlib"},
        ),
    ],
)
def test_heavy_libraries_are_not_imported_before_they_are_needed(
    tmp_path: Path, statement: str, heavy: set[str]
) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(
        '{"id": "a", "choices": ["x", "y"], "answer": "y", "modality": "m", "category": "c", "answer_prediction": "y"}\n'
    )
    program = (
        f"import sys\nFILE = {str(path)!r}\ntry:\n    {statement}\nexcept SystemExit as end:\n    assert not end.code\n"
        f"print(sorted({heavy!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip().splitlines()[-1] == "[]"
