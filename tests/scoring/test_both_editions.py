"""Runs on two editions, and answers with keys that the later one corrected."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

import mmar
from expect import raises
from mmar.items import Benchmark, Item, write_benchmark
from mmar.scoring.both_editions import score_on_both
from mmar.scoring.editions import changed_keys

CHOICES = ("one", "two", "three", "four")
FIRST = Benchmark(
    tuple(
        Item(f"i{index}", f"{index}.wav", f"Which, of {index}?", CHOICES, "one", "sound", "Signal Layer")
        for index in range(6)
    ),
    "first",
)
# The keys of two are corrected, the key of a third with its choices, the question of a fourth.
SECOND = Benchmark(
    (
        msgspec.structs.replace(FIRST[0], answer="two"),
        msgspec.structs.replace(FIRST[1], answer="three"),
        msgspec.structs.replace(FIRST[2], answer="five", choices=("one", "two", "three", "five")),
        msgspec.structs.replace(FIRST[3], question="Another?"),
        *FIRST[4:],
    ),
    "second",
)


def whole_records(path: Path, benchmark: Benchmark, answers: list[str | None]) -> Path:
    records = [
        {**item.to_record(), "answer_prediction": answer}
        for item, answer in zip(benchmark, answers, strict=True)
    ]
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


def test_only_keys_of_the_same_question_and_choices_count() -> None:
    changed = changed_keys(FIRST, SECOND)
    assert {name: (key.old, key.new) for name, key in changed.items()} == {
        "i0": ("one", "two"),
        "i1": ("one", "three"),
    }


def test_answers_with_old_keys_against_chance(tmp_path: Path) -> None:
    answers = whole_records(tmp_path / "a.jsonl", FIRST, ["one", "B", "one", "one", "one", None])
    result = score_on_both(answers, FIRST, SECOND, changed_keys(FIRST, SECOND))
    assert (result.first.asked, result.first.left_out) == (6, 0)
    assert (result.second.asked, result.second.left_out) == (4, 2)
    assert result.first.score.choice.correct == 4
    assert result.second.score.choice.correct == 1
    assert [change.id for change in result.changes] == ["i0"]
    keys = result.old_keys
    assert keys is not None
    assert (keys.n, keys.old, keys.new, keys.wrong, keys.ids) == (2, 1, 0, 2, ("i0",))
    assert keys.chance == pytest.approx(25)
    assert keys.chance_of_wrong == pytest.approx(100 / 3)
    assert keys.p_value == pytest.approx(1 - (2 / 3) ** 2)
    assert keys.interval.low < 50 < keys.interval.high


def test_an_old_key_that_is_no_choice_counts_word_for_word(tmp_path: Path) -> None:
    old = Benchmark((msgspec.structs.replace(FIRST[0], answer="One and two"), *FIRST[1:]), "old")
    answers = whole_records(tmp_path / "a.jsonl", FIRST, ["one and  two.", *["one"] * 5])
    result = score_on_both(answers, old, FIRST, changed_keys(old, FIRST))
    assert result.old_keys is not None
    assert (result.old_keys.old, result.old_keys.chance, result.old_keys.p_value) == (1, 0.0, None)


def test_a_run_is_compared_with_another_edition(tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    write_benchmark(FIRST, first)
    write_benchmark(SECOND, second)
    out = tmp_path / "run"
    mmar.run("baseline/longest", first, out=out)
    one, other = mmar.load(first), mmar.load(second)
    result = score_on_both(out, one, other, changed_keys(one, other))
    assert (result.first.asked, result.second.asked, result.second.left_out) == (6, 4, 2)
    with raises("other-benchmark"):
        score_on_both(out, other, other, {})


def test_both_editions_on_the_command_line(command, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    write_benchmark(FIRST, first)
    write_benchmark(SECOND, second)
    answers = whole_records(tmp_path / "a.jsonl", FIRST, ["one", "two", "one", "one", "one", "one"])
    result = command("diff", first, second, "--runs", answers)
    assert result.status == 0
    assert "i0: right on A, wrong on B (answer changed)" in result.out
    assert "Old keys" in result.out
    listed = json.loads(command("diff", first, second, "--runs", answers, "--runs", answers, "--json").out)
    assert [run["old_keys"]["old"] for run in listed["runs"]] == [1, 1]
