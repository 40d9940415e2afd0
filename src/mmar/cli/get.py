"""`mmar get`: fetch a benchmark, or list those that are known."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from mmar.benchmarks import CATALOGUE, Entry, Store, default_cache_dir, entry_named, resolve

__all__ = ["get"]


@click.command("get")
@click.argument("name", required=False)
@click.option(
    "--from",
    "sources",
    multiple=True,
    metavar="FILE-OR-URL",
    help="Take the metadata or the archive of clips from here, not from the publisher; may be given twice.",
)
@click.option(
    "--audio/--no-audio", default=True, help="Fetch the clips too (the default), or only the questions."
)
@click.option(
    "--cache-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep it there; otherwise in MMAR_CACHE_DIR, or in the user's cache directory.",
)
@click.option("--force", is_flag=True, help="Fetch it again even if it is there.")
@click.option("--list", "listing", is_flag=True, help="List the known benchmarks and which are here.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.pass_context
def get(
    context: click.Context,
    *,
    name: str | None,
    sources: tuple[str, ...],
    audio: bool,
    cache_dir: Path | None,
    force: bool,
    listing: bool,
    as_json: bool,
) -> None:
    """Fetch a benchmark: its questions and its audio.

    It is verified before it is put in place, and kept where every command finds it by its name.

    \b
    Example:
      mmar get mmar                                  # 3 GB; run it again if the connection breaks
      mmar get mmar --no-audio                       # the questions alone, 3 MB
      mmar get mmar --from MMAR-meta.jsonl --from https://mirror.example/mmar-audio.tar.gz
    """
    cache_dir = cache_dir or default_cache_dir(os.environ, sys.platform, Path.home())
    if listing:
        _print_list(cache_dir, as_json=as_json)
    elif name is None:
        raise click.UsageError("Name a benchmark, or list the known ones with --list.")
    elif entry_named(name).metadata is None:
        click.echo(f"{name} is made by this program, nothing is fetched: {resolve(name, cache_dir).metadata}")
    else:
        complete = _fetch(entry_named(name), cache_dir, sources, audio=audio, force=force, as_json=as_json)
        context.exit(0 if complete else 1)


def _fetch(
    entry: Entry, cache_dir: Path, sources: tuple[str, ...], *, audio: bool, force: bool, as_json: bool
) -> bool:
    from mmar.benchmarks.obtain import obtain
    from mmar.benchmarks.summary import summary
    from mmar.files.progress import progress_for

    try:
        obtained = obtain(
            entry, cache_dir, sources=sources, audio=audio, force=force, progress=progress_for(sys.stderr)
        )
    except KeyboardInterrupt:
        click.echo("\nStopped. What was fetched is kept; the same command goes on with it.", err=True)
        raise SystemExit(130) from None
    if as_json:
        import msgspec

        click.echo(
            json.dumps({"folder": str(obtained.folder), **msgspec.to_builtins(obtained.receipt)}, indent=2)
        )
    else:
        click.echo(summary(entry, obtained, audio_wanted=audio))
    part = obtained.receipt.audio
    return part is None or not part.missing


def _print_list(cache_dir: Path, *, as_json: bool) -> None:
    from mmar.files.progress import format_bytes

    if as_json:
        click.echo(json.dumps([_record(entry, cache_dir) for entry in CATALOGUE.values()], indent=2))
        return
    rows = [("NAME", "QUESTIONS", "DOWNLOAD", "HERE", "WHAT IT IS")]
    for entry in CATALOGUE.values():
        files = [file for file in (entry.metadata, entry.audio) if file]
        size = format_bytes(sum(file.size for file in files)) if files else "–"
        count = f"{entry.items:,}" if entry.items else "–"
        rows.append((entry.name, count, size, Store(cache_dir, entry).state, entry.title))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [
            cell.rjust(width) if at in (1, 2) else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row[:4], widths, strict=True))
        ]
        click.echo("  ".join((*cells, row[4])))
    click.echo(f"\nin {cache_dir}")


def _record(entry: Entry, cache_dir: Path) -> dict[str, Any]:
    import msgspec

    store = Store(cache_dir, entry)
    state = store.state
    here = str(store.folder) if state in ("ready", "clips missing", "without audio") else None
    return {**msgspec.to_builtins(entry), "state": state, "folder": here}
