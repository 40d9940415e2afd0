"""Letters that stand for choices: alone ("C", "(C)", "Option C."), or as a label ("C. Open Grassland").

"A man…" and "NASA is…" are words, not letters: a capital counts only where it stands alone, in brackets, or
before a mark that makes a label of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["letter_alone", "letter_clause", "letter_label", "letter_labels"]

_ALONE = re.compile(
    r"""[\s"'*_#>]*(?:(?:the\s+)?(?:correct\s+|final\s+|best\s+)?(?:answer|option|choice)(?:\s+is)?\s*[:=]?\s*)?
        [("'\[{*<]*([A-Za-z])[)"'\]}*>]*[\s.,:;!*"']*""",
    re.VERBOSE | re.IGNORECASE,
)
_LABEL = re.compile(
    r"""[\s"'*_#>]*(?:
          (?:option|choice|answer)\s+[("'*\[]*([A-Za-z])\b[)"'*\]]*[\s.:,)-]*
        | [(\[{][*"']*([A-Za-z])[*"']*[)\]}][*"']*[\s.:,-]*
        | ([A-Za-z])[*"']*(?:[.):,]|\s+-)[*"']*(?:\s+|$)
        )""",
    re.VERBOSE | re.IGNORECASE,
)
_LABEL_INSIDE = re.compile(r"""(?<![^\s"'*(\[])([A-Za-z])[.:)\]]+[*"']*\s+""")
_CLAUSE = re.compile(r"""[\s"'*]*([A-Z])[*"']*[,;]?\s+(?:because|since|as|due|for|given|is|was)\b""")


def letter_alone(text: str, count: int) -> int:
    """The 0-based choice of a letter that is all there is.

    Args:
        text: cleaned text.
        count: number of choices.

    Returns:
        The index, or -1.
    """
    if len(text) > 60:
        return -1
    match = _ALONE.fullmatch(text)
    return _index(match[1], count) if match else -1


def letter_label(text: str, count: int) -> tuple[int, int]:
    """The choice of a letter that labels what follows it.

    Returns:
        The 0-based index and where the labelled text begins; `(-1, 0)` when there is none.
    """
    match = _LABEL.match(text)
    if match is None:
        return -1, 0
    return _index(match[1] or match[2] or match[3], count), match.end()


def letter_labels(text: str, count: int) -> Iterator[tuple[int, int]]:
    """All letters inside a text that could label what follows them: 0-based index, and where that begins."""
    for match in _LABEL_INSIDE.finditer(text):
        at = _index(match[1], count)
        if at >= 0:
            yield at, match.end()


def letter_clause(text: str, count: int) -> int:
    """The choice of a capital that stands where a noun would: "C because …"; -1 for none."""
    match = _CLAUSE.match(text)
    return _index(match[1], count) if match else -1


def _index(letter: str, count: int) -> int:
    at = ord(letter.upper()) - 65
    return at if at < count else -1
