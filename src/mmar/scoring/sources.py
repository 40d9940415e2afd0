"""What a person names to be scored, a run's folder or a predictions file, and what stands in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmar.errors import InputError, UsageError
from mmar.items import Benchmark, KeyChoice, Prediction
from mmar.items.item import FIELDS

if TYPE_CHECKING:
    from mmar.models import Answer
    from mmar.runs.keys import RequestKey
    from mmar.runs.manifest import Manifest

__all__ = ["answers_of", "asked_once", "benchmark_of", "find_run", "key_notes", "no_prediction", "run_of"]


def run_of(path: Path) -> Path:
    """The folder of a run for its ledger, any other path as it is.

    A ledger holds each failure and every answer that came later for the same item; read as a plain file of
    predictions it would be full of repeated ids.
    """
    if path.name != "answers.jsonl":
        return path
    from mmar.runs.manifest import MANIFEST_NAME

    return path.parent if (path.parent / MANIFEST_NAME).is_file() else path


def find_run(path: Path) -> Manifest | None:
    """The manifest of the run in a folder, `None` for a file.

    Raises:
        InputError: a folder without a run.
    """
    if not path.is_dir():
        return None
    from mmar.runs.manifest import read_manifest

    manifest = read_manifest(path)
    if manifest is None:
        raise InputError(
            "is a folder that holds no run", file=str(path), hint="name a run's folder or a file"
        )
    return manifest


def benchmark_of(path: Path, benchmark: Benchmark | None, manifest: Manifest) -> Benchmark:
    """The benchmark of a run.

    Args:
        path: the run's folder.
        benchmark: the one that was found.
        manifest: of the run.

    Raises:
        UsageError: there is none, or it has other questions than the run's.
    """
    if benchmark is None:
        raise UsageError(f"{path}: name the benchmark with --benchmark")
    if benchmark.digest != manifest.benchmark.digest:
        raise UsageError(
            f"{path} is a run of “{manifest.benchmark.name}” with content digest {manifest.benchmark.digest[:8]}; "
            f"“{benchmark.name}” has {benchmark.digest[:8]}\n  → name the same revision with --benchmark"
        )
    return benchmark


def answers_of(folder: Path) -> dict[RequestKey, tuple[int, Answer]]:
    """Line and answer that count for each slot of a run."""
    from mmar.runs.ledger import LEDGER_NAME, latest, read_ledger

    return latest(read_ledger(folder / LEDGER_NAME))


def asked_once(answers: Mapping[RequestKey, tuple[int, Answer]]) -> Iterator[tuple[int, Prediction]]:
    """Line and prediction of each item asked once, unrotated, as published; rotations and repeats are passed over."""
    for (_, rotation, repeat), (line, answer) in answers.items():
        if rotation or repeat:
            continue
        failure = None if answer.failure is None else answer.failure.kind
        text = answer.text if failure is None else None
        yield line, Prediction(answer.id, text, asked=True, failure=failure, whole=None)


def key_notes(choice: KeyChoice) -> list[str]:
    """What to say of the field that predictions are read from, where there was a choice."""
    return [f"predictions are read from “{choice.key}”: {choice.reason}"] if choice.reason else []


def no_prediction(path: Path, key: str, fields: Sequence[str]) -> InputError:
    """The error for a file of which no record has the field that holds the prediction.

    Args:
        path: the file.
        key: the field that was looked for.
        fields: those that its first records have.
    """
    others = [name for name in fields if name not in FIELDS and name != "thinking_prediction"]
    hint = (
        f"name the field that holds the predictions with --key; there {'is' if len(others) == 1 else 'are'} "
        f"{', '.join(others)}"
        if others
        else "its records are questions without answers; mmar run makes answers"
    )
    return InputError(f"no record has “{key}”", file=str(path), hint=hint)
