"""Texts that are one choice or one letter as a whole."""

from __future__ import annotations

from mmar.protocols.reading.choices import ChoiceTable
from mmar.protocols.reading.statement import DRESS, Finding
from mmar.protocols.reading.text import clean, loose, normalise, plain

__all__ = ["read_whole"]


def read_whole(text: str, table: ChoiceTable, *, letters: bool, marked: bool = False) -> Finding | None:
    """What a text is as a whole: a choice's text or a letter; an empty choice only inside markup."""
    stripped = text.strip()
    if not stripped:
        return Finding(table.exact[""], "choice-text") if marked and "" in table.exact else None
    start = text.index(stripped)
    end = start + len(stripped)
    letter = _lone_letter(stripped, table, letters=letters)
    if letter >= 0 and letters:
        return Finding(letter, "lone-letter", start, end)
    if stripped in table.exact:
        return Finding(table.exact[stripped], "choice-text", start, end)
    if len(stripped) <= 2 * table.longest + 200:
        form = plain(normalise(stripped)[0])
        place = table.plains.get(form, -1)
        if place < 0 and (core := loose(form)):
            place = table.looses.get(core, -1)
        if place >= 0:
            return Finding(place, "choice-text", start, end)
    return Finding(letter, "lone-letter", start, end) if letter >= 0 else None


def _lone_letter(text: str, table: ChoiceTable, *, letters: bool) -> int:
    if len(text) > 80:
        return -1
    core = clean(text)[0].lstrip(DRESS + "#").rstrip(DRESS)
    if len(core) != 1 or not core.isascii() or not core.isalpha():
        return -1
    if not letters and core in table.exact:
        return table.exact[core]
    if not letters and core.upper() in table.single_letters:
        return table.single_letters[core.upper()]
    place = ord(core.upper()) - 65
    return place if place < len(table.choices) else -1
