"""The command `mmar`: one file a command, imported when the command is asked for.

click and not typer, which since 0.29 imports pydantic to run any command: 0.1 s, more than scoring takes.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from typing import Any

import click

from mmar._version import __version__
from mmar.errors import MmarError

__all__ = ["COMMANDS", "application", "main"]

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("mmar.cli.demo:demo", "Run the baselines on a small benchmark made here, and score them."),
    "get": ("mmar.cli.get:get", "Fetch a benchmark: its questions and its audio."),
    "describe": (
        "mmar.cli.describe:describe",
        "Say what is in a benchmark: groups, languages, sources, choices, durations.",
    ),
    "audit": (
        "mmar.cli.audit:audit",
        "Check a benchmark, or a published table, for faults that change a number.",
    ),
    "models": (
        "mmar.cli.models:models",
        "List the published systems with their accuracy, or show how one is run.",
    ),
    "protocols": (
        "mmar.cli.protocols:protocols",
        "List the ways to put a question and read its answer, or show one.",
    ),
    "preview": ("mmar.cli.preview:preview", "Show the exact request for one item, without sending it."),
    "run": ("mmar.cli.run:run", "Run a model on a benchmark, or go on with a run."),
    "score": ("mmar.cli.score:score", "Score a run or a predictions file, as published and honestly."),
    "compare": (
        "mmar.cli.compare:compare",
        "Say whether runs on the same items really differ, and by how much.",
    ),
    "reliance": ("mmar.cli.reliance:reliance", "Say how much of a model's accuracy needs the audio."),
    "studio": ("mmar.cli.studio:studio", "Build the next benchmark with a team, in a web application."),
}
"""Command by name: where it is, and its help's first sentence (a test holds the two together)."""


class _Commands(click.Group):
    """Imports a command's module when the command is asked for, so that help stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="mmar COMMAND --help says more. Start with: mmar demo",
)
@click.version_option(__version__, package_name="mmar", prog_name="mmar")
def application() -> None:
    """Say how well a model reasons about sound, with a number that can be reproduced."""
    gc.enable()  # the command is loaded


def main(arguments: list[str] | None = None, **extra: Any) -> None:
    """Run the command line; bad input ends with a message and exit status 2, never with a traceback."""
    gc.disable()  # while the command's modules are loaded: none of what they make is in a cycle and not wanted
    try:
        status = application.main(arguments, standalone_mode=False, **extra)
    except click.exceptions.Abort:
        click.echo("stopped", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except MmarError as error:
        click.echo(f"mmar: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        # The reader (`head`, a closed pager) has seen enough. Nothing more may be written at exit.
        sys.stdout = None
        sys.exit(0)
    except OSError as error:
        what = "the output cannot be written" if error.filename is None else error.filename
        click.echo(f"mmar: {what}: {error.strerror or error}", err=True)
        sys.exit(2)
    finally:
        # What lives now dies with the command's process: looking for cycles in it would be a tenth of a short command's time.
        gc.enable()
        if arguments is None:
            gc.freeze()
    sys.exit(status if isinstance(status, int) else 0)
