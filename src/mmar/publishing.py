"""Public functions that write reports, leaderboards and exports, and count labelled errors.

    import mmar

    mmar.report("runs/listener", out="report")
    mmar.export_run("runs/listener", to="every-eval-ever")

All raise `UsageError` for an argument that is not valid or an extra that is missing, `InputError` for a file or folder
that cannot be read, and `ExternalError` where a file cannot be written or a service failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from mmar._library_errors import library_function, validate_choice, validate_path
from mmar.benchmarks import resolve
from mmar.errors import InputError, UsageError
from mmar.files.progress import Progress
from mmar.inputs import cache_dir, find_benchmark, load_benchmark_argument, scoring_task
from mmar.items import Benchmark
from mmar.protocols import Protocol
from mmar.reports import report_page
from mmar.reports.exchange.croissant import write_croissant
from mmar.reports.exchange.every_eval_ever import Relationship, write_every_eval_ever
from mmar.reports.exchange.formats import (
    BENCHMARK_FORMATS,
    RUN_FORMATS,
    TRACKERS,
    BenchmarkFormat,
    RunFormat,
    check_format,
)
from mmar.reports.exchange.hf_eval_results import write_eval_results, write_eval_yaml
from mmar.reports.exchange.inspect_log import write_inspect_log
from mmar.reports.exchange.item_tables import check_tracker, log_run, write_parquet
from mmar.reports.leaderboard import site
from mmar.reports.leaderboard.board import build_board
from mmar.reports.page.frame import check_folder
from mmar.reports.report_page import PageOptions, WrittenPage
from mmar.reports.scored_source import ScoredSource, score_source
from mmar.scoring.error_labels import ErrorAnalysis, analyze_errors, labels_path, read_labels

__all__ = [
    "browse",
    "error_analysis",
    "export_benchmark",
    "export_run",
    "find_source",
    "leaderboard",
    "report",
]

OnSkipped = Callable[[Sequence[InputError]], None]


@library_function
def export_run(
    run: str | Path,
    *,
    to: RunFormat,
    out: str | Path | None = None,
    benchmark: str | Path | Benchmark | None = None,
    protocol: str | Protocol | None = None,
    lenient: bool = False,
    dataset: str | None = None,
    organization: str = "unknown",
    relationship: Relationship = "other",
    project: str = "mmar",
    on_skipped: OnSkipped = lambda _: None,
) -> tuple[Path, ...]:
    """Write a scored run in the format of another program or registry.

    Args:
        run: a run folder or a predictions file.
        to: the format: `every-eval-ever`, `hf-eval-results`, `inspect`, `parquet`, `wandb` or `trackio`.
        out: the file, or for `every-eval-ever` and `hf-eval-results` the folder; by default beside the run.
        benchmark: the questions; not needed for runs and for files of whole records.
        protocol: read all answers by this protocol.
        lenient: count bad records as missing instead of raising.
        dataset: for `hf-eval-results`, the benchmark's data set on the Hub.
        organization: for `every-eval-ever`, who made the evaluation.
        relationship: for `every-eval-ever`, of the evaluator to the model's developer.
        project: for `wandb` and `trackio`.
        on_skipped: called with the errors of the records that were skipped.

    Returns:
        The files written; none for `wandb` and `trackio`.
    """
    check_format(to, RUN_FORMATS)
    if to in TRACKERS:
        check_tracker(to)
    source = find_source(Path(validate_path("run", run)), benchmark, protocol=protocol, lenient=lenient)
    on_skipped(source.scored.errors)
    path = source.path
    folder = Path(out) if out is not None else path.parent
    name = path.name if path.is_dir() else path.name.partition(".")[0]
    if to == "every-eval-ever":
        return write_every_eval_ever(source, folder, organization, relationship)
    if to == "hf-eval-results":
        return (write_eval_results(source, folder, dataset=dataset),)
    if to == "inspect":
        return (write_inspect_log(source, Path(out or path.with_name(f"{name}.eval"))),)
    if to == "parquet":
        return (write_parquet(source, Path(out or path.with_name(f"{name}.parquet"))),)
    log_run(source, to, project)
    return ()


def find_source(
    path: Path,
    benchmark: str | Path | Benchmark | None = None,
    *,
    key: str | None = None,
    protocol: str | Protocol | None = None,
    audio_dir: Path | None = None,
    lenient: bool = False,
) -> ScoredSource:
    """Score a run or predictions file, and find its questions; a file of whole records is its own benchmark."""
    task = scoring_task(path, benchmark, key=key, protocol=protocol, lenient=lenient, keep="all")
    return score_source(task, audio_dir)


@library_function
def export_benchmark(
    benchmark: str | Path,
    *,
    to: BenchmarkFormat,
    out: str | Path | None = None,
    lenient: bool = False,
) -> Path:
    """Write what describes a benchmark, or a studio release, to a registry.

    Args:
        benchmark: a name, a metadata file or a release's folder.
        to: `croissant` (metadata as JSON-LD) or `hf-eval-yaml` (a draft for the Hugging Face Hub).
        out: the file, or for `hf-eval-yaml` the folder; by default in the current folder.
        lenient: skip bad records instead of raising.

    Returns:
        The file written.
    """
    check_format(to, BENCHMARK_FORMATS)
    loaded = find_benchmark(benchmark, lenient=lenient)
    if to == "croissant":
        metadata = resolve(str(benchmark), cache_dir()).metadata
        return write_croissant(loaded, Path(out or "croissant.json"), metadata)
    return write_eval_yaml(loaded, Path(out or "."))


@library_function
def report(
    runs: str | Path | Sequence[str | Path],
    *,
    out: str | Path,
    benchmark: str | Path | Benchmark | None = None,
    key: str | None = None,
    protocol: str | Protocol | None = None,
    audio: Literal["copy", "link", "none"] = "copy",
    audio_dir: str | Path | None = None,
    texts: Literal["auto", "inline", "files", "none"] = "auto",
    language: Literal["en", "zh"] = "en",
    prices: str | Path | None = None,
    lenient: bool = False,
    on_skipped: OnSkipped = lambda _: None,
    progress: Progress | None = None,
) -> WrittenPage:
    """Write a page with the scores, items and comparison of some runs, which opens from disk.

    Args:
        runs: run folders and predictions files of one benchmark, or a single one.
        out: the page's folder: a new or empty one, or that of an earlier page. The page is `index.html` in it.
        benchmark: the questions; not needed for runs and for files of whole records.
        key: the field of files that holds the prediction.
        protocol: read all answers by this protocol.
        audio: `copy` the clips beside the page, `link` to their sources, or `none`.
        audio_dir: folder of the clips, by default the one that belongs to the benchmark.
        texts: answers `inline`, in `files` beside the page, `none`, or `auto`: inline while the page stays under 5 MB.
        language: in which the page opens; it has both.
        prices: a price table (see `mmar run --prices`), for the cost of the runs.
        lenient: count bad records as missing instead of raising.
        on_skipped: called for each run with the errors of the records that were skipped.
        progress: where the copying of clips is reported.
    """
    options = _page_options(audio, audio_dir, language, texts=texts, progress=progress)
    named = [runs] if isinstance(runs, str | Path) else list(runs)
    paths = [Path(validate_path("runs", run)) for run in named]
    check_folder(Path(out), report_page.KIND)
    sources = _score_all(paths, benchmark, on_skipped, key=key, protocol=protocol, lenient=lenient)
    return report_page.write_report(report_page.compare_for_report(sources, prices), Path(out), options)


@library_function
def browse(
    benchmark: str | Path | Benchmark,
    *,
    out: str | Path,
    audio: Literal["copy", "link", "none"] = "copy",
    audio_dir: str | Path | None = None,
    language: Literal["en", "zh"] = "en",
    progress: Progress | None = None,
) -> WrittenPage:
    """Write a page with the items of a benchmark, which opens from disk.

    The benchmark is a name, a path, or the result of `load`; the other arguments and the errors are those of `report`.
    """
    options = _page_options(audio, audio_dir, language, progress=progress)
    loaded = load_benchmark_argument(benchmark, lenient=False)
    assert loaded is not None
    check_folder(Path(out), report_page.KIND)
    return report_page.write_report(report_page.ReportData(loaded, loaded.digest), Path(out), options)


def _score_all(
    paths: Sequence[Path],
    benchmark: str | Path | Benchmark | None,
    on_skipped: OnSkipped,
    *,
    lenient: bool,
    **options: Any,
) -> list[ScoredSource]:
    questions = load_benchmark_argument(benchmark, lenient=lenient)
    sources = []
    for path in paths:
        sources.append(find_source(path, questions, lenient=lenient, **options))
        on_skipped(sources[-1].scored.errors)
    return sources


def _page_options(
    audio: str,
    audio_dir: str | Path | None,
    language: str,
    *,
    texts: str = "auto",
    progress: Progress | None = None,
) -> PageOptions:
    if audio_dir is not None and not Path(audio_dir).is_dir():
        raise UsageError(f"there is no folder {audio_dir}", code="no-such-folder", argument="audio_dir")
    return PageOptions(
        audio=validate_choice("audio", audio, ("copy", "link", "none")),
        audio_dir=None if audio_dir is None else Path(audio_dir),
        texts=validate_choice("texts", texts, ("auto", "inline", "files", "none")),
        language=validate_choice("language", language, ("en", "zh")),
        progress=progress,
    )


@library_function
def error_analysis(
    run: str | Path,
    benchmark: str | Path | Benchmark | None = None,
    *,
    sample: int | None = None,
    seed: int = 0,
    lenient: bool = False,
) -> ErrorAnalysis:
    """Count the wrong answers of a run by the kinds that `mmar errors` labelled, with agreement.

    Args:
        run: a run folder or a predictions file, with its labels in it or beside it.
        benchmark: the questions; not needed for runs and for files of whole records.
        sample: only so many of the wrong answers, as `mmar errors --sample` drew them.
        seed: of the drawing.
        lenient: count bad records as missing instead of raising.
    """
    source = find_source(Path(validate_path("run", run)), benchmark, lenient=lenient)
    wrong = source.wrong_items(sample=sample, seed=seed)
    return analyze_errors(wrong, read_labels(labels_path(source.path)), signature=source.score.signature)


@library_function
def leaderboard(
    *runs: str | Path,
    out: str | Path,
    title: str = "",
    published: bool = True,
    benchmark: str | Path | Benchmark | None = None,
    earlier: str | Path | Benchmark | None = None,
    prices: str | Path | None = None,
    names: Mapping[str, str] | None = None,
    reports: Mapping[str, str] | None = None,
    report: bool = True,
    audio: Literal["copy", "link", "none"] = "none",
    partial: bool = False,
    language: Literal["en", "zh"] = "en",
    lenient: bool = False,
    on_skipped: OnSkipped = lambda _: None,
    progress: Progress | None = None,
) -> Path:
    """Write a leaderboard: a page with a row for each system, its data, and exports of each row.

    Args:
        runs: run folders or predictions files, also those under control conditions.
        out: the folder; written again, it lists what changed.
        title: of the page, by default the benchmark's name.
        published: whether to show the published results of MMAR.
        benchmark: the questions; not needed for runs and for files of whole records.
        earlier: an earlier edition, to count answers to its wrong keys.
        prices: a price table, for the cost.
        names: canonical id by model, for models that are not recognized: letters, digits and `. + - _`.
        reports: address of a report by run, for runs whose report lies elsewhere.
        report: whether to write a report of all runs beside the page, to which its rows and items link.
        audio: of that report: `copy` the clips beside it, `link` to their sources, or `none`.
        partial: rank the runs by the items that every run was asked, instead of raising where they differ.
        language: in which the page opens.
        lenient: count bad records as missing instead of raising.
        on_skipped: called for each run with the errors of the records that were skipped.
        progress: where the copying of clips is reported.

    Returns:
        The page.
    """
    options = _page_options(audio, None, language, progress=progress)
    paths = [Path(validate_path("runs", run)) for run in runs]
    resolved = [path.resolve() for path in paths]
    if twice := next((path for path in paths if resolved.count(path.resolve()) > 1), None):
        raise UsageError(f"{twice} is named twice", code="invalid-value", argument="runs")
    check_folder(Path(out), site.KIND)
    sources = _score_all(paths, benchmark, on_skipped, lenient=lenient)
    addresses = {str(Path(run)): address for run, address in (reports or {}).items()}
    prepared = None
    if report and sources:
        prepared = report_page.compare_for_report(sources, prices)
        for run in prepared.runs:
            addresses.setdefault(str(run.source.path), f"{site.REPORT}/index.html#a={run.key}")
    board = build_board(
        sources,
        title=title,
        published=published,
        prices=prices,
        earlier=load_benchmark_argument(earlier, lenient=lenient),
        names=names or {},
        reports=addresses,
        partial=partial,
    )
    return site.write_leaderboard(board, Path(out), sources, report=prepared, options=options)
