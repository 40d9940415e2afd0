"""Scoring predictions one by one, so that memory stays flat whatever the size of the file.

A large file of whole records is shared among forked processes where that is safe (Linux, a program with one
thread); their counts are merged in the file's order, so that the result and the errors are the same.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from mmar.errors import ExternalError, InputError
from mmar.items import Benchmark, DigestBuilder, Prediction, PredictionReader, raw_records
from mmar.items.benchmark import duplicate_id
from mmar.items.predictions import is_cut_off
from mmar.items.records import line_ranges
from mmar.protocols import ReadingRule
from mmar.scoring.inputs import Task, join, no_choices_error
from mmar.scoring.result import ItemScore
from mmar.scoring.tally import Tally

# Below this size a file is scored before other processes have started.
_PARALLEL_BYTES = 4 << 20
_MOST_WORKERS = 8
_BATCH = 1000
_RANGE_BYTES = 4 << 20


class FileCounts(msgspec.Struct):
    """The counts of a whole file.

    Attributes:
        tally: the counts.
        errors: of bad records that `lenient` left out.
        digest: content digest of the questions.
        predictions: those that were joined to a benchmark, by item id, in the order of the file.
    """

    tally: Tally
    errors: list[InputError]
    digest: str
    predictions: Mapping[str, Prediction] = {}


class _ScoringOptions(msgspec.Struct, frozen=True):
    """What another process needs of a task, and the field that holds the prediction."""

    path: Path
    key: str
    rule: ReadingRule | None
    keep: str
    lenient: bool


class _ChunkCounts(msgspec.Struct):
    """The counts of some records, and what the digest of their questions is made of.

    Attributes:
        lines: how many lines of the file they are, where their line numbers start at 1; else 0.
        failure: what ended the counting.
    """

    tally: Tally
    digests: DigestBuilder
    errors: list[InputError]
    lines: int = 0
    failure: InputError | None = None


def score_own_questions(task: Task, key: str) -> FileCounts:
    """Score a file whose records are whole questions: the file is its own benchmark.

    `key` is the field that holds the prediction; `on_item` starts over where an id turns out to stand twice.
    """
    with _no_cycle_collection():
        method = _ScoringOptions(task.path, key, task.rule, task.keep, task.lenient)
        whole = _ChunkCounts(Tally(task.keep), DigestBuilder(), [])
        for part in _parts(method, task.on_item):
            whole.tally.merge(part.tally)
            whole.digests.merge(part.digests)
            whole.errors += part.errors
        digest, repeated = whole.digests.finish()
        if not repeated:
            return FileCounts(whole.tally, whole.errors, digest)
        # Ids are compared by hash at first, which costs less memory. Now by themselves; the first of each counts.
        task.restart()
        again = _count(raw_records(task.path), method, task.on_item, {})
        return FileCounts(again.tally, again.errors, again.digests.finish()[0])


def score_with_benchmark(
    benchmark: Benchmark,
    predictions: Iterable[tuple[int, Prediction]],
    task: Task,
    errors: list[InputError] | None = None,
) -> FileCounts:
    """Score predictions joined to a benchmark by id; items without one are *missing*.

    Only closed questions are counted. The benchmark's size, with unreadable records, is the denominator.
    `predictions` are lines and predictions, from `PredictionReader` or a run's ledger.
    """
    benchmark.check_scorable()
    errors = [] if errors is None else errors
    by_id = join(benchmark, predictions, str(task.path), task.collector(errors))
    tally = Tally(task.keep, task.on_item, verdicts=bytearray())
    for item in benchmark.closed:
        _, prediction = by_id.get(item.id, (0, None))
        if prediction is None:
            tally.add_no_answer(item.id, item, requested=False)
        elif prediction.text is None:
            tally.add_no_answer(
                item.id, item, requested=prediction.has_prediction, failure=prediction.failure
            )
        else:
            question = item
            if prediction.choice_order is not None:  # a letter means the choice at its place in the prompt
                question = msgspec.structs.replace(item, choices=prediction.choice_order)
            tally.add_answer(item.id, question, prediction.text, task.rule, cut_off=prediction.cut_off)
    tally.add_unreadable(benchmark.unreadable)
    known = {name: prediction for name, (_, prediction) in by_id.items()}
    return FileCounts(tally, errors, benchmark.digest, known)


def read_predictions(
    task: Task, key: str, on_error: Callable[[InputError], None] | None = None
) -> Iterator[tuple[int, Prediction]]:
    """Line and prediction of each record of a file; bad records go to `on_error`, or are raised without it."""
    reader = PredictionReader(key, str(task.path))
    for line, text in raw_records(task.path):
        try:
            yield line, reader.read(text, line)
        except InputError as error:
            if on_error is None:
                raise
            on_error(error)


def _parts(method: _ScoringOptions, on_item: Callable[[ItemScore], None] | None) -> Iterator[_ChunkCounts]:
    """The counts of each piece of the file, in its order."""
    size = method.path.stat().st_size if method.path.is_file() else 0
    workers = min(_MOST_WORKERS, _worker_count()) if size >= _PARALLEL_BYTES and on_item is None else 1
    records = raw_records(method.path)
    if workers < 2:
        yield _count(records, method, on_item)
        return
    ranges = line_ranges(method.path, _RANGE_BYTES)
    if ranges is not None:
        yield from _renumber_lines(_count_in_processes(partial(_count_range, method=method), ranges, workers))
        return
    batches = iter(lambda: list(islice(records, _BATCH)), [])
    yield from _count_in_processes(partial(_count, method=method), batches, workers)


def _renumber_lines(parts: Iterable[_ChunkCounts]) -> Iterator[_ChunkCounts]:
    """Parts of consecutive ranges, their errors with the line in the file."""
    before = 0
    for part in parts:
        for error in (*part.errors, part.failure):
            if error is not None and error.line is not None:
                error.line += before
        if part.failure is not None:
            raise part.failure
        before += part.lines
        yield part


def _count_in_processes(
    count: Callable[[Any], _ChunkCounts], pieces: Iterable[Any], workers: int
) -> Iterator[_ChunkCounts]:
    """Count pieces of a file in several processes; their parts in order."""
    import signal
    import warnings
    from concurrent.futures import Future, ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    pieces = iter(pieces)
    # An interrupt from the keyboard is for this process alone, which then ends the others.
    ignore = (signal.SIGINT, signal.SIG_IGN)
    with (
        ProcessPoolExecutor(workers, get_context("fork"), signal.signal, ignore) as pool,
        warnings.catch_warnings(),
    ):
        # Python warns where a numerical library has threads; they hold nothing that a worker needs.
        warnings.filterwarnings("ignore", r".*multi-threaded, use of fork\(\)", DeprecationWarning)
        waiting: deque[Future[_ChunkCounts]] = deque()
        try:
            for piece in pieces:
                waiting.append(pool.submit(count, piece))
                # Enough to keep every worker busy, and no more: what waits is held in memory.
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise ExternalError(
                "a process that shared the work was ended from outside (out of memory?)",
                code="worker-ended",
                hint="run the command again",
            ) from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _worker_count() -> int:
    """Processes that may share the work; 1 where a fork is not safe."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return 1
    return len(os.sched_getaffinity(0))


def _count_range(piece: tuple[int, int], method: _ScoringOptions) -> _ChunkCounts:
    """Score the whole records in a range of a file's bytes, which begins and ends with a line."""
    gc.disable()  # in a process of its own, whose every object is gone with the range
    start, end = piece
    with method.path.open("rb") as stream:
        stream.seek(start)
        lines = stream.read(end - start).splitlines(keepends=True)
    records = ((line, text) for line, text in enumerate(lines, 1) if not text.isspace())
    try:
        part = _count(records, method)
    except InputError as error:
        part = _ChunkCounts(Tally(method.keep), DigestBuilder(), [], failure=error)
    part.lines = len(lines)
    return part


def _count(
    records: Iterable[tuple[int, bytes]],
    method: _ScoringOptions,
    on_item: Callable[[ItemScore], None] | None = None,
    first: dict[str, int] | None = None,
) -> _ChunkCounts:
    """Score whole records; with `first` (line by id) only the first record of each id."""
    path, rule, lenient = method.path, method.rule, method.lenient
    reader = PredictionReader(method.key, str(path))
    part = _ChunkCounts(Tally(method.keep, on_item), DigestBuilder(), [])
    tally, read, add, add_answer = part.tally, reader.record, part.digests.add, part.tally.add_answer
    for line, text in records:
        try:
            record = read(text, line)
            if record.choices is None:
                raise no_choices_error(path, line)
        except InputError as error:
            if not lenient:
                raise
            part.errors.append(error)
            tally.add_unreadable(1)
            continue
        if first is not None and first.setdefault(record.id, line) != line:
            repeated = duplicate_id(record.id, path, first[record.id], line)
            if not lenient:
                raise repeated
            part.errors.append(repeated)
            continue
        add(record.id, record)
        answer = record.text
        if type(answer) is str and record.failure is None:
            if record.finish_reason is None:
                add_answer(record.id, record, answer, rule)
            else:
                add_answer(record.id, record, answer, rule, cut_off=is_cut_off(record.finish_reason))
        else:
            prediction = reader.prediction(record)
            tally.add_no_answer(
                record.id, record, requested=prediction.has_prediction, failure=prediction.failure
            )
    return part


@contextmanager
def _no_cycle_collection() -> Iterator[None]:
    """Pause the cycle collector, which would walk a million records to find no cycle."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
