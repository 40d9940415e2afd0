"""The library: load a benchmark, run a model, score and compare runs.

Each function is offered by `mmar` itself:

    import mmar

    benchmark = mmar.load("demo")
    mmar.run("baseline/listener", benchmark, out="runs/listener")
    print(mmar.score("runs/listener").choice.accuracy)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack, cast

import msgspec

from mmar._library_errors import library_errors, library_function, validate_choice, validate_int
from mmar._predictions import Predictions, as_predictions_file
from mmar.errors import InputError, UsageError
from mmar.inputs import (
    find_benchmark,
    load_aligned_runs,
    open_run_model,
    reading_version,
    scoring_task,
)
from mmar.items import Benchmark
from mmar.items.item import MAX_CHOICES
from mmar.items.predictions import is_cut_off
from mmar.protocols import Protocol, load_protocol
from mmar.protocols.reading import Reading, ReadingRule, read

if TYPE_CHECKING:
    from mmar.models import Model
    from mmar.runs.check import CheckReport
    from mmar.runs.engine import Counts
    from mmar.runs.run import RunResult
    from mmar.runs.spec import RunOptions, RunSpec
    from mmar.scoring import Score
    from mmar.scoring.comparison import Comparison
    from mmar.scoring.inputs import Task
    from mmar.scoring.reliance import Reliance
    from mmar.scoring.score import ScoringResult

__all__ = ["arun", "check", "compare", "load", "read_choice", "reliance", "run", "score"]


@library_function
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
    return find_benchmark(
        name_or_path,
        audio_dir=audio_dir,
        lenient=lenient,
        report=report,
        cache=cache,
        annotations=annotations,
    )


@library_function
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


@library_function
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

    with tempfile.TemporaryDirectory(prefix="mmar-check-") as folder:
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
    from mmar.models.python_function import PythonFunction
    from mmar.runs.spec import RunSpec

    if not isinstance(benchmark, Benchmark):
        benchmark = find_benchmark(benchmark, audio_dir=audio_dir)
    elif audio_dir is not None:
        benchmark = msgspec.structs.replace(benchmark, audio_dir=Path(audio_dir))
    if isinstance(model, str):
        spec = RunSpec.create(model, benchmark, out=out, **options)
        return spec, open_run_model(spec)
    opened = cast("Model", model if hasattr(model, "ask") else PythonFunction(model, environment=os.environ))
    return RunSpec.create(opened, benchmark, out=out, **options), opened


@library_function
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
    if reader is not None and reader_out is None and not isinstance(predictions, str | Path):
        raise UsageError(
            "expected a folder for the replies of the reader",
            code="missing-argument",
            argument="reader_out",
        )
    from mmar.scoring.score import score_task

    with as_predictions_file(predictions, key) as path:
        task = scoring_task(
            path, benchmark, key=key, protocol=protocol, reading=reading, lenient=lenient, keep="all"
        )
        task = msgspec.structs.replace(task, earlier=tuple(map(Path, earlier)))
        scored = score_task(task)
        if reader is None:
            return scored.score
        return _with_reader(scored, task, reader, reader_out, reader_sample, reader_options or {})


def _with_reader(
    scored: ScoringResult,
    task: Task,
    reader: str | Model | Callable[[dict[str, Any]], Any],
    out: str | Path | None,
    sample: int,
    options: RunOptions,
) -> Score:
    """Add the number `choice+reader` to a score."""
    from mmar.scoring.inputs import load_questions
    from mmar.scoring.reader import apply_reader, plan_reader
    from mmar.scoring.text_model import replies_folder

    questions = load_questions(task)
    plan = plan_reader(questions, scored.rows, sample=sample, seed=options.get("seed", 0))
    if out is None:
        name = reader if isinstance(reader, str) else getattr(reader, "name", None)
        out = replies_folder(task.path, str(name or getattr(reader, "__name__", "reader")), "reader")
    spec, model = _prepare(reader, questions, out, None, {"temperature": 0.0, **options})
    return msgspec.structs.replace(scored.score, reader=apply_reader(scored.score, plan, spec, model))


@library_function
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
    aligned = load_aligned_runs(runs, benchmark, key=key, protocol=protocol, partial=partial, lenient=lenient)
    from mmar.scoring.compare import compare as compare_runs

    return compare_runs(
        aligned,
        scorer=validate_choice("scorer", scorer, ("choice", "official")),
        draws=validate_int("draws", draws, 1),
        seed=validate_int("seed", seed, 0),
        margin=margin,
    )


@library_function
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
    from mmar.scoring.measure_reliance import measure_reliance

    aligned = load_aligned_runs(runs, benchmark, protocol=protocol, partial=partial, lenient=lenient)
    return measure_reliance(aligned, scorer=validate_choice("scorer", scorer, ("choice", "official")))


@library_function
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
    if isinstance(choices, str) or not 2 <= len(choices) <= MAX_CHOICES:
        raise UsageError(f"expected 2 to {MAX_CHOICES} texts", code="bad-choices", argument="choices")
    if isinstance(protocol, str):
        protocol = load_protocol(protocol)
    rule = protocol.reading if protocol else None
    if reading is not None:
        rule = msgspec.structs.replace(rule or ReadingRule(), version=reading_version(reading))
    return read(answer, tuple(choices), rule, cut_off=is_cut_off(finish_reason))
