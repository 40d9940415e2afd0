"""Scores for question types other than multiple choice (verifiable instructions and open questions), and by further fields.

MMAU-Pro has both types beside its closed questions. Its overall value weighs the types by their numbers of
questions; it is given only where every type is scored. An open question that no judge scored is *not scored*:
it has no default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from mmar.items import Benchmark, Item, Prediction
from mmar.protocols import split_thinking
from mmar.scoring.result import GroupScore, InstructionScore, Kinds, OpenScore, PairedHops, accuracy
from mmar.scoring.tally import CHOICE, OFFICIAL, REQUESTED, Counts, group_score

_TASK, _ARGUMENTS = "task_identifier", "kwargs"


class OpenAnswer(msgspec.Struct, frozen=True):
    """An open question and its answer without marked reasoning; `None` where none came."""

    item: Item
    text: str | None


def score_kinds(benchmark: Benchmark, predictions: Mapping[str, Prediction]) -> Kinds | None:
    """Score what is not closed, of predictions by item id; `None` for a benchmark whose questions all have choices."""
    others = [item for item in benchmark if not item.choices]
    if not others:
        return None
    instructions = [item for item in others if _is_instruction(item)]
    open_ones = open_answers(benchmark, predictions)
    return Kinds(
        closed=len(benchmark) - len(others),
        instructions=_instruction_score(instructions, predictions) if instructions else None,
        open=OpenScore(len(open_ones), sum(each.text is not None for each in open_ones))
        if open_ones
        else None,
    )


def _instruction_score(items: Sequence[Item], predictions: Mapping[str, Prediction]) -> InstructionScore:
    from mmar.scoring.instructions import check_instruction  # few benchmarks have instructions

    texts = [_text(predictions.get(item.id)) for item in items]
    tasks: dict[str, list[bool]] = {}
    for item, text in zip(items, texts, strict=True):
        task = str(item.extra[_TASK])
        followed = check_instruction(task, item.extra.get(_ARGUMENTS), text or "", item.question)
        if followed is not None:
            tasks.setdefault(task, []).append(followed)
    n = sum(map(len, tasks.values()))
    return InstructionScore(
        n=len(items),
        answered=sum(text is not None for text in texts),
        followed=accuracy(sum(map(sum, tasks.values())), n),
        unknown=len(items) - n,
        tasks={name: accuracy(sum(checks), len(checks)) for name, checks in sorted(tasks.items())},
    )


def open_answers(benchmark: Benchmark, predictions: Mapping[str, Prediction]) -> list[OpenAnswer]:
    """The open questions with their answers, which a judge scores."""
    return [
        OpenAnswer(item, _text(predictions.get(item.id)))
        for item in benchmark
        if not item.choices and not _is_instruction(item)
    ]


def add_open_score(kinds: Kinds, judged: OpenScore, closed_correct: int) -> Kinds:
    """The kinds with what a judge gave, and the overall value where nothing is left unscored.

    `closed_correct` is the number of closed questions that are right by `choice`.
    """
    total = kinds.closed + judged.n
    points = closed_correct + (judged.mean or 0.0) / 100 * judged.n
    complete = judged.mean is not None and judged.unjudged == 0
    if (own := kinds.instructions) is not None:
        total += own.n
        points += own.followed.correct
        complete = complete and own.unknown == 0
    return msgspec.structs.replace(kinds, open=judged, overall=100 * points / total if complete else None)


def _is_instruction(item: Item) -> bool:
    return bool(item.extra.get(_TASK))


def _text(prediction: Prediction | None) -> str | None:
    return None if prediction is None or prediction.text is None else split_thinking(prediction.text)[1]


_PAIR = "pair"


def score_extra_fields(benchmark: Benchmark, verdicts: bytes) -> dict[str, dict[str, GroupScore]]:
    """Scores by the benchmark's further fields (`Benchmark.groups`), by field and value in order of appearance.

    A value may be a list; the item then counts in each. `verdicts` has a byte for each closed question
    (`mmar.scoring.tally`).
    """
    groups: dict[str, dict[str, GroupScore]] = {}
    for field in benchmark.groups:
        by_name: dict[str, Counts] = {}
        for item, verdict in zip(benchmark.closed, verdicts, strict=False):
            value = item.extra.get(field)
            values = value if isinstance(value, list) else [value]
            for name in dict.fromkeys(str(each) for each in values if each not in (None, "")):
                requested, official, choice = (bool(verdict & bit) for bit in (REQUESTED, OFFICIAL, CHOICE))
                key = len(item.choices), requested, official, choice
                counts = by_name.setdefault(name, {})
                counts[key] = counts.get(key, 0) + 1
        if by_name:
            groups[field] = {name: group_score(counts) for name, counts in by_name.items()}
    return groups


def score_hop_pairs(benchmark: Benchmark, verdicts: bytes) -> PairedHops | None:
    """Single-hop and multi-hop questions about the same clip, by `choice`; pairs not asked completely are left out.

    `None` for a benchmark without such pairs.
    """
    if not benchmark.items or _PAIR not in benchmark.items[0].extra:
        return None
    single: dict[str, bool] = {}
    multi: dict[str, bool] = {}
    tracks: dict[str, str] = {}
    for item, verdict in zip(benchmark.closed, verdicts, strict=False):
        if verdict & REQUESTED:
            pair = str(item.extra[_PAIR])
            (single if item.extra.get("hop") == "single" else multi)[pair] = bool(verdict & CHOICE)
            tracks[pair] = item.modality
    pairs = [(tracks[pair], single[pair], multi[pair]) for pair in single if pair in multi]
    whole = _hops(pairs)
    names = dict.fromkeys(track for track, _, _ in pairs)
    by_track = {name: _hops([pair for pair in pairs if pair[0] == name]) for name in names}
    return msgspec.structs.replace(whole, tracks=by_track)


def _hops(pairs: Sequence[tuple[str, bool, bool]]) -> PairedHops:
    n = len(pairs)
    first = sum(one for _, one, _ in pairs)
    second = sum(other for _, _, other in pairs)
    both = sum(one and other for _, one, other in pairs)
    return PairedHops(
        n,
        accuracy(first, n),
        accuracy(second, n),
        both,
        accuracy(both, first),
        accuracy(second - both, n - first),
    )
