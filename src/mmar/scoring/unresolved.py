"""Answers that name no choice, in groups."""

from __future__ import annotations

from typing import Any

import msgspec

from mmar.protocols.reading import SHAPES
from mmar.scoring.inputs import Task
from mmar.scoring.result import ItemScore
from mmar.scoring.score import score_task


class UnresolvedGroup(msgspec.Struct, frozen=True):
    """The unresolved answers of one shape.

    Attributes:
        shape: name of the group, one of `mmar.protocols.reading.SHAPES`.
        description: what its answers have in common.
    """

    shape: str
    description: str
    count: int
    example: ItemScore


class UnresolvedReport(msgspec.Struct, frozen=True):
    """What of a run or a file was not read.

    Attributes:
        n: size of the benchmark.
        answered: number of answers, read or not.
        cut_off: answers that ended at the token limit, read or not.
        items: every answer that names no choice, in order.
    """

    n: int
    answered: int
    cut_off: int
    groups: tuple[UnresolvedGroup, ...]
    items: tuple[ItemScore, ...]
    signature: str

    def to_dict(self) -> dict[str, Any]:
        """The form that `mmar unresolved --json` prints."""
        value: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(self, items=()))
        del value["items"]
        return value | {"unresolved": len(self.items)}


def find_unresolved(task: Task) -> UnresolvedReport:
    """Read every answer of a run or a file, and group those that name no choice; errors as `score_task`."""
    scored = score_task(msgspec.structs.replace(task, keep="all"))
    items = [item for item in scored.rows if item.shape]
    by_shape: dict[str, list[ItemScore]] = {}
    for item in items:
        by_shape.setdefault(item.shape, []).append(item)
    groups = sorted(by_shape.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return UnresolvedReport(
        n=scored.score.n,
        answered=sum(item.prediction is not None for item in scored.rows),
        cut_off=scored.score.cut_off,
        groups=tuple(
            UnresolvedGroup(shape, SHAPES[shape], len(members), members[0]) for shape, members in groups
        ),
        items=tuple(items),
        signature=scored.score.signature,
    )
