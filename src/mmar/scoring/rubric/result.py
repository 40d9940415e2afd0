"""The score of a judged run: by item, by group, by criterion, and how far the judge agrees with itself.

Beside it cue coverage, a measure of this project: the share of the reference's cues that the reasoning
mentions. A cue counts as mentioned when at least half of its content words, by their first five letters,
stand in the reasoning or the answer. It needs no judge, and says nothing of whether the cue was used well.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mmar._display import frame
from mmar.items import Criterion, Item
from mmar.items.item import published_rank
from mmar.items.source_video import clusters_of
from mmar.runs.auxiliary_run import AuxiliaryRun
from mmar.runs.manifest import Signature, run_parts
from mmar.scoring.rubric.reply import JudgedItem, item_score
from mmar.scoring.rubric.submissions import LENGTH_LIMIT, Submission, Submissions
from mmar.stats.agreement import flip_rate, krippendorff_alpha
from mmar.stats.cluster import accuracy
from mmar.stats.interval import Interval
from mmar.stats.rubric import rubric_score

_DIMENSIONS = ("modality", "category", "sub_category")
# The criteria's names are free text, unlike for every item; what they are about shows in these words. The first kind
# that has one of its words in the name is taken.
_KIND_WORDS = {
    "elimination": ("eliminat", "exclu", "distractor", "rule out", "ruling out", "incorrect option"),
    "selection": ("answer", "option", "selection", "choice", "select", "conclusion"),
    "reasoning": ("integrat", "infer", "interpret", "connect", "link", "synthes"),
    "cue": ("cue", "identif", "recogni", "detect", "notic", "observ", "perce", "transcri", "count"),
}


class RubricGroup(msgspec.Struct, frozen=True):
    """The scores of some items.

    Attributes:
        score: mean of the items' scores, 0 to 100.
        interval: 95 %, clustered by source video.
        accuracy: percent that passed the gate.
    """

    n: int
    score: float
    interval: Interval
    accuracy: float


class CriterionKind(msgspec.Struct, frozen=True):
    """Votes on criteria of one kind.

    Attributes:
        kind: `cue` (what was heard), `reasoning` (what follows from it), `elimination` (of other choices) or `selection`
            (of the answer, a criterion that an answer which passed the gate nearly always meets). Decided by words in the
            criterion's name, which is free text.
        criteria: number of criteria that were judged.
        met: mean share of the highest allowed score, percent.
        flipped: percent of criteria on which the raters differ; `None` with one rater.
    """

    kind: str
    criteria: int
    met: float
    flipped: float | None


class RubricResult(msgspec.Struct, frozen=True):
    """The score of a judged run; every percentage and score is of all items.

    Attributes:
        score: mean over the items of each item's trimmed mean: the published script's number.
        interval: its 95 % interval, clustered by source video.
        run_trimmed: trimmed mean of the raters' run scores: what the README of the script says.
        plain: mean without dropping a rater.
        high: `score` if every unjudged item had scored 1.
        accuracy: percent that passed the gate.
        unjudged: items that passed, but have no judgement.
        incomplete: items with some judgements missing.
        alpha: Krippendorff's alpha of the raters over the judged items, on the interval scale; `None` where undefined.
        too_long: items whose reasoning has 10,000 characters or more; the published script warns of them and judges
            them all the same.
        tokens: tokens that the judge used in this session.
        seconds: mean seconds a judgement took.
    """

    n: int
    signature: str
    score: float
    interval: Interval
    run_trimmed: float
    plain: float
    high: float
    accuracy: float
    unjudged: int
    incomplete: int
    alpha: float | None
    alpha_interval: Interval | None
    kinds: tuple[CriterionKind, ...]
    groups: Mapping[str, Mapping[str, RubricGroup]]
    cues: CueCoverage | None
    too_long: int
    tokens: int
    cost: float
    seconds: float | None
    items: tuple[JudgedItem, ...]
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<RubricResult score={self.score:.2f} accuracy={self.accuracy:.1f} n={self.n} unjudged={self.unjudged}>"

    def to_dict(self) -> dict[str, Any]:
        """The stable form that `mmar judge --json` prints, without the replies."""
        value: dict[str, Any] = msgspec.to_builtins(self)
        for item in value["items"]:
            item.pop("replies")
        return value

    def to_frame(self) -> Any:
        """A row for each vote (needs pandas)."""
        return frame(list(vote_rows(self.items)))


def vote_rows(items: Sequence[JudgedItem]) -> list[dict[str, Any]]:
    """A record for each vote: item, rater, criterion, score, reason; items that were not judged have one record."""
    rows: list[dict[str, Any]] = []
    for item in items:
        votes = [
            {
                "id": item.id,
                "rater": rater,
                "criterion": vote.name,
                "score": vote.score,
                "reason": vote.reason,
            }
            for rater, judgement in enumerate(item.judgements)
            if judgement is not None
            for vote in judgement.votes
        ]
        reason = item.failure or "the answer is wrong, so its reasoning is not judged"
        rows += votes or [{"id": item.id, "rater": None, "criterion": None, "score": None, "reason": reason}]
    return rows


def rubric_result(
    items: tuple[JudgedItem, ...],
    raters: int,
    submissions: Submissions,
    parts: Mapping[str, str],
    run: AuxiliaryRun,
) -> RubricResult:
    """Make the scores of the items' judgements."""
    questions = [each.item for each in submissions.items]
    shares = [
        _shares(item, question.rubric or (), raters) for item, question in zip(items, questions, strict=True)
    ]
    score = rubric_score(shares)
    scores = [
        item_score(item, question.rubric or ()) or 0.0
        for item, question in zip(items, questions, strict=True)
    ]
    clusters = clusters_of(questions)
    passed = [item.passes for item in items]
    judged = [row for row, item in zip(shares, items, strict=True) if item.passes]
    alpha = None
    if raters > 1 and any(sum(share is not None for share in row) > 1 for row in judged):
        alpha = krippendorff_alpha(judged, "interval")
    bench = submissions.benchmark
    known = {**run_parts(bench.name, bench.digest, len(questions)), **submissions.parts}
    too_long = sum(len(each.reasoning) >= LENGTH_LIMIT and each.passes for each in submissions.items)
    whole = _group(scores, passed, clusters)
    notes = []
    if score.unjudged:
        notes.append(
            f"{score.unjudged:,} unjudged (counted as 0; the score is at most {score.high:.2f}); the same command asks again"
        )
    if too_long:
        notes.append(
            f"{too_long:,} have {LENGTH_LIMIT:,} or more characters of reasoning; all of it is judged, as the published script does"
        )
    latencies = [answer.latency_s for answer in run.answers.values() if answer.latency_s is not None]
    return RubricResult(
        n=len(items),
        signature=f"{Signature(known).long}|" + "|".join(f"{name}:{value}" for name, value in parts.items()),
        score=score.trimmed,
        interval=whole.interval,
        run_trimmed=score.run_trimmed,
        plain=score.plain,
        high=score.high,
        accuracy=whole.accuracy,
        unjudged=score.unjudged,
        incomplete=score.incomplete,
        alpha=None if alpha is None else alpha.alpha,
        alpha_interval=None if alpha is None else alpha.interval,
        kinds=_kinds(items, questions),
        groups=_groups(questions, scores, passed, clusters),
        cues=cue_coverage(submissions.items),
        too_long=too_long,
        tokens=run.counts.tokens,
        cost=run.counts.money,
        seconds=math.fsum(latencies) / len(latencies) if latencies else None,
        items=items,
        notes=tuple(notes),
    )


def _shares(item: JudgedItem, rubric: Sequence[Criterion], raters: int) -> list[float | None]:
    if not item.passes:
        return [0.0] * raters
    return [None if each is None else each.share(rubric) for each in item.judgements] or [None] * raters


def _group(scores: Sequence[float], passed: Sequence[bool], clusters: Sequence[str]) -> RubricGroup:
    result = accuracy(scores, clusters)
    return RubricGroup(len(scores), result.accuracy, result.interval, 100 * sum(passed) / len(passed))


def _groups(
    questions: Sequence[Item], scores: Sequence[float], passed: Sequence[bool], clusters: Sequence[str]
) -> dict[str, dict[str, RubricGroup]]:
    groups: dict[str, dict[str, RubricGroup]] = {}
    for dimension in _DIMENSIONS:
        members: dict[str, list[int]] = {}
        for index, question in enumerate(questions):
            if (name := getattr(question, dimension)) is not None:
                members.setdefault(name, []).append(index)
        groups[dimension.replace("_", "-")] = {
            name: _group(
                [scores[index] for index in members[name]],
                [passed[index] for index in members[name]],
                [clusters[index] for index in members[name]],
            )
            for name in sorted(members, key=published_rank)
        }
    return groups


def _kind(name: str) -> str:
    folded = name.casefold()
    return next(
        (kind for kind, words in _KIND_WORDS.items() if any(word in folded for word in words)), "reasoning"
    )


def _kinds(items: Sequence[JudgedItem], questions: Sequence[Item]) -> tuple[CriterionKind, ...]:
    votes: dict[str, list[list[float]]] = {
        kind: [] for kind in ("cue", "reasoning", "elimination", "selection")
    }
    for item, question in zip(items, questions, strict=True):
        for index, criterion in enumerate(question.rubric or ()):
            cast = [each.votes[index].score for each in item.judgements if each is not None]
            highest = max(criterion.choices)
            if cast and highest:
                votes[_kind(criterion.name)].append([score / highest for score in cast])
    kinds = []
    for kind, rows in votes.items():
        if rows:
            flips = flip_rate(rows) if any(len(row) > 1 for row in rows) else None
            met = 100 * math.fsum(math.fsum(row) / len(row) for row in rows) / len(rows)
            kinds.append(CriterionKind(kind, len(rows), met, flips))
    return tuple(kinds)


_WORD = re.compile(r"[^\W_]+")
_STEM = 5
_FUNCTION_WORDS = frozenset((
    "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "has", "have", "in", "is", "it", "its",
    "of", "on", "or", "that", "the", "their", "there", "they", "this", "to", "was", "were", "which", "who",
    "with", "not",
))  # fmt: skip


class CueCoverage(msgspec.Struct, frozen=True):
    """Mean share of cues mentioned, percent, over right and over wrong answers; `None` where there are none.

    `items` is the number of items with cues and an answer.
    """

    right: float | None
    wrong: float | None
    items: int


def cue_coverage(submissions: Sequence[Submission]) -> CueCoverage | None:
    """Cue coverage of right and of wrong answers; `None` where no item has cues."""
    shares: dict[bool, list[float]] = {True: [], False: []}
    for each in submissions:
        cues = [cue for cue in each.item.cue or () if _stems(cue)]
        if cues and each.prediction is not None:
            text = f"{each.reasoning}\n{each.prediction}"
            shares[each.passes].append(sum(mentions_cue(cue, text) for cue in cues) / len(cues))
    if not (shares[True] or shares[False]):
        return None
    right, wrong = (100 * math.fsum(row) / len(row) if row else None for row in (shares[True], shares[False]))
    return CueCoverage(right, wrong, len(shares[True]) + len(shares[False]))


def mentions_cue(cue: str, text: str) -> bool:
    """Whether a text mentions a cue.

    Example:
        >>> mentions_cue("rapid footsteps on gravel", "Footsteps are heard on a gravelly path.")
        True
    """
    stems = _stems(cue)
    return bool(stems) and 2 * len(stems & _stems(text)) >= len(stems)


def _stems(text: str) -> set[str]:
    """First letters of the content words; a text without spaces between words counts by character pairs."""
    stems = set()
    for word in _WORD.findall(text.casefold()):
        if word.isascii():
            if word not in _FUNCTION_WORDS:
                stems.add(word[:_STEM])
        else:
            stems.update(word[index : index + 2] for index in range(max(1, len(word) - 1)))
    return stems
