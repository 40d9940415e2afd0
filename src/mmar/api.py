"""The library: load a benchmark, run a model, score and compare runs.

import mmar

benchmark = mmar.load("demo")
mmar.run("baseline/listener", benchmark, out="runs/listener")
print(mmar.score("runs/listener").choice.accuracy)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack, cast

import msgspec

from mmar._library_errors import library_errors
from mmar._predictions import Predictions, encode_records
from mmar.errors import InputError, UsageError
from mmar.items import Benchmark, load_benchmark
from mmar.protocols import Protocol, load_protocol
from mmar.protocols.reading import VERSIONS, Reading, ReadingRule, read

if TYPE_CHECKING:
    from mmar.models import Model
    from mmar.reports.exchange.formats import BenchmarkFormat
    from mmar.reports.exchange.source import ExportSource
    from mmar.reports.report_page import WrittenPage
    from mmar.runs.check import CheckReport
    from mmar.runs.engine import Counts
    from mmar.runs.run import RunResult
    from mmar.runs.spec import RunOptions, RunSpec
    from mmar.scoring import Score
    from mmar.scoring.align_runs import AlignedRuns
    from mmar.scoring.comparison import Comparison
    from mmar.scoring.error_labels import ErrorAnalysis
    from mmar.scoring.reliance import Reliance
    from mmar.scoring.score import Scored
    from mmar.scoring.sources import Task

__all__ = [
    "arun",
    "browse",
    "cache_dir",
    "check",
    "compare",
    "describe_to_registry",
    "error_analysis",
    "export_benchmark",
    "export_run",
    "export_source",
    "find_benchmark",
    "leaderboard",
    "load",
    "open_for",
    "read_choice",
    "reliance",
    "report",
    "report_tasks",
    "run",
    "score",
    "score_path",
    "task_for",
    "write_board",
]


def cache_dir() -> Path:
    """The user's cache directory, by `MMAR_CACHE_DIR` or the platform's rule."""
    from mmar.benchmarks import default_cache_dir

    return default_cache_dir(os.environ)


def load(
    name_or_path: str | Path,
    *,
    audio_dir: str | Path | None = None,
    lenient: bool = False,
    report: Callable[[InputError], None] | None = None,
    cache: Path | None = None,
    annotations: bool = True,
) -> Benchmark:
    """Load a benchmark by its name (`mmar`, `demo`) or path.

    Args:
        name_or_path: a name that `mmar get --list` shows, a metadata file, or a folder that contains one.
        audio_dir: the folder to which the items' `audio_path` is relative; found by default where possible.
        lenient: skip bad records instead of raising.
        report: called with the error of each skipped record.
        cache: the cache directory, by default the user's.
        annotations: whether to keep thinking, cues, rubrics and unknown fields; without them a large benchmark
            takes a third of the memory.

    Raises:
        UsageError: the name is unknown, or the benchmark was not downloaded.
        InputError: a record is not valid.

    Example:
        >>> load("demo")[0].modality
        'sound'
    """
    with library_errors():
        return find_benchmark(
            name_or_path,
            audio_dir=audio_dir,
            lenient=lenient,
            report=report,
            cache=cache,
            annotations=annotations,
        )


def find_benchmark(
    name_or_path: str | Path,
    *,
    audio_dir: str | Path | None = None,
    lenient: bool = False,
    report: Callable[[InputError], None] | None = None,
    cache: Path | None = None,
    annotations: bool = True,
) -> Benchmark:
    """`load` for the command line, whose errors name options."""
    from mmar.benchmarks import resolve

    located = resolve(
        str(name_or_path) if isinstance(name_or_path, Path) else name_or_path, cache or cache_dir()
    )
    folder = Path(audio_dir) if audio_dir is not None else located.audio_dir
    if folder is not None and not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", code="no-such-folder", argument="audio_dir")
    return load_benchmark(
        located.metadata,
        name=located.name,
        revision=located.revision or "",
        audio_dir=folder,
        origin=_findable(name_or_path),
        lenient=lenient,
        report=report,
        annotations=annotations,
    )


def _findable(name_or_path: str | Path) -> str:
    """A name stays unchanged; a path becomes absolute, so that it is valid in any folder."""
    from mmar.benchmarks import CATALOGUE

    text = str(name_or_path)
    return text if text.partition("@")[0] in CATALOGUE else str(Path(text).expanduser().resolve())


def run(
    model: str | Model | Callable[[dict[str, Any]], Any],
    benchmark: str | Path | Benchmark,
    *,
    out: str | Path,
    audio_dir: str | Path | None = None,
    progress: Callable[[int, Counts], str | None] = lambda *_: None,
    **options: Unpack[RunOptions],
) -> RunResult:
    """Run a model on a benchmark, or continue a run.

    Works inside a running event loop too, as in a notebook; `arun` is its awaitable form.

    Args:
        model: a name such as `baseline/listener`; a function, sync or async, that takes a request as a dictionary
            and returns the answer's text (`mmar.models.jsonl`); or an object with `name`, `uses_audio`, `ask`
            and `close`.
        benchmark: a name, a path, or what `load` returned.
        out: the run's folder.
        audio_dir: the folder of the clips, by default the one that belongs to the benchmark.
        progress: called with the number of requests to make and the counts so far; a text that it returns is the
            reason for which no further request is sent.
        options: see `mmar.runs.spec.RunOptions`.

    Raises:
        UsageError: an argument is not valid (`error.argument` names it), the folder holds another run, or there
            is no audio.
        ExternalError: the ledger cannot be written, or no request can succeed.
    """
    from mmar.runs.run import execute

    with library_errors():
        return execute(*_prepare(model, benchmark, out, audio_dir, options), progress)


async def arun(
    model: str | Model | Callable[[dict[str, Any]], Any],
    benchmark: str | Path | Benchmark,
    *,
    out: str | Path,
    audio_dir: str | Path | None = None,
    progress: Callable[[int, Counts], str | None] = lambda *_: None,
    **options: Unpack[RunOptions],
) -> RunResult:
    """Run a model on a benchmark in the running event loop; arguments and errors as `run`."""
    from mmar.runs.run import aexecute

    with library_errors():
        return await aexecute(*_prepare(model, benchmark, out, audio_dir, options), progress)


def check(
    model: str | Model | Callable[[dict[str, Any]], Any],
    *,
    quick: bool = False,
    progress: Callable[[int, Counts], None] = lambda *_: None,
    **options: Unpack[RunOptions],
) -> CheckReport:
    """Check a model with generated clips, before a run is started.

    Twenty-one requests over ten clips of known content show whether it answers in text, hears the clip, hears past
    30 seconds and in both channels, chooses letters after D, is cut by the token limit, and notices silence.

    Args:
        model: as for `run`.
        quick: send only one request.
        progress: as for `run`.
        options: as for `run`, but for those that select items. Without `captions` a cascade's captions are not kept.

    Returns:
        The replies and a verdict for each property; `passed` is whether no check failed.

    Raises:
        UsageError: an argument is not valid.
        ExternalError: the model's program does not start.
    """
    import tempfile  # slow to import, and seldom needed

    from mmar.runs.check import examine

    with library_errors(), tempfile.TemporaryDirectory(prefix="mmar-check-") as folder:
        options.setdefault("captions", Path(folder) / "captions.sqlite")
        spec, opened = _prepare(model, Benchmark((), "check"), folder, None, options)
        return examine(spec, opened, quick=quick, progress=progress)


def _prepare(
    model: str | Model | Callable[[dict[str, Any]], Any],
    benchmark: str | Path | Benchmark,
    out: str | Path,
    audio_dir: str | Path | None,
    options: RunOptions,
) -> tuple[RunSpec, Model]:
    from mmar.models.python_function import from_function
    from mmar.runs.spec import RunSpec

    if not isinstance(benchmark, Benchmark):
        benchmark = find_benchmark(benchmark, audio_dir=audio_dir)
    elif audio_dir is not None:
        benchmark = msgspec.structs.replace(benchmark, audio_dir=Path(audio_dir))
    if isinstance(model, str):
        spec = RunSpec.create(model, benchmark, out=out, **options)
        return spec, open_for(spec)
    opened = cast("Model", model if hasattr(model, "ask") else from_function(model, os.environ))
    return RunSpec.create(opened, benchmark, out=out, **options), opened


def open_for(spec: RunSpec) -> Model:
    """Open the model of a run; credentials come from this process's environment.

    Raises:
        UsageError: there is no such model, it does not know an option, or what it needs was not given.
    """
    from mmar.models import open_model
    from mmar.models.recipes import check_requirements

    if spec.preset:
        check_requirements(spec.preset, spec.model, spec.base_urls, spec.options, spec.workers)
    return open_model(spec.model, spec.model_options(os.environ))


def score(
    predictions: Predictions,
    benchmark: str | Path | Benchmark | None = None,
    *,
    key: str | None = None,
    protocol: str | Protocol | None = None,
    reading: str | None = None,
    lenient: bool = False,
    earlier: Iterable[str | Path] = (),
    reader: str | Model | Callable[[dict[str, Any]], Any] | None = None,
    reader_out: str | Path | None = None,
    reader_sample: int = 50,
    reader_options: RunOptions | None = None,
) -> Score:
    """Score a run, a predictions file, or predictions in memory.

    Args:
        predictions: the folder of a run, a predictions file, a mapping of item id to answer text, records as a
            predictions file holds them, or a pandas or polars frame with such columns.
        benchmark: the questions; not needed for a run and for records that hold the questions too.
        key: the field that holds the prediction; the first one that is known by default.
        protocol: read the answers by this protocol instead of the run's own.
        reading: version of the reading cascade, `"cascade@1"` or `"cascade@2"`; the current one by default.
        lenient: count bad records as missing instead of raising.
        earlier: runs of the whole benchmark, to sharpen the estimate from a run of a sample.
        reader: a text model, as for `run`, that reads the answers which the cascade left unresolved; gives a third
            number, `Score.reader`.
        reader_out: folder of its replies, which are not asked for again; beside the run or the file by default,
            and needed for predictions in memory.
        reader_sample: answers that the cascade did read and the reader reads too, to measure their agreement.
        reader_options: as the options of `run`; `seed` draws the order of the choices and the sample.

    Raises:
        InputError: a file or a record is not valid.
        UsageError: an argument is not valid, a benchmark is needed, or it is another than the run's.
        ExternalError: the reader cannot be reached.

    Example:
        >>> demo = load("demo")
        >>> score({item.id: item.answer for item in demo}, demo).choice.accuracy
        100.0
    """
    with library_errors():
        with_reader = _reading_by(reader, reader_out, reader_sample, reader_options or {})
        if isinstance(predictions, str | Path):
            task = task_for(
                Path(predictions),
                benchmark,
                key=key,
                protocol=protocol,
                reading=reading,
                lenient=lenient,
                keep="all",
            )
            task = msgspec.structs.replace(task, earlier=tuple(map(Path, earlier)))
            return with_reader(score_path(task), task)
        if reader is not None and reader_out is None:
            raise UsageError(
                "expected a folder for the replies of the reader",
                code="missing-argument",
                argument="reader_out",
            )
        lines = encode_records(predictions, key)
        if not lines:
            raise InputError(
                "there are no predictions",
                code="no-records",
                hint="expected at least one record",
                file="predictions",
            )
        import tempfile  # slow to import, and seldom needed

        with tempfile.TemporaryDirectory(prefix="mmar-") as folder:
            path = Path(folder) / "predictions.jsonl"
            path.write_bytes(b"".join(lines))
            try:
                task = task_for(
                    path, benchmark, key=key, protocol=protocol, reading=reading, lenient=lenient, keep="all"
                )
                return with_reader(score_path(task), task)
            except InputError as error:
                if error.file == str(path):
                    error.file = "predictions"  # the caller knows the records by their number
                raise


def _reading_by(
    reader: str | Model | Callable[[dict[str, Any]], Any] | None,
    out: str | Path | None,
    sample: int,
    options: RunOptions,
) -> Callable[[Scored, Task], Score]:
    """What adds the number `choice+reader` to a score; without a reader the score stays as it is."""
    if reader is None:
        return lambda scored, _: scored.score

    def read(scored: Scored, task: Task) -> Score:
        from mmar.scoring.reader import apply_reader, plan_reader, reader_folder
        from mmar.scoring.sources import questions_of

        questions = questions_of(task)
        plan = plan_reader(questions, scored.rows, sample=sample, seed=options.get("seed", 0))
        name = (
            reader
            if isinstance(reader, str)
            else getattr(reader, "name", getattr(reader, "__name__", "reader"))
        )
        folder = reader_folder(task.path, str(name)) if out is None else out
        spec, model = _prepare(reader, questions, folder, None, {"temperature": 0.0, **options})
        return msgspec.structs.replace(scored.score, reader=apply_reader(scored.score, plan, spec, model))

    return read


def compare(
    *runs: str | Path,
    benchmark: str | Path | Benchmark | None = None,
    scorer: Literal["choice", "official"] = "choice",
    key: str | None = None,
    protocol: str | Protocol | None = None,
    draws: int = 10_000,
    seed: int = 0,
    margin: float | None = None,
    partial: bool = False,
    lenient: bool = False,
) -> Comparison:
    """Compare runs on the same items, with intervals and paired tests.

    Args:
        runs: two or more run folders or predictions files.
        benchmark: the questions; not needed for runs and for files of whole records.
        scorer: whose verdicts count.
        key: the field of files that holds the prediction.
        protocol: read all answers by this protocol.
        draws: draws of each permutation test.
        seed: random seed of the draws.
        margin: test whether the runs differ by less than this, in points.
        partial: compare the items that every run was asked, instead of raising where they differ.
        lenient: count bad records as missing instead of raising.

    Raises:
        UsageError: the runs cannot be compared, or an argument is not valid.
        InputError: an input is not valid.
    """
    with library_errors():
        aligned = _align(runs, benchmark, key=key, protocol=protocol, partial=partial, lenient=lenient)
        from mmar.scoring.compare import compare as compare_runs

        return compare_runs(
            aligned,
            scorer=_one_of("scorer", scorer, ("choice", "official")),
            draws=_whole("draws", draws, 1),
            seed=_whole("seed", seed, 0),
            margin=margin,
        )


def reliance(
    *runs: str | Path,
    benchmark: str | Path | Benchmark | None = None,
    scorer: Literal["choice", "official"] = "choice",
    protocol: str | Protocol | None = None,
    partial: bool = False,
    lenient: bool = False,
) -> Reliance:
    """Measure how much of a model's accuracy needs the audio.

    Args:
        runs: run folders of one model: one with the real clips, the others under control conditions.
        benchmark: the questions; not needed for runs.
        scorer: whose verdicts count.
        protocol: read all answers by this protocol.
        partial: compare the items that every run was asked, instead of raising where they differ.
        lenient: count bad records as missing instead of raising.

    Raises:
        UsageError: the runs do not belong together, or an argument is not valid.
        InputError: an input is not valid.
    """
    with library_errors():
        from mmar.scoring.measure_reliance import measure_reliance

        aligned = _align(runs, benchmark, protocol=protocol, partial=partial, lenient=lenient)
        return measure_reliance(aligned, scorer=_one_of("scorer", scorer, ("choice", "official")))


def export_run(
    run: str | Path,
    *,
    to: Literal["every-eval-ever", "hf-eval-results", "inspect", "parquet", "wandb", "trackio"],
    out: str | Path | None = None,
    benchmark: str | Path | Benchmark | None = None,
    protocol: str | Protocol | None = None,
    lenient: bool = False,
    dataset: str | None = None,
    organization: str = "unknown",
    relationship: Literal["first_party", "third_party", "collaborative", "other"] = "other",
    project: str = "mmar",
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

    Returns:
        The files written; none for `wandb` and `trackio`.

    Raises:
        UsageError: an argument is not valid, or an extra is missing.
        InputError: an input is not valid.
        ExternalError: a file cannot be written, or the client of `wandb` or `trackio` failed.
    """
    from mmar.reports.exchange.every_eval_ever import Evaluator
    from mmar.reports.exchange.formats import RUN_FORMATS, check_format, write_run_format

    with library_errors():
        check_format(to, RUN_FORMATS)
        source = export_source(Path(_path("run", run)), benchmark, protocol=protocol, lenient=lenient)
        evaluator = Evaluator(organization, relationship)
        place = None if out is None else Path(out)
        return write_run_format(source, to, place, dataset=dataset, evaluator=evaluator, project=project)


def export_source(
    path: Path,
    benchmark: str | Path | Benchmark | None = None,
    *,
    protocol: str | Protocol | None = None,
    audio_dir: Path | None = None,
    lenient: bool = False,
) -> ExportSource:
    """A scored run or predictions file with its questions; a file of whole records is its own benchmark."""
    from mmar.reports.exchange.source import ExportSource

    task = task_for(path, benchmark, protocol=protocol, lenient=lenient, keep="all")
    if task.benchmark is None:
        task = msgspec.structs.replace(
            task, benchmark=load_benchmark(task.path, name="file", lenient=lenient)
        )
    questions = task.benchmark
    assert questions is not None
    if audio_dir is not None:
        questions = msgspec.structs.replace(questions, audio_dir=audio_dir)
    return ExportSource(task.path, questions, score_path(task))


def export_benchmark(
    benchmark: str | Path,
    *,
    to: Literal["croissant", "hf-eval-yaml"],
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

    Raises:
        UsageError: an argument is not valid.
        InputError: the benchmark is not valid.
        ExternalError: the file cannot be written.
    """
    with library_errors():
        return describe_to_registry(benchmark, to=to, out=out, lenient=lenient)


def describe_to_registry(
    benchmark: str | Path, *, to: BenchmarkFormat, out: str | Path | None, lenient: bool
) -> Path:
    """`export_benchmark` for the command line, whose errors name options."""
    from mmar.benchmarks import resolve
    from mmar.reports.exchange.formats import BENCHMARK_FORMATS, check_format, write_benchmark_format

    check_format(to, BENCHMARK_FORMATS)
    loaded = find_benchmark(benchmark, lenient=lenient)
    located = resolve(str(benchmark), cache_dir())
    return write_benchmark_format(loaded, to, None if out is None else Path(out), located.metadata)


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
        language: what the page speaks at first; it has both.
        prices: a price table (see `mmar run --prices`), for the cost of the runs.
        lenient: count bad records as missing instead of raising.

    Raises:
        UsageError: the runs are of different benchmarks, an argument is not valid, or the folder holds something else.
        InputError: an input is not valid.
        ExternalError: a file cannot be written.
    """
    with library_errors():
        from mmar.reports.report_page import PageOptions, write_report

        named = [runs] if isinstance(runs, str | Path) else list(runs)
        options = PageOptions(
            audio=_one_of("audio", audio, ("copy", "link", "none")),
            audio_dir=None if audio_dir is None else _folder("audio_dir", audio_dir),
            texts=_one_of("texts", texts, ("auto", "inline", "files", "none")),
            language=_one_of("language", language, ("en", "zh")),
            prices=None if prices is None else Path(prices),
        )
        tasks = report_tasks(
            [_path("runs", run) for run in named], benchmark, key=key, protocol=protocol, lenient=lenient
        )
        return write_report(tasks, Path(out), lambda name: find_benchmark(name, lenient=lenient), options)


def report_tasks(
    paths: Sequence[Path],
    benchmark: str | Path | Benchmark | None,
    *,
    key: str | None = None,
    protocol: str | Protocol | None = None,
    lenient: bool = False,
) -> list[Task]:
    """What `report` scores."""
    shared = _benchmark(benchmark, lenient=lenient)
    return [task_for(path, shared, key=key, protocol=protocol, lenient=lenient, keep="all") for path in paths]


def browse(
    benchmark: str | Path | Benchmark,
    *,
    out: str | Path,
    audio: Literal["copy", "link", "none"] = "copy",
    audio_dir: str | Path | None = None,
    language: Literal["en", "zh"] = "en",
) -> WrittenPage:
    """Write a page with the items of a benchmark, which opens from disk.

    Args:
        benchmark: a name, a path, or what `load` returned.
        out: the page's folder: a new or empty one, or that of an earlier page.
        audio: `copy` the clips beside the page, `link` to their sources, or `none`.
        audio_dir: folder of the clips, by default the one that belongs to the benchmark.
        language: what the page speaks at first; it has both.

    Raises:
        UsageError: an argument is not valid, or the folder holds something else.
        InputError: the benchmark cannot be read.
        ExternalError: a file cannot be written.
    """
    with library_errors():
        from mmar.reports.report_page import PageOptions, write_browser

        options = PageOptions(
            audio=_one_of("audio", audio, ("copy", "link", "none")),
            audio_dir=None if audio_dir is None else _folder("audio_dir", audio_dir),
            language=_one_of("language", language, ("en", "zh")),
        )
        loaded = _benchmark(benchmark, lenient=False)
        assert loaded is not None
        return write_browser(loaded, Path(out), options)


def _folder(argument: str, value: str | Path) -> Path:
    if not Path(value).is_dir():
        raise UsageError(f"there is no folder {value}", code="no-such-folder", argument=argument)
    return Path(value)


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

    Raises:
        UsageError: a benchmark is needed.
        InputError: a file is not valid.
    """
    from mmar.scoring.error_labels import analyze_errors, labels_path, read_labels

    with library_errors():
        source = export_source(Path(_path("run", run)), benchmark, lenient=lenient)
        wrong = source.wrong_items(sample=sample, seed=seed)
        return analyze_errors(wrong, read_labels(labels_path(source.path)), signature=source.score.signature)


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
    partial: bool = False,
    language: Literal["en", "zh"] = "en",
    lenient: bool = False,
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
        names: canonical id by model, for models that are not recognized.
        reports: address of a report by run.
        partial: rank the runs by the items that every run was asked, instead of raising where they differ.
        language: of the page at first.
        lenient: count bad records as missing instead of raising.

    Returns:
        The page.

    Raises:
        UsageError: an argument is not valid, or the runs cannot be compared.
        InputError: an input is not valid.
        ExternalError: a file cannot be written.
    """
    with library_errors():
        return write_board(
            [Path(_path("runs", run)) for run in runs],
            Path(out),
            title=title,
            published=published,
            benchmark=benchmark,
            earlier=earlier,
            prices=None if prices is None else Path(prices),
            names=names or {},
            reports=reports or {},
            partial=partial,
            language=_one_of("language", language, ("en", "zh")),
            lenient=lenient,
        )


def write_board(
    runs: Sequence[Path],
    out: Path,
    *,
    title: str,
    published: bool,
    benchmark: str | Path | Benchmark | None,
    earlier: str | Path | Benchmark | None,
    prices: Path | None,
    names: Mapping[str, str],
    reports: Mapping[str, str],
    partial: bool,
    language: str,
    lenient: bool,
    report: Callable[[Sequence[InputError]], None] = lambda _: None,
) -> Path:
    """`leaderboard` for the command line, whose errors name options."""
    from mmar.reports.leaderboard.board import build_board
    from mmar.reports.leaderboard.site import write_leaderboard

    questions = _benchmark(benchmark, lenient=lenient)
    sources = [export_source(path, questions, lenient=lenient) for path in runs]
    for source in sources:
        report(source.scored.errors)
    board = build_board(
        sources,
        lambda paths: _align(paths, questions, protocol=None, partial=partial, lenient=lenient),
        title=title,
        published=published,
        prices=prices,
        earlier=_benchmark(earlier, lenient=lenient),
        names=names,
        reports={str(Path(run)): address for run, address in reports.items()},
    )
    return write_leaderboard(board, out, sources, language=language)


def _align(
    runs: Sequence[str | Path],
    benchmark: str | Path | Benchmark | None,
    *,
    protocol: str | Protocol | None,
    key: str | None = None,
    partial: bool,
    lenient: bool,
) -> AlignedRuns:
    from mmar.scoring.align_runs import align_runs

    return align_runs(
        [_path("runs", run) for run in runs],
        lambda name: find_benchmark(name, lenient=lenient),
        benchmark=_benchmark(benchmark, lenient=lenient),
        key=key,
        protocol=load_protocol(protocol) if isinstance(protocol, str) else protocol,
        partial=partial,
        lenient=lenient,
    )


def _benchmark(benchmark: Any, *, lenient: bool) -> Benchmark | None:
    """The benchmark of an argument: loaded, if it is a name or a path."""
    if benchmark is None or isinstance(benchmark, Benchmark):
        return benchmark
    return find_benchmark(_path("benchmark", benchmark), lenient=lenient)


def _path(argument: str, value: Any) -> Any:
    if not isinstance(value, str | Path):
        raise UsageError(
            f"expected a path, got {type(value).__name__}", code="invalid-value", argument=argument
        )
    return Path(value) if argument == "runs" else value


def _one_of(argument: str, value: Any, words: tuple[str, ...]) -> Any:
    if value not in words:
        raise UsageError(
            f"expected {' or '.join(words)}, got {value!r}", code="invalid-value", argument=argument
        )
    return value


def _whole(argument: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise UsageError(
            f"expected a whole number from {least}, got {value!r}", code="invalid-value", argument=argument
        )
    return value


def task_for(
    path: Path,
    benchmark: str | Path | Benchmark | None = None,
    *,
    key: str | None = None,
    id_field: str | None = None,
    protocol: str | Protocol | None = None,
    reading: str | None = None,
    lenient: bool = False,
    keep: str = "differing",
) -> Task:
    """What to score, and against which benchmark: the one named, or a run's own."""
    from mmar.scoring.sources import Task, find_run, run_of

    path = run_of(path)
    manifest = find_run(path)
    if benchmark is None and manifest is not None:
        try:
            benchmark = find_benchmark(manifest.benchmark.origin, lenient=lenient)
        except UsageError as error:
            raise UsageError(
                f"the benchmark of the run {path} is not available: {error.summary}",
                code="benchmark-needed",
                argument="benchmark",
                hint=error.hint or "name its metadata file",
            ) from None
    benchmark = _benchmark(benchmark, lenient=lenient)
    if isinstance(protocol, str):
        protocol = load_protocol(protocol)
    rule = protocol.reading if protocol else None
    if reading is not None:
        own = manifest.protocol.reading if manifest is not None else ReadingRule()
        rule = msgspec.structs.replace(rule or own, version=_reading_version(reading))
    return Task(
        path,
        benchmark,
        key,
        rule,
        protocol.label if protocol else None,
        keep,
        lenient,
        _published_name,
        manifest=manifest,
        id_field=id_field,
    )


def _reading_version(name: str) -> Literal[1, 2]:
    versions = {f"cascade@{version}": version for version in VERSIONS}
    if name not in versions:
        raise UsageError(
            f'unknown reading "{name}"',
            code="unknown-reading",
            argument="reading",
            hint=f"known are {', '.join(versions)}",
        )
    return cast("Literal[1, 2]", versions[name])


def read_choice(
    answer: str | None,
    choices: Sequence[str],
    *,
    protocol: str | Protocol | None = None,
    reading: str | None = None,
    finish_reason: str | None = None,
) -> Reading:
    r"""Read which choice an answer names.

    Args:
        answer: the model's text; `None` when no answer came.
        choices: the choices as they were put, 2 to 26.
        protocol: read by this protocol's rule; the common ways to mark an answer by default.
        reading: version of the reading cascade, `"cascade@1"` or `"cascade@2"`; the current one by default.
        finish_reason: as the service named it. An answer that ended at the token limit is not read by mention alone.

    Returns:
        State, 0-based index of the choice, the rule that decided, the span of the words that were read, and the
        reason as a sentence.

    Raises:
        UsageError: too few or too many choices, or an unknown protocol or version.

    Example:
        >>> reading = read_choice("Drops are heard.\nAnswer: B", ["wind", "rain"])
        >>> reading.index, reading.reason
        (1, 'final line: "Answer: B"')
    """
    from mmar.items.item import MAX_CHOICES
    from mmar.items.predictions import is_cut_off

    with library_errors():
        if isinstance(choices, str) or not 2 <= len(choices) <= MAX_CHOICES:
            raise UsageError(f"expected 2 to {MAX_CHOICES} texts", code="bad-choices", argument="choices")
        if isinstance(protocol, str):
            protocol = load_protocol(protocol)
        rule = protocol.reading if protocol else None
        if reading is not None:
            rule = msgspec.structs.replace(rule or ReadingRule(), version=_reading_version(reading))
        return read(answer, tuple(choices), rule, cut_off=is_cut_off(finish_reason))


def score_path(task: Task) -> Scored:
    """Score a task of `task_for`."""
    from mmar.scoring.score import score_task

    return score_task(task)


def _published_name(digest: str) -> str | None:
    from mmar.benchmarks import CATALOGUE
    from mmar.items.editions import edition_of

    edition = edition_of(digest)
    if edition is not None:
        return edition.benchmark
    return next((entry.name for entry in CATALOGUE.values() if entry.digest == digest), None)
