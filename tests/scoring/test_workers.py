"""Work shared among processes: results in order, errors as they were, nobody waits for a worker that is gone."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mmar.errors import ExternalError, InputError
from mmar.scoring import workers
from mmar.scoring.workers import forked, pooled
from waiting import until

Way = Callable[..., Iterator[int]]
both = pytest.mark.parametrize("way", [forked, pooled])


def squares() -> Callable[[int], int]:
    return lambda number: number * number


def squares_at_different_pace() -> Callable[[int], int]:
    def work(number: int) -> int:
        time.sleep(0.002 * (number % 3 == 0))
        return number * number

    return work


def long_texts() -> Callable[[int], str]:
    return lambda number: str(number) * 200_000  # more than a pipe holds


def refusing_seven() -> Callable[[int], int]:
    def work(number: int) -> int:
        if number == 7:
            raise InputError("is seven", file="p.jsonl", line=number, hint="take another")
        return number

    return work


def dying_at_seven() -> Callable[[int], int]:
    def work(number: int) -> int:
        if number == 7:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    return work


@both
@pytest.mark.parametrize("count", [0, 1, 2, 100])
def test_results_come_in_the_order_of_the_pieces(way: Way, count: int) -> None:
    pieces = list(range(count))
    assert list(way(pieces, squares_at_different_pace, 3)) == [number * number for number in pieces]


@both
def test_a_result_may_be_longer_than_a_pipe(way: Callable[..., Iterator[str]]) -> None:
    assert list(way(list(range(6)), long_texts, 2)) == [str(number) * 200_000 for number in range(6)]


@both
def test_an_error_is_raised_here_as_it_was_there(way: Way) -> None:
    with pytest.raises(InputError, match="is seven") as caught:
        list(way(list(range(20)), refusing_seven, 2))
    assert (caught.value.line, caught.value.hint) == (7, "take another")


@both
def test_a_worker_that_is_killed_is_noticed(way: Way) -> None:
    with pytest.raises(ExternalError, match="ended from outside"):
        list(way(list(range(20)), dying_at_seven, 2))


def test_whoever_has_enough_leaves_no_process_behind() -> None:
    before = set(children())
    results = forked(list(range(1000)), squares, 2)
    assert next(results) == 0
    working = set(children()) - before
    assert len(working) == 2
    results.close()
    assert not working & set(children())


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")  # Python 3.12, of pytest's own threads
def test_workers_end_when_the_reader_is_killed() -> None:
    read, write = os.pipe()
    reader = os.fork()
    if not reader:
        results = forked(list(range(1000)), long_texts, 2)
        next(results)
        os.write(write, " ".join(children()).encode())
        signal.pause()
    working = [int(child) for child in os.read(read, 100).split()]
    os.kill(reader, signal.SIGKILL)
    os.waitpid(reader, 0)
    os.close(read)
    os.close(write)
    try:
        until(lambda: not any(map(alive, working)))
    finally:
        for child in filter(alive, working):
            os.kill(child, signal.SIGKILL)


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_program_with_threads_is_not_forked_and_starts_none_anew_unless_it_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used: list[str] = []
    monkeypatch.setattr(workers, "forked", lambda *_: used.append("forked") or iter(()))
    monkeypatch.setattr(workers, "pooled", lambda *_: used.append("pooled") or iter(()))
    for threads in (1, 2):
        monkeypatch.setattr(workers.threading, "active_count", lambda threads=threads: threads)
        workers.shared([1], squares, 2)
        assert workers.team_size(spawn=True) == min(8, len(os.sched_getaffinity(0)))
        assert workers.team_size(spawn=False) == (1 if threads > 1 else workers.team_size(spawn=True))
    assert used == ["forked", "pooled"]


def children() -> list[str]:
    return Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
