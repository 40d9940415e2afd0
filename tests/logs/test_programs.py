"""Logs that evaluation programs wrote in real runs on seven demo questions, and layouts from their source and documentation.

The files in `data/` come from lmms-eval 0.7.3, evalscope 1.14.1, inspect_ai 0.3.285 and ms-swift 4.6.0, each run against
a server on loopback that answers in many shapes (ms-swift: a model of random weights).
"""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mmar.api import load
from mmar.items import Benchmark
from mmar.logs import join_log, open_log
from mmar.logs.record import LogRecord

WriteRows = Callable[[str, Sequence[object]], Path]
DATA = Path(__file__).parent / "data"


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
    shuffled = {name: each.choice_order for name, each in joined.answers.items() if each.choice_order}
    assert shuffled
    for name, in_prompt in shuffled.items():
        assert in_prompt is not None
        assert sorted(in_prompt) == sorted(demo[name].choices)
        assert in_prompt != demo[name].choices


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


def test_batch_output_of_openai_and_gemini(demo: Benchmark, write_rows: WriteRows) -> None:
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
    path = write_rows("openai.jsonl", [failed, *(openai(item.id, item.answer) for item in items[1:])])
    answers = join_log(open_log(path), demo).answers
    assert answers[items[0].id].record.text is None
    assert answers[items[0].id].record.failure == "down"
    assert answers[items[1].id].record == LogRecord(
        2, items[1].answer, ids=(items[1].id,), finish_reason="length"
    )

    def gemini(item_id: str, text: str) -> dict[str, Any]:
        parts = [{"text": "hm", "thought": True}, {"text": text}]
        return {
            "key": item_id,
            "response": {"candidates": [{"content": {"parts": parts}, "finishReason": "MAX_TOKENS"}]},
        }

    rows = [
        {"key": items[0].id, "error": {"message": "quota"}},
        *(gemini(item.id, item.answer) for item in items[1:-1]),
        {"key": items[-1].id, "response": {"promptFeedback": {"blockReason": "SAFETY"}}},
    ]
    answers = join_log(open_log(write_rows("gemini.jsonl", rows)), demo).answers
    assert answers[items[0].id].record.failure == "quota"
    assert answers[items[-1].id].record.failure == "SAFETY"
    assert answers[items[1].id].record == LogRecord(
        2, items[1].answer, ids=(items[1].id,), thinking="hm", finish_reason="length"
    )


def test_the_steps_of_ultraeval_audio_are_one_answer_an_item(demo: Benchmark, write_rows: WriteRows) -> None:
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
    joined = join_log(open_log(write_rows("u.jsonl", rows)), demo)
    first, *rest = joined.answers.values()
    assert first.record.text is None
    assert first.record.failure is not None
    assert [each.record.verdict for each in rest] == [bool(index % 2) for index in range(1, len(demo))]
    assert set(joined.methods) == {"audio"}


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
def test_results_of_sglang_omni(demo: Benchmark, tmp_path: Path, write_rows: WriteRows, form: str) -> None:
    rows: list[dict[str, Any]] = [{**SGLANG, "sample_id": item.id} for item in demo]
    rows[0] |= {"is_correct": True}
    rows[1] |= {"raw_response": "", "is_success": False, "error": "Empty response"}
    path = tmp_path / form
    if form.endswith("json"):
        path.write_text(json.dumps({"summary": {"per_task": {}}, "config": {}, "per_sample": rows}))
    elif form.endswith("jsonl"):
        write_rows(path.name, rows)
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


def lmms_eval(index: int, response: object, **metrics: object) -> dict[str, Any]:
    return {"doc_id": index, "target": "A", "filtered_resps": response, "doc_hash": "0", **metrics}


def test_metrics_of_lmms_eval(demo: Benchmark, write_rows: WriteRows) -> None:
    items = list(demo)
    rows = [
        lmms_eval(0, "A", accuracy={"overall": 1.0, "task": "sound"}, submission={"id": items[0].id}),
        lmms_eval(1, ["B", "C"], accuracy=0.0, input=items[1].question),
        lmms_eval(2, "[LMMS_EVAL_REQUEST_FAILED after 5 retries] 500", m={"id": items[2].id, "score": 0.0}),
        lmms_eval(3, [[-1.5, False], [-0.5, True]], acc=1.0, m={"question_id": items[3].id}),
    ]
    joined = join_log(open_log(write_rows("s.jsonl", rows)), demo)
    records = [joined.answers[item.id].record for item in items[:4]]
    assert [record.text for record in records] == ["A", "B", None, None]
    assert [record.verdict for record in records] == [True, False, False, True]
    assert records[1].further == 1
    assert records[2].failure is not None
    assert joined.methods == {"id": 3, "question": 1}


def evalscope(index: int, item_id: str, text: str, group: int, repeat: int) -> dict[str, Any]:
    score = {"value": {"acc": 1.0}, "extracted_prediction": text, "main_score_name": "acc"}
    return {
        "index": index,
        "messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": text}],
        "sample_score": {
            "score": score,
            "group_id": group,
            "generation_index": repeat,
            "sample_metadata": {"id": item_id},
        },
    }


def test_the_first_of_repeated_answers_counts(demo: Benchmark, write_rows: WriteRows) -> None:
    rows = [
        evalscope(2 * index + repeat, item.id, f"{index} {repeat}", index, repeat)
        for index, item in enumerate(demo)
        for repeat in (1, 0)
    ]
    joined = join_log(open_log(write_rows("r.jsonl", rows)), demo)
    assert [each.record.text for each in joined.answers.values()] == [f"{n} 0" for n in range(len(demo))]


def test_a_failed_request_of_vlmevalkit_is_no_answer(demo: Benchmark, write_rows: WriteRows) -> None:
    rows = [
        {"index": index, "question": item.question, "A": item.choices[0], "B": item.choices[1]}
        | {"answer": "A", "prediction": "Failed to obtain answer via API." if index == 0 else "A"}
        for index, item in enumerate(demo)
    ]
    log = open_log(write_rows("v.jsonl", rows))
    assert log.program == "VLMEvalKit"
    assert [record.text for record in log.records(None)] == [None, *["A"] * (len(demo) - 1)]
