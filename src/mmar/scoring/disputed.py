"""The score without the disputed items of a benchmark (`mmar.items.errata`), beside the whole score."""

from __future__ import annotations

import msgspec

from mmar.items.errata import errata
from mmar.scoring.result import Score

__all__ = ["with_errata_note"]


def with_errata_note(score: Score) -> Score:
    """Add a note with both accuracies over the items that are not disputed.

    Args:
        score: with the scores of all items (`items`).
    """
    disputed = errata()
    rest = [item for item in score.items if item.id not in disputed]
    removed = len(score.items) - len(rest)
    if not removed or not rest:
        note = "--errata: none of the items is disputed"
    else:
        official = 100 * sum(item.official for item in rest) / len(rest)
        choice = 100 * sum(item.choice for item in rest) / len(rest)
        items = "item" if removed == 1 else "items"
        note = (
            f"without the {removed} disputed {items} (--errata): official {official:.1f}, choice {choice:.1f} "
            f"of {len(rest):,} items"
        )
    return msgspec.structs.replace(score, notes=(*score.notes, note))
