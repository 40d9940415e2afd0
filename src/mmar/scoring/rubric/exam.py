"""Validation of a judge: answers whose score is known, made from the benchmark's reference reasoning.

| kind | submission | should score |
| --- | --- | --- |
| reference | the reference reasoning and the right answer | full marks |
| falsified | the same with one sentence turned into its opposite and the answer's words exchanged in it | less |
| other | the reference reasoning of another item, and the right answer | little |
| empty | no reasoning, and the right answer | little |

Two judges, or a judge and people, are compared on the same criteria.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from mmar.errors import InputError, UsageError
from mmar.files.tables import read_delimited
from mmar.items import Benchmark, Item
from mmar.models import Model
from mmar.runs.engine import Counts
from mmar.runs.spec import RunSpec
from mmar.scoring.faithfulness import add_mistake
from mmar.scoring.rubric.judge import JudgePlan, judge
from mmar.scoring.rubric.reply import JudgedItem, Judgement
from mmar.scoring.rubric.submissions import Submission, Submissions
from mmar.stats.agreement import Kappa, cohen_kappa
from mmar.stats.cluster import accuracy
from mmar.stats.interval import Interval

KINDS = ("reference", "falsified", "other", "empty")


class KindScore(msgspec.Struct, frozen=True):
    """What the judge gave one kind of submission.

    Attributes:
        n: number of items judged.
        score: mean, 0 to 100.
        full_marks: percent of items with full marks.
        unjudged: items whose judgement failed; not in `n`.
    """

    kind: str
    n: int
    score: float
    interval: Interval
    full_marks: float
    unjudged: int


class ExamResult(msgspec.Struct, frozen=True):
    """The exam of one judge, kinds in the order of `KINDS`.

    `told_apart` is the percent of items whose reference reasoning scored above all three others.
    """

    judge: str
    kinds: tuple[KindScore, ...]
    told_apart: float


def exam_submissions(benchmark: Benchmark, n: int, seed: int = 0) -> dict[str, Submissions]:
    """Submissions of every kind for `n` drawn items that have reference reasoning and a rubric."""
    items = [item for item in benchmark if item.rubric and item.thinking and item.answer]
    if len(items) < 2:
        raise UsageError(
            f'"{benchmark.name}" has no reference reasoning with rubrics',
            code="no-rubrics",
            hint="use mmar@2026-02",
        )
    rng = random.Random(seed)  # noqa: S311 - draws items, guards nothing
    drawn = rng.sample(items, min(n, len(items)))
    reasoning: dict[str, Callable[[int, Item], str]] = {
        "reference": lambda _, item: item.thinking or "",
        "falsified": lambda _, item: add_mistake(item.thinking or "", item, seed),
        "other": lambda index, _: drawn[(index + 1) % len(drawn)].thinking or "",
        "empty": lambda *_: "",
    }
    return {
        kind: Submissions(
            tuple(
                Submission(item, item.answer, make(index, item), passes=True)
                for index, item in enumerate(drawn)
            ),
            {},
            benchmark,
        )
        for kind, make in reasoning.items()
    }


def take_exam(
    benchmark: Benchmark,
    spec: RunSpec,
    open_judge: Callable[[], Model],
    plan: JudgePlan,
    *,
    n: int = 40,
    progress: Callable[[int, Counts], None] = lambda *_: None,
) -> ExamResult:
    """Judge every kind of submission, each in a folder of its own below `spec.out`."""
    assert spec.out is not None
    kinds: list[KindScore] = []
    shares: dict[str, list[float | None]] = {}
    for kind, submissions in exam_submissions(benchmark, n, spec.seed).items():
        folder: Path = spec.out / kind
        result = judge(
            submissions, msgspec.structs.replace(spec, out=folder), open_judge(), plan, progress=progress
        )
        shares[kind] = [
            _mean(item.judgements, each.item)
            for item, each in zip(result.items, submissions.items, strict=True)
        ]
        judged = [share for share in shares[kind] if share is not None]
        whole = accuracy(judged, list(range(len(judged)))) if judged else None
        kinds.append(
            KindScore(
                kind,
                len(judged),
                whole.accuracy if whole else 0.0,
                whole.interval if whole else Interval(0.0, 100.0),
                100 * sum(share == 1 for share in judged) / len(judged) if judged else 0.0,
                len(shares[kind]) - len(judged),
            )
        )
    return ExamResult(spec.model, tuple(kinds), _told_apart(shares))


def _mean(judgements: Sequence[Judgement | None], item: Item) -> float | None:
    shares = [each.share(item.rubric or ()) for each in judgements if each is not None]
    return sum(shares) / len(shares) if shares else None


def _told_apart(shares: dict[str, list[float | None]]) -> float:
    """Percent of the fully judged items whose reference reasoning scored above all others."""
    distinguished = judged = 0
    for reference, *others in zip(*(shares[kind] for kind in KINDS), strict=True):
        known = [share for share in others if share is not None]
        if reference is not None and len(known) == len(others):
            judged += 1
            distinguished += reference > max(known)
    return 100 * distinguished / judged if judged else 0.0


Votes = Mapping[tuple[str, str], float]


class JudgeAgreement(msgspec.Struct, frozen=True):
    """Agreement of the majority votes of two judges, or of a judge and `people`, on the criteria that both judged.

    `confusion` is the number of criteria by (vote of the first, vote of the second).
    """

    first: str
    second: str
    kappa: Kappa
    confusion: Mapping[tuple[float, float], int]


def majority_votes(items: Sequence[JudgedItem]) -> dict[tuple[str, str], float]:
    """The most frequent score of each item's criteria; of equally frequent ones the lower."""
    cast: dict[tuple[str, str], list[float]] = {}
    for item in items:
        for judgement in item.judgements:
            for vote in judgement.votes if judgement is not None else ():
                cast.setdefault((item.id, vote.name), []).append(vote.score)
    return _most_frequent(cast)


def _most_frequent(cast: Mapping[tuple[str, str], list[float]]) -> dict[tuple[str, str], float]:
    return {key: min(scores, key=lambda score: (-scores.count(score), score)) for key, scores in cast.items()}


def agreement(first: str, one: Votes, second: str, other: Votes) -> JudgeAgreement | None:
    """Agreement of two sets of votes by (item id, criterion); `None` without a common criterion."""
    common = [key for key in one if key in other]
    if not common:
        return None
    kappa = cohen_kappa([one[key] for key in common], [other[key] for key in common])
    confusion = Counter((one[key], other[key]) for key in common)
    return JudgeAgreement(first, second, kappa, confusion)


def agreement_with_people(judge: str, items: Sequence[JudgedItem], path: Path) -> JudgeAgreement | None:
    """Agreement with people's votes in a CSV file with the columns `id`, `criterion` and `score`.

    Several people may vote on a criterion; the most frequent score counts.
    """
    cast: dict[tuple[str, str], list[float]] = {}
    for line, row in read_delimited(path):
        for name in ("id", "criterion", "score"):
            if row.get(name) in (None, ""):
                raise InputError("missing", field=name, code="missing-field").located(str(path), line)
        try:
            score = float(row["score"])
        except ValueError:
            problem = f'expected a number, found "{row["score"]}"'
            error = InputError(problem, field="score", code="invalid-value")
            raise error.located(str(path), line) from None
        cast.setdefault((row["id"], row["criterion"]), []).append(score)
    return agreement(judge, majority_votes(items), "people", _most_frequent(cast))
