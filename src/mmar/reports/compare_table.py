"""The console page of a comparison: each run, each pair of runs, and the source of every number."""

from __future__ import annotations

from collections.abc import Iterator

from mmar.reports.tables import Column, Display, Row, count, draw, facts, grouped, interval, p_value
from mmar.scoring.comparison import METHODS, Compared, ComparedRun, Pair

__all__ = ["compare_table"]

_METHOD_NAMES = {
    "interval": "intervals of runs",
    "difference": "differences",
    "mcnemar": "McNemar",
    "sign_flip": "permutation",
    "holm": "Holm",
    "could_show": "minimum detectable difference",
    "rank": "ranks",
}
_ALPHA = 0.05


def compare_table(compared: Compared, display: Display | None = None) -> str:
    """Draw a comparison.

    Args:
        compared: the result of `mmar compare`.
        display: where it is printed.

    Returns:
        Lines, each ended.
    """
    display = display or Display()
    lines = [*_runs(compared, display), ""]
    if len(compared.pairs) == 1:
        pair = compared.pairs[0]
        lines += [*facts(_pair(pair, compared), display), "", *_groups(pair, display)]
    else:
        lines += _pairs(compared, display)
    return "".join(f"{line}\n" for line in (*lines, "", *facts(_sources(compared), display)))


def _runs(compared: Compared, display: Display) -> Iterator[str]:
    ranked = len(compared.runs) > 2
    columns = [Column(), Column("right", "right"), Column("%", "right"), Column("95 % interval")]
    columns += [Column("rank", "right"), Column("model")] if ranked else [Column("model")]
    order = sorted(compared.runs, key=lambda run: -run.accuracy) if ranked else compared.runs
    rows = []
    for run in order:
        cells = [run.label, f"{run.correct:,}", f"{run.accuracy:.1f}", interval(run.interval)]
        cells += [_rank(run)] if ranked else []
        rows.append(Row((*cells, run.path if run.model == "?" else run.model)))
    yield from draw(columns, rows, display)
    yield ""
    items = f"{count(compared.n, 'item')} from {count(compared.clusters, 'source')}"
    yield from facts([("items", f"{items}, scorer {compared.scorer}; accuracies are of all items")], display)


def _rank(run: ComparedRun) -> str:
    return str(run.rank) if run.rank == run.worst else f"{run.rank}–{run.worst}"


def _pair(pair: Pair, compared: Compared) -> Iterator[tuple[str, str]]:
    result, one, two = pair.all, pair.first, pair.second
    yield f"{one} − {two}", f"{result.difference:+.1f} points {interval(result.interval)}"
    yield (
        "McNemar",
        f"{_p(result.mcnemar)}, exact; only {one} is right on {count(result.only_first, 'item')}, "
        f"only {two} on {result.only_second:,}; --items FILE lists them",
    )
    yield (
        "permutation",
        f"{_p(result.sign_flip)}, by source video, {count(compared.draws, 'draw')}, seed {compared.seed}",
    )
    low, high = pair.bounds
    if low < high:
        yield (
            "bounds",
            f"{low:+.1f} to {high:+.1f} points if all failed and missing items were wrong, or right",
        )
    if pair.could_show is None:
        why = "all items are of one video" if result.clusters == 1 else "the runs differ on no item"
        yield "detectable", f"minimum detectable difference unknown: {why}"
    else:
        least = pair.could_show
        note = "" if least.possible else "; too few items to show any difference"
        yield (
            "detectable",
            f"minimum detectable difference {least.points:.1f} points (n = {result.n:,}, the runs differ on "
            f"{least.discordant:.1f} %){note}",
        )


def _p(p: float) -> str:
    return f"p = {p:.4f}" if p >= 0.0001 else "p < 0.0001"


def _groups(pair: Pair, display: Display) -> Iterator[str]:
    columns = [
        Column(),
        Column("n", "right"),
        Column(pair.first, "right"),
        Column(pair.second, "right"),
        Column(f"{pair.first} − {pair.second}", "right"),
        Column("95 % interval"),
        Column("p, Holm"),
    ]
    rows = []
    for name, result in grouped(pair.groups):
        if result is None:
            rows.append(Row((name,), "dim"))
            continue
        rows.append(
            Row(
                (
                    name,
                    f"{result.n:,}",
                    f"{result.first:.1f}",
                    f"{result.second:.1f}",
                    f"{result.difference:+.1f}",
                    interval(result.interval),
                    _marked(result.sign_flip_holm),
                )
            )
        )
    yield from draw(columns, rows, display)


def _marked(p: float) -> str:
    return f"{p_value(p)} *" if p < _ALPHA else p_value(p)


def _pairs(compared: Compared, display: Display) -> Iterator[str]:
    columns = [
        Column(),
        Column("points", "right"),
        Column("95 % interval"),
        Column("only right"),
        Column("McNemar", "right"),
        Column("permut.", "right"),
        Column("Holm"),
        Column("MDD", "right"),
    ]
    rows = [
        Row(
            (
                f"{pair.first} − {pair.second}",
                f"{pair.all.difference:+.1f}",
                interval(pair.all.interval),
                f"{pair.all.only_first:,} : {pair.all.only_second:,}",
                p_value(pair.all.mcnemar),
                p_value(pair.all.sign_flip),
                _marked(pair.all.sign_flip_holm),
                "–" if pair.could_show is None else f"{pair.could_show.points:.1f}",
            )
        )
        for pair in compared.pairs
    ]
    yield from draw(columns, rows, display)
    yield ""
    yield from facts(
        [
            ("MDD", "minimum detectable difference, points"),
            ("permut.", f"permutation test, {count(compared.draws, 'draw')}, seed {compared.seed}"),
            ("groups", "in --json, or compare two runs"),
        ],
        display,
    )


def _sources(compared: Compared) -> Iterator[tuple[str, str]]:
    yield "*", f"p < {_ALPHA} in the permutation test with Holm's correction"
    for run in compared.runs:
        yield f"run {run.label}", run.path if run.model == "?" else f"{run.model}, {run.path}"
    for part in compared.differing:
        values = ", ".join(
            f"{'unknown' if value == '?' else value} ({run.label})"
            for run, value in zip(compared.runs, part.values, strict=True)
        )
        yield "differ in", f"{part.part}: {values}"
    for note in compared.notes:
        yield "note", note
    for key, text in METHODS.items():
        yield "method", f"{_METHOD_NAMES[key]}: {text}"
    for run in compared.runs:
        yield "signature", f"{run.label}  {run.signature}"
