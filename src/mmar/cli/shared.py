"""Options and arguments that several commands share, with the values that the shell completes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from mmar.cli.output import check_items_option, parse_pairs, print_skipped

if TYPE_CHECKING:
    from mmar.scoring.align_runs import AlignedRuns

F = TypeVar("F", bound=Callable[..., Any])


def complete_benchmark(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[Any]:
    """Names of benchmarks, then files."""
    from mmar.benchmarks import CATALOGUE

    return _completions(CATALOGUE, typed) or [click.shell_completion.CompletionItem(typed, type="file")]


def complete_model(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[Any]:
    """Names of published systems, and the adapters' prefixes."""
    from mmar.models.model import ADAPTERS
    from mmar.models.presets import presets

    adapters = [f"{name}:" if name == "python" else f"{name}/" for name in ADAPTERS]
    baselines = ["baseline/random", "baseline/longest", "baseline/listener"]
    return _completions([*presets(), *adapters, *baselines], typed)


def _complete_protocol(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[Any]:
    from mmar.protocols import protocols

    return _completions(protocols(), typed) or [click.shell_completion.CompletionItem(typed, type="file")]


def _completions(names: Any, typed: str) -> list[Any]:
    return [click.shell_completion.CompletionItem(name) for name in names if name.startswith(typed)]


class _Path(click.Path):
    """A path; one that begins with a dash is an option whose value was left out before it."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        if str(value).startswith("-") and str(value) != "-":
            self.fail(f'expected a path, got "{value}"', param, ctx)
        return super().convert(value, param, ctx)


path_option = partial(click.option, type=_Path(path_type=Path))
"""An option that names a file or folder."""

folder_option = partial(click.option, type=_Path(path_type=Path, file_okay=False))
"""An option that names a folder."""

flag = partial(click.option, is_flag=True)


def repeatable(*names: str, **others: Any) -> Callable[[F], F]:
    """An option that can be given several times."""
    others["help"] += " Repeatable."
    return click.option(*names, multiple=True, **others)


def number(
    *names: str, least: int = 1, most: int | None = None, default: int | None = None, **others: Any
) -> Callable[[F], F]:
    """An option that takes a whole number within bounds."""
    others.setdefault("metavar", "N")
    kind = click.IntRange(least, most)
    return click.option(*names, type=kind, default=default, show_default=default is not None, **others)


def choice(*names: str, of: Sequence[str], **others: Any) -> Callable[[F], F]:
    """An option that takes one of some words, by default the first."""
    return click.option(*names, type=click.Choice(of), default=of[0], show_default=True, **others)


def items(help_text: str) -> Callable[[F], F]:
    """The option `--items`."""
    note = "JSONL, or CSV if FILE ends in .csv; - for standard output."
    return path_option("--items", metavar="FILE", help=f"{help_text} {note}")


def _last_values(_context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]) -> Any:
    """Options of an adapter by name; of two values of one name the last counts."""
    return {name: values[-1] for name, values in parse_pairs("--option", texts, "audio_rate=16000").items()}


ABOVE_ZERO = click.FloatRange(0, min_open=True)

# The questions, and how their answers are read.
benchmark = partial(
    click.option, "--benchmark", "-b", metavar="NAME-OR-PATH", shell_complete=complete_benchmark
)
protocol = partial(
    click.option, "--protocol", "-p", metavar="NAME-OR-FILE", shell_complete=_complete_protocol
)
reading = click.option(
    "--reading", metavar="VERSION", help="Version of the answer-extraction rules. [default: cascade@2]"
)
audio_dir = path_option("--audio-dir", metavar="DIR", help="Folder of the clips.")
key = click.option("--key", metavar="FIELD", help="Field of the prediction; a path such as resps.0 in a log.")
id_field = click.option("--id", "id_field", metavar="FIELD", help="Field of the item's id, such as doc.id.")
run_option = partial(repeatable, type=_Path(path_type=Path), metavar="RUN")

# Models, and how they are asked.
via = click.option(
    "--via",
    type=click.Choice(["hf", "vllm", "sglang", "command"]),
    help="Backend that serves a preset. [default: the first that mmar models lists]",
)
temperature = click.option(
    "--temperature", type=click.FloatRange(0), metavar="T", help="Sampling temperature."
)
top_p = click.option("--top-p", type=click.FloatRange(0, 1), metavar="P", help="Nucleus sampling mass.")
max_tokens = number("--max-tokens", help="Maximum number of tokens of an answer.")
gpus = click.option("--gpus", metavar="0,1,...", help="Run a copy of the program on each GPU.")
worker = repeatable("--worker", "workers", metavar="COMMAND", help="A worker, such as 'ssh gpu1 ...'.")
base_url = partial(repeatable, "--base-url", "base_urls", metavar="URL")
adapter = partial(repeatable, "--option", "options", metavar="KEY=VALUE", callback=_last_values)
concurrency = number("--concurrency", "-c", most=4096, help="Requests in flight. [default: adapts]")
attempts = partial(number, "--max-attempts", most=100, default=5)
rate = click.option("--rate", type=ABOVE_ZERO, metavar="R", help="Maximum requests per second.")
timeout = partial(click.option, "--timeout", type=ABOVE_ZERO, metavar="S", default=300.0, show_default=True)
budget = click.option(
    "--budget", metavar="TOKENS|MONEY", help="Stop at 500000tokens, 2Mtokens, or an amount such as 3.50."
)
prices = path_option("--prices", metavar="FILE", help="Price table (see docs/models.md).")

# Results.
draws = number("--draws", most=1_000_000, default=10_000, help="Number of permutations of the test.")
seed = number("--seed", least=0, default=0, help="Random seed.")
json = flag("--json", "as_json", help="Print JSON.")
lenient = flag("--lenient", help="Skip bad records, list them and count them as missing.")
figures = partial(folder_option, "--figures", metavar="DIR")
language = partial(choice, "--language", of=("en", "zh"))
official_format = partial(click.option, "--format", "output_format", type=click.Choice(["official"]))


def together(*options: Callable[[Any], Any]) -> Callable[[F], F]:
    """Several arguments and options of a command, in the order of its help."""

    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def runs(items_help: str) -> Callable[[F], F]:
    """The arguments and options of the commands on several runs, which get the runs item by item, as `aligned`."""
    options = together(
        click.argument(
            "paths", metavar="RUN RUN...", nargs=-1, required=True, type=click.Path(path_type=Path)
        ),
        benchmark(help="The questions. [default: each run's own]"),
        choice("--scorer", of=["choice", "official"], help="Scorer to compare by."),
        protocol(help="Read all answers by the rules of this protocol."),
        flag("--partial", help="Compare on the items that all runs have in common."),
        lenient,
        json,
        items(items_help),
        draws,
        seed,
    )

    def add(command: F) -> F:
        @wraps(command)
        def call(
            paths: tuple[Path, ...],
            *,
            items: Path | None,
            as_json: bool,
            benchmark: str | None,
            **others: Any,
        ) -> None:
            check_items_option(items, as_json, *paths, benchmark)
            reading = {name: others.pop(name, None) for name in ("key", "protocol", "partial", "lenient")}
            aligned = _aligned(paths, benchmark, reading)
            command(aligned, items=items, as_json=as_json, **others)

        return cast("F", options(call))

    return add


def _aligned(paths: tuple[Path, ...], benchmark: str | None, reading: dict[str, Any]) -> AlignedRuns:
    """The runs scored item by item; skipped records go to standard error."""
    from mmar.inputs import load_aligned_runs

    aligned = load_aligned_runs(paths, benchmark, **reading)
    print_skipped(aligned.errors)
    if unreadable := aligned.benchmark.unreadable:
        records = "1 record" if unreadable == 1 else f"{unreadable:,} records"
        click.echo(f"skipped: {records} in all; mmar score counts them as missing in each run", err=True)
    return aligned
