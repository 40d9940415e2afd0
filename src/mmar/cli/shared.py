"""Options and arguments that several commands share, with the values that the shell completes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from mmar.cli.terminal import check_items_option, parse_pairs, print_skipped

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


path_option = partial(click.option, type=click.Path(path_type=Path))
"""An option that names a file or folder."""

folder_option = partial(click.option, type=click.Path(path_type=Path, file_okay=False))
"""An option that names a folder."""


flag = partial(click.option, is_flag=True)
repeatable = partial(click.option, multiple=True)


def number(
    *names: str, least: int = 1, most: int | None = None, default: int | None = None, **others: Any
) -> Callable[[F], F]:
    """An option that takes a whole number within bounds."""
    others.setdefault("metavar", "N")
    kind = click.IntRange(least, most)
    return click.option(*names, type=kind, default=default, show_default=default is not None, **others)


def choice(*names: str, of: Sequence[str], help_text: str) -> Callable[[F], F]:
    """An option that takes one of some words, by default the first."""
    return click.option(*names, type=click.Choice(of), default=of[0], show_default=True, help=help_text)


def benchmark(help_text: str, *, required: bool = False, multiple: bool = False) -> Callable[[F], F]:
    """`--benchmark`."""
    return click.option(
        "--benchmark",
        "-b",
        metavar="NAME-OR-PATH",
        required=required,
        multiple=multiple,
        help=help_text,
        shell_complete=complete_benchmark,
    )


def protocol(help_text: str) -> Callable[[F], F]:
    """`--protocol`."""
    return click.option(
        "--protocol", "-p", metavar="NAME-OR-FILE", help=help_text, shell_complete=_complete_protocol
    )


reading = click.option(
    "--reading",
    metavar="VERSION",
    help="Version of the reading: cascade@1 or cascade@2. [default: cascade@2]",
)


def items(help_text: str) -> Callable[[F], F]:
    """`--items`."""
    return path_option(
        "--items",
        metavar="FILE",
        help=f"{help_text} JSONL, or CSV if FILE ends in .csv; - for standard output.",
    )


via = click.option(
    "--via",
    type=click.Choice(["hf", "vllm", "sglang", "command"]),
    help='What serves a system of "mmar models". [default: the first that it names]',
)
draws = number("--draws", most=1_000_000, default=10_000, help="Draws of the permutation test.")
seed = number("--seed", least=0, default=0, help="Random seed.")
audio_dir = path_option("--audio-dir", metavar="DIR", help="Folder of the clips.")
key = click.option(
    "--key", metavar="FIELD", help="Field that holds the prediction; a path such as resps.0 in a log."
)
id_field = click.option(
    "--id", "id_field", metavar="FIELD", help="Field that holds the item's id, such as doc.id."
)
prices = path_option("--prices", metavar="FILE", help="Price table (see docs/models.md).")
figures = partial(folder_option, "--figures", metavar="DIR")


def language(help_text: str) -> Callable[[F], F]:
    """`--language`."""
    return choice("--language", of=["en", "zh"], help_text=help_text)


ABOVE_ZERO = click.FloatRange(0, min_open=True)
temperature = click.option(
    "--temperature", type=click.FloatRange(0), metavar="T", help="Sampling temperature."
)
top_p = click.option("--top-p", type=click.FloatRange(0, 1), metavar="P", help="Nucleus sampling mass.")
max_tokens = number("--max-tokens", help="Maximum number of tokens of an answer.")
gpus = click.option("--gpus", metavar="0,1,...", help="Run a copy of the program on each GPU.")
worker = repeatable(
    "--worker", "workers", metavar="COMMAND", help="A worker, such as 'ssh gpu1 ...'. Repeatable."
)
concurrency = click.option(
    *("--concurrency", "-c"),
    type=click.IntRange(1, 4096),
    metavar="N",
    help="Requests in flight. [default: adapts]",
)
budget = click.option(
    "--budget", metavar="TOKENS|MONEY", help="Stop at 500000tokens, 2Mtokens, or an amount such as 3.50."
)


def base_url(help_text: str) -> Callable[[F], F]:
    """`--base-url`."""
    return repeatable("--base-url", "base_urls", metavar="URL", help=help_text)


def adapter(help_text: str) -> Callable[[F], F]:
    """`--option`, as a dictionary; of two values of one name the last counts."""

    def last_values(_context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]) -> Any:
        pairs = parse_pairs("--option", texts, "audio_rate=16000")
        return {name: values[-1] for name, values in pairs.items()}

    return repeatable("--option", "options", metavar="KEY=VALUE", callback=last_values, help=help_text)


def attempts(help_text: str) -> Callable[[F], F]:
    """`--max-attempts`."""
    return number("--max-attempts", most=100, default=5, help=help_text)


def timeout(help_text: str, default: float) -> Callable[[F], F]:
    """`--timeout`."""
    return click.option(
        "--timeout", type=ABOVE_ZERO, default=default, show_default=True, metavar="S", help=help_text
    )


json = flag("--json", "as_json", help="Print JSON.")
lenient = flag("--lenient", help="Skip bad records, list them and count them as missing.")


def runs(items_help: str) -> Callable[[F], F]:
    """The arguments and options of the commands on several runs, which get the runs item by item, as `aligned`."""
    added = (
        click.argument(
            "paths", metavar="RUN RUN...", nargs=-1, required=True, type=click.Path(path_type=Path)
        ),
        benchmark("The questions. [default: each run's own]"),
        choice("--scorer", of=["choice", "official"], help_text="Scorer to compare by."),
        protocol("Read all answers by this protocol."),
        flag("--partial", help="Compare on the items that every run was asked."),
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

        for option in reversed(added):
            call = option(call)
        return cast("F", call)

    return add


def _aligned(paths: tuple[Path, ...], benchmark: str | None, reading: dict[str, Any]) -> AlignedRuns:
    """The runs scored item by item; skipped records go to standard error."""
    from mmar.inputs import aligned_runs

    aligned = aligned_runs(paths, benchmark, **reading)
    print_skipped(aligned.errors)
    if unreadable := aligned.benchmark.unreadable:
        records = "1 record" if unreadable == 1 else f"{unreadable:,} records"
        click.echo(f"skipped: {records} in all; mmar score counts them as missing in each run", err=True)
    return aligned
