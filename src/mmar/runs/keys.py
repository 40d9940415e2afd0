"""What identifies a request within a run, and which requests of a ledger have an answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mmar.items import Item
from mmar.items.item import MAX_CHOICES
from mmar.models.answer import Answer

__all__ = ["Progress", "RequestKey", "key_of", "keys_of", "rotate"]


class RequestKey(NamedTuple):
    """One request of a run.

    Attributes:
        item_id: the item.
        rotation: by how many places its choices are rotated to the left.
        repeat: which sample this is, from 0.
    """

    item_id: str
    rotation: int = 0
    repeat: int = 0


def key_of(answer: Answer) -> RequestKey:
    """The request that an answer belongs to."""
    return RequestKey(answer.id, answer.rotation, answer.repeat)


def keys_of(item: Item, rotations: int, repeats: int) -> Iterator[RequestKey]:
    """The requests made of one item, the unrotated first sample first.

    Args:
        item: the item.
        rotations: number of rotations of its choices, 0 for as many as it has choices.
        repeats: number of samples of each.
    """
    count = max(1, len(item.choices))  # an open question has one order
    for repeat in range(repeats):
        for rotation in range(count if rotations == 0 else min(rotations, count)):
            yield RequestKey(item.id, rotation, repeat)


def rotate(choices: tuple[str, ...], places: int) -> tuple[str, ...]:
    """Move the choices to the left: the first one afterwards is the one that was at index `places`."""
    return choices[places:] + choices[:places]


class Progress:
    """Which requests have an answer, and which have only failed. An answer stays one, whatever follows it.

    Kept as one integer for each item with a bit for each request, so that neither many items nor many samples
    of few items take much memory.

    Attributes:
        answers: number of requests that have an answer.
        failures: number of requests that have only failures.
        items: number of items whose plain request (unrotated, first sample) has an answer.
    """

    def __init__(self) -> None:
        self.answers = self.failures = self.items = 0
        self._answered: dict[str, int] = {}
        self._failed: dict[str, int] = {}

    def add(self, answer: Answer) -> None:
        """Count one more line of the ledger."""
        item_id, bit = answer.id, _bit(answer.rotation, answer.repeat)
        answered, failed = self._answered.get(item_id, 0), self._failed.get(item_id, 0)
        if answered & bit:
            return
        if answer.failure is None:
            self._answered[item_id] = answered | bit
            self.answers += 1
            self.items += bit == 1
            if failed & bit:
                self._failed[item_id] = failed & ~bit
                self.failures -= 1
        elif not failed & bit:
            self._failed[item_id] = failed | bit
            self.failures += 1

    @property
    def asked(self) -> int:
        """Number of items that were asked, answered or not."""
        return len(self._answered.keys() | self._failed.keys())

    def answered(self, key: tuple[str, int, int]) -> bool:
        """Whether a request has an answer."""
        return bool(self._answered.get(key[0], 0) & _bit(key[1], key[2]))

    def failed(self, key: tuple[str, int, int]) -> bool:
        """Whether a request has only failures."""
        return bool(self._failed.get(key[0], 0) & _bit(key[1], key[2]))


def _bit(rotation: int, repeat: int) -> int:
    return 1 << (repeat * MAX_CHOICES + rotation)
