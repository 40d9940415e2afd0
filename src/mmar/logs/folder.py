"""Opening a log: a file, or a folder in which a program wrote the files of one run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import msgspec

from mmar.errors import InputError, UsageError
from mmar.logs.opening import open_file
from mmar.logs.record import LogRecord, PredictionLog

__all__ = ["open_log"]

_SUFFIXES = {".jsonl", ".json", ".eval", ".csv", ".tsv", ".xlsx", ".gz"}
_MOST_FILES = 500


def open_log(path: str | Path, *, key: str | None = None, id_field: str | None = None) -> PredictionLog:
    """Recognise a log of another program and open it.

    The logs below a folder are read as one, such as a file for each process or subset. The same answer in two of them
    counts once.

    Args:
        path: the log, or a folder.
        key: dotted path of the field that holds the answer, such as `resps.0.0`; by default found by the layout.
        id_field: dotted path of the field that holds the item's id.

    Raises:
        InputError: no layout fits (code `unknown-log`), and the message says what the file looks like; a file holds
            totals only (code `no-answers`); a folder holds no log (code `no-log`).
        UsageError: a package is missing (code `missing-extra`).
    """
    path = Path(path)
    return (
        open_file(path, key=key, id_field=id_field)
        if not path.is_dir()
        else _open_folder(path, key, id_field)
    )


def _open_folder(folder: Path, key: str | None, id_field: str | None) -> PredictionLog:
    names = sorted(islice(_names(folder), _MOST_FILES))
    logs: list[PredictionLog] = []
    missing: UsageError | None = None
    for name in names:
        try:
            logs.append(open_file(folder / name, key=key, id_field=id_field))
        except UsageError as error:
            missing = missing or error
        except InputError:
            continue
    logs = _chosen(logs)
    if not logs:
        if missing is not None:
            raise missing
        listed = ", ".join(map(str, names[:5])) + (", ..." if len(names) > 5 else "")
        raise InputError(
            f"is a folder that holds no log ({listed or 'no file of records'})",
            file=str(folder),
            code="no-log",
            hint="name the file with an answer for each item",
        )
    if len(logs) == 1:
        return logs[0]
    files = tuple(log.file for log in logs)
    return PredictionLog(
        logs[0].program,
        str(folder),
        lambda: _records(logs),
        (f"read from {len(files):,} files: {', '.join(files[:5])}{', ...' if len(files) > 5 else ''}",),
        files=files,
    )


def _names(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if (
            path.suffix.casefold() in _SUFFIXES
            and path.is_file()
            and not any(part[0] == "." for part in name.parts)
        ):
            yield name


def _chosen(logs: Sequence[PredictionLog]) -> list[PredictionLog]:
    """The logs of one program; of evalscope's two files of the same answers the one with verdicts."""
    known = [log for log in logs if not log.answer_field] or list(logs)
    program = known[0].program if known else ""
    reviews = {Path(log.file).name for log in known if "reviews" in Path(log.file).parts}
    return [
        log
        for log in known
        if log.program == program
        and not ("predictions" in Path(log.file).parts and Path(log.file).name in reviews)
    ]


def _records(logs: Sequence[PredictionLog]) -> Iterator[LogRecord]:
    for log in logs:
        for record in log.records():
            yield msgspec.structs.replace(record, file=log.file)
