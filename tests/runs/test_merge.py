"""Shards and merging: the union of any shards is the whole, and only parts of one run are merged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import Scripted, answers, benchmark

from expect import raises
from mmar.api import run, score
from mmar.models import Answer, RequestFailed
from mmar.protocols import Request
from mmar.runs.ledger import Ledger
from mmar.runs.merge import merge_runs
from mmar.runs.requests import selected_items, shard_of
from mmar.runs.spec import RunSpec

QUICK: Any = {"concurrency": 4, "max_attempts": 1, "backoff": 0.001}


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]


@given(st.text(min_size=1), st.integers(1, 50))
@settings(max_examples=100, deadline=None)
def test_every_item_is_in_exactly_one_shard(item_id: str, count: int) -> None:
    item_id = item_id.encode("utf-8", "replace").decode()
    assert sum(shard_of(item_id, count) == index for index in range(count)) == 1


@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_the_union_of_all_shards_is_the_whole(tmp_path: Path, count: int) -> None:
    made = benchmark(tmp_path / "b", 30)
    folders = []
    for index in range(count):
        spec = RunSpec.create(Scripted(answers()), made, shard=f"{index}/{count}")
        folders.append(tmp_path / f"shard-{index}")
        result = run(Scripted(answers()), made, out=folders[-1], shard=f"{index}/{count}", **QUICK)
        assert result.requested == len(list(selected_items(spec)))
        assert result.complete
    merged = merge_runs(tmp_path / "all", folders, made)
    whole = run(Scripted(answers()), made, out=tmp_path / "whole", **QUICK)
    assert (merged.answered, merged.requested, merged.lines, merged.failures) == (30, 30, 30, 0)
    assert merged.manifest.parts == whole.manifest.parts
    one, other = score(tmp_path / "all", made), score(tmp_path / "whole", made)
    assert (one.choice, one.signature) == (other.choice, other.signature)
    assert (tmp_path / "all" / "predictions.jsonl").read_bytes() == (
        tmp_path / "whole" / "predictions.jsonl"
    ).read_bytes()
    # It is a run like any other: nothing is left to ask.
    assert run(Scripted(answers()), made, out=tmp_path / "all", **QUICK).requested == 0


def test_merging_again_adds_what_is_new_and_changes_nothing_else(tmp_path: Path) -> None:
    made = benchmark(tmp_path / "b", 30)

    def say(request: Request, _: int) -> Answer:
        if request.item_id == "id-7":
            raise RequestFailed("refused", "no")
        return Answer(request.item_id, "two", "")

    one, two, out = tmp_path / "one", tmp_path / "two", tmp_path / "all"
    run(Scripted(say), made, out=one, shard="0/2", **QUICK)
    first = merge_runs(out, [one], made)
    before = (out / "answers.jsonl").read_bytes()
    assert merge_runs(out, [one], made) == first
    assert (out / "answers.jsonl").read_bytes() == before
    run(Scripted(say), made, out=two, shard="1/2", **QUICK)
    both = merge_runs(out, [one, two], made)
    assert (both.answered, both.failures, len(both.manifest.sessions)) == (29, 1, 2)
    assert (out / "answers.jsonl").read_bytes().startswith(before)
    # A failure that is asked again in its shard is answered in the merge.
    run(Scripted(answers()), made, out=one, shard="0/2", **QUICK)
    run(Scripted(answers()), made, out=two, shard="1/2", **QUICK)
    assert merge_runs(out, [one, two], made).answered == 30


def test_only_parts_of_one_run_are_merged(tmp_path: Path) -> None:
    made = benchmark(tmp_path / "b")
    run(Scripted(answers()), made, out=tmp_path / "one", shard="0/2", **QUICK)
    run(Scripted(answers(), name="test/other"), made, out=tmp_path / "model", shard="1/2", **QUICK)
    run(Scripted(answers()), made, out=tmp_path / "seed", shard="1/2", seed=3, **QUICK)
    for name in ("model", "seed"):
        with raises("another-run"):
            merge_runs(tmp_path / "all", [tmp_path / "one", tmp_path / name], made)
    with raises("not-a-run"):
        merge_runs(tmp_path / "all", [tmp_path / "b"], made)
    with raises("not-a-run", argument="out"):
        merge_runs(tmp_path / "b", [tmp_path / "one"], made)
    with raises("other-benchmark"):
        merge_runs(tmp_path / "all", [tmp_path / "one"], benchmark(tmp_path / "c", 5))
    with Ledger(tmp_path / "one" / "answers.jsonl"), raises("run-locked"):
        merge_runs(tmp_path / "all", [tmp_path / "one"], made)
    assert not (tmp_path / "all" / "answers.jsonl").exists()


def test_a_torn_line_is_left_out(tmp_path: Path) -> None:
    made = benchmark(tmp_path / "b")
    run(Scripted(answers()), made, out=tmp_path / "one", **QUICK)
    with (tmp_path / "one" / "answers.jsonl").open("ab") as stream:
        stream.write(b'{"id": "id-3", "answer_pre')
    assert merge_runs(tmp_path / "all", [tmp_path / "one"], made).lines == 12
    assert len(lines_of(tmp_path / "all")) == 12


@pytest.mark.parametrize("shard", ["8/8", "-1/2", "1", "a/b", "1/0", 3, (0, 2)])
def test_a_shard_that_is_none_is_refused(tmp_path: Path, shard: Any) -> None:
    with raises("invalid-value", argument="shard"):
        RunSpec.create(Scripted(answers()), benchmark(tmp_path / "b"), shard=shard)
