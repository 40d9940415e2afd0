"""What a person reads of repeats: is it luck?"""

from __future__ import annotations

import math
from collections.abc import Iterator

from mmar.scoring.repetition import Repeats

__all__ = ["repeats_lines"]


def repeats_lines(found: Repeats, of: int) -> Iterator[str]:
    """Draw what repeats show.

    Args:
        found: scores over repeats.
        of: size of the benchmark.
    """
    low, high = found.interval
    floor, ceiling = found.majority_interval
    yield f"repeats     {found.n:,} of {of:,} items, {found.repeats:,} answers each (choice scorer)"
    if found.unanswered:
        yield f"            {found.unanswered:,} of these have no answer and count as wrong"
    yield f"  mean         {found.accuracy:5.1f}  [{low:.1f}, {high:.1f}]   a single answer"
    lost = f"; ties ({found.tied:,}) and no vote ({found.silent:,}) are wrong"
    tied = lost if found.tied or found.silent else ""
    yield f"  majority     {found.majority:5.1f}  [{floor:.1f}, {ceiling:.1f}]   the choice named most often{tied}"
    yield "       k     pass@k   pass^k   one of k right (arXiv 2107.03374); all k right (arXiv 2406.12045)"
    for rate in found.rates:
        yield f"    {rate.k:4}     {rate.pass_at:6.1f}   {rate.pass_all:6.1f}"
    between = "unknown" if found.between is None else f"{found.between:.3f} ({math.sqrt(found.between):.2f})"
    correlation = "" if found.correlation is None else f", correlation {found.correlation:.2f}"
    yield f"  variance     within items {found.within:.3f} ({math.sqrt(found.within):.2f}), between items {between}{correlation}"
    yield f"               so a run's accuracy varies by {found.run_deviation:.1f} points (one standard deviation) on the same items"
