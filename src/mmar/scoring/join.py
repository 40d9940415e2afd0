"""Joining predictions to a benchmark by id: whose answer each is, and which of them do not belong.

A file that answers another benchmark, another revision, or one item twice would give a number that says
nothing; so each of these is an error with its line, unless the caller goes on without the record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mmar.errors import InputError
from mmar.items import Benchmark, Item, Prediction
from mmar.items.benchmark import duplicate_id

__all__ = ["join"]


def join(
    benchmark: Benchmark,
    predictions: Iterable[tuple[int, Prediction]],
    file: str,
    on_error: Callable[[InputError], None] | None = None,
) -> dict[str, tuple[int, Prediction]]:
    """Find the item of each prediction.

    Args:
        benchmark: the questions.
        predictions: line and prediction, in order.
        file: the name to put into errors.
        on_error: called with the error of a record that does not belong, which is then left out.

    Returns:
        Line and prediction by item id; an item that has none is not in it.

    Raises:
        InputError: without `on_error`, an id that is not in the benchmark or stands twice, or a record whose
            question is not the benchmark's.
    """
    found: dict[str, tuple[int, Prediction]] = {}
    for line, prediction in predictions:
        try:
            item = _item_of(benchmark, prediction, file, line)
            if item.id in found:
                raise duplicate_id(item.id, file, found[item.id][0], line)
        except InputError as error:
            if on_error is None:
                raise
            on_error(error)
            continue
        found[item.id] = line, prediction
    return found


def _item_of(benchmark: Benchmark, prediction: Prediction, file: str, line: int) -> Item:
    item = benchmark.by_id.get(prediction.id)
    if item is None:
        raise InputError(
            f"“{prediction.id}” is no item of the benchmark “{benchmark.name}”",
            file=file,
            line=line,
            field="id",
            hint="is it the right benchmark? --lenient leaves such records out",
        )
    whole = prediction.whole
    if whole is not None and (whole.choices != item.choices or whole.answer != item.answer):
        raise InputError(
            f"the choices or the answer of “{item.id}” differ from those of the benchmark “{benchmark.name}”",
            file=file,
            line=line,
            field="choices",
            hint="the file belongs to another revision: score it without --benchmark, or correct it",
        )
    return item
