"""Where an answer says "this is my answer": tags, JSON keys, boxes, phrases; and what a protocol asks for.

A marker yields a segment. A *closed* segment has an end of its own (a tag, quotes); an *open* one runs on to
the end of the text, so that only what stands at its beginning counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Literal

import msgspec

__all__ = ["Marker", "ReadingRule", "Segment", "common_segments", "rule_segments", "without_thinking"]


class Marker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way in which a protocol has its answers marked.

    Attributes:
        kind: `tag` (`<name>…</name>`), `json` (the value of key `name`), `after` (all that follows the text `name`),
            `quoted` (the quotation that follows the text `name`), `bold` (`**…**`), `first_line`, or `whole`.
        name: the tag's name, the key, or the text, by kind; compared without regard to case.
        which: the first or the last one counts.
    """

    kind: Literal["tag", "json", "after", "quoted", "bold", "first_line", "whole"]
    name: str = ""
    which: Literal["first", "last"] = "last"


class ReadingRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a protocol's answers are read.

    Attributes:
        expects: `letter` when the prompt asks for a letter, so that "A" is a letter even where it is a choice's text.
        markers: tried in order, before the common ones.
    """

    expects: Literal["text", "letter"] = "text"
    markers: tuple[Marker, ...] = ()


class Segment(msgspec.Struct, frozen=True):
    """A piece of an answer that a marker points at."""

    text: str
    reason: str
    closed: bool


_THINK = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_ANSWER_TAG = re.compile(
    r"<\s*(answer|final_answer|response)\s*>(.*?)(?:<\s*/\s*\1\s*>|\Z)", re.IGNORECASE | re.DOTALL
)
_JSON = re.compile(
    r'"(?:final[_ ]?answer|answer|answer_prediction|prediction|choice|option|selected_option)"\s*:\s*("(?:[^"\\]|\\.)*")',
    re.IGNORECASE,
)
_BOX = re.compile(r"\\boxed\s*\{\s*(?:\\text\s*\{)?((?:[^{}]|\{[^{}]*\})*)\}")
_PHRASE = re.compile(
    r"""\b(?:
          (?:final\s+|correct\s+|right\s+|best\s+)?(?:answer|option|choice)
          (?:\s+(?:to|for|here|among|from|based\s+on|of)\b[^.:\n]{0,80}?)?
          [*"'_]*\s*(?:\s(?:is|was|must\s+be|should\s+be|would\s+be|has\s+to\s+be|seems\s+to\s+be)\b\s*[*"'_]*\s*:?|:|=)
        | i(?:\s+would|'d|\s+will|'ll)?\s+(?:choose|select|pick|go\s+with|answer(?:\s+with)?)\b\s*:?
        )
        |答案\s*(?:应该)?\s*(?:是|为|:)""",
    re.VERBOSE | re.IGNORECASE,
)


def without_thinking(text: str) -> str | None:
    """The text behind the last end of a thinking block; `None` when thinking began and never ended."""
    if "<" not in text:
        return text
    end = 0
    for match in _THINK.finditer(text):
        end = match.end()
    if end:
        return text[end:]
    head = text.lstrip()[:10].casefold()
    return None if head.startswith("<think") else text


def common_segments(text: str) -> Iterator[Segment]:
    """What the common markers point at, the strictest kind first, within a kind the last first."""
    if "<" in text:
        for match in _backwards(_ANSWER_TAG, text):
            yield Segment(match[2], "an answer tag", closed=True)
    if "{" in text:
        if '"' in text:
            for match in _backwards(_JSON, text):
                yield Segment(_unescape(match[1]), "a JSON key", closed=True)
        if "\\boxed" in text:
            for match in _backwards(_BOX, text):
                yield Segment(match[1], "a box", closed=True)
    folded = text.casefold()
    if any(
        word in folded
        for word in ("answer", "option", "choice", "choose", "select", "pick", "go with", "答案")
    ):
        for match in _backwards(_PHRASE, text):
            yield Segment(text[match.end() :], "“answer is”", closed=False)


def rule_segments(text: str, rule: ReadingRule) -> Iterator[Segment]:
    """What a protocol's own markers point at, in the rule's order."""
    for marker in rule.markers:
        yield from _FINDERS[marker.kind](text, marker)


def _backwards(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    found = list(pattern.finditer(text))
    found.reverse()
    return found


def _unescape(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        return quoted[1:-1]


def _matches(marker: Marker, pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    found = list(pattern.finditer(text))
    return found[:1] if marker.which == "first" else found[-1:]


@lru_cache(maxsize=64)
def _pattern(template: str, name: str) -> re.Pattern[str]:
    return re.compile(template.replace("NAME", re.escape(name)), re.IGNORECASE | re.DOTALL)


def _pattern_finder(template: str, label: str, *, closed: bool) -> Callable[[str, Marker], Iterator[Segment]]:
    def find(text: str, marker: Marker) -> Iterator[Segment]:
        for match in _matches(marker, _pattern(template, marker.name), text):
            value = _unescape(match[1]) if marker.kind == "json" else match[1]
            yield Segment(value, label.replace("NAME", marker.name), closed)

    return find


def _first_line(text: str, _: Marker) -> Iterator[Segment]:
    stripped = text.strip()
    if stripped:
        yield Segment(stripped.split("\n", 1)[0], "the first line", closed=True)


def _whole_text(text: str, _: Marker) -> Iterator[Segment]:
    yield Segment(text, "the whole answer", closed=False)


_FINDERS: dict[str, Callable[[str, Marker], Iterator[Segment]]] = {
    "tag": _pattern_finder(r"<\s*NAME\s*>(.*?)<\s*/\s*NAME\s*>", "the tag <NAME>", closed=True),
    "json": _pattern_finder(r'"NAME"\s*:\s*("(?:[^"\\]|\\.)*")', "the JSON key “NAME”", closed=True),
    "after": _pattern_finder(r"NAME(.*?)(?=NAME|\Z)", "after “NAME”", closed=False),
    "quoted": _pattern_finder(r'NAME\s*["\']([^"\n]*)["\']', "the quotation after “NAME”", closed=True),
    "bold": _pattern_finder(r"\*\*(.+?)\*\*", "bold text", closed=True),
    "first_line": _first_line,
    "whole": _whole_text,
}
