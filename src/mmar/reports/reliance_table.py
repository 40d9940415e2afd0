"""The console page of reliance: a model's accuracy with its clips and under control conditions."""

from __future__ import annotations

from collections.abc import Iterator

from mmar.reports.tables import Column, Display, Row, count, draw, facts, grouped, interval, p_value
from mmar.scoring.listening import METHODS, Effect, Listening, Solved, UnderCondition

__all__ = ["reliance_table"]

_METHOD_NAMES = {
    "interval": "intervals",
    "difference": "falls",
    "mcnemar": "McNemar",
    "reliance": "reliance",
    "chance": "guessing",
}
_ALPHA = 0.05


def reliance_table(result: Listening, display: Display | None = None) -> str:
    """Draw how much of a model's accuracy needs the clips.

    Args:
        result: the result of `mmar reliance`.
        display: where it is printed.

    Returns:
        Lines, each ended.
    """
    display = display or Display()
    lines = [
        *facts([("model", f"{result.model} on {result.benchmark}"), ("items", _items(result))], display),
        "",
        *_conditions(result, display),
        "",
        *facts(_verdicts(result), display),
    ]
    for one in result.conditions:
        lines += ["", *_groups(one, display)]
    return "".join(f"{line}\n" for line in (*lines, "", *facts(_sources(result), display)))


def _items(result: Listening) -> str:
    return f"{count(result.n, 'item')} from {count(result.clusters, 'source')}, scorer {result.scorer}"


def _conditions(result: Listening, display: Display) -> list[str]:
    columns = [
        Column("condition"),
        Column("%", "right"),
        Column("fall", "right"),
        Column("95 % interval"),
        Column("McNemar"),
        Column("reliance", "right"),
        Column("95 % interval"),
    ]
    rows = [Row(("full", f"{result.accuracy:.1f}"))]
    for one in result.conditions:
        effect = one.all
        reliance = "" if effect.reliance is None else f"{effect.reliance:.1f}"
        rows.append(
            Row(
                (
                    one.audio,
                    f"{effect.under:.1f}",
                    f"{effect.difference:+.1f}",
                    interval(effect.interval),
                    p_value(effect.mcnemar_holm) + (" *" if effect.mcnemar_holm < _ALPHA else ""),
                    reliance,
                    _reliance_interval(effect),
                )
            )
        )
    return draw(columns, rows, display)


def _reliance_interval(effect: Effect) -> str:
    """Reliance has no lower bound: an end below -100 says only that nothing is known."""
    if effect.reliance_interval is None:
        return ""
    low, high = effect.reliance_interval
    return interval((low, high)) if low >= -100 else f"[<-100, {high:.1f}]"


def _verdicts(result: Listening) -> Iterator[tuple[str, str]]:
    yield "accuracy", f"{result.accuracy:.1f} % {interval(result.interval)} with the clips"
    for one in result.conditions:
        yield "uses audio" if one.hides else "needs this", _verdict(one)
    if result.solved is not None:
        yield "solved", _solved(result, result.solved)


def _verdict(one: UnderCondition) -> str:
    effect = one.all
    text = (
        f"under {one.audio} the accuracy falls by {effect.difference:.1f} points {interval(effect.interval)}"
    )
    if one.falls:
        return f"yes: {text}"
    if one.falls is None:
        unanswered = one.states["failed"] + one.states["missing"]
        return f"unknown: {text}, but {count(unanswered, 'item')} without an answer there might be right"
    return f"not shown: {text}" + ("; it does better there" if effect.interval[1] < 0 else "")


def _solved(result: Listening, solved: Solved) -> str:
    hiding = [one.audio for one in result.conditions if one.hides]
    under = f"under {hiding[0]}" if len(hiding) == 1 else f"under each of {', '.join(hiding)}"
    more = "" if len(hiding) == 1 else f", {solved.any_condition:,} under at least one"
    return (
        f"{count(solved.every_condition, 'item')} ({100 * solved.every_condition / solved.n:.1f} %) without the "
        f"audio, {under}{more}; a guesser scores {solved.chance:.1f} %; --items FILE lists them"
    )


def _groups(one: UnderCondition, display: Display) -> list[str]:
    columns = [
        Column(),
        Column("n", "right"),
        Column("full", "right"),
        Column(one.audio, "right"),
        Column("fall", "right"),
        Column("95 % interval"),
    ]
    columns += [Column("reliance", "right")] if one.hides else []
    rows = []
    for name, effect in grouped(one.groups):
        if effect is None:
            rows.append(Row((name,), "dim"))
            continue
        cells = [
            name,
            f"{effect.n:,}",
            f"{effect.real:.1f}",
            f"{effect.under:.1f}",
            f"{effect.difference:+.1f}",
            interval(effect.interval) + (" *" if effect.mcnemar_holm < _ALPHA else ""),
        ]
        cells += ["–" if effect.reliance is None else f"{effect.reliance:.1f}"] if one.hides else []
        rows.append(Row(tuple(cells)))
    return draw(columns, rows, display)


def _sources(result: Listening) -> Iterator[tuple[str, str]]:
    yield "*", f"p < {_ALPHA} in McNemar's test with Holm's correction"
    for note in result.notes:
        yield "note", note
    for key, text in METHODS.items():
        yield "method", f"{_METHOD_NAMES[key]}: {text}"
    yield "signature", result.signature
    for one in result.conditions:
        yield "signature", one.signature
