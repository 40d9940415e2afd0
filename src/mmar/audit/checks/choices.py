"""Checks of family C: choices."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import UNSET

from mmar.audit.check import Finding, check, of_item
from mmar.audit.subject import Subject, find_stray_space, normal_form, quoted
from mmar.protocols import read
from mmar.scoring import official_match


@check("C001", "error", "wrong choices that the published rule scores as right")
def wrong_choice_accepted(subject: Subject) -> Iterator[Finding]:
    """A wrong choice that contains the same words as the answer, in another order or number.

    "From near to far" beside "From far to near", "3:1" beside "1:3". The published rule compares sets of
    words, so a model that names the wrong choice scores a point. Word the choices with different words, or
    score with `choice`, which keeps order.
    """
    for item, answer in subject.keyed:
        for choice in item.choices:
            if normal_form(choice) == normal_form(answer):
                continue  # C003
            if official_match(answer, choice, item.choices):
                message = f"{quoted(choice)} is taken for {quoted(answer)}: the same words"
                yield Finding(item.id, "choices", message, "", (), choice)


@check("C002", "error", "empty choices")
def empty_choice(subject: Subject) -> Iterator[Finding]:
    """A choice without text.

    It can be chosen by no model and shifts the level of chance; often a separator too many in a spreadsheet.
    Leaving it out is proposed where it is not the answer.
    """
    for item, answer in subject.keyed:
        for index, choice in enumerate(item.choices):
            if choice.strip():
                continue
            message = f"choice {index + 1} of {len(item.choices)} is empty"
            others = [each for each in item.choices if each.strip()]
            proposed = others if answer.strip() and len(others) > 1 else UNSET
            yield of_item(item, "choices", message, proposed=proposed)
            break


@check("C003", "error", "choices that are the same text")
def duplicate_choices(subject: Subject) -> Iterator[Finding]:
    """Two choices that are equal once case, quotes, dashes, white space and end marks are made plain.

    An answer that names one cannot be distinguished from an answer that names the other.
    """
    for item in subject.items:
        first: dict[str, str] = {}
        for choice in item.choices:
            form = normal_form(choice)
            if form and form in first:
                message = f"{quoted(choice)} is {quoted(first[form])}"
                yield Finding(item.id, "choices", message, "", (), choice)
            first.setdefault(form, choice)


@check("C004", "error", "choices that cannot be read back from an answer")
def unreadable_choice(subject: Subject) -> Iterator[Finding]:
    """A choice that the scorer `choice` does not find in "The answer is …" followed by its text.

    Nothing is left of it once quotation marks, emphasis and end marks are taken away, or it contains such a phrase
    itself. A model that answers in a sentence is then unresolved, or counted for another choice. Empty choices
    and choices of the same text have checks of their own.
    """
    for item in subject.items:
        forms = [normal_form(choice) for choice in item.choices]
        for choice, form in zip(item.choices, forms, strict=True):
            if not choice.strip() or forms.count(form) > 1:
                continue
            reading = read(f"The answer is {choice.strip()}.", item.choices)
            named = None if reading.index is None else item.choices[reading.index]
            if named != choice:
                read_as = "no choice" if named is None else quoted(named)
                message = f"{quoted(choice)} is read as {read_as}: {reading.reason}"
                yield Finding(item.id, "choices", message, "", (), choice)


@check("C005", "error", "answers that the published rule never scores as right")
def answer_without_words(subject: Subject) -> Iterator[Finding]:
    """An answer without a single word character, such as "?" or "♯".

    The published rule finds no word in it and calls even the answer's own text wrong.
    """
    for item, answer in subject.keyed:
        if not official_match(answer, answer, item.choices):
            yield of_item(item, "answer", f"{quoted(answer)} contains no word")


@check("C006", "warning", "choices with stray white space")
def choice_white_space(subject: Subject) -> Iterator[Finding]:
    """White space before or after a choice, twice within it, or a line break or tab.

    A scorer that compares letter by letter fails on it, and the answer must carry the same. The texts without
    it are proposed, for the choices and, where it is concerned, for the answer.
    """
    for item, answer in subject.keyed:
        right = [" ".join(choice.split()) for choice in item.choices]
        if len(set(right)) < len(right):
            continue  # what is left would be two choices of one text
        odd = [stray for choice in item.choices if choice.strip() and (stray := find_stray_space(choice))]
        if odd:
            yield of_item(item, "choices", ", ".join(odd), proposed=right)
        if answer.strip() and (stray := find_stray_space(answer)):
            yield of_item(item, "answer", stray, proposed=" ".join(answer.split()))


@check("C007", "warning", "choices that are another choice's letter")
def choice_is_a_letter(subject: Subject) -> Iterator[Finding]:
    """A choice whose text is the letter under which another choice is shown.

    Such as the chord "B" in the first place. An answer "B" then means two things. Protocols that ask for a
    letter cannot be used on the item.
    """
    for item in subject.items:
        for index, choice in enumerate(item.choices):
            form = normal_form(choice)
            other = ord(form) - ord("a") if len(form) == 1 else -1
            if 0 <= other < len(item.choices) and other != index:
                message = f"{quoted(choice)} is the letter of {quoted(item.choices[other])}"
                yield Finding(item.id, "choices", message, "", (), choice)


_ORDER = re.compile(
    r"\b(?:all|none|any|both|either|neither) of the (?:above|below)\b|\b(?:above|below) all\b"
)


@check("C008", "note", "choices that speak of the others' order")
def refers_to_order(subject: Subject) -> Iterator[Finding]:
    """A choice such as "none of the above".

    It becomes false when choices are rotated or shuffled; "none of them" stays true.
    """
    for item in subject.items:
        for choice in item.choices:
            if _ORDER.search(normal_form(choice)):
                yield Finding(item.id, "choices", quoted(choice), "", (), choice)
