"""One run or file scored on two editions of a benchmark, and the items whose verdict differs.

An answer counts for an edition only where it was asked that edition's question with that edition's choices. The others
are left out and counted, since an answer to another question is neither right nor wrong.

Answers with the old, wrong key of an item that the later edition corrected are counted, too: a model that gives them
more often than chance has probably seen them. Only items whose question and choices are the same in both editions
count. Where the old key is one of the choices, naming it is compared with guessing; where it is none (as in MMAR's
edition of May 2025), only an answer that repeats it word for word counts, which no guess among the choices does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from mmar.errors import UsageError
from mmar.items import Benchmark, Prediction
from mmar.runs.manifest import Manifest
from mmar.scoring.result import GroupScore, ItemScore
from mmar.scoring.score import score_task
from mmar.scoring.sources import Task, answers_of, asked_once, benchmark_of, find_run, run_of
from mmar.scoring.stream import score_against
from mmar.stats.chance import at_least
from mmar.stats.interval import Interval, wilson

__all__ = [
    "ChangedKey",
    "EditionScore",
    "OldKeys",
    "RunOnBoth",
    "VerdictChange",
    "changed_keys",
    "count_old_keys",
    "score_on_both",
]


class EditionScore(msgspec.Struct, frozen=True):
    """The score on one edition.

    Attributes:
        n: number of items of the edition.
        asked: number of items that were asked as this edition has them.
        left_out: answers to a question or choices that differ, or to items that the edition does not have.
        score: of the items asked.
    """

    n: int
    asked: int
    left_out: int
    score: GroupScore


class VerdictChange(msgspec.Struct, frozen=True):
    """An item that is right on one edition and wrong on the other.

    Attributes:
        id: the item's id.
        official: verdict of the published rule on each edition.
        choice: verdict by the choice named on each edition.
    """

    id: str
    official: tuple[bool, bool]
    choice: tuple[bool, bool]


class RunOnBoth(msgspec.Struct, frozen=True):
    """A run or file on two editions.

    Attributes:
        path: as given.
        first: score on the first edition.
        second: score on the second edition.
        changes: the items whose verdict differs.
        old_keys: answers with keys that the second edition corrected; `None` where it corrected none.
    """

    path: str
    first: EditionScore
    second: EditionScore
    changes: tuple[VerdictChange, ...]
    old_keys: OldKeys | None


def score_on_both(
    path: Path, first: Benchmark, second: Benchmark, changed: Mapping[str, ChangedKey]
) -> RunOnBoth:
    """Score a run, a predictions file or a log on two editions.

    Args:
        path: what to score.
        first: the earlier edition.
        second: the later edition.
        changed: of `mmar.scoring.both_editions.changed_keys`.

    Raises:
        InputError: the file is not valid, or none of its answers belongs to one of the editions.
        UsageError: it is a run of neither edition.
    """
    path = run_of(path)
    manifest = find_run(path)
    one, rows = _score_on(path, first, second, manifest)
    other, later_rows = _score_on(path, second, first, manifest)
    return RunOnBoth(
        str(path),
        one,
        other,
        tuple(_changes(rows, later_rows)),
        count_old_keys(changed, rows | later_rows) if changed else None,
    )


def _score_on(
    path: Path, benchmark: Benchmark, other: Benchmark, manifest: Manifest | None
) -> tuple[EditionScore, dict[str, ItemScore]]:
    if manifest is None or manifest.benchmark.digest == benchmark.digest:
        scored = score_task(Task(path, benchmark, keep="all", lenient=True, clustered=False))
        score = scored.score
        group = score.asked or GroupScore(score.n, score.official, score.choice, score.chance)
        rows, left_out = scored.rows, len(scored.errors)
    else:
        asked = benchmark_of(path, other, manifest)
        task = Task(path, benchmark, rule=manifest.protocol.reading, keep="all", lenient=True)
        streamed = score_against(benchmark, _asked_of(path, asked), task)
        total = streamed.tally.total()
        group, rows, left_out = total.asked or total, tuple(streamed.tally.rows), len(streamed.errors)
        if not group.n:
            raise UsageError(f'{path} was asked no question of "{benchmark.name}"', code="other-benchmark")
    by_id = {row.id: row for row in rows if row.state != "missing"}
    return EditionScore(len(benchmark), group.n, left_out, group), by_id


def _asked_of(path: Path, asked: Benchmark) -> Iterator[tuple[int, Prediction]]:
    """The answers of a run with the questions that it asked, so that they are compared with another edition's."""
    for line, prediction in asked_once(answers_of(path)):
        yield line, msgspec.structs.replace(prediction, whole=asked.by_id[prediction.id])


def _changes(first: Mapping[str, ItemScore], second: Mapping[str, ItemScore]) -> Iterator[VerdictChange]:
    for item_id, after in second.items():
        before = first.get(item_id)
        if before is not None and (before.official, before.choice) != (after.official, after.choice):
            yield VerdictChange(item_id, (before.official, after.official), (before.choice, after.choice))


class ChangedKey(msgspec.Struct, frozen=True):
    """An item whose key was corrected while its question and choices stayed the same.

    Attributes:
        old: the key of the earlier edition.
        new: the key of the later edition.
        choices: number of choices.
        is_choice: whether the old key is one of them.
    """

    old: str
    new: str
    choices: int
    is_choice: bool


class OldKeys(msgspec.Struct, frozen=True):
    """Answers to the items whose key was corrected.

    Attributes:
        n: answered items.
        old: answers with the old key.
        new: answers with the new key.
        interval: Wilson 95 % interval of the share of old keys, percent.
        chance: what guessing gives of the old keys, percent of `n`.
        wrong: answers other than the new key.
        chance_of_wrong: what a guess among the wrong choices gives of the old keys, percent of `wrong`.
        p_value: probability of as many old keys or more if every answer other than the new key were a guess among the
            wrong choices (one-sided, exact); of the items whose old key is a choice, `None` where there are none.
        ids: the items answered with the old key.
    """

    n: int
    old: int
    new: int
    interval: Interval
    chance: float
    wrong: int
    chance_of_wrong: float
    p_value: float | None
    ids: tuple[str, ...]

    @property
    def share(self) -> float:
        """Percent of answers with the old key."""
        return 100 * self.old / self.n if self.n else 0.0


def changed_keys(first: Benchmark, second: Benchmark) -> dict[str, ChangedKey]:
    """The items whose key differs between two editions, by id.

    Args:
        first: the earlier edition, with the old keys.
        second: the later edition.
    """
    changed: dict[str, ChangedKey] = {}
    for item in second:
        before = first.by_id.get(item.id)
        if before is None or before.answer is None or item.answer is None or before.answer == item.answer:
            continue
        # In the same order too, since a letter is read by it.
        if before.question == item.question and _same(before.choices, item.choices):
            changed[item.id] = ChangedKey(
                before.answer, item.answer, len(item.choices), before.answer in item.choices
            )
    return changed


def count_old_keys(changed: Mapping[str, ChangedKey], scores: Mapping[str, ItemScore]) -> OldKeys:
    """Count the old keys among scored answers.

    Args:
        changed: of `changed_keys`.
        scores: score of each answer by item id, whichever edition it was scored on; items without an answer are left
            out.
    """
    ids: list[str] = []
    chances: list[float] = []
    of_wrong: list[float] = []  # of items whose old key is a choice
    wrong = new = named_old = 0
    for item_id, key in changed.items():
        score = scores.get(item_id)
        if score is None or score.prediction is None:
            continue
        chances.append(1 / key.choices if key.is_choice else 0.0)
        old = score.named == key.old if key.is_choice else _words(score.prediction) == _words(key.old)
        if old:
            ids.append(item_id)
        elif score.named == key.new:
            new += 1
            continue
        wrong += 1
        if key.is_choice:
            named_old += old
            of_wrong.append(1 / (key.choices - 1))
    n = len(chances)
    return OldKeys(
        n=n,
        old=len(ids),
        new=new,
        interval=wilson(len(ids), n),
        chance=100 * sum(chances) / n if n else 0.0,
        wrong=wrong,
        chance_of_wrong=100 * sum(of_wrong) / wrong if wrong else 0.0,
        p_value=at_least(named_old, of_wrong) if of_wrong else None,
        ids=tuple(ids),
    )


def _same(first: Sequence[str], second: Sequence[str]) -> bool:
    return [choice.strip() for choice in first] == [choice.strip() for choice in second]


def _words(text: str) -> list[str]:
    return text.casefold().strip(" .").split()
