"""Output of commands: text, JSON, progress and files."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TextIO, TypeVar

import click

from mmar.errors import ExternalError, InputError, UsageError, strip_control_chars
from mmar.reports.tables import Display

if TYPE_CHECKING:
    from mmar.files.progress import Progress as FileProgress

STDOUT = Path("-")
"""The name of standard output where an option takes a file."""

# The codes of mmar's own tables: reset, bold, dim, red, yellow, cyan.
_OWN_CODES = re.compile(r"(\x1b\[(?:0|1|2|31|33|36)m)")
_MAX_SKIPPED = 20
_STATUS_S = 30.0


def display(stream: TextIO | None = None) -> Display:
    """The terminal of a stream, by default standard output: its width (80 if there is none) and whether it has colours."""
    stream = stream or sys.stdout
    width = _terminal_width()
    if not _is_unicode(stream):
        width -= 2  # room for an ellipsis of three dots
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Display(max(width, 60), colour=stream.isatty() and not plain)


def _terminal_width() -> int:
    """Columns by the rules of `shutil.get_terminal_size`; importing that takes longer than drawing a table."""
    try:
        columns = int(os.environ.get("COLUMNS", ""))
    except ValueError:
        columns = 0
    if columns > 0:
        return columns
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):  # no standard output, or it is no terminal
        return 80


def file_progress() -> FileProgress:
    """Progress of copies and downloads on standard error."""
    from mmar.files.progress import progress_for  # few commands copy

    return progress_for(sys.stderr, colour=display(sys.stderr).colour)


def print_table(text: str, *, err: bool = False) -> None:
    """Print lines of a report. Control characters are removed, but for the tables' own bold, dim and colours."""
    pieces = _OWN_CODES.split(text)
    safe = "".join(piece if index % 2 else strip_control_chars(piece) for index, piece in enumerate(pieces))
    click.echo(safe, nl=not safe.endswith("\n"), err=err)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines as they come."""
    for line in lines:
        click.echo(line)


def print_report(render: Callable[[Display], str], items: Path | None = None) -> None:
    """Print a report: on standard output, or on standard error where `--items -` takes that."""
    err = items == STDOUT
    print_table(render(display(sys.stderr if err else sys.stdout)), err=err)


class _Result(Protocol):
    def to_dict(self) -> dict[str, Any]: ...


R = TypeVar("R", bound=_Result)


def print_result(
    result: R, table: Callable[[R, Display], str], *, as_json: bool, items: Path | None = None
) -> None:
    """Print a result: as JSON, or by the function that makes its table (see `print_report`)."""
    if as_json:
        print_json(result.to_dict())
    else:
        print_report(partial(table, result), items)


@contextmanager
def external_errors() -> Iterator[None]:
    """Print an external error and exit with status 1: the same command goes on from what is on disk."""
    try:
        yield
    except ExternalError as error:
        click.echo(f"mmar: {error}", err=True)
        sys.exit(1)


def print_json(value: object) -> None:
    """Print JSON, in ASCII where the output's encoding is not Unicode."""
    import json  # most commands print tables

    click.echo(json.dumps(value, ensure_ascii=not _is_unicode(sys.stdout), indent=2))


def _is_unicode(stream: TextIO) -> bool:
    return (stream.encoding or "utf-8").lower().replace("-", "").replace("_", "").startswith("utf")


@contextmanager
def report_skipped() -> Iterator[Callable[[InputError], None]]:
    """A function that prints skipped records to standard error: each of the first 20, and at the end how many."""
    number = 0

    def report(error: InputError) -> None:
        nonlocal number
        number += 1
        if number <= _MAX_SKIPPED:
            click.echo(f"skipped: {error.summary}", err=True)

    yield report
    if number > _MAX_SKIPPED:
        click.echo(f"skipped: {number:,} records in all; the first {_MAX_SKIPPED} are listed", err=True)


def print_skipped(errors: Sequence[InputError]) -> None:
    """Print the records that were skipped, as `report_skipped` does."""
    with report_skipped() as report:
        for error in errors:
            report(error)


@contextmanager
def status_line() -> Iterator[Callable[[str], None]]:
    """A function that shows a text on standard error: in one line on a terminal, elsewhere every 30 seconds."""
    live, last = sys.stderr.isatty(), time.monotonic()

    def show(text: str) -> None:
        nonlocal last
        if live:
            click.echo(f"\r\033[K{text}", nl=False, err=True)
        elif time.monotonic() - last >= _STATUS_S:
            click.echo(text, err=True)
            last = time.monotonic()

    try:
        yield show
    finally:
        if live:
            click.echo("\r\033[K", nl=False, err=True)


def check_items_option(items: Path | None, as_json: bool, *inputs: Path | str | None) -> None:
    """Check `--items` before anything is computed.

    Raises:
        UsageError: the file is one of the inputs, or both outputs go to standard output.
    """
    if as_json and items == STDOUT:
        raise UsageError("--items - and --json both print to standard output", code="incompatible-options")
    if items != STDOUT:
        refuse_over_inputs("--items", items, *inputs)


@contextmanager
def output_file(path: Path) -> Iterator[Path]:
    """The file to write for an option; for `-` a temporary file, which is copied to standard output at the end."""
    if path != STDOUT:
        yield path
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="mmar-") as folder:
        written = Path(folder) / "items.jsonl"
        yield written
        if written.exists():
            with written.open(encoding="utf-8") as lines:
                sys.stdout.writelines(lines)


def print_written(files: Iterable[Path]) -> None:
    """Print the files that were written to standard error."""
    for file in files:
        click.echo(f"wrote {file}", err=True)


def write_items(items: Path, rows: Iterable[Mapping[str, Any]], fields: Sequence[str]) -> None:
    """Write the records of `--items`."""
    from mmar.files.atomic import write_atomic
    from mmar.reports.records_file import records_file

    with output_file(items) as path:
        write_atomic(path, records_file(rows, path, fields))


def refuse_over_inputs(option: str, output: Path | None, *inputs: Path | str | None) -> None:
    """Refuse to write over a file that the command reads: files, run folders, names, `None` for unused options.

    Raises:
        UsageError: the output is one of the inputs, or one of the two files that make a run.
    """
    if output is None or not output.exists():
        return
    from mmar.runs.ledger import LEDGER_NAME
    from mmar.runs.manifest import MANIFEST_NAME
    from mmar.scoring.inputs import resolve_run_folder

    for name in inputs:
        if name is None:
            continue
        path = Path(name)
        folder = resolve_run_folder(path)
        for file in (path, folder / LEDGER_NAME, folder / MANIFEST_NAME):
            if file.exists() and file.samefile(output):
                raise UsageError(
                    f"{option} {output} would overwrite an input of this command",
                    code="output-is-input",
                    hint="name another file",
                )


def parse_pairs(
    option: str, texts: tuple[str, ...], example: str, form: str = "KEY=VALUE"
) -> dict[str, list[str]]:
    """Values by name of a repeatable option of this form.

    Raises:
        UsageError: a text has no name or no equals sign.
    """
    pairs: dict[str, list[str]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(
                f'{option} "{text}": expected {form}, such as {option} {example}', code="not-a-pair"
            )
        pairs.setdefault(name.strip(), []).append(value)
    return pairs
