"""The console page and the figure of an error analysis."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mmar.reports.figures import FORMATS, figure_style, write_figure
from mmar.reports.tables import Display, columns_of, count, draw, facts, interval, row
from mmar.scoring.error_labels import KINDS, Agreement, ErrorAnalysis, KindShare


def errors_table(result: ErrorAnalysis, display: Display | None = None) -> str:
    """Draw the errors by kind, with intervals and the agreement of the labellers.

    Args:
        result: what `analyze_errors` gave.
        display: where it is printed.

    Returns:
        Lines, each ended.
    """
    display = display or Display()
    lines = facts(
        [
            ("wrong", f"{result.wrong:,} answers"),
            ("labelled", f"{result.labelled:,}, of which {result.settled:,} without disagreement"),
        ],
        display,
    )
    if result.settled:
        lines += ["", *_shares(result.kinds, display)]
    lines += [
        *([""] if result.agreement else []),
        *(line for one in result.agreement for line in facts([("agreement", _agreement(one))], display)),
    ]
    alpha = result.alpha
    if alpha is not None and alpha.alpha is not None and len(result.by_labeller) > 1:
        ends = "" if alpha.interval is None else f" [{alpha.interval[0]:.2f}, {alpha.interval[1]:.2f}]"
        items = count(alpha.units, "item")
        lines += facts([("alpha", f"{alpha.alpha:.2f}{ends} (Krippendorff, {items})")], display)
    if result.disputed:
        names = ", ".join(result.disputed[:5]) + (" ..." if len(result.disputed) > 5 else "")
        lines += facts([("disputed", f"{count(len(result.disputed), 'item')}: {names}")], display)
    for model, shares in result.proposals.items():
        lines += ["", *facts([("proposed", f"{model}, no part of the numbers above")], display)]
        lines += _shares(shares, display)
    lines += [
        line for one in result.proposal_agreement for line in facts([("agreement", _agreement(one))], display)
    ]
    lines += ["", *facts([("signature", result.signature)], display)]
    return "".join(f"{line}\n" for line in lines)


def _shares(shares: Mapping[str, KindShare], display: Display) -> list[str]:
    rows = [
        row(kind, f"{one.count:,}", f"{one.share:.1f}", interval(one.interval), KINDS[kind])  # type: ignore[index]
        for kind, one in shares.items()
    ]
    columns = columns_of("kind", ">n", ">%", "95 % interval", "")
    return list(draw(columns, rows, display))


def _agreement(one: Agreement) -> str:
    kappa = one.kappa
    value = "undefined" if kappa.kappa is None else f"{kappa.kappa:.2f}"
    ends = "" if kappa.interval is None else f" [{kappa.interval[0]:.2f}, {kappa.interval[1]:.2f}]"
    equal = f"{kappa.agreement:.0f} % equal of {count(kappa.n, 'item')}"
    return f"{one.first} and {one.second}: kappa {value}{ends}, {equal}"


def write_errors_figure(result: ErrorAnalysis, folder: Path) -> tuple[Path, ...]:
    """Draw the share of each kind of error with its interval, as SVG, PDF and PNG.

    Args:
        result: what `analyze_errors` gave.
        folder: created if it does not exist; files of the same names are replaced.

    Raises:
        UsageError: matplotlib is not installed.
        ExternalError: the files cannot be written.
    """
    with figure_style():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5.0, 2.2))
        axes = figure.add_subplot()
        names = list(result.kinds)
        for row, one in enumerate(result.kinds.values()):
            axes.barh(row, one.share, height=0.6, color="#D0D0D0", edgecolor="#1A1A1A", linewidth=0.8)
            low, high = one.interval
            ends = [[max(0.0, one.share - low)], [max(0.0, high - one.share)]]
            axes.errorbar([one.share], [row], xerr=ends, ecolor="#1A1A1A", elinewidth=0.8, capsize=2)
        axes.set_yticks(range(len(names)), [f"{name} ({result.kinds[name].count})" for name in names])
        axes.invert_yaxis()
        axes.set_xlim(left=0)
        axes.set_xlabel(f"errors, % of {result.settled:,} (95 % interval)")
        axes.spines[["top", "right"]].set_visible(False)
        return tuple(write_figure(figure, folder / f"errors.{suffix}", "mmar: errors") for suffix in FORMATS)
