"""The console table of a comparison: each run, each two of them, and after whom each number is made."""

from __future__ import annotations

from collections.abc import Iterator

from mmar.scoring.comparison import METHODS, Compared, ComparedRun, Pair, Paired

__all__ = ["compare_table", "interval", "p_value", "sources"]

_MEANING = {
    "interval": "intervals of runs",
    "difference": "differences",
    "mcnemar": "McNemar",
    "sign_flip": "sign flips",
    "holm": "Holm",
    "could_show": "could show",
    "rank": "ranks",
}
_SHOWN = 0.05


def compare_table(compared: Compared, *, colour: bool = False) -> str:
    """Draw a comparison.

    Args:
        compared: what `mmar compare` found.
        colour: whether the terminal shows bold and dim.

    Returns:
        Lines, each ended.
    """
    lines = [*_runs(compared, colour=colour), ""]
    if len(compared.pairs) == 1:
        lines += [*_pair(compared.pairs[0], compared), "", *_groups(compared.pairs[0], colour=colour)]
    else:
        lines += _pairs(compared, colour=colour)
    return "".join(f"{line}\n" for line in (*lines, "", *_depends(compared)))


def interval(ends: tuple[float, float]) -> str:
    """Both ends to a tenth."""
    return f"[{ends[0]:.1f}, {ends[1]:.1f}]"


def p_value(p: float) -> str:
    """A p-value to four decimals."""
    return f"{p:.4f}" if p >= 0.0001 else "<0.0001"


def sources(n: int, clusters: int) -> str:
    """How many items, and of how many recordings."""
    return f"{n:,} items from {clusters:,} sources"


def _runs(compared: Compared, *, colour: bool) -> Iterator[str]:
    width = max(len(run.label) for run in compared.runs)
    ranked = len(compared.runs) > 2
    yield _dim(
        f"{'':{width}}  {'right':>6}  {'%':>5}  {'95 % interval':<14}{'  rank' if ranked else ''}   model, run",
        colour,
    )
    order = sorted(compared.runs, key=lambda run: -run.accuracy) if ranked else compared.runs
    for run in order:
        rank = f"  {_rank(run):>4}" if ranked else ""
        row = (
            f"{run.label:{width}}  {run.correct:>6,}  {run.accuracy:5.1f}  {interval(run.interval):<14}{rank}"
        )
        yield f"{row}   {'' if run.model == '?' else f'{run.model}, '}{run.path}"
    yield ""
    yield (f"{sources(compared.n, compared.clusters)}, scorer {compared.scorer}; accuracies are of all items")


def _said(p: float) -> str:
    return f"p = {p:.4f}" if p >= 0.0001 else "p < 0.0001"


def _rank(run: ComparedRun) -> str:
    return str(run.rank) if run.rank == run.worst else f"{run.rank}–{run.worst}"


def _pair(pair: Pair, compared: Compared) -> Iterator[str]:
    found, one, two = pair.all, pair.first, pair.second
    yield f"{f'{one} − {two}':<12}{found.difference:+.1f} points {interval(found.interval)}"
    yield (
        f"McNemar     {_said(found.mcnemar)}, exact   {one} alone is right on {found.only_first:,} items, "
        f"{two} alone on {found.only_second:,}; --items FILE lists them"
    )
    yield (
        f"sign flips  {_said(found.sign_flip)}, by source video, {compared.draws:,} draws from seed {compared.seed}"
    )
    low, high = pair.bounds
    if low < high:
        yield f"bounds      {low:+.1f} to {high:+.1f} points, if all failed and missing items were wrong or right"
    if pair.could_show is None:
        why = "all items are of one video" if found.clusters == 1 else "the runs differ on no item"
        yield f"could show  cannot be said: {why}"
    else:
        least = pair.could_show
        but = "" if least.possible else ", more than so few can make: too few items to show any difference"
        yield (
            f"could show  {least.points:.1f} points or more: n = {found.n:,}, runs differ on {least.discordant:.1f} %{but}"
        )


def _groups(pair: Pair, *, colour: bool) -> Iterator[str]:
    width = max([12, *(len(name) + 2 for groups in pair.groups.values() for name in groups)])
    gap = f"{pair.first} − {pair.second}"
    yield _dim(
        f"{'':{width}}  {'n':>5}  {pair.first:>5}  {pair.second:>5}  {gap:>7}  {'95 % interval':<15}  {'p, Holm':>7}",
        colour,
    )
    for dimension, groups in pair.groups.items():
        if groups:
            yield _dim(dimension, colour)
        for name, found in groups.items():
            yield f"  {name:{width - 2}}  {_row(found)}".rstrip()


def _row(found: Paired) -> str:
    mark = " *" if found.sign_flip_holm < _SHOWN else ""
    return (
        f"{found.n:>5,}  {found.first:5.1f}  {found.second:5.1f}  {found.difference:+7.1f}  "
        f"{interval(found.interval):<15}  {p_value(found.sign_flip_holm):>7}{mark}"
    )


def _pairs(compared: Compared, *, colour: bool) -> Iterator[str]:
    width = max(len(f"{pair.first} − {pair.second}") for pair in compared.pairs)
    yield _dim(
        f"{'':{width}}  {'points':>6}  {'95 % interval':<15}  {'alone right':^13}  {'McNemar':>7}  {'flips':>7}  "
        f"{'Holm':>7}  could show",
        colour,
    )
    for pair in compared.pairs:
        found = pair.all
        alone = f"{found.only_first:,} : {found.only_second:,}"
        least = "–" if pair.could_show is None else f"{pair.could_show.points:.1f}"
        mark = " *" if found.sign_flip_holm < _SHOWN else "  "
        yield (
            f"{f'{pair.first} − {pair.second}':{width}}  {found.difference:+6.1f}  {interval(found.interval):<15}  "
            f"{alone:^13}  {p_value(found.mcnemar):>7}  {p_value(found.sign_flip):>7}  "
            f"{p_value(found.sign_flip_holm):>7}{mark}{least:>6}"
        )
    yield ""
    yield f"flips       {compared.draws:,} draws from seed {compared.seed}; groups of each pair are in --json, or compare two runs"


def _depends(compared: Compared) -> Iterator[str]:
    yield f"*           sign flips with Holm's correction give p < {_SHOWN}"
    for part in compared.differing:
        said = ", ".join(
            f"{'not known' if value == '?' else value} ({run.label})"
            for run, value in zip(compared.runs, part.values, strict=True)
        )
        yield f"differ in   {part.part}: {said}"
    for note in compared.notes:
        yield f"note        {note}"
    for key, text in METHODS.items():
        yield f"method      {_MEANING[key]}: {text}"
    for run in compared.runs:
        yield f"signature   {run.label}  {run.signature}"


def _dim(text: str, colour: bool) -> str:  # noqa: FBT001 - passed on as it came
    return f"\033[2m{text.rstrip()}\033[0m" if colour else text.rstrip()
