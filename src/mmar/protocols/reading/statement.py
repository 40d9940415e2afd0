"""A reference to a choice that is stated, what a piece of an answer names by it, and words that take it back."""

from __future__ import annotations

import re
from bisect import bisect_left

import msgspec

from mmar.protocols.reading.polarity import is_asked, is_conditional, other_reference, rejected_behind
from mmar.protocols.reading.text import BOUNDARY, REFERENCES, Clean, Units, pattern

_WHICH_IS = pattern(r"\)?,[cM]?=?[=h]{0,2}t?C")
_STOPS = ".?|,:-()/BK"


class Statement(msgspec.Struct, frozen=True, gc=False):
    """A reference that is stated.

    Attributes:
        place: 0-based choice; -1 where the statement names none that can be told.
        first: the unit at which the statement begins.
        last: the unit of the reference.
        final: whether it says of itself that it is final ("final answer", "therefore").
        trouble: the rule's name for what is wrong with it; empty where nothing is.
    """

    place: int
    first: int
    last: int
    final: bool = False
    trouble: str = ""


def unclear(trouble: str, first: int, last: int, *, final: bool = False) -> Statement:
    """A statement that names no choice, and why."""
    return Statement(-1, first, last, final, trouble)


def statement_at(units: Units, first: int, ref: int, *, final: bool = False) -> Statement | None:
    """A statement with the trouble that its reference has; `None` where a bare letter is no reference there."""
    symbol = units.symbols[ref]
    behind = units.symbols[ref + 1 : ref + 2]
    if symbol in "lb" and behind and behind not in _STOPS + "&KT=NnhMIRrxgHAitpcmvyku":
        return None
    if symbol == "b" and behind and behind not in _STOPS + "&":
        return None
    if is_asked(units, ref) or is_conditional(units, ref) or rejected_behind(units, ref):
        return unclear("only-negated", first, ref)
    if symbol == "X":
        return unclear("letter-against-text", first, ref, final=final)
    if (
        symbol in "Ll"
        and (text := _WHICH_IS.match(units.symbols, ref + 1))
        and units.places[text.end() - 1] != units.places[ref]
    ):
        return unclear("letter-against-text", first, text.end() - 1, final=final)
    if symbol == "Z":
        return unclear("no-such-letter", first, ref, final=final)
    if other_reference(units, ref) >= 0:
        return unclear("several-choices", first, ref, final=final)
    return Statement(units.places[ref], first, ref, final)


DRESS = " \t\r\n\"'*_>([{<)]}.,:;!$~•-。、\\|`" + BOUNDARY


class Finding:
    """What a piece of an answer names: a choice, or the trouble that keeps it from naming one."""

    __slots__ = ("end", "place", "rule", "start")

    def __init__(self, place: int, rule: str, start: int = 0, end: int = 0) -> None:
        self.place, self.rule, self.start, self.end = place, rule, start, end


def finding_of(units: Units, statement: Statement, rule: str) -> Finding:
    """The finding of a statement, with the words from its beginning to its reference."""
    start = units.starts[statement.first]
    end = units.ends[statement.last]
    if statement.place < 0:
        return Finding(-1, statement.trouble or "no-choice", start, end)
    if units.text[end : end + 1] in (")", "]", "}", "】"):
        end += 1
    if rule in ("verdict", "own-line") and "\n" in units.text.strip():
        line = units.text.rfind("\n", 0, end)
        if line >= 0 and units.text[:line].strip() and not units.text[end:].strip(DRESS):
            rule = "final-line"
            start = max(start, line + 1)
    return Finding(statement.place, rule, start, end)


_NO = frozenset(
    ("no", "nope", "not", "non", "nein", "não", "нет", "не", "不", "不是", "いや", "아니", "لا", "नहीं")
)


def corrections(units: Units, after: int = -1) -> list[int]:
    """The units that take back what was said before, outside of quoted speech."""
    result = []
    for match in re.finditer(
        r"R|r(?=[^.?|]{0,12}[CLlb])|(?<=[.,?|(K-])(?:N(?=[,:.|-]|$)|x(?=[,-]))|(?<=[.?|])[Nx]\.",
        units.symbols,
    ):
        unit = match.start()
        if match[0] == "N" and units.words(unit).casefold() not in _NO:
            continue
        if units.starts[unit] >= after and not is_quoted(units.text, units.starts[unit]):
            result.append(unit)
    return result


def unless_taken_back(finding: Finding, units: Units, cleaned: Clean) -> Finding:
    """What markup pointed at, unless words behind it take that back or deny it."""
    places = cleaned[1]
    last = bisect_left(units.ends, finding.end) if places is None else len(units.ends)
    if last < len(units.ends) and rejected_behind(units, last):
        return Finding(-1, "only-negated", finding.start, finding.end)
    for unit in corrections(units, after=finding.end if places is None else -1):
        start = units.starts[unit] if places is None else places[units.starts[unit]]
        if start < finding.end:
            continue
        named = [index for index in range(unit + 1, len(units.symbols)) if units.symbols[index] in REFERENCES]
        if units.symbols[unit] == "R" or any(units.places[index] != finding.place for index in named):
            end = units.ends[unit] if places is None else finding.end
            return Finding(-1, "taken-back", finding.start, end)
    return finding


def is_quoted(text: str, place: int) -> bool:
    """Whether a place of a text stands inside quotation marks on its line."""
    line = text.rfind("\n", 0, place) + 1
    return text.count('"', max(line, place - 400), place) % 2 == 1
