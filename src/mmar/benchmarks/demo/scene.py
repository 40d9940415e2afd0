"""A question together with the sound that settles it, before both become a record and a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mmar.benchmarks.demo.dice import Dice
from mmar.benchmarks.demo.events import Sheet

__all__ = ["Draw", "Scene", "SceneMaker", "one_of", "spelled"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scene:
    """One question whose answer is true by construction.

    Attributes:
        kind: what is asked, as a slug; part of the id.
        modality: MMAR's name of the modality.
        category: MMAR's name of the layer.
        sub_category: MMAR's name of the sub-category.
        question: the question.
        answer: the right choice.
        others: the wrong choices.
        thinking: how a listener gets from the sound to the answer.
        cue: what there is to be heard, a few words each.
        notice: rubric: what must have been noticed, as a noun phrase.
        measure: rubric: what must be counted, compared or followed; a verb phrase, third person.
        infer: rubric: the step from there to the answer; a verb phrase, third person.
        sheet: the sound.
    """

    kind: str
    modality: str
    category: str
    sub_category: str
    question: str
    answer: str
    others: tuple[str, ...]
    thinking: str
    cue: tuple[str, ...]
    notice: str
    measure: str
    infer: str
    sheet: Sheet


@dataclass(frozen=True, slots=True)
class Draw:
    """What a scene may vary by: the benchmark's seed, its kind, and which of its kind it is.

    Attributes:
        seed: seed of the benchmark.
        kind: slug of the kind.
        turn: 0 for the first question of the kind, 1 for the second, …
        dice: draws of this one question.
    """

    seed: int
    kind: str
    turn: int
    dice: Dice

    @classmethod
    def of(cls, seed: int, kind: str, turn: int) -> Draw:
        """The draw of one question."""
        return cls(seed, kind, turn, Dice(seed, f"{kind}/{turn}"))

    def each(self, options: Sequence[T]) -> T:
        """One of the options such that the questions of a kind go through all before repeating one."""
        order = Dice(self.seed, f"{self.kind}/order of {len(options)}").shuffled(options)
        return order[self.turn % len(order)]


SceneMaker = Callable[[Draw], Scene]

_SPELLED = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven")


def spelled(number: int) -> str:
    """A small number as a word."""
    return _SPELLED[number]


def one_of(draw: Draw, lowest: int, highest: int) -> tuple[int, list[int]]:
    """A number of a row, and the rest of the row as wrong choices.

    The row is fixed before the number is drawn from it, so a number tells nothing by its place in it.
    """
    row = range(lowest, highest + 1)
    number = draw.each(row)
    return number, [other for other in row if other != number]
