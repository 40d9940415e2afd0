"""Scoring as a stream: any number of processes and blocks gives the same, and nothing leaves the denominator."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import mmar.scoring.stream as stream
from expect import raises
from mmar.errors import InputError
from mmar.items import Benchmark, Item, benchmark_digest
from mmar.scoring.inputs import Task
from mmar.scoring.result import ItemScore
from mmar.scoring.stream import FileCounts, read_predictions, score_own_questions, score_with_benchmark
from mmar.stats.interval import wilson

ITEMS = tuple(
    Item(
        f"id-{index}",
        f"./{index}.wav",
        "Which?",
        ("one", "two", "three"),
        ("one", "two", "three")[index % 3],
        ("sound", "music")[index % 2],
        "Signal Layer",
        ("Spatial Analysis", None)[index % 2],
    )
    for index in range(60)
)
BENCHMARK = Benchmark(ITEMS, "made-up")


def whole(item: Item, **fields: Any) -> dict[str, Any]:
    return item.to_record() | fields


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


def score(path: Path, **options: Any) -> FileCounts:
    return score_own_questions(Task(path, **({"keep": "none"} | options)), "answer_prediction")


def score_joined(path: Path, **options: Any) -> FileCounts:
    task = Task(path, BENCHMARK, **options)
    return score_with_benchmark(BENCHMARK, read_predictions(task, "answer_prediction"), task)


def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Share even small files among three processes."""
    monkeypatch.setattr(stream, "_PARALLEL_BYTES", 0)
    monkeypatch.setattr(stream, "_worker_count", lambda: 3)
    monkeypatch.setattr(stream, "_BATCH", 100)


TEXTS = ["one", "The answer is (B)", "It is not three", "", "I'm sorry, I can't hear it."]


def test_the_number_of_processes_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [
        whole(item, id=f"{item.id}/{copy}", answer_prediction=TEXTS[(index + copy) % 5])
        for copy in range(40)
        for index, item in enumerate(ITEMS)
    ]
    path = write(tmp_path / "p.jsonl", records)
    alone = score(path, keep="all")
    shared(monkeypatch)
    packed = path.with_suffix(".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    for form in (path, packed):
        together = score(form, keep="all")
        assert together.tally == alone.tally
        assert together.digest == alone.digest
    assert alone.tally.n == 2400
    assert [row.id for row in alone.tally.rows] == [record["id"] for record in records]


def test_on_item_is_called_in_order_and_restarts_at_a_repeated_id(
    tmp_path: Path,
) -> None:
    records = [
        whole(item, id=f"{item.id}/{copy}", answer_prediction=TEXTS[(index + copy) % 5])
        for copy in range(3)
        for index, item in enumerate(ITEMS)
    ]
    path = write(tmp_path / "p.jsonl", records)
    rows: list[ItemScore] = []
    all_rows = score(path, keep="all", on_item=rows.append).tally.rows
    assert rows == all_rows
    rows.clear()
    differing = score(path, keep="differing", on_item=rows.append)
    assert rows == all_rows
    assert differing.tally.rows == [row for row in all_rows if row.official != row.choice]
    # An id that repeats is found when all was handed on: it starts over, the first of each alone.
    rows.clear()
    path = write(tmp_path / "q.jsonl", [*records, records[0]])
    assert len(score(path, lenient=True, on_item=rows.append, restart=rows.clear).errors) == 1
    assert rows == all_rows


def test_a_whole_file_has_its_benchmarks_digest(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [whole(item, answer_prediction="one") for item in reversed(ITEMS)])
    assert score(path).digest == benchmark_digest(ITEMS)


def test_unanswered_items_stay_in_the_denominator(tmp_path: Path) -> None:
    records = [
        {"id": "id-0", "answer_prediction": "one"},
        {"id": "id-1", "answer_prediction": None},
        {"id": "id-2", "answer_prediction": "", "failure": {"kind": "timeout", "message": "none"}},
        {"id": "id-3"},
    ]
    path = write(tmp_path / "p.jsonl", records)
    result = score_joined(path)
    assert result.tally.states == {"choice": 1, "unresolved": 0, "refused": 0, "failed": 2, "missing": 57}
    total = result.tally.total()
    assert (total.official.correct, total.choice.correct, total.n) == (1, 1, 60)
    assert total.choice.accuracy == pytest.approx(100 / 60)
    assert total.choice.interval is None
    assert total.asked is not None
    assert (total.asked.n, total.asked.choice.correct) == (3, 1)
    assert total.asked.choice.interval == wilson(1, 3)
    bounds = result.tally.bounds()["choice"]
    assert (bounds.low, bounds.high) == (pytest.approx(100 / 60), 100.0)


def test_groups_keep_the_published_order_and_add_up(tmp_path: Path) -> None:
    path = write(
        tmp_path / "p.jsonl", [whole(item, answer_prediction=item.answer) for item in reversed(ITEMS)]
    )
    groups = score(path).tally.groups()
    assert list(groups["modality"]) == ["sound", "music"]
    assert {name: group.n for name, group in groups["modality"].items()} == {"sound": 30, "music": 30}
    assert {name: group.n for name, group in groups["sub-category"].items()} == {"Spatial Analysis": 30}
    assert groups["category"]["Signal Layer"].choice.accuracy == 100.0


def test_an_id_that_stands_twice(tmp_path: Path) -> None:
    records = [whole(ITEMS[index], answer_prediction="one") for index in (0, 1, 0)]
    path = write(tmp_path / "p.jsonl", records)
    with raises("duplicate-id", line=3):
        score(path)
    result = score(path, lenient=True)
    assert result.tally.n == 2
    assert len(result.errors) == 1
    with raises("duplicate-id"):
        score_joined(path)


def test_ids_and_questions_that_are_not_the_benchmarks(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [{"id": "stranger", "answer_prediction": "one"}])
    with raises("unknown-id", field="id"):
        score_joined(path)
    assert len(score_joined(path, lenient=True).errors) == 1
    changed = whole(ITEMS[0], choices=["one", "two", "four"], answer_prediction="one")
    path = write(tmp_path / "q.jsonl", [changed])
    with raises("other-question", field="choices"):
        score_joined(path)


@pytest.mark.parametrize("parallel", [False, True])
def test_the_first_bad_record_is_named_and_lenient_counts_it_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parallel: bool
) -> None:
    lines = [json.dumps(whole(item, answer_prediction=item.answer)) for item in ITEMS]
    lines[20] = '{"id": "id-20", broken'
    lines[40] = json.dumps(whole(ITEMS[40], answer_prediction=[7]))
    path = tmp_path / "p.jsonl"
    path.write_text("\n".join(lines))
    if parallel:
        shared(monkeypatch)
    with pytest.raises(InputError) as caught:
        score(path)
    assert caught.value.line == 21
    result = score(path, lenient=True)
    assert [error.line for error in result.errors] == [21, 41]
    assert (result.tally.n, result.tally.states["missing"]) == (60, 2)
    assert result.tally.total().choice.correct == 58
