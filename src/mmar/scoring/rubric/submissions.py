"""What is judged: each item's reasoning and answer, of a run or a predictions file, and which pass the gate.

The published script's output file (`code/evaluation_rubrics.py` of ddlBoJack/MMAR at 3bce090) has each judged
record of the input with `new`, `score` (0 to 1), `correct` and `raw_responses` added, as JSON with ASCII
escapes; its table lists modality, category and sub-category in order of appearance. Where the script drops an
item whose judgement failed, the item is left out of file and table here too, and counted in a note.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from mmar.errors import InputError, UsageError
from mmar.items import Benchmark, Item, load_benchmark
from mmar.logs import join_log, open_log
from mmar.protocols import ReadingRule
from mmar.scoring.inputs import check_run_benchmark, find_run, last_answers, resolve_run_folder
from mmar.scoring.rubric.reply import JudgedItem, item_score
from mmar.scoring.tally import score_answer

Gate = Literal["official", "choice"]

LENGTH_LIMIT = 10_000
"""Characters of reasoning from which the published script warns; it judges all the same, and so do we."""


class Submission(msgspec.Struct, frozen=True):
    """One item's answer.

    Attributes:
        prediction: the answer; `None` where none came.
        reasoning: the reasoning beside it; may be empty.
        passes: whether the answer is right by the gate, so that its reasoning is judged.
    """

    item: Item
    prediction: str | None
    reasoning: str
    passes: bool


class Submissions(msgspec.Struct, frozen=True):
    """All items of a benchmark with their answers, in its order.

    Attributes:
        parts: what is known of the run, for the signature.
    """

    items: tuple[Submission, ...]
    parts: Mapping[str, str]
    benchmark: Benchmark
    errors: tuple[InputError, ...] = ()


class Answers(msgspec.Struct, frozen=True):
    """The answers of a run or a file.

    Attributes:
        texts: answer (`None` where none came) and reasoning by item id.
        rule: how a run's own protocol reads answers.
        parts: what is known of the run, for the signature.
    """

    benchmark: Benchmark
    texts: Mapping[str, tuple[str | None, str]]
    rule: ReadingRule | None = None
    parts: Mapping[str, str] = {}
    errors: tuple[InputError, ...] = ()


def load_answers(path: Path, benchmark: Benchmark | None, *, lenient: bool = False) -> Answers:
    """Read answers and reasoning of a run, a predictions file or a log of another program."""
    path = resolve_run_folder(path)
    manifest = find_run(path)
    if manifest is not None:
        benchmark = check_run_benchmark(path, benchmark, manifest)
        texts = {
            key.item_id: (None if answer.failure else answer.text, answer.thinking)
            for key, (_, answer) in last_answers(path).items()
            if not (key.rotation or key.repeat)
        }
        return Answers(benchmark, texts, manifest.protocol.reading, manifest.parts)
    if benchmark is None:
        benchmark = _own_questions(path)
    errors: list[InputError] = []
    joined = join_log(open_log(path), benchmark, errors.append if lenient else None)
    texts = {name: (each.record.text, each.record.thinking) for name, each in joined.answers.items()}
    return Answers(benchmark, texts, errors=tuple(errors))


def load_submissions(
    path: Path,
    benchmark: Benchmark | None,
    *,
    gate: Gate = "official",
    lenient: bool = False,
) -> Submissions:
    """Read answers and reasoning of a run, a predictions file or a log, and put them through the gate.

    The benchmark may be left out for a file of whole records. `gate` names the scorer that decides what is
    judged.

    Raises:
        UsageError: a benchmark is needed, or its items have no rubrics (code `no-rubrics`).
        InputError: the file is not valid.
    """
    answered = load_answers(path, benchmark, lenient=lenient)
    benchmark = answered.benchmark
    _check_rubrics(benchmark)
    benchmark.check_scorable()
    return Submissions(
        tuple(
            _submission(item, *answered.texts.get(item.id, (None, "")), gate=gate, rule=answered.rule)
            for item in benchmark
        ),
        answered.parts,
        benchmark,
        answered.errors,
    )


def _submission(
    item: Item, prediction: str | None, reasoning: str, *, gate: Gate, rule: ReadingRule | None
) -> Submission:
    score = score_answer(item, prediction, rule)
    return Submission(item, prediction, reasoning, score.official if gate == "official" else score.choice)


def _own_questions(path: Path) -> Benchmark:
    """The questions of a file of whole records."""
    try:
        return load_benchmark(path)
    except InputError as error:
        if error.code in ("missing-field", "missing", "input"):
            raise UsageError(
                f"{path} does not hold the questions",
                code="benchmark-needed",
                hint="name them: --benchmark mmar, or --meta MMAR-meta.jsonl",
            ) from None
        raise


def _check_rubrics(benchmark: Benchmark) -> None:
    missing = sum(not item.rubric for item in benchmark)
    if missing:
        raise UsageError(
            f'{missing:,} of the {len(benchmark):,} items of "{benchmark.name}" have no rubric',
            code="no-rubrics",
            hint="the edition mmar@2026-02 has them: --benchmark mmar, or --meta MMAR-meta.jsonl",
        )


_RULE = "*" * 30
_TABLES = (("Modality", "modality", 25), ("Category", "category", 18), ("Sub-category", "sub_category", 40))


def evaluated_lines(
    submissions: Submissions, judged: Sequence[JudgedItem], *, new: Iterable[str] = ()
) -> Iterable[bytes]:
    """Lines of `<input>.evaluated.jsonl`; `new` are the ids of the items that were judged in this session."""
    fresh = set(new)
    for each, item in zip(submissions.items, judged, strict=True):
        score = item_score(item, each.item.rubric or ())
        if each.prediction is None or score is None:
            continue
        record: dict[str, Any] = {
            **each.item.to_record(),
            "thinking_prediction": each.reasoning,
            "answer_prediction": each.prediction,
            "new": each.item.id in fresh,
            "score": score,
            "correct": item.passes,
            "raw_responses": list(item.replies),
        }
        yield json.dumps(record).encode() + b"\n"


def official_table(submissions: Submissions, judged: Sequence[JudgedItem]) -> str:
    """What the published script prints."""
    rows = [
        (each.item, item.passes, score)
        for each, item in zip(submissions.items, judged, strict=True)
        if each.prediction is not None and (score := item_score(item, each.item.rubric or ())) is not None
    ]
    answered = sum(each.prediction is not None for each in submissions.items)
    lines = []
    for title, field, width in _TABLES:
        lines += [_RULE, f"{title}-wise Score & Accuracy:"]
        for name, members in _by(field, rows).items():
            accuracy, score = _means(members)
            lines.append(
                f"{name!s:<{width}}  score={score:3.2f}, acc={accuracy:3.2f}% over {len(members):>3} samples"
            )
    accuracy, score = _means(rows)
    lines += [
        _RULE,
        f"Total Accuracy: {accuracy:.2f}% over {len(rows)} samples",
        f"Total Score: {score:.2f} over {len(rows)} samples",
        _RULE,
        f"No prediction count: {answered - len(rows)}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _by(
    field: str, rows: Sequence[tuple[Item, bool, float]]
) -> Mapping[str | None, list[tuple[Item, bool, float]]]:
    groups: dict[str | None, list[tuple[Item, bool, float]]] = {}
    for row in rows:
        groups.setdefault(getattr(row[0], field), []).append(row)
    return groups


def _means(rows: Sequence[tuple[Item, bool, float]]) -> tuple[float, float]:
    """Accuracy and score in percent, summed in the script's order."""
    if not rows:
        return 0.0, 0.0
    total = 0.0
    for _, _, score in rows:
        total += score
    return sum(passes for _, passes, _ in rows) / len(rows) * 100, total / len(rows) * 100
