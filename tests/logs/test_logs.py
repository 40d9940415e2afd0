"""Logs that evaluation programs wrote in real runs on seven demo questions, and layouts written by hand.

The files in `data/` come from lmms-eval 0.7.3, evalscope 1.14.1, inspect_ai 0.3.285 and ms-swift 4.6.0, each run against
a server on loopback that answers in many shapes (ms-swift: a model of random weights).
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from expect import raises
from mmar.api import load
from mmar.items import Benchmark
from mmar.logs import join_log, open_log, write_log
from mmar.logs.record import LogRecord

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def demo() -> Benchmark:
    return load(DATA / "items.jsonl")


def write_jsonl(path: Path, rows: Sequence[object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("lmms-eval-0.7.3.jsonl", "lmms-eval"),
        ("evalscope-1.14.1-predictions.jsonl", "evalscope"),
        ("evalscope-1.14.1-reviews.jsonl", "evalscope"),
        ("inspect-0.3.285.eval", "Inspect"),
        ("ms-swift-4.6.0.jsonl", "ms-swift"),
    ],
)
def test_a_log_of_a_real_run_is_recognised_and_joined_whole(demo: Benchmark, name: str, program: str) -> None:
    log = open_log(DATA / name)
    joined = join_log(log, demo)
    assert log.program == joined.program == program
    assert set(joined.answers) == {item.id for item in demo}
    assert all(answer.record.text is not None for answer in joined.answers.values())


def test_predictions_and_reviews_of_one_evalscope_run_hold_the_same_answers(demo: Benchmark) -> None:
    predictions = join_log(open_log(DATA / "evalscope-1.14.1-predictions.jsonl"), demo)
    reviews = join_log(open_log(DATA / "evalscope-1.14.1-reviews.jsonl"), demo)
    assert {n: a.record.text for n, a in predictions.answers.items()} == {
        n: a.record.text for n, a in reviews.answers.items()
    }
    assert predictions.verdicts == {}
    assert set(reviews.verdicts) == set(predictions.answers)


def test_the_order_of_choices_is_taken_from_inspects_prompt(demo: Benchmark) -> None:
    joined = join_log(open_log(DATA / "inspect-0.3.285.eval"), demo)
    shuffled = {name: each.shown for name, each in joined.answers.items() if each.shown}
    assert shuffled
    for name, shown in shuffled.items():
        assert shown is not None
        assert sorted(shown) == sorted(demo[name].choices)
        assert shown != demo[name].choices


def test_an_inspect_log_as_json_is_read_like_the_archive(demo: Benchmark, tmp_path: Path) -> None:
    zstandard = pytest.importorskip("zstandard")
    samples = []
    with zipfile.ZipFile(DATA / "inspect-0.3.285.eval") as archive:
        data = (DATA / "inspect-0.3.285.eval").read_bytes()
        for member in archive.infolist():
            start = (
                member.header_offset + 30 + int.from_bytes(data[member.header_offset + 26 :][:2], "little")
            )
            start += int.from_bytes(data[member.header_offset + 28 :][:2], "little")
            content = (
                zstandard.ZstdDecompressor().decompressobj().decompress(data[start:][: member.compress_size])
            )
            if member.filename.startswith("samples/"):
                samples.append(json.loads(content))
    path = tmp_path / "log.json"
    path.write_text(
        json.dumps({"version": 2, "eval": {"task": "demo"}, "samples": samples, "reductions": []}), "utf-8"
    )
    deflated = tmp_path / "log.eval"
    with zipfile.ZipFile(deflated, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_journal/start.json", "{}")
        for sample in samples:
            archive.writestr(f"samples/{sample['id']}_epoch_1.json", json.dumps(sample))
    expected = join_log(open_log(DATA / "inspect-0.3.285.eval"), demo).answers
    assert join_log(open_log(path), demo).answers == expected
    assert {n: a.record.text for n, a in join_log(open_log(deflated), demo).answers.items()} == {
        n: a.record.text for n, a in expected.items()
    }


ANSWERS = {"beeps-1": "5", "place-1": "(B) At the seaside", "keypad-1": None}


def rows_of(demo: Benchmark, **fields: str) -> list[dict[str, Any]]:
    names = {"id": "id", "text": "response", **fields}
    return [{names["id"]: item.id, names["text"]: ANSWERS.get(item.id, item.choices[0])} for item in demo]


def texts(path: Path, demo: Benchmark, **options: str) -> dict[str, str | None]:
    return {
        name: each.record.text for name, each in join_log(open_log(path, **options), demo).answers.items()
    }


def test_layouts_without_a_program(demo: Benchmark, tmp_path: Path) -> None:
    expected = {item.id: ANSWERS.get(item.id, item.choices[0]) for item in demo}
    rows = rows_of(demo)
    layouts = {
        "rows.jsonl": "".join(json.dumps(row) + "\n" for row in rows),
        "rows.json": json.dumps(rows),
        "results.json": json.dumps({"model": "m", "accuracy": 0.5, "results": rows}),
        "nested.json": json.dumps({"run": {"per_sample": rows}, "config": {"a": 1}}),
        "mapping.json": json.dumps({row["id"]: row["response"] for row in rows}),
        "objects.json": json.dumps({row["id"]: {"response": row["response"], "score": 1} for row in rows}),
        "list.json": json.dumps([row["response"] for row in rows]),
    }
    for name, content in layouts.items():
        (tmp_path / name).write_text(content, "utf-8")
        assert texts(tmp_path / name, demo) == expected, name
    deep = [{"doc": {"id": row["id"]}, "out": [{"said": row["response"]}]} for row in rows]
    path = write_jsonl(tmp_path / "deep.jsonl", deep)
    assert texts(path, demo, key="out.0.said", id_field="doc.id") == expected


def test_tables(demo: Benchmark, tmp_path: Path) -> None:
    for delimiter, name in ((",", "t.csv"), ("\t", "t.tsv")):
        table = io.StringIO(newline="")
        writer = csv.writer(table, delimiter=delimiter)
        writer.writerow(["index", "question", "A", "B", "C", "D", "E", "F", "answer", "prediction", "hit"])
        for index, item in enumerate(demo):
            choices = [*item.choices, *[""] * (6 - len(item.choices))]
            writer.writerow([index, item.question, *choices, "A", 'the "B" one\nB', index % 2])
        (tmp_path / name).write_text(table.getvalue(), "utf-8")
        log = open_log(tmp_path / name)
        joined = join_log(log, demo)
        assert log.program == "VLMEvalKit"
        assert {each.record.text for each in joined.answers.values()} == {'the "B" one\nB'}
        assert sum(joined.verdicts.values()) == len(demo) // 2
        assert set(joined.methods) == {"question"}


def test_a_workbook(demo: Benchmark, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["id", "prediction"])
    for item in demo:
        book.active.append([item.id, item.answer])
    book.save(tmp_path / "t.xlsx")
    assert texts(tmp_path / "t.xlsx", demo) == {item.id: item.answer for item in demo}


def test_batch_output_of_openai_and_gemini(demo: Benchmark, tmp_path: Path) -> None:
    def openai(item_id: str, text: str) -> dict[str, Any]:
        choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "length"}
        return {
            "id": "b",
            "custom_id": item_id,
            "response": {"status_code": 200, "body": {"choices": [choice]}},
            "error": None,
        }

    items = list(demo)
    failed = {
        "custom_id": items[0].id,
        "response": {"status_code": 500, "body": {"error": {"message": "down"}}},
        "error": None,
    }
    path = write_jsonl(
        tmp_path / "openai.jsonl", [failed, *(openai(item.id, item.answer) for item in items[1:])]
    )
    answers = join_log(open_log(path), demo).answers
    assert answers[items[0].id].record.text is None
    assert answers[items[0].id].record.failure == "down"
    assert answers[items[1].id].record == LogRecord(
        2, items[1].answer, id=items[1].id, finish_reason="length"
    )

    def gemini(item_id: str, text: str) -> dict[str, Any]:
        parts = [{"text": "hm", "thought": True}, {"text": text}]
        return {
            "key": item_id,
            "response": {"candidates": [{"content": {"parts": parts}, "finishReason": "MAX_TOKENS"}]},
        }

    rows = [
        {"key": items[0].id, "error": {"message": "quota"}},
        *(gemini(item.id, item.answer) for item in items[1:]),
    ]
    answers = join_log(open_log(write_jsonl(tmp_path / "gemini.jsonl", rows)), demo).answers
    assert answers[items[0].id].record.failure == "quota"
    assert answers[items[1].id].record == LogRecord(
        2, items[1].answer, id=items[1].id, thinking="hm", finish_reason="length"
    )


def test_the_steps_of_ultraeval_audio_are_one_answer_an_item(demo: Benchmark, tmp_path: Path) -> None:
    rows: list[object] = []
    for index, item in enumerate(demo):
        text = (
            item.question
            + "\n"
            + "\n".join(f"{letter}. {choice}" for letter, choice in zip("ABCDEF", item.choices, strict=False))
        )
        prompt = [
            {
                "role": "user",
                "contents": [{"type": "audio", "value": item.audio_path}, {"type": "text", "value": text}],
            }
        ]
        rows.append({"type": "prompt", "id": index, "data": {"content": prompt}})
        if index == 0:
            rows.append({"type": "error", "id": index, "data": {"info": "Traceback ... timed out"}})
            continue
        rows.append({"type": "inference", "id": index, "data": {"content": f"I say {item.answer}"}})
        rows.append({"type": "eval", "id": index, "data": {"match": index % 2, "pred": "A", "ref": "A"}})
    joined = join_log(open_log(write_jsonl(tmp_path / "u.jsonl", rows)), demo)
    first, *rest = joined.answers.values()
    assert first.record.text is None
    assert first.record.failure is not None
    assert [each.record.verdict for each in rest] == [bool(index % 2) for index in range(1, len(demo))]
    assert set(joined.methods) == {"audio"}


def test_records_are_joined_by_clip_and_by_question(demo: Benchmark, tmp_path: Path) -> None:
    clips = [{"audio": f"/data/x/{Path(item.audio_path).stem}.flac", "pred": item.answer} for item in demo]
    assert texts(write_jsonl(tmp_path / "clips.jsonl", clips), demo) == {
        item.id: item.answer for item in demo
    }
    prompts = [
        {
            "prompt": "Question: " + item.question + "\nChoices: " + " / ".join(item.choices),
            "pred": item.answer,
        }
        for item in demo
    ]
    assert texts(write_jsonl(tmp_path / "prompts.jsonl", prompts), demo) == {
        item.id: item.answer for item in demo
    }


def test_records_that_do_not_belong(demo: Benchmark, tmp_path: Path) -> None:
    rows = rows_of(demo)
    with raises("unknown-item", line=2):
        texts(write_jsonl(tmp_path / "a.jsonl", [rows[0], {"id": "other", "response": "x"}]), demo)
    with raises("duplicate-id", line=3):
        texts(write_jsonl(tmp_path / "b.jsonl", [*rows[:2], rows[0]]), demo)
    with raises("other-question", line=1):
        changed = {"id": "beeps-1", "choices": ["A. 1", "B. 2"], "response": "A"}
        texts(write_jsonl(tmp_path / "c.jsonl", [changed]), demo)
    with raises("unknown-log"):
        open_log(write_jsonl(tmp_path / "d.jsonl", [{"id": "beeps-1", "foo": 1}]))
    with raises("unknown-log"):
        open_log(write_jsonl(tmp_path / "one.jsonl", [{"id": "beeps-1", "reply": "x"}]))
    with raises("unknown-log"):
        open_log(write_jsonl(tmp_path / "e.jsonl", rows), key="nothing.here")
    skipped: list[str] = []
    log = open_log(write_jsonl(tmp_path / "f.jsonl", [*rows, {"id": "other", "response": "x"}]))
    joined = join_log(log, demo, lambda error: skipped.append(error.code))
    assert (len(joined.answers), skipped) == (len(demo), ["unknown-item"])


@pytest.mark.parametrize("layout", ["publisher", "jsonl", "csv"])
def test_a_written_log_reads_the_same(demo: Benchmark, tmp_path: Path, layout: Any) -> None:
    joined = join_log(open_log(DATA / "inspect-0.3.285.eval"), demo)
    path = tmp_path / ("p.csv" if layout == "csv" else "p.jsonl")
    assert write_log(joined, demo, path, layout) == len(demo)
    assert texts(path, demo) == {name: each.record.text for name, each in joined.answers.items()}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"[[]]",
        b"[1, 2]",
        b'{"results": []}',
        b'{"a": {"b": {"c": 1}}}',
        b"id,prediction\n",
        b'id,prediction\na,"b\n',
        b"a,b\n1,2,3,4\n",
        b"\xff\xfei\x00d\x00",
        b"PK\x03\x04broken",
        b'{"eval": {}, "samples": [{"id": 1',
        b'{"doc_id": 1, "resps": []}\n{"doc_id"',
        b"[" * 5000,
        b'{"id": "\\ud800", "response": "x"}\n',
        b"\x00\x01\x02",
    ],
)
def test_damaged_files_are_errors_of_this_program(demo: Benchmark, tmp_path: Path, content: bytes) -> None:
    from mmar.errors import MmarError

    path = tmp_path / "log.json"
    path.write_bytes(content)
    try:
        joined = join_log(open_log(path), demo, lambda _: None)
    except MmarError:
        return
    assert not joined.answers


SGLANG = {
    "sample_id": "",
    "task_name": "sound",
    "category": "Signal Layer",
    "correct_choice": "A",
    "correct_answer": "",
    "predicted_choice": "B",
    "predicted_answer": "two",
    "raw_response": "B.",
    "is_correct": False,
    "is_parseable": True,
    "is_success": True,
    "latency_s": 0.1,
    "error": "",
}


@pytest.mark.parametrize("form", ["results.json", "predictions.jsonl", "results.csv"])
def test_results_of_sglang_omni(demo: Benchmark, tmp_path: Path, form: str) -> None:
    rows: list[dict[str, Any]] = [{**SGLANG, "sample_id": item.id} for item in demo]
    rows[0] |= {"is_correct": True}
    rows[1] |= {"raw_response": "", "is_success": False, "error": "Empty response"}
    path = tmp_path / form
    if form.endswith("json"):
        path.write_text(json.dumps({"summary": {"per_task": {}}, "config": {}, "per_sample": rows}))
    elif form.endswith("jsonl"):
        write_jsonl(path, rows)
    else:
        with path.open("w", newline="") as file:
            table = csv.DictWriter(file, list(SGLANG))
            table.writeheader()
            table.writerows(rows)
    joined = join_log(open_log(path), demo)
    assert joined.program == "sglang-omni"
    records = [joined.answers[item.id].record for item in demo]
    assert [record.verdict for record in records[:3]] == [True, None, False]
    assert (records[1].text, records[1].failure) == (None, "Empty response")
    assert (records[2].text, records[2].extracted) == ("B.", "two")


def test_answers_to_sakura_by_clip_and_instruction(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "Animal"
    folder.mkdir(parents=True)
    record = {
        "attribute_label": "dog",
        "single_instruction": "Which? (a) dog (b) cat",
        "single_answer": "(a) dog",
        "multi_instruction": "How does it move? (a) walking (b) flying",
        "multi_answer": "(a) walking",
    }
    clip = "data/Animal/audio/dog1.wav"
    (folder / "metadata.json").write_text(json.dumps({clip: record}))
    for hop in ("single", "multi"):
        results = {clip: {"instruction": record[f"{hop}_instruction"], "response": "(b)", "label": "(a)"}}
        path = tmp_path / f"{hop}.json"
        path.write_text(json.dumps({"attribute": "Animal", "type": hop, "results": results}))
        joined = join_log(open_log(path), load(tmp_path / "data"))
        assert list(joined.answers) == [f"Animal/dog1/{hop}"]


def test_prompts_and_reasoning_are_not_kept_where_only_answers_are_wanted(demo: Benchmark) -> None:
    log = open_log(DATA / "inspect-0.3.285.eval")
    whole, slim = join_log(log, demo), join_log(log, demo, answers_only=True)
    assert any(answer.record.question for answer in whole.answers.values())
    for name, answer in slim.answers.items():
        assert (answer.record.question, answer.record.choices, answer.record.thinking) == (None, None, "")
        assert (answer.record.text, answer.shown) == (
            whole.answers[name].record.text,
            whole.answers[name].shown,
        )
