"""Version 1 of the reading, frozen so that numbers published with it can be made again."""

from __future__ import annotations

import re
from itertools import chain

from mmar.protocols.cascade_1.mentions import ChoiceForms, clean, forms, named_choices
from mmar.protocols.cascade_1.naming import (
    CONFLICT,
    DENIED,
    NONE,
    match_choice,
    match_label,
    match_last,
    match_letter_clause,
    match_line,
    match_lone_letter,
    match_whole,
)
from mmar.protocols.cascade_1.segments import Segment, common_segments, find_tags, rule_segments
from mmar.protocols.reading.rules import Reading, ReadingRule

__all__ = ["read_version_1"]

_TWO = "names more than one choice"
_DENIES = "names a choice only to deny it"
_REFUSAL = re.compile(
    r"""sorry\b | apologi[sz]e | as\s+an\s+ai\b | \bi\s+(?:can\s?not|can't|won't|will\s+not|am\s+not\s+able|am\s+unable)\b
      | \bi'm\s+(?:not\s+able|unable) | do(?:\s+not|n't)\s+have\s+(?:access|the\s+ability|enough)
      | unable\s+to\s+(?:process|hear|listen|access|analy[sz]e|assist|help|answer|determine|identify|provide)
      | can(?:not|'t)\s+be\s+(?:determined|answered|identified) | no\s+audio\s+(?:was|is|has\s+been|file)
      | not\s+(?:enough|sufficient)\s+information | 无法 | 抱歉""",
    re.VERBOSE | re.IGNORECASE,
)
_THINKING_END = re.compile(r"</think(?:ing)?>|◁/think▷", re.IGNORECASE)
_THINKING_BEGIN = re.compile(r"\s{0,80}(?:<think(?:ing)?>|◁think▷)", re.IGNORECASE)


def read_version_1(text: str, choices: tuple[str, ...], rule: ReadingRule) -> Reading:
    """Read one answer as `cascade@1` did; arguments as `mmar.protocols.reading.read`.

    Returns:
        The reading; its `rule` is the reason in the words of version 1, and no words are marked.
    """
    letters = rule.expects == "letter"
    stripped = text.strip()
    known = forms(choices)
    if not letters and stripped and (index := known.exact.get(stripped, NONE)) >= 0:
        return Reading("choice", index, "exact text")
    raw = _without_thinking(text, rule)
    if raw is None:
        return Reading("unresolved", None, "the thinking never ended")
    answer = clean(raw)
    if letters and (index := match_lone_letter(answer, len(known.texts))) >= 0:
        return Reading("choice", index, "a lone letter")
    if (index := match_whole(answer, known)) >= 0:
        return Reading("choice", index, "the choice's text")
    if (index := match_lone_letter(answer, len(known.texts))) >= 0:
        return Reading("choice", index, "a lone letter")
    for segment in chain(
        rule_segments(answer, raw, rule, known.max_span), common_segments(answer, raw, known.max_span)
    ):
        if (decided := _decide(segment, known, letters=letters)) is not None:
            return decided
    return _unmarked(answer, known, letters=letters)


def _without_thinking(text: str, rule: ReadingRule) -> str | None:
    """The answer behind the last end of a thinking block; `None` where thinking begins and never ends."""
    if rule.part and (part := next(find_tags(text, rule.part), None)) is not None:
        return part
    start = max((match.end() for match in _THINKING_END.finditer(text)), default=0)
    return None if not start and _THINKING_BEGIN.match(text) else text[start:]


def _decide(segment: Segment, known: ChoiceForms, *, letters: bool) -> Reading | None:
    """Read what a marker points at; `None` when nothing there can be read."""
    if segment.before:
        index = match_last(segment.text, known)
    else:
        index = match_choice(segment.text, known, letters=letters, closed=segment.closed)
    if index >= 0:
        return Reading("choice", index, segment.reason)
    if index == CONFLICT:
        return Reading("unresolved", None, f"{segment.reason}: {_TWO}")
    return Reading("unresolved", None, f"{segment.reason}: {_DENIES}") if index == DENIED else None


def _unmarked(text: str, known: ChoiceForms, *, letters: bool) -> Reading:
    """Read an answer in which no marker points at a choice."""
    head = text[: known.max_span]
    line = _lines(text, known, letters=letters) if "\n" in text else NONE
    for index, reason, conflict in (
        (line, "a line of its own", "lines that name different choices"),
        (match_label(head, known), "a letter with its text", "the letter and the text beside it disagree"),
    ):
        if index >= 0:
            return Reading("choice", index, reason)
        if index == CONFLICT:
            return Reading("unresolved", None, conflict)
    index, _ = match_letter_clause(head, len(known.texts))
    affirmed, denied = named_choices(text, known)
    if index >= 0 and affirmed <= {index}:
        return Reading("choice", index, "a letter")
    if index < 0 and len(affirmed) == 1:
        return Reading("choice", affirmed.pop(), "the only choice named")
    if affirmed:
        return Reading("unresolved", None, _TWO)
    if _REFUSAL.search(text[:400]):
        return Reading("refused", None, "declines to answer")
    if denied:
        return Reading("unresolved", None, _DENIES)
    return Reading("unresolved", None, "names no choice" if any(map(str.isalnum, text)) else "empty")


def _lines(text: str, known: ChoiceForms, *, letters: bool) -> int:
    """The choice that whole lines name; `CONFLICT` when two lines name different ones."""
    result = NONE
    for line in dict.fromkeys(text.split("\n")):
        if not line or line.isspace() or len(line) > known.longest + 200:
            continue
        index = match_line(line, known, letters=letters)
        if index == CONFLICT or (index >= 0 and result >= 0 and index != result):
            return CONFLICT
        result = max(result, index)
    return result
