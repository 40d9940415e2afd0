"""Reasoning and answer inside one text, separated by the markup that models write around their reasoning."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from functools import lru_cache

from mmar.protocols.reading.text import pattern

# Names of reasoning blocks; each is known as <name>, [NAME], ◁name▷ and <|begin_of_name|>.
_NAMES = (
    "think", "thinking", "thought", "thoughts", "think_more", "longcat_think", "seed:think", "inner_thoughts",
    "reasoning", "reason", "reasoning_process", "rationale", "analysis", "scratchpad", "reflection", "planning",
    "internal_monologue", "chain_of_thought", "cot",
)  # fmt: skip
# Pairs that follow no such form.
_PAIRS = (
    (r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),
    (r"<\|channel>\s*thought", r"<channel\|>"),
    (r"<unused94>\s*thought", r"<unused95>"),
)
_NAME = "(?:" + "|".join(sorted(map(re.escape, _NAMES), key=len, reverse=True)) + ")"
_OPEN = pattern(
    rf"<\s?{_NAME}(?:\s[^<>]{{0,80}})?>|\[{_NAME}\]|◁{_NAME}▷|<\|begin_of_{_NAME}\|>|"
    + "|".join(start for start, _ in _PAIRS),
    re.IGNORECASE,
)
_CLOSE = pattern(
    rf"<\s?/\s?{_NAME}\s?>|\[/{_NAME}\]|◁/{_NAME}▷|<\|end_of_{_NAME}\|>|"
    + "|".join(end for _, end in _PAIRS),
    re.IGNORECASE,
)
# What every tag above contains: looking for these is quicker than for the tags.
_STEMS = (
    "think", "thought", "reason", "rationale", "analysis", "scratchpad", "reflection", "planning", "internal_monologue",
    "cot", "channel", "unused95",
)  # fmt: skip
# Channels of the harmony format, with its control tokens and as a decoder leaves it that drops them.
_CHANNEL = pattern(
    r"<\|channel\|>\s*(\w+)[^<]{0,80}(?:<\|constrain\|>[^<]{0,80})?<\|message\|>", re.IGNORECASE
)
_CHANNEL_END = pattern(r"<\|(?:end|return|call)\|>")
_BARE_CHANNEL = pattern(r"\s*analysis(?=[A-Z\s])", re.ASCII)
_BARE_FINAL = "assistantfinal"


def split_thinking(text: str, part: str = "") -> tuple[str, str]:
    """Split a model's text into its reasoning and its answer, each byte for byte.

    The answer is what stands behind the last end of a reasoning block, or, where nothing stands there, before
    that block. A text that begins to reason and never stops holds no answer. A block that begins inside a
    line belongs to the answer.

    With `part`, the answer is what the last tag of this name holds (`ReadingRule.part`).

    Returns:
        `(thinking, answer)` without the tags around them; thinking is empty where none is marked.

    Example:
        >>> split_thinking("<think>two beeps</think>Two")
        ('two beeps', 'Two')
        >>> split_thinking("<think>a</think>b</think>c")
        ('a</think>b', 'c')
        >>> split_thinking("<PLAN>listen</PLAN><RESPONSE>Two</RESPONSE>", "RESPONSE")
        ('<PLAN>listen</PLAN>', 'Two')
    """
    if part and (match := _last_part(text, part)):
        opening, start, end, closing = match
        return text[:opening] + text[closing:], text[start:end]
    start, end = answer_span(text)
    if "<|channel|>" in text:
        thinking = [text[begin:stop] for begin, stop, is_final in _messages(text) if not is_final]
        return "\n".join(thinking), text[start:end]
    if (start, end) == (0, len(text)):
        return "", text
    before, behind = text[:start], text[end:]
    return _without_tags(before if before.strip() else behind), text[start:end]


def answer_span(text: str, part: str = "") -> tuple[int, int]:
    """Where the answer stands in a model's text; an empty span at the end where there is only reasoning."""
    if not any(mark in text for mark in "<[◁"):
        return _bare_channels(text)
    if part and (match := _last_part(text, part)):
        return match[1], match[2]
    if "<|channel|>" in text:
        final = [(start, end) for start, end, is_final in _messages(text) if is_final]
        return final[-1] if final else (len(text), len(text))
    lower = text.lower()
    if not any(stem in lower for stem in _STEMS):
        return _bare_channels(text)
    opening = _OPEN.search(text)
    if opening is not None and _is_inside_line(text, opening.start()):
        return 0, len(text)  # the answer speaks of the tag, or quotes it
    close = _last(_CLOSE, text)
    if close is None:
        if opening is None:
            return _bare_channels(text)
        # It was cut off while it reasoned; what it wrote before may be an answer.
        return (0, opening.start()) if text[: opening.start()].strip() else (len(text), len(text))
    start = close.end()
    again = _OPEN.search(text, start)
    end = again.start() if again else len(text)
    if text[start:end].strip():
        return start, end
    if again is None and (last := _last(_OPEN, text[: close.start()])) is not None:
        earlier = _last(_CLOSE, text[: last.start()])
        begin = earlier.end() if earlier else 0
        if text[begin : last.start()].strip():
            return begin, last.start()
    return (start, len(text)) if again is None else (len(text), len(text))


def _is_inside_line(text: str, index: int) -> bool:
    """Whether words stand before a tag on its line."""
    before = text[:index].rpartition("\n")[2].strip()
    return bool(before) and before[-1] not in ">]▷"


def _messages(text: str) -> Iterator[tuple[int, int, bool]]:
    """The span of each message of the harmony format, and whether it is in the final channel."""
    for match in _CHANNEL.finditer(text):
        stop = _CHANNEL_END.search(text, match.end())
        yield match.end(), stop.start() if stop else len(text), match[1].lower() == "final"


def _bare_channels(text: str) -> tuple[int, int]:
    index = text.rfind(_BARE_FINAL)
    if index > 0 and _BARE_CHANNEL.match(text):
        return index + len(_BARE_FINAL), len(text)
    return 0, len(text)


def _last(expression: re.Pattern[str], text: str) -> re.Match[str] | None:
    return next(iter(deque(expression.finditer(text), maxlen=1)), None)


def _without_tags(text: str) -> str:
    """Reasoning without the tag that opens it and the one that closes it."""
    if opening := _OPEN.match(text, len(text) - len(text.lstrip())):
        text = text[opening.end() :]
    close = _last(_CLOSE, text)
    return text[: close.start()] if close is not None and not text[close.end() :].strip() else text


def _last_part(text: str, part: str) -> tuple[int, int, int, int] | None:
    """Where the last tag of a name begins, its content begins and ends, and the closing tag ends."""
    opening, closing = _part_patterns(part)
    last = _last(opening, text)
    if last is None:
        return None
    close = closing.search(text, last.end())
    end, stop = (close.start(), close.end()) if close else (len(text), len(text))
    return last.start(), last.end(), end, stop


@lru_cache(maxsize=64)
def _part_patterns(part: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    name = re.escape(part)
    return re.compile(rf"<\s?{name}\s?>", re.IGNORECASE), re.compile(rf"<\s?/\s?{name}\s?>", re.IGNORECASE)
