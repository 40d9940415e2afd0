"""Verdicts of comparisons: repeats, failures, margins, few videos, swapped and unfinished runs."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from expect import raises
from mmar import api
from mmar.models import Answer
from mmar.protocols import Request
from mmar.scoring.compare import compare
from runs.made_up import Scripted
from scoring.several import answers_file, answers_run, compared, questions, side_by_side

DRAW = np.random.default_rng(2505)
VIDEOS = [f"v{index}" for index in DRAW.integers(0, 40, 90)]
FIRST, SECOND = ((DRAW.random(90) < share).tolist() for share in (0.7, 0.5))


def test_all_repeats_count_and_stand_in_the_signature(tmp_path: Path) -> None:
    known = questions(tmp_path, [None] * 40)

    def repeated(name: str, share: float, repeats: int) -> Path:
        """Right on so many of the repeats of every item."""

        def say(request: Request, _: int) -> Answer:
            return Answer(request.item_id, "yes" if request.repeat < share * repeats else "no", "")

        api.run(Scripted(say), known, out=tmp_path / name, repeats=repeats)
        return tmp_path / name

    one, two = repeated("one", 0.75, 4), repeated("two", 0.25, 4)
    result = compare(side_by_side(known, one, two))
    assert [each.accuracy for each in result.runs] == pytest.approx([75, 25])
    assert result.pairs[0].all.difference == pytest.approx(50)
    assert result.pairs[0].all.verdict == "first"
    assert all(each.repeats == 4 and "|repeats:4|" in each.signature for each in result.runs)
    noise = result.pairs[0].noise
    assert noise is not None
    # Within an item 0.75 · 0.25 / 3 for each run; all items alike, so nothing is left for them.
    assert noise.prediction == pytest.approx(100 * math.sqrt(2 * 0.75 * 0.25 / 3 / 40))
    assert noise.data == 0
    for each in result.runs:
        low, high = each.interval
        assert high - low > 10
    single = answers_file(tmp_path / "p.jsonl", [True] * 40)
    mixed = compare(side_by_side(known, one, single))
    assert mixed.pairs[0].noise is None
    assert ("repeats", ("4", "?")) in [(part.part, part.values) for part in mixed.differing]


def test_failures_do_not_make_a_difference(tmp_path: Path) -> None:
    """Equal models, one of which failed on 20 of 200 items: it cannot be told which is better."""
    known = questions(tmp_path, [None] * 200)
    right = [index % 4 != 0 for index in range(200)]
    whole = answers_run(tmp_path / "whole", known, right)
    failed = answers_run(
        tmp_path / "failed", known, [None if 80 <= index < 100 else hit for index, hit in enumerate(right)]
    )
    result = compare(side_by_side(known, whole, failed))
    pair = result.pairs[0]
    assert pair.all.p < 0.05
    assert pair.all.verdict == "cannot be told"
    assert pair.summary.startswith(
        "it cannot be told which is better: that depends on items without an answer"
    )
    assert [run.tied_with for run in result.runs] == [("B",), ("A",)]


def test_a_margin_tells_equal_runs_equivalent(tmp_path: Path) -> None:
    known = questions(tmp_path, [None] * 400)
    right = [index % 4 != 0 for index in range(400)]
    other = [not hit if index in (7, 8) else hit for index, hit in enumerate(right)]
    paths = [answers_file(tmp_path / f"{index}.jsonl", hits) for index, hits in enumerate((right, other))]
    near, nearer = (
        compare(side_by_side(known, *paths), margin=margin).pairs[0].equivalence for margin in (2, 0.1)
    )
    assert near is not None
    assert nearer is not None
    assert (near.equivalent, nearer.equivalent) == (True, False)
    with raises("bad-margin"):
        compare(side_by_side(known, *paths), margin=0)


def test_nine_videos_decide_nothing(tmp_path: Path) -> None:
    videos = [f"v{index % 9}" for index in range(90)]
    result = compared(tmp_path, [True] * 90, [False] * 90, videos=videos).pairs[0]
    assert result.all.verdict == "cannot be told"
    assert "fewer than 10 source videos" in result.summary


def test_swapping_the_runs_changes_the_sign_alone(tmp_path: Path) -> None:
    forward = compared(tmp_path / "forward", FIRST, SECOND, videos=VIDEOS).pairs[0]
    backward = compared(tmp_path / "backward", SECOND, FIRST, videos=VIDEOS).pairs[0]
    mirrored = {"first": "second", "second": "first"}
    groups = [(forward.all, backward.all)]
    groups += [
        (forward.groups[d][name], backward.groups[d][name])
        for d in forward.groups
        for name in forward.groups[d]
    ]
    for one, two in groups:
        assert one.difference == -two.difference
        assert one.interval == pytest.approx((-two.interval.high, -two.interval.low))
        assert (one.p, one.p_adjusted) == (two.p, two.p_adjusted)
        assert one.verdict == mirrored.get(two.verdict, two.verdict)
    assert forward.minimum_detectable == backward.minimum_detectable


def test_an_unfinished_run_is_noted_and_monitored(tmp_path: Path) -> None:
    known = questions(tmp_path, [None] * 40)
    one, two = (
        answers_run(tmp_path / name, known, hits)
        for name, hits in (("one", [True] * 40), ("two", [False] * 40))
    )
    assert compare(side_by_side(known, one, two)).pairs[0].monitored is None
    record = json.loads((two / "manifest.json").read_text())
    record["sessions"][-1]["ended"] = None
    (two / "manifest.json").write_text(json.dumps(record))
    result = compare(side_by_side(known, one, two))
    assert any("B is not finished" in note for note in result.notes)
    assert result.pairs[0].monitored is not None
    assert result.pairs[0].monitored.decided
