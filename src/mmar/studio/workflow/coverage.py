"""The coverage board: what has been collected against what was aimed at, and what to collect next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from mmar.studio.workflow.states import State

__all__ = ["Board", "Cell", "Place", "board"]

_COUNTED = frozenset({State.PREPARATION, State.INSPECTION, State.CORRECTION, State.APPROVED})


class Place(msgspec.Struct, frozen=True):
    """Items with the same layer, modality, language (codes joined by `|`) and state."""

    layer: str
    modality: str
    language: str
    state: State
    count: int = 1


class Cell(msgspec.Struct, frozen=True):
    """Numbers of items of a layer and modality, in one language or all: approved, in progress, and the target."""

    layer: str
    modality: str
    approved: int
    coming: int
    target: int
    language: str = ""

    @property
    def short(self) -> int:
        """Items still to be collected, counting those that are coming."""
        return max(0, self.target - self.approved - self.coming)


class Board(msgspec.Struct, frozen=True):
    """The coverage board.

    Attributes:
        layers: rows.
        modalities: columns.
        cells: by (layer, modality).
        languages: code, approved, in progress and target, the most frequent first.
        next: the biggest gaps first, relative to their targets; a cell with targets by language once for each.
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

    Layers and modalities of items are added to those given. A cell without a target of its own has the sum of its
    languages' targets (see `ProjectSettings.targets`). With `language` (`-` for none) only its items and targets
    count.
    """
    places = tuple(places)
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
    aims = _aims_by_language(targets)
    cells = {}
    lacking = []
    for row in rows:
        for column in columns:
            spoken_aims = aims.get((row, column), {})
            own = targets.get(f"{row}|{column}", 0)
            target = spoken_aims.get(language, 0) if language else own or sum(spoken_aims.values())
            cell = Cell(row, column, count[row, column, True], count[row, column, False], target, language)
            cells[row, column] = cell
            if language or own:
                lacking.append(cell)
            if not language:
                lacking += [_spoken_cell(kept, row, column, code, aim) for code, aim in spoken_aims.items()]
    lacking = [cell for cell in lacking if cell.short]
    lacking.sort(
        key=lambda cell: ((cell.target - cell.short) / cell.target, -cell.short, cell.layer, cell.language)
    )
    wanted = {name.removeprefix("language:") for name in targets if name.startswith("language:")}
    wanted |= {code for by_code in aims.values() for code in by_code}
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


def _aims_by_language(targets: Mapping[str, int]) -> dict[tuple[str, str], dict[str, int]]:
    result: dict[tuple[str, str], dict[str, int]] = {}
    for name, target in targets.items():
        layer, _, rest = name.partition("|")
        modality, bar, code = rest.partition("|")
        if bar and target:
            result.setdefault((layer, modality), {})[code] = target
    return result


def _spoken_cell(places: Sequence[Place], layer: str, modality: str, code: str, target: int) -> Cell:
    done = coming = 0
    for place in places:
        if (place.layer, place.modality) != (layer, modality) or code not in (place.language or "-").split(
            "|"
        ):
            continue
        if place.state is State.APPROVED:
            done += place.count
        else:
            coming += place.count
    return Cell(layer, modality, done, coming, target, code)
