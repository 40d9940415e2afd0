"""What is said of a file about the editions of its questions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

import mmar
from expect import raises
from mmar.inputs import scoring_task
from mmar.items import Item, load_benchmark, write_benchmark
from mmar.items.editions import editions, key_hash
from mmar.scoring.editions import edition_keys
from mmar.scoring.result import ItemScore
from mmar.scoring.score import score_task
from real_data import MMAR, SHARED, needs_real_data

STATES = sorted((SHARED / "mmau" / "editions").glob("*.json.gz"))


def answered(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text(json.dumps([{**row, "model_output": row["choices"][0]} for row in rows]))
    return path


def records(path: Path) -> list[dict[str, Any]]:
    return [item.to_record() for item in load_benchmark(path)]


@needs_real_data
@pytest.mark.parametrize(
    "path", [*STATES, SHARED / "mmar" / "MMAR-meta-2025-05.json", MMAR], ids=lambda path: path.name
)
def test_every_state_is_recognised(tmp_path: Path, path: Path) -> None:
    score = mmar.score(answered(tmp_path / "answers.json", records(path)))
    digest = load_benchmark(path).digest
    label = next(each.label for group in editions().values() for each in group if each.digest == digest)
    assert score.signature.startswith(f"bench:{label}#{digest[:8]}")


@needs_real_data
def test_a_file_of_no_edition_says_how_near_it_is_to_each(tmp_path: Path) -> None:
    rows = records(SHARED / "mmau" / "editions" / "2025-03-25-1f675a9.json.gz")
    for row in rows[:30]:
        row["question"] += " Really?"
    (note,) = [note for note in mmar.score(answered(tmp_path / "a.json", rows)).notes if "edition" in note]
    assert "mmau-mini@2025-03-25 970 (970)" in note
    assert all(f"{each.label} " in note for each in editions()["mmau-mini"])
    assert "none of mmar, mmsu" in note


@needs_real_data
def test_another_edition_than_the_benchmark_is_named(tmp_path: Path) -> None:
    path = answered(tmp_path / "a.json", records(SHARED / "mmau" / "editions" / "2025-03-25-1f675a9.json.gz"))
    with raises("other-question", field="choices") as caught:
        mmar.score(path, SHARED / "mmau" / "mmau-test-mini.json")
    assert "mmau-mini@2025-03-25" in (caught.value.hint or "")


@needs_real_data
def test_keys_of_the_file_do_not_matter_and_are_named(tmp_path: Path) -> None:
    path = answered(tmp_path / "a.json", records(SHARED / "mmar" / "MMAR-meta-2025-05.json"))
    (note,) = [note for note in mmar.score(path, MMAR).notes if "own key" in note]
    assert "of 5 records" in note
    assert "BV1NtQuYTELJ_00-00-00_00-00-26" in note


def test_a_file_of_ones_own_is_of_no_edition(tmp_path: Path) -> None:
    item = Item("a", "a.wav", "Which?", ("one", "two"), "one", "sound", "Signal Layer")
    path = answered(tmp_path / "a.json", [item.to_record()])
    assert any("the question is not of a known edition" in note for note in mmar.score(path).notes)
    questions = tmp_path / "questions.jsonl"
    write_benchmark([msgspec.structs.replace(item, answer="two")], questions)
    score = mmar.score(path, questions)
    assert score.choice.correct == 0
    assert any('"one" here "two"' in note for note in score.notes)


def test_answers_with_the_keys_of_an_earlier_edition() -> None:
    older = editions()["mmar"][1]
    item_id, (old, new) = next(iter(older.corrected.items()))
    row = ItemScore(item_id, False, False, "unresolved", None, "right", "", "", "an old key")
    assert key_hash("An  old key.") == key_hash("an old key")
    assert old != new
    result = edition_keys(older, {item_id: (row, ("right", "left"))})
    assert (result.n, result.old, result.new) == (1, 0, 0)
    blank = msgspec.structs.replace(row, prediction="  ")
    assert edition_keys(older, {item_id: (blank, ("right", "left"))}).old == 0


@needs_real_data
def test_a_score_says_that_its_edition_is_an_earlier_one(tmp_path: Path, command: Any) -> None:
    rows = json.loads((SHARED / "mmar" / "MMAR-meta-2025-05.json").read_bytes())
    path = tmp_path / "old.json"
    path.write_text(json.dumps([{**record, "answer_prediction": record["answer"]} for record in rows]))
    scored = score_task(scoring_task(path, None))
    assert scored.parts["bench"].startswith("mmar@2025-05#")
    edition = editions()["mmar"][1]
    task = scoring_task(path, MMAR)
    for one in (scored, score_task(task)):
        assert any(
            "old keys: of 5 answers" in note and "5 give the old key" in note for note in one.score.notes
        )
    assert len(edition.faulty) == 6
    result = command("score", path, "--errata", "--json")
    assert any("970 items" in note for note in json.loads(result.out)["notes"])
