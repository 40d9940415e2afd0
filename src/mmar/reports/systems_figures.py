"""Figures of systems, for papers: averages, modalities, rank ranges, accuracy and size, reliance on the audio.

Drawn with matplotlib (the extra `mmar[figures]`), readable in black and white: systems are told apart by position and by
the shape of their mark (filled circle: a run; open circle: a published result), never by colour alone.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmar.reports.figures import FORMATS, figure_style, write_figure
from mmar.reports.systems_table import ALL, System, SystemsTable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mmar.scoring.reliance import Reliance


_ROW = 0.2  # height of a row, inches
_INK = "#1A1A1A"
_ERROR_BARS: dict[str, Any] = {"ecolor": _INK, "elinewidth": 0.8, "capsize": 2, "linestyle": "none"}


def write_table_figures(table: SystemsTable, folder: Path) -> tuple[Path, ...]:
    """Draw the figures of a table.

    Args:
        table: the systems.
        folder: created if it does not exist; files of the same names are replaced.

    Returns:
        The files: `averages`; `groups`, if the table has groups; `ranks`, if at least two systems are ranked; `sizes`,
        if at least two have a known size.
        Each as SVG, PDF and PNG.

    Raises:
        UsageError: matplotlib is not installed.
        ExternalError: the files cannot be written.
    """
    with figure_style():
        figures = {"averages": draw_averages(table)}
        if len(table.columns) > 1:
            figures["groups"] = draw_groups(table)
        if sum(system.rank is not None for system in table.systems) > 1:
            figures["ranks"] = draw_ranks(table)
        if sum(parameters(system.size) is not None for system in table.systems) > 1:
            figures["sizes"] = draw_sizes(table)
        return tuple(
            write_figure(figure, folder / f"{name}.{suffix}", f"mmar: {name}")
            for name, figure in figures.items()
            for suffix in FORMATS
        )


def draw_averages(table: SystemsTable) -> Figure:
    """A row for each system: its average with interval, and its rank range."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.5, 0.7 + _ROW * len(table.systems)))
    axes = figure.add_subplot()
    _dots(axes, table, ALL)
    axes.set_yticks(range(len(table.systems)), [_label(system) for system in table.systems])
    axes.set_xlabel(f"accuracy, % (95 % interval; runs: {table.scorer} scorer)")
    for row, system in enumerate(table.systems):
        if system.rank is not None:
            first, last = system.rank
            text = str(first) if first == last else f"{first}\u2013{last}"
            axes.text(1.01, row, text, transform=axes.get_yaxis_transform(), va="center")
    axes.text(1.01, 1.01, "rank", transform=axes.transAxes, va="bottom")
    return figure


def draw_groups(table: SystemsTable) -> Figure:
    """A panel for each group: the accuracy of each system with its interval."""
    from matplotlib.figure import Figure

    names = table.columns[1:]
    figure = Figure(figsize=(1.8 + 1.3 * len(names), 1.0 + _ROW * len(table.systems)), layout="constrained")
    panels = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    for axes, name in zip(panels, names, strict=True):
        _dots(axes, table, name)
        n = max((system.values[name].n for system in table.systems if name in system.values), default=0)
        title = name.replace("mix-", "mix-\n", 1)
        axes.set_title(f"{title}\nn = {n:,}", fontsize="medium")
        axes.set_xlim(-4, 104)
        axes.set_xticks([0, 50, 100])
    panels[0].set_yticks(range(len(table.systems)), [_label(system) for system in table.systems])
    figure.supxlabel("accuracy, %", fontsize="medium")
    return figure


def draw_ranks(table: SystemsTable) -> Figure:
    """A row for each ranked system: from the first to the last place that the data allow."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    ranked = [(system, system.rank) for system in table.systems if system.rank is not None]
    figure = Figure(figsize=(5.0, 0.7 + _ROW * len(ranked)))
    axes = figure.add_subplot()
    for row, (system, (first, last)) in enumerate(ranked):
        axes.plot(
            [first, last], [row, row], color=_INK, linewidth=1.6, solid_capstyle="butt", **_ends(system)
        )
    axes.set_yticks(range(len(ranked)), [_label(system) for system, _ in ranked])
    axes.set_ylim(len(ranked) - 0.5, -0.5)
    axes.set_xlim(0.5, len(ranked) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="x", linewidth=0.3, color="#B0B0B0")
    axes.set_axisbelow(True)
    axes.set_xlabel("rank, from the first to the last place that the data allow")
    _open_frame(axes)
    return figure


def write_reliance_figure(result: Reliance, folder: Path) -> tuple[Path, ...]:
    """Draw the accuracy of a model with the real clips and under each condition, as SVG, PDF and PNG.

    Args:
        result: what `mmar.reliance` returned.
        folder: created if it does not exist; files of the same names are replaced.

    Raises:
        UsageError: matplotlib is not installed.
        ExternalError: the files cannot be written.
    """
    with figure_style():
        from matplotlib.figure import Figure

        rows = [("real clips", result.accuracy, result.interval, True)]
        rows += [(one.condition, one.all.under, one.all.under_interval, False) for one in result.conditions]
        figure = Figure(figsize=(5.0, 0.9 + 1.3 * _ROW * len(rows)))
        axes = figure.add_subplot()
        for row, (_, value, (low, high), real) in enumerate(rows):
            _point(axes, row, value, (low, high), filled=real)
        for row, one in enumerate(result.conditions, 1):
            if one.all.reliance is not None:
                text = f"reliance {one.all.reliance:.0f} %"
                axes.text(1.01, row, text, transform=axes.get_yaxis_transform(), va="center")
        axes.axvline(result.accuracy, linewidth=0.5, linestyle="--", color="#808080")
        axes.set_yticks(range(len(rows)), [name for name, *_ in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlabel(f"accuracy of {result.model}, % (95 % interval, {result.scorer} scorer)")
        _open_frame(axes)
        return tuple(
            write_figure(figure, folder / f"reliance.{suffix}", "mmar: reliance") for suffix in FORMATS
        )


def draw_sizes(table: SystemsTable) -> Figure:
    """Average against the number of parameters (of all, where only some are active), on a logarithmic axis."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.5, 4.5))
    axes = figure.add_subplot()
    points: list[tuple[float, float, str]] = []
    for system in table.systems:
        size = parameters(system.size)
        if size is None:
            continue
        value = system.values[ALL]
        _point(axes, size, value.percent, value.interval, filled=system.kind == "run", upright=True)
        points.append((size, value.percent, system.name))
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    _name_points(axes, points)
    axes.set_xlabel("parameters, billions")
    axes.set_ylabel("accuracy, %")
    _open_frame(axes)
    return figure


def parameters(size: str) -> float | None:
    """The number of parameters in billions of a size such as `8.4B`, `167M` or `30B-A3B`; `None` if it is not known.

    Example:
        >>> parameters("30B-A3B"), parameters("167M"), parameters("")
        (30.0, 0.167, None)
    """
    match = re.match(r"(\d+(?:\.\d+)?)([BM])", size)
    if match is None:
        return None
    return float(match[1]) / (1 if match[2] == "B" else 1000)


def _dots(axes: Any, table: SystemsTable, column: str) -> None:
    for row, system in enumerate(table.systems):
        value = system.values.get(column)
        if value is None:
            continue
        _point(axes, row, value.percent, value.interval, filled=system.kind == "run")
    axes.set_ylim(len(table.systems) - 0.5, -0.5)
    axes.grid(axis="x", linewidth=0.3, color="#B0B0B0")
    axes.set_axisbelow(True)
    _open_frame(axes)


def _name_points(axes: Any, points: list[tuple[float, float, str]]) -> None:
    """Write names beside points, those first in the list first; names that would overlap are left out."""
    size = 6.0  # points
    scale = axes.figure.dpi / 72
    placed: list[tuple[float, float, float]] = []
    for x, y, name in points:
        left, middle = axes.transData.transform((x, y))
        right = left + (4 + 0.6 * size * len(name)) * scale
        if any(
            left < other_right and other_left < right and abs(middle - other) < 1.3 * size * scale
            for other_left, other_right, other in placed
        ):
            continue
        placed.append((left, right, middle))
        axes.annotate(
            name, (x, y), xytext=(4, 0), textcoords="offset points", fontsize=size, va="center", clip_on=False
        )


def _point(
    axes: Any,
    place: float,
    value: float,
    interval: tuple[float, float],
    *,
    filled: bool,
    upright: bool = False,
) -> None:
    """An accuracy with its interval: in a row, or upright above a place of the other axis."""
    ends = [[max(0.0, value - interval[0])], [max(0.0, interval[1] - value)]]
    where: dict[str, Any] = {"x": [value], "y": [place], "xerr": ends}
    if upright:
        where = {"x": [place], "y": [value], "yerr": ends}
    axes.errorbar(
        **where,
        **_ERROR_BARS,
        marker="o",
        markersize=4,
        color=_INK,
        markerfacecolor=_INK if filled else "white",
    )


def _ends(system: System) -> dict[str, Any]:
    return {"marker": "|", "markersize": 6, "linestyle": "-" if system.kind == "run" else (0, (2, 1))}


def _label(system: System) -> str:
    return f"{system.name} ({system.size})" if system.size else system.name


def _open_frame(axes: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=2)
