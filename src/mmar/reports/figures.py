"""Figures for print, and the two of a benchmark: modalities as a ring, categories and sub-categories as a sunburst.

Drawn with matplotlib (the extra `mmar[figures]`). Colours are those of Okabe and Ito ("Color Universal Design",
2008); every segment also carries its name and number. The files contain no date, so the same benchmark gives the
same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmar.errors import UsageError
from mmar.files.atomic import write_atomic
from mmar.reports.describe import Description

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_METADATA: dict[str, dict[str, str | None]] = {
    "svg": {"Creator": "mmar", "Date": None},
    "pdf": {"Creator": "mmar", "Producer": "mmar", "CreationDate": None},
    "png": {"Software": "mmar"},
}
_PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
_DPI = 300
_TEXT = 8  # points
_LINE = 0.16  # height of a line of labels, in units of the ring's radius


def write_figures(description: Description, folder: Path) -> tuple[Path, ...]:
    """Draw the figures of a benchmark, `modalities` and `categories`; errors as `save_figures`."""
    return save_figures(
        lambda: {"modalities": draw_modalities(description), "categories": draw_categories(description)},
        folder,
        description.name,
    )


def save_figures(
    draw: Callable[[], Mapping[str, Figure]], folder: Path, subject: str = "mmar"
) -> tuple[Path, ...]:
    """Draw figures by the names of their files, and write each as SVG, PDF and PNG (300 dpi), without a date.

    The subject begins the titles in the files' metadata.

    Raises:
        UsageError: matplotlib is not installed.
        ExternalError: the files cannot be written.
    """
    with figure_style():
        return tuple(
            _write(figure, folder / f"{name}.{suffix}", f"{subject}: {name}")
            for name, figure in draw().items()
            for suffix in _METADATA
        )


def new_figure(width: float, height: float, **options: Any) -> Figure:
    """An empty figure, its size in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), **options)


def draw_modalities(description: Description) -> Figure:
    """A ring with a segment for each modality."""
    figure, axes = _canvas(description)
    counts = list(description.modality.values())
    colours = [_PALETTE[index % len(_PALETTE)] for index in range(len(counts))]
    _ring(axes, counts, colours, outer=1.0, width=0.45)
    _label(axes, counts, _shares(description.modality, description.items))
    return figure


def draw_categories(description: Description) -> Figure:
    """Two rings: categories inside, their sub-categories outside in two tints in turn."""
    figure, axes = _canvas(description)
    sizes: list[int] = []
    colours: list[tuple[float, ...]] = []
    labels: list[str] = []
    from matplotlib.colors import to_rgb

    for index, (category, n) in enumerate(description.category.items()):
        colour = to_rgb(_PALETTE[index % len(_PALETTE)])
        below = description.sub_category[category]
        for rank, (name, number) in enumerate(below.items()):
            tint = (0.3, 0.55)[rank % 2]
            sizes.append(number)
            colours.append(tuple(part + (1 - part) * tint for part in colour))
            labels.append(f"{name}  {number:,}")
        if rest := n - sum(below.values()):
            sizes.append(rest)
            colours.append((1.0, 1.0, 1.0))
            labels.append("")
    inner = list(description.category.values())
    hues = [_PALETTE[index % len(_PALETTE)] for index in range(len(inner))]
    _ring(axes, sizes, colours, outer=1.0, width=0.25)
    patches = _ring(axes, inner, hues, outer=0.74, width=0.4)
    lowest = _label(axes, sizes, labels)
    axes.legend(
        patches,
        _shares(description.category, description.items),
        loc="upper center",
        bbox_to_anchor=(0, lowest - _LINE),
        bbox_transform=axes.transData,
        ncols=2,
        frameon=False,
        fontsize=_TEXT,
    )
    return figure


def _shares(counts: Mapping[str, int], items: int) -> list[str]:
    return [f"{name}  {n:,} ({100 * n / items:.1f} %)" for name, n in counts.items()]


def spread(positions: Sequence[float], gap: float) -> list[float]:
    """Move positions, in descending order, apart until neighbours differ by `gap`, keeping order and mean."""
    moved: list[float] = []
    for position in positions:
        moved.append(position if not moved else min(position, moved[-1] - gap))
    shift = (sum(positions) - sum(moved)) / max(1, len(moved))
    return [position + shift for position in moved]


@contextmanager
def figure_style() -> Iterator[None]:
    """Settings of matplotlib under which the figures are drawn.

    Raises:
        UsageError: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
    except ImportError:
        raise UsageError(
            "figures need matplotlib, which is not installed",
            code="missing-extra",
            hint="pip install 'mmar[figures]'",
        ) from None
    settings: Any = {
        "font.family": "DejaVu Sans",  # part of matplotlib, hence the same everywhere
        "font.size": _TEXT,
        "svg.fonttype": "path",
        "svg.hashsalt": "mmar",
        "pdf.fonttype": 42,
    }
    with mpl.rc_context(settings):
        yield


def _canvas(description: Description) -> tuple[Figure, Axes]:
    figure = new_figure(6.5, 4.0)
    axes = figure.add_axes((0, 0.1, 1, 0.88))
    axes.set_aspect("equal")
    axes.set_axis_off()
    axes.set_xlim(-1.7, 1.7)
    axes.set_ylim(-1.3, 1.3)
    axes.text(0, 0.02, f"{description.items:,}", ha="center", va="bottom", fontsize=12, fontweight="bold")
    axes.text(0, -0.02, "items", ha="center", va="top")
    return figure, axes


def _ring(
    axes: Axes, sizes: Sequence[float], colours: Sequence[object], *, outer: float, width: float
) -> list[Any]:
    patches = axes.pie(
        sizes,
        radius=outer,
        colors=list(colours),  # type: ignore[arg-type]
        startangle=90,
        counterclock=False,
        wedgeprops={"width": width, "edgecolor": "white", "linewidth": 0.8},
        frame=True,
    )[0]
    return list(patches)


def _label(axes: Axes, sizes: Sequence[int], labels: Sequence[str]) -> float:
    """Write labels in a column on either side of the rings, joined to their segments by lines.

    Returns:
        The height of the lowest label, or of the rings' lower edge if that is lower.
    """
    lowest = -1.05
    total, angle = sum(sizes), 90.0
    sides: dict[int, list[tuple[float, float, str]]] = {1: [], -1: []}
    for size, label in zip(sizes, labels, strict=True):
        middle = math.radians(angle - 180 * size / total)
        angle -= 360 * size / total
        if label:
            side = 1 if math.cos(middle) >= 0 else -1
            sides[side].append((math.sin(middle), math.cos(middle), label))
    for side, entries in sides.items():
        entries.sort(reverse=True)
        heights = spread([1.1 * y for y, _, _ in entries], _LINE)
        lowest = min([lowest, *heights])
        for height, (y, x, label) in zip(heights, entries, strict=True):
            axes.plot(
                (x, 1.08 * x, side * 1.24),
                (y, 1.08 * y, height),
                color="#6E6E6E",
                linewidth=0.5,
                clip_on=False,
            )
            axes.text(side * 1.28, height, label, ha="left" if side > 0 else "right", va="center")
    return lowest


def _write(figure: Figure, path: Path, title: str) -> Path:
    suffix = path.suffix[1:]
    metadata = {"Title": title, **_METADATA[suffix]}
    buffer = BytesIO()
    figure.savefig(buffer, format=suffix, dpi=_DPI, metadata=metadata, bbox_inches="tight", pad_inches=0.05)
    write_atomic(path, buffer.getvalue())
    return path
