"""MMSU's published rule, exact, faults included (`mmsu_evaluation.py` of dingdongwang/MMSU_Bench, read 2026-11).

An answer is its first character where that is A, B, C or D, else its last but one; so "A bird" is A. What is neither
leaves the denominator: one right answer and nine refusals are 100 %. An empty answer, or the word None, repeats the
answer read before it, also over an item that was left out. All of that is reproduced for comparison with published
numbers; the honest number beside it is `choice`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from mmar.items import Benchmark, Item

__all__ = ["MmsuScore", "is_mmsu", "mmsu_letter", "mmsu_score"]

_LETTERS = "ABCD"


class MmsuGroup(msgspec.Struct, frozen=True):
    """Counts of one category and sub-category.

    Attributes:
        correct: items right by the rule.
        counted: items in the rule's denominator.
        accuracy: percent of `counted`; 0 where nothing was counted.
    """

    correct: int
    counted: int
    accuracy: float


class MmsuScore(msgspec.Struct, frozen=True):
    """The score by MMSU's rule.

    Attributes:
        accuracy: percent of `counted`.
        correct: items right by the rule.
        counted: items in the rule's denominator.
        left_out: answered items that the rule cannot read and leaves out.
        repeated: items whose empty answer took the letter of an earlier one.
        categories: by category.
        groups: by category and sub-category, joined by ` / `.
    """

    accuracy: float
    correct: int
    counted: int
    left_out: int
    repeated: int
    categories: Mapping[str, MmsuGroup]
    groups: Mapping[str, MmsuGroup]


def is_mmsu(benchmark: Benchmark) -> bool:
    """Whether a benchmark's records are MMSU's own, by a field that no other benchmark has."""
    return bool(benchmark.items) and "answer_gt" in benchmark.items[0].names


def mmsu_letter(text: str) -> str | None:
    """The letter that the rule reads from an answer; `None` for one that it leaves out, empty for an empty one.

    Example:
        >>> mmsu_letter("A bird"), mmsu_letter("The answer is B."), mmsu_letter("I cannot tell"), mmsu_letter(" ")
        ('A', 'B', None, '')
    """
    text = text.strip().replace("\n", "")
    if text in ("", "None"):
        return ""
    if text[0] in _LETTERS:
        return text[0]
    return text[-2] if len(text) > 1 and text[-2] in _LETTERS else None


def mmsu_score(answers: Iterable[tuple[Item, str | None]]) -> MmsuScore:
    """Score answers by MMSU's rule.

    Args:
        answers: item and text in the order of the predictions file, which matters for empty answers; `None` (no text)
            is left out, as the script does with what is no string.

    An empty answer before any other is left out; the script stops with an error there.
    """
    cells: dict[tuple[str, str], list[int]] = {}
    letter: str | None = None
    left_out = repeated = 0
    for item, text in answers:
        read = None if text is None else mmsu_letter(text)
        if read is None:
            left_out += 1
            continue
        if read:
            letter = read
        elif letter is None:
            left_out += 1
            continue
        else:
            repeated += 1
        assert letter is not None
        index = _LETTERS.index(letter)
        cell = cells.setdefault((item.category, item.sub_category or ""), [0, 0])
        cell[0] += index < len(item.choices) and item.choices[index] == item.answer
        cell[1] += 1
    categories: dict[str, list[int]] = {}
    for (category, _), cell in cells.items():
        whole = categories.setdefault(category, [0, 0])
        whole[0] += cell[0]
        whole[1] += cell[1]
    correct, counted = (sum(cell[place] for cell in cells.values()) for place in (0, 1))
    return MmsuScore(
        100 * correct / counted if counted else 0.0,
        correct,
        counted,
        left_out,
        repeated,
        {name: _group(cell) for name, cell in categories.items()},
        {" / ".join(names): _group(cell) for names, cell in cells.items()},
    )


def _group(cell: list[int]) -> MmsuGroup:
    return MmsuGroup(cell[0], cell[1], 100 * cell[0] / cell[1] if cell[1] else 0.0)
