"""A judge's reply, a JSON list with name, score and justification of every criterion, and the score made of several."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from mmar.items import Criterion
from mmar.stats.rubric import trimmed_mean


class Vote(msgspec.Struct, frozen=True):
    """One criterion as one rater scored it, and the rater's reason."""

    name: str
    score: float
    reason: str = ""


class Judgement(msgspec.Struct, frozen=True):
    """One rater's votes on one answer, in the rubric's order."""

    votes: tuple[Vote, ...]

    def share(self, rubric: Sequence[Criterion]) -> float:
        """Sum of the scores over the sum of the highest allowed ones, 0 to 1; 0 where that is 0."""
        highest = float(sum(max(criterion.choices) for criterion in rubric))
        return sum(vote.score for vote in self.votes) / highest if highest else 0.0


class JudgedItem(msgspec.Struct, frozen=True):
    """One item's judgements.

    Attributes:
        passes: whether its answer passed the gate; one that did not scores 0.
        judgements: one for each rater, `None` where judging failed; empty where nothing was judged.
        replies: the judge's replies that could be used, as they came.
        failure: why a judgement failed, where one did.
    """

    id: str
    passes: bool
    judgements: tuple[Judgement | None, ...] = ()
    replies: tuple[str, ...] = ()
    failure: str | None = None


class InvalidReplyError(ValueError):
    """The reply cannot be used; the message has the reason."""


def read_reply(text: str, rubric: Sequence[Criterion]) -> Judgement:
    """Read a judge's reply; prose or a code fence around the list is passed over, as the published script does.

    Criteria are matched by name, whatever their order. A reply that lacks one, names one twice or another
    one, or gives a score that is not allowed cannot be used: the judge is asked again.
    """
    records = _records(text)
    by_name: dict[str, Vote] = {}
    wanted = {_plain(criterion.name): criterion for criterion in rubric}
    if len(wanted) < len(rubric):
        return _by_position(records, rubric)
    for record in records:
        name = _plain(str(record.get("name", "")))
        criterion = wanted.get(name)
        if criterion is None:
            raise InvalidReplyError(f'"{record.get("name")}" is not a criterion of this rubric')
        if name in by_name:
            raise InvalidReplyError(f'the criterion "{criterion.name}" is scored twice')
        by_name[name] = _vote(record, criterion)
    missing = [criterion.name for name, criterion in wanted.items() if name not in by_name]
    if missing:
        raise InvalidReplyError(f'the criterion "{missing[0]}" is not scored')
    return Judgement(tuple(by_name[_plain(criterion.name)] for criterion in rubric))


def item_score(item: JudgedItem, rubric: Sequence[Criterion]) -> float | None:
    """Trimmed mean of an item's raters, 0 to 1; 0 below the gate; `None` where it is unjudged."""
    if not item.passes:
        return 0.0
    shares = [judgement.share(rubric) for judgement in item.judgements if judgement is not None]
    return trimmed_mean(shares) if shares else None


def _by_position(records: list[dict[str, Any]], rubric: Sequence[Criterion]) -> Judgement:
    """Votes of a rubric in which two criteria have one name, so that only their order tells them apart."""
    if len(records) != len(rubric):
        raise InvalidReplyError(f"{len(rubric)} scores were expected, found {len(records)}")
    return Judgement(
        tuple(_vote(record, criterion) for record, criterion in zip(records, rubric, strict=True))
    )


def _records(text: str) -> list[dict[str, Any]]:
    match = re.search(r"\[\s*\{.*\}\s*\]", text, re.DOTALL)
    try:
        value = json.loads(match[0] if match else text)
    except (ValueError, RecursionError):
        raise InvalidReplyError("the reply holds no valid JSON list") from None
    if not isinstance(value, list) or not all(isinstance(record, dict) for record in value):
        raise InvalidReplyError("the reply is not a list of objects")
    return value


def _vote(record: dict[str, Any], criterion: Criterion) -> Vote:
    score = record.get("score")
    if isinstance(score, list) and len(score) == 1:
        score = score[0]
    if isinstance(score, bool) or not isinstance(score, int | float) or score not in criterion.choices:
        allowed = ", ".join(map(str, criterion.choices))
        raise InvalidReplyError(f'"{criterion.name}" has the score {score!r}; allowed are {allowed}')
    reason = record.get("justification", record.get("reason", ""))
    return Vote(criterion.name, score, reason if isinstance(reason, str) else "")


def _plain(name: str) -> str:
    name = " ".join(name.split()).casefold().strip(" .:*`'\"")
    return name.removeprefix("criterion:").strip()
