"""`mmar studio`."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mmar.cli.studio_data import opened_studio
from mmar.cli.studio_files import FILE_COMMANDS
from mmar.cli.studio_taking import take_over
from mmar.cli.studio_work import WORK_COMMANDS
from mmar.errors import UsageError

if TYPE_CHECKING:
    from mmar.studio.config import StudioConfig

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

    from mmar.studio.media.media_store import clear_leftovers
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
    opened = opened_studio(config)
    opened.passwords.prepare()
    # Before a link is made: a start that fails must not take the link away that another server has shown.
    listening = _listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    base = f"{'https' if https else 'http'}://{name[0] if name else f'{shown}:{listening.getsockname()[1]}'}"
    link = setup_link(opened, base)
    clear_leftovers(config.media)
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
@click.argument("login")
@click.option("--name", default="", help="Their name.")
@click.option("--site-admin", is_flag=True, help="A new person may make projects and run every one.")
@click.option("--url", default="http://127.0.0.1:8500", show_default=True, help="The site's address.")
@click.pass_obj
def user(config: StudioConfig, login: str, name: str, site_admin: bool, url: str) -> None:
    """Add LOGIN, or let them choose a new password: prints a link that works once."""
    from mmar.studio.start import link_for

    click.echo(link_for(opened_studio(config), login, url.rstrip("/"), name=name, site_admin=site_admin))


def _listen(host: str, port: int) -> socket.socket:
    from mmar.errors import ExternalError

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise ExternalError(
            f"cannot listen on {host}, port {port}: {os.strerror(error.errno or 0)}; stop what listens there, or say "
            "another --port"
        ) from None
    # asyncio lets answers go at once only where a socket says that it is TCP's, and this one does not. Else the body of
    # a page waits until the browser has acknowledged its head, which browsers put off by 40 ms.
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=made.detach())


for _command in (*FILE_COMMANDS, *WORK_COMMANDS, take_over):
    studio.add_command(_command)
