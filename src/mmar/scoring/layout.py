"""The output of the published script, byte for byte, its faults included.

MMAR's evaluation script leaves records without the key `answer_prediction` out of the denominator, counts
duplicate ids twice, prints seven modalities and four layers even where they are empty and sub-categories in
order of appearance, and "No prediction count" is always 0. Where it would stop with a traceback (`null`, an
unknown modality, no prediction at all) there is nothing to reproduce, and the error says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from mmar.errors import InputError, UsageError
from mmar.items import (
    PREDICTION_KEYS,
    Benchmark,
    Prediction,
    PredictionReader,
    Question,
    choose_key,
    first_names,
    raw_records,
)
from mmar.items.item import LAYERS, MODALITIES
from mmar.scoring.official import official_match
from mmar.scoring.sources import Task, answers_of, asked_once, benchmark_of, find_run, join, key_notes
from mmar.scoring.stream import read_predictions

_RULE = "*" * 30
_HINT = "the published script stops with a traceback here; correct the file, or use mmar score without --format official"
_CORRECT = "correct the file; the published layout is printed of a whole one alone"


class Layout(msgspec.Struct, frozen=True):
    """The published script's output.

    Attributes:
        text: every byte of it.
        notes: what a person should know beside it.
    """

    text: str
    notes: tuple[str, ...] = ()


def layout_of(task: Task) -> Layout:
    """What the published script prints for a run, or for a file joined to a benchmark or by itself.

    Raises:
        InputError: the script itself would stop, or the input is not what it should be.
        UsageError: the task is lenient, which the script is not, or its benchmark is not the run's.
    """
    if task.lenient:
        raise UsageError(
            "--format official and --lenient cannot be combined: the published script stops at a bad record",
            code="incompatible-options",
        )
    file, manifest = str(task.path), find_run(task.path)
    if manifest is not None:
        benchmark = benchmark_of(task.path, task.benchmark, manifest)
        by_id = join(benchmark, asked_once(answers_of(task.path)), file)
        return Layout(official_layout(_in_order(benchmark, by_id, file, "answer_prediction"), file))
    choice = choose_key(first_names(task.path), task.key)
    notes = tuple(key_notes(choice))
    if task.benchmark is None:
        return Layout(official_layout_of_file(task.path, choice.key), notes)
    try:
        by_id = join(task.benchmark, read_predictions(task, choice.key), file)
    except InputError as error:
        raise _strictly(error) from None
    return Layout(official_layout(_in_order(task.benchmark, by_id, file, choice.key), file), notes)


class _Counts(msgspec.Struct):
    right: int = 0
    n: int = 0

    def add(self, right: bool) -> None:  # noqa: FBT001 - the one thing it counts
        self.right += right
        self.n += 1

    def line(self, name: str) -> str:
        # The same operations in the same order as the script, so that rounding agrees in the last digit.
        share = (self.right / self.n) * 100 if self.n > 0 else 0
        return f"{name} : {share:.2f}% over {self.n} samples\n"


def official_layout_of_file(path: Path, key: str = PREDICTION_KEYS[0]) -> str:
    """What the published script prints for a file of whole records, a JSON array or JSONL.

    Raises:
        InputError: the file cannot be read, or the script itself would stop on it.
    """
    return official_layout(_answered(path, key), str(path))


def official_layout(answered: Iterable[tuple[int, Question, str]], file: str) -> str:
    """What the published script prints for line, question and prediction of each record that has one, in order."""
    modalities = {name: _Counts() for name in MODALITIES}
    layers = {name: _Counts() for name in LAYERS}
    sub_categories: dict[str, _Counts] = {}
    total = _Counts()
    for line, question, text in answered:
        right = official_match(question.answer or "", text, question.choices)
        for known, field, name in (
            (modalities, "modality", question.modality),
            (layers, "category", question.category),
        ):
            if name not in known:
                problem = f'the published script knows {", ".join(known)}; found "{name}"'
                raise InputError(problem, file=file, line=line, field=field, code="unknown-group", hint=_HINT)
            known[name].add(right)
        if question.sub_category is not None:
            sub_categories.setdefault(question.sub_category, _Counts()).add(right)
        total.add(right)
    if not total.n:
        raise InputError("no record has a prediction", file=file, code="no-predictions", hint=_HINT)
    parts = [_RULE, "\n"]
    for title, groups in (
        ("Modality-wise Accuracy", modalities),
        ("Category-wise Accuracy", layers),
        ("Sub-category-wise Accuracy", sub_categories),
    ):
        parts += [f"{title}:\n", *(counts.line(name) for name, counts in groups.items()), _RULE, "\n"]
    share = (total.right / total.n) * 100
    parts += [f"Total Accuracy: {share:.2f}% over {total.n} samples\n", _RULE, "\nNo prediction count: 0\n"]
    return "".join(parts)


def _in_order(
    benchmark: Benchmark, by_id: dict[str, tuple[int, Prediction]], file: str, key: str
) -> Iterator[tuple[int, Question, str]]:
    """The predictions in the benchmark's order, without items of which no answer came."""
    for item in benchmark:
        line, prediction = by_id.get(item.id, (0, None))
        if prediction is None or not prediction.asked or prediction.failure is not None:
            continue
        if prediction.text is None:
            raise _is_null(file, line, key)
        yield line, item, prediction.text


def _answered(path: Path, key: str) -> Iterator[tuple[int, Question, str]]:
    reader = PredictionReader(key, str(path), as_published=True)
    for line, text in raw_records(path):
        try:
            prediction = reader.read(text, line)
        except InputError as error:
            raise _strictly(error) from None
        if not prediction.asked:
            continue
        if prediction.text is None and prediction.failure is None:
            raise _is_null(str(path), line, key)
        if prediction.whole is None:
            hint = "give whole records; or name the benchmark that they answer, with mmar score --benchmark"
            raise InputError(
                "missing", file=str(path), line=line, field="choices", code="benchmark-needed", hint=hint
            )
        yield line, prediction.whole, prediction.text or ""


def _strictly(error: InputError) -> InputError:
    """The same error without the advice to be lenient, which the published script is not."""
    hint = _CORRECT if "--lenient" in (error.hint or "") else error.hint
    return InputError(
        error.problem, file=error.file, line=error.line, field=error.field, code=error.code, hint=hint
    )


def _is_null(file: str, line: int, key: str) -> InputError:
    return InputError(
        "is null, expected text", file=file, line=line, field=key, code="null-prediction", hint=_HINT
    )
