"""`mmar get`: fetch a benchmark, or list those that are known."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mmar.benchmarks import CATALOGUE, Cache, CatalogueEntry, default_cache_dir, find_entry, resolve
from mmar.benchmarks.catalogue import DEMO
from mmar.benchmarks.get import download_benchmark
from mmar.cli import shared
from mmar.cli.output import display, file_progress, print_json, print_table
from mmar.errors import UsageError
from mmar.files.progress import format_bytes
from mmar.reports.tables import draw, join_blocks

if TYPE_CHECKING:
    from mmar.benchmarks.cache import DownloadedFile
    from mmar.benchmarks.get import DownloadResult

_LISTED = 5  # missing clips


@click.command("get")
@click.argument("name", required=False, shell_complete=shared.complete_benchmark)
@shared.repeatable(
    "--from",
    "sources",
    metavar="FILE-OR-URL",
    help="Take metadata or clips from here, not from the publisher.",
)
@click.option("--audio/--no-audio", default=True, show_default=True, help="Fetch the clips, too.")
@shared.folder_option("--cache-dir", help="Cache directory. [default: MMAR_CACHE_DIR or the user's cache]")
@shared.flag("--force", help="Fetch again even if the benchmark is present.")
@shared.flag("--list", "listing", help="List the known benchmarks.")
@shared.json
@click.pass_context
def get(
    context: click.Context,
    /,
    name: str | None,
    audio: bool,
    cache_dir: Path | None,
    listing: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Download a benchmark: its questions and its audio.

    Files are verified and stored in a cache, where every command finds the benchmark by its name. "mmar get mmar"
    downloads 3 GB, with --no-audio 3 MB; run it again to continue after an interruption.

    \b
    Example:
      mmar get --list
      mmar get demo
    """
    cache_dir = cache_dir or default_cache_dir(os.environ)
    if listing:
        _print_list(cache_dir, as_json=as_json)
    elif name is None:
        raise UsageError(
            "no benchmark named", code="missing-argument", hint="mmar get --list shows the known ones"
        )
    elif name == DEMO:
        click.echo(f"{name} is generated, nothing is downloaded: {resolve(name, cache_dir).metadata}")
    else:
        complete = _fetch(find_entry(name), cache_dir, audio=audio, as_json=as_json, **options)
        context.exit(0 if complete else 1)


def _fetch(entry: CatalogueEntry, cache_dir: Path, *, audio: bool, as_json: bool, **options: Any) -> bool:
    try:
        obtained = download_benchmark(entry, cache_dir, audio=audio, progress=file_progress(), **options)
    except KeyboardInterrupt:
        click.echo(
            "\nStopped. The part that was fetched is saved; run the same command to continue.", err=True
        )
        raise SystemExit(130) from None
    if as_json:
        print_json({"folder": str(obtained.folder), **msgspec.to_builtins(obtained.receipt)})
    else:
        click.echo(summary(entry, obtained, audio_wanted=audio))
    part = obtained.receipt.audio
    return part is None or not part.missing


def summary(entry: CatalogueEntry, obtained: DownloadResult, *, audio_wanted: bool) -> str:
    """The text at the end of a download."""
    receipt = obtained.receipt
    title = f"{entry.title}, revision {receipt.revision[:12]}"
    lines = [
        title if obtained.changed else f"{title}: already present, nothing was downloaded",
        f"  questions  {_describe_questions(receipt.metadata)}",
    ]
    if (audio := receipt.audio) is not None:
        lines.append(f"  audio      {_describe_part(audio)}")
        total = audio.clips + len(audio.missing)
        others = f"; {audio.skipped:,} other files of the archive were skipped" if audio.skipped else ""
        lines.append(f"  clips      {audio.clips:,} of {total:,}, {format_bytes(audio.clip_bytes)}{others}")
        if audio.missing:
            more = f" and {len(audio.missing) - _LISTED:,} more" if len(audio.missing) > _LISTED else ""
            lines.append(f"  missing    {', '.join(audio.missing[:_LISTED])}{more}")
    elif audio_wanted:
        lines.append(f"  audio      not present: {entry.audio_advice}")
    else:
        lines.append("  audio      not downloaded (--no-audio)")
    lines += [f"  folder     {obtained.folder}", "", f"Licence of the data: {entry.licence}"]
    return "\n".join([*lines, f"Cite as: {entry.citation}", "", entry.bibtex])


def _describe_questions(parts: tuple[DownloadedFile, ...]) -> str:
    if len(parts) == 1:
        return _describe_part(parts[0])
    return f"{len(parts)} files, {format_bytes(sum(part.size for part in parts))}, digests verified"


def _describe_part(part: DownloadedFile) -> str:
    if part.verified:
        return f"{format_bytes(part.size)}, digest verified"
    return f"{format_bytes(part.size)}, not verified (no digest is published); its SHA-256 is {part.sha256}"


def _print_list(cache_dir: Path, *, as_json: bool) -> None:
    if as_json:
        print_json([_record(entry, cache_dir) for entry in CATALOGUE.values()])
        return
    rows = []
    for entry in CATALOGUE.values():
        files = [file for file in (*entry.metadata, entry.audio) if file and file.size]
        size = format_bytes(sum(file.size for file in files)) if files else "–"
        items = f"{entry.items:,}" if entry.items else "–"
        rows.append((entry.name, items, size, Cache(cache_dir, entry).state, entry.title))
    columns = ("NAME", ">ITEMS", ">DOWNLOAD", "STATE", "TITLE")
    print_table(join_blocks(draw(columns, rows, display()), [f"cache: {cache_dir}"]))


def _record(entry: CatalogueEntry, cache_dir: Path) -> dict[str, Any]:
    cache = Cache(cache_dir, entry)
    state = cache.state
    here = str(cache.folder) if state in ("ready", "clips missing", "without audio") else None
    return {**msgspec.to_builtins(entry), "state": state, "folder": here}
