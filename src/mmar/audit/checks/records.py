"""Checks of family S: records and their fields."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator

from msgspec import UNSET

from mmar.audit.check import Check, Finding, check
from mmar.audit.subject import Subject
from mmar.audit.wording import quoted, stray_space
from mmar.errors import InputError
from mmar.items import Item

__all__ = ["CHECKS"]


def _faults(subject: Subject, *fields: str) -> Iterator[InputError]:
    """The records that could not be read for one of these fields; with none, for any other reason."""
    named = ("id", "answer", "choices")
    for fault in subject.faults:
        field = (fault.field or "").partition("[")[0]
        if field in fields if fields else field not in named:
            yield fault


def _of(fault: InputError) -> Finding:
    line = "" if fault.line is None else f"line {fault.line}: "
    # By line, since what cannot be read has no id.
    return Finding(None, fault.field, f"{line}{fault.problem}")


@check("S001", "error", "records that cannot be read")
def unreadable(subject: Subject) -> Iterator[Finding]:
    """A record that is not JSON, lacks a field that every question has, or contains a value of the wrong type.

    No command asks such a question, so the benchmark is shorter than it seems. Correct the line that is
    named.
    """
    yield from map(_of, _faults(subject))


@check("S002", "error", "ids that are missing or occur twice")
def ids(subject: Subject) -> Iterator[Finding]:
    """A record without an id of its own.

    Answers are joined to questions by id, so of two records with one id only the first is ever asked.
    """
    yield from map(_of, _faults(subject, "id"))


@check("S003", "error", "answers that are not one of the choices")
def key(subject: Subject) -> Iterator[Finding]:
    """A record whose key names no choice, to the letter.

    Nobody can answer it right. Often a choice was corrected and the key was not.
    """
    yield from map(_of, _faults(subject, "answer"))


@check("S004", "error", "invalid lists of choices")
def number_of_choices(subject: Subject) -> Iterator[Finding]:
    """A record without choices, with one, or with more than 26, or with choices that are not texts."""
    yield from map(_of, _faults(subject, "choices"))


@check("S005", "error", "questions without text")
def blank(subject: Subject) -> Iterator[Finding]:
    """A question that is empty or blank: the model is shown choices and does not know what is asked."""
    for item in subject.items:
        if not item.question.strip():
            yield Finding(item.id, "question", "is empty", current=item.question)


_MOJIBAKE = re.compile(r"[ÃÂâ][\x80-\xff‚-›€™œžŸŠŒŽ]")


@check("S006", "warning", "texts with characters that were lost or cannot be seen")
def lost_characters(subject: Subject) -> Iterator[Finding]:
    """A question, choice or reference reasoning with a character that cannot be meant.

    U+FFFD, a control, private or invisible formatting character; or text read in the wrong encoding, `â€™`
    for `’`. A model is shown them, and two choices may differ in nothing else. The zero-width joiner inside
    an emoji is no fault. Where the wrong decoding can be undone, the corrected text is proposed.
    """
    for item in subject.items:
        for field, text in _texts(item):
            if text.isascii() and text.isprintable():
                continue
            odd = sorted({mark for at, mark in enumerate(text) if _is_odd(text, at)})
            if odd:
                listed = ", ".join(f"U+{ord(mark):04X}" for mark in odd[:5])
                yield Finding(item.id, field, f"{quoted(text)} contains {listed}", "odd character", (), text)
            elif (right := _redecoded(text)) is not None:
                message = f"{quoted(text)} was decoded wrongly, it should be {quoted(right)}"
                # A choice is corrected together with the answer that must equal it, so by hand.
                proposed = UNSET if "[" in field else right
                yield Finding(item.id, field, message, "decoding", (), text, proposed)


def _texts(item: Item) -> Iterator[tuple[str, str]]:
    yield "question", item.question
    yield from ((f"choices[{at}]", choice) for at, choice in enumerate(item.choices))
    yield "thinking", item.thinking or ""


def _is_odd(text: str, at: int) -> bool:
    mark = text[at]
    if mark in "\n\t\r" or mark.isprintable():
        return mark == "\ufffd"
    if mark == "\u200d":  # a joiner between two pictures
        around = text[max(0, at - 1) : at] + text[at + 1 : at + 2]
        return not (len(around) == 2 and all(unicodedata.category(c) in ("So", "Sk", "Mn") for c in around))
    return unicodedata.category(mark) in ("Cc", "Cf", "Co", "Cn", "Cs")


def _redecoded(text: str) -> str | None:
    if not _MOJIBAKE.search(text):
        return None
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return None


@check("S007", "warning", "questions with stray white space")
def white_space(subject: Subject) -> Iterator[Finding]:
    """White space before or after a question, twice within it, or a line break or tab.

    It is sent to the model unchanged. The text without it is proposed.
    """
    for item in subject.items:
        stray = stray_space(item.question)
        if stray and item.question.strip():
            right = " ".join(item.question.split())
            yield Finding(item.id, "question", stray, "", (), item.question, right)


@check("S008", "warning", "labels that are written in several ways")
def labels(subject: Subject) -> Iterator[Finding]:
    """A modality, category, sub-category or source that is blank, or a commoner one in another form.

    In case, spaces, hyphens or underscores, that is. Tables by group then have two rows for one thing. The
    commoner spelling is proposed.
    """
    for field in ("modality", "category", "sub_category", "source"):
        counts = Counter(value for item in subject.items if (value := getattr(item, field)) is not None)
        spellings: dict[str, list[str]] = defaultdict(list)
        for value, _ in counts.most_common():
            spellings["".join(filter(str.isalnum, value.casefold()))].append(value)
        name = field.replace("_", "-")
        for item in subject.items:
            value = getattr(item, field)
            if value is None:
                continue
            usual = spellings["".join(filter(str.isalnum, value.casefold()))][0]
            if not value.strip():
                yield Finding(item.id, name, "is blank", "", (), value)
            elif value != usual:
                message = f"{quoted(value)} beside {quoted(usual)}, which {counts[usual]:,} items have"
                yield Finding(item.id, name, message, "", (), value, usual)


@check("S009", "warning", "sub-categories of several categories")
def nesting(subject: Subject) -> Iterator[Finding]:
    """An item whose sub-category belongs to another category in most items.

    A taxonomy is a tree; an accuracy by sub-category would mix two layers.
    """
    under: dict[str, Counter[str]] = defaultdict(Counter)
    for item in subject.items:
        if item.sub_category is not None:
            under[item.sub_category][item.category] += 1
    for item in subject.items:
        if item.sub_category is None or len(under[item.sub_category]) < 2:
            continue
        usual, count = under[item.sub_category].most_common(1)[0]
        if item.category != usual:
            message = (
                f"{quoted(item.sub_category)} is under {quoted(item.category)} here, "
                f"under {quoted(usual)} in {count:,}"
            )
            yield Finding(item.id, "category", message, "", (), item.category)


CHECKS: tuple[Check[Subject], ...] = (
    unreadable,
    ids,
    key,
    number_of_choices,
    blank,
    lost_characters,
    white_space,
    labels,
    nesting,
)
