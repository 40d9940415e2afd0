"""How many items are of each modality: a ring whose mixed segments are banded in the colours of their parts.

Three hues tell sound, music and speech; `mix-sound-speech` is a segment of two bands, one of each. A modality
with another name has a colour of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmar.reports.describe import Description
from mmar.reports.figures_colour import PALETTE
from mmar.reports.figures_labels import Label, columns_width, draw_labels
from mmar.reports.figures_shapes import canvas, edges, total, wedge

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["parts_of", "ring"]

_HEIGHT = 3.0  # inches
_OUTER, _INNER = 1.2, 0.64
_SEAM = 0.01  # between bands
_COLUMN, _MARGIN = 1.58, 0.08
_TEXT = 8.0


def parts_of(modality: str) -> tuple[str, ...]:
    """What a modality is mixed of, itself if nothing.

    Example:
        >>> parts_of("mix-sound-speech"), parts_of("speech")
        (('sound', 'speech'), ('speech',))
    """
    head, *rest = modality.split("-")
    return tuple(rest) if head == "mix" and rest else (modality,)


def ring(found: Description) -> Figure:
    """Draw the ring of a benchmark's modalities."""
    parts = dict.fromkeys(part for modality in found.modality for part in parts_of(modality))
    colours = {part: PALETTE[at % len(PALETTE)] for at, part in enumerate(parts)}
    labels, spans = [], []
    at = 90.0
    for modality, n in found.modality.items():
        size = 360 * n / found.items
        labels.append(Label(at - size / 2, modality, f"{n:,} ({100 * n / found.items:.1f} %)"))
        spans.append((modality, at - size, at))
        at -= size
    left, right = columns_width(labels, _TEXT)
    figure, axes = canvas(_COLUMN + left + _MARGIN, _COLUMN + right + _MARGIN, _HEIGHT)
    for modality, start, end in spans:
        bands = parts_of(modality)
        width = (_OUTER - _INNER) / len(bands)
        for band, part in enumerate(bands):
            wedge(
                axes,
                _OUTER - band * width,
                width - _SEAM * (band < len(bands) - 1),
                start,
                end,
                colours[part],
            )
        edges(axes, _OUTER, _INNER, start, end)
    draw_labels(axes, labels, radius=_OUTER, column=_COLUMN, height=_HEIGHT / 2 - 0.05, size=_TEXT)
    total(axes, found.items, 14)
    return figure
