"""Layouts without a known program, tables, files of totals and damaged files."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from expect import raises
from mmar.items import Benchmark
from mmar.logs import join_log, open_log, write_log

WriteRows = Callable[[str, Sequence[object]], Path]
DATA = Path(__file__).parent / "data"


ANSWERS = {"beeps-1": "5", "place-1": "(B) At the seaside", "keypad-1": None}


def rows_of(demo: Benchmark, **fields: str) -> list[dict[str, Any]]:
    names = {"id": "id", "text": "response", **fields}
    return [{names["id"]: item.id, names["text"]: ANSWERS.get(item.id, item.choices[0])} for item in demo]


def texts(path: Path, demo: Benchmark, **options: str) -> dict[str, str | None]:
    return {
        name: each.record.text for name, each in join_log(open_log(path, **options), demo).answers.items()
    }


def test_layouts_without_a_program(demo: Benchmark, tmp_path: Path, write_rows: WriteRows) -> None:
    expected = {item.id: ANSWERS.get(item.id, item.choices[0]) for item in demo}
    rows = rows_of(demo)
    layouts = {
        "rows.jsonl": "".join(json.dumps(row) + "\n" for row in rows),
        "rows.json": json.dumps(rows),
        "results.json": json.dumps({"model": "m", "accuracy": 0.5, "results": rows}),
        "nested.json": json.dumps({"run": {"per_sample": rows}, "config": {"a": 1}}),
        "mapping.json": json.dumps({row["id"]: row["response"] for row in rows}),
        "inside.json": json.dumps({"predictions": {row["id"]: row["response"] for row in rows}}),
        "samples.jsonl": "".join(
            json.dumps({"id": row["id"], "responses": row["response"] and [row["response"], "x"]}) + "\n"
            for row in rows
        ),
        "objects.json": json.dumps({row["id"]: {"response": row["response"], "score": 1} for row in rows}),
        "list.json": json.dumps([row["response"] for row in rows]),
    }
    for name, content in layouts.items():
        (tmp_path / name).write_text(content, "utf-8")
        assert texts(tmp_path / name, demo) == expected, name
    deep = [{"doc": {"id": row["id"]}, "out": [{"said": row["response"]}]} for row in rows]
    path = write_rows("deep.jsonl", deep)
    assert texts(path, demo, key="out.0.said", id_field="doc.id") == expected


def test_cells_that_are_no_number(demo: Benchmark, tmp_path: Path) -> None:
    rows = [
        {"index": index, "question": item.question, "answer": "A", "prediction": "A"}
        | dict(zip("ABCDEF", [*item.choices, *[float("nan")] * 4], strict=False))
        for index, item in enumerate(demo)
    ]
    (tmp_path / "v.json").write_text(json.dumps(rows), "utf-8")
    assert len(texts(tmp_path / "v.json", demo)) == len(demo)


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
    with zipfile.ZipFile(tmp_path / "t.xlsx") as whole, zipfile.ZipFile(tmp_path / "cut.xlsx", "w") as cut:
        for name in whole.namelist():
            data = whole.read(name)
            cut.writestr(name, data[: len(data) // 2] if name.endswith("sheet1.xml") else data)
    with raises("invalid-table"):
        texts(tmp_path / "cut.xlsx", demo)


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
    assert all(each.record.text is None for each in joined.answers.values())


@pytest.mark.parametrize(
    "value",
    [
        {"results": {"mmar": {"acc": 0.5}}, "configs": {}, "versions": {}},
        {"name": "m@mmau", "dataset_name": "mmau", "metrics": [{"name": "accuracy", "score": 0.1}]},
        {"version": 2, "status": "error", "eval": {"task": "t"}, "plan": {}},
    ],
)
def test_files_of_totals_are_an_error(tmp_path: Path, value: dict[str, Any]) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(value, indent=2), "utf-8")
    with raises("no-answers", file=str(path)):
        open_log(path)


@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl", "mapping.json", "list.json", "rows.csv"])
def test_compressed_logs(demo: Benchmark, tmp_path: Path, name: str) -> None:
    rows = [{"id": item.id, "response": item.answer} for item in demo]
    content = {
        "rows.json": json.dumps(rows),
        "rows.jsonl": "".join(json.dumps(row) + "\n" for row in rows),
        "mapping.json": json.dumps({row["id"]: row["response"] for row in rows}),
        "list.json": json.dumps([row["response"] for row in rows]),
        "rows.csv": "id,response\n" + "".join(f'{row["id"]},"{row["response"]}"\n' for row in rows),
    }[name]
    path = tmp_path / f"{name}.gz"
    path.write_bytes(gzip.compress(content.encode()))
    assert texts(path, demo) == {item.id: item.answer for item in demo}
    path.write_bytes(path.read_bytes()[:-12])
    with raises("damaged-gzip"):
        texts(path, demo)
