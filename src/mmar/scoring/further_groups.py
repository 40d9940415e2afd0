"""Scores beyond the three dimensions of MMAR: by any further field of the records, and by pairs of questions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mmar.items import Benchmark, Item
from mmar.scoring.result import GroupScore, PairedHops, accuracy
from mmar.scoring.tally import ASKED, CHOICE, OFFICIAL

__all__ = ["further_groups", "paired_hops"]

_PAIR = "pair"


def further_groups(benchmark: Benchmark, verdicts: bytes) -> dict[str, dict[str, GroupScore]]:
    """Scores by the benchmark's further fields, by field and value in order of appearance.

    Args:
        benchmark: its `groups` name the fields; a value may be a list, and the item then counts in each.
        verdicts: a byte for each closed question (`mmar.scoring.tally`).
    """
    groups: dict[str, dict[str, GroupScore]] = {}
    for field in benchmark.groups:
        members: dict[str, list[tuple[Item, int]]] = {}
        for item, verdict in zip(benchmark.closed, verdicts, strict=False):
            for name in _names(item.extra.get(field)):
                members.setdefault(name, []).append((item, verdict))
        if members:
            groups[field] = {name: _score(rows) for name, rows in members.items()}
    return groups


def paired_hops(benchmark: Benchmark, verdicts: bytes) -> PairedHops | None:
    """Single-hop and multi-hop questions about the same clip, by `choice`; pairs not asked completely are left out.

    Returns:
        `None` for a benchmark without such pairs.
    """
    if not benchmark.items or _PAIR not in benchmark.items[0].extra:
        return None
    single: dict[str, bool] = {}
    multi: dict[str, bool] = {}
    tracks: dict[str, str] = {}
    for item, verdict in zip(benchmark.closed, verdicts, strict=False):
        if verdict & ASKED:
            pair = str(item.extra[_PAIR])
            (single if item.extra.get("hop") == "single" else multi)[pair] = bool(verdict & CHOICE)
            tracks[pair] = item.modality
    pairs = [(tracks[pair], single[pair], multi[pair]) for pair in single if pair in multi]
    whole = _hops(pairs)
    names = dict.fromkeys(track for track, _, _ in pairs)
    by_track = {name: _hops([pair for pair in pairs if pair[0] == name]) for name in names}
    return PairedHops(
        whole.n, whole.single, whole.multi, whole.both, whole.given_single, whole.given_wrong, by_track
    )


def _hops(pairs: Sequence[tuple[str, bool, bool]]) -> PairedHops:
    n = len(pairs)
    first = sum(one for _, one, _ in pairs)
    second = sum(other for _, _, other in pairs)
    both = sum(one and other for _, one, other in pairs)
    return PairedHops(
        n,
        accuracy(first, n),
        accuracy(second, n),
        both,
        accuracy(both, first),
        accuracy(second - both, n - first),
    )


def _score(rows: Sequence[tuple[Item, int]]) -> GroupScore:
    asked = [row for row in rows if row[1] & ASKED]
    complete = len(asked) == len(rows)
    return _counted(rows, complete=complete, asked=None if complete else _counted(asked))


def _counted(
    rows: Sequence[tuple[Item, int]],
    *,
    complete: bool = True,
    asked: GroupScore | None = None,
) -> GroupScore:
    n = len(rows)
    official, choice = (sum(bool(verdict & bit) for _, verdict in rows) for bit in (OFFICIAL, CHOICE))
    chance = 100 * sum(1 / len(item.choices) for item, _ in rows) / n if n else 0.0
    return GroupScore(
        n, accuracy(official, n, complete=complete), accuracy(choice, n, complete=complete), chance, asked
    )


def _names(value: Any) -> Iterator[str]:
    values: Iterable[Any] = value if isinstance(value, list) else (value,)
    yield from dict.fromkeys(str(each) for each in values if each not in (None, ""))
