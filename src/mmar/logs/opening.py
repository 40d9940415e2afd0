"""Recognising a log by its content, and opening it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from mmar.errors import InputError, UsageError
from mmar.files import tables
from mmar.files.open import check_regular_file, name_errors, open_decompressed
from mmar.files.parquet import parquet_rows
from mmar.files.sniff import sniff_file
from mmar.files.typed import text_encoding
from mmar.logs import inspect_ai, ultraeval_audio
from mmar.logs.fields import Fields, answer_field, has_answer, paths_of, read_fields
from mmar.logs.json_rows import json_rows, json_values, object_rows
from mmar.logs.programs import PROGRAMS
from mmar.logs.record import LogRecord, OnError, PredictionLog, Row, lookup

GENERIC = "another program"
"""What the program of a log is called whose fields only have usual names."""

LAYOUTS = (
    "Inspect (.eval, .json)",
    *(program.name for program in PROGRAMS),
    "UltraEval-Audio",
    "CSV, TSV, XLSX or Parquet with an id and an answer column",
    '{"id": "answer"}',
    "a list of answers in the benchmark's order",
    '{"results": [...]}',
)
"""What can be read, for messages."""

Rows = Callable[[OnError], Iterable[tuple[int, Any]]]
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
_LARGE_INSPECT = 1 << 24  # bytes; such a log of Inspect is not read to see what it is


def open_file(path: str | Path, *, key: str | None = None, id_field: str | None = None) -> PredictionLog:
    """Recognise the log in one file and open it; arguments as `mmar.logs.open_log`.

    Raises:
        InputError: no layout fits (`unknown-log`; the message says what the file looks like), it is no text
            (`wrong-file-type`), or there is no record (`no-records`).
    """
    with name_errors(path):
        return _recognise(Path(path), key, id_field)


def _recognise(path: Path, key: str | None, id_field: str | None) -> PredictionLog:
    check_regular_file(path)
    kind = sniff_file(path)

    def is_header(names: Sequence[str]) -> bool:
        return len(set(names) - {""}) > 1 and has_answer(names, key)

    if kind.format == "zip" and inspect_ai.is_eval_archive(path):
        return _inspect(path, inspect_ai.read_eval)
    if kind.format == "xlsx" or (kind.format in ("zip", "office") and tables.is_workbook(path)):
        return _rows_log(path, lambda _: tables.read_workbook(path, is_header), key, id_field)
    if kind.format == "parquet":
        return _rows_log(path, lambda _: parquet_rows(path), key, id_field)
    if kind.group not in ("records", "text") and kind.format != "gzip":
        problem = f"is {kind.label}, expected a log in JSON, JSONL, CSV or one of the programs' own formats"
        hint = "unpack it first" if kind.group == "compressed" else "export it as JSONL or CSV"
        raise InputError(problem, code="wrong-file-type", hint=hint)
    with open_decompressed(path) as stream:
        head = stream.read(4096)
    start = head.decode(text_encoding(head), "ignore").lstrip()[:1]
    suffix = Path(path.stem).suffix if kind.format == "gzip" else path.suffix
    is_table = suffix.casefold() in (".csv", ".tsv")
    if is_table or start not in ("{", "["):
        try:
            return _rows_log(path, lambda _: tables.read_delimited(path, is_header), key, id_field)
        except InputError as error:
            if is_table or error.code not in ("invalid-table", "wrong-cell-count"):
                raise
            first = head.decode(text_encoding(head), "replace").strip().partition("\n")[0].strip()
            looks_like = f'text that starts with "{first[:60]}", neither JSON nor a table'
            raise _unknown(looks_like, ()) from None
    if path.stat().st_size > _LARGE_INSPECT and b'"eval"' in head and b'"version"' in head:
        return _inspect(path, inspect_ai.read_json)
    return _json_log(path, key, id_field)


def _inspect(path: Path, read: Callable[[Path], Iterator[LogRecord]]) -> PredictionLog:
    return PredictionLog("Inspect", str(path), lambda _: read(path))


def _json_log(path: Path, key: str | None, id_field: str | None) -> PredictionLog:
    values = json_values(path)
    if values is None:
        return _rows_log(path, lambda on_error: json_rows(path, on_error), key, id_field)
    value = values[0] if len(values) == 1 else values
    if isinstance(value, list) and all(each is None or isinstance(each, str) for each in value) and value:
        note = "the answers carry no ids; they are taken in the benchmark's order"
        answers = [LogRecord(line, each) for line, each in enumerate(value, 1)]
        return PredictionLog("a list of answers", str(path), lambda _: iter(answers), (note,))
    if isinstance(value, list):
        rows = [_pair(each) for each in value]
    elif _is_record(value, key):
        rows = [value]
    elif isinstance(value.get("eval"), Mapping) and "samples" in value:
        return _inspect(path, inspect_ai.read_json)
    else:
        rows = object_rows(value, key)
        if not rows or (key is None and not _have_answers(rows)):
            raise _summary(value)
    return _rows_log(path, lambda _: enumerate(rows, 1), key, id_field)


def _pair(value: Any) -> Any:
    """`[id, answer]` as a record; anything else as it is."""
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str):
        return {"id": value[0], "answer_prediction": value[1]}
    return value


def _is_of_a_program(value: Any) -> bool:
    return isinstance(value, Mapping) and any(program.matches(value) for program in PROGRAMS)


def _is_record(value: Mapping[str, Any], key: str | None) -> bool:
    """Whether an object is itself an answer: a JSONL file of one line."""
    return _is_of_a_program(value) or (has_answer(value, key) and isinstance(value.get("id"), str | int))


def _have_answers(rows: list[Any]) -> bool:
    """Whether records in a JSON object are answers, rather than numbers of groups."""
    names = {name for row in rows if isinstance(row, Mapping) for name in row}
    return answer_field(names) is not None or any(map(_is_of_a_program, rows))


def _summary(value: Mapping[str, Any]) -> InputError:
    """The error for a JSON object without answers, such as the totals that a program writes beside its log."""
    for program, fields, advice in _SUMMARIES:
        if fields <= set(value):
            problem = f"has the results of {program}, without the answers"
            return InputError(problem, code="no-answers", hint=advice)
    if "id" in value:  # one record, as JSONL has it
        return _unknown("one record without a known answer field", [value])
    problem = f"is one JSON object without answers, with the fields {', '.join(list(value)[:12])}"
    hint = "name the file with an answer for each item, or the fields with --key and --id"
    return InputError(problem, code="no-answers", hint=hint)


def _rows_log(path: Path, rows: Rows, key: str | None, id_field: str | None) -> PredictionLog:
    """A log of one object a record."""
    file = str(path)
    sample = [row for _, row in islice(rows(lambda _: None), _LOOKED_AT) if isinstance(row, Mapping)]
    if not sample:
        hint = "check that it is the file with the answers"
        raise InputError("contains no record", code="no-records", hint=hint)
    if key is None and all(ultraeval_audio.is_step(row) for row in sample):
        read = ultraeval_audio.read_steps
        note = ultraeval_audio.NOTE
        return PredictionLog("UltraEval-Audio", file, lambda on_error: read(rows(on_error), file), (note,))
    names = list(dict.fromkeys(name for row in sample for name in row))
    for program in PROGRAMS if key is None and id_field is None else ():
        if all(program.matches(row) for row in sample):
            own = next((name for name in program.fields.text if _is_text(name, sample)), "")
            return PredictionLog(program.name, file, _records(rows, program.read, file), (), own)
    field = key or answer_field(names)
    if field is None:
        raise _unknown("records without a known answer field", sample)
    if key is not None and all(lookup(row, key) is None for row in sample):
        raise _unknown(f'records without "{key}"', sample)
    if key == "answer" and {"question", "choices"} & set(names):
        problem = f'{path}: "answer" is the key of these questions, not a prediction'
        raise UsageError(problem, code="not-a-prediction-key")
    fields = Fields(text=(field,), ids=(id_field,) if id_field else ())
    others = [each for each in names if each != field and answer_field([each])]
    note = f'answers are read from "{field}"; the log also has {", ".join(others)} (choose with --key)'
    records = _records(rows, lambda row, line: read_fields(row, line, fields), file)
    own = field if _is_text(field, sample) else ""
    return PredictionLog(GENERIC, file, records, (note,) if others else (), own)


def _is_text(name: str, sample: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a field of the records themselves has plain text, which the reader of predictions takes."""
    return any(name in row for row in sample) and all(
        row.get(name) is None or isinstance(row[name], str | int | float) for row in sample
    )


def _records(
    rows: Rows, read: Callable[[Row, int], LogRecord], file: str
) -> Callable[[OnError], Iterator[LogRecord]]:
    def records(on_error: OnError) -> Iterator[LogRecord]:
        for line, row in rows(on_error):
            if isinstance(row, Mapping):
                try:
                    record = read(row, line)
                except InputError as error:
                    if on_error is None:
                        raise error.located(file, line) from None
                    on_error(error.located(file, line))
                else:
                    yield record

    return records


def _unknown(looks_like: str, sample: Sequence[Mapping[str, Any]]) -> InputError:
    names = list(dict.fromkeys(name for row in sample for name in paths_of(row)))
    fields = f", with {', '.join(names[:12])}{', ...' if len(names) > 12 else ''}" if names else ""
    problem = f"is not a log of a known layout: it looks like {looks_like}{fields}"
    hint = f"name the fields with --key and --id, or use one of: {'; '.join(LAYOUTS)}"
    return InputError(problem, code="unknown-log", hint=hint)
