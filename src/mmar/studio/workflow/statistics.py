"""Numbers about a project: items against targets, and human accuracy and agreement from the inspectors' blind answers."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from mmar.stats.agreement import cohen_kappa, krippendorff_alpha
from mmar.stats.interval import wilson
from mmar.studio.workflow.states import State

NO_LANGUAGE = "-"
"""Stands for the language of items without one."""

_LANGUAGE = "language:"
_COUNTED = frozenset({State.PREPARATION, State.INSPECTION, State.CORRECTION, State.APPROVED})


class ItemCount(msgspec.Struct, frozen=True):
    """The number of items with the same layer, modality, language (codes joined by `|`) and state."""

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


class Coverage(msgspec.Struct, frozen=True):
    """Items against targets.

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


def coverage(
    counts: Iterable[ItemCount],
    layers: Sequence[str],
    modalities: Sequence[str],
    targets: Mapping[str, int],
    *,
    language: str = "",
) -> Coverage:
    """Count items against targets.

    Layers and modalities of items are added to those given. A cell without a target of its own has the sum of its
    languages' targets (see `ProjectSettings.targets`). With `language` (`-` for none) only its items and targets
    count.
    """
    counted = [each for each in counts if each.state in _COUNTED]
    count: Counter[tuple[str, str, str, bool]] = Counter()
    by_language_total: Counter[tuple[str, bool]] = Counter()
    for each in counted:
        approved = each.state is State.APPROVED
        codes = dict.fromkeys(code or NO_LANGUAGE for code in each.language.split("|"))
        for code in codes:
            by_language_total[code, approved] += each.count
        for code in ("", *codes):
            count[each.layer, each.modality, code, approved] += each.count
    here = [(layer, modality) for layer, modality, code, _ in count if code == language]
    rows = tuple(dict.fromkeys((*layers, *(layer for layer, _ in here))))
    columns = tuple(dict.fromkeys((*modalities, *(modality for _, modality in here))))

    def cell(layer: str, modality: str, code: str, target: int) -> Cell:
        approved, coming = (count[layer, modality, code, state] for state in (True, False))
        return Cell(layer, modality, approved, coming, target, code)

    targets_by_cell, language_targets = split_targets(targets)
    cells, gaps = {}, []
    for row, column in itertools.product(rows, columns):
        by_language = targets_by_cell.get((row, column), {})
        own = by_language.get(language, 0)
        cells[row, column] = cell(
            row, column, language, own if language else own or sum(by_language.values())
        )
        if own:
            gaps.append(cells[row, column])
        if not language:
            gaps += [cell(row, column, code, target) for code, target in by_language.items() if code]
    gaps = [gap for gap in gaps if gap.short]
    gaps.sort(key=lambda gap: ((gap.target - gap.short) / gap.target, -gap.short, gap.layer, gap.language))
    with_target = {code for by_language in targets_by_cell.values() for code in by_language if code}
    languages = sorted(
        {code for code, _ in by_language_total} | with_target | set(language_targets),
        key=lambda code: (-by_language_total[code, True] - by_language_total[code, False], code),
    )
    return Coverage(
        rows,
        columns,
        cells,
        tuple(
            (
                code,
                by_language_total[code, True],
                by_language_total[code, False],
                language_targets.get(code, 0),
            )
            for code in languages
        ),
        tuple(gaps),
    )


def split_targets(targets: Mapping[str, int]) -> tuple[dict[tuple[str, str], dict[str, int]], dict[str, int]]:
    """Targets of cells by layer and modality and then by language (empty for all), and targets of languages.

    Targets of zero are left out.
    """
    cells: dict[tuple[str, str], dict[str, int]] = {}
    languages: dict[str, int] = {}
    for name, target in targets.items():
        if not target:
            continue
        if name.startswith(_LANGUAGE):
            languages[name.removeprefix(_LANGUAGE)] = target
        else:
            layer, modality, code = (*name.split("|", 2), "", "")[:3]
            cells.setdefault((layer, modality), {})[code] = target
    return cells, languages


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


class HumanPerformance(msgspec.Struct, frozen=True):
    """Human performance.

    Attributes:
        right: number of right answers; "cannot tell" is wrong.
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


def human_performance(answers: Sequence[Rating]) -> HumanPerformance:
    """Accuracy and agreement of blind answers.

    A choice is compared by its index in its own revision. "Cannot tell" is a rating of its own.
    """
    right = sum(answer.choice == answer.key for answer in answers)
    units: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
    for answer in answers:
        units[answer.item, answer.revision][answer.person] = -1 if answer.choice is None else answer.choice
    rated = [unit for unit in units.values() if len(unit) > 1]
    interval = wilson(right, len(answers)) if answers else None
    return HumanPerformance(
        len(answers),
        right,
        100 * right / len(answers) if answers else None,
        interval.low if interval else None,
        interval.high if interval else None,
        krippendorff_alpha([tuple(unit.values()) for unit in rated], draws=0).alpha if rated else None,
        len(rated),
        tuple(_pairs(rated)),
    )


def _pairs(units: Sequence[dict[int, int]]) -> Iterable[PairAgreement]:
    people = sorted(set(itertools.chain(*units)))
    for first, second in itertools.combinations(people, 2):
        common = [unit for unit in units if first in unit and second in unit]
        if common:
            kappa = cohen_kappa([u[first] for u in common], [u[second] for u in common], draws=0)
            yield PairAgreement(first, second, kappa.kappa, kappa.agreement, kappa.n)
