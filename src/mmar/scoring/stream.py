"""Scoring a file of predictions as a stream: memory stays flat, and a large file uses every core.

A file is cut into blocks of whole records (`mmar.items.records`). Each block is decoded, read and counted
by itself, here or in a worker process, and its `Part` is merged in the file's order, so that errors name
the right line and the result is the same for any number of workers.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

import msgspec

from mmar.errors import InputError
from mmar.items import (
    Benchmark,
    Block,
    DigestBuilder,
    Prediction,
    PredictionReader,
    Question,
    Span,
    blocks,
    raw_records,
    read_span,
    spans,
)
from mmar.items.benchmark import duplicate_id
from mmar.scoring.join import join
from mmar.scoring.plan import Plan
from mmar.scoring.result import RowFile
from mmar.scoring.tally import Tally
from mmar.scoring.workers import pooled, shared, team_size

__all__ = ["Streamed", "score_against", "score_whole"]

_PARALLEL_BYTES = 4 << 20
_SPAN_BYTES = 1 << 20
_BUFFER = 1 << 18
_ROWS = 1000


class Streamed(msgspec.Struct):
    """What came of a whole file.

    Attributes:
        tally: the counts.
        errors: what `lenient` passed over.
        digest: content digest of the questions that the file holds, where it is one of whole records.
    """

    tally: Tally
    errors: list[InputError]
    digest: str = ""


class _Part(msgspec.Struct):
    """What came of some records.

    Attributes:
        tally: the counts.
        digests: what the digest of the questions is made of.
        errors: of bad records; only the first, unless the plan is lenient.
        lines: the line that was read last.
        text: the items' lines in a `RowFile`, where one is written.
    """

    tally: Tally
    digests: DigestBuilder
    errors: list[InputError]
    lines: int = 0
    text: bytes = b""


def score_whole(plan: Plan, rows: RowFile | None = None) -> Streamed:
    """Score a file whose records are whole questions: the file is its own benchmark.

    Args:
        plan: how; with `lines` where there are `rows`.
        rows: where a line of each item goes.

    Raises:
        InputError: a bad record or an id that stands twice, unless the plan is lenient.
        ExternalError: `rows` cannot be written.
    """
    tally, digests = Tally(plan.keep), DigestBuilder()
    errors: list[InputError] = []
    if rows is not None:
        rows.begin()
    for part in _parts(plan):
        if part.errors and not plan.lenient:
            raise part.errors[0]
        if rows is not None:
            rows.file.write(part.text)
        tally.merge(part.tally)
        digests.merge(part.digests)
        errors += part.errors
    digest, twice = digests.finish()
    if twice:
        again = list(_repeated(plan))
        if again and not plan.lenient:
            raise again[0]
        if again:
            # A record too many cannot be taken out of a sum; count again, the first of each id alone.
            part = _count(raw_records(plan.path), plan, PredictionReader(plan.key, str(plan.path)), {})
            if rows is not None:
                rows.begin()
                rows.file.write(part.text)
            return Streamed(part.tally, part.errors, part.digests.finish()[0])
    return Streamed(tally, errors, digest)


def score_against(
    benchmark: Benchmark,
    predictions: Iterable[tuple[int, Prediction]],
    plan: Plan,
    rows: RowFile | None = None,
) -> Streamed:
    """Score predictions joined to a benchmark by id; items without one are *missing*.

    Args:
        benchmark: the questions; its size, with unreadable records, is the denominator.
        predictions: line and prediction, from `PredictionReader` or a run's ledger.
        plan: its `path` is named in errors.
        rows: where a line of each item goes.

    Raises:
        InputError: an id that is not in the benchmark or stands twice, or a record whose question is not the
            benchmark's, unless the plan is lenient.
        ExternalError: `rows` cannot be written.
    """
    errors: list[InputError] = []
    found = join(benchmark, predictions, str(plan.path), errors.append if plan.lenient else None)
    tally = plan.tally(bytearray())
    if rows is not None:
        rows.begin()
    for place, item in enumerate(benchmark):
        if rows is not None and not place % _ROWS:
            rows.file.write(plan.take_lines(tally))
        question = Question.of(item)
        given = found.get(item.id)
        if given is None:
            tally.unanswered(item.id, question, asked=False)
            continue
        _, said = given
        if said.text is None:
            tally.unanswered(item.id, question, asked=said.asked, failure=said.failure)
        else:
            tally.answered(item.id, question, said.text, plan.rule)
    if rows is not None:
        rows.file.write(plan.take_lines(tally))
    tally.states["missing"] += benchmark.lost
    if tally.verdicts is not None:
        tally.verdicts += bytes(benchmark.lost)
    return Streamed(tally, errors, benchmark.digest)


def read_predictions(
    plan: Plan, on_error: Callable[[InputError], None] | None = None
) -> Iterator[tuple[int, Prediction]]:
    """Line and prediction of each record of a file; bad records go to `on_error`, or are raised without it."""
    reader = PredictionReader(plan.key, str(plan.path))
    for line, text in raw_records(plan.path):
        try:
            yield line, reader.read(text, line)
        except InputError as error:
            if on_error is None:
                raise
            on_error(error)


def _count(
    records: Iterable[tuple[int, bytes]],
    plan: Plan,
    reader: PredictionReader,
    first: dict[str, int] | None = None,
) -> _Part:
    """Score whole records, blank ones passed over; with `first` (line by id) only the first record of each id."""
    part = _Part(plan.tally(), DigestBuilder(), [])
    read, add, answered, rule = reader.record, part.digests.add, part.tally.answered, plan.rule
    line = 0
    for line, text in records:
        try:
            record = read(text, line)
            if record.choices is None:
                raise _no_question(plan, line)
        except InputError as error:
            if text.isspace():
                continue
            part.errors.append(error)
            if not plan.lenient:
                break
            part.tally.states["missing"] += 1  # it was asked for and is not there
            continue
        if first is not None and first.setdefault(record.id, line) != line:
            part.errors.append(duplicate_id(record.id, plan.path, first[record.id], line))
            continue
        add(record.id, record)
        said = record.text
        if type(said) is str and record.failure is None:
            answered(record.id, record, said, rule)
        else:
            given = reader.prediction(record)
            part.tally.unanswered(record.id, record, asked=given.asked, failure=given.failure)
    part.lines = line
    part.text = plan.take_lines(part.tally)
    return part


def _no_question(plan: Plan, line: int) -> InputError:
    return InputError(
        "the record has no choices, so it cannot be scored by itself",
        file=str(plan.path),
        line=line,
        field="choices",
        hint="name the benchmark that it answers: --benchmark mmar, or a path",
    )


def _parts(plan: Plan) -> Iterator[_Part]:
    """What came of each piece of the file, in its order; errors name the lines of the file."""
    size = plan.path.stat().st_size if plan.path.is_file() else 0
    workers = team_size(spawn=plan.spawn) if size >= _PARALLEL_BYTES else 1
    if workers < 2:
        reader = PredictionReader(plan.key, str(plan.path))
        with _without_cycles():
            yield _count(raw_records(plan.path), plan, reader)
        return
    # A worker reads its part of a plain file by itself; what only one can read is read here and handed over.
    # Where its items' lines come back, a part is small, for they are held until their turn comes.
    share = 2 * workers if plan.lines is None else size
    divided = spans(plan.path, _SPAN_BYTES, share)
    if divided is None:
        yield from pooled(blocks(plan.path), partial(_of_block, plan), workers)
        return
    before = 0
    for part in shared(divided, partial(_of_span, plan), workers):
        part.errors = [_further_down(error, before) for error in part.errors]
        before += part.lines
        yield part


def _of_block(plan: Plan) -> Callable[[Block], _Part]:
    """How a worker scores a block."""
    gc.disable()
    reader = PredictionReader(plan.key, str(plan.path))
    return lambda block: _count(block.records, plan, reader)


def _of_span(plan: Plan) -> Callable[[Span], _Part]:
    """How a worker scores a span; its lines are numbered from 1."""
    gc.disable()
    reader = PredictionReader(plan.key, str(plan.path))
    stream = plan.path.open("rb", buffering=_BUFFER)
    return lambda span: _count(enumerate(read_span(stream, span), 1), plan, reader)


def _further_down(error: InputError, lines: int) -> InputError:
    line = None if error.line is None else error.line + lines
    return InputError(error.problem, file=error.file, line=line, field=error.field, hint=error.hint)


@contextmanager
def _without_cycles() -> Iterator[None]:
    """Without the cycle collector, which would walk a million records to find that none is in a cycle."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _repeated(plan: Plan) -> Iterator[InputError]:
    """The ids that stand twice, by the ids themselves."""
    first: dict[str, int] = {}
    for line, prediction in read_predictions(plan, on_error=lambda _: None):
        if prediction.id in first:
            yield duplicate_id(prediction.id, plan.path, first[prediction.id], line)
        else:
            first[prediction.id] = line
