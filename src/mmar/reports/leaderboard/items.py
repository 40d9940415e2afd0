"""The items of the leaderboard: how many systems solve each, solved without audio, disputed keys, old wrong keys."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import msgspec

from mmar.items import Benchmark, Item
from mmar.reports.scored_source import ScoredSource
from mmar.scoring.editions import OldKeys, changed_keys, count_old_keys
from mmar.scoring.result import ItemScore

_LEAST = 3  # runs that can dispute a key together


class BoardItems(msgspec.Struct, frozen=True):
    """Items by column, in the benchmark's order.

    Attributes:
        keys: index of the right choice; -1 where no choice is the key.
        picks: for each run one character an item: the index of the choice named in base 36, `?` for none, `!` for no
            answer.
        right: for each run `1` where the published rule says right, else `0`.
        solved: number of runs that are right by the published rule.
        without_audio: number of runs that are right although they were not given the audio.
        disputed: index of the other choice that at least half of the strong runs name, at least three of them and
            more than name the key; -1 for none. Strong are the better half of the runs, at least three.
        old_keys: by index the old, wrong key of an item that this edition corrected.
    """

    ids: list[str]
    questions: list[str]
    choices: list[tuple[str, ...]]
    keys: list[int]
    modalities: list[str]
    categories: list[str]
    picks: list[str]
    right: list[str]
    solved: list[int]
    without_audio: list[int]
    disputed: list[int]
    old_keys: dict[int, str]


def board_items(
    benchmark: Benchmark,
    runs: Sequence[ScoredSource],
    without_audio: Sequence[Sequence[bool]] = (),
    earlier: Benchmark | None = None,
) -> tuple[BoardItems, tuple[OldKeys, ...]]:
    """The items, and for each run how often it answers the old keys.

    Args:
        benchmark: the questions.
        runs: the runs with the real clips.
        without_audio: for each run under a control condition, whether each item is right.
        earlier: an earlier edition, whose wrong keys this one corrected.
    """
    scores = [source.scores for source in runs]
    order = [item.id for item in benchmark]
    right = [[rows[item_id].official for item_id in order] for rows in scores]
    best_first = sorted(range(len(runs)), key=lambda index: -sum(right[index]))
    strong = [scores[index] for index in best_first[: max(_LEAST, math.ceil(len(runs) / 2))]]
    changed = {} if earlier is None else changed_keys(earlier, benchmark)
    old_keys = tuple(count_old_keys(changed, rows) for rows in scores) if changed else ()
    items = BoardItems(
        ids=order,
        questions=[item.question for item in benchmark],
        choices=[item.choices for item in benchmark],
        keys=[_key(item) for item in benchmark],
        modalities=[item.modality for item in benchmark],
        categories=[item.category for item in benchmark],
        picks=["".join(_pick(rows[item.id], item) for item in benchmark) for rows in scores],
        right=["".join("01"[verdict] for verdict in verdicts) for verdicts in right],
        solved=_sums(right, len(order)),
        without_audio=_sums(without_audio, len(order)),
        disputed=[_disputed(item, [rows[item.id].named for rows in strong]) for item in benchmark],
        old_keys={index: changed[item_id].old for index, item_id in enumerate(order) if item_id in changed},
    )
    return items, old_keys


def _sums(verdicts: Sequence[Sequence[bool]], n: int) -> list[int]:
    """For each of `n` items the number of runs that are right."""
    return [sum(run[index] for run in verdicts) for index in range(n)]


def _key(item: Item) -> int:
    """The index of the right choice, whose case may differ from the key's; -1 where no choice is the key."""
    answer = item.answer or ""
    if answer in item.choices:
        return item.choices.index(answer)
    folded = [choice.casefold() for choice in item.choices]
    return folded.index(answer.casefold()) if answer.casefold() in folded else -1


def _pick(row: ItemScore, item: Item) -> str:
    if row.named is not None:
        return "0123456789abcdefghijklmnopqrstuvwxyz"[item.choices.index(row.named)]
    return "!" if row.prediction is None else "?"


def _disputed(item: Item, named: Sequence[str | None]) -> int:
    """The index of the choice that enough strong runs name instead of the key; -1 for none."""
    votes = Counter(choice for choice in named if choice is not None)
    other = next((choice for choice, _ in votes.most_common() if choice != item.answer), None)
    enough = max(_LEAST, len(named) / 2, votes[item.answer or ""] + 1)
    return item.choices.index(other) if other is not None and votes[other] >= enough else -1
