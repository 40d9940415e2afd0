"""Statements that say "this is the answer": "the answer is B", "I choose B", "B is correct"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mmar.protocols.reading.polarity import MAX_SPAN, asserts, find_mentions
from mmar.protocols.reading.statement import Statement, statement_at, unclear
from mmar.protocols.reading.text import Units, pattern

_REF = r"(?:[tA(]*(?P<ref>[CLlbXZ]))"
# What may stand between a noun and its verb: "to the question", "that fits best", "I choose".
_MODIFIER = r"(?:[pf][^.?|:=NnxSORCLlbXZ]{0,10}|c?[=hI]{0,3}[Mg][^.?|:=NnxSORCLlbXZ]{0,8}|c?i[=hm]{0,3}v|,f[^.?|:=,NnxSORCLlbXZ]{0,4},)?"
_LINK = r"(?:[hKc,]{0,2}=[=hcgtIT&:|-]{0,6}|[)\]]?\|{0,2}[:-][|:hctI=T-]{0,6}|\|{1,3})"
_NOUN = pattern(r"(?P<lead>[thg]{0,6})A{1,3}(?P<trail>[gh]{0,3})")
_NOUN_IS = pattern(rf"{_MODIFIER}\)?(?P<link>{_LINK}){_REF}")
_SUBJECT = pattern(r"[CLlX]\)?,?[hT]{0,2}=[=hT]{0,3}$")
_NOUN_LAST = pattern(r"[(]?(?P<ref>[CLlb])\)?(?==?(?:[.?|]|$))")
_NOUN_OPEN = pattern(rf"{_MODIFIER}(?P<link>[hKc,]{{0,2}}=[=hcgtIT]{{0,6}}|[:-])(?=[^.?|]{{1,40}})")
_FINAL = pattern(r"final|最[终終]", re.IGNORECASE)
_FITS = pattern(r"\)?=?h?(?P<best>g?)(?P<match>M)[^.?|CLlbXZNnxujSKHm]*(?=[.?|,B]|$)")
_FITTING = ("fit", "match", "correspond", "align", "agree", "consistent", "supported")
_OPEN_END = pattern(r"[.?|BK]")
_VERB = pattern(rf"(?P<subject>i[=hTKc]{{0,4}})?v(?P<link>[=:hcItgp&-]{{0,6}}){_REF}")
_VERB_LAST = pattern(r"[CLl]\)?v(?=[.?|]|$)")  # Japanese, Korean, Hindi
_END = r"(?=t?(?:[.?|,:BKpM)&u-]|$))"
PREDICATE = pattern(
    r"\)?,?[hT]{0,2}(?:"
    rf"=[=hT]{{0,3}}(?:t[hg]{{0,3}}[gA]|g{{1,3}}A|h?[gk]{_END}|h(?=[.|]|$)|A)"
    rf"|M[tw]{{0,3}}g|M(?=[.|,BK]|$)|[=h]?g{_END}|I=[=hT]{{0,3}}{_END}|=I(?=[.|]|$))"
    r"|\)?(?:A=?[gA]|tA(?==|[.|]|$))"
)
_INVERTED = pattern(r"T,?=\(?(?P<ref>[CLl])\)?tg{1,2}A(?=[.,|]|$)")  # "Somit ist B die richtige Antwort."


def verdicts(units: Units) -> list[Statement]:
    """Statements that say "this is the answer", in order; those that are denied or supposed have a trouble."""
    symbols = units.symbols
    statements: list[Statement | None] = []
    if "A" in symbols:
        statements += _noun_verdicts(units)
    if "v" in symbols:
        statements += _verb_verdicts(units)
    statements += _backward_verdicts(units)
    for match in _INVERTED.finditer(symbols):
        statements.append(_verdict(units, match.start(), match.start("ref")))
    return sorted((each for each in statements if each is not None), key=lambda each: each.last)


def _verdict(
    units: Units, first: int, ref: int, *, noun: bool = True, final: bool = False
) -> Statement | None:
    if not asserts(units, first, noun=noun):
        return unclear("only-negated", first, ref)
    return statement_at(units, first, ref, final=final or "T" in units.symbols[max(0, first - 8) : first])


def _verb_verdicts(units: Units) -> Iterator[Statement | None]:
    symbols = units.symbols
    for match in _VERB.finditer(symbols):
        start = match.start()
        before = symbols[start - 1] if start else "|"
        if before == "A" or not (match["subject"] or before in ".?|,:TKh-("):
            continue  # "the option I'd choose is B" is a noun's verdict
        yield _verdict(units, start, match.start("ref"), noun=False)
    for match in _VERB_LAST.finditer(symbols):
        yield _verdict(units, match.start(), match.start(), noun=False)


def _noun_verdicts(units: Units) -> Iterator[Statement | None]:
    symbols = units.symbols
    for noun in _NOUN.finditer(symbols):
        start, end = noun.span()
        before = symbols[start - 1] if start else "|"
        if before == "=" and _SUBJECT.search(symbols, max(0, start - 12), start):
            continue  # "X is the answer: ..." points backwards alone
        match = _NOUN_IS.match(symbols, end)
        if before in "xpe" or (before == "w" and not _has_article(units, start, noun["lead"])):
            if match and before == "w" and asserts(units, start):
                ref = match.start("ref")
                yield Statement(units.choices[ref], start, ref, trouble="other-answer")
            elif match:
                yield unclear("only-negated", start, match.start("ref"))
            continue
        final = "g" in noun["lead"] and _FINAL.search(units.words(start, end - 1)) is not None
        if match is None and "g" in noun["lead"]:
            match = _NOUN_LAST.match(symbols, end)
        if match is not None:
            yield _verdict(units, start, match.start("ref"), final=final)
        elif (opening := _NOUN_OPEN.match(symbols, end)) is not None:
            yield _open_verdict(units, start, opening.end(), final=final)


def _has_article(units: Units, start: int, lead: str) -> bool:
    """Whether an article parts a noun phrase from the word before it; "的" joins them instead."""
    index = lead.find("t")
    return index > 0 or (index == 0 and units.words(start) != "的")


def _open_verdict(units: Units, first: int, start: int, *, final: bool) -> Statement | None:
    """A verdict whose reference does not follow at once: "the answer is what a dog does"."""
    stop = _OPEN_END.search(units.symbols, start, start + MAX_SPAN)
    end = stop.start() if stop else min(len(units.symbols), start + MAX_SPAN)
    ref = next((unit for unit in range(start, end) if units.symbols[unit] in "CLXZ"), -1)
    if ref < 0:
        return None
    named = find_mentions(units, ref, end, "CLXZ") if asserts(units, first) else []
    if not named:
        return unclear("only-negated", first, ref)
    if len({units.choices[unit] for unit in named}) > 1:
        return unclear("several-choices", first, named[0], final=final)
    return statement_at(units, first, named[0], final=final)


def _fits(units: Units, ref: int) -> bool:
    """Whether a letter is said to fit what is heard: "A matches the audio", "A best describes it"."""
    match = _FITS.match(units.symbols, ref + 1) if units.symbols[ref] in "Ll" else None
    if match is None:
        return False
    words = units.words(match.start("match"), match.end() - 1).casefold()
    return bool(match["best"]) or words.startswith(_FITTING) or words.endswith(" best")


def _backward_verdicts(units: Units) -> Iterator[Statement | None]:
    """Verdicts whose reference comes first: "B is the correct answer", "C fits best"."""
    symbols = units.symbols
    for match in re.finditer(r"[CLlX]", symbols):
        ref = match.start()
        if not PREDICATE.match(symbols, ref + 1) and not _fits(units, ref):
            continue
        first = ref
        while first and symbols[first - 1] in "tA(gh":
            first -= 1
        before = symbols[first - 1] if first else "|"
        if before == "=" or (symbols[ref] == "l" and before == "w"):
            continue
        if not asserts(units, first):
            yield unclear("only-negated", first, ref)
            continue
        plural = units.text.startswith(" are ", units.ends[ref])  # "A, C are correct"
        equally = "equally" in units.text[units.ends[ref] : units.ends[ref] + 12]
        joined = r"[CLlb]\)?" + ("[,&]" if plural else ",?&") + r"[tA(]*$"
        if equally or re.search(joined, symbols[max(0, ref - 8) : ref]):
            yield unclear("several-choices", first, ref)
        else:
            yield statement_at(units, first, ref, final="T" in symbols[max(0, first - 4) : first])
