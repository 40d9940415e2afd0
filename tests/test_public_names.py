"""The names that a notebook has: what is there, that all of it works, and that importing it costs nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import mmar
from mmar.errors import InputError, UsageError

NAMES = ["Benchmark", "Item", "Score", "__version__", "arun", "compare", "load", "run", "score"]


def test_the_public_names() -> None:
    assert mmar.__all__ == NAMES
    assert dir(mmar) == NAMES
    assert all(getattr(mmar, name) is not None for name in NAMES)
    with pytest.raises(AttributeError, match="nothing"):
        _ = mmar.nothing  # type: ignore[attr-defined]


def test_a_notebook_from_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMAR_CACHE_DIR", str(tmp_path / "cache"))
    demo = mmar.load("demo")
    for model in ("baseline/random", "baseline/longest"):
        mmar.run(model, demo, out=tmp_path / model)
    score = mmar.score(tmp_path / "baseline/longest")
    assert score.n == len(demo)
    records = [{"id": item.id, "answer_prediction": item.answer} for item in demo]
    assert mmar.score(records, demo).choice.accuracy == 100.0
    compared = mmar.compare(tmp_path / "baseline/random", tmp_path / "baseline/longest", draws=100)
    assert compared.n == len(demo)
    with pytest.raises(UsageError):
        mmar.compare(tmp_path / "baseline/random")


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
def test_what_is_not_needed_is_not_imported(tmp_path: Path, statement: str, heavy: set[str]) -> None:
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


def test_errors_about_records_name_their_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMAR_CACHE_DIR", str(tmp_path / "cache"))
    demo = mmar.load("demo")
    records: list[dict[str, object]] = [{"id": item.id, "answer_prediction": item.answer} for item in demo]
    records[2]["answer_prediction"] = 5
    with pytest.raises(
        InputError, match=r"^predictions:3: field .answer_prediction.: expected a string or null"
    ):
        mmar.score(records, demo)
    with pytest.raises(InputError, match="no predictions were given"):
        mmar.score([], demo)
