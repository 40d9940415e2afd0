"""Pieces of an answer that markup sets apart as the answer: tags, JSON keys, boxes, and what a protocol asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

import msgspec

from mmar.protocols.reading.rules import Marker, ReadingRule
from mmar.protocols.reading.text import normalise, pattern


class Segment(msgspec.Struct, frozen=True, gc=False):
    """A piece of an answer.

    Attributes:
        rule: stable name of the rule that names it.
        text: its text, where that is not simply `text[start:end]` (JSON escapes).
        closed: whether all of it belongs to the answer; otherwise it runs on into other text.
        rival: whether a second piece of the same kind with another choice makes both void.
    """

    rule: str
    start: int
    end: int
    text: str
    closed: bool = True
    rival: bool = False


_MOST = 32
_TAG_NAMES = frozenset((
    "answer", "ans", "final_answer", "finalanswer", "final-answer", "final", "response", "conclusion", "solution", "output",
    "result", "choice", "option", "selection", "verdict", "answer_choice", "correct_answer", "prediction", "final_choice",
    "decision", "selected_option",
))  # fmt: skip
_LISTING_TAGS = frozenset(("choice", "option"))
# The names are looked up afterwards: an expression with all of them takes longer to compile than many answers to read.
_TAG = pattern(
    r"<\s{0,3}(?P<closes>/?)\s{0,3}(?P<name>[A-Za-z_-]{3,15})(?:\s[^<>]{0,80})?>"
    r"|\[(?P<ends>/?)(?P<word>[A-Za-z_-]{3,15})\]"
)
_BLOCKS = (
    pattern(r"<\|begin_of_box\|>(.{0,2000}?)(?:<\|end_of_box\|>|$)", re.DOTALL),
    pattern(r"<\|begin_of_solution\|>(.{0,4000}?)(?:<\|end_of_solution\|>|$)", re.DOTALL),
    pattern(r"<\|START_RESPONSE\|>(.{0,4000}?)(?:<\|END_RESPONSE\|>|$)", re.DOTALL),
)
_KEYS = (
    r"(?:final|correct|best|chosen|selected|predicted|right|my|the)?[_ -]?(?:answer|choice|option|selection|prediction|verdict|label|response|output|result|letter|pick|decision|conclusion)"
    r"(?:[_ -]?(?:letter|choice|option|prediction|text|key|id|label|value))?|selected|chosen|ans"
)
_VALUE = r"""\s{0,40}:\s{0,40}(?:\{\s{0,9})?(\[[^\[\]{}]{0,400}\]|"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*'|-?\d[\d.]*|true\b|false\b|[A-Z](?=\s*[,}\]]))"""
_BOX = pattern(r"\\(?:f?boxed|fbox|framebox)\s{0,9}(?:\{|(?P<bare>[A-Za-z0-9])(?![A-Za-z]))")
_BOLD = pattern(r"\*\*([^*]{1,2000})\*\*")


def common_segments(text: str, longest: int) -> Iterator[Segment]:
    """The pieces that the usual markup sets apart, the strictest kind first, within a kind the last first.

    `longest` is the length of the longest choice; a box is looked through this far and some more.
    """
    if "<" in text or "[" in text:
        yield from _tags(text)
    if ":" in text and ("{" in text or '"' in text):
        yield from _json_values(text, _KEYS, "json-key")
    if "\\" in text:
        yield from _boxes(text, longest)


def protocol_segments(text: str, rule: ReadingRule, longest: int) -> Iterator[Segment]:
    """The pieces that a protocol's own markers set apart, in the rule's order; arguments as `common_segments`."""
    for marker in rule.markers:
        yield from FINDERS[marker.kind](text, marker, 2 * longest + 400)


def _tags(text: str) -> Iterator[Segment]:
    for block in _BLOCKS if "<|" in text else ():
        for match in last_matches(block, text):
            yield Segment("answer-tag", match.start(1), match.end(1), match[1])
    tags = [(tag, (tag["name"] or tag["word"]).lower()) for tag in _TAG.finditer(text)]
    end, openings = len(text), 0
    for tag, name in reversed(tags):
        if name not in _TAG_NAMES:
            continue
        if tag["closes"] or tag["ends"]:
            end = tag.start()
        elif openings < _MOST:
            openings += 1
            start = tag.end()
            yield Segment("answer-tag", start, end, text[start:end], rival=name in _LISTING_TAGS)


def last_matches(expression: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """The matches of an expression from the last one backwards, of very many only some."""
    return list(expression.finditer(text))[: -_MOST - 1 : -1]


def _json_values(text: str, keys: str, rule: str) -> Iterator[Segment]:
    for match in last_matches(_key_pattern(keys), text):
        yield Segment(rule, match.start(1), match.end(1), unescaped(match[1]))


@lru_cache(maxsize=64)
def _key_pattern(keys: str) -> re.Pattern[str]:
    return re.compile(rf"""["'“”](?:{keys})["'“”]{_VALUE}""", re.IGNORECASE | re.DOTALL)


def unescaped(value: str) -> str:
    """The text of a JSON value, or of one that is nearly JSON: in single quotes, bare, or a list."""
    if value[0] == "[":
        return ", ".join(part.strip().strip("\"'") for part in value[1:-1].split(","))
    if value[0] == '"':
        import json  # few answers need it

        try:
            return str(json.loads(value, strict=False))
        except ValueError:
            return value[1:-1]
    return value[1:-1].replace("\\'", "'") if value[0] == "'" else value


def _boxes(text: str, longest: int) -> Iterator[Segment]:
    for opening in last_matches(_BOX, text):
        if opening["bare"]:
            yield Segment("box", opening.start("bare"), opening.end("bare"), opening["bare"], rival=True)
            continue
        begin = opening.end()
        end = closing_brace(text, begin, begin + 2 * longest + 400)
        if end >= 0:
            yield Segment("box", begin, end, text[begin:end], rival=True)


def closing_brace(text: str, begin: int, stop: int) -> int:
    """Where the brace stands that closes one opened before `begin`; -1 where none does before `stop`."""
    depth = 1
    for index, mark in enumerate(text[begin:stop], begin):
        depth += (mark == "{") - (mark == "}")
        if not depth:
            return index
    return -1


def _chosen(expression: re.Pattern[str], text: str, marker: Marker) -> re.Match[str] | None:
    matches = list(expression.finditer(text))
    return matches[0 if marker.which == "first" else -1] if matches else None


def _tag(text: str, marker: Marker, _: int) -> Iterator[Segment]:
    opening, closing = _tag_patterns(marker.name)
    if chosen := _chosen(opening, text, marker):
        close = closing.search(text, chosen.end())
        end = close.start() if close else len(text)
        yield Segment("protocol-marker", chosen.end(), end, text[chosen.end() : end])


@lru_cache(maxsize=64)
def _tag_patterns(name: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    name = re.escape(name)
    opening = re.compile(rf"<\s{{0,3}}{name}(?:\s[^<>]{{0,80}})?\s{{0,3}}>", re.IGNORECASE)
    return opening, re.compile(rf"<\s{{0,3}}/\s{{0,3}}{name}\s{{0,3}}>", re.IGNORECASE)


def _json(text: str, marker: Marker, _: int) -> Iterator[Segment]:
    values = list(_json_values(text, re.escape(marker.name), "protocol-marker"))
    if values:
        yield values[-1 if marker.which == "first" else 0]


def _following(text: str, marker: Marker, max_span: int) -> tuple[int, int] | None:
    """The span of the text behind a marker's name."""
    lower, name = text.lower(), marker.name.lower()
    if len(lower) != len(text):
        lower = text
    index = lower.find(name) if marker.which == "first" else lower.rfind(name)
    return None if index < 0 else (index + len(name), min(len(text), index + len(name) + max_span))


def _after(text: str, marker: Marker, max_span: int) -> Iterator[Segment]:
    if span := _following(text, marker, max_span):
        yield Segment("protocol-marker", *span, text[slice(*span)], closed=False)


def _quoted(text: str, marker: Marker, max_span: int) -> Iterator[Segment]:
    span = _following(text, marker, max_span) or (0, 0)
    rest = normalise(text[slice(*span)])[0]
    start = len(rest) - len(rest.lstrip(" :*\n\t"))
    line = rest[start:].split("\n", 1)[0]
    if not line.startswith(('"', "'")):
        return
    begin = span[0] + start + 1
    # A choice may hold quotation marks itself, so the longest quotation is tried before the shortest.
    for end in dict.fromkeys((line.rfind(line[0]), line.find(line[0], 1))):
        if end > 0:
            yield Segment("protocol-marker", begin, begin + end - 1, line[1:end])


def _bold(text: str, marker: Marker, _: int) -> Iterator[Segment]:
    if match := _chosen(_BOLD, text, marker):
        yield Segment("protocol-marker", match.start(1), match.end(1), match[1])


def _first_line(text: str, _: Marker, __: int) -> Iterator[Segment]:
    if stripped := text.strip():
        start = text.index(stripped)
        line = stripped.split("\n", 1)[0]
        yield Segment("protocol-marker", start, start + len(line), line)


FINDERS: dict[str, Callable[[str, Marker, int], Iterator[Segment]]] = {
    "tag": _tag,
    "json": _json,
    "after": _after,
    "quoted": _quoted,
    "bold": _bold,
    "first_line": _first_line,
}
"""By kind of marker: the pieces that it sets apart in a text; an open one of at most the given number of characters."""
