"""Words that take back what was said before them."""

from __future__ import annotations

import re
from bisect import bisect_left

from mmar.protocols.reading.polarity import rejected_behind
from mmar.protocols.reading.statement import Finding
from mmar.protocols.reading.text import Clean
from mmar.protocols.reading.units import REFERENCES, Units

__all__ = ["corrections", "is_quoted", "unless_taken_back"]

_NO = frozenset(
    ("no", "nope", "not", "non", "nein", "não", "нет", "не", "不", "不是", "いや", "아니", "لا", "नहीं")
)


def corrections(units: Units, after: int = -1) -> list[int]:
    """The units that take back what was said before, outside of quoted speech."""
    found = []
    for match in re.finditer(
        r"R|r(?=[^.?|]{0,12}[CLlb])|(?<=[.,?|(K-])(?:N(?=[,:.|-]|$)|x(?=[,-]))|(?<=[.?|])[Nx]\.",
        units.symbols,
    ):
        unit = match.start()
        if match[0] == "N" and units.text[units.starts[unit] : units.ends[unit]].casefold() not in _NO:
            continue
        if units.starts[unit] >= after and not is_quoted(units.text, units.starts[unit]):
            found.append(unit)
    return found


def unless_taken_back(found: Finding, units: Units, cleaned: Clean) -> Finding:
    """What markup pointed at, unless words behind it take that back or deny it."""
    places = cleaned[1]
    last = bisect_left(units.ends, found.end) if places is None else len(units.ends)
    if last < len(units.ends) and rejected_behind(units, last):
        return Finding(-1, "only-negated", found.start, found.end)
    for unit in corrections(units, after=found.end if places is None else -1):
        start = units.starts[unit] if places is None else places[units.starts[unit]]
        if start < found.end:
            continue
        named = [at for at in range(unit + 1, len(units.symbols)) if units.symbols[at] in REFERENCES]
        if units.symbols[unit] == "R" or any(units.places[at] != found.place for at in named):
            return Finding(-1, "taken-back", found.start, units.ends[unit] if places is None else found.end)
    return found


def is_quoted(text: str, place: int) -> bool:
    """Whether a place of a text stands inside quotation marks on its line."""
    line = text.rfind("\n", 0, place) + 1
    return text.count('"', max(line, place - 400), place) % 2 == 1
