"""The table of phrases: every row is needed, and its example says what for."""

from __future__ import annotations

from collections import Counter

import pytest

from mmar.protocols.reading import cascade, fast_path, read, scan
from mmar.protocols.reading.phrases import KINDS, Phrase, PhraseTable, phrase_table, shipped_phrases
from mmar.protocols.reading.text import normalise, words

CHOICES = ("Rain", "Wind", "Thunder", "Waves")
LANGUAGES = ("en", "zh-Hans", "zh-Hant", "de", "fr", "es", "pt", "it", "ru", "ja", "ko", "ar", "hi")
ROWS = shipped_phrases()
TABLE = PhraseTable.of(ROWS)


def outcome(phrase: Phrase) -> str:
    """What a row's example is read as, in the terms of its column `reads`."""
    reading = read(phrase.example, CHOICES)
    if phrase.reads not in {*"ABCD", "none", "refused"}:
        return reading.rule
    if reading.index is not None:
        return "ABCD"[reading.index]
    return "refused" if reading.state == "refused" else "none"


def without(phrase: Phrase) -> PhraseTable:
    table = dict(TABLE.by_first_word)
    sequence = tuple(word for word, _, _ in words(normalise(phrase.text)[0]))
    table[sequence[0]] = [row for row in table[sequence[0]] if row[0] != sequence]
    return PhraseTable(table)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_example_is_read_as_its_row_says_and_otherwise_without_the_row(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cascade, "read_common", lambda *_: None)  # it looks at no phrase
    wrong, idle = [], []
    for phrase in (row for row in ROWS if row.language == language):
        if outcome(phrase) != phrase.reads:
            wrong.append(phrase)
        with monkeypatch.context() as patch:
            table = without(phrase)
            patch.setattr(scan, "phrase_table", lambda table=table: table)
            if outcome(phrase) == phrase.reads:
                idle.append(phrase)
    assert not wrong, wrong[:5]
    assert not idle, idle[:5]


def test_rows_are_of_known_kinds_and_languages_and_stand_once() -> None:
    assert {row.kind for row in ROWS} <= set(KINDS)
    assert {row.language for row in ROWS} == set(LANGUAGES)
    sequences = Counter(tuple(word for word, _, _ in words(normalise(row.text)[0])) for row in ROWS)
    assert not [sequence for sequence, count in sequences.items() if count > 1]


def test_the_fast_path_needs_no_table() -> None:
    assert "phrase" not in (fast_path.__doc__ or "")
    assert not hasattr(fast_path, "phrase_table")


def test_rows_are_found_by_their_first_word_when_it_is_looked_up() -> None:
    table = phrase_table().by_first_word
    for phrase in ROWS:
        sequence = tuple(word for word, _, _ in words(normalise(phrase.text)[0]))
        assert sequence in [row[0] for row in table.get(sequence[0], ())]
    assert all(table.get(first) == rows for first, rows in TABLE.by_first_word.items())
    assert table.get("no such word") is None
