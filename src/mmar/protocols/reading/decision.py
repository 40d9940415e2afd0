"""The verdict of an answer in words: one choice, or none with the reason."""

from __future__ import annotations

import re

from mmar.protocols.reading.clauses import (
    find_closings,
    find_listed_options,
    find_marked_option,
    find_own_lines,
    labelled,
)
from mmar.protocols.reading.mentions import read_mention
from mmar.protocols.reading.polarity import MAX_SPAN, is_hypothetical, is_mentioned, rejected_behind
from mmar.protocols.reading.statement import Finding, Statement, find_corrections, finding_of, unclear
from mmar.protocols.reading.text import Units, pattern
from mmar.protocols.reading.verdicts import verdicts

_LEAST_WORDS = 12


def decide(units: Units, *, cut_off: bool = False, depth: int = 0) -> Finding:
    """The verdict of an answer in words."""
    symbols = units.symbols
    if not symbols.strip(".?|,:-()/"):
        return Finding(-1, "empty" if not any(map(str.isalnum, units.text)) else "no-choice")
    listed = find_listed_options(units)
    statements = [
        statement for statement in verdicts(units) if statement.last not in listed or statement.choice < 0
    ]
    lines = find_own_lines(units, listed)
    label = labelled(units) if not listed else None
    named = [each.last for each in (*statements, *lines) if each.trouble != "only-negated"]
    if label is not None and label.choice >= 0:
        named.append(label.last)
    turn = _last_correction(units, min(named)) if named and depth < 2 else -1
    if turn >= 0:
        return _corrected(units, turn, min(named), cut_off=cut_off, depth=depth)
    closing = find_closings(units, listed)
    unfinished = cut_off or _is_unfinished(units)
    stated = [each for each in statements if each.trouble not in ("only-negated", "other-answer")]
    others = [each for each in statements if each.trouble == "other-answer"]
    if not stated and not lines and (marked := find_marked_option(units, listed)) is not None:
        return finding_of(units, marked, "verdict")
    if stated and unfinished and "P" in symbols:
        return Finding(-1, "cut-off", units.starts[stated[-1].first], units.ends[stated[-1].last])
    if stated:
        chosen = _without_rival(units, _combine(units, stated, [*lines, *others], closing), listed)
        return finding_of(units, chosen, "verdict")
    lines = [line for line in lines if line.trouble != "only-negated"]
    if "P" in symbols and lines and not _is_last_line(units, lines):
        lines = []  # words said while thinking
    if lines:
        chosen = _without_rival(units, _combine_lines(units, lines, closing), listed)
        return finding_of(units, chosen, "own-line")
    closing = [statement for statement in closing if statement.trouble != "only-negated"]
    if closing and not unfinished:
        last = closing[-1]
        if last.choice >= 0 and any(s.choice >= 0 and s.choice != last.choice for s in closing[:-1]):
            last = unclear("several-choices", closing[0].first, last.last)
        if last.choice >= 0 or last.trouble != "several-choices":
            return finding_of(units, last, "closing-sentence")
    if label is not None and label.trouble != "only-negated":
        return finding_of(units, _without_rival(units, label, listed), "labelled")
    return read_mention(units, listed, statements, unfinished=unfinished)


def _last_correction(units: Units, first: int) -> int:
    """The last unit behind the first statement that takes it back, -1 for none."""
    symbols, choice = units.symbols, units.choices[first]
    for unit in reversed(find_corrections(units)):
        others = (
            other for other in range(unit + 1, min(unit + 14, len(symbols))) if symbols[other] in "CLlbX"
        )
        if unit > first and (symbols[unit] != "r" or any(units.choices[other] != choice for other in others)):
            return unit
    return -1


def _corrected(units: Units, turn: int, first: int, *, cut_off: bool, depth: int) -> Finding:
    """What an answer says behind its last correction; what it said before counts no more."""
    start = turn + 1
    tail = Units(
        units.symbols[start:],
        units.starts[start:],
        units.ends[start:],
        units.choices[start:],
        {unit - start for unit in units.labels if unit >= start},
        units.text,
    )
    named = {tail.choices[index] for index, symbol in enumerate(tail.symbols) if symbol in "CLlX"}
    if len(named) == 1 and (finding := decide(tail, cut_off=cut_off, depth=depth + 1)).choice >= 0:
        return finding
    end = units.ends[min(turn + 6, len(units.ends) - 1)]
    return Finding(-1, "taken-back", units.starts[first], end)


def _combine(
    units: Units, stated: list[Statement], lines: list[Statement], closing: list[Statement]
) -> Statement:
    """The one verdict of several statements; a final one outweighs those before it."""
    last = stated[-1]
    adds = units.words(last.first).casefold() == "also"
    if last.choice < 0:
        return last
    for other in stated[:-1]:
        if other.choice != last.choice and not (last.final and not other.final):
            return unclear("several-choices", other.first, last.last)
    for other in (*lines, *closing):
        if (other.last > last.last or adds) and other.choice >= 0 and other.choice != last.choice:
            return unclear("several-choices", last.first, other.last)
    return last


# A letter at the end of a clause, or the first of several behind a colon.
_LATER_LETTER = pattern(r"\(?(?P<ref>[Ll])\)?(?:(?=[.|?])|$|(?<=:.)(?=[&,/])|(?<=:\(.\))(?=[&,/]))")
_ADDED = pattern(r"[.|]&[htA(]*(?P<ref>[CLl])\)?(?=[.?|]|$)")  # "Rain; or thunder."


def _without_rival(units: Units, chosen: Statement, listed: set[int]) -> Statement:
    """A statement, unless another letter stands alone behind it: "B! Just kidding, A."."""
    if chosen.choice < 0:
        return chosen
    for match in _LATER_LETTER.finditer(units.symbols, chosen.last + 1):
        ref = match.start("ref")
        is_question = units.symbols[match.end() : match.end() + 1] == "?"
        if (
            ref not in listed
            and units.choices[ref] != chosen.choice
            and (is_question or is_mentioned(units, ref))
        ):
            return unclear("several-choices", chosen.first, ref)
    if (other := _equal_rival(units, chosen)) >= 0:
        return unclear("several-choices", chosen.first, other)
    for match in _ADDED.finditer(units.symbols, chosen.last + 1):
        ref = match.start("ref")
        if ref not in listed and units.choices[ref] != chosen.choice and is_mentioned(units, ref):
            return unclear("several-choices", chosen.first, ref)
    return chosen


_EQUALLY = pattern(r"\b(?:also|equally|just as|too|possible)\b|^\W*as (?!well as)", re.IGNORECASE)


def _equal_rival(units: Units, chosen: Statement) -> int:
    """A second choice that the same sentence calls possible too, -1 for none: "B, but C is equally likely"."""
    end = min(units.sentence(chosen.last + 1)[1], chosen.last + MAX_SPAN)
    words = units.text[units.ends[chosen.last] : units.ends[end - 1]]
    if _EQUALLY.search(words) is None:
        return -1
    for ref in range(chosen.last + 1, end):
        if units.symbols[ref] not in "CLl" or units.choices[ref] == chosen.choice:
            continue
        denied = rejected_behind(units, ref) or re.search(r"[NnxujSO]", units.symbols[chosen.last + 1 : ref])
        if not denied and not is_hypothetical(units, ref):
            return ref
    return -1


def _combine_lines(units: Units, lines: list[Statement], closing: list[Statement]) -> Statement:
    """The one choice of lines, unless a closing sentence behind them names another."""
    chosen = lines[-1]
    if not _is_last_line(units, lines):
        for line in lines:
            if line.choice < 0:
                return line
            if line.choice != lines[0].choice:
                return unclear("several-choices", lines[0].first, line.last)
    for later in closing:
        if later.last > chosen.last and later.choice >= 0 and later.choice != chosen.choice >= 0:
            return unclear("several-choices", chosen.first, later.last)
    return chosen


def _is_last_line(units: Units, lines: list[Statement]) -> bool:
    """Whether a reference alone is the last line of several, and no line before it is another reference alone."""
    symbols = units.symbols.rstrip(".|")
    line = lines[-1]
    if line.choice < 0 or not line.first or line.last < len(symbols) - 2 or not _fills_line(units, line):
        return False
    return not any(other.choice != line.choice and _fills_line(units, other) for other in lines[:-1])


def _fills_line(units: Units, line: Statement) -> bool:
    """Whether a statement is all that stands on its line, and other lines stand before or behind it."""
    before = units.symbols[: line.first].rstrip("(-,:")
    behind = units.symbols[line.last + 1 :].lstrip(").,")
    return before[-1:] in ("", "|") and behind[:1] in ("", "|")


def _is_unfinished(units: Units) -> bool:
    """Whether a text of some length breaks off inside a sentence."""
    symbols = units.symbols.rstrip("|")
    if len(symbols) < _LEAST_WORDS or symbols[-1] in ".?)CLlXZ(":
        return False
    tail = units.text[units.ends[len(symbols) - 1] :].strip()
    return not tail and not units.text.rstrip().endswith(('"', "'", "*", "`"))
