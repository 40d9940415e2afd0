"""Statements that say "this is the answer": "the answer is B", "I choose B", "B is correct"."""

from __future__ import annotations

import re

from mmar.protocols.reading.polarity import asserts, is_mentioned
from mmar.protocols.reading.statement import Statement, statement_at
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
    statements: list[Statement] = []
    if "A" in symbols:
        statements += _noun_verdicts(units)
    if "v" in symbols:
        for match in _VERB.finditer(symbols):
            start = match.start()
            if not match["subject"] and start and symbols[start - 1] not in ".?|,:TKh-(":
                continue
            if start and symbols[start - 1] == "A":
                continue  # "the option I'd choose is B" is a noun's verdict
            _add(statements, units, start, match.start("ref"), asserted=asserts(units, start, noun=False))
        for match in _VERB_LAST.finditer(symbols):
            _add(
                statements,
                units,
                match.start(),
                match.start(),
                asserted=asserts(units, match.start(), noun=False),
            )
    statements += _backward_verdicts(units)
    for match in _INVERTED.finditer(symbols):
        _add(statements, units, match.start(), match.start("ref"), asserted=asserts(units, match.start()))
    statements.sort(key=lambda statement: statement.last)
    return statements


def _noun_verdicts(units: Units) -> list[Statement]:
    symbols = units.symbols
    statements: list[Statement] = []
    for noun in _NOUN.finditer(symbols):
        start, end = noun.span()
        before = symbols[start - 1] if start else "|"
        if before == "=" and _SUBJECT.search(symbols, max(0, start - 12), start):
            continue  # "X is the answer: ..." points backwards alone
        if before in "xpe" or (before == "w" and not _has_article(units, start, noun["lead"])):
            match = _NOUN_IS.match(symbols, end)
            if match:
                ref = match.start("ref")
                trouble = "other-answer" if before == "w" and asserts(units, start) else "only-negated"
                statements.append(
                    Statement(
                        units.places[ref] if trouble == "other-answer" else -1, start, ref, trouble=trouble
                    )
                )
            continue
        final = "g" in noun["lead"] and _says_final(units, start, end)
        match = _NOUN_IS.match(symbols, end)
        if match is None and "g" in noun["lead"]:
            match = _NOUN_LAST.match(symbols, end)
        if match is not None:
            if match.re is _NOUN_IS and "|" in match["link"] and match["link"].strip("|") == "":
                behind = symbols[match.start("ref") + 1 : match.start("ref") + 2]
                if behind and behind not in ".|)":
                    continue
            _add(statements, units, start, match.start("ref"), asserted=asserts(units, start), final=final)
            continue
        match = _NOUN_OPEN.match(symbols, end)
        if match is not None:
            _add_open(statements, units, start, match.end(), final=final)
    return statements


def _has_article(units: Units, start: int, lead: str) -> bool:
    """Whether an article parts a noun phrase from the word before it; "的" joins them instead."""
    place = lead.find("t")
    return place >= 0 and not (place == 0 and units.text[units.starts[start] : units.ends[start]] == "的")


def _says_final(units: Units, start: int, end: int) -> bool:
    words = units.text[units.starts[start] : units.ends[end - 1]].casefold()
    return "final" in words or "最终" in words or "最終" in words


def _add(
    statements: list[Statement], units: Units, first: int, ref: int, *, asserted: bool, final: bool = False
) -> None:
    if not asserted:
        statements.append(Statement(-1, first, ref, trouble="only-negated"))
        return
    context = units.symbols[max(0, first - 8) : first]
    statement = statement_at(units, first, ref, final=final or "T" in context)
    if statement is not None:
        statements.append(statement)


def _add_open(statements: list[Statement], units: Units, first: int, start: int, *, final: bool) -> None:
    """A verdict whose reference does not follow at once: "the answer is what a dog does"."""
    stop = re.compile(r"[.?|BK]").search(units.symbols, start, start + 60)
    end = stop.start() if stop else min(len(units.symbols), start + 60)
    refs = [unit for unit in range(start, end) if units.symbols[unit] in "CLXZ"]
    if not refs:
        return
    if not asserts(units, first):
        statements.append(Statement(-1, first, refs[0], trouble="only-negated"))
        return
    named = [unit for unit in refs if is_mentioned(units, unit)]
    if not named:
        statements.append(Statement(-1, first, refs[0], trouble="only-negated"))
    elif len({units.places[unit] for unit in named}) > 1:
        statements.append(Statement(-1, first, named[0], final, "several-choices"))
    else:
        statement = statement_at(units, first, named[0], final=final)
        if statement is not None:
            statements.append(statement)


_FITS = pattern(r"\)?=?h?(?P<best>g?)(?P<match>M)[^.?|CLlbXZNnxujSKHm]*(?=[.?|,B]|$)")
_FITTING = ("fit", "match", "correspond", "align", "agree", "consistent", "supported")


def _fits(units: Units, ref: int) -> bool:
    """Whether a letter is said to fit what is heard: "A matches the audio", "A best describes it"."""
    match = _FITS.match(units.symbols, ref + 1) if units.symbols[ref] in "Ll" else None
    if match is None:
        return False
    words = units.text[units.starts[match.start("match")] :].casefold()
    end = units.ends[match.end() - 1]
    return bool(match["best"]) or words.startswith(_FITTING) or units.text[:end].casefold().endswith(" best")


def _backward_verdicts(units: Units) -> list[Statement]:
    """Verdicts whose reference comes first: "B is the correct answer", "C fits best"."""
    symbols = units.symbols
    statements = []
    for match in re.finditer(r"[CLlX]", symbols):
        ref = match.start()
        if not PREDICATE.match(symbols, ref + 1) and not _fits(units, ref):
            continue
        first = ref
        while first and symbols[first - 1] in "tA(gh":
            first -= 1
        before = symbols[first - 1] if first else "|"
        if symbols[ref] == "l" and before == "w":
            continue
        if not asserts(units, first) or before in "=":
            if before != "=":
                statements.append(Statement(-1, first, ref, trouble="only-negated"))
            continue
        plural = units.text.startswith(" are ", units.ends[ref])  # "A, C are correct"
        equally = "equally" in units.text[units.ends[ref] : units.ends[ref] + 12]
        if equally or re.search(
            r"[CLlb]\)?" + ("[,&]" if plural else ",?&") + r"[tA(]*$", symbols[max(0, ref - 8) : ref]
        ):
            statements.append(Statement(-1, first, ref, trouble="several-choices"))
            continue
        statement = statement_at(units, first, ref, final="T" in symbols[max(0, first - 4) : first])
        if statement is not None:
            statements.append(statement)
    return statements
