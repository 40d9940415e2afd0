"""Phrases that carry the grammar of an answer ("the answer is", "I choose", "not"), by language, as data.

`phrases.tsv` beside this file has a row for each phrase: its language, its kind, the phrase, an example answer,
and what the example is read as: a letter, `none` or `refused`. The choices of the examples are "Rain", "Wind",
"Thunder" and "Waves". Every row is needed: without it its example is read otherwise, which a test checks row by
row. To add a phrase, add a row with such an example.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from mmar.protocols.reading.text import NUMERALS, canonical, normalise, words

KINDS: dict[str, str] = {
    "answer": "A",  # answer, option, choice: the noun
    "answers": "o",  # the plural, which introduces a list
    "good": "g",  # correct, best, final: an adjective that makes the noun the verdict
    "wrong": "x",  # wrong, unlikely: denies what it is said of
    "rank": "e",  # second, last: makes the noun another answer than the one that is meant
    "is": "=",  # is, must be, seems
    "first-person": "i",  # I, we
    "choose": "v",  # choose, go with
    "think": "y",  # think, say: asserts in the first person only
    "evidence": "k",  # suggests, clear: asserts whoever is the subject
    "match": "M",  # corresponds, aligns
    "therefore": "T",
    "not": "N",  # not, never, rule out: denies what follows
    "than": "u",  # than, unlike, instead of: denies what follows, never what stands before it
    "cannot": "n",  # isn't, cannot: also denies what stands before it
    "not-but": "j",  # denies what stands before it and says that the next is meant
    "if": "S",  # supposes the rest of its sentence
    "although": "H",  # supposes up to the next comma
    "earlier": "O",  # at first, I thought: what is no longer meant
    "correction": "R",  # wait, scratch that: takes back what was said before
    "rather": "r",  # actually, instead: corrects where another choice follows
    "and": "&",
    "adverb": "h",  # clearly, probably: changes nothing
    "because": "B",
    "but": "K",
    "it": "I",
    "that": "c",
    "article": "t",
    "of": "p",  # for, to the: begins what modifies the noun
    "modal": "m",  # could, might
    "preface": "f",  # based on, in my view: begins words that only lead to a statement
    "thinking": "P",  # let me think, I need to: reasoning and not an answer
    "neutral": "w",  # no doubt, not only: holds another row's phrase and means nothing of the kind
    "refusal": "Q",
}
"""The symbol of each kind of phrase in the grammar (`mmar.protocols.reading.verdicts`, `clauses`, `polarity`)."""

# Behind Latin, Greek and Cyrillic letters.
_FIRST_OTHER = "\u0590"

Row = tuple[tuple[str, ...], str, str]
"""A phrase prepared for matching: its words, its symbol, and the punctuation that may stand in it."""


class PhraseTable:
    """The phrases of a file by their first word, prepared when it is looked up: an answer has few of the words."""

    def __init__(self, path: Path) -> None:
        self._by_word: dict[str, list[tuple[str, str]]] = {}
        # In scripts whose words are not parted by spaces, by the first character.
        self._by_character: dict[str, list[tuple[str, str]]] = {}
        # What stands before the first blank is the first word already, for most of the phrases.
        with path.open(encoding="utf-8") as lines:
            next(lines)
            for line in lines:
                _, kind, text, _ = line.split("\t", 3)
                self._by_word.setdefault(text.partition(" ")[0], []).append((kind, text))
        for piece in [piece for piece in self._by_word if not piece.isalpha() or piece >= _FIRST_OTHER]:
            group = self._by_word.pop(piece)
            if piece >= _FIRST_OTHER:
                self._by_character.setdefault(piece[0], []).extend(group)
                continue
            for kind, text in group:
                self._by_word.setdefault(_sequence(text)[0], []).append((kind, text))
        for piece in NUMERALS.keys() & self._by_word.keys():
            self._by_word.setdefault(NUMERALS[piece], []).extend(self._by_word.pop(piece))
        self.get = lru_cache(maxsize=16384)(self._get)

    def _get(self, word: str, default: Any = None) -> Any:
        """The phrases that begin with a word, the longest first."""
        for kind, text in self._by_character.pop(word[:1], ()):
            self._by_word.setdefault(_sequence(text)[0], []).append((kind, text))
        return phrase_rows(self._by_word[word]) if word in self._by_word else default


def _is_plain(text: str) -> bool:
    """Whether a text is words of scripts that part them by spaces, apostrophes only inside of them."""
    if not text.replace(" ", "").replace("'", "").isalpha() or max(text) >= _FIRST_OTHER:
        return False
    return "'" not in text or not any(mark in f" {text} " for mark in (" '", "' ", "''"))


def _sequence(text: str) -> tuple[str, ...]:
    """The words of a phrase in their canonical form."""
    if _is_plain(text):
        return tuple(map(canonical, text.split(" ")))
    return tuple(word for word, _, _ in words(normalise(text)[0]))


def phrase_rows(phrases: list[tuple[str, str]]) -> list[Row]:
    """Phrases with the same first word, the longest first."""
    rows: dict[tuple[str, ...], Row] = {}
    for kind, text in phrases:
        inside = "" if _is_plain(text) else "".join(mark for mark in ",-" if mark in normalise(text)[0])
        sequence = _sequence(text)
        rows.setdefault(sequence, (sequence, KINDS[kind], inside))
    return sorted(rows.values(), key=lambda row: (-len(row[0]), row[0]))


@lru_cache(maxsize=1)
def phrase_table() -> PhraseTable:
    """The phrases of all languages."""
    return PhraseTable(Path(__file__).with_name("phrases.tsv"))
