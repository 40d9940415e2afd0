"""`mmar studio release`, `takedown`, `import`, `export`, `backup` and `restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mmar.cli import shared
from mmar.cli.studio_data import acting, by_option, opened_studio
from mmar.errors import UsageError
from mmar.reports.tables import count

if TYPE_CHECKING:
    from mmar.studio.config import StudioConfig


@click.command()
@click.argument("project")
@click.argument("version")
@shared.path_option(
    "--baseline", metavar="FILE", help="Accepted findings, written by mmar audit --write-baseline."
)
@click.pass_obj
def release(config: StudioConfig, project: str, version: str, baseline: Path | None) -> None:
    """Write a release of the approved items of PROJECT. An existing version is written again, byte for byte."""
    from mmar.audit import read_baseline
    from mmar.studio.releases.project_releases import write_project_release

    accepted = read_baseline(baseline) if baseline else None
    opened = opened_studio(config)
    now = opened.clock()
    written = write_project_release(config, opened.database, project, version, now, accepted=accepted)
    click.echo(f"{count(len(written.items), 'item')}, digest {written.digest}")
    if written.created != now:
        click.echo(
            f"version {version} of {written.day} was written again unchanged; choose a new version for newer work"
        )
    click.echo(str(config.releases / written.path))


@click.command("import")
@click.argument("project")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--audio-dir",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of the clips, also for known items without audio.",
)
@shared.flag("--inspect", help="Move new items to inspection at once.")
@shared.flag("--update", help="Update known items from FILE, where they may be edited.")
@by_option
@click.pass_obj
def import_(
    config: StudioConfig, /, project: str, file: Path, audio_dir: Path | None, by: str | None, **how: bool
) -> None:
    """Import a benchmark into PROJECT: JSONL, JSON, CSV, an export of Label Studio, or an archive.

    An archive (.zip, .tar.gz), such as a release, contains one metadata file and its clips.

    \b
    Example:
      mmar studio import demo MMAR-meta.jsonl --audio-dir . --inspect
    """
    from mmar.studio.exchange.importing import Source, import_file

    opened = opened_studio(config)
    result = import_file(
        opened.database,
        config.media,
        Source(file, file.name, audio_dir),
        lambda session: acting(session, project, by),
        opened.clock,
        **how,
    )
    click.echo(result.summary)
    if result.differing:
        click.echo("  use --update to update them from the file", err=True)


@click.command()
@click.argument("project")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@shared.folder_option("--audio-dir", help="Also copy the clips to this folder, under their paths in FILE.")
@click.option(
    "--audio-url",
    metavar="URL",
    help="For Label Studio: prefix of the clips' addresses. [default: /data/local-files/?d=]",
)
@click.pass_obj
def export(
    config: StudioConfig, project: str, file: Path, audio_dir: Path | None, audio_url: str | None
) -> None:
    """Export the complete items of PROJECT with their keys to FILE: .jsonl, .csv or .label-studio.json.

    A FILE that ends in .label-studio.xml gets the labelling configuration for those tasks.

    \b
    Example:
      mmar studio export demo out/items.jsonl --audio-dir out
    """
    from mmar.files.atomic import write_atomic
    from mmar.studio.exchange.item_files import LOCAL_FILES, copy_clips, format_of, item_file, project_items

    opened = opened_studio(config)
    form = format_of(file.name)
    with opened.database.read() as session:
        record, _ = acting(session, project, None)
        exported = project_items(session, record, with_clips=audio_dir is not None)
    copied = copy_clips(exported, config.media, audio_dir) if audio_dir else 0
    write_atomic(
        file, item_file(exported.items, form, audio_base=LOCAL_FILES if audio_url is None else audio_url)
    )
    if form == "label-studio.xml":
        click.echo(f"wrote the labelling configuration to {file}")
        return
    click.echo(
        f"{len(exported.items)} items in {file}{exported.omitted_text}"
        + (f"; {copied} clips below {audio_dir}" if audio_dir else "")
    )


@click.command()
@click.argument("project")
@click.argument("what", required=False)
@click.option("--why", default="", help="Reason, shown to the public.")
@shared.flag("--lift", help="Remove WHAT from the list; --why is shown to the team.")
@by_option
@click.pass_obj
def takedown(
    config: StudioConfig, project: str, what: str | None, why: str, lift: bool, by: str | None
) -> None:
    """Exclude WHAT from all releases of PROJECT; without WHAT, list the exclusions.

    WHAT is an item's id, the address or id of a video, or the SHA-256 of a clip. Existing releases that contain it are
    neither written again nor offered for download.

    \b
    Example:
      mmar studio takedown demo https://youtu.be/qx8hrhBZJ98 --why "asked by its owner"
    """
    from sqlalchemy import select

    from mmar.studio.data.tables import Release, Takedown
    from mmar.studio.store.takedowns import add_takedown, lift_takedown, taken_down_since

    opened = opened_studio(config)
    if what is None:
        if lift:
            raise UsageError("--lift needs WHAT", code="missing-argument")
        with opened.database.read() as session:
            record, _ = acting(session, project, by)
            for one in session.scalars(select(Takedown).where(Takedown.project_id == record.id)):
                click.echo(f"{one.created.date()}  {one.what}  {one.why}")
        return
    if lift:
        with opened.database.write() as session:
            record, actor = acting(session, project, by)
            number = session.scalar(
                select(Takedown.id).where(Takedown.project_id == record.id, Takedown.what == what.strip())
            )
            if number is None:
                raise UsageError(
                    f'"{what}" is not on the list of {project}',
                    code="unknown-takedown",
                    hint=f"mmar studio takedown {project} prints the list",
                )
            _, named = lift_takedown(session, record, actor, number, why, opened.clock())
        click.echo(f"removed from the list; releases may contain {count(len(named), 'item')} again")
        return
    with opened.database.write() as session:
        record, actor = acting(session, project, by)
        named = add_takedown(session, record, actor, what, why, opened.clock())
        holding = named and [
            one.version
            for one in session.scalars(select(Release).where(Release.project_id == record.id))
            if taken_down_since(session, one)
        ]
    some = ", ".join(named[:5]) + (" …" if len(named) > 5 else "")
    click.echo(
        f"excludes {count(len(named), 'item')}: {some}"
        if named
        else "excludes no present item; items that match later are excluded, too"
    )
    if holding:
        click.echo(
            f"  contained in the releases {', '.join(holding)}; write a new one and delete those", err=True
        )


@click.command()
@click.argument("into", type=click.Path(path_type=Path))
@click.pass_obj
def backup(config: StudioConfig, into: Path) -> None:
    """Copy the database and all files to INTO. The server may run meanwhile."""
    from mmar.studio.backup.restore import back_up_studio

    copied = back_up_studio(config, into)
    click.echo(f"{count(len(copied.files), 'file')} ({copied.size / 1e6:.1f} MB) copied to {into}")
    if copied.vanished:
        click.echo(f"{count(copied.vanished, 'file')} deleted meanwhile")


@click.command()
@click.argument("backup_folder", metavar="BACKUP", type=click.Path(path_type=Path, exists=True))
@click.pass_obj
def restore(config: StudioConfig, backup_folder: Path) -> None:
    """Replace all data of the studio by a backup. Stop the server first.

    The replaced data are kept in the folder .before-restore. A backup of a studio on SQLite can be restored to one on
    PostgreSQL, and vice versa.
    """
    from mmar.studio.backup.restore import restore_studio

    restored = restore_studio(config, backup_folder)
    click.echo(f"{count(len(restored.files), 'file')} of {restored.when} restored to {config.data}")


FILE_COMMANDS = (release, takedown, import_, export, backup, restore)
