"""Which choice does an answer name? The reading cascade (METHODS, "reading an answer"; xFinder, arXiv 2405.11874).

From the strictest to the most lenient; the first step that decides, ends it:

    1. the whole answer is one choice's text, or one letter
    2. the protocol's own marker, then the common ones: a tag, a JSON key, a box, "answer is"; the last one
       that points at a choice or a letter
    3. lines that are nothing but a choice or a letter, all the same
    4. a letter with its text at the start, which must agree
    5. the one choice that the text names, the longest first, shorter ones inside it masked; a choice that
       is only named to be denied does not count

An answer that names two choices, contradicts itself or denies what it names is *unresolved*; one that
declines is *refused*. There is no guess anywhere: nothing here draws at random or falls back to a letter.
The work is linear in the answer's length, whatever it holds.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from mmar.protocols.frames import GLANCES, TEXT, glance
from mmar.protocols.letters import letter_alone, letter_clause
from mmar.protocols.markers import ReadingRule, Segment, common_segments, rule_segments
from mmar.protocols.mentions import named_choices
from mmar.protocols.naming import (
    CONFLICT,
    DENIED,
    NONE,
    labelled,
    line_names,
    named_by,
    named_last,
    reach,
    whole,
)
from mmar.protocols.patterns import pattern
from mmar.protocols.prepared import Prepared, prepared
from mmar.protocols.tags import find_tag
from mmar.protocols.thinking import UNFINISHED, answer_start
from mmar.protocols.wording import ChoiceForms, clean

__all__ = ["READING_VERSION", "Reading", "State", "read", "read_known"]

READING_VERSION = 1
"""Raised whenever any answer may be read differently; part of every signature."""

State = Literal["choice", "unresolved", "refused", "failed", "missing"]

_TWO = "names more than one choice"
_DENIES = "names a choice only to deny it"
_REFUSAL = pattern(
    r"""sorry\b | apologi[sz]e | as\s+an\s+ai\b | \bi\s+(?:can\s?not|can't|won't|will\s+not|am\s+not\s+able|am\s+unable)\b
      | \bi'm\s+(?:not\s+able|unable) | do(?:\s+not|n't)\s+have\s+(?:access|the\s+ability|enough)
      | unable\s+to\s+(?:process|hear|listen|access|analy[sz]e|assist|help|answer|determine|identify|provide)
      | can(?:not|'t)\s+be\s+(?:determined|answered|identified) | no\s+audio\s+(?:was|is|has\s+been|file)
      | not\s+(?:enough|sufficient)\s+information | 无法 | 抱歉""",
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
_GLANCED = {how: tuple(Reading("choice", at, how) for at in range(26)) for how in GLANCES}
_FAILED = Reading("failed", None, "no answer came")
_EMPTY = Reading("unresolved", None, "empty")
_ANY = ReadingRule()
_UNFINISHED = Reading("unresolved", None, "the thinking never ended")


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
    return _FAILED if text is None else read_known(text, prepared(choices), rule)


def read_known(text: str, known: Prepared, rule: ReadingRule | None = None) -> Reading:
    """As `read`, of choices that are prepared: the inner loop of scoring."""
    stripped = text.strip()
    if (rule is None or rule == _ANY) and (cores := known.cores):
        at, how = glance(stripped, cores)
        if at >= 0 and how is not TEXT:
            return _GLANCED[how][at]
    if (rule is None or rule.expects == "text") and stripped and (at := known.exact.get(stripped, NONE)) >= 0:
        return _EXACT[at]
    return read_closely(text, known.forms, rule)


def read_closely(text: str, known: ChoiceForms, rule: ReadingRule | None = None) -> Reading:
    """The cascade from its second step on, whatever a glance would say."""
    letters = rule is not None and rule.expects == "letter"
    raw = _without_thinking(text, rule)
    if raw is None:
        return _UNFINISHED
    answer = clean(raw)
    if letters and (at := letter_alone(answer, len(known.texts))) >= 0:
        return _LETTER[at]
    if (at := whole(answer, known)) >= 0:
        return _WHOLE[at]
    if (at := letter_alone(answer, len(known.texts))) >= 0:
        return _LETTER[at]
    limit = reach(known)
    if rule is not None and rule.markers:
        for segment in rule_segments(answer, raw, rule, limit):
            if (decided := _decide(segment, known, letters=letters)) is not None:
                return decided
    for segment in common_segments(answer, raw, limit):
        if (decided := _decide(segment, known, letters=letters)) is not None:
            return decided
    return _unmarked(answer, known, letters=letters)


def _without_thinking(text: str, rule: ReadingRule | None) -> str | None:
    if "<" not in text and "◁" not in text:
        return text
    if rule is not None and rule.part and (tag := find_tag(text, rule.part)):
        return text[tag.begin : tag.end]
    start = answer_start(text)
    return None if start == UNFINISHED else text[start:]


def _decide(segment: Segment, known: ChoiceForms, *, letters: bool) -> Reading | None:
    """Read what a marker points at; `None` when nothing there can be read."""
    if segment.before:
        at = named_last(segment.text, known)
    else:
        at = named_by(segment.text, known, letters=letters, closed=segment.closed)
    if at >= 0:
        return Reading("choice", at, segment.reason)
    if at == CONFLICT:
        return Reading("unresolved", None, f"{segment.reason}: {_TWO}")
    return Reading("unresolved", None, f"{segment.reason}: {_DENIES}") if at == DENIED else None


def _unmarked(text: str, known: ChoiceForms, *, letters: bool) -> Reading:
    """Read an answer in which no marker points at a choice."""
    if "\n" in text:
        at = _lines(text, known, letters=letters)
        if at == CONFLICT:
            return Reading("unresolved", None, "lines that name different choices")
        if at >= 0:
            return Reading("choice", at, "a line of its own")
    head = text[: reach(known)]
    at = labelled(head, known)
    if at == CONFLICT:
        return Reading("unresolved", None, "the letter and the text beside it disagree")
    if at >= 0:
        return Reading("choice", at, "a letter with its text")
    at, _ = letter_clause(head, len(known.texts))
    named = named_choices(text, known)
    if at >= 0 and named.affirmed in ((), (at,)):
        return Reading("choice", at, "a letter")
    if at < 0 and len(named.affirmed) == 1:
        return Reading("choice", named.affirmed[0], "the only choice named")
    if named.affirmed:
        return Reading("unresolved", None, _TWO)
    if _REFUSAL.search(text[:400]):
        return Reading("refused", None, "declines to answer")
    if named.denied:
        return Reading("unresolved", None, _DENIES)
    return Reading("unresolved", None, "names no choice") if any(map(str.isalnum, text)) else _EMPTY


def _lines(text: str, known: ChoiceForms, *, letters: bool) -> int:
    """The choice that whole lines name; `CONFLICT` when two lines name different ones."""
    found = NONE
    for line in dict.fromkeys(text.split("\n")):
        if not line or line.isspace() or len(line) > known.longest + 200:
            continue
        at = line_names(line, known, letters=letters)
        if at == CONFLICT or (at >= 0 and found >= 0 and at != found):
            return CONFLICT
        found = max(found, at)
    return found
