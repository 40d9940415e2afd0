"""`mmar audit`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mmar.api import load, score_path, task_for
from mmar.cli.terminal import counting_up, refuse_over_inputs, say
from mmar.errors import InputError, UsageError

if TYPE_CHECKING:
    from mmar.audit import Accepted, Audit, Link, Sound, Unheard
    from mmar.items import Benchmark

__all__ = ["audit"]

_HIDDEN = ("none", "silence", "noise", "shuffled")  # conditions under which the clip is not heard


@click.command()
@click.argument("subject", metavar="BENCHMARK")
@click.option("--audio-dir", type=click.Path(path_type=Path), metavar="DIR", help="Where the clips are.")
@click.option("--audio/--no-audio", default=True, help="Listen to the clips, where they are (the default).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--fix-report",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write each finding with the present value and, where one is certain, the right one. Changes nothing.",
)
@click.option("--select", multiple=True, metavar="CODES", help="Only these checks: C001,T or given again.")
@click.option("--ignore", multiple=True, metavar="CODES", help="Not these checks.")
@click.option(
    "--baseline", type=click.Path(path_type=Path), metavar="FILE", help="Leave out what this file accepts."
)
@click.option(
    "--write-baseline",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Accept everything found now, in this file.",
)
@click.option("--online", is_flag=True, help="Ask the sites whether the videos are still there.")
@click.option(
    "--without-audio",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="RUN",
    help="A run that heard nothing: which items does it solve? May be given again.",
)
@click.option("--strict", is_flag=True, help="End with status 1 for warnings too.")
@click.option(
    "--examples",
    type=click.IntRange(0),
    default=3,
    show_default=True,
    metavar="N",
    help="Findings shown of each check.",
)
@click.option("--all", "everything", is_flag=True, help="Show every finding.")
@click.option("--grim", is_flag=True, help="BENCHMARK is a published table in CSV: check its percentages.")
@click.option(
    "--benchmark",
    "-b",
    metavar="NAME-OR-PATH",
    help="With --grim: the benchmark whose groups the columns are.",
)
@click.option("--n", "given", multiple=True, metavar="COLUMN=N", help="With --grim: a column's items.")
@click.option(
    "--leave-out",
    multiple=True,
    metavar="COLUMN=VALUE",
    help="With --grim: rows that are no counts.  [model_class=baseline]",
)
@click.pass_context
def audit(
    context: click.Context,
    *,
    subject: str,
    audio_dir: Path | None,
    audio: bool,
    as_json: bool,
    fix_report: Path | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    baseline: Path | None,
    write_baseline: Path | None,
    online: bool,
    without_audio: tuple[Path, ...],
    strict: bool,
    examples: int,
    everything: bool,
    grim: bool,
    benchmark: str | None,
    given: tuple[str, ...],
    leave_out: tuple[str, ...],
) -> None:
    """Check a benchmark, or a published table, for faults that change a number.

    Status 0: nothing but warnings and notes; 1: errors (with --strict, warnings); 2: it cannot be audited. What
    each code means, and what to do, is in docs/audit.md.

    \b
    Example:
      mmar audit mmar
      mmar audit my-set.jsonl --audio-dir clips --fix-report corrections.json
      mmar audit mmar --select C,A --all
      mmar audit published.csv --grim --benchmark mmar
    """
    from mmar.audit import choose, read_baseline
    from mmar.audit.registry import CHECKS, PUBLISHED_CHECKS

    read = (subject, benchmark, *without_audio)
    refuse_over_inputs("--fix-report", fix_report, *read, baseline)
    refuse_over_inputs("--write-baseline", write_baseline, *read)
    wanted, unwanted = _codes(select), _codes(ignore)
    if grim:
        choose(PUBLISHED_CHECKS, wanted, unwanted)
    else:
        choose(CHECKS, wanted, unwanted)
        if stray := [name for name, value in (("--benchmark", benchmark), ("--n", given)) if value]:
            raise UsageError(f"{stray[0]} goes with --grim, which checks a published table")
    accepted = read_baseline(baseline) if baseline and not write_baseline else None
    if grim:
        found = _audit_table(Path(subject), benchmark, given, leave_out, wanted, unwanted, accepted)
    else:
        found = _audit_benchmark(
            subject, audio_dir, wanted, unwanted, accepted, without_audio, audio=audio, online=online
        )
    if write_baseline is not None:
        _accept(found, write_baseline)
        return
    if fix_report is not None:
        _propose(found, fix_report)
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
    else:
        from mmar.reports.audit_table import audit_table

        shown = None if everything else examples
        say(audit_table(found, examples=shown, colour=sys.stdout.isatty()), nl=False)
    context.exit(1 if found.failed(strict=strict) else 0)


def _codes(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code.strip().upper() for text in texts for code in text.split(",") if code.strip())


def _audit_benchmark(
    name: str,
    audio_dir: Path | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    accepted: Accepted | None,
    without_audio: tuple[Path, ...],
    *,
    audio: bool,
    online: bool,
) -> Audit:
    from mmar.audit import CHECKS, audit, choose

    benchmark = _load(name, audio_dir)
    needed = {check.needs for check in choose(CHECKS, select, ignore)}
    sounds = _hear(benchmark) if audio and benchmark.audio_dir is not None and "audio" in needed else None
    unheard = [_unheard(path, benchmark) for path in without_audio]
    links = _try(benchmark) if online and "network" in needed else None
    return audit(
        benchmark,
        select=select,
        ignore=ignore,
        sounds=sounds,
        unheard=unheard,
        links=links,
        accepted=accepted,
    )


def _load(name: str, audio_dir: Path | None) -> Benchmark:
    """The benchmark, its unreadable records kept as findings, even if no other is left."""
    from mmar.items import Benchmark

    if name.lower().endswith(".csv"):
        raise UsageError(f"{name}: a published table is checked with --grim")
    faults: list[InputError] = []
    try:
        return load(name, audio_dir=audio_dir, lenient=True, report=faults.append)
    except InputError:
        if not faults:
            raise
        return Benchmark((), Path(name).name.split(".")[0].removesuffix("-meta"), missing=tuple(faults))


def _hear(benchmark: Benchmark) -> dict[str, Sound]:
    from mmar.audit.sounds import hear

    assert benchmark.audio_dir is not None
    with counting_up("clips heard") as progress:
        sounds = hear(benchmark, benchmark.audio_dir, workers=_processors(), progress=progress)
    if sounds and all(sound.missing for sound in sounds.values()):
        first = next(iter(sounds.values()))
        raise UsageError(
            f"none of the {len(sounds):,} clips is there; looked for {first.path}, say\n"
            "  → name their folder with --audio-dir, or leave them out with --no-audio"
        )
    return sounds


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _try(benchmark: Benchmark) -> dict[str, Link]:
    from mmar.audit.links import try_links
    from mmar.items.video import addresses

    with counting_up("addresses tried") as progress:
        return try_links((each for item in benchmark for each in addresses(item.url)), progress=progress)


def _unheard(path: Path, benchmark: Benchmark) -> Unheard:
    """The verdicts of a run that was not given the audio."""
    from mmar.audit import Unheard
    from mmar.scoring.sources import find_run

    manifest = find_run(path)
    if manifest is not None and manifest.audio not in _HIDDEN:
        raise UsageError(
            f"{path}: that run was given the audio ({manifest.audio})\n"
            "  → make one without it: mmar run MODEL --condition none"
        )
    scored = score_path(task_for(path, benchmark, keep="all", lenient=True))
    right = {row.id: row.choice for row in scored.rows if row.state != "missing"}
    return Unheard(path.name, right)


def _audit_table(
    path: Path,
    benchmark: str | None,
    given: tuple[str, ...],
    leave_out: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    accepted: Accepted | None,
) -> Audit:
    from mmar.audit import audit_table
    from mmar.audit.tables import BASELINES, Counts, read_table

    numbers = {}
    for column, text in _pairs("--n", given):
        if not (text.isascii() and text.isdigit() and int(text)):
            raise UsageError(f"--n {column}={text}: expected a number of items, such as {column}=165")
        numbers[column] = int(text)
    rows = tuple((column, value.casefold()) for column, value in _pairs("--leave-out", leave_out))
    counts = Counts.of(load(benchmark) if benchmark else None, numbers)
    table = read_table(path, counts, rows or BASELINES)
    return audit_table(table, select=select, ignore=ignore, accepted=accepted)


def _pairs(option: str, texts: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for text in texts:
        column, equals, value = text.rpartition("=")
        if not equals or not column or not value.strip():
            raise UsageError(f"{option} {text}: expected COLUMN=VALUE")
        yield column.strip(), value.strip()


def _accept(found: Audit, path: Path) -> None:
    from mmar.audit import write_baseline

    count = write_baseline(path, found.findings)
    click.echo(f"{path} accepts {count:,} findings; --baseline {path} leaves them out", err=True)


def _propose(found: Audit, path: Path) -> None:
    from mmar.files.atomic import write_atomic

    report = found.corrections()
    write_atomic(path, (json.dumps(report, ensure_ascii=False, indent=2) + "\n").encode())
    records = report["corrections"]
    certain = sum("proposed" in record for record in records)
    click.echo(f"{path}: {len(records):,} findings, {certain:,} with a proposed value", err=True)
