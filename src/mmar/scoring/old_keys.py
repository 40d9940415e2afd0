"""How often answers name the old, wrong key of an item that a later edition of the benchmark corrected.

A model that answers the old keys more often than chance has probably seen them. Only items whose question and choices
are the same in both editions count. Where the old key is one of the choices, naming it is compared with guessing;
where it is none (as in MMAR's edition of May 2025), only an answer that repeats it word for word counts, which no
guess among the choices does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from mmar.items import Benchmark
from mmar.items.editions import Edition, editions, key_hash
from mmar.scoring.result import ItemScore
from mmar.stats.chance import at_least
from mmar.stats.interval import Interval, wilson


class ChangedKey(msgspec.Struct, frozen=True):
    """An item whose key was corrected, its question and choices being the same; whether the old key is a choice."""

    old: str
    new: str
    choices: int
    is_choice: bool


class OldKeys(msgspec.Struct, frozen=True):
    """Answers to the items whose key was corrected.

    Attributes:
        interval: Wilson 95 % interval of the share of old keys, percent.
        chance: what guessing gives of the old keys, percent of `n`.
        wrong: answers other than the new key.
        chance_of_wrong: what a guess among the wrong choices gives of the old keys, percent of `wrong`.
        p_value: probability of as many old keys or more if every answer other than the new key were a guess among the
            wrong choices (one-sided, exact); of the items whose old key is a choice, `None` where there are none.
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
    """The items whose key differs between an earlier and a later edition, by id."""
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
    """Count the old keys among scored answers by item id, whichever edition they were scored on."""
    ids: list[str] = []
    chances: list[float] = []
    of_wrong: list[float] = []  # of items whose old key is a choice
    wrong = new = named_old = 0
    for item_id, key in changed.items():
        score = scores.get(item_id)
        if score is None or score.prediction is None:
            continue
        chances.append(1 / key.choices if key.is_choice else 0.0)
        words = _words(score.prediction)  # of a blank answer nothing, which repeats no key
        old = score.named == key.old if key.is_choice else bool(words) and words == _words(key.old)
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


def edition_keys(edition: Edition, answers: Mapping[str, tuple[ItemScore, tuple[str, ...]]]) -> OldKeys:
    """Count answers with keys that were corrected before or after an edition, without the texts of the others.

    For the newest edition of a benchmark the old keys are those of all earlier ones, for another its own.
    `answers` are score and choices of each answer to an item of `corrected_ids`.
    """
    newest, *earlier = editions()[edition.benchmark]
    changed: dict[str, ChangedKey] = {}
    for each in earlier if edition.digest == newest.digest else [edition]:
        for name, (old, new) in each.corrected.items():
            if name not in answers:
                continue
            score, choices = answers[name]
            by_hash = {key_hash(choice): choice for choice in choices}
            repeated = score.prediction if key_hash(score.prediction or "") == old else None
            key = ChangedKey(
                by_hash.get(old, repeated or ""), by_hash.get(new, ""), len(choices), old in by_hash
            )
            if name not in changed or score.named == key.old:
                changed[name] = key
    return count_old_keys(changed, {name: score for name, (score, _) in answers.items()})


def _same(first: Sequence[str], second: Sequence[str]) -> bool:
    return [choice.strip() for choice in first] == [choice.strip() for choice in second]


def _words(text: str) -> list[str]:
    return text.casefold().strip(" .").split()
