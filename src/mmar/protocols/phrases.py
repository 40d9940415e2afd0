"""Phrases that point at an answer: "the answer is …", "I choose …", "… is the correct answer", "答案是…".

A phrase that introduces the choices themselves ("choose the answer from the following options: …") is none.
"""

from __future__ import annotations

import re

from mmar.protocols.patterns import pattern

__all__ = ["pointed_at"]

# All repetitions are bounded, so that no text takes more than linear time. The patterns are for lower-case
# text and begin with plain letters, which is what makes them quick to search for.
_ANSWER_IS = pattern(
    r"""(?:answer|option|choice)
        (?:\s(?:to|for|here|of|based\s+on)\b[^.:\n]{0,80}?)?
        ["'*_)]{0,4}
        (?: (?:\s{1,3}(?:must|should|would|could|will|has|to|seems|appears|therefore|then|thus|here|most|likely|probably|clearly)){0,4}
            \s{1,3}(?:is|be|was)\b [\s*"'_]{0,8} :?
          | \s{0,3} [:=] )""",
    re.VERBOSE,
)
_CHOOSE = pattern(
    r"""\b(?:i|we)(?:\s(?:would|will|have\sto|am\sgoing\sto)|'d|'ll)?(?:\s(?:therefore|thus|then))?
        \s{1,3}(?:choose|select|pick|go\swith|answer(?:\swith)?)\b(?!\s(?:up|out|the\s(?:correct|right|best|most)|one|from|an?\s(?:answer|option)))
        \s{0,3}:?""",
    re.VERBOSE,
)
_IS_ANSWER = pattern(
    r"""(?:is|was)(?<!\wis)(?<!\wwas)\s{1,3}(?:(?:most\slikely|therefore|thus|clearly|probably)\s)?(?:the|my)\s{1,3}
        (?:(?:most|only|correct|right|best|final|likely|plausible|appropriate|accurate|suitable|probable|fitting)\s{1,3}){0,3}
        (?:answer|option|choice)\b""",
    re.VERBOSE,
)
_CHINESE = pattern(
    r"答案\s{0,3}(?:应该|应当|应)?\s{0,3}(?:是|为|:|选(?!项))|我(?:会|将)?选择?(?!项|题)|(?:故|应|应该)选(?!项|择)"
)
_SENTENCE_START = pattern(r"[.!?\n。]\s")
_MOST = 32


def pointed_at(text: str, reach: int) -> list[tuple[str, bool]]:
    """What phrases point at, the last phrase first.

    Args:
        text: cleaned text.
        reach: how many characters beside a phrase to hand back.

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
        (_clause_before(text, start, reach), True) if before else (text[end : end + reach], False)
        for start, end, before in points
    ]


def _clause_before(text: str, end: int, reach: int) -> str:
    piece = text[max(0, end - reach) : end]
    cut = 0
    for stop in _SENTENCE_START.finditer(piece):
        cut = stop.end()
    return piece[cut:]
