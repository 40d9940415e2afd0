"""Differences between two benchmarks."""

from __future__ import annotations

import msgspec
import pytest

from mmar.items import Benchmark, Item, load_benchmark
from mmar.items.diff import FieldChange, diff_benchmarks
from real_data import MMAR, SHARED, needs_real_data

ITEMS = tuple(
    Item(name, f"{name}.wav", "Which?", ("one", "two"), "one", "sound", "Signal Layer") for name in "abc"
)


def test_items_are_compared_by_id_and_field() -> None:
    first = Benchmark(ITEMS, "first")
    changed = msgspec.structs.replace(ITEMS[1], answer="two", url="u")
    second = Benchmark((changed, msgspec.structs.replace(ITEMS[0], id="d"), ITEMS[2]), "second")
    results = diff_benchmarks(first, second)
    assert (results.added, results.removed) == (("d",), ("a",))
    assert results.changes == (FieldChange("b", "answer", "one", "two"), FieldChange("b", "url", None, "u"))
    assert results.by_field == {"answer": 1, "url": 1}
    assert [change.field for change in results.scored_changes] == ["answer"]
    assert not results.same_score


def test_spelling_and_order_make_no_difference() -> None:
    first = Benchmark(ITEMS, "first")
    other = [Item.from_record({**item.to_record(), "task": item.modality}) for item in reversed(ITEMS)]
    assert diff_benchmarks(first, Benchmark(tuple(other), "second")).same_score


@needs_real_data
def test_the_editions_of_mmar_differ_in_known_items() -> None:
    old = load_benchmark(SHARED / "mmar" / "MMAR-meta-2025-05.json")
    results = diff_benchmarks(old, load_benchmark(MMAR))
    assert not results.added
    assert not results.removed
    assert (results.by_field["answer"], results.by_field["choices"]) == (5, 1)
    assert len(results.scored_changes) == 6


@needs_real_data
def test_describe_against_explains_a_difference_in_scores(command, tmp_path) -> None:  # type: ignore[no-untyped-def]
    old = SHARED / "mmar" / "MMAR-meta-2025-05.json"
    answers = tmp_path / "answers.jsonl"
    answers.write_text(
        "".join(
            f'{{"id": {msgspec.json.encode(item.id).decode()}, "answer_prediction": {msgspec.json.encode(item.answer).decode()}}}\n'
            for item in load_benchmark(old)
        )
    )
    result = command("diff", old, MMAR, "--runs", answers, "--json")
    assert result.status == 0
    run = msgspec.json.decode(result.out)["runs"][0]
    assert round(run["first"]["score"]["official"]["accuracy"], 1) == 100.0
    assert round(run["second"]["score"]["choice"]["accuracy"], 1) == 99.5
    assert len(run["changes"]) == 6
    assert (run["old_keys"]["n"], run["old_keys"]["old"], run["old_keys"]["p_value"]) == (5, 5, None)
    text = command("diff", old, MMAR, "--runs", answers).out
    assert "answer differs: 5 items" in text
    assert "official 99.5, choice 99.5" in text


@pytest.mark.parametrize("arguments", [("demo",), ("demo", "no-such-benchmark")])
def test_wrong_arguments_are_usage_errors(command, in_own_folder, arguments) -> None:  # type: ignore[no-untyped-def]
    assert command("diff", *arguments).status == 2
