"""The report of some runs, and the browser of a benchmark: one page that opens from disk.

    DIR/index.html      everything but sounds; long texts too, while the page stays under `PAGE_LIMIT`
    DIR/audio/          each clip once, with a picture of its spectrogram
    DIR/texts/NNN.js    answers of 50 items each, where they do not fit into the page

The page holds no number of its own making that a command prints: scores are those of `mmar score`, differences, ranks
and p-values those of `mmar compare`, so that they are equal to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from mmar._version import __version__
from mmar.errors import InputError, UsageError
from mmar.files.atomic import write_atomic
from mmar.files.progress import Progress
from mmar.items import Benchmark
from mmar.reports.page.clips import PageClip, place_clips
from mmar.reports.page.frame import bundle, check_folder, encode_block, json_block, page, styles
from mmar.reports.page.questions import benchmark_facts, item_columns, item_details
from mmar.reports.page.runs import PageRun, answer_records, page_runs, prompts, run_columns
from mmar.reports.page.texts import BLOCK, LIMIT, TextMode, share_lines, text_blocks
from mmar.reports.scored_source import ScoredSource, align_sources
from mmar.reports.tables import count
from mmar.scoring.compare import compare
from mmar.scoring.measure_reliance import measure_reliance

PAGE_LIMIT = 5_000_000
"""Bytes that a page may have before its texts are put into files beside it."""

KIND = "report"
"""Kind of these pages for `check_folder`; a benchmark's page is one without runs."""

AudioMode = Literal["copy", "link", "none"]
_DRAWS = 10_000


class PageOptions(msgspec.Struct, frozen=True):
    """How a page is written.

    Attributes:
        audio: `copy` the clips beside the page, `link` to their sources, or `none`.
        audio_dir: folder of the clips; by default the benchmark's.
        texts: answers `inline`, in `files` beside the page, left out (`none`), or `auto`: inline while the page
            stays under `PAGE_LIMIT`.
        language: what the page speaks at first, `en` or `zh`.
        prices: a price table, for the cost of the runs.
        progress: where the copying of clips is reported.
    """

    audio: AudioMode = "copy"
    audio_dir: Path | None = None
    texts: TextMode = "auto"
    language: Literal["en", "zh"] = "en"
    prices: Path | None = None
    progress: Progress | None = None


class WrittenPage(msgspec.Struct, frozen=True):
    """A page that was written.

    Attributes:
        path: the file to open.
        size: its length in bytes.
        clips: number of clips beside it.
        missing: number of clips that could not be copied.
        text_files: number of files with texts beside it.
        runs: names of the runs in addresses of the page (`index.html#a=NAME`), in the order given.
        notes: what could not be shown, one sentence each.
    """

    path: Path
    size: int
    clips: int
    missing: int
    text_files: int
    runs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class PreparedReport(msgspec.Struct, frozen=True):
    """A report that is ready to be written: everything that can be refused has been looked at.

    Attributes:
        benchmark: the questions of the page: of a report those with choices, which have scores.
        digest: content digest of all questions.
        runs: the runs.
        comparison: what `mmar compare` says of them; `None` for a single run.
        reliances: what `mmar reliance` says of each model that was also run under control conditions.
        notes: what could not be shown, one sentence each.
    """

    benchmark: Benchmark
    digest: str
    runs: tuple[PageRun, ...] = ()
    comparison: Mapping[str, Any] | None = None
    reliances: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()


def prepare_report(sources: Sequence[ScoredSource], prices: Path | None = None) -> PreparedReport:
    """Compare scored runs and predictions files for a report; nothing is written.

    Args:
        sources: the runs, of one benchmark.
        prices: a price table, for their cost.

    Raises:
        UsageError: there is no run, or they are of different benchmarks.
        InputError: the price table or the judgements beside a run are not what they should be.
    """
    if not sources:
        raise UsageError("name at least one run or predictions file", code="too-few-runs")
    runs = page_runs(sources, prices)
    notes: list[str] = []
    comparison = _comparison(sources, notes) if len(sources) > 1 else None
    whole = next((one for one in sources if one.benchmark.audio_dir is not None), sources[0]).benchmark
    if left_out := len(whole) - len(whole.closed):
        notes.append(f"left out: {count(left_out, 'question')} without choices, which mmar score has")
    return PreparedReport(
        whole.closed, whole.digest, tuple(runs), comparison, tuple(_reliances(runs)), tuple(notes)
    )


def write_browser(benchmark: Benchmark, out: Path, options: PageOptions | None = None) -> WrittenPage:
    """Write the page of a benchmark without runs; errors as `write_report`."""
    check_folder(out, KIND)
    return write_report(PreparedReport(benchmark, benchmark.digest), out, options)


def _comparison(sources: Sequence[ScoredSource], notes: list[str]) -> dict[str, Any] | None:
    """What `mmar compare --partial --json` prints, without the lists of items, which the page finds itself."""
    try:
        aligned = align_sources(sources, partial=True)
    except UsageError as error:
        if error.code != "nothing-asked":
            raise
        notes.append(error.summary)
        return None
    result = compare(aligned, draws=_DRAWS, seed=0).to_dict()
    for pair in result["pairs"]:
        del pair["only_first"], pair["only_second"], pair["groups"]["sub-category"]
    return result


def _reliances(runs: Sequence[PageRun]) -> Iterator[dict[str, Any]]:
    """What `mmar reliance --partial --json` prints, for each model that was also run under control conditions."""
    models: dict[str, list[PageRun]] = {}
    for run in runs:
        if run.manifest is not None:
            models.setdefault(run.manifest.model, []).append(run)
    for members in models.values():
        conditions = [run.scored.parts.get("condition") for run in members]
        if len(members) < 2 or conditions.count("full") != 1:
            continue
        try:
            aligned = align_sources([run.source for run in members], partial=True)
            result = measure_reliance(aligned).to_dict()
        except UsageError:  # two runs under one condition, or more than the condition differs
            continue
        del result["solved_groups"]
        for condition in result["conditions"]:
            del condition["groups"]["sub-category"]
        result["keys"] = [run.key for run in members]
        yield result


def write_report(report: PreparedReport, out: Path, options: PageOptions | None = None) -> WrittenPage:
    """Write a report.

    Args:
        report: what `prepare_report` gave.
        out: the page's folder; check it with `check_folder` first.
        options: how it is written.

    Raises:
        ExternalError: a file cannot be written.
    """
    options = options or PageOptions()
    benchmark, runs = report.benchmark, report.runs
    clips, places = _clips(benchmark, out, options)
    records = [{"about": item_details(item), "prompts": prompts(runs, item)} for item in benchmark]
    for run in runs:
        for record, answer in zip(records, answer_records(run, benchmark), strict=True):
            record.setdefault("runs", {})[run.key] = answer
    core: dict[str, Any] = {
        "made": f"mmar {__version__}",
        "benchmark": benchmark_facts(benchmark, report.digest),
        "items": item_columns(benchmark, places),
        "clips": {
            "file": [clip.file for clip in clips],
            "picture": [clip.picture for clip in clips],
            "seconds": [clip.seconds for clip in clips],
            "problem": [clip.problem for clip in clips],
        },
        "audio": options.audio,
        "runs": [run_columns(run, benchmark) for run in runs],
        "reliances": report.reliances,
        "notes": report.notes,
        "texts": {"each": BLOCK, "limit": LIMIT, "cut": _count_cut(records)},
    }
    blocks = {
        "peaks": encode_block(b"".join(clip.peaks for clip in clips)),
        "compare": encode_block(json_block(report.comparison)),
    }
    html, texts = "", []
    if options.texts in ("auto", "inline"):
        packed, lines = share_lines(records)
        inside = {f"t{number}": text for number, text in enumerate(text_blocks(packed))}
        inside["lines"] = encode_block(json_block(lines))
        core["textMode"] = "inline"
        html = _page(benchmark, runs, options, {"core": encode_block(json_block(core)), **blocks, **inside})
    if not html or (options.texts == "auto" and len(html) > PAGE_LIMIT):
        texts = [] if options.texts == "none" else text_blocks(records)
        core["textMode"] = "files" if texts else "none"
        html = _page(
            benchmark,
            runs,
            options,
            {"core": encode_block(json_block(core)), **blocks},
            side_scripts=bool(texts),
        )
    _write_texts(out / "texts", texts)
    write_atomic(out / "index.html", html)
    return WrittenPage(
        path=out / "index.html",
        size=len(html.encode()),
        clips=len({clip.file for clip in clips if clip.file}),
        missing=sum(bool(clip.problem) for clip in clips),
        text_files=len(texts),
        runs=tuple(run.key for run in runs),
        notes=report.notes,
    )


def _page(
    benchmark: Benchmark,
    runs: Sequence[PageRun],
    options: PageOptions,
    blocks: Mapping[str, str],
    *,
    side_scripts: bool = False,
) -> str:
    what = "report" if runs else "browser"
    return page(
        f"{benchmark.name}: mmar {what}",
        kind=KIND,
        script=bundle("report.js"),
        style=styles("base.css", "report.css"),
        blocks=blocks,
        language=options.language,
        media=options.audio == "copy",
        side_pictures=options.audio == "copy",
        side_scripts=side_scripts,
    )


def _clips(benchmark: Benchmark, out: Path, options: PageOptions) -> tuple[list[PageClip], list[list[int]]]:
    """The clips of the page, and for each item the positions of its own."""
    folder = options.audio_dir or benchmark.audio_dir
    if options.audio != "copy" or folder is None:
        return [], [[] for _ in benchmark]
    located = msgspec.structs.replace(benchmark, audio_dir=folder)
    paths: dict[Path, int] = {}
    places: list[list[int]] = []
    for item in benchmark:
        places.append([])
        for name in item.clips:
            try:
                path = located.clip(name)
            except InputError:  # the record's path leads out of the folder
                continue
            places[-1].append(paths.setdefault(path, len(paths)))
    placed = place_clips(list(paths), out, options.progress)
    return [placed[path] for path in paths], places


def _count_cut(records: Sequence[Mapping[str, Any]]) -> int:
    return sum(
        isinstance(answer.get(name), list)
        for record in records
        for answer in record.get("runs", {}).values()
        if answer is not None
        for name in ("answer", "thinking")
    )


def _write_texts(folder: Path, texts: Sequence[str]) -> None:
    """Write the files with texts; those of an earlier page that has more are removed."""
    for number, text in enumerate(texts):
        write_atomic(folder / f"{number:03}.js", f'mmarTexts({number},"{text}");\n')
    for old in folder.glob("*.js"):
        if old.stem.isdecimal() and int(old.stem) >= len(texts):
            old.unlink()
