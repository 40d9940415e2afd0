"""Labels beside a round figure: horizontal, in one column on either side, none upon another.

A label stands as near to the height of its segment as its neighbours allow, and a line with two bends leads to
it. Text is measured, so that the figure can be made as wide as it needs.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["INK", "SOFT", "Label", "columns_height", "columns_width", "draw_labels", "spread", "text_width"]

INK, SOFT = "#1A1A1A", "#5A5A5A"
_LINE = "#6E6E6E"
_LONGEST = 26  # characters, before a name is broken into two lines
_LEADING, _BETWEEN = 1.15, 0.6  # of the text's size: from line to line, and from label to label
_SPACE = 0.5  # of the text's size: from name to number


class Label(msgspec.Struct, frozen=True):
    """What is said of one segment.

    Attributes:
        angle: the segment's middle, degrees from 3 o'clock, counter-clockwise.
        name: what it is.
        number: how many, as it is printed.
    """

    angle: float
    name: str
    number: str

    @property
    def lines(self) -> list[str]:
        """The name, in two lines of about the same length where it is long."""
        if len(self.name) <= _LONGEST:
            return [self.name]
        width = -(-len(self.name) // 2)
        while len(lines := textwrap.wrap(self.name, width)) > 2:
            width += 1
        return lines

    @property
    def side(self) -> int:
        """1 for the right column, −1 for the left one."""
        return 1 if math.cos(math.radians(self.angle)) >= 0 else -1


def text_width(text: str, size: float) -> float:
    """Width of one line in inches, in the font of the figures, at a size in points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    width, _, _ = text_to_path.get_text_width_height_descent(text, FontProperties(size=size), ismath=False)
    return float(width) / 72


def columns_width(labels: Sequence[Label], size: float) -> tuple[float, float]:
    """How much room the left and the right column of labels need, in inches."""
    widths = {-1: 0.0, 1: 0.0}
    for label in labels:
        *first, last = label.lines
        whole = text_width(last, size) + _SPACE * size / 72 + text_width(label.number, size)
        widths[label.side] = max(widths[label.side], whole, *(text_width(line, size) for line in first))
    return widths[-1], widths[1]


def columns_height(labels: Sequence[Label], size: float) -> float:
    """How high the higher of the two columns is, in inches, with no room to spare."""
    sides = [sum(_height(label, size) for label in labels if label.side == side) for side in (1, -1)]
    return max(sides) + _BETWEEN * size / 72


def spread(wishes: Sequence[float], gaps: Sequence[float], low: float, high: float) -> list[float]:
    """Move heights apart so that neighbours keep their distance, moving them as little as possible.

    Neighbours that are too close form a block, which stands where the squares of what its members are moved by
    add up to least (the pool-adjacent-violators algorithm).

    Args:
        wishes: where each would like to be, ascending.
        gaps: least distance of each to the next, one fewer.
        low: no height below.
        high: no height above; where not all fit, the distances stay and the upper end gives way.

    Returns:
        As many heights, ascending.

    Example:
        >>> spread([0.0, 0.5, 5.0], [1.0, 1.0], -10, 10)
        [-0.25, 0.75, 5.0]
    """
    offsets = [0.0, *accumulate(gaps)]
    blocks: list[
        tuple[float, int]
    ] = []  # sum of where the first would stand by each member, and their number
    for wish, offset in zip(wishes, offsets, strict=True):
        total, count = wish - offset, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / count:
            before, members = blocks.pop()
            total, count = total + before, count + members
        blocks.append((total, count))
    firsts = [total / count for total, count in blocks for _ in range(count)]
    last = high - offsets[-1]
    return [max(low, min(first, last)) + offset for first, offset in zip(firsts, offsets, strict=True)]


def draw_labels(
    axes: Axes, labels: Sequence[Label], *, radius: float, column: float, height: float, size: float
) -> None:
    """Write labels on both sides of a figure centred on 0, 0.

    Args:
        axes: in inches.
        labels: in any order.
        radius: of the outermost ring, in inches.
        column: distance of the columns of text from the middle, in inches.
        height: half of the height that the columns may take, in inches.
        size: of the text, in points.
    """
    for side in (1, -1):
        own = [label for label in labels if label.side == side]
        own.sort(key=lambda label: math.sin(math.radians(label.angle)))
        heights = [_height(label, size) for label in own]
        if not own:
            continue
        wishes = [1.12 * radius * math.sin(math.radians(label.angle)) for label in own]
        gaps = [(one + other) / 2 for one, other in pairwise(heights)]
        edge = height - max(heights[0], heights[-1]) / 2
        for label, y in zip(own, spread(wishes, gaps, -edge, edge), strict=True):
            _line(axes, label, y, radius, column)
            _text(axes, label, y, column, size)


def _height(label: Label, size: float) -> float:
    return (len(label.lines) * _LEADING + _BETWEEN) * size / 72


def _line(axes: Axes, label: Label, y: float, radius: float, column: float) -> None:
    angle = math.radians(label.angle)
    x, height = math.cos(angle), math.sin(angle)
    bend = max(1.1 * radius * abs(x), column - 0.3)
    axes.plot(
        (0.965 * radius * x, 1.06 * radius * x, label.side * bend, label.side * (column - 0.06)),
        (0.965 * radius * height, 1.06 * radius * height, y, y),
        color=_LINE,
        linewidth=0.5,
        solid_joinstyle="round",
        zorder=3,
    )
    axes.plot(0.965 * radius * x, 0.965 * radius * height, marker="o", markersize=1.6, color=INK, zorder=3)


def _text(axes: Axes, label: Label, y: float, column: float, size: float) -> None:
    lines, unit = label.lines, size / 72
    space = _SPACE * unit
    # Half the height of the block above the first baseline's x-height: the line meets the middle of the text.
    top = y + ((len(lines) - 1) * _LEADING / 2 - 0.36) * unit
    for at, line in enumerate(lines):
        last = at == len(lines) - 1
        before = text_width(label.number, size) + space if last and label.side < 0 else 0.0
        x = label.side * column - before
        baseline = top - at * _LEADING * unit
        align = "left" if label.side > 0 else "right"
        axes.text(x, baseline, line, ha=align, va="baseline", fontsize=size, color=INK, zorder=4)
        if last:
            after = column + text_width(line, size) + space if label.side > 0 else -column
            axes.text(
                after, baseline, label.number, ha=align, va="baseline", fontsize=size, color=SOFT, zorder=4
            )
