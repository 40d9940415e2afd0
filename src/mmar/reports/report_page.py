"""The report of some runs, and the browser of a benchmark: one page that opens from disk.

    DIR/index.html      everything but sounds; long texts too, while the page stays under `PAGE_LIMIT`
    DIR/audio/          each clip once, with a picture of its spectrogram
    DIR/texts/NNN.js    answers of 50 items each, where they do not fit into the page

Scores are those of `mmar score`, differences, ranks and p-values those of `mmar compare`, equal to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import msgspec

from mmar._version import __version__
from mmar.errors import InputError, UsageError
from mmar.files.atomic import write_atomic
from mmar.files.progress import Progress
from mmar.items import Benchmark
from mmar.reports.page.clips import PageClip, copy_clips
from mmar.reports.page.frame import bundle, encode_block, json_block, page, styles
from mmar.reports.page.questions import benchmark_facts, item_columns, item_details
from mmar.reports.page.runs import PageRun, answer_records, page_runs, prompts, run_columns
from mmar.reports.page.texts import BLOCK, LIMIT, TextMode, answer_texts, share_lines, text_blocks
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
    """Options of a page, as `mmar.report` has them."""

    audio: AudioMode = "copy"
    audio_dir: Path | None = None
    texts: TextMode = "auto"
    language: Literal["en", "zh"] = "en"
    progress: Progress | None = None


class WrittenPage(msgspec.Struct, frozen=True):
    """A page that was written.

    Attributes:
        path: the file to open.
        size: its length in bytes.
        clips: number of clips beside it.
        missing: number of clips that could not be copied.
        text_files: number of files with texts beside it.
        runs: names of the runs in addresses of the page (`index.html#a=NAME`), in the order of the arguments.
        notes: what the page leaves out, one sentence each.
    """

    path: Path
    size: int
    clips: int
    missing: int
    text_files: int
    runs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class ReportData(msgspec.Struct, frozen=True):
    """A report that is checked and compared, but not written.

    Attributes:
        benchmark: the questions of the page: of a report those with choices, which have scores.
        digest: content digest of all questions.
        comparison: the result of `mmar compare`; `None` for a single run.
        reliances: the result of `mmar reliance` for each model that was also run under control conditions.
        notes: what the page leaves out, one sentence each.
    """

    benchmark: Benchmark
    digest: str
    runs: tuple[PageRun, ...] = ()
    comparison: Mapping[str, Any] | None = None
    reliances: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()


def compare_for_report(sources: Sequence[ScoredSource], prices: str | Path | None = None) -> ReportData:
    """Compare scored runs and predictions files of one benchmark for a report; nothing is written.

    Raises:
        UsageError: there is no run, or they are of different benchmarks.
        InputError: the price table or the judgements beside a run are not valid.
    """
    if not sources:
        raise UsageError("name at least one run or predictions file", code="too-few-runs")
    runs = page_runs(sources, prices)
    notes: list[str] = []
    comparison = _comparison(sources, notes) if len(sources) > 1 else None
    whole = next((one for one in sources if one.benchmark.audio_dir is not None), sources[0]).benchmark
    if left_out := len(whole) - len(whole.closed):
        notes.append(f"left out: {count(left_out, 'question')} without choices, which mmar score has")
    return ReportData(
        whole.closed, whole.digest, tuple(runs), comparison, tuple(_reliances(runs)), tuple(notes)
    )


def _comparison(sources: Sequence[ScoredSource], notes: list[str]) -> dict[str, Any] | None:
    """The output of `mmar compare --partial --json`, without the lists of items, which the page makes itself."""
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
    """The output of `mmar reliance --partial --json`, for each model that was also run under control conditions."""
    models: dict[str, list[PageRun]] = {}
    for run in runs:
        if run.source.manifest is not None:
            models.setdefault(run.source.manifest.model, []).append(run)
    for members in models.values():
        conditions = [run.source.condition for run in members]
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


def write_report(report: ReportData, out: Path, options: PageOptions | None = None) -> WrittenPage:
    """Write a report into a folder that `check_folder` accepted."""
    options = options or PageOptions()
    benchmark, runs = report.benchmark, report.runs
    clips, clips_of_items = _clips(benchmark, out, options)
    records = [{"about": item_details(item), "prompts": prompts(runs, item)} for item in benchmark]
    for run in runs:
        for record, answer in zip(records, answer_records(run, benchmark), strict=True):
            record.setdefault("runs", {})[run.key] = answer
    cut = sum(isinstance(text, list) for text in answer_texts(records))
    core: dict[str, Any] = {
        "made": f"mmar {__version__}",
        "benchmark": benchmark_facts(benchmark, report.digest),
        "items": item_columns(benchmark, clips_of_items),
        "clips": {
            field: [getattr(clip, field) for clip in clips]
            for field in ("file", "picture", "seconds", "problem")
        },
        "audio": options.audio,
        "runs": [run_columns(run, benchmark) for run in runs],
        "reliances": report.reliances,
        "notes": report.notes,
        "texts": {"each": BLOCK, "limit": LIMIT, "cut": cut},
    }
    peaks = encode_block(b"".join(clip.peaks for clip in clips))
    comparison = encode_block(json_block(report.comparison))

    def render(text_mode: str, text_blocks_inside: Mapping[str, str]) -> str:
        core["textMode"] = text_mode
        return page(
            f"{benchmark.name}: mmar {'report' if runs else 'browser'}",
            kind=KIND,
            script=bundle("report.js"),
            style=styles("base.css", "report.css"),
            blocks={
                "core": encode_block(json_block(core)),
                "peaks": peaks,
                "compare": comparison,
                **text_blocks_inside,
            },
            language=options.language,
            media=options.audio == "copy",
            side_scripts=text_mode == "files",
        )

    html, texts = "", []
    if options.texts in ("auto", "inline"):
        packed, lines = share_lines(records)
        inside = {f"t{number}": text for number, text in enumerate(text_blocks(packed))}
        inside["lines"] = encode_block(json_block(lines))
        html = render("inline", inside)
    if not html or (options.texts == "auto" and len(html) > PAGE_LIMIT):
        texts = [] if options.texts == "none" else text_blocks(records)
        html = render("files" if texts else "none", {})
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


def _clips(benchmark: Benchmark, out: Path, options: PageOptions) -> tuple[list[PageClip], list[list[int]]]:
    """The clips of the page, and for each item the positions of its own."""
    folder = options.audio_dir or benchmark.audio_dir
    if options.audio != "copy" or folder is None:
        return [], [[] for _ in benchmark]
    located = msgspec.structs.replace(benchmark, audio_dir=folder)
    paths: dict[Path, int] = {}
    positions: list[list[int]] = []
    for item in benchmark:
        positions.append([])
        for name in item.clips:
            with suppress(InputError):  # the record's path leads out of the folder
                positions[-1].append(paths.setdefault(located.clip(name), len(paths)))
    copied = copy_clips(list(paths), out, options.progress)
    return [copied[path] for path in paths], positions


def _write_texts(folder: Path, texts: Sequence[str]) -> None:
    """Write the files with texts; those of an earlier page that has more are removed."""
    for number, text in enumerate(texts):
        write_atomic(folder / f"{number:03}.js", f'mmarTexts({number},"{text}");\n')
    for old in folder.glob("*.js"):
        if old.stem.isdecimal() and int(old.stem) >= len(texts):
            old.unlink()
