"""Robustness of a run: the same items with their choices in other orders, and the same items asked again.

Right under every rotation is CircularEval (MMBench, arXiv 2307.06281); the other measures are those of
`mmar.stats.repeats`.

A question under rotation r shows the choices moved r positions to the left, so the choice that stands at i
there is the original one at (i + r) mod n (`mmar.runs.ledger.rotate`). Each answer is read against the
choices as they were shown, and the position named is mapped back. What was planned is told by the run's
sessions, so that a request that was never made, or got no answer, still counts as one without an answer.

Everything is by the scorer `choice`, since the published rule does not say which choice it took. Percent;
intervals at 95 %, clustered by source video.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from mmar.items import Benchmark, Item
from mmar.items.source_video import clusters_of
from mmar.protocols import ReadingRule, read
from mmar.runs.ledger import RequestKey, keys_of, rotate
from mmar.runs.spec import draw_sample_indexes, item_filter
from mmar.stats.chance import expected_guess_accuracy
from mmar.stats.cluster import accuracy
from mmar.stats.interval import Interval
from mmar.stats.repeats import (
    SlotShare,
    SlotShares,
    majority,
    pass_rates,
    rotation_agreement,
    slot_shares,
    spread,
)

if TYPE_CHECKING:
    from mmar.models import Answer
    from mmar.runs.manifest import Manifest

# How many answers to draw: each number of a short run, and from a long one those that are quoted.
_QUOTED = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_ALL_UP_TO = 10


class ItemReadings(msgspec.Struct, frozen=True):
    """One item with every answer to it, and how many rotations and repeats were planned.

    `named` has for each rotation and repeat that was answered the original position of the choice named,
    counting from 0, `None` where the answer names none. A failure is no answer.
    """

    item: Item
    rotations: int
    repeats: int
    named: Mapping[tuple[int, int], int | None]

    def choice(self, rotation: int, repeat: int) -> str | None:
        """The text of the choice named, if one was."""
        index = self.named.get((rotation, repeat))
        return None if index is None else self.item.choices[index]


class Rotations(msgspec.Struct, frozen=True):
    """Scores over rotations; every item counts alike, however many choices it has.

    Attributes:
        n: items that were asked under more than one rotation.
        questions: their questions in all, rotations counted singly.
        unanswered: of these, the questions that failed or were never put; they are wrong.
        mean: mean over items of the share of rotations that are right.
        all_right: items right under every rotation.
        any_right: items right under at least one.
        agreement: mean share of pairs of rotations that name the same choice.
        unanimous: items whose rotations all name one same choice.
        chance: what guessing scores on average.
        slots: as in `mmar.stats.repeats.SlotShares`.
        unnamed: answers that name no slot.
        distance: as there; `None` without answers.
    """

    n: int
    questions: int
    unanswered: int
    clusters: int
    mean: float
    mean_interval: Interval
    all_right: float
    all_right_interval: Interval
    any_right: float
    agreement: float | None
    unanimous: float | None
    chance: float
    slots: tuple[SlotShare, ...]
    unnamed: int
    distance: float | None


class PassRates(msgspec.Struct, frozen=True):
    """pass@k (at least one of k answers is right) and pass^k (all are)."""

    k: int
    pass_at: float
    pass_all: float


class Repeats(msgspec.Struct, frozen=True):
    """Scores over repeats; `within`, `between`, `correlation` and `run_deviation` as in `mmar.stats.repeats.Spread`.

    Attributes:
        n: items that were asked more than once.
        repeats: answers of each that count: as many as every one of these items was to have.
        unanswered: answers that failed or were never asked for; they are wrong.
        accuracy: of a single answer, over all items and repeats.
        majority: accuracy of the choice named most often; a tie is wrong.
        tied: items without a majority because of a tie.
        silent: items of which no repeat names a choice.
    """

    n: int
    repeats: int
    unanswered: int
    clusters: int
    accuracy: float
    interval: Interval
    rates: tuple[PassRates, ...]
    majority: float
    majority_interval: Interval
    tied: int
    silent: int
    within: float
    between: float | None
    correlation: float | None
    run_deviation: float


def read_all_answers(
    benchmark: Benchmark,
    manifest: Manifest,
    answers: Mapping[RequestKey, tuple[int, Answer]],
    rule: ReadingRule | None,
) -> tuple[ItemReadings, ...]:
    """Every answer to the items of a run that were to be asked more than once, in the benchmark's order.

    The sessions of the manifest say what was to be asked; `answers` are those of `mmar.runs.ledger.latest`.
    """
    counts: dict[str, tuple[int, int]] = {}
    for item_id, rotation, repeat in itertools.chain(_planned(benchmark, manifest), answers):
        rotations, repeats = counts.get(item_id, (1, 1))
        counts[item_id] = max(rotations, rotation + 1), max(repeats, repeat + 1)
    named: dict[str, dict[tuple[int, int], int | None]] = {}
    for (item_id, rotation, repeat), (_, answer) in answers.items():
        if answer.failure is None and item_id in benchmark.by_id:
            choices = benchmark[item_id].choices
            index = read(answer.text, rotate(choices, rotation), rule).index
            original = None if index is None else (index + rotation) % len(choices)
            named.setdefault(item_id, {})[rotation, repeat] = original
    return tuple(
        ItemReadings(item, *counts[item.id], named.get(item.id, {}))
        for item in benchmark
        if counts.get(item.id, (1, 1)) != (1, 1)
    )


def score_rotations(items: Sequence[ItemReadings]) -> Rotations | None:
    """Score the items that were asked under more than one rotation; `None` where none was."""
    rotated = [item for item in items if item.rotations > 1]
    if not rotated:
        return None
    named = [[item.choice(rotation, 0) for rotation in range(item.rotations)] for item in rotated]
    answers = [item.item.answer for item in rotated]
    right = [[choice == answer for choice in row] for row, answer in zip(named, answers, strict=True)]
    clusters = clusters_of(item.item for item in rotated)
    mean = accuracy([sum(row) / len(row) for row in right], clusters, answers=sum(map(len, right)))
    every = accuracy([all(row) for row in right], clusters)
    shares = _shares(rotated)
    agreement, unanimous = rotation_agreement(named)
    return Rotations(
        n=len(rotated),
        questions=sum(map(len, right)),
        unanswered=sum(
            (rotation, 0) not in item.named for item in rotated for rotation in range(item.rotations)
        ),
        clusters=mean.clusters,
        mean=mean.accuracy,
        mean_interval=mean.interval,
        all_right=every.accuracy,
        all_right_interval=every.interval,
        any_right=100 * sum(map(any, right)) / len(right),
        agreement=agreement,
        unanimous=unanimous,
        chance=expected_guess_accuracy([len(item.item.choices) for item in rotated]),
        slots=shares.slots if shares else (),
        unnamed=shares.unnamed if shares else 0,
        distance=shares.distance if shares else None,
    )


def score_repeats(items: Sequence[ItemReadings]) -> Repeats | None:
    """Score the items that were asked more than once; `None` where none was."""
    again = [item for item in items if item.repeats > 1]
    if not again:
        return None
    count = min(item.repeats for item in again)
    votes = [[item.choice(0, repeat) for repeat in range(count)] for item in again]
    answers = [item.item.answer for item in again]
    right = [[vote == answer for vote in row] for row, answer in zip(votes, answers, strict=True)]
    clusters = clusters_of(item.item for item in again)
    mean = accuracy([sum(row) / count for row in right], clusters, answers=count * len(right))
    majorities = [majority(row) for row in votes]
    won = [choice == answer for (choice, _), answer in zip(majorities, answers, strict=True)]
    elected = accuracy(won, clusters)
    variance = spread(right)
    drawn = (
        range(1, count + 1) if count <= _ALL_UP_TO else sorted({k for k in _QUOTED if k < count} | {count})
    )
    return Repeats(
        n=len(again),
        repeats=count,
        unanswered=sum((0, repeat) not in item.named for item in again for repeat in range(count)),
        clusters=mean.clusters,
        accuracy=variance.accuracy,
        interval=mean.interval,
        rates=tuple(PassRates(k, *pass_rates(right, k)) for k in drawn),
        majority=elected.accuracy,
        majority_interval=elected.interval,
        tied=sum(tied for _, tied in majorities),
        silent=sum(set(row) == {None} for row in votes),
        within=variance.within,
        between=variance.between,
        correlation=variance.correlation,
        run_deviation=variance.run_deviation,
    )


def _shares(items: Sequence[ItemReadings]) -> SlotShares | None:
    """Which slots the answers name, as the choices were shown; `None` without any answer."""
    named_slots, keys, counts = [], [], []
    for each in items:
        count, answer = len(each.item.choices), each.item.answer_index
        for (rotation, _), original in each.named.items():
            named_slots.append(None if original is None else (original - rotation) % count)
            keys.append((answer - rotation) % count)
            counts.append(count)
    return slot_shares(named_slots, keys, counts) if named_slots else None


def _planned(benchmark: Benchmark, manifest: Manifest) -> Iterator[RequestKey]:
    """The requests of every session that was to ask an item more than once."""
    for session in manifest.sessions:
        # A session that asks failures again asks nothing that was not planned before.
        if (session.rotations, session.repeats) == (1, 1) or session.retry is not None:
            continue
        items = list(filter(item_filter(session.filter), benchmark))
        if session.sample is not None:
            items = [
                benchmark.items[index]
                for index in draw_sample_indexes(benchmark, session.sample, manifest.seed)
            ]
        for item in items[: session.limit]:
            yield from keys_of(item, session.rotations, session.repeats)
