"""The output of the published script, byte for byte, its faults included.

MMAR's evaluation script leaves records without the key `answer_prediction` out of the denominator, counts
duplicate ids twice, prints seven modalities and four layers even where they are empty and sub-categories in
order of appearance, and "No prediction count" is always 0. Where it would stop with a traceback (`null`, an
unknown modality, no prediction at all) there is nothing to reproduce, and the error says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from mmar.errors import InputError, UsageError
from mmar.items import (
    PREDICTION_KEYS,
    Benchmark,
    Prediction,
    PredictionReader,
    Question,
    choose_field,
    first_field_names,
    raw_records,
)
from mmar.items.item import LAYERS, MODALITIES
from mmar.scoring.inputs import (
    Task,
    check_run_benchmark,
    find_run,
    first_answers,
    join,
    key_notes,
    last_answers,
    no_choices_error,
)
from mmar.scoring.official import official_match
from mmar.scoring.stream import read_predictions

_RULE = "*" * 30
_HINT = "the published script stops with a traceback here; correct the file, or use mmar score without --format official"
_CORRECT = "correct the file; the published layout is printed of a whole one alone"


def official_output(task: Task) -> tuple[str, list[str]]:
    """What the published script prints for a run, or for a file joined to a benchmark or by itself; and notes on it."""
    if task.lenient:
        raise UsageError(
            "--format official and --lenient cannot be combined: the published script stops at a bad record",
            code="incompatible-options",
        )
    file, manifest = str(task.path), find_run(task.path)
    if manifest is not None:
        benchmark = check_run_benchmark(task.path, task.benchmark, manifest)
        by_id = join(benchmark, first_answers(last_answers(task.path)), file)
        return format_official(_in_order(benchmark, by_id, file, "answer_prediction"), file), []
    choice = choose_field(first_field_names(task.path), task.key)
    if task.benchmark is None:
        return official_output_of_file(task.path, choice.key), key_notes(choice)
    try:
        by_id = join(task.benchmark, read_predictions(task, choice.key), file)
    except InputError as error:
        raise _drop_lenient_hint(error) from None
    return format_official(_in_order(task.benchmark, by_id, file, choice.key), file), key_notes(choice)


def _line(label: str, verdicts: list[bool]) -> str:
    n = len(verdicts)
    # The same operations in the same order as the script, so that rounding agrees in the last digit.
    share = (sum(verdicts) / n) * 100 if n > 0 else 0
    return f"{label}: {share:.2f}% over {n} samples\n"


def official_output_of_file(path: Path, key: str = PREDICTION_KEYS[0]) -> str:
    """What the published script prints for a file of whole records, a JSON array or JSONL."""
    return format_official(_read_answers(path, key), str(path))


def format_official(answered: Iterable[tuple[int, Question, str]], file: str) -> str:
    """What the published script prints for line, question and prediction of each record that has one, in order."""
    modalities: dict[str, list[bool]] = {name: [] for name in MODALITIES}
    layers: dict[str, list[bool]] = {name: [] for name in LAYERS}
    sub_categories: dict[str, list[bool]] = {}
    total: list[bool] = []
    for line, question, text in answered:
        right = official_match(question.answer or "", text, question.choices)
        for known, field, name in (
            (modalities, "modality", question.modality),
            (layers, "category", question.category),
        ):
            if name not in known:
                problem = f'the published script knows {", ".join(known)}; found "{name}"'
                raise InputError(problem, field=field, code="unknown-group", hint=_HINT).located(file, line)
            known[name].append(right)
        if question.sub_category is not None:
            sub_categories.setdefault(question.sub_category, []).append(right)
        total.append(right)
    if not total:
        raise InputError("no record has a prediction", file=file, code="no-predictions", hint=_HINT)
    parts = [_RULE, "\n"]
    for title, groups in (
        ("Modality-wise Accuracy", modalities),
        ("Category-wise Accuracy", layers),
        ("Sub-category-wise Accuracy", sub_categories),
    ):
        parts += [
            f"{title}:\n",
            *(_line(f"{name} ", verdicts) for name, verdicts in groups.items()),
            _RULE,
            "\n",
        ]
    parts += [_line("Total Accuracy", total), _RULE, "\nNo prediction count: 0\n"]
    return "".join(parts)


def _in_order(
    benchmark: Benchmark, by_id: dict[str, tuple[int, Prediction]], file: str, key: str
) -> Iterator[tuple[int, Question, str]]:
    """The predictions in the benchmark's order, without items of which no answer came."""
    for item in benchmark:
        line, prediction = by_id.get(item.id, (0, None))
        if prediction is None or not prediction.has_prediction or prediction.failure is not None:
            continue
        if prediction.text is None:
            raise _is_null(file, line, key)
        yield line, item, prediction.text


def _read_answers(path: Path, key: str) -> Iterator[tuple[int, Question, str]]:
    reader = PredictionReader(key, str(path), as_published=True)
    for line, text in raw_records(path):
        try:
            prediction = reader.read(text, line)
        except InputError as error:
            raise _drop_lenient_hint(error) from None
        if not prediction.has_prediction:
            continue
        if prediction.text is None and prediction.failure is None:
            raise _is_null(str(path), line, key)
        if prediction.whole is None:
            raise no_choices_error(path, line)
        yield line, prediction.whole, prediction.text or ""


def _drop_lenient_hint(error: InputError) -> InputError:
    """The error without the advice to be lenient, which the published script is not."""
    if "--lenient" in (error.hint or ""):
        error.hint = _CORRECT
    return error


def _is_null(file: str, line: int, key: str) -> InputError:
    error = InputError("is null, expected text", field=key, code="null-prediction", hint=_HINT)
    return error.located(file, line)
