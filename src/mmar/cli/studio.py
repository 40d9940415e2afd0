"""`mmar studio`."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mmar.errors import UsageError

if TYPE_CHECKING:
    from mmar.studio.config import StudioConfig
    from mmar.studio.web.studio import Studio

__all__ = ["studio"]

_NEEDED = ("fastapi", "jinja2", "sqlalchemy", "alembic", "argon2", "uvicorn", "multipart")


def _check_installed() -> None:
    from importlib.util import find_spec

    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(f"the studio needs {', '.join(missing)}: pip install 'mmar[studio]'")


@click.group(invoke_without_command=True)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("mmar-studio"),
    show_default=True,
    help="The data folder: database, recordings, releases.",
)
@click.option("--database", metavar="URL", default="", help="PostgreSQL instead of SQLite: postgresql://…")
@click.pass_context
def studio(ctx: click.Context, data: Path, database: str) -> None:
    """Build the next benchmark with a team, in a web application.

    Without a command it serves the application, as `mmar studio serve` does.

    \b
    Example:
      mmar studio --data my-benchmark
    """
    _check_installed()
    from mmar.studio.config import StudioConfig

    ctx.obj = StudioConfig(data=data.absolute(), database_url=database, environment=dict(os.environ))
    if ctx.invoked_subcommand is None:
        ctx.invoke(serve)


@studio.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8500, show_default=True, help="The port to listen on.")
@click.option("--name", multiple=True, metavar="HOST", help="A host name by which people reach the site.")
@click.option("--https", is_flag=True, help="People reach the site by HTTPS, through a proxy.")
@click.option("--text-model", default="", metavar="text/NAME", help="A text model that may propose.")
@click.option("--base-url", multiple=True, metavar="URL", help="The text model's server.")
@click.option("--media-host", multiple=True, metavar="HOST", help="A further host to fetch recordings from.")
@click.option("--no-work", is_flag=True, help="Leave background jobs to `mmar studio work`.")
@click.pass_obj
def serve(
    config: StudioConfig,
    host: str = "127.0.0.1",
    port: int = 8500,
    name: tuple[str, ...] = (),
    https: bool = False,  # noqa: FBT002
    text_model: str = "",
    base_url: tuple[str, ...] = (),
    media_host: tuple[str, ...] = (),
    no_work: bool = False,  # noqa: FBT002
) -> None:
    """Serve the application; the first start prints a link that makes you its admin."""
    import msgspec
    import uvicorn

    from mmar.studio.start import setup_link
    from mmar.studio.web.app import create_app

    config = msgspec.structs.replace(
        config,
        https=https,
        hosts=(*name, host) if host not in ("0.0.0.0", "::") else name,  # noqa: S104 - compared, not bound
        text_model=text_model,
        base_urls=base_url,
        media_hosts=media_host,
    )
    opened = _open(config)
    # Before a link is made: a start that fails must not take the link away that another server has shown.
    listening = _listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    base = f"{'https' if https else 'http'}://{name[0] if name else f'{shown}:{listening.getsockname()[1]}'}"
    link = setup_link(opened, base)
    click.echo(f"mmar studio: {base}   data: {config.data}")
    if link:
        click.echo(
            f"\n  Nobody can log in yet. This link makes you the admin; it works once:\n\n    {link}\n"
        )
    server = uvicorn.Config(
        create_app(opened, work=not no_work),
        log_level="warning",
        server_header=False,
        forwarded_allow_ips="127.0.0.1" if https else "",
    )
    with listening:
        uvicorn.Server(server).run(sockets=[listening])


@studio.command()
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
    opened = _open(config)
    now = opened.clock()
    made = write_project_release(config, opened.database, project, version, now, accepted=accepted)
    click.echo(f"{len(made.items)} items, digest {made.digest}")
    if made.at != now:
        click.echo(
            f"version {version} of {made.day}, written again as it was frozen; choose a new one for newer work"
        )
    click.echo(str(config.releases / made.path))


@studio.command("import")
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

    opened = _open(config)
    items = read_items(file.read_bytes(), str(file), config.media)
    clips = keep_clips(config.media, audio_dir, items) if audio_dir else {}
    with opened.database.write() as session:
        found, actor = _acting(session, project, by)
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


@studio.command()
@click.argument("project")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def export(config: StudioConfig, project: str, file: Path) -> None:
    """Write all complete items of a project to FILE: .jsonl, .csv or .label-studio.json."""
    from mmar.items.benchmark import write_whole
    from mmar.studio.items_file import format_of, item_file, project_items

    opened = _open(config)
    form = format_of(file.name)
    with opened.database.read() as session:
        found, _ = _acting(session, project, None)
        items = project_items(session, found)
    write_whole(file, item_file(items, form))
    click.echo(f"{len(items)} items in {file}")


@studio.command()
@click.argument("into", type=click.Path(path_type=Path))
@click.pass_obj
def backup(config: StudioConfig, into: Path) -> None:
    """Copy the database and all files to INTO, also while the server runs."""
    from mmar.studio.exchange import back_up

    _only_sqlite(config)
    made = back_up(config.data, into)
    click.echo(f"{len(made.files)} files backed up to {into}")


@studio.command()
@click.argument("backup_folder", metavar="BACKUP", type=click.Path(path_type=Path, exists=True))
@click.pass_obj
def restore(config: StudioConfig, backup_folder: Path) -> None:
    """Put a backup in place of the data folder; stop the server first."""
    from mmar.studio.exchange import restore as put_back

    _only_sqlite(config)
    made = put_back(backup_folder, config.data)
    click.echo(f"{len(made.files)} files restored to {config.data}")


@studio.command()
@click.option("--text-model", default="", metavar="text/NAME", help="A text model that may propose.")
@click.option("--base-url", multiple=True, metavar="URL", help="The text model's server.")
@click.option("--ask", multiple=True, metavar="KIND", help="First ask for this of every item in preparation.")
@click.option(
    "--rate",
    metavar="HZ",
    help="First have clips that nobody judged converted to this sample rate; `recorded` for none.",
)
@click.option("--channels", metavar="N", help="The same for channels: 1, 2 or `recorded`.")
@click.option("--project", metavar="SLUG", help="The project for --ask, --rate and --channels.")
@click.option("--stay", is_flag=True, help="Wait for further jobs instead of ending when none is left.")
@click.pass_obj
def work(
    config: StudioConfig,
    text_model: str,
    base_url: tuple[str, ...],
    ask: tuple[str, ...],
    rate: str | None,
    channels: str | None,
    project: str | None,
    stay: bool,
) -> None:
    """Do background jobs here: fetch, cut, ask the model. Several may run at once, beside the server."""
    import msgspec

    from mmar.studio.jobs.asking import ask_all
    from mmar.studio.jobs.worker import Worker

    config = msgspec.structs.replace(config, text_model=text_model, base_urls=base_url)
    opened = _open(config)
    if ask:
        if project is None or not text_model:
            raise UsageError("--ask needs --project and --text-model")
        with opened.database.write() as session:
            found, actor = _acting(session, project, None)
            click.echo(
                f"{ask_all(session, found, actor.person, ask, opened.clock())} questions queued", err=True
            )
    if rate is not None or channels is not None:
        if project is None:
            raise UsageError("--rate and --channels need --project")
        _convert(opened, project, rate, channels)
    worker = Worker(config, opened.database, opened.clock)
    done = 0
    try:
        while True:
            if worker.do_one():
                done += 1
            elif not stay:
                break
            else:
                time.sleep(0.5)
    except KeyboardInterrupt:
        click.echo("stopped; what was at hand is taken up again in a minute", err=True)
    click.echo(f"{done} jobs done")


@studio.command()
@click.argument("login")
@click.option("--name", default="", help="Their name.")
@click.option("--site-admin", is_flag=True, help="A new person may make projects and run every one.")
@click.option("--url", default="http://127.0.0.1:8500", show_default=True, help="The site's address.")
@click.pass_obj
def user(config: StudioConfig, login: str, name: str, site_admin: bool, url: str) -> None:
    """Add LOGIN, or let them choose a new password: prints a link that works once."""
    from mmar.studio.start import link_for

    click.echo(link_for(_open(config), login, url.rstrip("/"), name=name, site_admin=site_admin))


def _convert(opened: Studio, slug: str, rate: str | None, channels: str | None) -> None:
    """Set what a project's clips are converted to, and queue those that are not so; what is not given stays."""
    from mmar.studio.jobs.converting import ask_for_conversion, chosen_format, format_words
    from mmar.studio.store.people import trace
    from mmar.studio.store.projects import changed_settings, save_settings

    with opened.database.write() as session:
        project, actor = _acting(session, slug, None)
        now = (project.settings.clip_rate, project.settings.clip_channels)
        rate, channels = (
            ("" if new == "recorded" else new) if new is not None else str(old or "")
            for new, old in zip((rate, channels), now, strict=True)
        )
        save_settings(project, actor, changed_settings(project, **chosen_format(rate, channels)))
        queued = ask_for_conversion(session, project, opened.clock(), person_id=actor.person)
        words = format_words(project.settings)
        trace(session, opened.clock(), actor.person, "clip format", words, project_id=project.id)
    click.echo(f"clips are cut {words}; {queued} are cut anew", err=True)


def _listen(host: str, port: int) -> socket.socket:
    from mmar.errors import WorldError

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise WorldError(
            f"cannot listen on {host}, port {port}: {os.strerror(error.errno or 0)}; stop what listens there, or say "
            "another --port"
        ) from None


def _open(config: StudioConfig) -> Studio:
    from mmar.studio.start import open_studio

    return open_studio(config)


def _only_sqlite(config: StudioConfig) -> None:
    if config.database_url:
        raise UsageError("back up PostgreSQL with pg_dump, and the data folder's media with any copy")


def _acting(session, slug: str, login: str | None):  # type: ignore[no-untyped-def]
    from sqlalchemy import select

    from mmar.studio.data.tables import Membership, Person
    from mmar.studio.store.people import actor_in
    from mmar.studio.store.projects import find_project

    project = find_project(session, slug)
    if project is None:
        raise UsageError(f"there is no project “{slug}”")
    query = select(Person)
    if login is None:
        query = query.join(Membership, Membership.person_id == Person.id).where(
            Membership.project_id == project.id, Membership.role == "admin"
        )
    else:
        query = query.where(Person.login == login)
    person = session.scalar(query.order_by(Person.id).limit(1))
    if person is None:
        raise UsageError("there is nobody in whose name this could be done; say --by LOGIN")
    return project, actor_in(session, project.id, person)
