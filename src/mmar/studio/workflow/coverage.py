"""The coverage board: what has been collected against what was aimed at, and what to collect next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from mmar.studio.workflow.states import State

__all__ = ["Board", "Cell", "Place", "board"]

_COUNTED = frozenset({State.PREPARATION, State.INSPECTION, State.CORRECTION, State.APPROVED})


class Place(msgspec.Struct, frozen=True):
    """Items that coverage cannot tell apart.

    Attributes:
        layer: its layer.
        modality: its modality.
        language: codes joined by `|`, or empty.
        state: where they stand.
        count: how many they are.
    """

    layer: str
    modality: str
    language: str
    state: State
    count: int = 1


class Cell(msgspec.Struct, frozen=True):
    """One place of the board.

    Attributes:
        layer: row; empty in a total.
        modality: column; empty in a total.
        approved: items that passed inspection.
        coming: items handed in and not yet approved.
        target: items aimed at; 0 where nothing is.
    """

    layer: str
    modality: str
    approved: int
    coming: int
    target: int

    @property
    def short(self) -> int:
        """Items still to be collected, counting those that are coming."""
        return max(0, self.target - self.approved - self.coming)


class Board(msgspec.Struct, frozen=True):
    """The board.

    Attributes:
        layers: rows.
        modalities: columns.
        cells: by (layer, modality).
        languages: approved and coming items by language code, most first; each language of an item counts.
        next: cells that lack most, first those with the smallest share of their target.
    """

    layers: tuple[str, ...]
    modalities: tuple[str, ...]
    cells: Mapping[tuple[str, str], Cell]
    languages: tuple[tuple[str, int, int, int], ...]
    next: tuple[Cell, ...]


def board(
    places: Iterable[Place],
    layers: Sequence[str],
    modalities: Sequence[str],
    targets: Mapping[str, int],
    *,
    language: str = "",
) -> Board:
    """Count items against targets.

    Args:
        places: the project's items.
        layers: rows, in order; layers met beside these are added.
        modalities: columns, in order; modalities met beside these are added.
        targets: items aimed at, by `layer|modality` and by `language:CODE`.
        language: count only items with this language; `-` for those with none; empty for all.
    """
    kept = [place for place in places if place.state in _COUNTED]
    spoken: Counter[tuple[str, bool]] = Counter()
    for place in kept:
        for code in place.language.split("|"):
            spoken[code or "-", place.state is State.APPROVED] += place.count
    if language:
        kept = [place for place in kept if (language in (place.language or "-").split("|"))]
    count: Counter[tuple[str, str, bool]] = Counter()
    for place in kept:
        count[place.layer, place.modality, place.state is State.APPROVED] += place.count
    rows = tuple(dict.fromkeys((*layers, *(place.layer for place in kept))))
    columns = tuple(dict.fromkeys((*modalities, *(place.modality for place in kept))))
    cells = {
        (row, column): Cell(
            row,
            column,
            count[row, column, True],
            count[row, column, False],
            targets.get(f"{row}|{column}", 0),
        )
        for row in rows
        for column in columns
    }
    lacking = [cell for cell in cells.values() if cell.short]
    lacking.sort(key=lambda cell: ((cell.target - cell.short) / cell.target, -cell.short, cell.layer))
    wanted = {name.removeprefix("language:") for name in targets if name.startswith("language:")}
    codes = sorted(
        {code for code, _ in spoken} | wanted,
        key=lambda code: (-spoken[code, True] - spoken[code, False], code),
    )
    return Board(
        rows,
        columns,
        cells,
        tuple(
            (code, spoken[code, True], spoken[code, False], targets.get(f"language:{code}", 0))
            for code in codes
        ),
        tuple(lacking),
    )
