"""Scores of other programs' logs: the order of choices, the program's own verdict, errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import mmar
from expect import raises
from mmar.api import load
from mmar.cli import application

DATA = Path(__file__).parents[1] / "logs" / "data"
ITEMS = DATA / "items.jsonl"


def test_a_letter_means_the_choice_at_its_place_in_the_prompt(tmp_path: Path) -> None:
    item = load(ITEMS)["dynamics-1"]
    assert len(item.choices) == 3
    for letter in "ABC":
        rotated = [*item.choices[1:], item.choices[0]]
        prompt = (
            item.question
            + "\n"
            + "\n".join(f"{name}) {choice}" for name, choice in zip("ABC", rotated, strict=True))
        )
        row = {
            "doc_id": 0,
            "doc": {"id": item.id},
            "resps": [[letter]],
            "filtered_resps": [letter],
            "input": prompt,
        }
        path = tmp_path / "log.jsonl"
        path.write_text(json.dumps(row) + "\n", "utf-8")
        score = mmar.score(path, ITEMS)
        assert score.choice.correct == (rotated["ABC".index(letter)] == item.answer)


def test_the_programs_own_verdict_stands_beside_the_scores() -> None:
    score = mmar.score(DATA / "inspect-0.3.285.eval", ITEMS)
    assert score.program is not None
    assert (score.program.program, score.program.verdicts) == ("Inspect", score.n)
    differing = {each.id for each in score.program.differences}
    assert differing
    assert abs(score.choice.correct - score.program.correct) <= len(differing)
    document = score.to_dict()
    assert {each["id"] for each in document["program"]["differences"]} == differing
    assert mmar.score(DATA / "ms-swift-4.6.0.jsonl", ITEMS).program is None


@pytest.mark.parametrize("name", sorted(path.name for path in DATA.iterdir() if path.name != "items.jsonl"))
def test_every_log_scores_from_the_command_line(name: str) -> None:
    result = CliRunner().invoke(
        application, ["score", str(DATA / name), "-b", str(ITEMS), "--json"], standalone_mode=False
    )
    assert result.exception is None
    assert json.loads(result.stdout)["n"] == 7


def test_a_log_needs_a_benchmark() -> None:
    with raises("benchmark-needed"):
        mmar.score(DATA / "lmms-eval-0.7.3.jsonl")


def test_a_converted_log_scores_as_the_log(tmp_path: Path) -> None:
    log = DATA / "inspect-0.3.285.eval"
    named = {row.id: row.named for row in mmar.score(log, ITEMS).items}
    for layout in ("publisher", "jsonl", "csv"):
        out = tmp_path / f"p.{'csv' if layout == 'csv' else 'jsonl'}"
        arguments = ["convert", str(log), "-b", str(ITEMS), "--to", layout, "--out", str(out)]
        assert CliRunner().invoke(application, arguments, standalone_mode=False).exception is None
        assert {row.id: row.named for row in mmar.score(out, ITEMS).items} == named, layout
