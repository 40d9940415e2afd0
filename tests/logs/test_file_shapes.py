"""Shapes in which people have answers: each is read, or the error says what it looks like and how to name the fields."""

from __future__ import annotations

import csv
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from expect import raises
from mmar.items import Benchmark
from mmar.logs import join_log, open_log


def texts(path: Path, demo: Benchmark, **options: str) -> dict[str, str | None]:
    return {
        name: each.record.text for name, each in join_log(open_log(path, **options), demo).answers.items()
    }


def rows_of(demo: Benchmark, name: str = "prediction") -> list[dict[str, Any]]:
    return [{"id": item.id, name: item.answer} for item in demo]


def table(rows: list[dict[str, Any]], delimiter: str = ",") -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([list(rows[0]), *(row.values() for row in rows)])
    return text.getvalue()


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


Shape = Callable[[list[dict[str, Any]]], object]
SHAPES: dict[str, Shape] = {
    "columns.json": lambda rows: {
        name: {str(n): row[name] for n, row in enumerate(rows)} for name in rows[0]
    },
    "lists.json": lambda rows: {name: [row[name] for row in rows] for name in rows[0]},
    "index.json": lambda rows: {str(n): row for n, row in enumerate(rows)},
    "split.json": lambda rows: {"columns": list(rows[0]), "data": [list(row.values()) for row in rows]},
    "pairs.json": lambda rows: [list(row.values()) for row in rows],
    "groups.json": lambda rows: {"sound": rows[:3], "speech": rows[3:]},
    "wrapped.json": lambda rows: {"code": 0, "data": {"items": rows}},
    "concatenated.jsonl": lambda rows: "".join(map(json.dumps, rows)),
    "indented.json": lambda rows: "\n".join(json.dumps(row, indent=1) for row in rows),
    "commas.jsonl": lambda rows: ",\n".join(map(json.dumps, rows)),
    "excel.csv": lambda rows: table(rows, "\t").encode("utf-16"),
    "utf16.json": lambda rows: json.dumps(rows).encode("utf-16-le"),
    "mark.jsonl": lambda rows: b"\xef\xbb\xbf" + lines(rows).encode(),
    "semicolons.csv": lambda rows: table(rows, ";"),
    "sep.csv": lambda rows: "sep=|\n" + table(rows, "|"),
    "title.csv": lambda rows: "Results of a model,\n\n" + table(rows),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_file_of_usual_shape_is_read(demo: Benchmark, tmp_path: Path, name: str) -> None:
    content = SHAPES[name](rows_of(demo))
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    assert texts(tmp_path / name, demo) == {item.id: item.answer for item in demo}


VALUES: dict[str, Callable[[str], object]] = {
    "message": lambda text: {"role": "assistant", "content": text},
    "conversation": lambda text: [{"role": "user", "content": "?"}, {"role": "assistant", "content": text}],
    "parts": lambda text: [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": text}],
    "completion": lambda text: {"choices": [{"message": {"role": "assistant", "content": text}}]},
    "responses": lambda text: {
        "output": [{"type": "message", "content": [{"type": "output_text", "text": text}]}]
    },
    "object": lambda text: {"text": text, "tokens": 3},
    "samples": lambda text: [{"text": text}, {"text": "another"}],
}


@pytest.mark.parametrize("form", VALUES)
@pytest.mark.parametrize("field", ["response", "Model Output", "generated"])
def test_an_answer_may_stand_inside_a_value(demo: Benchmark, tmp_path: Path, form: str, field: str) -> None:
    rows = [{"id": item.id, field: VALUES[form](item.answer or "")} for item in demo]
    (tmp_path / "log.jsonl").write_text(lines(rows))
    assert texts(tmp_path / "log.jsonl", demo) == {item.id: item.answer for item in demo}


def test_a_reply_or_a_conversation_a_line(demo: Benchmark, tmp_path: Path) -> None:
    for name, form in (("completion", "completion"), ("conversation", "conversation")):
        values = [VALUES[form](item.answer or "") for item in demo]
        rows = [
            {"id": item.id, **(value if isinstance(value, dict) else {"messages": value})}
            for item, value in zip(demo, values, strict=True)
        ]
        (tmp_path / f"{name}.jsonl").write_text(lines(rows))
        assert texts(tmp_path / f"{name}.jsonl", demo) == {item.id: item.answer for item in demo}


def test_bad_records_are_left_out_with_on_error(demo: Benchmark, tmp_path: Path) -> None:
    rows = rows_of(demo)
    broken = [rows[0], {"id": rows[1]["id"], "prediction": {"a": {"b": 1}}}, *rows[2:]]
    (tmp_path / "log.jsonl").write_text("{broken\n" + lines(broken))
    errors: list[tuple[str, int | None]] = []
    log = open_log(tmp_path / "log.jsonl")
    joined = join_log(log, demo, lambda error: errors.append((error.code, error.line)))
    assert errors == [("invalid-json", 1), ("no-text", 3)]
    assert set(joined.answers) == {row["id"] for row in rows} - {rows[1]["id"]}
    with raises("invalid-json", line=1):
        join_log(log, demo)


def test_a_value_without_a_known_text_is_no_failed_answer(demo: Benchmark, tmp_path: Path) -> None:
    rows = [{"id": item.id, "response": {"said": {"words": item.answer}}} for item in demo]
    (tmp_path / "log.jsonl").write_text(lines(rows))
    with raises("no-text", line=1, field="response"):
        texts(tmp_path / "log.jsonl", demo)
    assert texts(tmp_path / "log.jsonl", demo, key="response.said.words") == {
        item.id: item.answer for item in demo
    }


@pytest.mark.parametrize("titles", [0, 2])
def test_a_workbook_with_titles_and_another_sheet(demo: Benchmark, tmp_path: Path, titles: int) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["model", "X"])
    sheet = book.create_sheet("answers")
    for number in range(titles):
        sheet.append([f"title {number}"])
    sheet.append(["id", "prediction"])
    for item in demo:
        sheet.append([item.id, item.answer if item.id != "beeps-1" else None])
    book.save(tmp_path / "book.xlsx")
    expected = {item.id: item.answer for item in demo} | {"beeps-1": ""}
    assert texts(tmp_path / "book.xlsx", demo) == expected  # an empty cell is an empty answer


def test_a_parquet_table_of_answers(demo: Benchmark, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    rows = [{"id": item.id, "response": {"text": item.answer}} for item in demo]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "log.parquet")
    assert texts(tmp_path / "log.parquet", demo) == {item.id: item.answer for item in demo}


def test_logs_in_archives_are_read(demo: Benchmark, tmp_path: Path) -> None:
    rows = rows_of(demo)
    with zipfile.ZipFile(tmp_path / "log.zip", "w") as archive:
        archive.writestr("run/rank_0.jsonl", lines(rows[:3]))
        archive.writestr("run/rank_1.csv", table(rows[3:]))
        archive.writestr("__MACOSX/run/._rank_0.jsonl", "x")
        archive.writestr("run/clip.wav", "x")
    log = open_log(tmp_path / "log.zip")
    assert {name: each.record.text for name, each in join_log(log, demo).answers.items()} == {
        item.id: item.answer for item in demo
    }
    assert [Path(file).relative_to(tmp_path).as_posix() for file in log.files] == [
        "log.zip/run/rank_0.jsonl",
        "log.zip/run/rank_1.csv",
    ]
    with tarfile.open(tmp_path / "log.tar.gz", "w:gz") as tar:
        data = lines([*rows, {"id": "other", "prediction": "x"}]).encode()
        member = tarfile.TarInfo("log.jsonl")
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    with raises("unknown-item", file=str(tmp_path / "log.tar.gz"), line=len(rows) + 1):
        texts(tmp_path / "log.tar.gz", demo)
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as archive:
        archive.writestr("clip.wav", "x")
    with raises("no-log", file=str(tmp_path / "empty.zip")):
        open_log(tmp_path / "empty.zip")


def test_clips_under_other_paths(demo: Benchmark, tmp_path: Path) -> None:
    for path in ("C:\\data\\{}.flac", "/data/x/{}.mp3", "file:///data/{}.wav"):
        rows = [{"audio": path.format(Path(item.audio_path).stem), "response": item.answer} for item in demo]
        (tmp_path / "log.jsonl").write_text(lines(rows))
        assert texts(tmp_path / "log.jsonl", demo) == {item.id: item.answer for item in demo}


def test_items_of_one_question_are_not_told_apart_by_their_order(demo: Benchmark, tmp_path: Path) -> None:
    """Records of repeats are in no order of the items, and a log that does not say which item it is must not guess."""
    question = "Which one is it?"
    twins = [item.to_record() | {"question": question, "choices": ["x", "y"], "answer": "x"} for item in demo]
    (tmp_path / "items.jsonl").write_text(lines(twins))
    from mmar.items import load_benchmark

    benchmark = load_benchmark(tmp_path / "items.jsonl")
    prompt = f"{question}\nA) x\nB) y"
    rows = [
        {
            "index": index,
            "model_output": {"choices": [{"message": {"role": "assistant", "content": "A"}}]},
            "messages": [{"role": "user", "content": prompt}],
        }
        for index in range(len(demo))
    ]
    (tmp_path / "predictions.jsonl").write_text(lines(rows))
    with raises("ambiguous-item", line=1):
        join_log(open_log(tmp_path / "predictions.jsonl"), benchmark)


def test_the_key_of_questions_is_no_prediction(demo: Benchmark, tmp_path: Path) -> None:
    (tmp_path / "items.jsonl").write_text(lines([dict(item.to_record()) for item in demo]))
    with raises("not-a-prediction-key"):
        open_log(tmp_path / "items.jsonl", key="answer")
    (tmp_path / "own.jsonl").write_text(lines(rows_of(demo, "answer")))
    assert texts(tmp_path / "own.jsonl", demo, key="answer") == {item.id: item.answer for item in demo}
