"""Telling a model's reasoning from its answer.

Models served without a reasoning parser write both into one text: `<think>reasoning</think>answer`. Where the
chat template itself opens the tag, the reply begins inside it and only the closing tag is seen.
"""

from __future__ import annotations

import re

__all__ = ["split_thinking"]

_OPEN = re.compile(r"\s*<(think|thinking)>", re.IGNORECASE)
_CLOSE = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_ANY_OPEN = re.compile(r"<think(?:ing)?>", re.IGNORECASE)


def split_thinking(text: str) -> tuple[str, str]:
    """Reasoning and answer of a model's text, each byte for byte.

    A text that opens with the tag and never closes it was cut off while thinking: it holds no answer. A tag
    that stands further on belongs to the answer and is left there.

    Args:
        text: what the model wrote.

    Returns:
        `(thinking, answer)`; thinking is empty where none is marked.

    >>> split_thinking("<think>two beeps</think>Two")
    ('two beeps', 'Two')
    >>> split_thinking("two beeps</think>Two")
    ('two beeps', 'Two')
    >>> split_thinking("Two")
    ('', 'Two')
    """
    opened = _OPEN.match(text)
    start = opened.end() if opened else 0
    closed = _CLOSE.search(text, start)
    if opened and not closed:
        return text[start:], ""
    if closed and (opened or not _ANY_OPEN.search(text, 0, closed.start())):
        return text[start : closed.start()], text[closed.end() :]
    return "", text
