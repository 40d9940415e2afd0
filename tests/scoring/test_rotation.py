"""Rotations: a reading is mapped back to the published order, and a preferred position is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmar.api import load, run, score
from mmar.items import Benchmark, Item, write_benchmark
from mmar.models import Answer
from mmar.protocols import Request
from mmar.scoring import Score
from mmar.scoring.robustness import Rotations
from runs.made_up import Scripted


def benchmark(folder: Path, counts: tuple[int, ...] = (4,) * 12) -> Benchmark:
    """Items of so many choices each, the answer's position going round."""
    names = ("zero", "one", "two", "three", "four", "five")
    items = [
        Item(
            f"id-{index}",
            f"./{index}.wav",
            f"Which, {index}?",
            names[:count],
            names[index % count],
            "sound",
            "Signal Layer",
        )
        for index, count in enumerate(counts)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    write_benchmark(items, folder / "made-up-meta.jsonl")
    return load(folder / "made-up-meta.jsonl")


def always(slot: int) -> Scripted:
    return Scripted(lambda request, _: Answer(request.item_id, request.choices[slot], ""))


def knowing(known: Benchmark) -> Scripted:
    return Scripted(lambda request, _: Answer(request.item_id, known[request.item_id].answer, ""))


def rotations_of(result: Score) -> Rotations:
    assert result.rotations is not None
    return result.rotations


def test_a_model_that_takes_the_first_choice_is_right_by_chance(tmp_path: Path) -> None:
    known = benchmark(tmp_path, (2, 4, 4, 3, 5, 4))
    run(always(0), known, out=tmp_path / "run", rotations=0)
    result = rotations_of(score(tmp_path / "run", known))
    # Each choice stands first once, so an item of n choices is right once in n, and never twice alike.
    assert result.mean == pytest.approx(100 * (1 / 2 + 3 / 4 + 1 / 3 + 1 / 5) / 6)
    assert result.mean == pytest.approx(result.chance)
    assert (result.all_right, result.any_right, result.agreement, result.unanimous) == (0, 100, 0, 0)
    assert (result.n, result.questions, result.unanswered) == (6, 22, 0)
    first, *others = result.slots
    assert (first.slot, first.named, first.accuracy) == (1, 100, 100)
    assert [(slot.named, slot.accuracy) for slot in others] == [(0, 0)] * 4
    # Under all rotations the key stands in slot k of every item that has one.
    assert [slot.key for slot in result.slots] == pytest.approx([100 * n / 22 for n in (6, 6, 5, 4, 1)])
    assert result.distance == pytest.approx(100 - 100 * 6 / 22)


def test_a_model_that_knows_is_right_wherever_the_answer_stands(tmp_path: Path) -> None:
    known = benchmark(tmp_path)
    run(knowing(known), known, out=tmp_path / "run", rotations=3)
    result = rotations_of(score(tmp_path / "run", known))
    assert (result.mean, result.all_right, result.agreement, result.unanimous) == (100, 100, 100, 100)
    assert (result.n, result.questions, result.distance) == (12, 36, 0)
    assert result.mean_interval[1] == 100
    assert result.mean_interval[0] < 90  # twelve items, whatever the number of questions


@pytest.mark.parametrize("form", ["text", "letter"])
def test_readings_are_mapped_back(tmp_path: Path, form: str) -> None:
    """The model takes the published choice 1 wherever it stands, by its text or by the letter shown."""

    def say(request: Request, _: int) -> Answer:
        index = request.choices.index("one")
        return Answer(request.item_id, "one" if form == "text" else "ABCD"[index], "")

    known = benchmark(tmp_path)
    run(Scripted(say), known, out=tmp_path / "run", rotations=0)
    result = rotations_of(score(tmp_path / "run", known))
    # "one" is the answer of every fourth item.
    assert (result.mean, result.all_right, result.agreement) == (25, 25, 100)
    assert [slot.named for slot in result.slots] == [25] * 4


def test_answers_without_a_choice_do_not_agree_and_failures_are_wrong(tmp_path: Path) -> None:
    known = benchmark(tmp_path, (2, 2))

    def say(request: Request, _: int) -> Answer:
        if request.item_id == "id-1" and request.rotation:
            return Answer.failed(request.item_id, "timeout", "none in time")
        return Answer(request.item_id, "hmm" if request.rotation else "zero", "")

    run(Scripted(say), known, out=tmp_path / "run", rotations=0)
    result = rotations_of(score(tmp_path / "run", known))
    assert (result.mean, result.all_right, result.any_right, result.agreement) == (25, 0, 50, 0)
    assert (result.questions, result.unanswered, result.unnamed) == (4, 1, 1)


def test_planned_questions_count_even_where_they_were_never_asked(tmp_path: Path) -> None:
    known = benchmark(tmp_path)
    run(knowing(known), known, out=tmp_path / "run")
    run(knowing(known), known, out=tmp_path / "run", rotations=0, limit=5)
    ledger = tmp_path / "run" / "answers.jsonl"
    remaining = [line for line in ledger.read_text().splitlines() if '"rotation":3' not in line]
    ledger.write_text("\n".join(remaining) + "\n")
    result = score(tmp_path / "run", known)
    assert result.choice.accuracy == 100  # of all twelve, as published
    rotations = rotations_of(result)
    assert (rotations.n, rotations.questions, rotations.unanswered) == (5, 20, 5)
    assert (rotations.mean, rotations.all_right) == (75, 0)


def test_a_run_without_answers_has_no_slots(tmp_path: Path) -> None:
    known = benchmark(tmp_path)
    silent = Scripted(lambda request, _: Answer.failed(request.item_id, "server", "down"))
    run(silent, known, out=tmp_path / "run", rotations=2)
    result = rotations_of(score(tmp_path / "run", known))
    assert (result.mean, result.all_right, result.agreement, result.unanswered) == (0, 0, 0, 24)
    assert (result.slots, result.distance) == ((), None)


def test_a_plain_run_has_no_rotations(tmp_path: Path) -> None:
    known = benchmark(tmp_path)
    run(always(0), known, out=tmp_path / "run")
    result = score(tmp_path / "run", known)
    assert result.rotations is None
    assert "rotations" not in result.to_dict()


def test_rotations_in_the_table_and_in_json(tmp_path: Path) -> None:
    from mmar.reports.score_table import score_table

    known = benchmark(tmp_path)
    run(always(0), known, out=tmp_path / "run", rotations=0)
    result = score(tmp_path / "run", known)
    text = " ".join(score_table(result).split())
    assert "rotations 12 of 12 items under 48 orders" in text
    assert "all right 0.0 [0.0, 24.2]" in text  # Wilson's interval of 0 of 12
    assert "1 100.0 25.0 100.0" in text
    written = result.to_dict()["rotations"]
    assert written["all_right"] == 0
    assert [slot["named"] for slot in written["slots"]] == [100, 0, 0, 0]
