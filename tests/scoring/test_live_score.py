"""The accuracy of a run while it goes on, read from a growing ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from expect import raises
from mmar.api import run
from mmar.models import Answer
from mmar.protocols import load_protocol
from mmar.scoring.live_score import LiveComparison, LiveScore
from mmar.stats.sequences import share_sequence, worst_design_effect
from runs.made_up import Scripted
from scoring.several import answers_run, questions

RIGHT = [index % 3 != 0 for index in range(40)]


def test_answers_are_counted_as_the_ledger_grows(tmp_path: Path) -> None:
    videos = [f"v{index // 2}" for index in range(40)]
    known = questions(tmp_path, videos)
    ledger = (
        (answers_run(tmp_path / "whole", known, RIGHT) / "answers.jsonl")
        .read_bytes()
        .splitlines(keepends=True)
    )
    live = LiveScore(tmp_path / "run", known, load_protocol("mmar").reading)
    live.update()
    assert live.interval() is None
    (tmp_path / "run").mkdir()
    path = tmp_path / "run" / "answers.jsonl"
    path.write_bytes(b"".join(ledger[:10]) + ledger[10][:20])  # the last line is being written
    live.update()
    assert live.answered == 10
    path.write_bytes(b"".join(ledger))
    live.update()
    live.update()
    result = live.interval()
    assert result is not None
    effect = worst_design_effect(videos)
    assert result == (pytest.approx(100 * sum(RIGHT) / 40), share_sequence(sum(RIGHT) / effect, 40 / effect))


def test_failures_and_answers_given_again(tmp_path: Path) -> None:
    known = questions(tmp_path, [None] * 40)
    run = answers_run(tmp_path / "run", known, [None if index < 5 else True for index in range(40)])
    live = LiveScore(run, known, load_protocol("mmar").reading)
    live.update()
    assert live.answered == 35
    assert live.interval() == (100, share_sequence(35, 35))


def test_two_runs_are_compared_until_it_is_decided(tmp_path: Path) -> None:
    known = questions(tmp_path, [None] * 200)
    rule = load_protocol("mmar").reading
    worse = answers_run(tmp_path / "worse", known, [index % 4 == 0 for index in range(200)])
    whole = answers_run(tmp_path / "whole", known, [True] * 200)
    lines = (whole / "answers.jsonl").read_bytes().splitlines(keepends=True)
    growing = tmp_path / "growing"
    growing.mkdir()
    comparison = LiveComparison(LiveScore(growing, known, rule), worse, known, rule)
    reasons = {}
    for count in (0, 5, 10, 20, 40):
        (growing / "answers.jsonl").write_bytes(b"".join(lines[:count]))
        reasons[count] = comparison.reason_to_stop()
    # 7 of 10 items differ, which is not enough; then 15 of 20, all for one run: 2^15 / 16 is over 20.
    assert [count for count, reason in reasons.items() if reason] == [20, 40]
    assert "better" in (reasons[20] or "")
    same = answers_run(tmp_path / "same", known, [index % 4 == 0 for index in range(200)])
    assert LiveComparison(LiveScore(same, known, rule), worse, known, rule).reason_to_stop() is None
    with raises("no-answers"):
        LiveComparison(LiveScore(same, known, rule), tmp_path / "nothing", known, rule)


def test_a_reason_to_stop_ends_a_run(tmp_path: Path) -> None:
    known = questions(tmp_path, [None] * 20)
    model = Scripted(lambda request, _: Answer(request.item_id, "yes", ""))
    result = run(model, known, out=tmp_path / "run", progress=lambda *_: "enough")
    assert (result.counts.stopped, result.answered, result.complete) == ("enough", 0, False)
