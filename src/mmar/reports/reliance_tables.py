"""Console pages of what an answer rests on: the clip (control conditions), and the reasoning before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mmar.reports.tables import Column, Display, Row, columns_of, count, draw, facts, grouped, p_value, row
from mmar.scoring.faithfulness import Faithfulness
from mmar.scoring.reliance import METHODS, Effect, Reliance, UnderCondition
from mmar.stats.reliance import Solved

_METHOD_NAMES = {
    "interval": "intervals",
    "difference": "falls",
    "p": "permutation",
    "falls": "verdicts",
    "reliance": "reliance",
    "solved": "solved",
}
_MARKS = {"falls": " *", "rises": " *", "cannot be told": " ?", "not shown": ""}


def reliance_table(result: Reliance, display: Display | None = None) -> str:
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
        lines += ["", *_groups(one, result.parents, display)]
    return "".join(f"{line}\n" for line in (*lines, "", *facts(_sources(result), display)))


def _items(result: Reliance) -> str:
    items = count(result.n, "item") if result.asked == result.n else f"of the {result.asked:,} asked"
    return f"{items}, from {count(result.clusters, 'source')}, scorer {result.scorer}"


def _conditions(result: Reliance, display: Display) -> list[str]:
    columns = [
        Column("condition"),
        Column("%", "right"),
        Column("fall", "right"),
        Column("95 % interval"),
        Column("p, Holm"),
        Column("reliance", "right"),
        Column("95 % interval"),
    ]
    rows = [row("full", f"{result.accuracy:.1f}")]
    for one in result.conditions:
        effect = one.all
        rows.append(
            row(
                one.condition,
                f"{effect.under:.1f}",
                f"{effect.difference:+.1f}",
                str(effect.interval),
                ("–" if effect.p_adjusted is None else p_value(effect.p_adjusted)) + _MARKS[effect.fall],
                "" if effect.reliance is None else f"{effect.reliance:.1f}",
                _reliance_interval(effect),
            )
        )
    return draw(columns, rows, display)


def _reliance_interval(effect: Effect) -> str:
    """Reliance has no lower bound: an end below -100 says only that nothing is known."""
    if effect.reliance_interval is None:
        return ""
    low, high = effect.reliance_interval
    return str(effect.reliance_interval) if low >= -100 else f"[<-100, {high:.1f}]"


def _verdicts(result: Reliance) -> Iterator[tuple[str, str]]:
    yield "accuracy", f"{result.accuracy:.1f} % {result.interval} with the clips"
    for one in result.conditions:
        yield "uses audio" if one.hides else "needs this", _verdict(one)
    if result.solved is not None:
        yield "solved", _solved(result, result.solved)


def _verdict(one: UnderCondition) -> str:
    effect = one.all
    text = f"under {one.condition} the accuracy falls by {effect.difference:.1f} points {effect.interval}"
    if effect.fall == "falls":
        return f"yes: {text}"
    if effect.fall == "rises":
        return f"no: under {one.condition} the accuracy rises by {-effect.difference:.1f} points"
    if effect.fall == "not shown":
        return f"not shown: {text}"
    if effect.decided_by_abstentions:
        return f"cannot be told: {text}, but {count(effect.abstained, 'item')} answered with no choice decide that"
    return "cannot be told: fewer than 10 source videos"


def _solved(result: Reliance, solved: Solved) -> str:
    hiding = [one.condition for one in result.conditions if one.hides]
    if not solved.n:
        return f"no item was answered with a choice under {', '.join(hiding)}"
    under = f"under {hiding[0]}" if len(hiding) == 1 else f"under each of {', '.join(hiding)} that answered"
    text = (
        f"{solved.every_condition:,} of {count(solved.n, 'item')} answered "
        f"({100 * solved.every_condition / solved.n:.1f} %) without the audio, {under}; a guesser "
        f"{solved.chance_every:.1f} %"
    )
    if len(hiding) > 1:
        text += f"; {solved.any_condition:,} under at least one, a guesser {solved.chance_any:.1f} %"
    return f"{text}; --items FILE lists them"


def _groups(one: UnderCondition, parents: Mapping[str, str], display: Display) -> list[str]:
    columns = columns_of("", ">n", ">full", f">{one.condition}", ">fall", "95 % interval")
    columns += [Column("reliance", "right")] if one.hides else []
    rows = []
    for name, effect in grouped(one.groups, parents):
        if effect is None:
            rows.append(row(name, style="dim"))
            continue
        cells = [
            name,
            f"{effect.n:,}",
            f"{effect.real:.1f}",
            f"{effect.under:.1f}",
            f"{effect.difference:+.1f}",
            f"{effect.interval}{_MARKS[effect.fall]}",
        ]
        cells += ["–" if effect.reliance is None else f"{effect.reliance:.1f}"] if one.hides else []
        rows.append(Row(tuple(cells)))
    return draw(columns, rows, display)


def _sources(result: Reliance) -> Iterator[tuple[str, str]]:
    yield "*", "shown: p below 0.05 with Holm's correction"
    yield (
        "?",
        "cannot be told: items answered with no choice decide, or there are fewer than 10 source videos",
    )
    for note in result.notes:
        yield "note", note
    for key, text in METHODS.items():
        yield "method", f"{_METHOD_NAMES[key]}: {text}"
    yield "signature", result.signature
    for one in result.conditions:
        yield "signature", one.signature


_NAMES = {
    "whole": "own reasoning, whole",
    "none": "no reasoning",
    "mistake": "one sentence falsified",
    "paraphrase": "in other words",
    "filler": "filler of the same length",
    "caption": "caption for audio",
}


def faithfulness_table(result: Faithfulness, display: Display | None = None) -> str:
    """Draw how often the answer stays under each change of the reasoning."""
    display = display or Display()
    columns = columns_of("reasoning", ">n", ">same %", "95 % interval", ">right %", ">before")
    rows = [
        row(
            _name(change.change),
            f"{change.n:,}",
            f"{change.same:.1f}",
            str(change.interval),
            f"{change.accuracy:.1f}",
            f"{change.accuracy_before:.1f}",
        )
        for change in result.changes
    ]
    sentence = f"{count(result.items, 'answer')} with reasoning, given as {'text in the question' if result.interface == 'question' else 'the beginning of the reply'}"
    lines = [*draw(columns, rows, display), "", *_by_modality(result, display)]
    notes = [("asked", sentence)]
    if result.without_reasoning:
        notes.append(
            ("note", f"{count(result.without_reasoning, 'answer')} without separate reasoning not asked")
        )
    failed = sum(change.failed for change in result.changes)
    if failed:
        notes.append(("note", f"{count(failed, 'request')} failed; the same command asks again"))
    notes.append(("signature", result.signature))
    return "".join(f"{line}\n" for line in [*lines, *facts(notes, display)])


def _name(change: str) -> str:
    return _NAMES.get(change, f"first {change.removeprefix('cut-')} %")


def _by_modality(result: Faithfulness, display: Display) -> list[str]:
    """How often the answer stays, a row a modality and a column a change; nothing where there is one modality."""
    names = list(dict.fromkeys(name for change in result.changes for name in change.groups))
    if len(names) < 2:
        return []
    heads = (Column("same % by modality"), *(Column(change.change, "right") for change in result.changes))
    rows = [
        row(
            name,
            *(f"{change.groups[name][0]:.0f}" if name in change.groups else "-" for change in result.changes),
        )
        for name in names
    ]
    return [*draw(heads, rows, display), ""]
