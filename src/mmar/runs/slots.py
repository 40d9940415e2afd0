"""What is asked once, and how it stands: answered, failed so far, or not asked yet."""

from __future__ import annotations

from mmar.items.item import MAX_CHOICES
from mmar.models import Answer

__all__ = ["Slot", "Written", "slot_of"]

Slot = tuple[str, int, int]
"""What is asked once: an item's id, by how many places its choices are rotated, and which sample this is."""


def slot_of(answer: Answer) -> Slot:
    """The slot that an answer fills."""
    return answer.id, answer.rotation, answer.repeat


class Written:
    """How the slots of a ledger stand: an answer stays one, a failure counts until there is an answer.

    An item costs one entry, and each slot a bit of it: a thousand samples of few items are not many slots of few
    bytes, and a hundred thousand items must not become a hundred thousand tuples.

    Attributes:
        answers: slots that have an answer.
        failures: slots of which only failures are recorded.
        items: items whose plain slot (unrotated, first sample) has an answer.
    """

    def __init__(self) -> None:
        self.answers = self.failures = self.items = 0
        self._answered: dict[str, int] = {}
        self._failed: dict[str, int] = {}

    def note(self, answer: Answer) -> None:
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

    def answered(self, slot: Slot) -> bool:
        """Whether a slot has an answer."""
        return bool(self._answered.get(slot[0], 0) & _bit(slot[1], slot[2]))

    def failed(self, slot: Slot) -> bool:
        """Whether a slot has failures and no answer."""
        return bool(self._failed.get(slot[0], 0) & _bit(slot[1], slot[2]))


def _bit(rotation: int, repeat: int) -> int:
    return 1 << (repeat * MAX_CHOICES + rotation)
