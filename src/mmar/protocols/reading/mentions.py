"""Choices that are named in running text, where nothing stronger stands."""

from __future__ import annotations

import re

from mmar.protocols.reading.polarity import is_hypothetical, is_mentioned, rejected_behind
from mmar.protocols.reading.statement import Finding, Statement, is_quoted
from mmar.protocols.reading.text import REFERENCES, Units, canonical, pattern


def read_mention(units: Units, listed: set[int], statements: list[Statement], *, unfinished: bool) -> Finding:
    """The one choice that an answer names at all, or why there is none."""
    asserted, denied = _mentions(units, listed)
    void = {statement.last for statement in statements}
    asserted = [unit for unit in asserted if unit not in void]
    statements = [
        each for each in statements if not all(_is_out_of_scope(units, each.last, unit) for unit in asserted)
    ]
    named = "".join(units.symbols[unit] for unit in asserted)
    choices = {units.choices[unit] for unit in asserted}
    refusal = _refusal(units)
    if refusal >= 0 and not (len(choices) == 1 and "K" in units.symbols[refusal:]):
        return Finding(-1, "refusal", units.starts[refusal], units.ends[refusal])
    if len(choices) == 1 and -1 not in choices and not statements and ("C" in named or "L" in named):
        unit = asserted[0]
        if "P" in units.symbols and not unfinished:
            return Finding(-1, "no-choice")
        if unfinished:
            rule = "cut-off"
        elif len(asserted) <= _MOST_MENTIONS and all(_is_discussed(units, each) for each in asserted):
            rule = "list-of-options"
        elif _is_doubtful(units, unit, denied):
            rule = "several-choices"
        else:
            return Finding(units.choices[unit], "only-mention", *_sentence(units, unit))
        return Finding(-1, rule, *_sentence(units, unit))
    if asserted:
        rule = "letter-against-text" if "X" in named else "several-choices"
        if statements and len(choices) == 1:
            rule = "only-negated"
        return Finding(-1, rule, units.starts[asserted[0]], units.ends[asserted[-1]])
    if listed:
        return Finding(-1, "list-of-options")
    if denied:
        return Finding(-1, "only-negated", *_sentence(units, denied[0]))
    return Finding(-1, "cut-off" if unfinished else "no-choice")


def _sentence(units: Units, unit: int) -> tuple[int, int]:
    """Where the sentence around a unit begins and ends in the text."""
    first, end = units.sentence(unit)
    return units.starts[first], units.ends[end - 1]


def _mentions(units: Units, listed: set[int]) -> tuple[list[int], list[int]]:
    """The references in running text that are asserted, and those that are denied or supposed."""
    asserted: list[int] = []
    denied: list[int] = []
    for match in re.finditer(f"[{REFERENCES}]", units.symbols):
        unit = match.start()
        symbol = units.symbols[unit]
        behind = units.symbols[unit + 1 : unit + 2]
        if symbol in "bZ" or (symbol == "l" and (behind == "w" or not _is_linked(units.symbols, unit))):
            continue
        (asserted if unit not in listed and is_mentioned(units, unit) else denied).append(unit)
    return asserted, denied


def _is_linked(symbols: str, unit: int) -> bool:
    """Whether a bare letter is one of several: "A or B"."""
    before, behind = symbols[max(0, unit - 3) : unit], symbols[unit + 1 : unit + 4]
    return bool(
        re.search(r"[CLlbZ]\)?[,&/]{1,2}\(?$|A\(?$", before) or re.match(r"\)?[,&/]{1,2}\(?[CLlbZ]", behind)
    )


_ORDINALS = frozenset(("second", "third", "fourth", "fifth", "another"))
_COUNTED = 400
_MOST_MENTIONS = 8  # an answer that speaks of one option more often means it
_NAMED_OPTION = pattern(r"(?:^|[.!?\n]\s*)(?:\w+ )?(?:option|choice)\s*\(?$", re.IGNORECASE)  # "For option B"


def _is_discussed(units: Units, unit: int) -> bool:
    """Whether a sentence speaks of an option without a word for it: "Option B requires a cat", "B means rain"."""
    start, end = units.sentence(unit)
    sentence = units.symbols[start:end]
    if re.search(r"[gMTv]", sentence):
        return False
    before = units.symbols[start:unit].rstrip("(")
    defined = re.match(r"A?\(?[Ll]\)?[=wkhtypB]{1,3}C$", sentence) is not None
    return defined or (
        unit + 1 < end
        and before[-1:] == "A"
        and _NAMED_OPTION.search(units.text, max(0, units.starts[unit] - 60), units.starts[unit]) is not None
    )


def _is_doubtful(units: Units, unit: int, denied: list[int]) -> bool:
    """Whether a mention is too weak to decide: a number among sentences, or a letter beside one that is denied."""
    symbols = units.symbols
    if any(other > unit and _is_only_mentioned(units, unit, other) for other in denied):
        return True
    if symbols[unit] == "L":
        return any(
            symbols[other] in "Llb" and not re.search(r"[.?|]", symbols[min(other, unit) : max(other, unit)])
            for other in denied
        )
    words = units.words(unit).split()
    number = len(words) == 1 and canonical(words[0])[:1].isdigit()
    return number and (
        re.search(r"[.?|]", symbols.strip(".?|")) is not None or _is_counted_with_another(units, unit)
    )


def _is_only_mentioned(units: Units, unit: int, other: int) -> bool:
    """Whether a later choice of the same sentence is not denied but only mentioned: "John says hello to Max"."""
    between = units.symbols[unit + 1 : other]
    return (
        units.choices[other] != units.choices[unit]
        and units.symbols[other] == "C"
        and re.search(r"[.?|NnxujSO]", between) is None
        and ("H" not in between or _is_simultaneous(units, unit, other))
        and not rejected_behind(units, other)
    )


def _is_simultaneous(units: Units, unit: int, other: int) -> bool:
    """Whether two choices are heard at once: "rain falls while thunder rolls", but not "while thunder would roll"."""
    return (
        units.text.casefold().find("while", units.ends[unit], units.starts[other]) >= 0
        and not is_hypothetical(units, other)
        and "m" not in units.symbols[unit:other]
    )


def _is_counted_with_another(units: Units, unit: int) -> bool:
    """Whether other things are counted too: "two men and one woman", "two people, and a third"."""
    for index in range(min(len(units.symbols), _COUNTED)):
        if units.symbols[index] not in "we" or index == unit:
            continue
        word = canonical(units.words(index))
        if word in _ORDINALS or (word[0].isdigit() and units.symbols[unit + 1 : index].find("&") >= 0):
            return True
    return False


def _is_out_of_scope(units: Units, denied: int, unit: int) -> bool:
    """Whether a mention is out of the reach of a denied statement: in another sentence, or behind a "but" or "so"."""
    return unit > denied and re.search(r"[.?|KT]", units.symbols[denied:unit]) is not None


def _refusal(units: Units) -> int:
    """The unit of a phrase that declines to answer, outside of quoted speech; -1 for none."""
    for match in re.finditer("Q", units.symbols):
        unit = match.start()
        words = units.words(unit).casefold()
        if words.endswith("hear") and re.match(r"[thw]{0,3}C", units.symbols[unit + 1 :]):
            continue  # "I can't hear any wind" denies a choice
        around = units.symbols[max(0, unit - 1) : unit] + units.symbols[unit + 1 : unit + 2]
        if words.isalpha() and words.isascii() and around.strip(".?|,:-()K=AIhitT"):
            continue  # "cars pass", "an unknown man"
        if not is_quoted(units.text, units.starts[unit]):
            return unit
    return -1
