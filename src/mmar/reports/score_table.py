"""Console output of a score: both scorers side by side, with intervals, groups, states and the signature."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mmar.reports.tables import PLAIN, Display, Fact, Row, count, draw, facts, group_rows, join_blocks
from mmar.scoring import Accuracy, GroupScore, Score
from mmar.scoring.result import Kinds, PairedHops, ProgramDifference, ProgramScore, ReaderScore

if TYPE_CHECKING:
    from mmar.scoring.robustness import Repeats, Rotations
    from mmar.scoring.unresolved import UnresolvedReport


_COLUMNS = (">%", "95 % interval", ">%", "95 % interval")
_GROUPS = ("official", "official", "choice", "choice")
_MAX_DIFFERENCES = 5


def score_table(score: Score, display: Display = PLAIN) -> str:
    """Draw a score."""
    whole = GroupScore(score.n, score.official, score.choice, score.chance)
    rows = [Row(("all", *_cells(whole)), "bold"), _chance_row(score.chance)]
    if score.asked is not None:
        first = Row(("asked", *_cells(score.asked)), "bold")
        rows = [first, _chance_row(score.asked.chance), Row(("all", *_cells(whole)))]
    groups = group_rows(score.groups, score.parents, lambda group: _cells(group.asked or group))
    return join_blocks(
        draw(("", ">n", *_COLUMNS), [*rows, *groups], display, groups=("", "", *_GROUPS)),
        facts(_facts(score), display),
        () if score.rotations is None else _rotations(score.rotations, score.n, display),
        () if score.repeats is None else _repeats(score.repeats, score.n, display),
    )


def models_table(scores: Mapping[str, Score], display: Display = PLAIN) -> str:
    """Draw the accuracies over all items of several models, a row each, by the model's name."""
    rows = [(name, *_accuracy(score.official), *_accuracy(score.choice)) for name, score in scores.items()]
    return join_blocks(draw(("model", *_COLUMNS), rows, display, groups=("", *_GROUPS)))


def _cells(group: GroupScore) -> Sequence[str]:
    if not group.n:  # never asked
        return ("–", "–", "", "–", "")
    return (f"{group.n:,}", *_accuracy(group.official), *_accuracy(group.choice))


def _chance_row(chance: float) -> Row:
    """The accuracy of guessing on these items, in the same columns."""
    return Row(("chance", "", f"{chance:.1f}", "", f"{chance:.1f}"), "dim")


def _accuracy(value: Accuracy) -> tuple[str, str]:
    return f"{value.accuracy:.1f}", "" if value.interval is None else str(value.interval)


def _reader(result: ReaderScore) -> Iterator[Fact]:
    """The third number, and how far its reader can be trusted."""
    interval = "" if result.accuracy.interval is None else f" {result.accuracy.interval}"
    yield "reader", f"choice+reader {result.accuracy.accuracy:.1f}{interval}, a number of its own"
    unusable = f", {result.unusable:,} without a usable reply" if result.unusable else ""
    yield (
        "",
        f"{result.reader} read {count(result.asked, 'unresolved answer')}: {result.named:,} name a choice, "
        f"{result.none:,} none{unusable}",
    )
    if result.sampled:
        share = f"{result.agreed:,} of {result.sampled:,} sampled answers"
        yield "", f"agrees with the cascade on {share} ({100 * result.agreed / result.sampled:.1f} %)"
    yield "", result.signature


def _program(own: ProgramScore) -> Iterator[Fact]:
    """The score of the program that wrote the log, and where it differs from `choice`."""
    share = f"{own.correct:,} of {own.verdicts:,}"
    yield (
        "program",
        f"{own.program} scored {own.accuracy:.1f} itself ({share}); differs from choice on {len(own.differences):,}",
    )
    for difference in own.differences[:_MAX_DIFFERENCES]:
        verdict = "right" if difference.program else "wrong"
        read = _read_by_program(difference)
        named = "no choice" if difference.named is None else repr(difference.named)
        yield "", f"{difference.id}: {verdict}{read}; the answer names {named} ({difference.reason})"
    if len(own.differences) > _MAX_DIFFERENCES:
        yield "", f"and {len(own.differences) - _MAX_DIFFERENCES:,} more (--json lists them)"


def _read_by_program(difference: ProgramDifference) -> str:
    """The text that the program read, with a note where the answer does not contain it."""
    if difference.extracted is None:
        return ""
    if not difference.extracted:
        return ", as it read no answer"
    text = (difference.prediction or "").casefold()
    here = re.search(rf"(?<![^\W_]){re.escape(difference.extracted.casefold())}(?![^\W_])", text)
    guessed = "" if here else ", which the answer does not say (a default or random choice)"
    return f", as it read {difference.extracted!r}{guessed}"


def _facts(score: Score) -> Iterator[Fact]:
    part = score.asked or score
    if score.asked is not None:
        yield (
            "asked",
            f"of the {score.asked.n:,} asked: official {score.asked.official.accuracy:.1f}, choice "
            f"{score.asked.choice.accuracy:.1f}; of all {score.n:,}, items never asked counted as wrong: "
            f"{score.official.accuracy:.1f}, {score.choice.accuracy:.1f}",
        )
    if score.sample is not None:
        sample = score.sample
        earlier = f", sharpened by {count(sample.earlier, 'earlier run')}" if sample.earlier else ""
        yield (
            "estimate",
            f"of all {sample.population:,}, from a sample of {sample.n:,}{earlier}: official "
            f"{sample.official.accuracy:.1f} {sample.official.interval}, choice "
            f"{sample.choice.accuracy:.1f} {sample.choice.interval}",
        )
    official, choice = part.official.clustered, part.choice.clustered
    if official is not None and choice is not None:
        yield (
            "clustered",
            f"official {official.interval}, choice {choice.interval} by "
            f"{count(choice.clusters, 'source video')} (Miller, arXiv 2411.00640)",
        )
    states = {"choice": "read", "unresolved": "unresolved", "refused": "refused"}
    states |= {state: state for state, number in score.states.items() if number and state not in states}
    yield "answers", ", ".join(f"{score.states[state]:,} {name}" for state, name in states.items())
    if score.unread:
        shape, number = next(iter(score.unread.items()))
        yield "", f"largest group without a choice: {number:,} {shape} (mmar unresolved lists the groups)"
    if score.reader is not None:
        yield from _reader(score.reader)
    if score.states["failed"] or score.states["missing"]:
        bounds = ", ".join(
            f"{name} {bound.low:.1f} to {bound.high:.1f}" for name, bound in score.bounds.items()
        )
        yield "bounds", f"{bounds} if all failed and missing items were wrong, or right"
    more = "; --items FILE lists them" if score.disagreement_count else ""
    yield "scorers", f"differ on {score.disagreement_count:,} of {count(score.n, 'item')}{more}"
    if score.program is not None:
        yield from _program(score.program)
    if score.kinds is not None:
        yield from _kinds(score.kinds)
    if score.hops is not None and score.hops.n:
        yield from _hops(score.hops)
    if score.mmsu is not None:
        own = score.mmsu
        yield (
            "MMSU's rule",
            f"{own.accuracy:.2f} ({own.correct:,} of {own.counted:,} counted; {own.left_out:,} that it cannot read left out, "
            f"{own.repeated:,} empty ones read as the answer before)",
        )
    yield "signature", score.signature
    for note in score.notes:
        yield "note", note


def _kinds(kinds: Kinds) -> Iterator[Fact]:
    """Questions without choices, which the other numbers do not count."""
    if (own := kinds.instructions) is not None:
        checked = own.n - own.unknown
        unknown = f"; {count(own.unknown, 'question')} of unknown form not scored" if own.unknown else ""
        yield (
            "instructed",
            f"{own.followed.accuracy:.1f} {own.followed.interval} followed, {own.followed.correct:,} of {checked:,}"
            f"{unknown}; {own.answered:,} of {own.n:,} answered",
        )
    if (judged := kinds.open) is not None:
        if judged.mean is None:
            text = f"{count(judged.n, 'open question')} not scored, {judged.answered:,} answered (--judge MODEL scores them)"
        else:
            unjudged = f", {judged.unjudged:,} unjudged and in no mean" if judged.unjudged else ""
            criteria = ", ".join(f"{name} {value:.2f}" for name, value in judged.criteria.items())
            text = (
                f"{judged.mean:.1f} {judged.interval or ''} of 100 by {judged.judge} ({criteria}){unjudged}"
            )
        yield "open", text
        if judged.signature:
            yield "", judged.signature
    overall = "–, since not every question is scored" if kinds.overall is None else f"{kinds.overall:.1f}"
    yield "overall", f"{overall}; all kinds weighted by their questions, closed ones by choice"


def _hops(hops: PairedHops) -> Iterator[Fact]:
    """The accuracy of the second hop of pairs whose first hop is right, or wrong."""
    yield (
        "hops",
        f"single {hops.single.accuracy:.1f}, multi {hops.multi.accuracy:.1f} of {count(hops.n, 'pair')}, choice scorer",
    )
    yield "", f"multi right where single is: {_share(hops.given_single, hops.single.correct)}"
    yield "", f"multi right where single is wrong: {_share(hops.given_wrong, hops.n - hops.single.correct)}"
    if len(hops.tracks) > 1:
        tracks = (
            f"{name} {_share(track.given_single, track.single.correct)}"
            for name, track in hops.tracks.items()
        )
        yield "", f"by track, where single is right: {'; '.join(tracks)}"


def _share(value: Accuracy, n: int) -> str:
    return f"{value.accuracy:.1f} {value.interval} of {n:,}" if n else "no pair"


def _rotations(result: Rotations, n: int, display: Display) -> Iterator[str]:
    yield from facts(_rotation_facts(result, n), display)
    if result.distance is None:
        return
    rows = []
    for slot in result.slots:
        right = "–" if slot.accuracy is None else f"{slot.accuracy:.1f}"
        rows.append((str(slot.slot), f"{slot.named:.1f}", f"{slot.key:.1f}", right))
    columns = (">position", ">named %", ">key %", ">right % with the key there")
    yield from draw(columns, rows, display)
    if result.unnamed:
        yield from facts([("", f"{count(result.unnamed, 'answer')} without a position")], display)


def _rotation_facts(result: Rotations, n: int) -> Iterator[Fact]:
    orders = f"{result.questions:,} orders of their choices"
    yield "rotations", f"{result.n:,} of {count(n, 'item')} under {orders}, choice scorer"
    if result.unanswered:
        yield "", f"{count(result.unanswered, 'question')} without an answer, counted as wrong"
    yield "mean", f"{result.mean:.1f} {result.mean_interval}; a guesser scores {result.chance:.1f}"
    all_right = f"{result.all_right:.1f} {result.all_right_interval}"
    yield "all right", f"{all_right} under every order (CircularEval, arXiv 2307.06281)"
    if result.agreement is not None and result.unanimous is not None:
        yield (
            "agreement",
            f"{result.agreement:.1f} % of pairs of orders name the same choice; all orders do on "
            f"{result.unanimous:.1f} % of the items",
        )
    if result.distance is not None:
        yield (
            "positions",
            f"{result.distance:.1f} % of the answers would have to move to be distributed as the key is "
            "(arXiv 2510.04584)",
        )


def _repeats(result: Repeats, n: int, display: Display) -> list[str]:
    rows = [(str(rate.k), f"{rate.pass_at:.1f}", f"{rate.pass_all:.1f}") for rate in result.rates]
    legend = "pass@k: at least one of k right (arXiv 2107.03374); pass^k: all k right (arXiv 2406.12045)"
    return [
        *facts(_repeat_facts(result, n), display),
        *draw((">k", ">pass@k", ">pass^k"), rows, display),
        *facts([("", legend)], display),
    ]


def _repeat_facts(result: Repeats, n: int) -> Iterator[Fact]:
    answers = count(result.repeats, "answer")
    yield "repeats", f"{result.n:,} of {count(n, 'item')}, {answers} each, choice scorer"
    if result.unanswered:
        yield "", f"{count(result.unanswered, 'answer')} did not come and count as wrong"
    yield "mean", f"{result.accuracy:.1f} {result.interval} for a single answer"
    ties = ""
    if result.tied or result.silent:
        ties = f"; ties ({result.tied:,}) and items without a vote ({result.silent:,}) are wrong"
    majority = f"{result.majority:.1f} {result.majority_interval}"
    yield "majority", f"{majority} for the choice named most often{ties}"
    between = "unknown" if result.between is None else _variance(result.between)
    correlation = "" if result.correlation is None else f", correlation {result.correlation:.2f}"
    yield (
        "variance",
        f"within items {_variance(result.within)}, between items {between}{correlation}; the accuracy of a run varies "
        f"by {result.run_deviation:.1f} points (one standard deviation) on the same items",
    )


def _variance(variance: float) -> str:
    return f"{variance:.3f} (sd {math.sqrt(variance):.2f})"


_END = 160


def unresolved_table(result: UnresolvedReport, display: Display = PLAIN) -> str:
    """Draw the groups of answers that name no choice, with an example of each."""
    read = f"{result.answered - len(result.items):,} read, {len(result.items):,} not"
    numbers = [("answers", f"{result.answered:,} of {count(result.n, 'item')}: {read}")]
    if result.cut_off:
        numbers.append(("cut off", f"{count(result.cut_off, 'answer')} at the token limit, read or not"))
    groups = [(group.shape, f"{group.count:,}", group.description) for group in result.groups]
    examples = []
    for group in result.groups:
        example = group.example
        pairs = [("example", f"{group.shape}, item {example.id}"), ("", _end(example.prediction))]
        if '"' in example.reason:  # words of the answer
            pairs.append(("reason", example.reason))
        examples.append(facts(pairs, display))
    return join_blocks(
        facts(numbers, display),
        draw(("group", ">n", ""), groups, display) if groups else (),
        *examples,
        facts([("signature", result.signature)], display),
    )


def _end(text: str | None) -> str:
    """The end of an answer on one line, which is where most answers name their choice."""
    line = " ".join((text or "").split())
    if len(line) <= _END:
        return line or "(empty)"
    end = line[-_END:]
    return f"... {end.partition(' ')[2] or end}"
