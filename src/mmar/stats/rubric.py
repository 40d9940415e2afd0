"""Trimmed means of repeated judge scores.

A judge is asked five times about each item and scores 0 to 1. The published script takes, for each item, the
mean of the middle three (lowest and highest dropped) and averages over items; the published text speaks of
the trimmed mean of five run means instead (MMAR-Rubrics; Interspeech 2026 challenge, arXiv 2602.14224). The
two differ, so both are given, beside the plain mean, which drops nothing.

An item with some failed judgements is scored on those it has; an item with none stays in the denominator, as
0 below and as 1 in the upper bound. Results in percent, 0 to 100.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mmar.errors import UsageError


@dataclass(frozen=True, slots=True)
class RubricScore:
    """A run's rubric score.

    Attributes:
        trimmed: mean over items of each item's trimmed mean, percent: the published script's number.
        plain: mean over items of each item's plain mean, percent.
        run_trimmed: trimmed mean of the means of each round of judging, percent: the published text's number.
        high: `trimmed` if every item without a judgement scored 1, percent.
        incomplete: items with some but not all judgements.
        unjudged: items without any.
    """

    trimmed: float
    plain: float
    run_trimmed: float
    high: float
    n: int
    incomplete: int
    unjudged: int


def trimmed_mean(values: Sequence[float]) -> float:
    """Mean without the lowest and the highest of three values or more, plain mean of fewer.

    The sum is taken in order, so that it equals the published script's to the last digit.

    Example:
        >>> trimmed_mean([0.0, 0.25, 0.5, 0.75, 1.0]), trimmed_mean([0.0, 1.0])
        (0.5, 0.5)
    """
    middle = sorted(values)[1:-1] if len(values) >= 3 else values
    return sum(middle) / len(middle)


def rubric_score(judgements: Sequence[Sequence[float | None]]) -> RubricScore:
    """Make one number of several judgements of each item, in each of the published ways.

    `judgements` has per item its score in each round of judging, 0 to 1, None where judging failed; the same
    number of rounds for all items, at least 1. With fewer than three scores nothing is trimmed.
    """
    n = len(judgements)
    rounds = len(judgements[0]) if n else 0
    if not rounds:
        raise UsageError("there are no judgements", code="no-items")
    for item, row in enumerate(judgements):
        if len(row) != rounds:
            raise UsageError(f"item {item} has {len(row)} of {rounds} judgements", code="different-lengths")
        if any(score is not None and not 0 <= score <= 1 for score in row):
            raise UsageError(f"item {item} was judged {row}, outside 0 to 1", code="score-out-of-range")
    scores = [[score for score in row if score is not None] for row in judgements]
    unjudged = sum(not row for row in scores)
    run_means = []
    for column in zip(*judgements, strict=True):
        present = [score for score in column if score is not None]
        if present:
            run_means.append(100 * math.fsum(present) / (len(present) + unjudged))
    trimmed = 100 * math.fsum(trimmed_mean(row) for row in scores if row) / n
    return RubricScore(
        trimmed=trimmed,
        plain=100 * math.fsum(math.fsum(row) / len(row) for row in scores if row) / n,
        run_trimmed=trimmed_mean(run_means) if run_means else 0.0,
        high=trimmed + 100 * unjudged / n,
        n=n,
        incomplete=sum(0 < len(row) < rounds for row in scores),
        unjudged=unjudged,
    )
