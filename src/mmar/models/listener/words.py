"""Reading the question and its choices: words, numbers, ordinals, moments."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

__all__ = ["Question", "moment_in", "number_in", "ordinal_in", "read_question"]

_NUMBERS = {
    "zero": 0,
    "none": 0,
    "no": 0,
    "never": 0,
    "once": 1,
    "twice": 2,
    "thrice": 3,
    "single": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
}

_ORDINALS = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question as a rule sees it.

    Attributes:
        text: the question in lower case, accents and punctuation taken away.
        words: its words.
        choices: the choices, treated alike, in an order that does not depend on how they were put.
    """

    text: str
    words: frozenset[str]
    choices: tuple[str, ...]

    def asks(self, *stems: str) -> bool:
        """Whether a word of the question begins with one of the stems."""
        return any(word.startswith(stems) for word in self.words)

    def offers(self, *stems: str) -> list[bool]:
        """For each choice, whether a word of it begins with one of the stems."""
        return [any(word.startswith(stems) for word in choice.split()) for choice in self.choices]

    def between(self, *groups: tuple[str, ...]) -> bool:
        """Whether the choices are a choice between these groups of stems.

        Every choice has a word of one of them, two of them occur at least, and not every choice has all.
        """
        held = [self.offers(*group) for group in groups]
        return (
            sum(map(any, held)) >= 2
            and all(map(any, zip(*held, strict=True)))
            and not all(map(all, zip(*held, strict=True)))
        )

    def favouring(self, weights: dict[tuple[str, ...], float]) -> list[float]:
        """For each choice, the sum of the weights of the groups of stems that it has words of."""
        columns = [(self.offers(*stems), weight) for stems, weight in weights.items()]
        return [
            sum(weight for offered, weight in columns if offered[place]) for place in range(len(self.choices))
        ]


def read_question(question: str, choices: list[str]) -> Question:
    """Make question and choices ready for rules."""
    text = _plain(question)
    return Question(text, frozenset(text.split()), tuple(_plain(choice) for choice in choices))


def number_in(choice: str) -> float | None:
    """The number that a choice names: digits, a number word, or the middle of a range."""
    digits = [float(found) for found in re.findall(r"\d+(?:\.\d+)?", choice)]
    if digits:
        return sum(digits) / len(digits)
    named = [_NUMBERS[word] for word in choice.split() if word in _NUMBERS]
    return float(named[0]) if named else None


def ordinal_in(choice: str) -> int | None:
    """The place in a row that a choice names, 1 for the first."""
    for word in choice.split():
        if word in _ORDINALS:
            return _ORDINALS[word]
        if found := re.fullmatch(r"(\d+)(?:st|nd|rd|th)", word):
            return int(found[1])
    return None


def moment_in(choice: str) -> float | None:
    """The moment in seconds that a choice names, such as “after 1.5 seconds” or “00:08”."""
    if found := re.search(r"\b(\d+):(\d+)(?::(\d+))?\b", choice):
        minutes, seconds = int(found[1]), int(found[2])
        return 60.0 * minutes + seconds
    if "beginning" in choice.split() or "outset" in choice.split():
        return 0.0
    if re.search(r"\bseconds?\b|\bs\b", choice) and (found := re.search(r"\d+(?:\.\d+)?", choice)):
        return float(found[0])
    return None


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).lower()
    kept = []
    for mark in folded:
        kind = unicodedata.category(mark)[0]
        # Points and colons stay for “1.5” and “00:08”; accents go.
        kept.append("" if kind == "M" else " " if kind in "PSZ" and mark not in ".:" else mark)
    return " ".join(word.strip(".:") for word in "".join(kept).split())
