"""Checks of family A: what the answer key gives away without the audio."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from mmar.audit.check import Finding, Measure, check, of_item
from mmar.audit.subject import Subject, contains_phrase, normal_form, quoted
from mmar.items import Item
from mmar.protocols.reading.text import NUMBER_WORDS
from mmar.stats.chance import LEVEL, chi_squared_sf, poisson_binomial_sf

_WORDS = {**NUMBER_WORDS, "once": 1, "twice": 2, "thrice": 3}
_NUMBER = re.compile(
    r"(?<![\w.,/:-])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w,/:]|\.\d)|\b(?:" + "|".join(_WORDS) + r")\b"
)


_FEWEST_EXPECTED = 5  # a slot's expected count, below which Pearson's statistic has no chi-squared law
_FEWEST_SETS = 20  # times that a set of choices must recur to say anything


@check("A001", "warning", "keys that favour a place among the choices")
def position_bias(subject: Subject) -> Iterator[Finding | Measure]:
    """The answer is more often at some positions than at others.

    Pearson's χ² against even use of the slots, over all numbers of choices of which enough items exist; a
    warning at p < 0.01. A model that always names one letter then scores above chance. Shuffle the choices.
    """
    slots: dict[int, Counter[int]] = defaultdict(Counter)
    for item, answer in subject.keyed:
        slots[len(item.choices)][item.choices.index(answer)] += 1
    value, freedom, shares = 0.0, 0, {}
    for size, counts in sorted(slots.items()):
        expected = counts.total() / size
        if expected >= _FEWEST_EXPECTED:
            value += sum((counts[slot] - expected) ** 2 / expected for slot in range(size))
            freedom += size - 1
            shares[size] = [counts[slot] for slot in range(size)]
    if not freedom:
        return
    p = chi_squared_sf(value, freedom)
    listed = "; ".join(f"of {size}: {', '.join(map(str, counts))}" for size, counts in shares.items())
    text = f"answers by place, {listed} (χ² = {value:.2f}, {freedom} d.f., p = {p:.2g})"
    counts_by_size = {str(size): counts for size, counts in shares.items()}
    yield Measure(text, {"answers_by_slot": counts_by_size, "chi_squared": value, "freedom": freedom, "p": p})
    if p < LEVEL:
        yield Finding(None, "answer", text)


@check("A002", "warning", "keys that favour the longest or the shortest choice")
def length_bias(subject: Subject) -> Iterator[Finding | Measure]:
    """The answer is the longest choice, or the shortest, more often than chance would have it.

    Counted over the items of which one choice alone is the longest (the shortest); each counts as one draw of
    1 in the number of its choices, and the exact tail of their sum, doubled for the two tests, warns below
    0.01. Writers make the right choice precise and so long: write the others as carefully.
    """
    for word, sign in (("longest", 1), ("shortest", -1)):
        hits, chances = 0, []
        for item, answer in subject.keyed:
            lengths = [sign * len(choice.strip()) for choice in item.choices]
            if lengths.count(max(lengths)) == 1:
                chances.append(1 / len(lengths))
                hits += lengths[item.choices.index(answer)] == max(lengths)
        yield from _excess(
            f"the answer alone is the {word} choice in", word, hits, chances, kind=word, tests=2
        )


def _excess(
    text: str,
    name: str,
    hits: int,
    chances: list[float],
    *,
    of: str = "items",
    kind: str = "",
    tests: int = 1,
) -> Iterator[Finding | Measure]:
    """How much more often something occurs than by chance: its count, and a finding where that is unlikely."""
    if not chances:
        return
    expected = math.fsum(chances)
    p = min(1.0, tests * poisson_binomial_sf(hits, chances))
    text += f" {hits:,} of {len(chances):,} {of}, {expected:.1f} by chance (p = {p:.2g})"
    yield Measure(text, {name: hits, "n": len(chances), "expected": expected, "p": p})
    if p < LEVEL:
        yield Finding(None, "answer", text, kind)


@check("A003", "warning", "keys that favour the middle of the numbers")
def middle_bias(subject: Subject) -> Iterator[Finding | Measure]:
    """Where the choices are numbers, the answer is neither the least nor the greatest more often than chance.

    The exact tail of a sum of draws, each of (choices − 2) in choices; a warning below 0.01. Writers put
    wrong numbers around the right one, and who names the middle scores without listening. Let the right
    number are first, last and between equally often.
    """
    inner, chances = 0, []
    for item, answer in subject.keyed:
        numbers = quantities(item.choices)
        if numbers is not None and len(numbers) > 2:
            chances.append((len(numbers) - 2) / len(numbers))
            inner += min(numbers) < numbers[item.choices.index(answer)] < max(numbers)
    text = "the answer is neither least nor greatest in"
    yield from _excess(text, "inner", inner, chances, of="items with numbers")


@check("A004", "warning", "sets of choices of which one is the answer too often")
def recurring_choices_bias(subject: Subject) -> Iterator[Finding | Measure]:
    """A set of choices that at least 20 items share, such as Yes and No, of which one is the answer too often.

    Pearson's χ² against even use, for two choices the exact test, both sides; a warning below 0.01. A model
    that always says the commoner one is ahead of chance on these items.
    """
    sets: dict[frozenset[str], list[tuple[Item, str]]] = defaultdict(list)
    for item, answer in subject.keyed:
        forms = frozenset(map(normal_form, item.choices))
        if len(forms) == len(item.choices):
            sets[forms].append((item, answer))
    for forms, items in sets.items():
        if len(items) < _FEWEST_SETS:
            continue
        counts = Counter(normal_form(answer) for _, answer in items)
        n, size = len(items), len(forms)
        if size == 2:
            p = min(1.0, 2 * poisson_binomial_sf(max(counts.values()), [0.5] * n))
        else:
            p = chi_squared_sf(sum((counts[f] - n / size) ** 2 * size / n for f in forms), size - 1)
        choices = [choice for item, _ in reversed(items) for choice in item.choices]
        spelled = {normal_form(choice): choice.strip() for choice in choices}
        order = sorted(forms, key=lambda form: (-counts[form], form))
        listed = ", ".join(f"{quoted(spelled[form])} {counts[form]:,}" for form in order)
        text = f"{n:,} items have the same choices, and the answer is {listed} times (p = {p:.2g})"
        yield Measure(text, {"answers": {spelled[form]: counts[form] for form in order}, "n": n, "p": p})
        if p < LEVEL:
            shared = tuple(item.id for item, _ in items)
            yield Finding(None, "answer", text, " / ".join(spelled[form] for form in order), shared)


@check("A005", "warning", "questions that name the answer")
def question_names_answer(subject: Subject) -> Iterator[Finding]:
    """A question that contains the answer's words and no other choice's.

    Who reads the question alone has a reason to choose it. Questions that can be answered by yes or no in
    other words ("Is he drunk?", with "Drunk" and "Not drunk") are left out: there every choice contains the
    word.
    """
    for item, answer in subject.keyed:
        if [choice for choice in item.choices if contains_phrase(item.question, choice)] != [answer]:
            continue
        if any(contains_phrase(choice, answer) for choice in item.choices if choice != answer):
            continue
        message = f"{quoted(answer)} is in {quoted(item.question, 120)}"
        yield of_item(item, "question", message)


def quantities(choices: Sequence[str]) -> tuple[float, ...] | None:
    """The number of each choice, where the choices differ in nothing but one number; `None` where they do not.

    Example:
        >>> quantities(["3 times", "Four times", "5 times"]), quantities(["3", "At least 4"])
        ((3.0, 4.0, 5.0), None)
    """
    numbers, frames = [], set()
    for choice in choices:
        text = normal_form(choice)
        matches = _NUMBER.findall(text)
        if len(matches) != 1:
            return None
        frames.add(_NUMBER.sub("#", text).removesuffix("s"))  # "1 time", "2 times"
        word = matches[0]
        numbers.append(float(_WORDS[word]) if word in _WORDS else float(word.replace(",", "")))
    return tuple(numbers) if len(frames) == 1 and len(set(numbers)) == len(numbers) else None
