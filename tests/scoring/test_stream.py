"""Scoring as a stream: any number of processes and blocks gives the same, and nothing leaves the denominator."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import mmar.scoring.stream as stream
from mmar.errors import InputError
from mmar.files.atomic import AtomicFile
from mmar.items import Benchmark, Item, benchmark_digest, blocks
from mmar.reports.records_file import RecordForm
from mmar.scoring.plan import Plan
from mmar.scoring.result import RowFile
from mmar.scoring.stream import read_predictions, score_against, score_whole

ITEMS = tuple(
    Item(
        f"id-{at}",
        f"./{at}.wav",
        "Which?",
        ("one", "two", "three"),
        ("one", "two", "three")[at % 3],
        ("sound", "music")[at % 2],
        "Signal Layer",
        ("Spatial Analysis", None)[at % 2],
    )
    for at in range(60)
)
BENCHMARK = Benchmark(ITEMS, "made-up")


def whole(item: Item, **fields: Any) -> dict[str, Any]:
    return item.to_record() | fields


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


def plan(path: Path, **options: Any) -> Plan:
    return Plan(path, "answer_prediction", **options)


SAID = ["one", "The answer is (B)", "It is not three", "", "I'm sorry, I can't hear it."]


def test_the_number_of_processes_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [
        whole(item, id=f"{item.id}/{copy}", answer_prediction=SAID[(at + copy) % 5])
        for copy in range(40)
        for at, item in enumerate(ITEMS)
    ]
    path = write(tmp_path / "p.jsonl", records)
    alone = score_whole(plan(path, keep="all"))
    monkeypatch.setattr(stream, "_PARALLEL_BYTES", 0)
    monkeypatch.setattr(stream, "team_size", lambda **_: 3)
    monkeypatch.setattr(stream, "blocks", lambda path: blocks(path, 2000))
    monkeypatch.setattr(stream, "_SPAN_BYTES", 5000)
    packed = path.with_suffix(".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    for form in (path, packed):
        together = score_whole(plan(form, keep="all"))
        assert together.tally == alone.tally
        assert together.digest == alone.digest
    assert alone.tally.n == 2400
    assert [row.id for row in alone.tally.rows] == [record["id"] for record in records]


def test_a_line_of_each_item_is_written_in_order_and_kept_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [
        whole(item, id=f"{item.id}/{copy}", answer_prediction=SAID[(at + copy) % 5])
        for copy in range(40)
        for at, item in enumerate(ITEMS)
    ]
    path = write(tmp_path / "p.jsonl", records)
    kept = score_whole(plan(path, keep="all")).tally.rows
    form = RecordForm(("id", "official", "choice", "reason", "prediction"), table=True)
    wanted = form.head() + form.lines_of(kept)
    monkeypatch.setattr(stream, "_PARALLEL_BYTES", 0)
    monkeypatch.setattr(stream, "_SPAN_BYTES", 5000)
    monkeypatch.setattr(stream, "blocks", lambda path: blocks(path, 2000))
    packed = path.with_suffix(".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    out = tmp_path / "items.csv"
    for file, workers in ((path, 1), (path, 3), (packed, 3)):
        monkeypatch.setattr(stream, "team_size", lambda workers=workers, **_: workers)
        with AtomicFile(out) as written:
            rows = RowFile(written, form.head(), form.lines_of)
            found = score_whole(plan(file, keep="differing", lines=rows.lines), rows)
        assert out.read_bytes() == wanted
        assert found.tally.rows == [row for row in kept if row.official != row.choice]
    # An id that stands twice is found when all was written: it is written anew, the first of each alone.
    path = write(tmp_path / "q.jsonl", [*records, records[0]])
    with AtomicFile(out) as written:
        rows = RowFile(written, form.head(), form.lines_of)
        assert len(score_whole(plan(path, lenient=True, lines=rows.lines), rows).errors) == 1
    assert out.read_bytes() == wanted
    with pytest.raises(InputError), AtomicFile(out) as written:
        rows = RowFile(written, form.head(), form.lines_of)
        score_whole(plan(path, lines=rows.lines), rows)
    assert out.read_bytes() == wanted
    assert sorted(one.name for one in tmp_path.iterdir()) == ["items.csv", "p.gz", "p.jsonl", "q.jsonl"]


def test_a_whole_file_has_its_benchmarks_digest(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [whole(item, answer_prediction="one") for item in reversed(ITEMS)])
    assert score_whole(plan(path)).digest == benchmark_digest(ITEMS)


def test_what_was_not_answered_stays_in_the_denominator(tmp_path: Path) -> None:
    records = [
        {"id": "id-0", "answer_prediction": "one"},
        {"id": "id-1", "answer_prediction": None},
        {"id": "id-2", "answer_prediction": "", "failure": {"kind": "timeout", "message": "none"}},
        {"id": "id-3"},
    ]
    path = write(tmp_path / "p.jsonl", records)
    found = score_against(BENCHMARK, read_predictions(plan(path)), plan(path))
    assert found.tally.states == {"choice": 1, "unresolved": 0, "refused": 0, "failed": 2, "missing": 57}
    official, choice = found.tally.totals()
    assert (official.correct, choice.correct, found.tally.n) == (1, 1, 60)
    assert choice.accuracy == pytest.approx(100 / 60)
    bounds = found.tally.bounds()["choice"]
    assert (bounds.low, bounds.high) == (pytest.approx(100 / 60), 100.0)


def test_groups_keep_the_published_order_and_add_up(tmp_path: Path) -> None:
    path = write(
        tmp_path / "p.jsonl", [whole(item, answer_prediction=item.answer) for item in reversed(ITEMS)]
    )
    groups = score_whole(plan(path)).tally.groups()
    assert list(groups["modality"]) == ["sound", "music"]
    assert {name: group.n for name, group in groups["modality"].items()} == {"sound": 30, "music": 30}
    assert {name: group.n for name, group in groups["sub-category"].items()} == {"Spatial Analysis": 30}
    assert groups["category"]["Signal Layer"].choice.accuracy == 100.0


def test_an_id_that_stands_twice(tmp_path: Path) -> None:
    records = [whole(ITEMS[at], answer_prediction="one") for at in (0, 1, 0)]
    path = write(tmp_path / "p.jsonl", records)
    with pytest.raises(InputError, match='"id-0" is the id of line 1 already') as caught:
        score_whole(plan(path))
    assert caught.value.line == 3
    found = score_whole(plan(path, lenient=True))
    assert found.tally.n == 2
    assert len(found.errors) == 1
    with pytest.raises(InputError, match="is the id of line 1 already"):
        score_against(BENCHMARK, read_predictions(plan(path)), plan(path))


def test_ids_and_questions_that_are_not_the_benchmarks(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [{"id": "stranger", "answer_prediction": "one"}])
    with pytest.raises(InputError, match="“stranger” is no item of the benchmark “made-up”"):
        score_against(BENCHMARK, read_predictions(plan(path)), plan(path))
    lenient = plan(path, lenient=True)
    assert len(score_against(BENCHMARK, read_predictions(lenient), lenient).errors) == 1
    changed = whole(ITEMS[0], choices=["one", "two", "four"], answer_prediction="one")
    path = write(tmp_path / "q.jsonl", [changed])
    with pytest.raises(InputError, match="differ from those of the benchmark"):
        score_against(BENCHMARK, read_predictions(plan(path)), plan(path))


@pytest.mark.parametrize("parallel", [False, True])
def test_the_first_bad_record_is_named_and_lenient_counts_it_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parallel: bool
) -> None:
    lines = [json.dumps(whole(item, answer_prediction=item.answer)) for item in ITEMS]
    lines[20] = '{"id": "id-20", broken'
    lines[40] = json.dumps(whole(ITEMS[40], answer_prediction=7))
    path = tmp_path / "p.jsonl"
    path.write_text("\n".join(lines))
    if parallel:
        monkeypatch.setattr(stream, "_PARALLEL_BYTES", 0)
        monkeypatch.setattr(stream, "team_size", lambda **_: 2)
        monkeypatch.setattr(stream, "_SPAN_BYTES", 1000)
    with pytest.raises(InputError, match="not valid JSON") as caught:
        score_whole(plan(path))
    assert caught.value.line == 21
    found = score_whole(plan(path, lenient=True))
    assert [error.line for error in found.errors] == [21, 41]
    assert (found.tally.n, found.tally.states["missing"]) == (60, 2)
    assert found.tally.totals()[1].correct == 58
