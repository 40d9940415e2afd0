"""The accuracy of a run while it goes on, read from a growing ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmar.protocols import load_protocol
from mmar.scoring.live_score import LiveScore
from mmar.stats.sequences import share_sequence, worst_design_effect
from scoring.several import answers_run, questions

RIGHT = [at % 3 != 0 for at in range(40)]


def test_answers_are_counted_as_the_ledger_grows(tmp_path: Path) -> None:
    videos = [f"v{at // 2}" for at in range(40)]
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
    run = answers_run(tmp_path / "run", known, [None if at < 5 else True for at in range(40)])
    live = LiveScore(run, known, load_protocol("mmar").reading)
    live.update()
    assert live.answered == 35
    assert live.interval() == (100, share_sequence(35, 35))
