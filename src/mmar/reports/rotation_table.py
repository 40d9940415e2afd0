"""What a person reads of rotations: is it the place of the answer?"""

from __future__ import annotations

from collections.abc import Iterator

from mmar.scoring.rotation import Rotations

__all__ = ["rotation_lines"]


def rotation_lines(found: Rotations, of: int) -> Iterator[str]:
    """Draw what rotations show.

    Args:
        found: scores over rotations.
        of: size of the benchmark.
    """
    low, high = found.mean_interval
    floor, ceiling = found.all_right_interval
    yield f"rotations   {found.n:,} of {of:,} items under {found.questions:,} orders of their choices (choice scorer)"
    if found.unanswered:
        yield f"            {found.unanswered:,} of these questions have no answer and count as wrong"
    yield f"  mean         {found.mean:5.1f}  [{low:.1f}, {high:.1f}]   guessing scores {found.chance:.1f}"
    yield f"  all right    {found.all_right:5.1f}  [{floor:.1f}, {ceiling:.1f}]   under every order (CircularEval, arXiv 2307.06281)"
    if found.agreement is not None and found.unanimous is not None:
        yield f"  agreement    {found.agreement:5.1f}   of pairs of orders name the same choice; all orders do on {found.unanimous:.1f} % of items"
    if found.distance is None:
        return
    yield f"  slots        {found.distance:5.1f}   of the answers would have to move to fall as the key does (arXiv 2510.04584)"
    yield "    slot     named %   key %   right % when the key is there"
    for slot in found.slots:
        right = "–" if slot.accuracy is None else f"{slot.accuracy:.1f}"
        yield f"    {slot.slot:4}     {slot.named:7.1f} {slot.key:7.1f} {right:>9}"
    if found.unnamed:
        yield f"    {found.unnamed:,} answers name no slot"
