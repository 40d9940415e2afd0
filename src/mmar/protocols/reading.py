"""Which choice does an answer name? The reading cascade (METHODS, "reading an answer"; xFinder, arXiv 2405.11874).

From the strictest to the most lenient; the first step that decides, ends it:

    1. the whole answer is one choice's text, or one letter
    2. the protocol's own marker, then the common ones: a tag, a JSON key, a box, "answer is"; the last one
       that is followed by a choice or a letter
    3. lines that are nothing but a choice or a letter, all the same
    4. a letter with its text at the start, which must agree
    5. the one choice that the text names, the longest first, shorter ones inside it masked; a choice that
       is only named to be denied does not count

An answer that names two choices, contradicts itself or denies what it names is *unresolved*; one that
declines is *refused*. There is no guess anywhere: nothing here draws at random or falls back to a letter.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from mmar.protocols.letters import letter_alone, letter_clause, letter_label, letter_labels
from mmar.protocols.markers import ReadingRule, Segment, common_segments, rule_segments, without_thinking
from mmar.protocols.mentions import is_edge, named_choices
from mmar.protocols.wording import ChoiceForms, clean, forms, loose, plain

__all__ = ["READING_VERSION", "Reading", "State", "read"]

READING_VERSION = 1
"""Raised whenever any answer may be read differently; part of every signature."""

State = Literal["choice", "unresolved", "refused", "failed", "missing"]

_NONE = -1
_CONFLICT = -2
_TWO = "names more than one choice"
_SENTENCE = re.compile(r"[.!?。！？](?=\s|$)|[。！？]|\n\s*\S")
_ARTICLE = re.compile(r"(?:that |it is |it's |most likely |probably |likely |clearly |the |an? )+")
_LINK = re.compile(r"[\s.!?)\]']*(?:[,/;|&]|\bor\b|\band\b)+\s*(?:or\b|and\b)?\s*")
_REFUSAL = re.compile(
    r"""\bsorry\b | \bapologi[sz]e | \bas\s+an\s+ai\b | \bi\s+(?:can\s?not|can't|won't|will\s+not|am\s+not\s+able|am\s+unable)\b
      | \bi'm\s+(?:not\s+able|unable) | \bdo(?:\s+not|n't)\s+have\s+(?:access|the\s+ability)
      | \bunable\s+to\s+(?:process|hear|listen|access|analy[sz]e|assist|help|answer|determine)
      | \bcannot\s+(?:be\s+determined|assist|help|comply|hear|answer) | \bno\s+audio\s+(?:was|is|has\s+been|file) | 无法 | 抱歉""",
    re.VERBOSE | re.IGNORECASE,
)


class Reading(msgspec.Struct, frozen=True):
    """What an answer says.

    Attributes:
        state: `choice`, or why there is none.
        index: 0-based index of the choice named; `None` unless the state is `choice`.
        reason: how it was read, one phrase.
    """

    state: State
    index: int | None
    reason: str


_EXACT = tuple(Reading("choice", at, "exact text") for at in range(26))
_WHOLE = tuple(Reading("choice", at, "the choice's text") for at in range(26))
_LETTER = tuple(Reading("choice", at, "a lone letter") for at in range(26))
_FAILED = Reading("failed", None, "no answer came")
_EMPTY = Reading("unresolved", None, "empty")


def read(text: str | None, choices: tuple[str, ...], rule: ReadingRule | None = None) -> Reading:
    """Read one answer.

    Args:
        text: what the model said; `None` when no answer came.
        choices: the choices as they were put, 2 to 26.
        rule: the protocol's own markers and whether it asked for a letter; the common markers when not given.

    Example:
        >>> read("The answer is (B) two.", ("one", "two")).index
        1
        >>> read("It is not two", ("one", "two")).state
        'unresolved'
    """
    if text is None:
        return _FAILED
    known = forms(choices)
    letters = rule is not None and rule.expects == "letter"
    stripped = text.strip()
    if not letters and stripped and (at := known.exact.get(stripped, _NONE)) >= 0:
        return _EXACT[at]
    answer = without_thinking(clean(text))
    if answer is None:
        return Reading("unresolved", None, "the thinking never ended")
    if letters and (at := letter_alone(answer, len(choices))) >= 0:
        return _LETTER[at]
    if (at := _whole(answer, known)) >= 0:
        return _WHOLE[at]
    if rule is not None:
        for segment in rule_segments(answer, rule):
            if (decided := _decide(segment, known, letters)) is not None:
                return decided
    if (at := letter_alone(answer, len(choices))) >= 0:
        return _LETTER[at]
    for segment in common_segments(answer):
        if (decided := _decide(segment, known, letters)) is not None:
            return decided
    return _unmarked(answer, known, letters)


def _unmarked(text: str, known: ChoiceForms, letters: bool) -> Reading:
    """Read an answer in which no marker points at a choice."""
    if "\n" in text:
        at = _lines(text, known, letters)
        if at == _CONFLICT:
            return Reading("unresolved", None, "lines that name different choices")
        if at >= 0:
            return Reading("choice", at, "a line of its own")
    at = _labelled(text, known)
    if at == _CONFLICT:
        return Reading("unresolved", None, "the letter and the text beside it disagree")
    if at >= 0:
        return Reading("choice", at, "a letter with its text")
    named = named_choices(text, known)
    if len(named.affirmed) == 1:
        return Reading("choice", named.affirmed[0], "the only choice named")
    if named.affirmed:
        return Reading("unresolved", None, _TWO)
    if named.denied:
        return Reading("unresolved", None, "names a choice only to deny it")
    if _REFUSAL.search(text[:400]):
        return Reading("refused", None, "declines to answer")
    return Reading("unresolved", None, "names no choice") if any(map(str.isalnum, text)) else _EMPTY


def _decide(segment: Segment, known: ChoiceForms, letters: bool) -> Reading | None:
    """Read what a marker points at; `None` when nothing there can be read."""
    text, count = segment.text, len(known.texts)
    at = letter_alone(text, count) if letters else _NONE
    if at < 0:
        at = _whole(text, known, empty=segment.closed)
    if at < 0:
        at = letter_alone(text, count)
    if at < 0:
        at = _labelled(text, known)
    if at == _NONE:
        at = _at_start(text, known)
    if at == _NONE:
        at = letter_clause(text, count)
    if at == _NONE:
        named = named_choices(text if segment.closed else _first_sentence(text), known)
        if named.affirmed:
            at = named.affirmed[0] if len(named.affirmed) == 1 else _CONFLICT
        elif named.denied:
            return Reading("unresolved", None, f"{segment.reason}: names a choice only to deny it")
    if at == _CONFLICT:
        return Reading("unresolved", None, f"{segment.reason}: {_TWO}")
    return Reading("choice", at, segment.reason) if at >= 0 else None


def _whole(text: str, known: ChoiceForms, *, empty: bool = False) -> int:
    """The choice that the whole text is; an empty one only where the text's end is marked."""
    if len(text) > 4 * known.longest + 400:  # white space aside, it cannot be; and it may be 50 MB
        return _NONE
    stripped = text.strip()
    if not stripped:
        return known.exact.get("", _NONE) if empty else _NONE
    if (at := known.exact.get(stripped, _NONE)) >= 0:
        return at
    form = plain(stripped)
    if (at := known.plain.get(form, _NONE)) >= 0:
        return at
    form = loose(form)
    return known.loose.get(form, _NONE) if form else _NONE


def _first_sentence(text: str) -> str:
    text = text.lstrip()
    end = _SENTENCE.search(text)
    return text[: end.start()] if end else text


def _starting(form: str, known: ChoiceForms) -> int:
    """The longest choice that a text in loose form starts with."""
    for at in known.by_length:
        choice = known.looses[at]
        if form.startswith(choice) and is_edge(form, len(choice)) and known.loose.get(choice) == at:
            return at
    return _NONE


def _head(text: str, known: ChoiceForms) -> str:
    """The start of a text in loose form, long enough for any choice and what links it to the next."""
    return loose(plain(text[: 2 * known.longest + 200]))


def _at_start(text: str, known: ChoiceForms) -> int:
    """The choice that stands at the start of a segment, articles aside; a second one linked to it is a conflict."""
    form = _head(text, known)
    at = _starting(form, known)
    if at < 0 and (article := _ARTICLE.match(form)):
        form = form[article.end() :]
        at = _starting(form, known)
    if at >= 0:
        rest = form[len(known.looses[at]) :]
        if link := _LINK.match(rest):
            other = _starting(rest[link.end() :], known)
            if other >= 0 and other != at:
                return _CONFLICT
    return at


def _labelled(text: str, known: ChoiceForms) -> int:
    """The choice of a letter that labels the text after it; `_CONFLICT` when letter and text disagree."""
    at, end = letter_label(text, len(known.texts))
    if at < 0:
        return _NONE
    line = text[end:].lstrip().split("\n", 1)[0]
    if not line:
        return at
    for other, begin in letter_labels(line, len(known.texts)):
        if other != at and _starting(_head(line[begin:], known), known) == other:
            return _CONFLICT  # "A. cat B. dog" lists the choices
    said = _whole(line, known)
    if said < 0:
        said = _starting(_head(line, known), known)
    if said < 0:
        named = named_choices(line, known)
        if len(named.affirmed) > 1 or at in named.denied:
            return _CONFLICT
        said = named.affirmed[0] if named.affirmed else at
    return at if said == at else _CONFLICT


def _lines(text: str, known: ChoiceForms, letters: bool) -> int:
    """The choice that whole lines name; `_CONFLICT` when two lines name different ones."""
    found = _NONE
    for line in text.split("\n"):
        if not line or line.isspace() or len(line) > known.longest + 200:
            continue
        at = letter_alone(line, len(known.texts)) if letters else _NONE
        if at < 0:
            at = _whole(line, known)
        if at < 0:
            at = letter_alone(line, len(known.texts))
        if at < 0:
            at = _labelled(line, known)
        if at == _CONFLICT or (at >= 0 and found >= 0 and at != found):
            return _CONFLICT
        found = max(found, at)
    return found
