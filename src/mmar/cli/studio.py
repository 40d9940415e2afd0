"""`mmar studio`."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mmar.cli import shared
from mmar.cli.studio_data import opened_studio, service_options
from mmar.cli.studio_files import FILE_COMMANDS
from mmar.cli.studio_items import ITEM_COMMANDS
from mmar.cli.studio_jobs import JOB_COMMANDS
from mmar.errors import UsageError

if TYPE_CHECKING:
    from mmar.studio.config import StudioConfig

_NEEDED = ("fastapi", "jinja2", "sqlalchemy", "alembic", "argon2", "uvicorn", "multipart")


def _check_installed() -> None:
    from importlib.util import find_spec

    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"the studio needs {', '.join(missing)}", code="missing-extra", hint="pip install 'mmar[studio]'"
        )


@click.group(invoke_without_command=True)
@shared.folder_option(
    "--data",
    default=Path("mmar-studio"),
    show_default=True,
    help="Data folder: database, recordings, releases.",
)
@click.option(
    "--database", metavar="URL", default="", help="PostgreSQL address instead of SQLite: postgresql://..."
)
@click.pass_context
def studio(ctx: click.Context, data: Path, database: str) -> None:
    """Build the next benchmark with a team, in a web application.

    Without a command it serves the application, like mmar studio serve.

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
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8500, show_default=True, help="Port to listen on.")
@shared.repeatable("--name", metavar="HOST", help="Host name of the site.")
@shared.flag("--https", help="The site is behind an HTTPS proxy.")
@service_options
@shared.flag("--no-work", help="Leave background jobs to mmar studio work.")
@click.pass_obj
def serve(
    config: StudioConfig,
    /,
    host: str,
    port: int,
    name: tuple[str, ...],
    https: bool,
    no_work: bool,
    **services: Any,
) -> None:
    """Serve the application. The first start prints a link to create the admin account."""
    import msgspec

    from mmar.studio.media.media_store import clear_leftovers
    from mmar.studio.web.app import create_app, setup_link
    from mmar.studio.web.server import run_server

    hosts = (*name, host) if host not in ("0.0.0.0", "::") else name  # noqa: S104 - compared, not bound
    config = msgspec.structs.replace(config, https=https, hosts=hosts, **services)
    opened = opened_studio(config)
    opened.passwords.prepare()
    # Before a link is made: a start that fails must not invalidate the link that another server has printed.
    listening = _listen(host, port)
    site_name = name[0] if name else f"[{host}]" if ":" in host else host
    actual = listening.getsockname()[1]
    # An HTTPS proxy is reached at the port for HTTPS; without one, people reach this server itself.
    base = f"https://{site_name}" if https else f"http://{site_name}:{actual}".removesuffix(":80")
    link = setup_link(opened, base)
    clear_leftovers(config.media)
    click.echo(f"mmar studio: {base}   data: {config.data}")
    if link:
        click.echo(
            f"\n  There is no account yet. This link creates the admin account; it works once:\n\n    {link}\n"
        )
    run_server(create_app(opened, work=not no_work), listening, behind_proxy=https)


@studio.command()
@click.argument("login")
@click.option("--name", default="", help="Name of the user.")
@shared.flag("--site-admin", help="The new user may create projects and administer all.")
@click.option("--url", default="http://127.0.0.1:8500", show_default=True, help="Address of the site.")
@click.pass_obj
def user(config: StudioConfig, login: str, name: str, site_admin: bool, url: str) -> None:
    """Add a user, or reset their password: prints a link that works once."""
    from mmar.studio.web.app import link_for

    click.echo(link_for(opened_studio(config), login, url.rstrip("/"), name=name, site_admin=site_admin))


def _listen(host: str, port: int) -> socket.socket:
    from mmar.errors import ExternalError

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise ExternalError(
            f"cannot listen on {host}, port {port}: {os.strerror(error.errno or 0)}",
            code="port-in-use",
            hint="stop the program that listens there, or choose another --port",
        ) from None
    # asyncio lets answers go at once only where a socket is declared as TCP, which this one is not. Else the body of
    # a page waits until the browser has acknowledged its head, which browsers put off by 40 ms.
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=made.detach())


for _command in (*FILE_COMMANDS, *JOB_COMMANDS, *ITEM_COMMANDS):
    studio.add_command(_command)
