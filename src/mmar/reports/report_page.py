"""The report of some runs, and the browser of a benchmark: one page that opens from disk.

    DIR/index.html      everything but sounds; long texts too, while the page stays under `PAGE_LIMIT`
    DIR/audio/          each clip once, with a picture of its spectrogram
    DIR/texts/NNN.js    answers of 50 items each, where they do not fit into the page

The page holds no number of its own making that a command prints: scores are those of `mmar score`, differences, ranks
and p-values those of `mmar compare`, so that they are equal to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from mmar._version import __version__
from mmar.errors import InputError, UsageError
from mmar.files.atomic import write_atomic
from mmar.files.progress import Progress
from mmar.items import Benchmark, load_benchmark
from mmar.items.records import first_names
from mmar.reports.page.clips import PageClip, place_clips
from mmar.reports.page.frame import bundle, encode_block, json_block, page, styles
from mmar.reports.page.questions import benchmark_facts, item_columns, item_details
from mmar.reports.page.runs import PageRun, answer_records, load_run, prompts, run_columns
from mmar.reports.page.texts import BLOCK, LIMIT, TextMode, share_lines, text_blocks
from mmar.scoring.align_runs import align_runs
from mmar.scoring.compare import compare
from mmar.scoring.measure_reliance import measure_reliance
from mmar.scoring.sources import Task

__all__ = ["PAGE_LIMIT", "AudioMode", "PageOptions", "WrittenPage", "write_browser", "write_report"]

PAGE_LIMIT = 5_000_000
"""Bytes that a page may have before its texts are put into files beside it."""

AudioMode = Literal["copy", "link", "none"]
_DRAWS = 10_000


class PageOptions(msgspec.Struct, frozen=True):
    """How a page is written.

    Attributes:
        audio: `copy` the clips beside the page, `link` to their sources, or `none`.
        audio_dir: folder of the clips; by default the benchmark's, or that of the first run that names one.
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


def write_report(
    tasks: Sequence[Task], out: Path, find: Callable[[str], Benchmark], options: PageOptions | None = None
) -> WrittenPage:
    """Write the report of runs and predictions files.

    Args:
        tasks: what to score; with the scores of all items kept.
        out: the page's folder: a new or empty one, or that of an earlier page.
        find: finds a benchmark by the name that a run's manifest gives.
        options: how it is written.

    Raises:
        UsageError: there is no run, they are of different benchmarks, or the folder holds something else.
        InputError: an input is not what it should be.
        ExternalError: a file cannot be written.
    """
    options = options or PageOptions()
    if not tasks:
        raise UsageError("name at least one run or predictions file", code="too-few-runs")
    _check_folder(out)
    benchmark = _questions(tasks[0])
    keys: set[str] = set()
    runs = [load_run(task, place, benchmark, keys, options.prices) for place, task in enumerate(tasks)]
    notes: list[str] = []
    comparison = _comparison(tasks, find, notes) if len(tasks) > 1 else None
    return _write(benchmark, runs, out, options, comparison, _reliances(tasks, runs, find), notes)


def write_browser(benchmark: Benchmark, out: Path, options: PageOptions | None = None) -> WrittenPage:
    """Write the page of a benchmark without runs; errors as `write_report`."""
    _check_folder(out)
    return _write(benchmark, (), out, options or PageOptions(), None, [], [])


def _check_folder(out: Path) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise UsageError(
            f"{out} is a file", code="not-a-folder", argument="out", hint="choose another folder"
        )
    index = out / "index.html"
    if any(out.iterdir()) and not (
        index.is_file() and '<meta name="generator" content="mmar' in _head(index)
    ):
        raise UsageError(
            f"{out} is not empty and holds no page of mmar",
            code="not-empty",
            argument="out",
            hint="choose another folder",
        )


def _head(path: Path) -> str:
    with path.open("rb") as stream:
        return stream.read(2048).decode("utf-8", "replace")


def _questions(task: Task) -> Benchmark:
    """The questions of an input: its benchmark, or those that a file of whole records holds."""
    if task.benchmark is not None:
        folder = None if task.manifest is None else task.manifest.benchmark.audio_dir
        if task.benchmark.audio_dir is None and folder is not None:
            return msgspec.structs.replace(task.benchmark, audio_dir=Path(folder))
        return task.benchmark
    if "choices" not in first_names(task.path):
        raise InputError(
            "the records hold no choices, so they cannot be shown by themselves",
            file=str(task.path),
            field="choices",
            code="benchmark-needed",
            hint="name the benchmark that they answer: --benchmark mmar, or a path",
        )
    return load_benchmark(task.path, name="file", lenient=task.lenient)


def _comparison(
    tasks: Sequence[Task], find: Callable[[str], Benchmark], notes: list[str]
) -> dict[str, Any] | None:
    """What `mmar compare --partial --json` prints, without the lists of items, which the page finds itself."""
    first = tasks[0]
    try:
        aligned = align_runs(
            [task.path for task in tasks],
            find,
            benchmark=first.benchmark if all(task.benchmark is not None for task in tasks) else None,
            key=first.key,
            partial=True,
            lenient=first.lenient,
        )
    except UsageError as error:
        if error.code != "nothing-asked":
            raise
        notes.append(error.summary)
        return None
    result = compare(aligned, draws=_DRAWS, seed=0).to_dict()
    for pair in result["pairs"]:
        del pair["only_first"], pair["only_second"], pair["groups"]["sub-category"]
    return result


def _reliances(
    tasks: Sequence[Task], runs: Sequence[PageRun], find: Callable[[str], Benchmark]
) -> list[dict[str, Any]]:
    """What `mmar reliance --partial --json` prints, for each model that was also run under control conditions."""
    groups: dict[str, list[int]] = {}
    for place, run in enumerate(runs):
        if run.manifest is not None:
            groups.setdefault(run.manifest.model, []).append(place)
    results = []
    for places in groups.values():
        conditions = [runs[place].scored.parts.get("condition") for place in places]
        if len(places) < 2 or conditions.count("full") != 1:
            continue
        try:
            aligned = align_runs(
                [tasks[place].path for place in places],
                find,
                benchmark=tasks[places[0]].benchmark,
                partial=True,
                lenient=tasks[0].lenient,
            )
            result = measure_reliance(aligned).to_dict()
        except UsageError:  # two runs under one condition, or more than the condition differs
            continue
        del result["solved_groups"]
        for condition in result["conditions"]:
            del condition["groups"]["sub-category"]
        result["keys"] = [runs[place].key for place in places]
        results.append(result)
    return results


def _write(
    benchmark: Benchmark,
    runs: Sequence[PageRun],
    out: Path,
    options: PageOptions,
    comparison: Mapping[str, Any] | None,
    reliances: Sequence[Mapping[str, Any]],
    notes: Sequence[str],
) -> WrittenPage:
    clips, places = _clips(benchmark, runs, out, options)
    records = [{"about": item_details(item), "prompts": prompts(runs, item)} for item in benchmark]
    for run in runs:
        for record, answer in zip(records, answer_records(run, benchmark), strict=True):
            record.setdefault("runs", {})[run.key] = answer
    core: dict[str, Any] = {
        "made": f"mmar {__version__}",
        "benchmark": benchmark_facts(benchmark),
        "items": item_columns(benchmark, places),
        "clips": {
            "file": [clip.file for clip in clips],
            "picture": [clip.picture for clip in clips],
            "seconds": [clip.seconds for clip in clips],
            "problem": [clip.problem for clip in clips],
        },
        "audio": options.audio,
        "runs": [run_columns(run, benchmark) for run in runs],
        "reliances": reliances,
        "notes": notes,
        "texts": {"each": BLOCK, "limit": LIMIT, "cut": _count_cut(records)},
    }
    blocks = {
        "peaks": encode_block(b"".join(clip.peaks for clip in clips)),
        "compare": encode_block(json_block(comparison)),
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
        notes=tuple(notes),
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
        script=bundle("report.js"),
        style=styles("base.css", "report.css"),
        blocks=blocks,
        language=options.language,
        media=options.audio == "copy",
        side_pictures=options.audio == "copy",
        side_scripts=side_scripts,
    )


def _clips(
    benchmark: Benchmark, runs: Sequence[PageRun], out: Path, options: PageOptions
) -> tuple[list[PageClip], list[list[int]]]:
    """The clips of the page, and for each item the positions of its own."""
    folder = options.audio_dir or benchmark.audio_dir
    if folder is None:
        named = (run.manifest.benchmark.audio_dir for run in runs if run.manifest is not None)
        folder = next((Path(each) for each in named if each), None)
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
