"""`mmar studio release`, `takedown`, `import`, `export`, `backup`, `restore`: what goes in and out as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mmar.cli.studio_data import acting, opened_studio
from mmar.errors import UsageError

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
    from mmar.studio.exchange.releases import write_project_release

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
@click.option(
    "--audio-dir",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Its clips; items that are known and cannot be heard yet get theirs too.",
)
@click.option("--inspect", is_flag=True, help="Put new items into inspection at once.")
@click.option(
    "--update", is_flag=True, help="Save what FILE says of known items, where they may be written on."
)
@click.option("--by", metavar="LOGIN", help="In whose name; the project's first admin when not given.")
@click.pass_obj
def import_(
    config: StudioConfig,
    project: str,
    file: Path,
    audio_dir: Path | None,
    inspect: bool,
    update: bool,
    by: str | None,
) -> None:
    """Bring an existing benchmark into a project: JSONL, JSON, CSV, what Label Studio exports, or an archive.

    An archive (.zip, .tar.gz), such as a release, holds one metadata file and the clips that it names.

    \b
    Example:
      mmar studio import demo MMAR-meta.jsonl --audio-dir . --inspect
    """
    from mmar.studio.exchange.importing import Source, import_file

    opened = opened_studio(config)
    done = import_file(
        opened.database,
        config.media,
        Source(file, file.name, audio_dir),
        lambda session: acting(session, project, by),
        opened.clock,
        inspect=inspect,
        update=update,
    )
    click.echo(done.summary)
    if done.differing:
        click.echo("  --update saves what the file says of them", err=True)


@click.command()
@click.argument("project")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--audio-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Also copy the clips below this folder, under the paths that FILE names.",
)
@click.option(
    "--audio-url",
    metavar="URL",
    help="For Label Studio: what stands before a clip's path.  [/data/local-files/?d=]",
)
@click.pass_obj
def export(
    config: StudioConfig, project: str, file: Path, audio_dir: Path | None, audio_url: str | None
) -> None:
    """Write all complete items of a project to FILE: .jsonl, .csv or .label-studio.json, keys included.

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
        found, _ = acting(session, project, None)
        exported = project_items(session, found, with_clips=audio_dir is not None)
    copied = copy_clips(exported, config.media, audio_dir) if audio_dir else 0
    write_atomic(
        file, item_file(exported.items, form, audio_base=LOCAL_FILES if audio_url is None else audio_url)
    )
    if form == "label-studio.xml":
        click.echo(f"the labelling configuration in {file}")
        return
    click.echo(
        f"{len(exported.items)} items in {file}{exported.left_words}"
        + (f"; {copied} clips below {audio_dir}" if audio_dir else "")
    )


@click.command()
@click.argument("project")
@click.argument("what", required=False)
@click.option("--why", default="", help="The reason, for the public.")
@click.option("--lift", is_flag=True, help="Take WHAT off the list again; --why says to the team why.")
@click.option("--by", metavar="LOGIN", help="In whose name; the project's first admin when not given.")
@click.pass_obj
def takedown(
    config: StudioConfig, project: str, what: str | None, why: str, lift: bool, by: str | None
) -> None:
    """Name WHAT no release of PROJECT may hold again; without WHAT list all that was named.

    WHAT is an item's id, a video's address or id, or the SHA-256 of a clip. Releases that hold it are neither
    written again nor handed out.

    \b
    Example:
      mmar studio takedown demo https://youtu.be/qx8hrhBZJ98 --why "asked by its owner"
    """
    from sqlalchemy import select

    from mmar.studio.data.release_tables import Release, Takedown
    from mmar.studio.store.takedowns import add_takedown, lift_takedown, taken_down_since

    opened = opened_studio(config)
    if what is None:
        if lift:
            raise UsageError("name what is to be taken off the list; without --lift the list is printed")
        with opened.database.read() as session:
            found, _ = acting(session, project, by)
            for one in session.scalars(select(Takedown).where(Takedown.project_id == found.id)):
                click.echo(f"{one.at.date()}  {one.what}  {one.why}")
        return
    if lift:
        with opened.database.write() as session:
            found, actor = acting(session, project, by)
            number = session.scalar(
                select(Takedown.id).where(Takedown.project_id == found.id, Takedown.what == what.strip())
            )
            if number is None:
                raise UsageError(
                    f"“{what}” is not on the list of {project}; mmar studio takedown {project} prints it"
                )
            _, named = lift_takedown(session, found, actor, number, why, opened.clock())
        click.echo(f"off the list; releases may hold {len(named)} item{'s' * (len(named) != 1)} again")
        return
    with opened.database.write() as session:
        found, actor = acting(session, project, by)
        named = add_takedown(session, found, actor, what, why, opened.clock())
        holding = named and [
            one.version
            for one in session.scalars(select(Release).where(Release.project_id == found.id))
            if taken_down_since(session, one)
        ]
    some = ", ".join(named[:5]) + (" …" if len(named) > 5 else "")
    click.echo(
        f"names {len(named)} item{'s' * (len(named) != 1)}: {some}"
        if named
        else "names nothing that is here; what comes later is left out too"
    )
    if holding:
        click.echo(f"  in the releases {', '.join(holding)}; write a new one, and delete those", err=True)


@click.command()
@click.argument("into", type=click.Path(path_type=Path))
@click.pass_obj
def backup(config: StudioConfig, into: Path) -> None:
    """Copy the database and all files to INTO, also while the server runs."""
    from mmar.studio.exchange.studio_backup import back_up_studio

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
    from mmar.studio.exchange.studio_backup import restore_studio

    made = restore_studio(config, backup_folder)
    click.echo(f"{len(made.files)} files of {made.when} restored to {config.data}")


FILE_COMMANDS = (release, takedown, import_, export, backup, restore)
