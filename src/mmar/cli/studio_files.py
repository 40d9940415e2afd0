"""`mmar studio release`, `import`, `export`, `backup`, `restore`: what goes in and out as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mmar.cli.studio_data import acting, opened_studio

if TYPE_CHECKING:
    from mmar.studio.config import StudioConfig

__all__ = ["FILE_COMMANDS"]


@click.command()
@click.argument("project")
@click.argument("version")
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Findings that are accepted, as `mmar audit --write-baseline` writes them.",
)
@click.pass_obj
def release(config: StudioConfig, project: str, version: str, baseline: Path | None) -> None:
    """Write a release of a project's approved items; an existing version is written again, byte for byte."""
    from mmar.audit import read_baseline
    from mmar.studio.release import write_project_release

    accepted = read_baseline(baseline) if baseline else None
    opened = opened_studio(config)
    now = opened.clock()
    made = write_project_release(config, opened.database, project, version, now, accepted=accepted)
    click.echo(f"{len(made.items)} items, digest {made.digest}")
    if made.at != now:
        click.echo(
            f"version {version} of {made.day}, written again as it was frozen; choose a new one for newer work"
        )
    click.echo(str(config.releases / made.path))


@click.command("import")
@click.argument("project")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--audio-dir", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Its clips.")
@click.option("--inspect", is_flag=True, help="Put the items into inspection at once.")
@click.option("--by", metavar="LOGIN", help="In whose name; the project's first admin when not given.")
@click.pass_obj
def import_(
    config: StudioConfig, project: str, file: Path, audio_dir: Path | None, inspect: bool, by: str | None
) -> None:
    """Bring an existing benchmark into a project: JSONL, JSON, CSV or Label Studio."""
    from mmar.studio.importing import import_items, keep_clips
    from mmar.studio.items_file import read_items

    opened = opened_studio(config)
    items = read_items(file.read_bytes(), str(file), config.media)
    clips = keep_clips(config.media, audio_dir, items) if audio_dir else {}
    with opened.database.write() as session:
        found, actor = acting(session, project, by)
        done = import_items(
            session,
            found,
            actor,
            items,
            opened.clock(),
            inspect=inspect,
            clips=clips,
            why=f"from {file.name}",
        )
    click.echo(f"{done.added} items added, {len(done.known)} known already, {len(clips)} clips")


@click.command()
@click.argument("project")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def export(config: StudioConfig, project: str, file: Path) -> None:
    """Write all complete items of a project to FILE: .jsonl, .csv or .label-studio.json."""
    from mmar.items.benchmark import write_whole
    from mmar.studio.items_file import format_of, item_file, project_items

    opened = opened_studio(config)
    form = format_of(file.name)
    with opened.database.read() as session:
        found, _ = acting(session, project, None)
        items = project_items(session, found)
    write_whole(file, item_file(items, form))
    click.echo(f"{len(items)} items in {file}")


@click.command()
@click.argument("into", type=click.Path(path_type=Path))
@click.pass_obj
def backup(config: StudioConfig, into: Path) -> None:
    """Copy the database and all files to INTO, also while the server runs."""
    from mmar.studio.backups import back_up_studio

    made = back_up_studio(config, into)
    click.echo(f"{len(made.files)} files ({made.size / 1e6:.1f} MB) backed up to {into}")
    if made.vanished:
        click.echo(f"{made.vanished} files were deleted while it was taken")


@click.command()
@click.argument("backup_folder", metavar="BACKUP", type=click.Path(path_type=Path, exists=True))
@click.pass_obj
def restore(config: StudioConfig, backup_folder: Path) -> None:
    """Put a backup in place of all that the studio holds; stop the server first.

    What was there is then in the data folder's .before-restore. A backup of a studio on SQLite can be restored
    to one on PostgreSQL, and the other way round.
    """
    from mmar.studio.backups import restore_studio

    made = restore_studio(config, backup_folder)
    click.echo(f"{len(made.files)} files of {made.when} restored to {config.data}")


FILE_COMMANDS = (release, import_, export, backup, restore)
