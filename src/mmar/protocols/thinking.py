"""Telling the reasoning from the answer inside one text: `<think>…</think>`, or a protocol's own part.

Nothing is thrown away: both come back byte for byte, for reading and for the two fields of a submission.
"""

from __future__ import annotations

import re

from mmar.protocols.patterns import pattern
from mmar.protocols.tags import find_tag

__all__ = ["UNFINISHED", "answer_start", "split_thinking"]

_END = pattern(r"</think(?:ing)?>|◁/think▷", re.IGNORECASE)
_BEGIN = pattern(r"\s{0,80}(?:<think(?:ing)?>|◁think▷)", re.IGNORECASE)

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


def split_thinking(text: str, part: str = "") -> tuple[str, str]:
    """Split a text into reasoning and answer.

    Args:
        text: what the model said.
        part: the tag that holds the answer, where the protocol asks for one (`ReadingRule.part`).

    Returns:
        Reasoning and answer. The tags of thinking and of the part are left out, all else stays as it is. A text
        that was still thinking has no answer.

    Example:
        >>> split_thinking("<think>two beeps</think>Two")
        ('two beeps', 'Two')
        >>> split_thinking("<PLAN>listen</PLAN><RESPONSE>Two</RESPONSE>", "RESPONSE")
        ('<PLAN>listen</PLAN>', 'Two')
    """
    if part and (tag := find_tag(text, part)):
        return text[: tag.start] + text[tag.stop :], text[tag.begin : tag.end]
    at = answer_start(text)
    before, answer = (text, "") if at == UNFINISHED else (text[:at], text[at:])
    if opening := _BEGIN.match(before):
        before = before[opening.end() :]
    last = before.rfind("◁" if before.endswith("▷") else "<")
    if last >= 0 and _END.fullmatch(before, last):
        before = before[:last]
    return before, answer
