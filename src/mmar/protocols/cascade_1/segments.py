"""Pieces of an answer that a tag, a JSON key, a box or a phrase points at (version 1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Literal

import msgspec

from mmar.protocols.cascade_1.mentions import clean
from mmar.protocols.reading.rules import ReadingRule
from mmar.protocols.reading.segments import FINDERS, closing_brace, last_matches, unescaped

_MOST = 32


def find_tags(text: str, names: str, which: Literal["first", "last"] = "last") -> Iterator[str]:
    """What stands in tags of one of several names, joined by `|`; the first or the last tag first.

    A tag that is never closed holds the rest of the text.
    """
    opening, closings = _patterns(names)
    for match in opening.finditer(text) if which == "first" else last_matches(opening, text):
        close = closings[(match.lastindex or 1) - 1].search(text, match.end())
        yield text[match.end() : close.start() if close else len(text)]


@lru_cache(maxsize=64)
def _patterns(names: str) -> tuple[re.Pattern[str], list[re.Pattern[str]]]:
    each = [re.escape(name) for name in names.split("|")]
    either = "|".join(f"({name})" for name in each)
    closings = [re.compile(rf"<\s{{0,3}}/\s{{0,3}}{name}\s{{0,3}}>", re.IGNORECASE) for name in each]
    return re.compile(rf"<\s{{0,3}}(?:{either})\s{{0,3}}>", re.IGNORECASE), closings


# All repetitions are bounded, so that no text takes more than linear time. The patterns are for lower-case
# text and begin with plain letters, which is what makes them quick to search for.
_ANSWER_IS = re.compile(
    r"""(?:answer|option|choice)
        (?:\s(?:to|for|here|of|based\s+on)\b[^.:\n]{0,80}?)?
        ["'*_)]{0,4}
        (?: (?:\s{1,3}(?:must|should|would|could|will|has|to|seems|appears|therefore|then|thus|here|most|likely|probably|clearly)){0,4}
            \s{1,3}(?:is|be|was)\b [\s*"'_]{0,8} :?
          | \s{0,3} [:=] )""",
    re.VERBOSE,
)
_CHOOSE = re.compile(
    r"""\b(?:i|we)(?:\s(?:would|will|have\sto|am\sgoing\sto)|'d|'ll)?(?:\s(?:therefore|thus|then))?
        \s{1,3}(?:choose|select|pick|go\swith|answer(?:\swith)?)\b(?!\s(?:up|out|the\s(?:correct|right|best|most)|one|from|an?\s(?:answer|option)))
        \s{0,3}:?""",
    re.VERBOSE,
)
_IS_ANSWER = re.compile(
    r"""(?:is|was)(?<!\wis)(?<!\wwas)\s{1,3}(?:(?:most\slikely|therefore|thus|clearly|probably)\s)?(?:the|my)\s{1,3}
        (?:(?:most|only|correct|right|best|final|likely|plausible|appropriate|accurate|suitable|probable|fitting)\s{1,3}){0,3}
        (?:answer|option|choice)\b""",
    re.VERBOSE,
)
_CHINESE = re.compile(
    r"答案\s{0,3}(?:应该|应当|应)?\s{0,3}(?:是|为|:|选(?!项))|我(?:会|将)?选择?(?!项|题)|(?:故|应|应该)选(?!项|择)"
)
_SENTENCE_START = re.compile(r"[.!?\n。]\s")


def _pointed_at(text: str, max_span: int) -> Iterator[tuple[str, bool]]:
    """The text beside each phrase, the last phrase first, and whether it stands before the phrase."""
    lower = text.lower()
    if len(lower) != len(text):  # a few letters are two characters in lower case; then places would not fit
        text = lower
    points: list[tuple[int, int, bool]] = []
    if "answer" in lower or "option" in lower or "choice" in lower:
        points = [(match.start(), match.end(), False) for match in _ANSWER_IS.finditer(lower)]
        if (" the " in lower or " my " in lower) and (backwards := list(_IS_ANSWER.finditer(lower))):
            # "Dog is the right answer: it barks" points backwards alone.
            ends = {match.end() for match in backwards}
            points = [point for point in points if point[0] + len("answer") not in ends]
            points += [(match.start(), match.start(), True) for match in backwards]
    if "choose" in lower or "select" in lower or "pick" in lower or "go with" in lower or "d answer" in lower:
        points += [(match.start(), match.end(), False) for match in _CHOOSE.finditer(lower)]
    points += [(match.start(), match.end(), False) for match in _CHINESE.finditer(lower)]
    for start, end, before in sorted(points, reverse=True)[:_MOST]:
        if before:
            piece = text[max(0, start - max_span) : start]
            cut = max((stop.end() for stop in _SENTENCE_START.finditer(piece)), default=0)
            yield piece[cut:], True
        else:
            yield text[end : end + max_span], False


class Segment(msgspec.Struct, frozen=True):
    """A piece of an answer that a marker points at: `closed` with an end of its own, `before` its marker or behind."""

    text: str
    reason: str
    closed: bool
    before: bool = False


_TAGS = "answer|final_answer|response"
_KEYS = (
    "final[_ ]?answer|correct[_ ]?answer|answer|answer_prediction|answer_choice|prediction|final_choice|choice|option"
    "|selected[_ ]?option|selected_choice"
)
_VALUE = r"""\s{0,40}:\s{0,40}("[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*'|-?\d[\d.]*|true\b|false\b)"""
_BOX = re.compile(r"\\boxed\s{0,9}\{")
_COMMAND = re.compile(r"\\(?:text|textbf|mathrm|mathbf|mathit)\s{0,9}(?=\{)")


def common_segments(text: str, raw: str, max_span: int) -> Iterator[Segment]:
    """What the common markers point at in a cleaned text, the strictest kind first, within a kind the last first.

    JSON is read from the `raw` text, since plain quotes would break it. `max_span` is how much of an open segment is of
    use, in characters.
    """
    for piece in find_tags(text, _TAGS):
        yield Segment(piece, "an answer tag", closed=True)
    if "{" in raw:
        for value in _json_values(raw, _KEYS)[: -_MOST - 1 : -1]:
            yield Segment(value, "a JSON key", closed=True)
        for value in _boxes(text, max_span):
            yield Segment(value, "a box", closed=True)
    for piece, before in _pointed_at(text, max_span):
        yield Segment(piece, "“answer is”", closed=before, before=before)


# How each kind of marker is named in a reading's reason.
_KINDS = {
    "tag": "the tag <{}>",
    "json": "the JSON key “{}”",
    "after": "after “{}”",
    "quoted": "the quotation after “{}”",
    "bold": "bold text",
    "first_line": "the first line",
}


def rule_segments(text: str, raw: str, rule: ReadingRule, max_span: int) -> Iterator[Segment]:
    """What a protocol's own markers point at, in the rule's order; arguments as `common_segments`."""
    for marker in rule.markers:
        reason = _KINDS[marker.kind].format(marker.name)
        if marker.kind == "tag":
            pieces = list(islice(find_tags(text, marker.name, marker.which), 1))
        elif marker.kind == "json":
            values = _json_values(raw, re.escape(marker.name))
            pieces = values[:1] if marker.which == "first" else values[-1:]
        else:
            pieces = [segment.text for segment in FINDERS[marker.kind](text, marker, max_span)]
        for piece in pieces:
            yield Segment(piece, reason, closed=marker.kind != "after")


def _json_values(raw: str, keys: str) -> list[str]:
    return [clean(unescaped(match[1])) for match in _key_pattern(keys).finditer(raw)]


@lru_cache(maxsize=64)
def _key_pattern(keys: str) -> re.Pattern[str]:
    return re.compile(rf"""["'](?:{keys})["']{_VALUE}""", re.IGNORECASE | re.DOTALL)


def _boxes(text: str, max_span: int) -> Iterator[str]:
    for opening in last_matches(_BOX, text):
        begin = opening.end()
        end = closing_brace(text, begin, begin + max_span)
        if end >= 0:
            yield _COMMAND.sub("", text[begin:end])
