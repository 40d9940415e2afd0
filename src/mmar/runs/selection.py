"""What a session asks: the slots of the selected items that have no answer, or those that are asked again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from mmar.items import Item
from mmar.models import Answer
from mmar.runs.asking import matching, rotate, slots_of
from mmar.runs.ledger import Slot, answer_places, decode_answer
from mmar.runs.plan import RunPlan
from mmar.runs.slots import Written

__all__ = ["Selection"]


class Selection:
    """Pairs of an item and a slot, found anew each time they are gone through, so that none is held.

    Going through them while they are being asked is what it is for: a slot that was passed is not met again.

    Args:
        plan: what to do.
        ledger: the run's; it need not exist yet.
        written: how its slots stand; kept up to date by whoever writes.

    Raises:
        UsageError: the selection names a field or value that no item has.
    """

    def __init__(self, plan: RunPlan, ledger: Path, written: Written) -> None:
        self._plan = plan
        self._matches = matching(plan.benchmark, plan.only)
        if plan.again is None:
            self._wanted: Callable[[Slot], bool] = lambda slot: not written.answered(slot)
        elif plan.again == "failed":
            self._wanted = written.failed
        else:
            self._wanted = self._unresolved(ledger).__contains__
        self._count = sum(1 for _ in self)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[tuple[Item, Slot]]:
        plan = self._plan
        items = self.items()
        if plan.again is None:
            items = islice(items, plan.limit)
        pairs = ((item, slot) for item in items for slot in slots_of(item, plan.asking) if self._wanted(slot))
        return pairs if plan.again is None else islice(pairs, plan.limit)

    def items(self) -> Iterator[Item]:
        """The selected items, whatever has an answer."""
        return (item for item in self._plan.benchmark if self._matches(item))

    def _unresolved(self, ledger: Path) -> set[Slot]:
        """The slots whose answer names no choice."""
        found: set[Slot] = set()
        places = dict(answer_places(ledger))
        if not places:
            return found
        with ledger.open("rb") as stream:
            for item in self.items():
                for slot in slots_of(item, self._plan.asking):
                    if (place := places.get(slot)) is not None:
                        stream.seek(place)
                        if self._names_no_choice(decode_answer(stream.readline()), item):
                            found.add(slot)
        return found

    def _names_no_choice(self, answer: Answer, item: Item) -> bool:
        put = rotate(item.choices, answer.rotation)
        return self._plan.asking.protocol.read(answer.text, put).state != "choice"
