"""Recognising a log by its content, and opening it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from mmar.errors import InputError
from mmar.files.hashing import reading_unpacked
from mmar.files.sniff import sniff_file
from mmar.files.typed import decode_json
from mmar.items.records import check_regular_file, raw_records
from mmar.logs import generic, inspect_ai, tables, ultraeval_audio
from mmar.logs.programs import PROGRAMS
from mmar.logs.record import LogRecord, PredictionLog, lookup

__all__ = ["LAYOUTS", "open_file"]

LAYOUTS = (
    "Inspect (.eval, .json)",
    *(program.name for program in PROGRAMS),
    "UltraEval-Audio",
    "VLMEvalKit (TSV, XLSX)",
    "MiMo-Audio-Eval",
    "CSV, TSV or XLSX with an id and an answer column",
    '{"id": "answer"}',
    "a list of answers in the benchmark's order",
    '{"results": [...]}',
)
"""What can be read, for messages."""

Rows = Callable[[], Iterator[tuple[int, Any]]]
_LOOKED_AT = 20
_SUMMARIES = (
    (
        "lmms-eval",
        {"results", "configs"},
        "name the file *_samples_*.jsonl beside it, which --log_samples writes",
    ),
    ("evalscope", {"dataset_name", "metrics"}, "name a file in predictions/ or reviews/ of the same run"),
    ("Inspect", {"eval", "plan"}, "the log has no samples: name the log of a run that was not ended early"),
)
"""Programs, the fields of their files of totals, and which file has the answers."""
_WHOLE_FILE = 1 << 28
_LARGE_INSPECT = 1 << 24


def open_file(path: str | Path, *, key: str | None = None, id_field: str | None = None) -> PredictionLog:
    """Recognise a log of another program and open it.

    Args:
        path: the log.
        key: dotted path of the field that holds the answer, such as `resps.0.0`; by default found by the layout.
        id_field: dotted path of the field that holds the item's id.

    Raises:
        InputError: no layout fits (`unknown-log`; the message says what the file looks like), it is no text
            (`wrong-file-type`), or there is no record (`no-records`).
    """
    path = Path(path)
    check_regular_file(path)
    kind = sniff_file(path)
    if kind.format == "zip" and inspect_ai.is_eval_archive(path):
        return _inspect(path, inspect_ai.read_eval)
    if kind.format == "xlsx" or (kind.format in ("zip", "office") and tables.is_workbook(path)):
        return _rows_log(path, lambda: tables.read_workbook(path), key, id_field)
    if kind.group not in ("records", "text") and kind.format != "gzip":
        raise InputError(
            f"is {kind.label}, expected a log in JSON, JSONL, CSV or one of the programs' own formats",
            file=str(path),
            code="wrong-file-type",
            hint="export it as JSONL or CSV",
        )
    with reading_unpacked(path) as stream:
        head = stream.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    suffix = Path(path.stem).suffix if kind.format == "gzip" else path.suffix
    if suffix.casefold() in (".csv", ".tsv") or head[:1] not in (b"{", b"["):
        return _rows_log(path, lambda: tables.read_delimited(path), key, id_field)
    if head[:1] == b"{" and (value := _whole_object(path, head)) is not None:
        return _object_log(path, value, key, id_field)
    if head[:1] == b"[" and (answers := _list_of_answers(path, head)) is not None:
        note = "the answers carry no ids; they are taken in the benchmark's order"
        return PredictionLog("a list of answers", str(path), lambda: iter(answers), (note,))
    return _rows_log(path, lambda: _json_rows(path), key, id_field)


def _inspect(path: Path, read: Callable[[Path], Iterator[LogRecord]]) -> PredictionLog:
    return PredictionLog("Inspect", str(path), lambda: read(path))


def _object_log(path: Path, value: Mapping[str, Any], key: str | None, id_field: str | None) -> PredictionLog:
    """A file that is one JSON object."""
    if isinstance(value.get("eval"), Mapping) and "samples" in value:
        return _inspect(path, inspect_ai.read_json)
    rows = generic.nested_rows(value)
    if rows is None:
        rows = list(generic.from_mapping(value) or ())
    if not rows or (key is None and _is_summary(rows)):
        raise _summary(path, value)
    return _rows_log(path, lambda: iter(enumerate(rows, 1)), key, id_field)


def _is_summary(rows: list[Any]) -> bool:
    """Whether a list in a JSON object holds numbers of groups instead of answers."""
    names = {name for row in rows if isinstance(row, Mapping) for name in row}
    known = any(program.matches(row) for row in rows if isinstance(row, Mapping) for program in PROGRAMS)
    return not known and generic.answer_field(names) is None


def _summary(path: Path, value: Mapping[str, Any]) -> InputError:
    """The error for a JSON object without answers, such as the totals that a program writes beside its log."""
    for program, fields, advice in _SUMMARIES:
        if fields <= set(value):
            return InputError(
                f"holds the results of {program}, without the answers",
                file=str(path),
                code="no-answers",
                hint=advice,
            )
    if "id" in value:  # one record, as JSONL has it
        return _unknown(path, "one record without a known answer field", list(value))
    return InputError(
        f"holds one JSON object without answers, with the fields {', '.join(list(value)[:12])}",
        file=str(path),
        code="no-answers",
        hint="name the file with an answer for each item, or the fields with --key and --id",
    )


def _rows_log(path: Path, rows: Rows, key: str | None, id_field: str | None) -> PredictionLog:
    """A log of one object a record."""
    sample = [row for _, row in islice(rows(), _LOOKED_AT) if isinstance(row, Mapping)]
    if not sample:
        raise InputError(
            "contains no record",
            file=str(path),
            code="no-records",
            hint="check that it is the file with the answers",
        )
    if key is None and all(ultraeval_audio.is_step(row) for row in sample):
        note = "the log has positions instead of ids; they are taken in the benchmark's order where nothing else fits"
        return PredictionLog(
            "UltraEval-Audio",
            str(path),
            lambda: ultraeval_audio.read_steps(
                (line, row) for line, row in rows() if isinstance(row, Mapping)
            ),
            (note,),
        )
    program = next(
        (each for each in PROGRAMS if key is None and all(each.matches(row) for row in sample)), None
    )
    if program is not None:
        read = program.read
        return PredictionLog(
            program.name,
            str(path),
            lambda: (
                record
                for line, row in rows()
                if isinstance(row, Mapping) and (record := read(row, line)) is not None
            ),
        )
    names = list(dict.fromkeys(name for row in sample for name in row))
    field = key or generic.answer_field(names)
    if field is None or (key is not None and all(lookup(row, key) is None for row in sample)):
        raise _unknown(
            path, "records without a known answer field" if key is None else f'records without "{key}"', names
        )
    name = "MiMo-Audio-Eval" if {"uid", "response", "modality"} <= set(names) else _table_name(names)
    others = [each for each in names if each != field and each.casefold() in generic.ANSWER_FIELDS]
    note = f'answers are read from "{field}"' + (
        f"; the log also has {', '.join(others)} (choose with --key)" if others else ""
    )
    return PredictionLog(
        name,
        str(path),
        lambda: (
            generic.from_row(row, line, key=field, id_field=id_field)
            for line, row in rows()
            if isinstance(row, Mapping)
        ),
        (note,) if others else (),
        field if "." not in field else "",
    )


def _table_name(names: list[str]) -> str:
    return "VLMEvalKit" if generic.is_vlmevalkit(names) else "another program"


def _whole_object(path: Path, head: bytes) -> Mapping[str, Any] | None:
    """The file as one JSON object, or `None` where it is something else (JSONL)."""
    line, newline, rest = head.partition(b"\n")
    if newline and rest.lstrip()[:1] == b"{" and line.rstrip().endswith(b"}"):
        return None
    inspect = b'"eval"' in head and b'"version"' in head
    size = path.stat().st_size
    if size > _WHOLE_FILE or (inspect and size > _LARGE_INSPECT):
        # Its samples are read one at a time.
        return {"eval": {}, "samples": []} if inspect else None
    with reading_unpacked(path) as stream:
        data = stream.read(_WHOLE_FILE + 1).removeprefix(b"\xef\xbb\xbf")
    if len(data) > _WHOLE_FILE:
        return {"eval": {}, "samples": []} if inspect else None
    try:
        value = decode_json(data, file=str(path))
    except InputError as error:
        if error.code == "invalid-json" and b"\n" in data.strip():
            return None
        raise
    return value if isinstance(value, Mapping) and not _is_record(value) else None


def _is_record(value: Mapping[str, Any]) -> bool:
    """Whether an object is itself an answer: a JSONL file of one line."""
    return any(program.matches(value) for program in PROGRAMS) or (
        "id" in value and generic.answer_field(value) is not None
    )


def _list_of_answers(path: Path, head: bytes) -> list[LogRecord] | None:
    if b"{" in head:
        return None
    with reading_unpacked(path) as stream:
        data = stream.read(_WHOLE_FILE + 1)
    if len(data) > _WHOLE_FILE:
        return None
    value = decode_json(data, file=str(path))
    if (
        not isinstance(value, list)
        or not value
        or not all(each is None or isinstance(each, str) for each in value)
    ):
        return None
    return [
        LogRecord(index, each, failure=None if each is not None else "the log holds no answer")
        for index, each in enumerate(value, 1)
    ]


def _json_rows(path: Path) -> Iterator[tuple[int, Any]]:
    for line, text in raw_records(path):
        yield line, decode_json(text, file=str(path), line=line)


def _unknown(path: Path, looks_like: str, names: list[str]) -> InputError:
    fields = f" with the fields {', '.join(names[:12])}" if names else ""
    return InputError(
        f"is not a log of a known layout: it looks like {looks_like}{fields}",
        file=str(path),
        code="unknown-log",
        hint=f"name the fields with --key and --id, or use one of: {'; '.join(LAYOUTS)}",
    )
