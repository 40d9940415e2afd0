"""Console output of reliance on the audio (control conditions) and of the faithfulness of the reasoning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mmar.reports.tables import PLAIN, Display, Fact, count, draw, facts, group_rows, join_blocks, p_value
from mmar.scoring.faithfulness import Faithfulness
from mmar.scoring.reliance import METHODS, ConditionResult, Effect, Reliance
from mmar.stats.reliance import SolvedWithoutAudio

_MARKS = {"falls": " *", "rises": " *", "cannot be told": " ?", "not shown": ""}


def reliance_table(result: Reliance, display: Display = PLAIN) -> str:
    """Draw how much of a model's accuracy needs the clips."""
    items = count(result.n, "item") if result.asked == result.n else f"of the {result.asked:,} asked"
    subject = [
        ("model", f"{result.model} on {result.benchmark}"),
        ("items", f"{items}, from {count(result.clusters, 'source')}, scorer {result.scorer}"),
    ]
    return join_blocks(
        facts(subject, display),
        _conditions(result, display),
        facts(_verdicts(result), display),
        *(_groups(one, result.parents, display) for one in result.conditions),
        facts(_sources(result), display),
    )


def _conditions(result: Reliance, display: Display) -> list[str]:
    interval = "95 % interval"
    columns = ("condition", ">%", ">fall", interval, "p, Holm", ">reliance", interval)
    rows: list[Sequence[str]] = [("full", f"{result.accuracy:.1f}")]
    for one in result.conditions:
        effect = one.all
        p = "–" if effect.p_adjusted is None else p_value(effect.p_adjusted)
        fall = (f"{effect.under:.1f}", f"{effect.difference:+.1f}", str(effect.interval))
        reliance = "" if effect.reliance is None else f"{effect.reliance:.1f}"
        rows.append((one.condition, *fall, f"{p}{_MARKS[effect.fall]}", reliance, _reliance_interval(effect)))
    return draw(columns, rows, display)


def _reliance_interval(effect: Effect) -> str:
    """Reliance has no lower bound: an end below -100 says only that nothing is known."""
    if effect.reliance_interval is None:
        return ""
    low, high = effect.reliance_interval
    return str(effect.reliance_interval) if low >= -100 else f"[<-100, {high:.1f}]"


def _verdicts(result: Reliance) -> Iterator[Fact]:
    yield "accuracy", f"{result.accuracy:.1f} % {result.interval} with the clips"
    for one in result.conditions:
        yield "uses audio" if one.hides else "needs this", _verdict(one)
    if result.solved is not None:
        yield "solved", _solved(result, result.solved)


def _verdict(one: ConditionResult) -> str:
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


def _solved(result: Reliance, solved: SolvedWithoutAudio) -> str:
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


def _groups(one: ConditionResult, parents: Mapping[str, str], display: Display) -> list[str]:
    optional = [">reliance"] if one.hides else []
    columns = ("", ">n", ">full", f">{one.condition}", ">fall", "95 % interval", *optional)

    def cells(effect: Effect) -> Sequence[str]:
        accuracies = (f"{effect.real:.1f}", f"{effect.under:.1f}", f"{effect.difference:+.1f}")
        reliance = "–" if effect.reliance is None else f"{effect.reliance:.1f}"
        last = (reliance,) if one.hides else ()
        return (f"{effect.n:,}", *accuracies, f"{effect.interval}{_MARKS[effect.fall]}", *last)

    return draw(columns, group_rows(one.groups, parents, cells), display)


def _sources(result: Reliance) -> Iterator[Fact]:
    yield "*", "shown: p below 0.05 with Holm's correction"
    yield (
        "?",
        "cannot be told: items answered with no choice decide, or there are fewer than 10 source videos",
    )
    for note in result.notes:
        yield "note", note
    for key, text in METHODS.items():
        yield "method", f"{key}: {text}"
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


def faithfulness_table(result: Faithfulness, display: Display = PLAIN) -> str:
    """Draw how often the answer stays under each change of the reasoning."""
    columns = ("reasoning", ">n", ">same %", "95 % interval", ">right %", ">before")
    rows = []
    for change in result.changes:
        name = _NAMES.get(change.change, f"first {change.change.removeprefix('cut-')} %")
        same = (f"{change.same:.1f}", str(change.interval))
        right = (f"{change.accuracy:.1f}", f"{change.accuracy_before:.1f}")
        rows.append((name, f"{change.n:,}", *same, *right))
    return join_blocks(
        draw(columns, rows, display), _by_modality(result, display), facts(_requests(result), display)
    )


def _requests(result: Faithfulness) -> Iterator[Fact]:
    interface = "text in the question" if result.interface == "question" else "the beginning of the reply"
    yield "asked", f"{count(result.items, 'answer')} with reasoning, given as {interface}"
    if result.without_reasoning:
        yield "note", f"{count(result.without_reasoning, 'answer')} without separate reasoning not asked"
    if failed := sum(change.failed for change in result.changes):
        yield "note", f"{count(failed, 'request')} failed; the same command asks again"
    yield "signature", result.signature


def _by_modality(result: Faithfulness, display: Display) -> list[str]:
    """Shares of unchanged answers, a row a modality and a column a change; nothing for a single modality."""
    names = list(dict.fromkeys(name for change in result.changes for name in change.groups))
    if len(names) < 2:
        return []
    columns = ("same % by modality", *(f">{change.change}" for change in result.changes))
    rows = []
    for name in names:
        groups = (change.groups.get(name) for change in result.changes)
        rows.append((name, *("-" if group is None else f"{group[0]:.0f}" for group in groups)))
    return draw(columns, rows, display)
