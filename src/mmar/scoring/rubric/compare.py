"""Two judges, or a judge and people, on the same criteria."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from mmar.errors import InputError
from mmar.logs.tables import read_delimited
from mmar.scoring.rubric.reply import JudgedItem
from mmar.stats.agreement import cohen_kappa
from mmar.stats.interval import Interval

__all__ = ["JudgeAgreement", "agreement", "agreement_with_people", "majority_votes"]

Votes = Mapping[tuple[str, str], float]


class JudgeAgreement(msgspec.Struct, frozen=True):
    """Agreement on the criteria that both judged.

    Attributes:
        first: name of one judge.
        second: name of the other, or `people`.
        kappa: Cohen's kappa of the majority votes; `None` where nothing varies.
        interval: its 95 % interval, by bootstrap over criteria.
        agreement: percent of equal votes.
        n: number of criteria.
        confusion: number of criteria by (vote of the first, vote of the second).
    """

    first: str
    second: str
    kappa: float | None
    interval: Interval | None
    agreement: float
    n: int
    confusion: Mapping[tuple[float, float], int]


def majority_votes(items: Sequence[JudgedItem]) -> dict[tuple[str, str], float]:
    """The most frequent score of each item's criteria; of equally frequent ones the lower."""
    cast: dict[tuple[str, str], list[float]] = {}
    for item in items:
        for judgement in item.judgements:
            for vote in judgement.votes if judgement is not None else ():
                cast.setdefault((item.id, vote.name), []).append(vote.score)
    return {key: min(scores, key=lambda score: (-scores.count(score), score)) for key, scores in cast.items()}


def agreement(first: str, one: Votes, second: str, other: Votes) -> JudgeAgreement | None:
    """Agreement of two sets of votes by (item id, criterion); `None` without a common criterion."""
    common = [key for key in one if key in other]
    if not common:
        return None
    kappa = cohen_kappa([one[key] for key in common], [other[key] for key in common])
    confusion = Counter((one[key], other[key]) for key in common)
    return JudgeAgreement(
        first, second, kappa.kappa, kappa.interval, kappa.agreement, len(common), dict(confusion)
    )


def agreement_with_people(judge: str, items: Sequence[JudgedItem], path: Path) -> JudgeAgreement | None:
    """Agreement with people's votes in a CSV file with the columns `id`, `criterion` and `score`.

    Several people may vote on a criterion; the most frequent score counts.

    Raises:
        InputError: a column is missing, or a score is not a number.
    """
    cast: dict[tuple[str, str], list[float]] = {}
    for line, row in read_delimited(path):
        for name in ("id", "criterion", "score"):
            if row.get(name) in (None, ""):
                raise InputError("missing", file=str(path), line=line, field=name, code="missing-field")
        try:
            score = float(row["score"])
        except ValueError:
            raise InputError(
                f'expected a number, found "{row["score"]}"',
                file=str(path),
                line=line,
                field="score",
                code="invalid-value",
            ) from None
        cast.setdefault((row["id"], row["criterion"]), []).append(score)
    people = {
        key: min(scores, key=lambda score: (-scores.count(score), score)) for key, scores in cast.items()
    }
    return agreement(judge, majority_votes(items), "people", people)
