"""The items of the leaderboard: how many systems solve each, solved without audio, disputed keys, old wrong keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mmar.items import Benchmark, Item
from mmar.reports.scored_source import ScoredSource
from mmar.scoring.old_keys import OldKeys, changed_keys, count_old_keys

_LEAST = 3  # runs that can dispute a key together


class BoardItems(msgspec.Struct, frozen=True):
    """Items by column, in the benchmark's order.

    Attributes:
        ids: of the items.
        questions: their texts.
        choices: of each.
        keys: index of the right choice; -1 where no choice is the key.
        modalities: of each.
        categories: of each.
        picks: for each run one character an item: the index of the choice named in base 36, `?` for none, `!` for no
            answer.
        right: for each run `1` where the published rule says right, else `0`.
        solved: number of runs that are right by the published rule.
        without_audio: number of runs that are right although nothing was heard.
        disputed: index of the other choice that at least half of the strong runs name, at least three of them and
            more than name the key; -1 for none. Strong are the better half of the runs, at least three.
        old_keys: the old, wrong key of an item that this edition corrected, by position.
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
    unheard: Sequence[Sequence[bool]] = (),
    earlier: Benchmark | None = None,
) -> tuple[BoardItems, list[OldKeys]]:
    """The items, and for each run how often it answers the old keys.

    Args:
        benchmark: the questions.
        runs: the runs that heard the clips.
        unheard: for each run under a control condition, whether each item is right.
        earlier: an earlier edition, whose wrong keys this one corrected.
    """
    scores = [_rows(source) for source in runs]
    order = [item.id for item in benchmark]
    right = [[rows[item_id].official for item_id in order] for rows in scores]
    accuracies = [sum(each) for each in right]
    strong = sorted(range(len(runs)), key=lambda place: -accuracies[place])[: max(_LEAST, -(-len(runs) // 2))]
    changed = {} if earlier is None else changed_keys(earlier, benchmark)
    picks, keys, disputed = [], [], []
    for item in benchmark:
        index = {choice: place for place, choice in reversed(list(enumerate(item.choices)))}
        named = [rows[item.id].named for rows in scores]
        keys.append(_key(item, index))
        picks.append([_pick(rows[item.id], index) for rows in scores])
        votes = Counter(named[place] for place in strong if named[place] is not None)
        other = next((choice for choice, _ in votes.most_common() if choice != item.answer), None)
        enough = max(_LEAST, len(strong) / 2, votes[item.answer or ""] + 1)
        disputed.append(index[other] if other is not None and votes[other] >= enough else -1)
    return BoardItems(
        ids=order,
        questions=[item.question for item in benchmark],
        choices=[item.choices for item in benchmark],
        keys=keys,
        modalities=[item.modality for item in benchmark],
        categories=[item.category for item in benchmark],
        picks=["".join(one[place] for one in picks) for place in range(len(runs))],
        right=["".join("01"[hit] for hit in each) for each in right],
        solved=[sum(each[place] for each in right) for place in range(len(order))],
        without_audio=[sum(each[place] for each in unheard) for place in range(len(order))],
        disputed=disputed,
        old_keys={place: changed[item_id].old for place, item_id in enumerate(order) if item_id in changed},
    ), [count_old_keys(changed, rows) for rows in scores] if changed else []


def _rows(source: ScoredSource) -> Mapping[str, Any]:
    return {row.id: row for row in source.scored.rows}


def _key(item: Item, index: Mapping[str, int]) -> int:
    """The position of the right choice, whose case may differ from the key's; -1 where no choice is the key."""
    answer = item.answer or ""
    folded = {choice.casefold(): place for choice, place in index.items()}
    return index.get(answer, folded.get(answer.casefold(), -1))


def _pick(row: Any, index: Mapping[str, int]) -> str:
    if row.named is not None:
        return "0123456789abcdefghijklmnopqrstuvwxyz"[index[row.named]]
    return "!" if row.prediction is None else "?"
