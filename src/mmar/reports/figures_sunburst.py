"""Categories and their sub-categories: two rings, the inner one of categories.

A category has a hue, its sub-categories two tints of it in turn. It begins at 12 o'clock and goes clockwise,
the largest sub-category of each category first.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mmar.reports.describe import Description
from mmar.reports.figures_colour import PALETTE, blend, text_on
from mmar.reports.figures_labels import Label, columns_height, columns_width, draw_labels, text_width
from mmar.reports.figures_shapes import canvas, edges, total, wedge

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["sunburst"]

_HEIGHT = 3.9  # inches, or more where there are many labels
_OUTER, _MIDDLE, _INNER = 1.7, 1.3, 0.46
_SEAM = 0.018
_COLUMN, _MARGIN = 2.06, 0.08
_TEXT, _SMALLEST = 7.5, 6.0
_LEVEL = 40.0  # degrees, from which a category's name is written level
_TINTS = (0.3, 0.55)


def sunburst(found: Description) -> Figure:
    """Draw the sunburst of a benchmark's categories."""
    labels, tints, hues = [], [], []
    at = 90.0
    for place, (category, n) in enumerate(found.category.items()):
        colour = PALETTE[place % len(PALETTE)]
        size = 360 * n / found.items
        hues.append((category, n, at - size, at, colour))
        end = at
        for rank, (name, count) in enumerate(found.sub_category[category].items()):
            arc = 360 * count / found.items
            labels.append(Label(end - arc / 2, name, f"{count:,}"))
            tints.append((end - arc, end, blend(colour, _TINTS[rank % len(_TINTS)])))
            end -= arc
        at -= size
    left, right = columns_width(labels, _TEXT)
    height = max(_HEIGHT, columns_height(labels, _TEXT) + 0.1)
    figure, axes = canvas(_COLUMN + left + _MARGIN, _COLUMN + right + _MARGIN, height)
    for start, end, tint in tints:
        wedge(axes, _OUTER, _OUTER - _MIDDLE - _SEAM, start, end, tint)
        edges(axes, _OUTER, _MIDDLE, start, end)
    for category, n, start, end, colour in hues:
        wedge(axes, _MIDDLE, _MIDDLE - _INNER, start, end, colour)
        edges(axes, _OUTER, _INNER, start, end)
        _name(axes, category, n, found.items, start, end, text_on(colour))
    draw_labels(axes, labels, radius=_OUTER, column=_COLUMN, height=height / 2 - 0.05, size=_TEXT)
    total(axes, found.items, 12)
    return figure


def _name(axes: Axes, category: str, n: int, items: int, start: float, end: float, colour: str) -> None:
    """A category's name and number within its segment: level where there is room, else along the radius."""
    middle, radius = (start + end) / 2, (_MIDDLE + _INNER) / 2
    turn, size = 0.0, _TEXT
    if end - start >= _LEVEL:
        text = "\n".join((*category.split(), f"{n:,}", f"{100 * n / items:.1f} %"))
    else:
        text = f"{category} {n:,}"
        turn = middle if math.cos(math.radians(middle)) >= 0 else middle + 180
        room = _MIDDLE - _INNER - 0.08
        size = min(_TEXT, _TEXT * room / text_width(text, _TEXT))
        if size < _SMALLEST:
            return  # the columns name its sub-categories, in tints of its colour
    axes.text(
        radius * math.cos(math.radians(middle)),
        radius * math.sin(math.radians(middle)),
        text,
        ha="center",
        va="center",
        rotation=turn,
        rotation_mode="anchor",
        fontsize=size,
        color=colour,
        linespacing=1.3,
        zorder=4,
    )
