"""Figures for papers: systems by average, modality, rank and size, reliance on the audio, and kinds of errors.

Drawn with matplotlib (the extra `mmar[figures]`), readable in black and white: systems are told apart by position and by
the shape of their mark (filled circle: a run; open circle: a published result), never by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmar.reports.figures import new_figure, save_figures
from mmar.reports.systems_table import ALL, System, SystemsTable, parameters, rank_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mmar.scoring.error_labels import ErrorAnalysis
    from mmar.scoring.reliance import Reliance


_ROW = 0.2  # height of a row, inches
_INK = "#1A1A1A"
_ERROR_BARS: dict[str, Any] = {"ecolor": _INK, "elinewidth": 0.8, "capsize": 2, "linestyle": "none"}


def write_table_figures(table: SystemsTable, folder: Path) -> tuple[Path, ...]:
    """Draw the figures of a table; errors as `save_figures`.

    Returns:
        The files: `averages`; `groups`, if the table has groups; `ranks`, if at least two systems are ranked; `sizes`,
        if at least two have a known size.
    """

    def draw() -> dict[str, Figure]:
        figures = {"averages": draw_averages(table)}
        if len(table.columns) > 1:
            figures["groups"] = draw_groups(table)
        if sum(system.rank is not None for system in table.systems) > 1:
            figures["ranks"] = draw_ranks(table)
        if sum(parameters(system.size) is not None for system in table.systems) > 1:
            figures["sizes"] = draw_sizes(table)
        return figures

    return save_figures(draw, folder)


def write_reliance_figure(result: Reliance, folder: Path) -> tuple[Path, ...]:
    """Draw the accuracy of a model with the real clips and under each condition; errors as `save_figures`."""
    return save_figures(lambda: {"reliance": draw_reliance(result)}, folder)


def write_errors_figure(result: ErrorAnalysis, folder: Path) -> tuple[Path, ...]:
    """Draw the share of each kind of error with its interval; errors as `save_figures`."""
    return save_figures(lambda: {"errors": draw_errors(result)}, folder)


def draw_averages(table: SystemsTable) -> Figure:
    """A row for each system: its average with interval, and its rank range."""
    figure, axes = _rows([_label(system) for system in table.systems], width=6.5)
    _dots(axes, table, ALL)
    axes.set_xlabel(f"accuracy, % (95 % interval; runs: {table.scorer} scorer)")
    for row, system in enumerate(table.systems):
        axes.text(1.01, row, rank_text(system), transform=axes.get_yaxis_transform(), va="center")
    axes.text(1.01, 1.01, "rank", transform=axes.transAxes, va="bottom")
    return figure


def draw_groups(table: SystemsTable) -> Figure:
    """A panel for each group: the accuracy of each system with its interval."""
    names = table.columns[1:]
    figure = new_figure(1.8 + 1.3 * len(names), 1.0 + _ROW * len(table.systems), layout="constrained")
    panels = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    for axes, name in zip(panels, names, strict=True):
        _dots(axes, table, name)
        _open_frame(axes)
        n = max((system.values[name].n for system in table.systems if name in system.values), default=0)
        title = name.replace("mix-", "mix-\n", 1)
        axes.set_title(f"{title}\nn = {n:,}", fontsize="medium")
        axes.set_xlim(-4, 104)
        axes.set_xticks([0, 50, 100])
    _name_rows(panels[0], [_label(system) for system in table.systems])
    figure.supxlabel("accuracy, %", fontsize="medium")
    return figure


def draw_ranks(table: SystemsTable) -> Figure:
    """A row for each ranked system: from the first to the last place that the data allow."""
    ranked = [(system, system.rank) for system in table.systems if system.rank is not None]
    figure, axes = _rows([_label(system) for system, _ in ranked], width=5.0)
    for row, (system, (first, last)) in enumerate(ranked):
        line: Any = "-" if system.kind == "run" else (0, (2, 1))
        ends: dict[str, Any] = {"marker": "|", "markersize": 6, "solid_capstyle": "butt"}
        axes.plot([first, last], [row, row], color=_INK, linewidth=1.6, linestyle=line, **ends)
    axes.set_xlim(0.5, len(ranked) + 0.5)
    axes.locator_params(axis="x", integer=True)
    _grid(axes)
    axes.set_xlabel("rank, from the first to the last place that the data allow")
    return figure


def draw_sizes(table: SystemsTable) -> Figure:
    """Average against the number of parameters (of all, where only some are active), on a logarithmic axis."""
    figure = new_figure(6.5, 4.5)
    axes = figure.add_subplot()
    points: list[tuple[float, float, str]] = []
    for system in table.systems:
        size = parameters(system.size)
        if size is not None:
            value = system.values[ALL]
            bar = _lengths(value.percent, value.interval)
            _point(axes, size, value.percent, filled=system.kind == "run", yerr=bar)
            points.append((size, value.percent, system.name))
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    _name_points(axes, points)
    axes.set_xlabel("parameters, billions")
    axes.set_ylabel("accuracy, %")
    _open_frame(axes)
    return figure


def draw_reliance(result: Reliance) -> Figure:
    """A row for the real clips and for each condition: the accuracy with its interval, and the reliance."""
    rows = [("real clips", result.accuracy, result.interval)]
    rows += [(one.condition, one.all.under, one.all.under_interval) for one in result.conditions]
    figure, axes = _rows([name for name, *_ in rows], width=5.0, row=1.3 * _ROW, margin=0.9)
    for row, (_, value, interval) in enumerate(rows):
        _point(axes, value, row, filled=row == 0, xerr=_lengths(value, interval))
    for row, one in enumerate(result.conditions, 1):
        if one.all.reliance is not None:
            text = f"reliance {one.all.reliance:.0f} %"
            axes.text(1.01, row, text, transform=axes.get_yaxis_transform(), va="center")
    axes.axvline(result.accuracy, linewidth=0.5, linestyle="--", color="#808080")
    axes.set_xlabel(f"accuracy of {result.model}, % (95 % interval, {result.scorer} scorer)")
    return figure


def draw_errors(result: ErrorAnalysis) -> Figure:
    """A bar for each kind of error: its share of the labelled errors, with its interval."""
    names = [f"{name} ({one.count})" for name, one in result.kinds.items()]
    figure, axes = _rows(names, width=5.0, row=0.3)
    for row, one in enumerate(result.kinds.values()):
        axes.barh(row, one.share, height=0.6, color="#D0D0D0", edgecolor=_INK, linewidth=0.8)
        axes.errorbar([one.share], [row], xerr=_lengths(one.share, one.interval), **_ERROR_BARS)
    axes.set_xlim(left=0)
    axes.set_xlabel(f"errors, % of {result.settled:,} (95 % interval)")
    return figure


def _rows(
    labels: Sequence[str], *, width: float, row: float = _ROW, margin: float = 0.7
) -> tuple[Figure, Axes]:
    """A figure with a row for each label, from top to bottom; sizes in inches."""
    figure = new_figure(width, margin + row * len(labels))
    axes = figure.add_subplot()
    _name_rows(axes, labels)
    _open_frame(axes)
    return figure, axes


def _name_rows(axes: Axes, labels: Sequence[str]) -> None:
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)


def _dots(axes: Axes, table: SystemsTable, column: str) -> None:
    for row, system in enumerate(table.systems):
        value = system.values.get(column)
        if value is not None:
            bar = _lengths(value.percent, value.interval)
            _point(axes, value.percent, row, filled=system.kind == "run", xerr=bar)
    _grid(axes)


def _grid(axes: Axes) -> None:
    axes.grid(axis="x", linewidth=0.3, color="#B0B0B0")
    axes.set_axisbelow(True)


def _name_points(axes: Axes, points: list[tuple[float, float, str]]) -> None:
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


def _lengths(value: float, interval: tuple[float, float]) -> list[list[float]]:
    """The two parts of an error bar."""
    return [[max(0.0, value - interval[0])], [max(0.0, interval[1] - value)]]


def _point(axes: Axes, x: float, y: float, *, filled: bool, **error_bar: Any) -> None:
    face = _INK if filled else "white"
    style: dict[str, Any] = {"marker": "o", "markersize": 4, "color": _INK, "markerfacecolor": face}
    axes.errorbar([x], [y], **error_bar, **_ERROR_BARS, **style)


def _label(system: System) -> str:
    return f"{system.name} ({system.size})" if system.size else system.name


def _open_frame(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=2)
