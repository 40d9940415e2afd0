"""The table of phrases: every row is needed, and its example says what for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from mmar.protocols.reading import cascade, fast_path, phrases, read, scan
from mmar.protocols.reading.phrases import KINDS, Row, phrase_rows, phrase_table
from mmar.protocols.reading.text import normalise, words

CHOICES = ("Rain", "Wind", "Thunder", "Waves")
LANGUAGES = ("en", "zh-Hans", "zh-Hant", "de", "fr", "es", "pt", "it", "ru", "ja", "ko", "ar", "hi")


class Phrase(NamedTuple):
    """A row: its example is read as `reads` (a letter, `none`, `refused` or a rule) because of it."""

    language: str
    kind: str
    text: str
    example: str
    reads: str

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(word for word, _, _ in words(normalise(self.text)[0]))


LINES = Path(phrases.__file__).with_name("phrases.tsv").read_text("utf-8").splitlines()[1:]
ROWS = [Phrase(*line.replace("\\n", "\n").split("\t")) for line in LINES if line]
GROUPS: dict[str, list[tuple[str, str]]] = {}
for row in ROWS:
    GROUPS.setdefault(row.words[0], []).append((row.kind, row.text))
TABLE = {first: phrase_rows(group) for first, group in GROUPS.items()}


def reading_of(phrase: Phrase) -> str:
    """What a row's example is read as, in the terms of its column `reads`."""
    reading = read(phrase.example, CHOICES)
    if phrase.reads not in {*"ABCD", "none", "refused"}:
        return reading.rule
    if reading.index is not None:
        return "ABCD"[reading.index]
    return "refused" if reading.state == "refused" else "none"


def without(phrase: Phrase) -> dict[str, list[Row]]:
    first = phrase.words[0]
    return TABLE | {first: [row for row in TABLE[first] if row[0] != phrase.words]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_example_is_read_as_its_row_says_and_otherwise_without_the_row(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cascade, "read_common", lambda *_: None)  # it looks at no phrase
    wrong, idle = [], []
    for phrase in (row for row in ROWS if row.language == language):
        if reading_of(phrase) != phrase.reads:
            wrong.append(phrase)
        with monkeypatch.context() as patch:
            table = without(phrase)
            patch.setattr(scan, "phrase_table", lambda table=table: table)
            if reading_of(phrase) == phrase.reads:
                idle.append(phrase)
    assert not wrong, wrong[:5]
    assert not idle, idle[:5]


def test_rows_are_of_known_kinds_and_languages_and_stand_once() -> None:
    assert {row.kind for row in ROWS} <= set(KINDS)
    assert {row.language for row in ROWS} == set(LANGUAGES)
    sequences = Counter(row.words for row in ROWS)
    assert not [sequence for sequence, count in sequences.items() if count > 1]


def test_the_fast_path_needs_no_table() -> None:
    assert "phrase" not in (fast_path.__doc__ or "")
    assert not hasattr(fast_path, "phrase_table")


def test_rows_are_found_by_their_first_word_when_it_is_looked_up() -> None:
    table = phrase_table()
    assert all(table.get(first) == rows for first, rows in TABLE.items())
    assert table.get("no such word") is None
