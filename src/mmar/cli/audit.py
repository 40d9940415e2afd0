"""`mmar audit`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mmar.cli import shared
from mmar.cli.output import display, parse_pairs, print_json, print_table, refuse_over_inputs, status_line
from mmar.errors import InputError, UsageError
from mmar.files.atomic import write_atomic
from mmar.inputs import find_benchmark, scoring_task
from mmar.items import Benchmark
from mmar.items.source_video import addresses
from mmar.reports.tables import count, draw
from mmar.scoring.inputs import find_run

if TYPE_CHECKING:
    from mmar.audit import Audit, Link, Sound, SystemRun, Unheard
    from mmar.audit.published import Table
    from mmar.scoring.result import ItemScore

_WITHOUT_AUDIO = ("none", "silence", "noise", "shuffled")  # conditions that hide the clip


def _list_checks(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if not value:
        return
    from mmar.audit.checks import CHECKS, PUBLISHED_CHECKS

    rows = [(check.code, check.severity, check.title) for check in CHECKS]
    rows += [(check.code, check.severity, check.title) for check in PUBLISHED_CHECKS]
    print_table("\n".join(draw(("CODE", "SEVERITY", "CHECK"), rows, display())))
    context.exit()


@click.command()
@click.argument("subject", metavar="BENCHMARK", shell_complete=shared.complete_benchmark)
@shared.audio_dir
@click.option(
    "--audio/--no-audio", default=True, help="Check the clips, if they are available.", show_default=True
)
@shared.json
@shared.path_option(
    "--fix-report", metavar="FILE", help="Write the findings, with corrections where certain."
)
@shared.repeatable("--select", metavar="CODES", help="Only these checks, e.g. C001,T.")
@shared.repeatable("--ignore", metavar="CODES", help="All but these checks.")
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list_checks, help="List the checks."
)
@shared.path_option("--baseline", metavar="FILE", help="Skip the findings accepted in FILE.")
@shared.path_option(
    "--write-baseline", metavar="FILE", help="Write all present findings to FILE as accepted."
)
@shared.flag("--online", help="Check that the source videos still exist.")
@shared.run_option("--without-audio", help="Run without audio, to list the items that it solves.")
@shared.run_option("--runs", help="Run of one model, for item analysis over several.")
@shared.flag("--strict", help="Exit with status 1 for warnings too.")
@shared.number("--examples", least=0, default=3, help="Findings shown for each check.")
@shared.flag("--all", "show_all", help="Show all findings.")
@shared.flag("--grim", help="BENCHMARK is a CSV table of published percentages; check them.")
@shared.benchmark(help="With --grim: benchmark whose groups are the columns.")
@shared.repeatable("--n", "sizes", metavar="COLUMN=N", help="With --grim: number of items of a column.")
@shared.repeatable(
    "--leave-out", metavar="COLUMN=VALUE", help="With --grim: rows to skip, by default model_class=baseline."
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
    runs: tuple[Path, ...],
    strict: bool,
    examples: int,
    show_all: bool,
    grim: bool,
    benchmark: str | None,
    sizes: tuple[str, ...],
    leave_out: tuple[str, ...],
) -> None:
    """Check a benchmark, or a published table, for faults that change a number.

    Exit status 0: no errors; 1: errors (with --strict also warnings); 2: the audit was not possible. The checks
    are described in docs/audit.md.

    \b
    Example:
      mmar audit demo
      mmar audit demo --select C,A --all
      mmar audit demo --fix-report corrections.json
    """
    import mmar.audit as audits
    from mmar.audit.checks import CHECKS, PUBLISHED_CHECKS

    inputs = (subject, benchmark, *without_audio, *runs)
    refuse_over_inputs("--fix-report", fix_report, *inputs, baseline)
    refuse_over_inputs("--write-baseline", write_baseline, *inputs)
    chosen: dict[str, Any] = {"select": _codes(select), "ignore": _codes(ignore)}
    if grim:
        audits.choose(PUBLISHED_CHECKS, **chosen)
    else:
        needed = {check.needs for check in audits.choose(CHECKS, **chosen)}
        for option, value in (("--benchmark", benchmark), ("--n", sizes), ("--leave-out", leave_out)):
            if value:
                raise UsageError(
                    f"{option} needs --grim, which checks a published table", code="incompatible-options"
                )
    chosen["accepted"] = audits.read_baseline(baseline) if baseline and not write_baseline else None
    if grim:
        result = audits.audit_table(_table(Path(subject), benchmark, sizes, leave_out), **chosen)
    else:
        loaded = _load(subject, audio_dir)
        measured = audio and loaded.audio_dir is not None and "audio" in needed
        result = audits.audit(
            loaded,
            sounds=_measure_clips(loaded) if measured else None,
            unheard=[_unheard(path, loaded) for path in without_audio],
            links=_check_links(loaded) if online and "network" in needed else None,
            systems=[_system_run(path, loaded) for path in runs],
            **chosen,
        )
    if write_baseline is not None:
        number = audits.write_baseline(write_baseline, result.findings)
        accepted = count(number, "finding")
        click.echo(f"{write_baseline} accepts {accepted}; use it with --baseline {write_baseline}", err=True)
        return
    if fix_report is not None:
        _write_corrections(result, fix_report)
    if as_json:
        print_json(result.to_json())
    else:
        from mmar.reports.audit_table import audit_table

        print_table(audit_table(result, examples=None if show_all else examples, display=display()))
    context.exit(1 if result.failed(strict=strict) else 0)


def _codes(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code.strip().upper() for text in texts for code in text.split(",") if code.strip())


def _load(name: str, audio_dir: Path | None) -> Benchmark:
    """The benchmark, its unreadable records as findings, even if no other is left."""
    if name.lower().endswith(".csv"):
        raise UsageError(
            f"{name} is a CSV table", code="csv-without-grim", hint="check a published table with --grim"
        )
    faults: list[InputError] = []
    try:
        return find_benchmark(name, audio_dir=audio_dir, lenient=True, report=faults.append)
    except InputError:
        if not faults:
            raise
        return Benchmark((), Path(name).name.split(".")[0].removesuffix("-meta"), errors=tuple(faults))


def _measure_clips(benchmark: Benchmark) -> dict[str, Sound]:
    from mmar.audit.sounds import measure_clips

    assert benchmark.audio_dir is not None
    with status_line() as show:
        sounds = measure_clips(
            benchmark,
            benchmark.audio_dir,
            workers=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
            progress=lambda done, total: show(f"{done:,} of {total:,} clips checked"),
        )
    if sounds and all(sound.missing for sound in sounds.values()):
        first = next(iter(sounds.values()))
        raise UsageError(
            f"none of the {len(sounds):,} clips was found, for example {first.path}",
            code="no-clips",
            hint="name their folder with --audio-dir, or skip them with --no-audio",
        )
    return sounds


def _check_links(benchmark: Benchmark) -> dict[str, Link]:
    from mmar.audit.links import check_links

    with status_line() as show:
        return check_links(
            (each for item in benchmark for each in addresses(item.url)),
            progress=lambda done, total: show(f"{done:,} of {total:,} addresses requested"),
        )


def _unheard(path: Path, benchmark: Benchmark) -> Unheard:
    """The verdicts of a run that was not given the audio."""
    from mmar.audit import Unheard

    manifest = find_run(path)
    if manifest is not None and manifest.condition not in _WITHOUT_AUDIO:
        raise UsageError(
            f"{path} is a run with audio (condition {manifest.condition})",
            code="run-with-audio",
            hint="make a run without it: mmar run MODEL --condition none",
        )
    return Unheard(path.name, {row.id: row.choice for row in _answered(path, benchmark)})


def _system_run(path: Path, benchmark: Benchmark) -> SystemRun:
    """The verdicts and choices of a run, for item analysis."""
    from mmar.audit import SystemRun

    rows = _answered(path, benchmark)
    named = {
        row.id: None if row.named is None else benchmark[row.id].choices.index(row.named) for row in rows
    }
    return SystemRun(path.name, {row.id: row.choice for row in rows}, named)


def _answered(path: Path, benchmark: Benchmark) -> list[ItemScore]:
    """The scores of the items that a run has an answer to."""
    from mmar.scoring.score import score_task

    scored = score_task(scoring_task(path, benchmark, keep="all", lenient=True))
    return [row for row in scored.rows if row.state != "missing"]


def _table(path: Path, benchmark: str | None, sizes: tuple[str, ...], leave_out: tuple[str, ...]) -> Table:
    """A published table, and the number of items of each of its columns."""
    from mmar.audit.published import BASELINES, Counts, read_table

    numbers = {}
    for column, texts in parse_pairs("--n", sizes, "Sound=165", "COLUMN=VALUE").items():
        text = texts[-1].strip()
        if not (text.isascii() and text.isdigit() and int(text)):
            raise UsageError(
                f"--n {column}={text}: expected a number of items, such as {column}=165", code="not-a-number"
            )
        numbers[column] = int(text)
    pairs = parse_pairs("--leave-out", leave_out, "model_class=baseline", "COLUMN=VALUE")
    rows = tuple((column, text.strip().casefold()) for column, texts in pairs.items() for text in texts)
    counts = Counts.of(find_benchmark(benchmark) if benchmark else None, numbers)
    return read_table(path, counts, rows or BASELINES)


def _write_corrections(result: Audit, path: Path) -> None:
    report = result.corrections()
    write_atomic(path, json.dumps(report, ensure_ascii=False, indent=2) + "\n")
    records = report["corrections"]
    certain = sum("proposed" in record for record in records)
    click.echo(f"{path}: {count(len(records), 'finding')}, {certain:,} with a proposed value", err=True)
