"""Colours that stay apart for every common kind of colour vision, on screen and in print.

The palette is that of Okabe & Ito (“Color Universal Design”, 2008) without its black and its yellow, which is
too pale beside white.
"""

from __future__ import annotations

__all__ = ["PALETTE", "blend", "luminance", "text_on"]

PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
"""Blue, orange, bluish green, reddish purple, sky blue, vermilion."""

_DARK = "#1A1A1A"


def blend(colour: str, white: float) -> str:
    """A colour mixed with white.

    Args:
        colour: `#RRGGBB`.
        white: share of white, 0 to 1.

    Example:
        >>> blend("#000000", 0.5)
        '#808080'
    """
    return "#" + "".join(f"{round(part + (255 - part) * white):02X}" for part in _parts(colour))


def luminance(colour: str) -> float:
    """Relative luminance after WCAG 2.2, 0 for black to 1 for white."""
    linear = [
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4
        for part in _parts(colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def text_on(colour: str) -> str:
    """White or near black, whichever is read better on a colour."""
    ground = luminance(colour)
    on_white = 1.05 / (ground + 0.05)
    on_dark = (ground + 0.05) / (luminance(_DARK) + 0.05)
    return "#FFFFFF" if on_white > on_dark else _DARK


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
