"""The command line `mmar`: one file for each command, imported when the command is used.

click and not typer, which since 0.29 imports pydantic for every command: 0.1 s, more than scoring takes.
"""

from __future__ import annotations

import codecs
import gc
import io
import sys
from importlib import import_module
from typing import Any

import click

from mmar._version import __version__
from mmar.errors import MmarError, UsageError, did_you_mean

__all__ = ["COMMANDS", "SECTIONS", "application", "main", "print_error"]

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "Run and score the baselines on a small generated benchmark."),
    "get": ("get", "Download a benchmark: its questions and its audio."),
    "describe": (
        "describe",
        "Show what a benchmark contains: groups, languages, sources, choices, durations.",
    ),
    "audit": ("audit", "Check a benchmark, or a published table, for faults that change a number."),
    "diff": ("describe", "Compare two benchmarks or editions: items added, removed and changed, by field."),
    "models": ("models", "List the presets, or show how to run one."),
    "protocols": ("models", "List the protocols (how a question is put and its answer read), or show one."),
    "preview": ("preview", "Show the exact request for one item, without sending it."),
    "check": (
        "preview",
        "Check a model with generated clips, before a run: whether it answers and uses the audio.",
    ),
    "run": ("run", "Run a model on a benchmark, or continue a run."),
    "worker": ("run", "Answer requests with local weights, for mmar run hf/NAME --worker on another host."),
    "merge": ("runs", "Merge parts of one run, such as shards, into one folder."),
    "score": ("score", "Score a run or a predictions file."),
    "read": ("read", "Read which choice an answer names, with the reason."),
    "unresolved": ("read", "Group the answers that name no choice, with a count and an example each."),
    "errors": (
        "errors",
        "Label the wrong answers of a run by kind: perception, reasoning, knowledge, instruction, other.",
    ),
    "leaderboard": (
        "report",
        "Write a leaderboard: a page with a row for each system, and exports beside it.",
    ),
    "export": ("export", "Write a run or a benchmark in the format of another program or registry."),
    "convert": ("export", "Convert a log of another program to a predictions file."),
    "compare": ("compare", "Compare runs on the same items, with intervals and paired tests."),
    "reliance": ("compare", "Measure how much of a model's accuracy needs the audio."),
    "judge": ("judge", "Score the reasoning of a run by its rubrics."),
    "faithful": ("faithful", "Measure how far a model's answers depend on its reasoning."),
    "submit": (
        "export",
        "Write or check a submission to the Audio Reasoning Challenge or to MMAU's evaluation.",
    ),
    "runs": ("runs", "List the runs in a folder: state, answered items, accuracies."),
    "table": ("table", "Print a table of runs and published results, for a paper or a page."),
    "report": ("report", "Write a page with the scores, items and comparison of runs."),
    "browse": ("report", "Write a page to look at and listen to a benchmark."),
    "studio": ("studio", "Build the next benchmark with a team, in a web application."),
}
"""Command by name: the module it is in, and the first sentence of its help (a test compares the two)."""


SECTIONS: dict[str, tuple[str, ...]] = {
    "Getting started": ("demo",),
    "Benchmarks": ("get", "describe", "browse", "audit", "diff"),
    "Models and runs": ("models", "protocols", "preview", "check", "run", "worker", "merge", "runs"),
    "Scores": ("score", "compare", "reliance", "judge", "faithful", "errors", "read", "unresolved"),
    "Pages, tables and files": ("report", "table", "leaderboard", "export", "convert", "submit"),
    "Building a benchmark": ("studio",),
}
"""The commands as the help shows them."""

# Options that are not spelled as the arguments of the library.
_OPTIONS = {
    "base_urls": "--base-url",
    "options": "--option",
    "rotations": "--rotate",
    "model": "MODEL",
    "workers": "--worker",
}


class _Commands(click.Group):
    """Imports the module of a command when the command is used, so that help stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"mmar.cli.{COMMANDS[cmd_name][0]}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            hint = did_you_mean(args[0], COMMANDS, "mmar --help lists the commands", prefix="mmar ")
            raise UsageError(f'there is no command "{args[0]}"', code="unknown-command", hint=hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, COMMANDS)) + 2
        for title, names in SECTIONS.items():
            with formatter.section(title):
                # The same width in each section: as wide as the longest name.
                formatter.write_dl([(name.ljust(width - 2), COMMANDS[name][1]) for name in names])


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="mmar COMMAND --help describes a command. Start with: mmar demo",
)
@click.version_option(__version__, package_name="mmar", prog_name="mmar")
def application() -> None:
    """Measure how well a model reasons about sound, with a number that can be reproduced."""
    gc.enable()  # the command is loaded


def print_error(error: MmarError) -> None:
    """Print an error and its hint to standard error; an argument of the library is named as its option."""
    argument = getattr(error, "argument", None)
    if argument:
        error.argument = _OPTIONS.get(argument, f"--{argument.replace('_', '-')}")  # type: ignore[attr-defined]
    click.echo(f"mmar: {error}", err=True)


_REPLACEMENTS = {
    "−": "-", "–": "-", "…": "...", "“": '"', "”": '"', "‘": "'", "’": "'", "→": "->", "×": "x", "·": ".", "─": "-",
}  # fmt: skip


def _prepare_streams() -> None:
    """Let standard output and error replace what their encoding cannot express, instead of failing."""
    codecs.register_error("mmar-replace", _replace)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="mmar-replace")


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_REPLACEMENTS.get(char, "?") for char in text), error.end


def main(arguments: list[str] | None = None, **extra: Any) -> None:
    """Run the command line.

    Exit status: 0 success; 1 the command ran, but something failed or was found; 2 bad input or usage, or an
    error of the network or disk; 130 interrupted. Errors are one message on standard error, without a traceback.
    """
    _prepare_streams()
    gc.disable()  # loading the modules of a command makes no garbage worth collecting
    try:
        status = application.main(arguments, standalone_mode=False, **extra)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except MmarError as error:
        print_error(error)
        sys.exit(2)
    except BrokenPipeError:
        # The reader (`head`, a closed pager) has what it wanted. Nothing more may be written at exit.
        sys.stdout = None
        sys.exit(0)
    except OSError as error:
        what = "the output cannot be written" if error.filename is None else error.filename
        click.echo(f"mmar: {what}: {error.strerror or error}", err=True)
        sys.exit(2)
    finally:
        # The process ends here: looking for cycles would take a tenth of a short command's time.
        gc.enable()
        if arguments is None:
            gc.freeze()
    sys.exit(status if isinstance(status, int) else 0)
