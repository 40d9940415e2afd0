"""Rotations: a reading is mapped back to the published order, and a favourite place comes to light."""

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
    """Items of so many choices each, the answer's place going round."""
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


def rotations_of(found: Score) -> Rotations:
    assert found.rotations is not None
    return found.rotations


def test_a_model_that_takes_the_first_choice_is_exposed(tmp_path: Path) -> None:
    known = benchmark(tmp_path, (2, 4, 4, 3, 5, 4))
    run(always(0), known, out=tmp_path / "run", rotations=0)
    found = rotations_of(score(tmp_path / "run", known))
    # Each choice stands first once, so an item of n choices is right once in n, and never twice alike.
    assert found.mean == pytest.approx(100 * (1 / 2 + 3 / 4 + 1 / 3 + 1 / 5) / 6)
    assert found.mean == pytest.approx(found.chance)
    assert (found.all_right, found.any_right, found.agreement, found.unanimous) == (0, 100, 0, 0)
    assert (found.n, found.questions, found.unanswered) == (6, 22, 0)
    first, *others = found.slots
    assert (first.slot, first.named, first.accuracy) == (1, 100, 100)
    assert [(slot.named, slot.accuracy) for slot in others] == [(0, 0)] * 4
    # Under all rotations the key stands in slot k of every item that has one.
    assert [slot.key for slot in found.slots] == pytest.approx([100 * n / 22 for n in (6, 6, 5, 4, 1)])
    assert found.distance == pytest.approx(100 - 100 * 6 / 22)


def test_a_model_that_knows_is_right_wherever_the_answer_stands(tmp_path: Path) -> None:
    known = benchmark(tmp_path)
    run(knowing(known), known, out=tmp_path / "run", rotations=3)
    found = rotations_of(score(tmp_path / "run", known))
    assert (found.mean, found.all_right, found.agreement, found.unanimous) == (100, 100, 100, 100)
    assert (found.n, found.questions, found.distance) == (12, 36, 0)
    assert found.mean_interval[1] == 100
    assert found.mean_interval[0] < 90  # twelve items, whatever the number of questions


@pytest.mark.parametrize("said", ["text", "letter"])
def test_readings_are_mapped_back(tmp_path: Path, said: str) -> None:
    """The model takes the published choice 1 wherever it stands, by its text or by the letter shown."""

    def say(request: Request, _: int) -> Answer:
        index = request.choices.index("one")
        return Answer(request.item_id, "one" if said == "text" else "ABCD"[index], "")

    known = benchmark(tmp_path)
    run(Scripted(say), known, out=tmp_path / "run", rotations=0)
    found = rotations_of(score(tmp_path / "run", known))
    # “one” is the answer of every fourth item.
    assert (found.mean, found.all_right, found.agreement) == (25, 25, 100)
    assert [slot.named for slot in found.slots] == [25] * 4


def test_what_names_no_choice_agrees_with_nothing_and_what_fails_is_wrong(tmp_path: Path) -> None:
    known = benchmark(tmp_path, (2, 2))

    def say(request: Request, _: int) -> Answer:
        if request.item_id == "id-1" and request.rotation:
            return Answer.failed(request.item_id, "timeout", "none in time")
        return Answer(request.item_id, "hmm" if request.rotation else "zero", "")

    run(Scripted(say), known, out=tmp_path / "run", rotations=0)
    found = rotations_of(score(tmp_path / "run", known))
    assert (found.mean, found.all_right, found.any_right, found.agreement) == (25, 0, 50, 0)
    assert (found.questions, found.unanswered, found.unnamed) == (4, 1, 1)


def test_questions_that_were_not_reached_count_and_other_items_do_not(tmp_path: Path) -> None:
    known = benchmark(tmp_path)
    run(knowing(known), known, out=tmp_path / "run")
    run(knowing(known), known, out=tmp_path / "run", rotations=0, limit=5)
    ledger = tmp_path / "run" / "answers.jsonl"
    kept = [line for line in ledger.read_text().splitlines() if '"rotation":3' not in line]
    ledger.write_text("\n".join(kept) + "\n")
    found = score(tmp_path / "run", known)
    assert found.choice.accuracy == 100  # of all twelve, as published
    turned = rotations_of(found)
    assert (turned.n, turned.questions, turned.unanswered) == (5, 20, 5)
    assert (turned.mean, turned.all_right) == (75, 0)


def test_nothing_answered_is_said_and_not_made_up(tmp_path: Path) -> None:
    known = benchmark(tmp_path)
    silent = Scripted(lambda request, _: Answer.failed(request.item_id, "server", "down"))
    run(silent, known, out=tmp_path / "run", rotations=2)
    found = rotations_of(score(tmp_path / "run", known))
    assert (found.mean, found.all_right, found.agreement, found.unanswered) == (0, 0, 0, 24)
    assert (found.slots, found.distance) == ((), None)


def test_a_plain_run_has_no_rotations(tmp_path: Path) -> None:
    known = benchmark(tmp_path)
    run(always(0), known, out=tmp_path / "run")
    found = score(tmp_path / "run", known)
    assert found.rotations is None
    assert "rotations" not in found.to_dict()


def test_the_table_and_the_json_say_it(tmp_path: Path) -> None:
    from mmar.reports.score_table import score_table

    known = benchmark(tmp_path)
    run(always(0), known, out=tmp_path / "run", rotations=0)
    found = score(tmp_path / "run", known)
    shown = " ".join(score_table(found).split())
    assert "rotations 12 of 12 items under 48 orders" in shown
    assert "all right 0.0 [0.0, 24.2]" in shown  # Wilson's interval of 0 of 12
    assert "1 100.0 25.0 100.0" in shown
    written = found.to_dict()["rotations"]
    assert written["all_right"] == 0
    assert [slot["named"] for slot in written["slots"]] == [100, 0, 0, 0]
