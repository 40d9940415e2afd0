"""Lists of options in an answer."""

from __future__ import annotations

import re

from mmar.protocols.reading.patterns import pattern
from mmar.protocols.reading.polarity import rejected_behind
from mmar.protocols.reading.statement import Statement
from mmar.protocols.reading.units import Units
from mmar.protocols.reading.verdicts import PREDICATE

__all__ = ["listed_options", "marked_option"]

_OPTION = pattern(r"(?:^|(?<=[.?|,:]))[-:(]{0,2}(?P<noun>A?)\(?(?P<ref>[LlbCX])\)?(?P<behind>.?)")


_NUMBERED = pattern(r"w[.)]+(?P<ref>[CLl])(?=w|[.,|]|$)")  # "1. Rain 2. Wind"


def listed_options(units: Units) -> set[int]:
    """The references that stand as items of a list of options, where at least two options stand so."""
    symbols = units.symbols
    items: dict[int, list[int]] = {}
    apart: list[int] = []
    for match in _OPTION.finditer(symbols):
        ref = match.start("ref")
        labelled = symbols[ref] in "Llb" or ref in units.labels
        if not labelled:
            continue
        behind = match["behind"]
        lone = behind in ("", "|") or (behind == "." and symbols[match.end() : match.end() + 1] in ("", "|"))
        follows_comma = match.start() > 0 and symbols[match.start() - 1] in ",:"
        if follows_comma and not match["noun"] and behind not in (":", "=", ")"):
            continue
        if lone and not match["noun"] and not _beside_item(units, match.start(), match.end()):
            apart.append(ref)
            continue
        if not lone and PREDICATE.match(symbols, ref + 1) and not rejected_behind(units, ref):
            continue
        items.setdefault(units.places[ref], []).append(ref)
    for match in _NUMBERED.finditer(symbols):
        ref = match.start("ref")
        if units.text[units.starts[match.start()] : units.ends[match.start()]].isdigit():
            items.setdefault(units.places[ref], []).append(ref)
    if len(items) < 2:
        return set()
    for ref in apart:  # the next item behind blank lines
        if units.places[ref] - 1 in items and ref > max(items[units.places[ref] - 1]):
            items.setdefault(units.places[ref], []).append(ref)
    return {ref for refs in items.values() for ref in refs}


def _beside_item(units: Units, start: int, end: int) -> bool:
    """Whether the line before or behind a line is an item with another label."""
    symbols, text = units.symbols, units.text
    after = re.compile(r"[.]?\|[-:(]{0,2}A?\(?[LlbCX]").match(symbols, max(end - 1, 0))
    if after and symbols[after.end() - 1] in "LlbCX":
        between = text[units.ends[end - 2] if end >= 2 else 0 : units.starts[after.end() - 1]]
        if between.count("\n") == 1 and (
            symbols[after.end() - 1] in "Llb" or after.end() - 1 in units.labels
        ):
            return True
    line = text.rfind("\n", 0, units.starts[start] if start < len(units.starts) else 0)
    if line <= 0:
        return False
    before = text.rfind("\n", 0, line)
    previous = [unit for unit, begin in enumerate(units.starts[: start + 1]) if before < begin < line]
    return (
        bool(previous)
        and bool(text[before + 1 : line].strip())
        and any(symbols[unit] in "Llb" or unit in units.labels for unit in previous[:3])
    )


_MARK = pattern(r"\)?[-:(,]{0,2}=?h?(?:(?P<right>gA?)|[Nnx]A?)\)?(?=[.|,]|$)")


def marked_option(units: Units, listed: set[int]) -> Statement | None:
    """The one option of a list that is marked as right where all others are marked as wrong."""
    right: list[int] = []
    marked: set[int] = set()
    for ref in sorted(listed):
        mark = _MARK.match(units.symbols, ref + 1)
        if mark is None:
            return None
        marked.add(units.places[ref])
        if mark["right"]:
            right.append(ref)
    if len(right) != 1 or len(marked) < 2:
        return None
    return Statement(units.places[right[0]], right[0], right[0])
