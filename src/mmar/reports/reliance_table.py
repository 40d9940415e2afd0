"""The console table of listening: what the accuracy is without the clips, and where it needs them."""

from __future__ import annotations

from collections.abc import Iterator

from mmar.reports.compare_table import interval, p_value, sources
from mmar.scoring.listening import METHODS, Effect, Listening, Solved, UnderCondition

__all__ = ["reliance_table"]

_MEANING = {
    "interval": "intervals",
    "difference": "falls",
    "mcnemar": "McNemar",
    "reliance": "reliance",
    "chance": "guessing",
}
_SHOWN = 0.05


def reliance_table(found: Listening, *, colour: bool = False) -> str:
    """Draw what a model makes of the clips.

    Args:
        found: what `mmar reliance` found.
        colour: whether the terminal shows bold and dim.

    Returns:
        Lines, each ended.
    """

    def dim(text: str) -> str:
        return f"\033[2m{text.rstrip()}\033[0m" if colour else text.rstrip()

    lines = [
        f"{found.model} on {found.benchmark}: {sources(found.n, found.clusters)}, scorer {found.scorer}",
        "",
        dim(
            f"{'audio':9}  {'%':>5}  {'95 % interval':<14}  {'fall':>6}  {'95 % interval':<14}  {'McNemar':>7}    "
            f"{'reliance':>8}  {'95 % interval':<14}"
        ),
        f"{'full':9}  {found.accuracy:5.1f}  {interval(found.interval)}",
        *(f"{one.audio:9}  {_effect(one.all)}".rstrip() for one in found.conditions),
        "",
        *(_verdict(one) for one in found.conditions),
    ]
    if found.solved is not None:
        lines += _solved(found, found.solved)
    for one in found.conditions:
        lines += ["", *(dim(line) if head else line for head, line in _groups(one, found))]
    return "".join(f"{line}\n" for line in (*lines, "", *_depends(found)))


def _effect(effect: Effect) -> str:
    mark = "*" if effect.mcnemar_holm < _SHOWN else " "
    row = (
        f"{effect.under:5.1f}  {interval(effect.under_interval):<14}  {effect.difference:+6.1f}  "
        f"{interval(effect.interval):<14}  {p_value(effect.mcnemar_holm):>7} {mark}"
    )
    return row + _reliance(effect)


def _reliance(effect: Effect) -> str:
    return "" if effect.reliance is None else f"  {effect.reliance:8.1f}  {_ends(effect)}"


def _ends(effect: Effect) -> str:
    """The interval of reliance, which has no lower bound: below -100 it only says that nothing is known."""
    if effect.reliance_interval is None:
        return ""
    low, high = effect.reliance_interval
    return interval((low, high)) if low >= -100 else f"[<-100, {high:.1f}]"


def _verdict(one: UnderCondition) -> str:
    effect = one.all
    low, high = effect.interval
    head = "listens     " if one.hides else "needs it    "
    what = f"under {one.audio} the accuracy falls by {effect.difference:.1f} points [{low:.1f}, {high:.1f}]"
    if one.falls:
        return f"{head}yes: {what}"
    if one.falls is None:
        lost = one.states["failed"] + one.states["missing"]
        return f"{head}cannot be told: {what}, but {lost:,} items have no answer there, and might be right"
    return f"{head}not shown: {what}" + ("; it does better so" if high < 0 else "")


def _solved(found: Listening, solved: Solved) -> Iterator[str]:
    hiding = [one.audio for one in found.conditions if one.hides]
    under = f"under {hiding[0]}" if len(hiding) == 1 else f"under each of {', '.join(hiding)}"
    share = 100 * solved.every_condition / solved.n
    more = "" if len(hiding) == 1 else f", {solved.any_condition:,} under at least one"
    yield (
        f"solved      {solved.every_condition:,} items ({share:.1f} %) without hearing, {under}{more}; "
        f"guessing scores {solved.chance:.1f} %; --items FILE lists them"
    )


def _groups(one: UnderCondition, found: Listening) -> Iterator[tuple[bool, str]]:
    """Lines with whether each is a heading."""
    names = [name for groups in one.groups.values() for name in groups]
    width = max([12, *(len(name) + 2 for name in names)])
    tail = f"{'reliance':>8}  {'95 % interval':<15} {'guess':>5}" if one.hides else ""
    yield (
        True,
        f"{one.audio:{width}}  {'n':>5}  {'full':>5}  {one.audio:>8}  {'fall':>6}  {'95 % interval':<14}  {'p, Holm':>7}    {tail}",
    )
    for dimension, groups in one.groups.items():
        if groups:
            yield True, dimension
        for name, effect in groups.items():
            mark = "*" if effect.mcnemar_holm < _SHOWN else " "
            row = (
                f"  {name:{width - 2}}  {effect.n:>5,}  {effect.real:5.1f}  {effect.under:8.1f}  {effect.difference:+6.1f}  "
                f"{interval(effect.interval):<14}  {p_value(effect.mcnemar_holm):>7} {mark}"
            )
            if one.hides:
                chance = found.solved_groups[dimension][name].chance
                value = "–" if effect.reliance is None else f"{effect.reliance:.1f}"
                row += f"  {value:>8}  {_ends(effect):<15} {chance:5.1f}"
            yield False, row.rstrip()


def _depends(found: Listening) -> Iterator[str]:
    yield f"*           McNemar's test with Holm's correction gives p < {_SHOWN}"
    for note in found.notes:
        yield f"note        {note}"
    for key, text in METHODS.items():
        yield f"method      {_MEANING[key]}: {text}"
    yield f"signature   {found.signature}"
    for one in found.conditions:
        yield f"signature   {one.signature}"
