"""The result of scoring, typed; its JSON form is stable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from mmar.files.atomic import AtomicFile
from mmar.stats.interval import wilson

if TYPE_CHECKING:
    from mmar.scoring.clusters import Clustered
    from mmar.scoring.repetition import Repeats
    from mmar.scoring.rotation import Rotations

__all__ = ["Accuracy", "Bounds", "GroupScore", "ItemScore", "RowFile", "Score", "accuracy"]


class Accuracy(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many were right.

    Attributes:
        correct: number of items right.
        accuracy: percent, 0 to 100.
        interval: Wilson 95 % interval, percent.
        clustered: the interval by source video, for all items and where a benchmark names the videos.
    """

    correct: int
    accuracy: float
    interval: tuple[float, float]
    clustered: Clustered | None = None


def accuracy(correct: int, n: int) -> Accuracy:
    """`correct` of `n` in percent with its Wilson interval (0 of 0 is 0, with the interval 0 to 100)."""
    interval = wilson(correct, n)
    return Accuracy(correct, 100 * correct / n if n else 0.0, (interval.low, interval.high))


class Bounds(msgspec.Struct, frozen=True):
    """Accuracy in percent if every failed or missing item were wrong, and if every one were right."""

    low: float
    high: float


class GroupScore(msgspec.Struct, frozen=True):
    """The scores of one group of items."""

    n: int
    official: Accuracy
    choice: Accuracy


class ItemScore(msgspec.Struct, frozen=True):
    """What was made of one item.

    Attributes:
        id: the item's id.
        official: right by the published rule.
        choice: right by the choice that was named.
        state: `choice`, `unresolved`, `refused`, `failed` or `missing`.
        named: the choice that was named, if one was.
        answer: the right choice.
        reason: how the answer was read.
        official_reason: why the published rule decided so.
        prediction: what the model said; `None` when nothing came.
    """

    id: str
    official: bool
    choice: bool
    state: str
    named: str | None
    answer: str
    reason: str
    official_reason: str
    prediction: str | None


class RowFile(msgspec.Struct, frozen=True):
    """Where every item's line goes while scoring goes on, so that memory does not grow with their number.

    Attributes:
        file: opened, and empty.
        head: what stands before the lines.
        lines: the lines of some items; called in worker processes, so it must be picklable.
    """

    file: AtomicFile
    head: bytes
    lines: Callable[[Sequence[ItemScore]], bytes]

    def begin(self) -> None:
        """Write the head, over whatever was written."""
        self.file.restart()
        self.file.write(self.head)


class Score(msgspec.Struct, frozen=True):
    """The score of one run or predictions file.

    Attributes:
        n: size of the benchmark; every percentage is of it.
        signature: everything the numbers depend on, one line.
        official: the published rule.
        choice: the choice really named.
        states: number of items in each state.
        bounds: by scorer.
        groups: by `modality`, `category` and `sub-category`, each by name.
        disagreements: the items on which the two scorers differ.
        notes: what a person must know to read the numbers, one sentence each.
        disagreement_count: on how many items the two scorers differ, whichever of them are listed.
        rotations: the same items with their choices in other orders; `None` where none were asked so.
        repeats: the same items asked again; `None` where none were.
    """

    n: int
    signature: str
    official: Accuracy
    choice: Accuracy
    states: Mapping[str, int]
    bounds: Mapping[str, Bounds]
    groups: Mapping[str, Mapping[str, GroupScore]]
    disagreements: tuple[ItemScore, ...] = ()
    notes: tuple[str, ...] = ()
    disagreement_count: int = 0
    rotations: Rotations | None = None
    repeats: Repeats | None = None

    def to_json(self) -> dict[str, Any]:
        """The stable form that `mmar score --json` prints; `rotations` and `repeats` only where there are any."""
        several = {"rotations": self.rotations, "repeats": self.repeats}
        return {
            "n": self.n,
            "signature": self.signature,
            "scores": {
                "official": msgspec.to_builtins(self.official),
                "choice": msgspec.to_builtins(self.choice),
            },
            "states": dict(self.states),
            "bounds": msgspec.to_builtins(self.bounds),
            "groups": msgspec.to_builtins(self.groups),
            "disagreements": msgspec.to_builtins(self.disagreements),
            "notes": list(self.notes),
            **{name: msgspec.to_builtins(found) for name, found in several.items() if found is not None},
        }
