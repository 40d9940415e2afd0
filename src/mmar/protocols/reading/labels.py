"""Letters beside the text of a choice, as one unit."""

from __future__ import annotations

from mmar.protocols.reading.choices import LETTERS, ChoiceTable
from mmar.protocols.reading.patterns import pattern
from mmar.protocols.reading.units import Units

__all__ = ["merge_labels"]

# A letter that labels the text behind it, and a text with its letter in brackets behind it.
_LABELLED = pattern(
    r"\(?(?P<letter>[Ll]|b(?=[.)]))\)?(?P<link>[.:,-]?)\)?t?\(?(?P<text>[Cl])|(?P<first>C)\((?P<last>[Llb])\)?"
)


def merge_labels(units: Units, table: ChoiceTable, *, notes: bool) -> Units:
    """The same units with each letter and the text that it labels as one."""
    symbols: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    places: list[int] = []
    labels: set[int] = set()
    done = 0

    def keep(until: int) -> None:
        symbols.append(units.symbols[done:until])
        starts.extend(units.starts[done:until])
        ends.extend(units.ends[done:until])
        places.extend(units.places[done:until])

    at = 0
    while match := _LABELLED.search(units.symbols, at):
        at = match.start() + 1
        text = match.start("text") if match["text"] else match.start("first")
        letter = match.start("letter") if match["text"] else match.start("last")
        if match["text"] == "l" and not notes:
            continue
        label = _letter_index(units, letter) if notes else units.places[letter]
        if not 0 <= label < len(table.choices):
            continue
        place = units.places[text]
        if match["text"] == "l":
            place = table.single_letters.get(units.text[units.starts[text]].upper(), -1)
        if place < 0:
            continue
        same = table.choices[label] == table.choices[place]
        if not same and match["link"] == ",":
            continue
        keep(match.start())
        done = at = match.end()
        labels.add(len(starts))
        symbols.append("C" if same else "X")
        starts.append(units.starts[match.start()])
        ends.append(units.ends[match.end() - 1])
        # A choice that stands twice is named by the letter that is given.
        places.append(label if same else -1)
    if not done:
        return units
    keep(len(units.symbols))
    return Units("".join(symbols), starts, ends, places, labels, units.text)


def _letter_index(units: Units, unit: int) -> int:
    return LETTERS.find(units.text[units.starts[unit]].upper())
