"""Where an answer says "this is my answer": tags, JSON keys, boxes, phrases; and what a protocol asks for.

A marker yields a segment. A *closed* segment has an end of its own (a tag, quotes); an *open* one runs on
into whatever else was said, so that only what stands at its beginning counts. Of many markers of one kind
the last 32 are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Literal

import msgspec

from mmar.protocols.patterns import pattern
from mmar.protocols.phrases import pointed_at
from mmar.protocols.tags import find_tag, find_tags
from mmar.protocols.wording import clean

__all__ = ["Marker", "ReadingRule", "Segment", "common_segments", "rule_segments"]


class Marker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way in which a protocol has its answers marked.

    Attributes:
        kind: `tag` (`<name>…</name>`), `json` (the value of key `name`), `after` (all that follows the text `name`),
            `quoted` (the quotation that follows the text `name`), `bold` (`**…**`) or `first_line`.
        name: the tag's name, the key, or the text, by kind; compared without regard to case.
        which: the first or the last one counts.
    """

    kind: Literal["tag", "json", "after", "quoted", "bold", "first_line"]
    name: str = ""
    which: Literal["first", "last"] = "last"


class ReadingRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a protocol's answers are read.

    Attributes:
        expects: `letter` when the choices are put with letters and the letter is asked for, so that "A" is a
            letter even where it is a choice's text.
        part: the tag that alone holds the answer, e.g. `RESPONSE`; all else is thinking.
        markers: tried in order, before the common ones.
    """

    expects: Literal["text", "letter"] = "text"
    part: str = ""
    markers: tuple[Marker, ...] = ()


class Segment(msgspec.Struct, frozen=True):
    """A piece of an answer that a marker points at.

    Attributes:
        text: the piece, cleaned.
        reason: which marker, for the reading's reason.
        closed: whether the piece has an end of its own.
        before: whether it stands before its marker ("… is the correct answer").
    """

    text: str
    reason: str
    closed: bool
    before: bool = False


_MOST = 32
_TAGS = "answer|final_answer|response"
_KEYS = (
    "final[_ ]?answer|correct[_ ]?answer|answer|answer_prediction|answer_choice|prediction|final_choice|choice|option"
    "|selected[_ ]?option|selected_choice"
)
_VALUE = r"""\s{0,40}:\s{0,40}("[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*'|-?\d[\d.]*|true\b|false\b)"""
_BOX = pattern(r"\\boxed\s{0,9}\{")
_COMMAND = pattern(r"\\(?:text|textbf|mathrm|mathbf|mathit)\s{0,9}(?=\{)")
_BOLD = pattern(r"\*\*([^*]{1,2000})\*\*")


def common_segments(text: str, raw: str, reach: int) -> Iterator[Segment]:
    """What the common markers point at, the strictest kind first, within a kind the last first.

    Args:
        text: cleaned text without thinking.
        raw: the same as it was written; JSON is read from this, since plain quotes would break it.
        reach: how much of an open segment is of use, in characters.
    """
    if "<" in text:
        for tag in find_tags(text, _TAGS, _MOST):
            yield Segment(text[tag.begin : tag.end], "an answer tag", closed=True)
    if "{" in raw:
        for value in _json_values(raw, _KEYS)[: -_MOST - 1 : -1]:
            yield Segment(value, "a JSON key", closed=True)
        for value in _boxes(text, reach):
            yield Segment(value, "a box", closed=True)
    for piece, before in pointed_at(text, reach):
        yield Segment(piece, "“answer is”", closed=before, before=before)


def rule_segments(text: str, raw: str, rule: ReadingRule, reach: int) -> Iterator[Segment]:
    """What a protocol's own markers point at, in the rule's order; arguments as `common_segments`."""
    for marker in rule.markers:
        yield from _FINDERS[marker.kind](raw if marker.kind == "json" else text, marker, reach)


def _json_values(raw: str, keys: str) -> list[str]:
    return [_unescape(match[1]) for match in _key_pattern(keys).finditer(raw)]


@lru_cache(maxsize=64)
def _key_pattern(keys: str) -> re.Pattern[str]:
    return re.compile(rf"""["'](?:{keys})["']{_VALUE}""", re.IGNORECASE | re.DOTALL)


def _unescape(value: str) -> str:
    if value[0] == '"':
        import json

        try:
            return clean(str(json.loads(value, strict=False)))
        except ValueError:
            return clean(value[1:-1])
    if value[0] == "'":
        return clean(value[1:-1].replace("\\'", "'"))
    return value


def _boxes(text: str, reach: int) -> Iterator[str]:
    if "\\boxed" not in text:
        return
    for opening in list(_BOX.finditer(text))[: -_MOST - 1 : -1]:
        depth, begin = 1, opening.end()
        for at in range(begin, min(len(text), begin + reach)):
            depth += (text[at] == "{") - (text[at] == "}")
            if not depth:
                yield _COMMAND.sub("", text[begin:at])
                break


def _tag(text: str, marker: Marker, _: int) -> Iterator[Segment]:
    if tag := find_tag(text, marker.name, marker.which):
        yield Segment(text[tag.begin : tag.end], f"the tag <{marker.name}>", closed=True)


def _json(raw: str, marker: Marker, _: int) -> Iterator[Segment]:
    if values := _json_values(raw, re.escape(marker.name)):
        yield Segment(
            values[0 if marker.which == "first" else -1], f"the JSON key “{marker.name}”", closed=True
        )


def _following(text: str, marker: Marker, reach: int) -> str | None:
    """The text behind a marker's name."""
    lower, name = text.lower(), marker.name.lower()
    if len(lower) != len(text):
        text = lower
    at = lower.find(name) if marker.which == "first" else lower.rfind(name)
    return None if at < 0 else text[at + len(name) : at + len(name) + reach]


def _after(text: str, marker: Marker, reach: int) -> Iterator[Segment]:
    if (rest := _following(text, marker, reach)) is not None:
        yield Segment(rest, f"after “{marker.name}”", closed=False)


def _quoted(text: str, marker: Marker, reach: int) -> Iterator[Segment]:
    rest = (_following(text, marker, reach) or "").lstrip(" :*\n\t").split("\n", 1)[0]
    quote = rest[:1]
    if quote not in ('"', "'"):
        return
    # A choice may hold quotation marks itself, so the longest quotation is tried before the shortest.
    for end in dict.fromkeys((rest.rfind(quote), rest.find(quote, 1))):
        if end > 0:
            yield Segment(rest[1:end], f"the quotation after “{marker.name}”", closed=True)


def _bold(text: str, marker: Marker, _: int) -> Iterator[Segment]:
    if "**" in text and (found := list(_BOLD.finditer(text))):
        yield Segment(found[0 if marker.which == "first" else -1][1], "bold text", closed=True)


def _first_line(text: str, _: Marker, __: int) -> Iterator[Segment]:
    if stripped := text.strip():
        yield Segment(stripped.split("\n", 1)[0], "the first line", closed=True)


_FINDERS: dict[str, Callable[[str, Marker, int], Iterator[Segment]]] = {
    "tag": _tag,
    "json": _json,
    "after": _after,
    "quoted": _quoted,
    "bold": _bold,
    "first_line": _first_line,
}
