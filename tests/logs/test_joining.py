"""Which item each record of a log answers, and folders of several files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from expect import raises
from mmar.items import Benchmark
from mmar.logs import join_log, open_log

WriteRows = Callable[[str, Sequence[object]], Path]
DATA = Path(__file__).parent / "data"


def texts(path: Path, demo: Benchmark, **options: str) -> dict[str, str | None]:
    return {
        name: each.record.text for name, each in join_log(open_log(path, **options), demo).answers.items()
    }


def test_records_are_joined_by_clip_and_by_question(demo: Benchmark, write_rows: WriteRows) -> None:
    clips = [{"audio": f"/data/x/{Path(item.audio_path).stem}.flac", "pred": item.answer} for item in demo]
    assert texts(write_rows("clips.jsonl", clips), demo) == {item.id: item.answer for item in demo}
    prompts = [
        {
            "prompt": "Question: " + item.question + "\nChoices: " + " / ".join(item.choices),
            "pred": item.answer,
        }
        for item in demo
    ]
    assert texts(write_rows("prompts.jsonl", prompts), demo) == {item.id: item.answer for item in demo}


def test_records_of_other_questions_are_errors(demo: Benchmark, write_rows: WriteRows) -> None:
    rows = [{"id": item.id, "response": item.choices[0]} for item in demo]
    with raises("unknown-item", line=2):
        texts(write_rows("a.jsonl", [rows[0], {"id": "other", "response": "x"}]), demo)
    with raises("duplicate-id", line=3):
        texts(write_rows("b.jsonl", [*rows[:2], rows[0]]), demo)
    with raises("other-question", line=1):
        changed = {"id": "beeps-1", "choices": ["A. 1", "B. 2"], "response": "A"}
        texts(write_rows("c.jsonl", [changed]), demo)
    with raises("unknown-log"):
        open_log(write_rows("d.jsonl", [{"id": "beeps-1", "foo": 1}]))
    with raises("unknown-log"):
        open_log(write_rows("one.jsonl", [{"id": "beeps-1", "said": "x"}]))
    with raises("unknown-log"):
        open_log(write_rows("e.jsonl", rows), key="nothing.here")
    skipped: list[str] = []
    log = open_log(write_rows("f.jsonl", [*rows, {"id": "other", "response": "x"}]))
    joined = join_log(log, demo, lambda error: skipped.append(error.code))
    assert (len(joined.answers), skipped) == (len(demo), ["unknown-item"])


def test_prompts_and_reasoning_are_not_kept_with_answers_only(demo: Benchmark) -> None:
    log = open_log(DATA / "inspect-0.3.285.eval")
    whole, slim = join_log(log, demo), join_log(log, demo, answers_only=True)
    assert any(answer.record.question for answer in whole.answers.values())
    for name, answer in slim.answers.items():
        assert (answer.record.question, answer.record.choices, answer.record.thinking) == (None, None, "")
        assert (answer.record.text, answer.choice_order) == (
            whole.answers[name].record.text,
            whole.answers[name].choice_order,
        )


def test_the_id_may_stand_beside_others(demo: Benchmark, write_rows: WriteRows) -> None:
    rows = [{"id": index, "metadata": {"id": item.id}, "response": "x"} for index, item in enumerate(demo)]
    assert join_log(open_log(write_rows("m.jsonl", rows)), demo).methods == {"id": len(demo)}


def test_the_files_of_a_folder_are_one_log(demo: Benchmark, write_rows: WriteRows, tmp_path: Path) -> None:
    rows = [{"id": item.id, "response": item.answer} for item in demo]
    write_rows("run/rank_0.jsonl", rows[::2])
    write_rows("run/rank_1.jsonl", rows[1::2])
    write_rows("run/all.jsonl", [{**row, "match": 1} for row in rows])
    log = open_log(tmp_path / "run")
    joined = join_log(log, demo)
    assert len(log.files) == 3
    assert set(joined.answers) == {item.id for item in demo}
    assert set(joined.verdicts) == set(joined.answers)
    write_rows("run/other.jsonl", [{"id": rows[0]["id"], "response": "another"}])
    with raises("duplicate-id"):
        join_log(open_log(tmp_path / "run"), demo)
    (tmp_path / "empty").mkdir()
    with raises("no-log"):
        open_log(tmp_path / "empty")
