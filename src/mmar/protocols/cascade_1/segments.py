"""Pieces of an answer that a tag, a JSON key, a box or a phrase points at (version 1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Literal

import msgspec

from mmar.protocols.cascade_1.mentions import clean
from mmar.protocols.reading.rules import Marker, ReadingRule


class Tag(msgspec.Struct, frozen=True):
    """Where a tag stands, as indices into the text.

    Attributes:
        start: of the opening tag.
        begin: of the content.
        end: of the content; the text's end where the tag is never closed.
        stop: behind the closing tag.
    """

    start: int
    begin: int
    end: int
    stop: int


def find_tag(text: str, name: str, which: Literal["first", "last"] = "last") -> Tag | None:
    """The first or the last tag of a name."""
    tags = find_tags(text, name, 1, which)
    return tags[0] if tags else None


def find_tags(text: str, names: str, most: int, which: Literal["first", "last"] = "last") -> list[Tag]:
    """Tags of one of several names.

    Args:
        text: any length; the work is linear in it.
        names: joined by `|`.
        most: how many to give back.
        which: from which end to count.

    Returns:
        The outermost one first: the first, or the last.
    """
    if "<" not in text:
        return []
    opening, closings = _patterns(names)
    result = list(opening.finditer(text))
    tags = []
    for match in result[:most] if which == "first" else result[: -most - 1 : -1]:
        close = closings[(match.lastindex or 1) - 1].search(text, match.end())
        end, stop = (close.start(), close.end()) if close else (len(text), len(text))
        tags.append(Tag(match.start(), match.end(), end, stop))
    return tags


@lru_cache(maxsize=64)
def _patterns(names: str) -> tuple[re.Pattern[str], list[re.Pattern[str]]]:
    each = [re.escape(name) for name in names.split("|")]
    either = "|".join(f"({name})" for name in each)
    closings = [re.compile(rf"<\s{{0,3}}/\s{{0,3}}{name}\s{{0,3}}>", re.IGNORECASE) for name in each]
    return re.compile(rf"<\s{{0,3}}(?:{either})\s{{0,3}}>", re.IGNORECASE), closings


_END = re.compile(r"</think(?:ing)?>|◁/think▷", re.IGNORECASE)
_BEGIN = re.compile(r"\s{0,80}(?:<think(?:ing)?>|◁think▷)", re.IGNORECASE)

UNFINISHED = -1
"""What `answer_start` says of a text that began to think and never stopped."""


def answer_start(text: str) -> int:
    """Where the answer begins: behind the last end of a thinking block, 0 where there is none.

    Returns:
        The index into `text`, or `UNFINISHED`.
    """
    if "<" not in text and "◁" not in text:
        return 0
    end = 0
    for match in _END.finditer(text):
        end = match.end()
    return UNFINISHED if not end and _BEGIN.match(text) else end


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
_MOST = 32


def pointed_at(text: str, max_span: int) -> list[tuple[str, bool]]:
    """What phrases point at, the last phrase first.

    Args:
        text: cleaned text.
        max_span: how many characters beside a phrase to hand back.

    Returns:
        The text beside each phrase, and whether it stands before the phrase (a closed piece) or behind it (an
        open one, which runs on to whatever else was said).
    """
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
    if not lower.isascii():
        points += [(match.start(), match.end(), False) for match in _CHINESE.finditer(lower)]
    if len(points) > 1:
        points.sort(reverse=True)
        points = points[:_MOST]
    return [
        (_clause_before(text, start, max_span), True) if before else (text[end : end + max_span], False)
        for start, end, before in points
    ]


def _clause_before(text: str, end: int, max_span: int) -> str:
    piece = text[max(0, end - max_span) : end]
    cut = 0
    for stop in _SENTENCE_START.finditer(piece):
        cut = stop.end()
    return piece[cut:]


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
_BOX = re.compile(r"\\boxed\s{0,9}\{")
_COMMAND = re.compile(r"\\(?:text|textbf|mathrm|mathbf|mathit)\s{0,9}(?=\{)")
_BOLD = re.compile(r"\*\*([^*]{1,2000})\*\*")


def common_segments(text: str, raw: str, max_span: int) -> Iterator[Segment]:
    """What the common markers point at, the strictest kind first, within a kind the last first.

    Args:
        text: cleaned text without thinking.
        raw: the same as it was written; JSON is read from this, since plain quotes would break it.
        max_span: how much of an open segment is of use, in characters.
    """
    if "<" in text:
        for tag in find_tags(text, _TAGS, _MOST):
            yield Segment(text[tag.begin : tag.end], "an answer tag", closed=True)
    if "{" in raw:
        for value in _json_values(raw, _KEYS)[: -_MOST - 1 : -1]:
            yield Segment(value, "a JSON key", closed=True)
        for value in _boxes(text, max_span):
            yield Segment(value, "a box", closed=True)
    for piece, before in pointed_at(text, max_span):
        yield Segment(piece, "“answer is”", closed=before, before=before)


def rule_segments(text: str, raw: str, rule: ReadingRule, max_span: int) -> Iterator[Segment]:
    """What a protocol's own markers point at, in the rule's order; arguments as `common_segments`."""
    for marker in rule.markers:
        yield from _FINDERS[marker.kind](raw if marker.kind == "json" else text, marker, max_span)


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


def _boxes(text: str, max_span: int) -> Iterator[str]:
    if "\\boxed" not in text:
        return
    for opening in list(_BOX.finditer(text))[: -_MOST - 1 : -1]:
        depth, begin = 1, opening.end()
        for index in range(begin, min(len(text), begin + max_span)):
            depth += (text[index] == "{") - (text[index] == "}")
            if not depth:
                yield _COMMAND.sub("", text[begin:index])
                break


def _tag(text: str, marker: Marker, _: int) -> Iterator[Segment]:
    if tag := find_tag(text, marker.name, marker.which):
        yield Segment(text[tag.begin : tag.end], f"the tag <{marker.name}>", closed=True)


def _json(raw: str, marker: Marker, _: int) -> Iterator[Segment]:
    if values := _json_values(raw, re.escape(marker.name)):
        yield Segment(
            values[0 if marker.which == "first" else -1], f"the JSON key “{marker.name}”", closed=True
        )


def _following(text: str, marker: Marker, max_span: int) -> str | None:
    """The text behind a marker's name."""
    lower, name = text.lower(), marker.name.lower()
    if len(lower) != len(text):
        text = lower
    index = lower.find(name) if marker.which == "first" else lower.rfind(name)
    return None if index < 0 else text[index + len(name) : index + len(name) + max_span]


def _after(text: str, marker: Marker, max_span: int) -> Iterator[Segment]:
    if (rest := _following(text, marker, max_span)) is not None:
        yield Segment(rest, f"after “{marker.name}”", closed=False)


def _quoted(text: str, marker: Marker, max_span: int) -> Iterator[Segment]:
    rest = (_following(text, marker, max_span) or "").lstrip(" :*\n\t").split("\n", 1)[0]
    quote = rest[:1]
    if quote not in ('"', "'"):
        return
    # A choice may hold quotation marks itself, so the longest quotation is tried before the shortest.
    for end in dict.fromkeys((rest.rfind(quote), rest.find(quote, 1))):
        if end > 0:
            yield Segment(rest[1:end], f"the quotation after “{marker.name}”", closed=True)


def _bold(text: str, marker: Marker, _: int) -> Iterator[Segment]:
    if "**" in text and (result := list(_BOLD.finditer(text))):
        yield Segment(result[0 if marker.which == "first" else -1][1], "bold text", closed=True)


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
