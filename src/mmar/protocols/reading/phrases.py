"""Phrases that carry the grammar of an answer ("the answer is", "I choose", "not"), by language, as data.

`phrases.tsv` beside this file has a row for each phrase: its language, its kind, the phrase, an example answer,
and what the example is read as: a letter, `none` or `refused`. The choices of the examples are "Rain", "Wind",
"Thunder" and "Waves". Every row is needed: without it its example is read otherwise, which a test checks row by
row. To add a phrase, add a row with such an example.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import msgspec

from mmar.protocols.reading.text import canonical, normalise, words

__all__ = ["KINDS", "Phrase", "PhraseTable", "phrase_table", "shipped_phrases"]

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


class Phrase(msgspec.Struct, frozen=True):
    """One row of the table.

    Attributes:
        language: code of the language, e.g. `en`.
        kind: one of `KINDS`.
        text: the phrase.
        example: an answer that is read as `reads` because of this row.
        reads: the letter of the choice that the example names, `none` or `refused`.
    """

    language: str
    kind: str
    text: str
    example: str
    reads: str


class PhraseTable(msgspec.Struct, frozen=True):
    """Phrases prepared for matching.

    Attributes:
        by_first_word: for each first word the phrases that begin with it, the longest first: their words, their
            symbol, and the punctuation that may stand in them.
    """

    by_first_word: dict[str, list[tuple[tuple[str, ...], str, str]]]

    @classmethod
    def of(cls, phrases: Iterable[Phrase]) -> PhraseTable:
        """Prepare phrases; of a phrase that stands twice the first row counts."""
        table: dict[str, dict[tuple[str, ...], tuple[str, str]]] = {}
        for phrase in phrases:
            text = phrase.text
            if text.isascii() and text.replace(" ", "").isalpha():
                sequence, inside = tuple(map(canonical, text.split(" "))), ""
            else:
                text = normalise(text)[0]
                sequence = tuple(word for word, _, _ in words(text))
                inside = "".join(mark for mark in ",-" if mark in text)
            table.setdefault(sequence[0], {}).setdefault(sequence, (KINDS[phrase.kind], inside))
        return cls(
            {
                first: sorted(
                    ((sequence, *rest) for sequence, rest in rows.items()),
                    key=lambda row: len(row[0]),
                    reverse=True,
                )
                for first, rows in table.items()
            }
        )


def shipped_phrases() -> list[Phrase]:
    """The rows of `phrases.tsv`, in order."""
    lines = Path(__file__).with_name("phrases.tsv").read_text("utf-8").splitlines()[1:]
    return [Phrase(*line.replace("\\n", "\n").split("\t")) for line in lines if line]


@lru_cache(maxsize=1)
def phrase_table() -> PhraseTable:
    """The table of the shipped phrases."""
    return PhraseTable.of(shipped_phrases())
