"""The console table of a score: both scorers side by side, each with its interval, and what they depend on.

Plain text made here, not with a table library: `mmar score` is asked a hundred times a day, and drawing with
one would take longer than scoring.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mmar.errors import strip_control_chars
from mmar.scoring import Accuracy, Score

__all__ = ["models_table", "score_table"]

_TITLES = {"modality": "modality", "category": "category", "sub-category": "sub-category"}
_SCORERS = f"{'official':^21}   {'choice':^21}"
_HEADS = f"{'%':>5}  {'95 % interval':<14}   {'%':>5}  {'95 % interval':<14}"
_MEANING = {
    "choice": "named a choice",
    "unresolved": "named none, or more than one",
    "refused": "declined to answer",
    "failed": "no answer came",
    "missing": "never asked",
}


def score_table(score: Score, *, colour: bool = False) -> str:
    """Draw a score.

    Args:
        score: what `mmar score` found.
        colour: whether the terminal shows bold and dim.

    Returns:
        Lines, each ended.
    """
    return "".join(f"{line}\n" for line in _lines(score, colour=colour))


def models_table(scores: Mapping[str, Score]) -> str:
    """Draw the overall accuracies of several models, a line each.

    Args:
        scores: by the model's name.

    Returns:
        Lines, each ended.
    """
    width = max(map(len, scores))
    rows = [
        f"{name:{width}}   {_accuracy(score.official)}   {_accuracy(score.choice)}"
        for name, score in scores.items()
    ]
    lines = (f"{'':{width}}   {_SCORERS}", f"{'model':{width}}   {_HEADS}", *rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _lines(score: Score, *, colour: bool) -> Iterator[str]:
    def bold(text: str) -> str:
        return f"\033[1m{text}\033[0m" if colour else text

    def dim(text: str) -> str:
        return f"\033[2m{text}\033[0m" if colour else text

    named = {
        dimension: {strip_control_chars(name).replace("\n", " "): group for name, group in groups.items()}
        for dimension, groups in score.groups.items()
    }
    names = [name for groups in named.values() for name in groups]
    width = max([len("sub-category"), *(len(name) + 2 for name in names)])
    count = max(5, len(f"{score.n:,}"))
    yield f"{'':{width}}  {'':>{count}}   {_SCORERS}".rstrip()
    yield dim(f"{'':{width}}  {'n':>{count}}   {_HEADS}".rstrip())
    yield bold(_row("all", width, score.n, count, score.official, score.choice))
    for dimension, groups in named.items():
        if groups:
            yield dim(_TITLES[dimension])
        for name, group in groups.items():
            yield _row(f"  {name}", width, group.n, count, group.official, group.choice)
    yield ""
    yield from _clustered_line(score)
    counted = [(state, number) for state, number in score.states.items() if number]
    states = ", ".join(f"{number:,} {state} ({_MEANING[state]})" for state, number in counted)
    yield f"answers     {states or 'none'}"
    if score.states["failed"] or score.states["missing"]:
        bounds = ", ".join(
            f"{name} {bound.low:.1f} to {bound.high:.1f}" for name, bound in score.bounds.items()
        )
        yield f"bounds      {bounds}   if all failed and missing items were wrong, or right"
    differ = score.disagreement_count
    where = "; --items FILE lists them" if differ else ""
    yield f"scorers     differ on {differ:,} of {score.n:,} items{where}"
    yield f"signature   {score.signature}"
    for note in score.notes:
        yield f"note        {note}"
    if score.rotations is not None:
        from mmar.reports.rotation_table import rotation_lines

        yield ""
        yield from rotation_lines(score.rotations, score.n)
    if score.repeats is not None:
        from mmar.reports.repeats_table import repeats_lines

        yield ""
        yield from repeats_lines(score.repeats, score.n)


def _clustered_line(score: Score) -> Iterator[str]:
    by_scorer = [("official", score.official.clustered), ("choice", score.choice.clustered)]
    intervals = ", ".join(
        f"{name} [{found.interval[0]:.1f}, {found.interval[1]:.1f}]" for name, found in by_scorer if found
    )
    if score.choice.clustered is not None:
        sources = f"{score.choice.clustered.clusters:,} source videos (Miller, arXiv 2411.00640)"
        yield f"clustered   {intervals} by {sources}"


def _row(name: str, width: int, n: int, count: int, official: Accuracy, choice: Accuracy) -> str:
    return f"{name:{width}}  {n:>{count},}   {_accuracy(official)}   {_accuracy(choice)}".rstrip()


def _accuracy(value: Accuracy) -> str:
    low, high = value.interval
    interval = f"[{low:.1f}, {high:.1f}]"
    return f"{value.accuracy:5.1f}  {interval:<14}"
