"""The ledger: what was written stays, whatever happens to the process, the disk or the file's end."""

from __future__ import annotations

import resource
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expect import raises
from mmar.models import Answer, Usage
from mmar.runs.ledger import Ledger, key_of, latest_answers, read_ledger

text = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=30)
answer = st.one_of(
    st.builds(
        Answer,
        id=st.sampled_from(["a", "b", "ü"]),
        text=text,
        thinking=text,
        usage=st.none() | st.builds(Usage, st.integers(0, 9), st.integers(0, 9)),
        rotation=st.integers(0, 1),
        repeat=st.integers(0, 1),
    ),
    st.builds(
        lambda item_id, message: Answer.failed(item_id, "timeout", message), st.sampled_from(["a", "b"]), text
    ),
)
anywhere = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)


def path_in(folder: Path) -> Path:
    path = folder / "answers.jsonl"
    path.unlink(missing_ok=True)
    return path


@given(st.lists(st.lists(answer, max_size=4), max_size=5))
@anywhere
def test_appended_answers_are_read_again(tmp_path: Path, batches: list[list[Answer]]) -> None:
    path = path_in(tmp_path)
    for batch in batches:
        with Ledger(path) as ledger:
            ledger.append(batch)
    written = [each for batch in batches for each in batch]
    assert [each for _, each in read_ledger(path)] == written
    with Ledger(path) as ledger:
        slots = {key_of(each) for each in written}
        answered = {key_of(each) for each in written if each.failure is None}
        assert {slot for slot in slots if ledger.progress.answered(slot)} == answered
        assert {slot for slot in slots if ledger.progress.failed(slot)} == slots - answered
        assert (ledger.progress.answers, ledger.progress.failures) == (len(answered), len(slots - answered))
        assert ledger.progress.items == sum(not rotation and not repeat for _, rotation, repeat in answered)
        assert ledger.repaired == 0


@given(st.lists(answer, min_size=1, max_size=4), st.data())
@anywhere
def test_a_file_cut_off_at_any_byte_keeps_every_whole_line(
    tmp_path: Path, written: list[Answer], data: st.DataObject
) -> None:
    path = path_in(tmp_path)
    with Ledger(path) as ledger:
        ledger.append(written)
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    remaining = whole[:cut].count(b"\n")
    if whole[cut : cut + 1] == b"\n":
        remaining += 1  # only the line end is missing: nothing is lost
    assert [each for _, each in read_ledger(path)] == written[:remaining]
    with Ledger(path) as ledger:
        ledger.append([Answer("c", "more", "")])
    assert [each for _, each in read_ledger(path)] == [*written[:remaining], Answer("c", "more", "")]


def test_the_last_answer_counts_and_a_failure_never_replaces_one() -> None:
    first, failed, second = Answer("a", "1", ""), Answer.failed("a", "timeout", "m"), Answer("a", "2", "")
    assert latest_answers(enumerate([first, failed])) == {("a", 0, 0): (0, first)}
    assert latest_answers(enumerate([failed, first, second, failed])) == {("a", 0, 0): (2, second)}
    assert latest_answers(enumerate([failed])) == {("a", 0, 0): (0, failed)}


def test_two_processes_cannot_write_one_run(tmp_path: Path) -> None:
    with (
        Ledger(tmp_path / "answers.jsonl"),
        raises("run-locked"),
    ):
        Ledger(tmp_path / "answers.jsonl")
    Ledger(tmp_path / "answers.jsonl").close()


def test_a_line_in_the_middle_that_is_no_answer_is_named(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    with Ledger(path) as ledger:
        ledger.append([Answer("a", "1", ""), Answer("b", "2", "")])
    path.write_bytes(b'{"id": "x"}\n' + path.read_bytes())
    with raises("bad-ledger", line=1):
        Ledger(path)
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[1] + b"{}\n")
    with raises("bad-ledger"):
        list(read_ledger(path))


def test_a_disk_that_fills_up_loses_nothing_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    first = [Answer(f"id-{index}", "x" * 100, "") for index in range(10)]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with Ledger(path) as ledger:
            ledger.append(first)
            resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 50, before[1]))
            with raises("disk-full"):
                ledger.append([Answer("late", "y" * 500, "")])
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            assert not ledger.progress.answered(("late", 0, 0))
            ledger.append([Answer("later", "z", "")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert [each.id for _, each in read_ledger(path)] == [*(each.id for each in first), "later"]


def test_an_answer_is_never_both() -> None:
    with pytest.raises(ValueError):
        Answer("a", "text", "", failure=Answer.failed("a", "timeout", "m").failure)
