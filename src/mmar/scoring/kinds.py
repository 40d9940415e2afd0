"""Questions that no key of choices decides: verifiable instructions, and open ones that a judge scores or nobody.

MMAU-Pro has both beside its closed questions. Its overall value weighs the kinds by their numbers of questions; it is
given only where every kind is scored. An open question that no judge scored is *not scored*: it has no default.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from mmar.items import Benchmark, Item, Prediction
from mmar.protocols import split_thinking
from mmar.scoring.result import InstructionScore, Kinds, OpenScore, accuracy

__all__ = ["OpenAnswer", "open_answers", "score_kinds", "with_open_score"]

_TASK, _ARGUMENTS = "task_identifier", "kwargs"


class OpenAnswer(msgspec.Struct, frozen=True):
    """An open question and its answer.

    Attributes:
        item: the question with its reference answer.
        text: the answer without marked reasoning; `None` where none came.
    """

    item: Item
    text: str | None


def score_kinds(benchmark: Benchmark, predictions: Mapping[str, Prediction]) -> Kinds | None:
    """Score what is not closed; `None` for a benchmark whose questions all have choices.

    Args:
        benchmark: all questions.
        predictions: by item id.
    """
    others = [item for item in benchmark if not item.choices]
    if not others:
        return None
    instructions = [item for item in others if _is_instruction(item)]
    tasks: dict[str, list[int]] = {}
    unknown = answered = 0
    for item in instructions:
        text = _text(predictions.get(item.id))
        answered += text is not None
        task = str(item.extra[_TASK])
        from mmar.scoring.instructions import follows  # few benchmarks have instructions

        followed = follows(task, item.extra.get(_ARGUMENTS), text or "", item.question)
        if followed is None:
            unknown += 1
            continue
        counts = tasks.setdefault(task, [0, 0])
        counts[0] += followed
        counts[1] += 1
    open_ones = open_answers(benchmark, predictions)
    checked = sum(n for _, n in tasks.values())
    followed_in_all = sum(count for count, _ in tasks.values())
    return Kinds(
        closed=len(benchmark) - len(others),
        instructions=InstructionScore(
            len(instructions),
            answered,
            accuracy(followed_in_all, checked),
            unknown,
            {name: accuracy(count, n) for name, (count, n) in sorted(tasks.items())},
        )
        if instructions
        else None,
        open=OpenScore(len(open_ones), sum(each.text is not None for each in open_ones))
        if open_ones
        else None,
    )


def open_answers(benchmark: Benchmark, predictions: Mapping[str, Prediction]) -> list[OpenAnswer]:
    """The open questions with their answers, which a judge scores."""
    return [
        OpenAnswer(item, _text(predictions.get(item.id)))
        for item in benchmark
        if not item.choices and not _is_instruction(item)
    ]


def with_open_score(kinds: Kinds, judged: OpenScore, closed_correct: int) -> Kinds:
    """The kinds with what a judge gave, and the overall value where nothing is left unscored.

    Args:
        kinds: without a judge.
        judged: the judge's result.
        closed_correct: closed questions that are right by `choice`.
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
