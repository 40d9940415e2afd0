"""Version 1 of the reading, frozen so that numbers published with it can be made again."""

from __future__ import annotations

import re

from mmar.protocols.cascade_1.mentions import ChoiceForms, clean, forms, named_choices
from mmar.protocols.cascade_1.naming import (
    CONFLICT,
    DENIED,
    NONE,
    labelled,
    letter_alone,
    letter_clause,
    line_names,
    match_choice,
    max_span,
    named_last,
    whole,
)
from mmar.protocols.cascade_1.segments import (
    UNFINISHED,
    Segment,
    answer_start,
    common_segments,
    find_tag,
    rule_segments,
)
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


_EMPTY = Reading("unresolved", None, "empty")


def read_version_1(text: str, choices: tuple[str, ...], rule: ReadingRule) -> Reading:
    """Read one answer as `cascade@1` did.

    Args:
        text: what the model wrote.
        choices: the choices as they were put, 2 to 26.
        rule: the protocol's own markers and whether it asked for a letter.

    Returns:
        The reading; its `rule` is the reason in the words of version 1, and no words are marked.
    """
    stripped = text.strip()
    known = forms(choices)
    if rule.expects == "text" and stripped and (index := known.exact.get(stripped, NONE)) >= 0:
        return Reading("choice", index, "exact text")
    return _closely(text, known, rule)


def _closely(text: str, known: ChoiceForms, rule: ReadingRule) -> Reading:
    letters = rule.expects == "letter"
    raw = _without_thinking(text, rule)
    if raw is None:
        return Reading("unresolved", None, "the thinking never ended")
    answer = clean(raw)
    if letters and (index := letter_alone(answer, len(known.texts))) >= 0:
        return Reading("choice", index, "a lone letter")
    if (index := whole(answer, known)) >= 0:
        return Reading("choice", index, "the choice's text")
    if (index := letter_alone(answer, len(known.texts))) >= 0:
        return Reading("choice", index, "a lone letter")
    limit = max_span(known)
    if rule.markers:
        for segment in rule_segments(answer, raw, rule, limit):
            if (decided := _decide(segment, known, letters=letters)) is not None:
                return decided
    for segment in common_segments(answer, raw, limit):
        if (decided := _decide(segment, known, letters=letters)) is not None:
            return decided
    return _unmarked(answer, known, letters=letters)


def _without_thinking(text: str, rule: ReadingRule) -> str | None:
    if "<" not in text and "◁" not in text:
        return text
    if rule.part and (tag := find_tag(text, rule.part)):
        return text[tag.begin : tag.end]
    start = answer_start(text)
    return None if start == UNFINISHED else text[start:]


def _decide(segment: Segment, known: ChoiceForms, *, letters: bool) -> Reading | None:
    """Read what a marker points at; `None` when nothing there can be read."""
    if segment.before:
        index = named_last(segment.text, known)
    else:
        index = match_choice(segment.text, known, letters=letters, closed=segment.closed)
    if index >= 0:
        return Reading("choice", index, segment.reason)
    if index == CONFLICT:
        return Reading("unresolved", None, f"{segment.reason}: {_TWO}")
    return Reading("unresolved", None, f"{segment.reason}: {_DENIES}") if index == DENIED else None


def _unmarked(text: str, known: ChoiceForms, *, letters: bool) -> Reading:
    """Read an answer in which no marker points at a choice."""
    if "\n" in text:
        index = _lines(text, known, letters=letters)
        if index == CONFLICT:
            return Reading("unresolved", None, "lines that name different choices")
        if index >= 0:
            return Reading("choice", index, "a line of its own")
    head = text[: max_span(known)]
    index = labelled(head, known)
    if index == CONFLICT:
        return Reading("unresolved", None, "the letter and the text beside it disagree")
    if index >= 0:
        return Reading("choice", index, "a letter with its text")
    index, _ = letter_clause(head, len(known.texts))
    named = named_choices(text, known)
    if index >= 0 and named.affirmed in ((), (index,)):
        return Reading("choice", index, "a letter")
    if index < 0 and len(named.affirmed) == 1:
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
    result = NONE
    for line in dict.fromkeys(text.split("\n")):
        if not line or line.isspace() or len(line) > known.longest + 200:
            continue
        index = line_names(line, known, letters=letters)
        if index == CONFLICT or (index >= 0 and result >= 0 and index != result):
            return CONFLICT
        result = max(result, index)
    return result
