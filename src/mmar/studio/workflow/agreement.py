"""Human accuracy and agreement, from the inspectors' blind answers."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from mmar.stats.agreement import cohen_kappa, krippendorff_alpha
from mmar.stats.interval import wilson

__all__ = ["HumanScore", "PairAgreement", "Rating", "human_score"]


class Rating(msgspec.Struct, frozen=True):
    """One blind answer to a revision of an item; `choice` and `key` are indexes, `None` for "cannot tell"."""

    item: int
    revision: int
    person: int
    choice: int | None
    key: int


class PairAgreement(msgspec.Struct, frozen=True):
    """Agreement of two inspectors on the items that both answered: Cohen's kappa, and percent of equal answers."""

    first: int
    second: int
    kappa: float | None
    agreement: float
    n: int


class HumanScore(msgspec.Struct, frozen=True):
    """Human performance.

    Attributes:
        answers: number of blind answers.
        right: number of right ones; "cannot tell" is wrong.
        accuracy: percent, with the bounds `low` and `high` of Wilson's 95 % interval.
        alpha: nominal Krippendorff's alpha over questions with two or more answers (`units`).
        pairs: each two inspectors with questions in common.
    """

    answers: int
    right: int
    accuracy: float | None
    low: float | None
    high: float | None
    alpha: float | None
    units: int
    pairs: tuple[PairAgreement, ...]


def human_score(answers: Sequence[Rating]) -> HumanScore:
    """Accuracy and agreement of blind answers.

    A choice is compared as the place it had in its own revision. "Cannot tell" is a rating of its own.
    """
    right = sum(answer.choice == answer.key for answer in answers)
    units: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
    for answer in answers:
        units[answer.item, answer.revision][answer.person] = -1 if answer.choice is None else answer.choice
    rated = [unit for unit in units.values() if len(unit) > 1]
    interval = wilson(right, len(answers)) if answers else None
    return HumanScore(
        len(answers),
        right,
        100 * right / len(answers) if answers else None,
        interval.low if interval else None,
        interval.high if interval else None,
        _alpha(rated),
        len(rated),
        tuple(_pairs(rated)),
    )


def _alpha(units: Sequence[dict[int, int]]) -> float | None:
    if not units:
        return None
    return krippendorff_alpha([tuple(unit.values()) for unit in units], draws=0).alpha


def _pairs(units: Sequence[dict[int, int]]) -> Iterable[PairAgreement]:
    people = sorted(set(itertools.chain(*units)))
    for first, second in itertools.combinations(people, 2):
        common = [unit for unit in units if first in unit and second in unit]
        if common:
            kappa = cohen_kappa([u[first] for u in common], [u[second] for u in common], draws=0)
            yield PairAgreement(first, second, kappa.kappa, kappa.agreement, kappa.n)
