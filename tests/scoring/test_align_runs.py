"""What can be set side by side: the same questions, the same items asked; what differs otherwise is said."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from expect import raises
from mmar.api import load
from mmar.errors import InputError
from mmar.items import write_benchmark
from mmar.protocols import load_protocol
from mmar.scoring.align_runs import align_runs
from mmar.scoring.comparison import differing_parts
from scoring.several import answers_file, answers_run, questions, side_by_side

VIDEOS = ("a", "a", "b", None, None, "c")
HITS = (True, False, True, True, False, False)


def test_rows_groups_and_clusters_follow_the_benchmark(tmp_path: Path) -> None:
    known = questions(tmp_path, VIDEOS)
    one = answers_run(tmp_path / "one", known, HITS)
    two = answers_file(tmp_path / "two.jsonl", reversed(HITS))
    result = side_by_side(known, one, two)
    assert [run.label for run in result.runs] == ["A", "B"]
    assert result.runs[0].scores("choice") == list(HITS)
    assert result.runs[1].scores("official") == list(reversed(HITS))
    assert len(set(result.clusters)) == 5
    assert result.clusters[0] == result.clusters[1]
    assert result.groups["modality"] == {"sound": (0, 3), "music": (1, 4), "speech": (2, 5)}
    assert result.groups["sub-category"] == {"Counting and Statistics": (0, 2, 4)}


def test_without_a_benchmark_runs_and_whole_records_bring_their_own(tmp_path: Path) -> None:
    known = questions(tmp_path, VIDEOS)
    one = answers_run(tmp_path / "one", known, HITS)
    records = [json.loads(line) for line in (one / "predictions.jsonl").read_text().splitlines()]
    # In another order, and as an array: the digest is the same.
    (tmp_path / "whole.json").write_text(json.dumps(records[::-1]))
    result = side_by_side(None, tmp_path / "whole.json", one)
    first, second = (run.scores("choice") for run in result.runs)
    assert first == second
    assert [row.id for row in result.runs[0].rows] == [row.id for row in result.runs[1].rows]
    assert sum(first) == 3
    assert len(set(result.clusters)) == 5


def test_differences_are_reported_not_refused(tmp_path: Path) -> None:
    known = questions(tmp_path, VIDEOS)
    one = answers_run(tmp_path / "one", known, HITS)
    two = answers_run(tmp_path / "two", known, HITS, name="test/other", audio="silence", seed=7)
    three = answers_file(tmp_path / "three.jsonl", HITS)
    texts = {part.part: part.values for part in differing_parts(side_by_side(known, one, two, three).runs)}
    assert texts["condition"] == ("full", "silence", "?")
    assert texts["seed"] == ("0", "7", "?")
    assert texts["protocol"] == ("mmar@1", "mmar@1", "?")
    assert "model" not in texts  # which model is the question
    assert differing_parts(side_by_side(known, one, one).runs) == ()


def test_protocols_of_one_name_are_distinguished(tmp_path: Path) -> None:
    known = questions(tmp_path, VIDEOS)
    one, two = (answers_run(tmp_path / name, known, HITS) for name in ("one", "two"))
    record = json.loads((two / "manifest.json").read_text())
    record["protocol"]["template"] = "Listen. {q}\n{choices}"
    (two / "manifest.json").write_text(json.dumps(record))
    (part,) = differing_parts(side_by_side(known, one, two).runs)
    assert part.part == "protocol text"
    assert len(set(part.values)) == 2


def test_other_questions_are_refused(tmp_path: Path) -> None:
    known = questions(tmp_path, VIDEOS)
    other = questions(tmp_path / "other", VIDEOS[:4])
    one, two = answers_run(tmp_path / "one", known, HITS), answers_run(tmp_path / "two", other, HITS)
    with raises("other-benchmark") as refused:
        side_by_side(None, one, two)
    assert known.digest[:8] in str(refused.value)
    assert other.digest[:8] in str(refused.value)
    with raises("other-items"):
        side_by_side(None, one, two / "predictions.jsonl")
    with raises("other-benchmark"):
        side_by_side(other, one, answers_file(tmp_path / "p.jsonl", HITS[:4]))


def test_another_revision_is_refused_with_an_item_that_changed(tmp_path: Path) -> None:
    known = questions(tmp_path, VIDEOS)
    items = list(known)
    items[2] = msgspec.structs.replace(items[2], answer="no")
    write_benchmark(items, tmp_path / "new" / "made-up-meta.jsonl")
    one = answers_run(tmp_path / "one", known, HITS)
    two = answers_run(tmp_path / "two", load(tmp_path / "new" / "made-up-meta.jsonl"), HITS)
    with raises("other-edition"):
        side_by_side(None, one / "predictions.jsonl", two / "predictions.jsonl")


def test_other_items_asked_are_refused_unless_the_common_ones_are_asked_for(tmp_path: Path) -> None:
    known = questions(tmp_path, VIDEOS)
    one = answers_run(tmp_path / "one", known, (True,) * 6)
    two = answers_run(tmp_path / "two", known, (True,) * 6, limit=4)
    with raises("other-items-asked"):
        side_by_side(known, one, two)
    result = side_by_side(known, one, two, partial=True)
    assert result.common == (0, 1, 2, 3)
    assert result.asked_groups()["modality"] == {"sound": [0, 3], "music": [1], "speech": [2]}


def test_items_asked_in_no_run_have_no_part(tmp_path: Path) -> None:
    known = questions(tmp_path, VIDEOS)
    runs = [answers_run(tmp_path / name, known, (True,) * 6, limit=4) for name in ("one", "two")]
    result = side_by_side(known, *runs)
    assert result.common == (0, 1, 2, 3)
    assert len(result.runs[0].rows) == 6
    assert "|part:4/6|" in result.runs[0].signature


def test_a_failure_is_an_item_that_was_asked(tmp_path: Path) -> None:
    known = questions(tmp_path, VIDEOS)
    one = answers_run(tmp_path / "one", known, (None, *HITS[1:]))
    result = side_by_side(known, one, answers_run(tmp_path / "two", known, HITS))
    assert result.runs[0].unanswered() == [True] + [False] * 5


def test_runs_without_common_items_are_refused(tmp_path: Path) -> None:
    known = questions(tmp_path, VIDEOS)
    file = tmp_path / "none.jsonl"
    file.write_text('{"id": "id-0", "remark": "yes"}\n{"id": "id-1", "remark": "no"}\n')
    with raises("no-predictions", field="answer_prediction"):
        side_by_side(known, file, file)
    file.write_text('{"id": "id-99", "answer_prediction": "yes"}\n')
    with raises("no-usable-records"):
        align_runs([file, file], lambda _: known, benchmark=known, lenient=True)


def test_invalid_inputs_are_refused(tmp_path: Path) -> None:
    known = questions(tmp_path, VIDEOS)
    file = answers_file(tmp_path / "p.jsonl", HITS)
    with raises("too-few-runs"):
        side_by_side(known, file)
    with raises("benchmark-needed") as refused:
        side_by_side(None, file, file)
    assert "--benchmark" in str(refused.value)
    with raises("file-not-found", InputError):
        side_by_side(known, file, tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with raises("no-run"):
        side_by_side(known, file, tmp_path / "empty")
    bad = tmp_path / "bad.jsonl"
    bad.write_text(file.read_text() + '{"id": "id-99", "answer_prediction": "yes"}\n')
    with raises("unknown-id", line=7):
        side_by_side(known, file, bad)
    assert [error.line for error in side_by_side(known, file, bad, lenient=True).errors] == [7]
    # A file of whole records is its own benchmark: its bad record is named once.
    whole = tmp_path / "whole.jsonl"
    record = {"id": "a", "audio_path": "a.wav", "question": "?", "choices": ["x", "y"], "answer": "x"}
    record |= {"modality": "sound", "category": "Signal Layer", "answer_prediction": "x"}
    whole.write_text(json.dumps(record) + '\n{"id": "b"}\n')
    assert [error.line for error in side_by_side(None, whole, whole, lenient=True).errors] == [2]


def test_one_protocol_for_all_runs(tmp_path: Path) -> None:
    known = questions(tmp_path, VIDEOS)
    file = answers_file(tmp_path / "p.jsonl", HITS)
    result = align_runs([file, file], load, benchmark=known, protocol=load_protocol("letter"))
    assert " for letter@1" in result.runs[0].signature
