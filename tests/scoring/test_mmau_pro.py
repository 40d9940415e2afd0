"""MMAU-Pro: closed, instruction-following and open questions, with and without a judge."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mmar
from expect import raises
from mmar.inputs import open_run_model, scoring_task
from mmar.items import load_benchmark, write_benchmark
from mmar.runs.spec import RunSpec
from mmar.scoring.kinds import add_open_score
from mmar.scoring.open_judge import OpenPlan, apply_judge, read_grades
from mmar.scoring.score import score_task
from mmau_pro import records
from servers.fake_models import FakeModels, ReceivedRequest, Say

ANSWERS: dict[str, str | None] = {
    "c1": "A",
    "c2": "the first",
    "c3": "D",
    "i1": "a dog barks",
    "i2": "one, two",
    "i3": "roses",
    "o1": "It was hit.",
    "o2": "Damped, because of a hand.",
}


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def answered(path: Path, **others: str | None) -> Path:
    answers = ANSWERS | others
    return write(path, [{**row, "model_output": answers[row["id"]]} for row in records()])


def test_items_are_loaded_as_published_and_written_again(tmp_path: Path) -> None:
    questions = write(tmp_path / "test.jsonl", records())
    loaded = load_benchmark(questions)
    assert loaded.name == "mmau-pro"
    assert loaded["c2"].clips == ("data/c2a.wav", "data/c2b.wav")
    assert loaded["c2"].answer == "the first"  # the key in another case is the choice
    assert loaded["c3"].answer == "H"  # a key that is no choice stays
    assert (loaded["c2"].modality, loaded["c2"].category) == ("multi", "any length")
    assert [item.id for item in loaded.closed] == ["c1", "c2", "c3"]
    write_benchmark(loaded, tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_text() == questions.read_text()


def test_a_parquet_file_gives_the_same_items(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    rows = [{**row, "model_output": ANSWERS[row["id"]]} for row in records()]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "test.parquet")
    from_table = load_benchmark(tmp_path / "test.parquet")
    assert from_table.digest == load_benchmark(write(tmp_path / "test.jsonl", records())).digest
    one, other = mmar.score(tmp_path / "test.parquet"), mmar.score(answered(tmp_path / "a.jsonl"))
    assert one.choice == other.choice
    assert one.kinds == other.kinds


def test_each_kind_is_scored_by_itself(tmp_path: Path) -> None:
    score = mmar.score(answered(tmp_path / "answers.jsonl"))
    assert (score.n, score.official.correct, score.choice.correct) == (3, 1, 2)
    assert score.kinds is not None
    instructions, open_ones = score.kinds.instructions, score.kinds.open
    assert instructions is not None
    assert open_ones is not None
    assert (instructions.n, instructions.followed.correct, instructions.unknown) == (3, 1, 1)
    assert {name: each.correct for name, each in instructions.tasks.items()} == {
        "No Commas": 0,
        "Number Words (at most)": 1,
    }
    assert (open_ones.n, open_ones.answered, open_ones.mean) == (2, 2, None)
    assert score.kinds.overall is None
    assert score.groups["perceptual_skills"]["Timbre"].choice.correct == 2
    assert score.to_dict()["kinds"]["closed"] == 3


def test_questions_may_stand_apart_from_the_answers(tmp_path: Path) -> None:
    questions = write(tmp_path / "test.jsonl", records())
    alone = mmar.score(answered(tmp_path / "answers.jsonl"))
    against = mmar.score(answered(tmp_path / "answers.jsonl"), questions)
    by_id = write(
        tmp_path / "ids.jsonl",
        [{"id": name, "answer_prediction": text} for name, text in ANSWERS.items()],
    )
    assert alone.kinds == against.kinds == mmar.score(by_id, questions).kinds
    other = [{**row, "question": "Another?"} if row["id"] == "c1" else row for row in records()]
    with raises("other-question", field="question"):
        mmar.score(answered(tmp_path / "answers.jsonl"), write(tmp_path / "other.jsonl", other))


def test_a_file_without_predictions_is_refused(tmp_path: Path) -> None:
    with raises("no-predictions"):
        mmar.score(write(tmp_path / "test.jsonl", records()))
    with raises("no-predictions", field="answers"):
        mmar.score(answered(tmp_path / "answers.jsonl"), key="answers")


def test_missing_answers_follow_no_instruction(tmp_path: Path) -> None:
    score = mmar.score(answered(tmp_path / "answers.jsonl", i1=None, i2="", c1=None))
    assert score.kinds is not None
    assert score.kinds.instructions is not None
    assert score.kinds.instructions.followed.correct == 0
    assert score.states["failed"] == 1


def judged(
    fake_models: Callable[..., FakeModels], command: Any, path: Path, script: Callable[[ReceivedRequest], Say]
) -> tuple[dict[str, Any], FakeModels]:
    service = fake_models(script)
    result = command("score", path, "--judge", "openai/judge", "--base-url", service.chat_url, "--json")
    assert result.status == 0, result.err
    return json.loads(result.out), service


def test_a_judge_scores_the_open_questions(fake_models, command, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    rows = [row for row in records() if row["id"] != "i3"]
    path = write(tmp_path / "a.jsonl", [{**row, "model_output": ANSWERS[row["id"]]} for row in rows])

    def script(received: ReceivedRequest) -> Say:
        assert '"reference"' in received.question
        grade = 5 if "was hit" in received.question else 3
        return Say(json.dumps(dict.fromkeys(("correctness", "relevance", "completeness", "clarity"), grade)))

    score, service = judged(fake_models, command, path, script)
    open_ones = score["kinds"]["open"]
    assert (open_ones["mean"], open_ones["criteria"]["clarity"]) == (80.0, 4.0)
    # Two of three closed, one of two instructions, 1.6 of two open ones.
    assert score["kinds"]["overall"] == pytest.approx(100 * (2 + 1 + 1.6) / 7)
    assert "judge:openai/judge" in open_ones["signature"]
    assert len(service.requests) == 2
    again = command("score", path, "--judge", "openai/judge", "--base-url", service.chat_url, "--json")
    assert json.loads(again.out) == score
    assert len(service.requests) == 2  # judgements are kept


def test_a_judgement_that_cannot_be_read_is_no_grade(fake_models, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = answered(tmp_path / "answers.jsonl", o2=None)
    scored = score_task(scoring_task(path, keep="all"))
    address = fake_models(lambda _: Say("OVERALL: 4")).chat_url
    spec = RunSpec.create(
        "openai/judge", load_benchmark(path), out=tmp_path / "judged", base_urls=[address], max_attempts=1
    )
    open_ones = apply_judge(OpenPlan(scored.open_answers), spec, open_run_model(spec), "")
    assert (open_ones.unjudged, open_ones.mean) == (1, 0.0)  # the other has no answer
    assert scored.score.kinds is not None
    assert add_open_score(scored.score.kinds, open_ones, 2).overall is None


def test_a_judge_has_nothing_to_do_where_all_is_closed(command, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    closed = [{**row, "model_output": "A"} for row in records() if row["id"].startswith("c")]
    result = command("score", write(tmp_path / "closed.jsonl", closed), "--judge", "text/m")
    assert (result.status, "open questions" in result.err) == (2, True)


@pytest.mark.parametrize(
    "reply",
    ["", "3", '{"correctness": 6, "relevance": 1, "completeness": 1, "clarity": 1}', '{"clarity": 5}'],
)
def test_unusable_grades(reply: str) -> None:
    with pytest.raises(ValueError):
        read_grades(reply)


def test_open_questions_have_no_rows_among_the_closed(tmp_path: Path) -> None:
    scored = score_task(scoring_task(answered(tmp_path / "answers.jsonl"), keep="all"))
    assert [row.id for row in scored.rows] == ["c1", "c2", "c3"]
    assert [each.item.id for each in scored.open_answers] == ["o1", "o2"]
