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
        choice: 0-based choice; -1 where the statement names none that can be known.
        first: the unit at which the statement begins.
        last: the unit of the reference.
        final: whether it says of itself that it is final ("final answer", "therefore").
        trouble: the rule's name for what is wrong with it; empty where nothing is.
    """

    choice: int
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
        and units.choices[text.end() - 1] != units.choices[ref]
    ):
        return unclear("letter-against-text", first, text.end() - 1, final=final)
    if symbol == "Z":
        return unclear("no-such-letter", first, ref, final=final)
    if other_reference(units, ref) >= 0:
        return unclear("several-choices", first, ref, final=final)
    return Statement(units.choices[ref], first, ref, final)


DRESS = " \t\r\n\"'*_>([{<)]}.,:;!$~•-。、\\|`" + BOUNDARY


class Finding(msgspec.Struct, gc=False):
    """What a piece of an answer names, by which rule: a choice, or -1 and the rule that keeps it from naming one."""

    choice: int
    rule: str
    start: int = 0
    end: int = 0


def finding_of(units: Units, statement: Statement, rule: str) -> Finding:
    """The finding of a statement, with the words from its beginning to its reference."""
    start = units.starts[statement.first]
    end = units.ends[statement.last]
    if statement.choice < 0:
        return Finding(-1, statement.trouble or "no-choice", start, end)
    if units.text[end : end + 1] in (")", "]", "}", "】"):
        end += 1
    if rule in ("verdict", "own-line") and "\n" in units.text.strip():
        line = units.text.rfind("\n", 0, end)
        if line >= 0 and units.text[:line].strip() and not units.text[end:].strip(DRESS):
            rule = "final-line"
            start = max(start, line + 1)
    return Finding(statement.choice, rule, start, end)


_NO = frozenset(
    ("no", "nope", "not", "non", "nein", "não", "нет", "не", "不", "不是", "いや", "아니", "لا", "नहीं")
)


def find_corrections(units: Units, after: int = -1) -> list[int]:
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


def reject_if_retracted(finding: Finding, units: Units, cleaned: Clean) -> Finding:
    """What markup pointed at, unless words behind it take that back or deny it."""
    positions = cleaned[1]
    last = bisect_left(units.ends, finding.end) if positions is None else len(units.ends)
    if last < len(units.ends) and rejected_behind(units, last):
        return Finding(-1, "only-negated", finding.start, finding.end)
    for unit in find_corrections(units, after=finding.end if positions is None else -1):
        start = units.starts[unit] if positions is None else positions[units.starts[unit]]
        if start < finding.end:
            continue
        others = [
            index
            for index in range(unit + 1, len(units.symbols))
            if units.symbols[index] in REFERENCES and units.choices[index] != finding.choice
        ]
        if others or units.symbols[unit] == "R":
            end = units.ends[unit] if positions is None else finding.end
            return Finding(-1, "taken-back", finding.start, end)
    return finding


def is_quoted(text: str, index: int) -> bool:
    """Whether an index of a text stands inside quotation marks on its line."""
    line = text.rfind("\n", 0, index) + 1
    return text.count('"', max(line, index - 400), index) % 2 == 1
