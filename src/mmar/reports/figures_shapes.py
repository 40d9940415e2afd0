"""What both figures are drawn with: a canvas in inches, segments of rings, and the total in the middle.

Angles are in degrees from 3 o'clock, counter-clockwise; lengths are in inches, 0 is the middle of the rings.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mmar.reports.figures_labels import INK, SOFT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["canvas", "edges", "total", "wedge"]

_EDGE = 1.0  # points


def canvas(left: float, right: float, height: float) -> tuple[Figure, Axes]:
    """A figure with axes all over it, nothing drawn.

    Args:
        left: room to the left of the middle.
        right: room to the right of it.
        height: of the figure, the middle being at half of it.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(left + right, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(-left, right)
    axes.set_ylim(-height / 2, height / 2)
    axes.set_axis_off()
    return figure, axes


def wedge(axes: Axes, outer: float, width: float, start: float, end: float, colour: str) -> None:
    """A segment of a ring, filled."""
    from matplotlib.patches import Wedge

    axes.add_patch(Wedge((0, 0), outer, start, end, width=width, facecolor=colour, linewidth=0))


def edges(axes: Axes, outer: float, inner: float, start: float, end: float) -> None:
    """The white lines that part a segment from its neighbours."""
    if end - start >= 360:
        return
    for angle in (math.radians(start), math.radians(end)):
        axes.plot(
            (inner * math.cos(angle), outer * math.cos(angle)),
            (inner * math.sin(angle), outer * math.sin(angle)),
            color="white",
            linewidth=_EDGE,
            solid_capstyle="butt",
            zorder=2,
        )


def total(axes: Axes, items: int, size: float) -> None:
    """How many items there are, in the middle, at a size in points."""
    axes.text(0, 0.0, f"{items:,}", ha="center", va="bottom", fontsize=size, fontweight="bold", color=INK)
    axes.text(0, -0.04, "items", ha="center", va="top", fontsize=0.6 * size, color=SOFT)
