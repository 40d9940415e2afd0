"""Scoring what a person names: a run's folder or a predictions file, alone or against a benchmark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from mmar.benchmarks import CATALOGUE
from mmar.errors import InputError, UsageError
from mmar.files.open import open_file
from mmar.files.parquet import is_parquet
from mmar.items import Benchmark, PredictionField, choose_field, first_field_names, load_benchmark
from mmar.items.editions import edition_of
from mmar.items.layouts import Layout, find_layout
from mmar.runs.manifest import Signature, run_parts
from mmar.scoring.editions import edition_hint, edition_notes, old_edition_notes, own_key_notes
from mmar.scoring.inputs import (
    Task,
    check_run_benchmark,
    find_run,
    first_answers,
    key_notes,
    last_answers,
    no_prediction,
)
from mmar.scoring.kinds import OpenAnswer, open_answers, score_extra_fields, score_hop_pairs, score_kinds
from mmar.scoring.official import OFFICIAL_VERSION, is_mmsu, mmsu_score
from mmar.scoring.result import ItemScore, SampleEstimate, Score
from mmar.scoring.stream import FileCounts, read_predictions, score_own_questions, score_with_benchmark
from mmar.scoring.tally import CHOICE, CHOICE_VERSION, OFFICIAL, REQUESTED, Tally

if TYPE_CHECKING:
    from pathlib import Path

    from mmar.logs import PredictionLog
    from mmar.models import Answer
    from mmar.runs.ledger import RequestKey
    from mmar.runs.manifest import Manifest
    from mmar.scoring.robustness import ItemReadings

_SELF_CONTAINED_FIELDS = {"id", "question", "choices", "answer"}
_OF_OUR_OWN = (
    "no-records",
    "invalid-json",
    "too-deep",
    "damaged-gzip",
)  # errors that our own reader raises too
_MOST_COMPARED = 20_000  # records; comparing a larger file with all editions would be felt


class ScoringResult(msgspec.Struct, frozen=True):
    """A score with what belongs to it.

    Attributes:
        rows: the items that the task said to keep, in order.
        errors: of records that `lenient` left out.
        parts: the parts that the score's signature is made of.
        answers: line and answer of each request of a run.
        open_answers: to open questions, for a judge.
        readings: every answer of a run to the items that were asked more than once.
    """

    score: Score
    rows: tuple[ItemScore, ...]
    errors: tuple[InputError, ...]
    parts: Mapping[str, str]
    manifest: Manifest | None = None
    answers: Mapping[RequestKey, tuple[int, Answer]] = {}
    open_answers: tuple[OpenAnswer, ...] = ()
    readings: tuple[ItemReadings, ...] = ()


def score_task(task: Task) -> ScoringResult:
    """Score a run or a file."""
    manifest = task.manifest or find_run(task.path)
    if manifest is not None:
        return _score_run(task, manifest)
    fields = _field_names(task.path)
    layout = _layout(task.path, fields)
    if layout is not None:
        return _score_layout(task, layout)
    choice = choose_field(fields, task.key)
    is_published_layout = "id" in fields and choice.key in fields and "shown_choices" not in fields
    if choice.key == "answer" and "choices" not in fields:
        is_published_layout = False  # answers that a person calls so, without questions
    if not is_published_layout and (log := _find_log(task, fields)) is not None:
        if task.benchmark is not None or not log.answer_field or not set(fields) >= _SELF_CONTAINED_FIELDS:
            return _score_other_log(task, log)
        choice = PredictionField(log.answer_field, "no field has one of the usual names of a prediction")
    streamed, name = _score_records(task, choice.key)
    tally, errors = streamed.tally, streamed.errors
    if errors and tally.n == tally.states["missing"]:
        raise InputError(
            f"no record can be used, so there is nothing to score; the first problem: {errors[0].problem}",
            file=str(task.path),
            line=errors[0].line,
            field=errors[0].field,
            code="no-usable-records",
            hint="check that the file holds predictions, and for this benchmark",
        )
    if not tally.n or not fields:
        raise InputError("holds no record", file=str(task.path), code="no-records")
    if choice.key not in fields and tally.states["missing"] == tally.n:
        raise no_prediction(task.path, choice.key, fields)
    notes = key_notes(choice)
    if task.benchmark is not None:
        notes += own_key_notes(task.benchmark, streamed.predictions)
    if task.benchmark is None and name == "file":
        notes.append(
            "n is the number of records in the file; with --benchmark, items that the file leaves out count as missing"
        )
        if tally.n <= _MOST_COMPARED:
            notes += edition_notes(task.path)
    parts = _file_parts(name, streamed)
    return _make_result(task, streamed, parts, notes)


def _score_records(task: Task, key: str) -> tuple[FileCounts, str]:
    """The counts of a file of records, and the name of the questions."""
    if task.benchmark is None:
        streamed = score_own_questions(task, key)
        return streamed, task.published(streamed.digest) or "file"
    errors: list[InputError] = []
    predictions = read_predictions(task, key, task.collector(errors))
    try:
        streamed = score_with_benchmark(task.benchmark, predictions, task, errors)
    except InputError as error:
        if error.code in ("other-question", "unknown-id") and (hint := edition_hint(task.path)):
            error.hint = hint
        raise
    return streamed, task.benchmark.name


def _file_parts(name: str, streamed: FileCounts) -> dict[str, str]:
    return {**run_parts(name, streamed.digest, streamed.tally.n), "protocol": "?"}


def _score_other_log(task: Task, log: PredictionLog) -> ScoringResult:
    from mmar.scoring.log_score import score_log

    if task.benchmark is None:
        raise UsageError(
            f"{task.path} is a log ({log.program}) without whole questions",
            code="benchmark-needed",
            hint="name the benchmark that it answers: --benchmark mmar, or a path",
        )
    streamed, notes, program = score_log(log, task.benchmark, task)
    parts = _file_parts(task.benchmark.name, streamed)
    return _make_result(task, streamed, parts, notes, program=program)


def _layout(path: Path, fields: list[str]) -> Layout | None:
    """The published layout of another benchmark that a file is in."""
    try:
        if not fields:
            with open_file(path) as stream:
                head = stream.read(4)
            if not (is_parquet(head) or path.suffix.casefold() == ".csv"):
                return None
        layout = find_layout(path, fields)
        if layout is None or layout.name:
            return layout
        # Parquet whose columns are not of a published layout: whole questions, or a log.
        first = next((row for _, row in layout.rows(path)), None)
        return layout if isinstance(first, dict) and set(first) >= _SELF_CONTAINED_FIELDS else None
    except InputError:
        return None


def _score_layout(task: Task, layout: Layout) -> ScoringResult:
    """Score a file of whole records in another benchmark's layout, alone or against a benchmark."""
    from mmar.scoring.log_score import layout_predictions, prediction_key

    errors: list[InputError] = []
    key = prediction_key(task.path, layout, task.key)
    questions = task.benchmark
    if questions is None:
        questions = load_benchmark(task.path, lenient=task.lenient)
        name = task.published(questions.digest)
        questions = msgspec.structs.replace(questions, name=name or questions.name)
        task = msgspec.structs.replace(task, benchmark=questions)
    predictions = layout_predictions(task.path, layout, key, task.collector(errors))
    streamed = score_with_benchmark(questions, predictions, task, errors)
    parts = _file_parts(questions.name, streamed)
    return _make_result(task, streamed, parts, [f'answers are read from "{key}"'])


def _field_names(path: Path) -> list[str]:
    """The field names of the first records, none where the file is not JSON records."""
    try:
        with open_file(path) as stream:
            head = stream.read(4096)
        if b'"eval"' in head and b'"version"' in head:  # a log of Inspect: one object, perhaps of a gigabyte
            return []
        return first_field_names(path)
    except InputError:
        return []


def _find_log(task: Task, fields: list[str]) -> PredictionLog | None:
    """The file as a log of another program; `None` where it is none, so that its reader names what is wrong."""
    from mmar.logs import open_log

    try:
        return open_log(task.path, key=task.key, id_field=task.id_field)
    except InputError as error:
        if task.id_field is not None or task.path.is_dir() or error.code == "no-answers":
            raise
        # A file that is no JSON, or has no ids, is none of ours.
        if "id" not in fields and (fields or error.code not in _OF_OUR_OWN):
            raise
        return None


def _score_run(task: Task, manifest: Manifest) -> ScoringResult:
    if task.key is not None:
        raise UsageError(
            f"--key: {task.path} is a run, whose answers are where mmar run writes them",
            code="key-of-run",
            hint="leave --key out",
        )
    benchmark = check_run_benchmark(task.path, task.benchmark, manifest)
    rule = task.rule if task.rule is not None else manifest.protocol.reading
    answers = last_answers(task.path)
    streamed = score_with_benchmark(
        benchmark, first_answers(answers), msgspec.structs.replace(task, rule=rule)
    )
    parts = {**manifest.parts, **run_parts(benchmark.name, benchmark.digest, streamed.tally.n)}
    estimate = _sample_estimate(task, benchmark, manifest, streamed.tally)
    repeats = max((repeat for _, rotation, repeat in answers if not rotation), default=0) + 1
    if repeats > 1:
        parts["repeats"] = str(repeats)
    notes = []
    if not manifest.finished:
        from mmar.scoring.intervals import running_interval

        verdicts = (streamed.tally.verdicts or bytearray())[: len(benchmark.closed)]
        right = {position: bool(byte & CHOICE) for position, byte in enumerate(verdicts) if byte & REQUESTED}
        running = running_interval(benchmark.closed, right)
        notes.append(
            f"the run is not finished; the same mmar run command continues it. Running interval of choice {running}, "
            "valid however often it is looked at (arXiv 1810.08240)"
        )
    if estimate is not None:
        parts["part"] = f"sample-{estimate.n}/{estimate.population}"
    robustness: dict[str, Any] = {}
    readings: tuple[ItemReadings, ...] = ()
    if any(rotation or repeat for _, rotation, repeat in answers):
        from mmar.scoring.robustness import read_all_answers, score_repeats, score_rotations

        readings = read_all_answers(benchmark, manifest, answers, rule)
        robustness = {"rotations": score_rotations(readings), "repeats": score_repeats(readings)}
    task = msgspec.structs.replace(task, rule=rule)
    scored = _make_result(task, streamed, parts, notes, sample=estimate, **robustness)
    return msgspec.structs.replace(scored, manifest=manifest, answers=answers, readings=readings)


def _sample_estimate(
    task: Task, benchmark: Benchmark, manifest: Manifest, tally: Tally
) -> SampleEstimate | None:
    """The estimate for the whole benchmark from a drawn sample; `None` for other runs, and until all of it was asked."""
    sizes = {session.sample for session in manifest.sessions}
    size = sizes.pop() if len(sizes) == 1 else None
    if size is None or size < 2 or tally.verdicts is None or benchmark.closed is not benchmark:
        if task.earlier:
            raise UsageError(
                f"{task.path} is not a run of a sample, so earlier runs do not sharpen it",
                code="not-a-sample",
                argument="earlier",
            )
        return None
    from mmar.runs.spec import draw_sample_indexes
    from mmar.scoring.intervals import estimate_from_sample

    drawn = draw_sample_indexes(benchmark, size, manifest.seed)
    verdicts = tally.verdicts[: len(benchmark)]
    if [position for position, byte in enumerate(verdicts) if byte & REQUESTED] != drawn:
        return None
    earlier = []
    for path in task.earlier:
        scored = score_task(Task(path, benchmark, keep="all", clustered=False))
        if scored.score.states["missing"]:
            raise UsageError(
                f"{path} was not asked all items, so it does not sharpen the estimate of a sample",
                code="incomplete-run",
                argument="earlier",
            )
        earlier.append(([row.official for row in scored.rows], [row.choice for row in scored.rows]))
    official, choice = ([bool(verdicts[position] & bit) for position in drawn] for bit in (OFFICIAL, CHOICE))
    return estimate_from_sample(benchmark, drawn, (official, choice), manifest.seed, earlier)


def _make_result(
    task: Task, streamed: FileCounts, parts: dict[str, str], notes: list[str], **more: Any
) -> ScoringResult:
    """The score with its signature and notes; `more` are further fields of `Score`."""
    tally = streamed.tally
    if task.model is not None:
        if task.manifest is not None or "model" in parts:
            raise UsageError(
                f"{task.path} is a run, which names its model",
                code="model-of-run",
                argument="model",
                hint="leave --as out",
            )
        parts["model"] = task.model
    version = (task.rule.version if task.rule is not None else None) or CHOICE_VERSION
    parts["reading"] = f"cascade@{version}"
    if task.protocol is not None:
        parts["reading"] += f" for {task.protocol}"
    parts["scorers"] = f"official@{OFFICIAL_VERSION},choice@{version}"
    name = parts.get("bench", "").partition("#")[0].partition("@")[0]
    if (entry := CATALOGUE.get(name)) is not None and entry.own_rule:
        notes.append(
            f"official is the rule of MMAR and MMAU; the script of {entry.title} {entry.own_rule}, which is not done here"
        )
    if (edition := edition_of(streamed.digest)) is not None:
        notes += old_edition_notes(edition, tally.corrected, task.path)
    missing = tally.states["missing"]
    if missing:
        parts.setdefault("part", f"{tally.n - missing}/{tally.n}")
    benchmark = task.benchmark
    errors = (*(benchmark.errors if benchmark is not None else ()), *streamed.errors)
    notes += _count_notes(tally, len(errors))
    whole, groups, open_ones = tally.total(), tally.groups(), []
    if benchmark is not None:
        verdicts = bytes(tally.verdicts or b"")
        if task.clustered and any(item.url for item in benchmark.closed):
            from mmar.scoring.intervals import add_clustered_intervals

            whole = add_clustered_intervals(whole, benchmark.closed, verdicts)
        groups |= score_extra_fields(benchmark, verdicts)
        more["hops"] = score_hop_pairs(benchmark, verdicts)
        if is_mmsu(benchmark):
            more["mmsu"] = mmsu_score(
                (benchmark.by_id[name], prediction.text) for name, prediction in streamed.predictions.items()
            )
        more["kinds"] = kinds = score_kinds(benchmark, streamed.predictions)
        if kinds is not None:
            open_ones = open_answers(benchmark, streamed.predictions)
            notes.append(
                f"n is the {kinds.closed:,} questions with choices; the other kinds are listed by themselves"
            )
    score = Score(
        n=tally.n,
        signature=Signature(parts).long,
        official=whole.official,
        choice=whole.choice,
        states=tally.states,
        bounds=tally.bounds(),
        groups=groups,
        asked=whole.asked,
        chance=whole.chance,
        parents=tally.parents(),
        letters=tally.letters,
        cut_off=tally.cut_off,
        unread=dict(sorted(tally.unread.items(), key=lambda pair: -pair[1])),
        disagreements=tuple(row for row in tally.rows if row.official != row.choice),
        disagreement_count=tally.differ,
        items=tuple(tally.rows) if task.keep == "all" else (),
        notes=tuple(notes),
        **more,
    )
    return ScoringResult(score, tuple(tally.rows), errors, parts, open_answers=tuple(open_ones))


def _count_notes(tally: Tally, bad: int) -> Iterator[str]:
    if bad:
        records = "1 bad record was" if bad == 1 else f"{bad:,} bad records were"
        yield f"{records} left out (--lenient); a question without a usable record counts as missing"
    if tally.letters:
        letters = "1 answer is a letter" if tally.letters == 1 else f"{tally.letters:,} answers are letters"
        yield f"{letters}, which the published rule cannot read"
    if tally.cut_off:
        answers = "1 answer was" if tally.cut_off == 1 else f"{tally.cut_off:,} answers were"
        yield f"{answers} cut off at the token limit (finish reason length)"
