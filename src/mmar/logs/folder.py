"""Opening a log: a file, or a folder or an archive with the files of one run."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path, PurePath

import msgspec

from mmar.errors import InputError, UsageError
from mmar.files.archives import Limits, unpack
from mmar.files.sniff import sniff_file
from mmar.files.tables import is_workbook
from mmar.logs.inspect_ai import is_eval_archive
from mmar.logs.opening import GENERIC, open_file
from mmar.logs.record import LogRecord, OnError, PredictionLog

_SUFFIXES = {".jsonl", ".json", ".eval", ".csv", ".tsv", ".xlsx", ".parquet", ".gz"}
_MOST_FILES = 500
_LIMITS = Limits(total=8 << 30, member=2 << 30, text=2 << 30)


def open_log(path: str | Path, *, key: str | None = None, id_field: str | None = None) -> PredictionLog:
    """Recognise a log of another program and open it.

    The logs in a folder, a ZIP archive or a tar archive are read as one, such as a file for each process or subset.
    The same answer in two of them counts once.

    Args:
        path: the log, a folder or an archive.
        key: dotted path of the field with the answer, such as `resps.0.0`; by default found by the layout.
        id_field: dotted path of the field with the item's id.

    Raises:
        InputError: no layout fits (code `unknown-log`), and the message says what the file looks like; a file has
            totals only (code `no-answers`); a folder or an archive has no log (code `no-log`).
        UsageError: a package is missing (code `missing-extra`).
    """
    path = Path(path)
    if path.is_dir():
        return _open_folder(path, key, id_field)
    kind = sniff_file(path, decompress=True) if path.is_file() else None
    if kind is None or kind.group != "archive" or is_eval_archive(path) or is_workbook(path):
        return open_file(path, key=key, id_field=id_field)
    return _open_archive(path, key, id_field)


def _open_archive(path: Path, key: str | None, id_field: str | None) -> PredictionLog:
    """The logs of an archive, unpacked into a temporary folder that is removed with the log."""
    temporary = Path(tempfile.mkdtemp(prefix="mmar-log-"))
    folder = temporary / path.name

    def name_of(file: str | None) -> str:
        return (file or str(path)).replace(str(folder), str(path))

    try:
        unpack(path, folder, lambda name: name if _is_log(name) else None, limits=_LIMITS)
        log = _open_folder(folder, key, id_field)
    except BaseException as error:
        shutil.rmtree(temporary, ignore_errors=True)
        if isinstance(error, InputError):
            error.file = name_of(error.file)
        raise
    records = log.records

    def read(on_error: OnError) -> Iterator[LogRecord]:
        try:
            for record in records(on_error):
                yield msgspec.structs.replace(record, file=name_of(record.file) if record.file else "")
        except InputError as error:
            error.file = name_of(error.file)
            raise

    weakref.finalize(read, shutil.rmtree, temporary, ignore_errors=True)
    return msgspec.structs.replace(
        log,
        file=str(path),
        records=read,
        notes=tuple(map(name_of, log.notes)),
        files=tuple(map(name_of, log.files)),
    )


def _open_folder(folder: Path, key: str | None, id_field: str | None) -> PredictionLog:
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    names = sorted(islice((name for name in paths if _is_log(name)), _MOST_FILES))
    logs: list[PredictionLog] = []
    errors: list[InputError | UsageError] = []
    for name in names:
        try:
            logs.append(open_file(folder / name, key=key, id_field=id_field))
        except (InputError, UsageError) as error:
            errors.append(error)
    logs = _chosen(logs)
    if not logs:
        if len(names) == 1 or any(isinstance(error, UsageError) for error in errors):
            raise min(errors, key=lambda error: isinstance(error, InputError))
        problem = f"has no log in it ({_list(names) or 'no file of records'})"
        hint = "name the file with an answer for each item"
        raise InputError(problem, file=str(folder), code="no-log", hint=hint)
    if len(logs) == 1:
        return logs[0]

    def records(on_error: OnError) -> Iterator[LogRecord]:
        for log in logs:
            for record in log.records(on_error):
                yield msgspec.structs.replace(record, file=log.file)

    files = tuple(log.file for log in logs)
    note = f"read from {len(files):,} files: {_list(files)}"
    return PredictionLog(logs[0].program, str(folder), records, (note,), files=files)


def _list(names: Sequence[object]) -> str:
    return ", ".join(map(str, names[:5])) + (", ..." if len(names) > 5 else "")


def _is_log(name: PurePath) -> bool:
    return name.suffix.casefold() in _SUFFIXES and not any(part[0] in "._" for part in name.parts)


def _chosen(logs: Sequence[PredictionLog]) -> list[PredictionLog]:
    """The logs of one program; of evalscope's two files of the same answers the one with verdicts."""
    known = [log for log in logs if log.program != GENERIC] or list(logs)
    same = [(log, Path(log.file)) for log in known if log.program == known[0].program]
    reviews = {path.name for _, path in same if "reviews" in path.parts}
    return [log for log, path in same if "predictions" not in path.parts or path.name not in reviews]
