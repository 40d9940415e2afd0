"""Is it the place of the answer? The same items with their choices in other orders.

Right under every rotation is CircularEval (MMBench, arXiv 2307.06281); the share of answers by slot beside the
key's shows a favourite place (arXiv 2510.04584 tests MMAR itself). By the choice named, the scorer `choice`:
the published rule does not say which choice it took. Where an item was asked several times under a rotation
the first answer counts, except for the shares by slot, which take every answer. Percent, 0 to 100.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mmar.scoring.clusters import clusters_of
from mmar.scoring.slots import ItemSlots
from mmar.stats.chance import guessing
from mmar.stats.rotations import SlotShares, rotated, slot_shares

__all__ = ["Rotations", "SlotShare", "rotations_of"]


class SlotShare(msgspec.Struct, frozen=True):
    """One place in the order in which choices were shown.

    Attributes:
        slot: the place, counting from 1.
        named: percent of the answers that name it, of those that name any.
        key: percent of the questions answered whose right choice stood in it.
        accuracy: percent right among those; `None` where there are none.
    """

    slot: int
    named: float
    key: float
    accuracy: float | None


class Rotations(msgspec.Struct, frozen=True):
    """Scores over rotations; every item counts alike, however many choices it has.

    Attributes:
        n: items that were asked under more than one rotation.
        questions: their questions in all, rotations counted singly.
        unanswered: of these, the questions that failed or were never put; they are wrong.
        clusters: number of source videos among the items.
        mean: mean over items of the share of rotations that are right.
        mean_interval: its 95 % interval, clustered by source video.
        all_right: items right under every rotation.
        all_right_interval: its 95 % interval, clustered by source video.
        any_right: items right under at least one.
        agreement: mean share of pairs of rotations that name the same choice.
        unanimous: items whose rotations all name one same choice.
        chance: what guessing scores on average.
        slots: one record a slot.
        unnamed: answers that name no slot.
        distance: percent of the answers that would have to move for the slots to be used as the key uses them;
            `None` without answers.
    """

    n: int
    questions: int
    unanswered: int
    clusters: int
    mean: float
    mean_interval: tuple[float, float]
    all_right: float
    all_right_interval: tuple[float, float]
    any_right: float
    agreement: float | None
    unanimous: float | None
    chance: float
    slots: tuple[SlotShare, ...]
    unnamed: int
    distance: float | None


def rotations_of(items: Sequence[ItemSlots]) -> Rotations | None:
    """Score the items that were asked under more than one rotation; `None` where none was."""
    turned = [item for item in items if item.rotations > 1]
    if not turned:
        return None
    from mmar.stats.cluster import accuracy

    named = [[item.choice(rotation, 0) for rotation in range(item.rotations)] for item in turned]
    answers = [item.item.answer for item in turned]
    found = rotated(named, answers)
    right = [[choice == answer for choice in row] for row, answer in zip(named, answers, strict=True)]
    clusters = clusters_of(item.item for item in turned)
    mean = accuracy([sum(row) / len(row) for row in right], clusters)
    every = accuracy([all(row) for row in right], clusters)
    shares = _shares(turned)
    return Rotations(
        n=found.n,
        questions=found.asked,
        unanswered=sum(
            not item.answered(rotation, 0) for item in turned for rotation in range(item.rotations)
        ),
        clusters=mean.clusters,
        mean=found.mean,
        mean_interval=(mean.interval.low, mean.interval.high),
        all_right=found.all_right,
        all_right_interval=(every.interval.low, every.interval.high),
        any_right=found.any_right,
        agreement=found.agreement,
        unanimous=found.unanimous,
        chance=guessing([len(item.item.choices) for item in turned]).accuracy,
        slots=tuple(
            SlotShare(slot.slot + 1, slot.named_share, slot.answer_share, slot.accuracy)
            for slot in (shares.slots if shares else ())
        ),
        unnamed=shares.unnamed if shares else 0,
        distance=shares.distance if shares else None,
    )


def _shares(items: Sequence[ItemSlots]) -> SlotShares | None:
    """Which slots the answers name, as the choices were shown; `None` without any answer."""
    shown, keys, counts = [], [], []
    for each in items:
        count, answer = len(each.item.choices), each.item.answer_index
        for (rotation, _), original in each.named.items():
            shown.append(None if original is None else (original - rotation) % count)
            keys.append((answer - rotation) % count)
            counts.append(count)
    return slot_shares(shown, keys, counts) if shown else None
