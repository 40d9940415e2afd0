"""Editions of a benchmark behind a score: notes on them, and how often answers name an old key that was corrected.

A model that answers the old keys more often than chance has probably seen them. Only items whose question and
choices are the same in both editions count. Where the old key is one of the choices, naming it is compared
with guessing; where it is none (as in MMAR's edition of May 2025), only an answer that repeats it word for
word counts, which no guess among the choices does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from mmar.items import Benchmark, Prediction
from mmar.items.editions import (
    Edition,
    editions,
    errata,
    find_edition,
    key_hash,
    match_editions,
)
from mmar.scoring.result import ItemScore, Score
from mmar.stats.chance import poisson_binomial_sf
from mmar.stats.interval import Interval, wilson

_MAX_LISTED = 6
_WIDTH = 40
_HEAD = 50  # records; most files are of no edition at all, which their first ones show


def edition_notes(path: Path) -> list[str]:
    """Notes on the score of a predictions file of whole records that is no known edition."""
    head = match_editions(path, _HEAD)
    if not head:
        return []
    if not head[0].same_questions:
        n = head[0].total
        first = "the question is not" if n == 1 else f"none of the first {n:,} questions is"
        return [f"{first} of a known edition of {', '.join(editions())}"]
    matches = match_editions(path)
    nearest = matches[0]
    if nearest.exact:
        return [
            f"the records are {nearest.total:,} of the {nearest.edition.items:,} items of {nearest.edition.label}"
        ]
    near = [match for match in matches if match.same_questions]
    none = [name for name in editions() if all(match.edition.benchmark != name for match in near)]
    counts = [
        f"{match.edition.label} {match.same_questions:,}"
        + (f" ({match.same_keys:,})" if match.has_keys else "")
        for match in near
    ]
    keys = " (in brackets: with the same answer)" if nearest.has_keys else ""
    rest = f"; none of {', '.join(none)}" if none else ""
    return [
        f"the questions match no known edition exactly; of {nearest.total:,} records match{keys}: "
        f"{', '.join(counts)}{rest}"
    ]


def old_edition_notes(
    edition: Edition, answers: Mapping[str, tuple[ItemScore, tuple[str, ...]]], path: Path
) -> list[str]:
    """Notes on a score on an earlier edition, and on answers with keys that were corrected.

    `answers` are score and choices of each answer to an item whose key an edition corrected.
    """
    newest, *earlier = editions()[edition.benchmark]
    notes = []
    old = edition.digest != newest.digest
    if old:
        keys = (
            "1 key equals none of its"
            if len(edition.faulty) == 1
            else f"{len(edition.faulty):,} keys equal none of their"
        )
        faulty = (
            f"; {keys} choices, so that choice is wrong there whatever the answer" if edition.faulty else ""
        )
        notes.append(f"the questions are {edition.label}, an earlier edition than {newest.label}{faulty}")
    result = edition_keys(edition, answers) if answers else None
    if result is not None and result.n and (old or result.old):
        chance = "" if result.p_value is None else f", by guessing p = {result.p_value:.2g}"
        other = edition.label if old else max(earlier, key=lambda each: len(each.corrected)).label
        notes.append(
            f"old keys: of {result.n:,} answers to items whose key was corrected, {result.old:,} give the old key{chance} and "
            f"{result.new:,} the new one; mmar diff {other} {newest.label} --runs {path} shows them item by item"
        )
    return notes


def edition_hint(path: Path) -> str:
    """Hint naming the edition that the questions of a file match; empty where they match none."""
    nearest = next(iter(match_editions(path)), None)
    if nearest is None or 2 * nearest.same_questions < nearest.total:
        return ""
    label = nearest.edition.label
    share = "all" if nearest.exact else f"{nearest.same_questions:,}"
    return (
        f"{share} of the {nearest.total:,} records are of {label}: score it with --benchmark {label} or without; "
        f"mmar diff {label} OTHER --runs FILE scores it on both editions, item by item"
    )


def own_key_notes(benchmark: Benchmark, predictions: Mapping[str, Prediction]) -> list[str]:
    """Notes on records whose own key is another than the benchmark's, of predictions by item id."""
    own_keys = []
    for item in benchmark:
        prediction = predictions.get(item.id)
        own = None if prediction is None or prediction.whole is None else prediction.whole.answer
        if own is not None and item.answer is not None and own != item.answer:
            own_keys.append((item.id, own, item.answer))
    if not own_keys:
        return []
    examples = "; ".join(
        f'{name}: "{_short(own)}" here "{_short(key)}"' for name, own, key in own_keys[:_MAX_LISTED]
    )
    more = f"; and {len(own_keys) - _MAX_LISTED:,} more" if len(own_keys) > _MAX_LISTED else ""
    items = "1 record" if len(own_keys) == 1 else f"{len(own_keys):,} records"
    return [f"the file's own key of {items} is another and does not count: {examples}{more}"]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}…"


def with_errata_note(score: Score, benchmark: str) -> Score:
    """Add a note with both accuracies over the items that are not disputed, to a score with those of all items.

    Of an earlier edition, as the signature names the benchmark, the items whose key is no choice are disputed
    too.
    """
    base, _, name = benchmark.partition("#")[0].partition("@")
    edition = find_edition(base, name)
    disputed = {*errata(), *(edition.faulty if edition is not None else ())}
    rest = [item for item in score.items if item.id not in disputed]
    removed = len(score.items) - len(rest)
    if not removed or not rest:
        note = "--errata: none of the items is disputed"
    else:
        official = 100 * sum(item.official for item in rest) / len(rest)
        choice = 100 * sum(item.choice for item in rest) / len(rest)
        items = "item" if removed == 1 else "items"
        note = (
            f"without the {removed} disputed {items} (--errata): official {official:.1f}, choice {choice:.1f} "
            f"of {len(rest):,} items"
        )
    return msgspec.structs.replace(score, notes=(*score.notes, note))


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
        words = _key_words(score.prediction)  # of a blank answer nothing, which repeats no key
        old = score.named == key.old if key.is_choice else bool(words) and words == _key_words(key.old)
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
        p_value=poisson_binomial_sf(named_old, of_wrong) if of_wrong else None,
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


def _key_words(text: str) -> list[str]:
    return text.casefold().strip(" .").split()
