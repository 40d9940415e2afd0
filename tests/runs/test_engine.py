"""The engine: what is asked again, what is not, when it slows down and when it gives up."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from made_up import QUICK, Scripted, answers, benchmark, failing

from expect import raises
from mmar.api import run
from mmar.errors import ExternalError
from mmar.models import Answer, ModelFacts, RequestFailed
from mmar.protocols import Request
from mmar.runs.ledger import read_ledger

STOP_AFTER = 3


def test_every_item_is_asked_once_and_recorded(tmp_path: Path) -> None:
    model = Scripted(answers())
    result = run(model, benchmark(tmp_path / "b"), out=tmp_path / "run", **QUICK)
    assert sorted(Counter(model.requested).values()) == [1] * 12
    assert (result.counts.answered, result.answered, result.selected_failed, result.stopped) == (
        12,
        12,
        0,
        False,
    )
    assert 1 < model.most_at_once <= 4
    assert model.closed
    ledger = [answer for _, answer in read_ledger(tmp_path / "run" / "answers.jsonl")]
    assert all(answer.completed_at and answer.request and answer.attempts == 1 for answer in ledger)


@pytest.mark.parametrize("kind", ["transport", "rate_limit", "server"])
def test_retryable_failures_are_sent_again(tmp_path: Path, kind: str) -> None:
    model = Scripted(failing(kind, 2, retryable=True))  # type: ignore[arg-type]
    result = run(model, benchmark(tmp_path / "b"), out=tmp_path / "run", **QUICK)
    assert result.answered == 12
    assert sorted(Counter(model.requested).values()) == [3] * 12
    assert {answer.attempts for _, answer in read_ledger(tmp_path / "run" / "answers.jsonl")} == {3}


def test_lasting_failures_are_not_sent_again_and_are_named(tmp_path: Path) -> None:
    model = Scripted(failing("rejected", 99))  # type: ignore[arg-type]
    result = run(model, benchmark(tmp_path / "b"), out=tmp_path / "run", **QUICK)
    assert result.counts.failed == {"rejected": 12}
    assert sorted(Counter(model.requested).values()) == [1] * 12
    first = json.loads((tmp_path / "run" / "answers.jsonl").read_text().splitlines()[0])
    assert first["answer_prediction"] == ""
    assert first["failure"] == {"kind": "rejected", "message": "no"}


def test_a_model_that_hangs_times_out(tmp_path: Path) -> None:
    def hang(request: Request, _: int) -> Answer:
        if request.item_id == "id-3":
            raise TimeoutError  # as the model's own time-out would
        return Answer(request.item_id, "two", "")

    model = Scripted(hang)
    limits: Any = {"concurrency": 12, "max_attempts": 2, "backoff": 0.001}
    result = run(model, benchmark(tmp_path / "b"), out=tmp_path / "run", **limits)
    assert result.counts.failed == {"timeout": 1}
    assert model.requested.count("id-3") == 2


@pytest.mark.parametrize("kind", ["denied", "crash"])
def test_a_run_that_cannot_succeed_ends_after_a_few(tmp_path: Path, kind: str) -> None:
    def say(request: Request, _: int) -> Answer:
        if kind == "denied":
            raise RequestFailed("denied", "bad key")
        raise ZeroDivisionError(request.item_id)

    model = Scripted(say)
    with raises("given-up", ExternalError) as caught:
        run(model, benchmark(tmp_path / "b", 100), out=tmp_path / "run", **QUICK)
    assert ("bad key" if kind == "denied" else "ZeroDivisionError") in str(caught.value)
    assert len(model.requested) <= STOP_AFTER + 4
    assert model.closed


def test_a_service_that_takes_no_request_ends_the_run_and_one_that_takes_some_does_not(
    tmp_path: Path,
) -> None:
    def say(request: Request, _: int) -> Answer:
        if served and request.item_id == "id-0":
            return Answer(request.item_id, "two", "")
        raise RequestFailed("rejected", "HTTP 400: unknown parameter")

    served = False
    model = Scripted(say)
    with raises("given-up", ExternalError) as caught:
        run(model, benchmark(tmp_path / "b", 100), out=tmp_path / "none", **QUICK)
    assert "unknown parameter" in str(caught.value)
    assert len(model.requested) <= 7 * STOP_AFTER + 4
    served = True
    first = run(Scripted(say), benchmark(tmp_path / "b", 100), out=tmp_path / "some", **QUICK)
    assert (first.answered, first.selected_failed) == (1, 99)
    # Nor does going on, where what is left are the clips that it cannot take.
    again = run(Scripted(say), benchmark(tmp_path / "b", 100), out=tmp_path / "some", **QUICK)
    assert (again.requested, again.selected_failed) == (99, 99)


def test_a_key_that_is_taken_away_ends_a_run_that_had_answers(tmp_path: Path) -> None:
    def say(request: Request, _: int) -> Answer:
        if int(request.item_id.split("-")[1]) >= 20:
            raise RequestFailed("denied", "no quota left")
        return Answer(request.item_id, "two", "")

    model = Scripted(say)
    with raises("given-up", ExternalError) as caught:
        run(model, benchmark(tmp_path / "b", 100), out=tmp_path / "run", **QUICK)
    assert "no quota left" in str(caught.value)
    assert len(model.requested) <= 20 + 15 + 4


def test_a_crash_after_answers_is_one_items_failure(tmp_path: Path) -> None:
    def say(request: Request, _: int) -> Answer:
        if request.item_id == "id-7":
            raise ZeroDivisionError("seven")
        return Answer(request.item_id, "two", "")

    result = run(Scripted(say), benchmark(tmp_path / "b"), out=tmp_path / "run", **QUICK)
    assert result.counts.failed == {"crash": 1}
    assert result.answered == 11


def test_the_same_command_asks_what_has_no_answer(tmp_path: Path) -> None:
    made = benchmark(tmp_path / "b")
    half = Scripted(lambda request, _: _fail_odd(request))
    run(half, made, out=tmp_path / "run", **QUICK)
    again = Scripted(answers())
    result = run(again, made, out=tmp_path / "run", **QUICK)
    assert sorted(again.requested) == sorted(f"id-{index}" for index in range(12) if index % 2)
    assert (result.answered_before, result.answered, result.selected_failed) == (6, 12, 0)
    idle = Scripted(answers())
    assert run(idle, made, out=tmp_path / "run", **QUICK).requested == 0
    assert idle.requested == []


def _fail_odd(request: Request) -> Answer:
    if int(request.item_id.split("-")[1]) % 2:
        raise RequestFailed("server", "no")
    return Answer(request.item_id, "two", "")


def test_again_asks_the_named_ones_alone(tmp_path: Path) -> None:
    made = benchmark(tmp_path / "b")
    run(Scripted(lambda request, _: _fail_odd(request)), made, out=tmp_path / "run", **QUICK, limit=8)
    failed = Scripted(answers("no idea"))
    run(failed, made, out=tmp_path / "run", **QUICK, retry="failed")
    assert sorted(failed.requested) == ["id-1", "id-3", "id-5", "id-7"]
    unresolved = Scripted(answers("two"))
    run(unresolved, made, out=tmp_path / "run", **QUICK, retry="unresolved")
    assert sorted(unresolved.requested) == ["id-1", "id-3", "id-5", "id-7"]
    rest = Scripted(answers("two"))
    run(rest, made, out=tmp_path / "run", **QUICK)
    assert sorted(rest.requested) == ["id-10", "id-11", "id-8", "id-9"]


def test_another_run_in_the_folder_is_refused(tmp_path: Path) -> None:
    made = benchmark(tmp_path / "b")
    run(Scripted(answers()), made, out=tmp_path / "run", **QUICK)
    with raises("another-run", argument="out") as caught:
        run(Scripted(answers(), name="test/other"), made, out=tmp_path / "run", **QUICK)
    assert "test/other" in str(caught.value)
    with raises("another-run"):
        run(Scripted(answers()), made, out=tmp_path / "run", **QUICK, protocol="letter")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").write_text("mine")
    with raises("not-a-run", argument="out"):
        run(Scripted(answers()), made, out=tmp_path / "other", **QUICK)
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["thesis.tex"]


def test_rotations_and_repeats_are_asked_once_each(tmp_path: Path) -> None:
    made = benchmark(tmp_path / "b", 4)
    seen: list[tuple[str, tuple[str, ...], int]] = []

    def say(request: Request, _: int) -> Answer:
        seen.append((request.item_id, request.choices, request.repeat))
        return Answer(request.item_id, request.choices[0], "")

    run(Scripted(say), made, out=tmp_path / "run", **QUICK, rotations=0)
    assert len(set(seen)) == len(seen) == 12
    assert {choices for _, choices, _ in seen} == {
        ("one", "two", "three"),
        ("two", "three", "one"),
        ("three", "one", "two"),
    }
    seen.clear()
    result = run(Scripted(say), made, out=tmp_path / "run", **QUICK, rotations=0, repeats=2)
    assert len(seen) == 12
    assert {repeat for *_, repeat in seen} == {1}
    assert result.answered == 4


def test_the_cache_answers_what_was_paid_for_and_keeps_no_failures(tmp_path: Path) -> None:
    made = benchmark(tmp_path / "b")
    first = Scripted(lambda request, _: _fail_odd(request))
    run(first, made, out=tmp_path / "one", **QUICK, cache=tmp_path / "cache.sqlite")
    second = Scripted(answers("three"))
    result = run(second, made, out=tmp_path / "two", **QUICK, cache=tmp_path / "cache.sqlite", repeats=2)
    # The six failures of the first sample, and the second sample of all: another sample is another key.
    assert len(second.requested) == 6 + 12
    assert result.counts.cached == 6
    other = Scripted(answers(), name="test/other")
    run(other, made, out=tmp_path / "three", **QUICK, cache=tmp_path / "cache.sqlite")
    assert len(other.requested) == 12


def test_a_deadline_ends_the_session_not_the_run(tmp_path: Path) -> None:
    made = benchmark(tmp_path / "b", 200)
    limits: Any = {"concurrency": 2, "deadline": 0.5}
    slow = Scripted(answers(), delay_s=0.02)
    result = run(slow, made, out=tmp_path / "run", **limits)
    assert result.counts.stopped == "the deadline has passed"
    assert result.answered == len(slow.requested) < 200
    rest = Scripted(answers())
    assert run(rest, made, out=tmp_path / "run", **QUICK).answered == 200
    assert set(rest.requested).isdisjoint(slow.requested)


def test_facts_of_a_model_are_part_of_the_run(tmp_path: Path) -> None:
    class Local(Scripted):
        commit: str = "a1"

        @property
        def in_flight(self) -> int:
            return 3

        async def prepare(self) -> ModelFacts:
            assert not self.requested
            return ModelFacts({"weights": self.commit, "dtype": "bfloat16"}, {"device": "H200"})

    made = benchmark(tmp_path / "b")
    model = Local(answers(), delay_s=0.01)
    result = run(model, made, out=tmp_path / "run")
    assert model.most_at_once == 3
    assert "|settings:dtype=bfloat16,weights=a1|" in result.signature.long
    assert result.manifest.sessions[-1].environment == {"device": "H200"}
    with raises("another-run"):
        run(Local(answers(), commit="b2"), made, out=tmp_path / "run")
