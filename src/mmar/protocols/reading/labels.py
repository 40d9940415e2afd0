"""Letters beside the text of a choice, as one unit; punctuation between words, and the edges of words."""

from __future__ import annotations

import re
from functools import lru_cache

from mmar.protocols.reading.choices import LETTERS, ChoiceTable
from mmar.protocols.reading.text import BOUNDARY, Units, pattern

# A letter that labels the text behind it, and a text with its letter in brackets behind it.
_LABELLED = pattern(
    r"\(?(?P<letter>[Ll]|b(?=[.)]))\)?(?P<link>[.:,-]?)\)?t?\(?(?P<text>[Cl])|(?P<first>C)\((?P<last>[Llb])\)?"
)


def merge_labels(units: Units, table: ChoiceTable, *, notes: bool) -> Units:
    """The same units with each letter and the text that it labels as one."""
    symbols: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    choices: list[int] = []
    labels: set[int] = set()
    done = 0

    def keep(until: int) -> None:
        symbols.append(units.symbols[done:until])
        starts.extend(units.starts[done:until])
        ends.extend(units.ends[done:until])
        choices.extend(units.choices[done:until])

    index = 0
    while match := _LABELLED.search(units.symbols, index):
        index = match.start() + 1
        text = match.start("text") if match["text"] else match.start("first")
        letter = match.start("letter") if match["text"] else match.start("last")
        if match["text"] == "l" and not notes:
            continue
        name = units.text[units.starts[letter]].upper()
        label = LETTERS.find(name) if notes else units.choices[letter]
        if not 0 <= label < len(table.choices):
            continue
        choice = units.choices[text]
        if match["text"] == "l":
            choice = table.single_letters.get(units.text[units.starts[text]].upper(), -1)
        if choice < 0:
            continue
        same = table.choices[label] == table.choices[choice]
        if not same and match["link"] == ",":
            continue
        keep(match.start())
        done = index = match.end()
        labels.add(len(starts))
        symbols.append("C" if same else "X")
        starts.append(units.starts[match.start()])
        ends.append(units.ends[match.end() - 1])
        # A choice that stands twice is named by the letter that is given.
        choices.append(label if same else -1)
    if not done:
        return units
    keep(len(units.symbols))
    return Units("".join(symbols), starts, ends, choices, labels, units.text)


_PUNCTUATION = {
    ".": ".", "!": ".", "。": ".", ";": ".", "؟": "?", "?": "?", "।": ".", "،": ",", "؛": ".",
    "\n": "|", "|": "|", BOUNDARY: "|", "\x1e": "-", ",": ",", "、": ",", ":": ":", "=": ":", "→": ":",
    "⇒": ":", "➔": ":", "➡": ":", "(": "(", "[": "(", "{": "(", "【": "(", ")": ")", "]": ")", "}": ")", "】": ")",
    "/": "/", "&": "&", "+": "&", "\t": "|", "#": "|", "@": "|",
}  # fmt: skip
_MARKS = pattern(r"[-=]+>|-+|.", re.DOTALL)


@lru_cache(maxsize=4096)
def punctuation_of(gap: str) -> tuple[tuple[str, int, int], ...]:
    """The symbols of what stands between two words, each with its offset and length."""
    marks: list[tuple[str, int, int]] = []
    for match in _MARKS.finditer(gap):
        mark, start = match[0], match.start()
        if mark.strip("-"):
            symbol = ":" if len(mark) > 1 else _PUNCTUATION.get(mark, "")
        else:
            symbol = "-"
            before, behind = gap[:start][-1:].strip(), gap[match.end() :][:1].strip()
            is_bullet = "\n" in gap[:start] and (not marks or marks[-1][0] == "|")
            if len(mark) == 1 and (before or behind.strip("*_\"'(") or is_bullet):
                continue
        if symbol and not (symbol in ".?|" and marks and marks[-1][0] == symbol):
            marks.append((symbol, start, len(mark)))
    return tuple(marks)


def is_edge(text: str, index: int) -> bool:
    """Whether a word may begin or end at an index of a text."""
    if index <= 0 or index >= len(text):
        return True
    left, right = text[index - 1], text[index]
    if joins(left):
        if joins(right) or right in "#%°" or (right == "+" and not text[index + 1 : index + 2].isspace()):
            return False
        return not (index + 1 < len(text) and linked(left, right, text[index + 1]))
    if joins(right) and index >= 2 and linked(text[index - 2], left, right):
        return False
    return not (left == "-" and right.isdigit() and not text[max(0, index - 2) : index - 1].isspace())


def joins(mark: str) -> bool:
    """Whether a character is part of a word; scripts written without spaces have an edge at every character."""
    return mark.isalnum() and mark < "\u2e80"


def linked(left: str, link: str, right: str) -> bool:
    """Whether a mark between two characters is part of a word or a number, as in "well-known" and "3:1"."""
    if link in "-'":
        return joins(left) and joins(right)
    return link in ".:,/" and left.isdigit() and right.isdigit()


def neighbour(text: str, index: int, step: int) -> str:
    """The next character that is neither blank nor emphasis, "" at the end."""
    for _ in range(4):
        if not 0 <= index < len(text):
            return ""
        if text[index] not in "*\"'_$":
            return text[index]
        index += step
    return ""
