"""The result of scoring, typed; its JSON form is stable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from mmar._display import frame, html_table
from mmar.stats.interval import Interval, wilson

if TYPE_CHECKING:
    from mmar.scoring.official import MmsuScore
    from mmar.scoring.robustness import Repeats, Rotations
    from mmar.stats.sampling import PopulationEstimate


class ClusteredInterval(msgspec.Struct, frozen=True):
    """The error of an accuracy, allowing for items that share a source video (Miller, arXiv 2411.00640).

    Attributes:
        clusters: number of source videos; an item whose video is not known is one of its own.
        standard_error: points; `None` with one cluster.
    """

    interval: Interval
    clusters: int
    standard_error: float | None


class Accuracy(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many were right.

    Attributes:
        accuracy: percent, 0 to 100.
        interval: Wilson 95 % interval, percent; `None` where items were never asked, which are not known to be wrong.
        clustered: the interval by source video, for all items and where a benchmark names the videos.
    """

    correct: int
    accuracy: float
    interval: Interval | None
    clustered: ClusteredInterval | None = None


def accuracy(correct: int, n: int, *, complete: bool = True) -> Accuracy:
    """`correct` of `n` in percent (0 of 0 is 0), with its Wilson interval where all were asked."""
    return Accuracy(correct, 100 * correct / n if n else 0.0, wilson(correct, n) if complete else None)


class Bounds(msgspec.Struct, frozen=True):
    """The lowest and the highest value if items without an answer were wrong or right, percent or points."""

    low: float
    high: float


class GroupScore(msgspec.Struct, frozen=True, omit_defaults=True):
    """The scores of some items.

    Attributes:
        official: by the published rule.
        choice: by the choice really named.
        chance: what guessing scores on them, percent.
        asked: the same of the items that were asked; `None` where all were.
    """

    n: int
    official: Accuracy
    choice: Accuracy
    chance: float
    asked: GroupScore | None = None


class ItemScore(msgspec.Struct, frozen=True):
    """The score of one item.

    Attributes:
        official: right by the published rule.
        choice: right by the choice that was named.
        state: `choice`, `unresolved`, `refused`, `failed` or `missing`.
        named: the choice that was named, if one was.
        answer: the right choice.
        reason: how the answer was read.
        official_reason: why the published rule decided so.
        prediction: the model's text; `None` when nothing came.
        rule: stable name of the rule that read it, e.g. `verdict` (`mmar.protocols.reading`).
        start: where the words that were read begin in the text, in characters.
        end: where they end; equal to `start` where no words decided.
        shape: the group of an answer that names no choice (`mmar.protocols.reading.SHAPES`).
    """

    id: str
    official: bool
    choice: bool
    state: str
    named: str | None
    answer: str
    reason: str
    official_reason: str
    prediction: str | None
    rule: str = ""
    start: int = 0
    end: int = 0
    shape: str = ""


class SampleEstimate(msgspec.Struct, frozen=True):
    """The estimate for the whole benchmark from a drawn sample.

    Attributes:
        population: number of items of the benchmark.
        earlier: number of earlier runs used as a control variate.
        official: by the published rule.
        choice: by the choice really named.
    """

    n: int
    population: int
    seed: int
    earlier: int
    official: PopulationEstimate
    choice: PopulationEstimate


class ProgramDifference(msgspec.Struct, frozen=True):
    """An item that another program scored otherwise than `choice` does.

    Attributes:
        program: right by the program's own verdict.
        extracted: what the program read from the answer, where its log says so.
        named: the choice that the answer names; `None` if none.
        reason: how the answer was read here.
    """

    id: str
    program: bool
    choice: bool
    extracted: str | None
    named: str | None
    reason: str
    prediction: str | None


class ProgramScore(msgspec.Struct, frozen=True):
    """What the program that wrote a log scored itself.

    Attributes:
        verdicts: on how many items its log has a verdict.
        correct: how many of these it scored as right.
        accuracy: percent of `verdicts`.
        differences: the items on which it and `choice` differ.
    """

    program: str
    verdicts: int
    correct: int
    accuracy: float
    differences: tuple[ProgramDifference, ...]


class InstructionScore(msgspec.Struct, frozen=True):
    """Verifiable instructions (MMAU-Pro).

    Attributes:
        answered: how many have an answer; one without follows no instruction.
        followed: answers that follow their instruction, of those whose task is known.
        unknown: questions whose task is not known, which are not scored.
    """

    n: int
    answered: int
    followed: Accuracy
    unknown: int
    tasks: Mapping[str, Accuracy]


class OpenScore(msgspec.Struct, frozen=True, omit_defaults=True):
    """Open questions.

    Attributes:
        answered: how many have an answer; one without scores 0.
        mean: mean of a judge's scores, percent of the highest; `None` where no judge scored them.
        interval: 95 % interval of the mean, from the spread over questions.
        unjudged: answers to which no usable judgement came; they are in no mean.
        criteria: mean of each criterion, 1 to 5.
        signature: everything that the mean depends on, one line.
    """

    n: int
    answered: int
    mean: float | None = None
    interval: Interval | None = None
    unjudged: int = 0
    criteria: Mapping[str, float] = {}
    judge: str = ""
    signature: str = ""


class Kinds(msgspec.Struct, frozen=True, omit_defaults=True):
    """A benchmark whose questions are not all closed: what the other kinds scored.

    Attributes:
        closed: number of questions with choices, which all other numbers of a score are of.
        instructions: verifiable instructions; `None` where there are none.
        open: open questions; `None` where there are none.
        overall: all kinds weighted by their numbers of questions, closed ones by `choice`, percent; `None` unless
            every question is scored.
    """

    closed: int
    instructions: InstructionScore | None = None
    open: OpenScore | None = None
    overall: float | None = None


class PairedHops(msgspec.Struct, frozen=True):
    """Pairs of questions about one clip, of which the second needs the answer to the first (SAKURA), by `choice`.

    Attributes:
        single: first questions.
        multi: second questions.
        both: pairs with both right.
        given_single: second questions right where the first is.
        given_wrong: second questions right where the first is wrong.
    """

    n: int
    single: Accuracy
    multi: Accuracy
    both: int
    given_single: Accuracy
    given_wrong: Accuracy
    tracks: Mapping[str, PairedHops] = {}


class ReaderScore(msgspec.Struct, frozen=True):
    """What a reader adds to the score `choice`.

    Attributes:
        accuracy: right by the cascade, or by the reader where the cascade read no choice; of all items.
        asked: number of unresolved answers that were given to the reader.
        named: of these, the ones in which it named a choice.
        none: the ones in which it named none.
        unusable: the ones to which no usable reply came; they stay unresolved.
        sampled: answers that both cascade and reader read.
        agreed: of these, the ones in which they named the same choice.
        signature: of the number `choice+reader`.
        named_by_item: the choice that the reader named in each unresolved answer, by item id.
    """

    reader: str
    accuracy: Accuracy
    asked: int
    named: int
    none: int
    unusable: int
    sampled: int
    agreed: int
    signature: str
    named_by_item: dict[str, str | None]

    def to_dict(self) -> dict[str, Any]:
        """The form that `mmar score --json` prints under `reader`."""
        return {
            **msgspec.to_builtins(self),
            "agreement": 100 * self.agreed / self.sampled if self.sampled else None,
        }


class Score(msgspec.Struct, frozen=True):
    """The score of one run or predictions file.

    Attributes:
        n: size of the benchmark; every percentage outside `asked` is of it.
        signature: everything the numbers depend on, one line.
        official: the published rule.
        choice: the choice really named.
        groups: by `modality`, `category` and `sub-category`, each by name.
        asked: the scores of the items that were asked; `None` where all were.
        chance: what guessing scores on all items, percent.
        parents: the category of each sub-category that belongs to one alone.
        letters: answers that name a choice by its letter alone, which the published rule cannot read.
        cut_off: answers that ended at the token limit.
        unread: number of answers that name no choice, by group, the largest first.
        disagreements: the items on which the two scorers differ, where they were kept.
        disagreement_count: on how many items the two scorers differ, whether kept or not.
        items: the score of every item, where they were kept.
        notes: what a person must know to read the numbers, one sentence each.
        rotations: the same items with their choices in other orders; `None` where none were asked so.
        reader: the number `choice+reader`; `None` where no model read the unresolved answers.
        repeats: the same items asked again; `None` where none were.
        sample: what a drawn sample says of the whole benchmark; `None` for other runs.
        program: what the program that wrote a log scored itself; `None` where its log has no verdicts.
        mmsu: the score by MMSU's own rule; `None` for other benchmarks.
        kinds: open questions and instructions; `None` where all questions have choices.
        hops: pairs of single-hop and multi-hop questions; `None` for benchmarks without.
    """

    n: int
    signature: str
    official: Accuracy
    choice: Accuracy
    states: Mapping[str, int]
    bounds: Mapping[str, Bounds]
    groups: Mapping[str, Mapping[str, GroupScore]]
    asked: GroupScore | None = None
    chance: float = 0.0
    parents: Mapping[str, str] = {}
    letters: int = 0
    cut_off: int = 0
    unread: Mapping[str, int] = {}
    disagreements: tuple[ItemScore, ...] = ()
    disagreement_count: int = 0
    items: tuple[ItemScore, ...] = ()
    notes: tuple[str, ...] = ()
    rotations: Rotations | None = None
    reader: ReaderScore | None = None
    repeats: Repeats | None = None
    sample: SampleEstimate | None = None
    program: ProgramScore | None = None
    mmsu: MmsuScore | None = None
    kinds: Kinds | None = None
    hops: PairedHops | None = None

    def __repr__(self) -> str:
        part = "" if self.asked is None else f", asked={self.asked.n}"
        return f"<Score official={self.official.accuracy:.1f} choice={self.choice.accuracy:.1f} n={self.n}{part}>"

    def _repr_html_(self) -> str:
        return html_table(repr(self).strip("<>"), self._rows(), self.signature)

    def to_dict(self) -> dict[str, Any]:
        """The stable form that `mmar score --json` prints; optional parts only where there are any."""
        without_items = msgspec.structs.replace(self, items=(), reader=None)
        value: dict[str, Any] = msgspec.to_builtins(without_items)
        for name in ("items", "parents", "disagreement_count"):
            del value[name]
        scores = {scorer: value.pop(scorer) for scorer in ("official", "choice")}
        if self.reader is not None:
            value["reader"] = self.reader.to_dict()
        value = {"n": value.pop("n"), "signature": value.pop("signature"), "scores": scores, **value}
        return {name: part for name, part in value.items() if part is not None}

    def to_frame(self) -> Any:
        """A row for each item where they were kept, else one for each group (needs pandas)."""
        return frame(msgspec.to_builtins(self.items) if self.items else self._rows())

    def _rows(self) -> list[dict[str, Any]]:
        """All items and every group, one record each, of the items asked."""
        groups = {dimension: dict(names) for dimension, names in self.groups.items()}
        whole = GroupScore(self.n, self.official, self.choice, self.chance, self.asked)
        rows = []
        for dimension, names in {"": {"all": whole}, **groups}.items():
            for name, group in names.items():
                counted = group.asked or group
                row: dict[str, Any] = {"dimension": dimension, "name": name, "n": counted.n}
                for scorer, value in (("official", counted.official), ("choice", counted.choice)):
                    low, high = (None, None) if value.interval is None or not counted.n else value.interval
                    share = value.accuracy if counted.n else None
                    row |= {scorer: share, f"{scorer}_low": low, f"{scorer}_high": high}
                rows.append(row | {"chance": counted.chance if counted.n else None})
        return rows
