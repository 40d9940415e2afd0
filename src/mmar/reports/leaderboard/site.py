"""The folder of a leaderboard: one page that opens from disk, its data, exports of each row, and the changes.

    index.html            the page, with all its data
    leaderboard.json      the same data for programs
    changes.json          the changes of each writing of the folder, newest first
    systems/ID.csv|tex|json   exports of each row
    every-eval-ever/      the runs in the format of Every Eval Ever
    report/               a report of all runs, to which rows and items link

The same runs give the same bytes; a folder that is written again with other runs gets one more change.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from mmar.errors import InputError
from mmar.files.atomic import write_atomic
from mmar.files.typed import decode_json
from mmar.reports.exchange.every_eval_ever import write_every_eval_ever
from mmar.reports.leaderboard.board import Board, BoardRow
from mmar.reports.leaderboard.names import known_systems
from mmar.reports.page.frame import bundle, encode_block, json_block, page, styles
from mmar.reports.published import GROUP_SIZES
from mmar.reports.report_page import PageOptions, ReportData, write_report
from mmar.reports.scored_source import ScoredSource
from mmar.reports.systems_table import run_row, systems_table
from mmar.reports.table_formats import render

KIND = "leaderboard"
"""Kind of the page for `check_folder`."""

REPORT = "report"
"""Folder of the report of all runs, within that of the leaderboard."""

_FILES = {"csv": "csv", "latex": "tex", "json": "json"}


class Change(msgspec.Struct, frozen=True):
    """The changes of one writing of the folder.

    Attributes:
        date: of the newest run or published value.
        digest: of everything on the leaderboard, 64 hexadecimal digits.
        added: ids of new rows, as `removed` of rows that are gone.
        changed: by id, the number before and after, percent.
    """

    date: str
    digest: str
    systems: int
    runs: int
    added: list[str]
    removed: list[str]
    changed: dict[str, tuple[float, float]]


def write_leaderboard(
    board: Board,
    folder: Path,
    sources: Sequence[ScoredSource] = (),
    *,
    report: ReportData | None = None,
    options: PageOptions | None = None,
) -> Path:
    """Write a leaderboard, or write it again, with exports of its runs and their report below it; returns the page.

    The language of the options is also that of the leaderboard.

    Raises:
        InputError: the folder's own files were damaged.
    """
    options = options or PageOptions()
    changes = _changes(board, folder)
    if report is not None:
        write_report(report, folder / REPORT, options)
    for row in board.systems:
        _write_exports(row, folder / "systems", sources)
    for source in sources:
        write_every_eval_ever(source, folder / "every-eval-ever")
    data = msgspec.to_builtins(board)
    write_atomic(folder / "changes.json", _readable(changes))
    write_atomic(folder / "leaderboard.json", _readable(data))
    text = page(
        board.title,
        kind=KIND,
        script=bundle("leaderboard.js"),
        style=styles("base.css", "leaderboard.css"),
        blocks={"core": encode_block(json_block({**data, "changes": msgspec.to_builtins(changes)}))},
        language=options.language,
    )
    path = folder / "index.html"
    write_atomic(path, text)
    return path


def _readable(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def _changes(board: Board, folder: Path) -> list[Change]:
    """The changes of a leaderboard's folder, newest first, with those of this writing."""
    path = folder / "changes.json"
    earlier = decode_json(path.read_bytes(), list[Change], file=str(path)) if path.is_file() else []
    digest = board.content_digest()
    if earlier and earlier[0].digest == digest:
        return earlier
    path = folder / "leaderboard.json"
    before: dict[str, float] = {}
    if earlier and path.is_file():
        with suppress(InputError):
            written = decode_json(path.read_bytes(), Board, file=str(path))
            before = {row.id: row.number for row in written.systems}
    now = {row.id: row.number for row in board.systems}
    change = Change(
        date=board.date,
        digest=digest,
        systems=len(now),
        runs=len(board.runs),
        added=sorted(now.keys() - before.keys()),
        removed=sorted(before.keys() - now.keys()),
        changed={
            name: (before[name], number)
            for name, number in sorted(now.items())
            if before.get(name, number) != number
        },
    )
    return [change, *earlier]


def _write_exports(row: BoardRow, folder: Path, sources: Sequence[ScoredSource]) -> None:
    own = {run.id for run in row.runs}
    runs = [
        run_row(source.path, source.scored, source.benchmark)
        for source in sources
        if source.identifier("leaderboard")[:8] in own
    ]
    known = known_systems().get(row.id)
    results = known.results if known is not None and row.values else ()
    groups = tuple(dict.fromkeys(name for run in runs for name in run.groups.get("modality", ())))
    table = systems_table(runs, results, columns=groups or tuple(GROUP_SIZES))
    for name, suffix in _FILES.items():
        write_atomic(folder / f"{row.id}.{suffix}", render(table, name))
