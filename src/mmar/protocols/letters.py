"""Letters that stand for choices: alone ("C", "(C)"), as a label ("C. Open Grassland"), as a noun ("C because …").

"A man…" and "NASA is…" are words, not letters: a letter counts only where it stands alone, in brackets, or
before a mark or a word that makes a label or a noun of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mmar.protocols.patterns import pattern

__all__ = ["letter_alone", "letter_clause", "letter_label", "letter_labels", "letter_last", "letter_linked"]

_NOUNS = frozenset(("option", "choice", "answer", "letter"))
_LEFT = " \t\r\n\"'*_#>([{<$~•-"
_RIGHT = " \t\r\n\"'*_)]}>.,:;!$~。、"
_LABEL = pattern(
    r"""[\s"'*_#>•-]{0,40}(?:
          (?i:option|choice|answer|letter)\s{1,3}["'*(\[]{0,4}([A-Za-z])(?:(?=["'*)\]\s]*$)|["'*)\]]{1,4}|(?=[.:,;])|(?<=[A-Z])(?![\w'#♯+]))
        | [(\[{]["'*]{0,2}([A-Za-z])["'*]{0,2}[)\]}]
        | ([A-Za-z])["'*]{0,3}(?:[.):](?=["'*]{0,3}(?:\s|$))|,(?<=[A-Z],)(?=\s)|\s-(?=\s)|(?<=[A-Z])[):.、](?=[^\x00-\u2e7f])|(?<=[A-Z])[):](?=[A-Za-z]{2}))
        )["'*]{0,3}(?:[\s:,;)]|\.(?=\s|$)|-(?=\s)){0,6}""",
    re.VERBOSE,
)
_LABEL_INSIDE = pattern(r"""(?<![\w'.])[(\["'*]{0,4}([A-Za-z])(?:[.:)\]]{1,3}["'*]{0,3}\s|[)\]]["'*]{0,3})""")
_CLAUSE = pattern(
    r"""[\s"'*(\[]{0,8}(?:
          ([A-Z])["'*)\]]{0,4}[,;]?\s{1,3}(?i:because|since
              |(?:is|was)\s{1,3}(?:(?:the|my|clearly|definitely|likely|probably)\s{1,3}){0,2}(?:correct|right|best|answer|most|more|true))
        | ([B-HJ-Zb-hj-z])["'*)\]]{0,4}[,;]?\s{1,3}(?i:because|since|as|due|for|given)
        )\b""",
    re.VERBOSE,
)
_LINKED = pattern(
    r"""["'*)\]}.:]{0,4}\s{0,3}(?:[,/;|&+、]|(?i:\bor\b|\band\b|\bvs\b))\s{0,3}(?:(?i:or|and)\s{1,3})?
        (?:(?i:option|choice|answer|letter)\s{1,3})?
        (?:["'*]{0,3}([A-Z])(?![\w'#+])|["'*]{0,3}[(\[{]["'*]{0,2}([A-Za-z])["'*]{0,2}[)\]}])""",
    re.VERBOSE,
)
_LAST = pattern(r"""(?:^|[\s"'*(\[])([A-Z])["'*)\]]{0,4}\s{0,3}$""")


def letter_alone(text: str, count: int) -> int:
    """The 0-based choice of a letter that is all there is, brackets, quotes and full stops aside.

    Args:
        text: cleaned text.
        count: number of choices.

    Returns:
        The index, or -1.
    """
    if len(text) > 60:
        return -1
    core = text.rstrip(_RIGHT).lstrip(_LEFT)
    return _index(core, count) if len(core) == 1 else -1


def letter_label(text: str, count: int) -> tuple[int, int, int]:
    """The choice of a letter that labels what follows it.

    Returns:
        The 0-based index, where the letter ends and where the labelled text begins; `(-1, 0, 0)` when there is none.
    """
    if text[:1].isalpha() and text[1:2].isalnum() and text[:6].lower() not in _NOUNS:
        return -1, 0, 0  # begins with a word; the pattern would find that out more slowly
    match = _LABEL.match(text)
    if match is None:
        return -1, 0, 0
    group = match.lastindex or 1
    return _index(match[group], count), match.end(group), match.end()


def letter_labels(text: str, count: int) -> Iterator[tuple[int, int]]:
    """All letters inside a text that could label what follows them: 0-based index, and where that begins."""
    for match in _LABEL_INSIDE.finditer(text):
        at = _index(match[1], count)
        if at >= 0:
            yield at, match.end()


def letter_linked(text: str, at: int, count: int) -> int:
    """The choice of a second letter that is linked to one ending at `text[at]`: "A or B", "(A), (B)"; -1 for none."""
    match = _LINKED.match(text, at)
    return _index(match[1] or match[2], count) if match else -1


def letter_clause(text: str, count: int) -> tuple[int, int]:
    """The choice of a letter that stands where a noun would: "C because …", "B is …".

    Returns:
        The 0-based index and where the letter ends; `(-1, 0)` for none.
    """
    match = _CLAUSE.match(text)
    if match is None:
        return -1, 0
    group = match.lastindex or 1
    return _index(match[group], count), match.end(group)


def letter_last(text: str, count: int) -> int:
    """The choice of a capital that ends a text: "so B"; -1 for none."""
    match = _LAST.search(text[-12:])
    return _index(match[1], count) if match else -1


def _index(letter: str, count: int) -> int:
    at = ord(letter.upper()) - 65 if letter.isascii() else -1
    return at if 0 <= at < count else -1
