"""Lines and clauses that state a choice without the word "answer": own lines, closing sentences, labels, lists of options."""

from __future__ import annotations

import re
from collections import defaultdict

from mmar.protocols.reading.polarity import asserts, find_mentions, rejected_behind, sentence_before
from mmar.protocols.reading.statement import Statement, statement_at, unclear
from mmar.protocols.reading.text import Units, pattern
from mmar.protocols.reading.verdicts import PREDICATE

_LEADING = "TKhIt=:,-(AgivykcpM)&"
# "Based on the audio," and "In my view" before what is stated.
_ELSE = r"[^,:.?|CLlbXZNnSORHQPxuj]"
_PREFACE = pattern(
    rf"[KTh,]{{0,3}}(?:[fpuB]|[&T]w){_ELSE}{{0,10}}[,:](?=\(?[CLl]\)?[.]?(?:[|]|$))|f{_ELSE}{{0,4}},?(?=[Ii])"
)
# What may stand behind the reference of an own line: behind a letter, and behind a bare text.
_ENDING = (
    pattern(r"[BKu]|[,-](?!\(?[CLlb])|\((?!\(?[CLlb]&)|(?:I=|[hAgiycpM]{1,3})$|&?$"),
    pattern(r",?[BKu]|-(?!\(?[CLlb])|\((?=t?[CLl]\)?[w=n])|(?:I=|[hAgiycpM]{1,3})$|&?$"),
)


_SUPPOSING = pattern(r"[SO](?!.*K)|m$|H[^,]*$")  # before a clause of a sentence that only supposes


def find_own_lines(units: Units, listed: set[int]) -> list[Statement]:
    """Clauses that lead to a reference and say nothing else; those of a list of options are left out."""
    statements: list[Statement] = []
    symbols = units.symbols
    for begin, end, whole in _clauses(units):
        preface = _PREFACE.match(symbols, begin, end) if whole else None
        start = ref = preface.end() if preface else begin
        while ref < end and symbols[ref] in _LEADING:
            ref += 1
        if ref >= end or symbols[ref] not in "CLlbXZ" or ref in listed:
            continue
        lead = symbols[start:ref]
        concludes = symbols[start] == "T" and units.words(start).casefold() != "then"
        if not (whole or concludes or re.search(r"[iI]", lead) or _contrasts(symbols, start)):
            continue
        if _is_statement(lead, symbols[ref]):
            continue
        rest = symbols[ref + 1 : end].lstrip(")")
        if rest == "=" and not units.words(ref + 1).isascii():
            rest = ""  # "Bです"
        if rest and not _ENDING[symbols[ref] == "C" and ref not in units.labels].match(rest):
            continue
        alone = whole and not rest and ref == start
        if symbols[ref] == "b" and not alone and (rest or not lead or lead[-1] not in "=:Avh("):
            continue
        if not asserts(units, start) or _SUPPOSING.search(sentence_before(symbols, start)):
            continue
        if rest and symbols[ref] in "CX" and rest[0] not in "BK" and not whole:
            continue
        statement = statement_at(units, start, ref, final="T" in lead)
        if statement is not None:
            statements.append(statement)
    return statements


def _is_statement(lead: str, symbol: str) -> bool:
    """Whether what leads to a reference says something about it: "option A", "the label says it is B"."""
    if (
        lead[:1] == "&"
        or lead == "y"
        or (re.search(r"[AItk=][^i]*y", lead) and not re.search(r"i[=hTKc]{0,4}y", lead))
    ):
        return True
    return symbol in "CX" and re.search(r"A\(?$", lead) is not None and not re.search(r"[=:vgT]", lead)


def _clauses(units: Units) -> list[tuple[int, int, bool]]:
    """Start and end of each clause, and whether it is a whole sentence or line."""
    clauses = []
    start = 0
    for stop in re.finditer(r"[.?|]+|$", units.symbols):
        if stop.start() > start:
            clauses.append((start, stop.start(), True))
            parts = re.finditer(
                r"(?:,(?=[KT]?(?:[iI]|=\(?[CLl])|T,?\(?[CLl]\)?(?:[.|]|$))|[Kj-])",
                units.symbols[start : stop.start()],
            )
            clauses += [(start + part.end(), stop.start(), False) for part in parts]
        start = stop.end()
    return clauses


def _contrasts(symbols: str, start: int) -> bool:
    """Whether a clause says what is meant after one that denied something: "not A but B"."""
    before = sentence_before(symbols, start, 30)
    return before.endswith(("K", ",", "j")) and re.search(r"[NnjQ]", before) is not None


_COLON = pattern(r"=[hg:]{0,2}:\(?[tA(]*(?P<ref>[CLl])\)?$")  # "The source is most likely: (A) Rain"
_MATCHED = pattern(r"(?:M[hgpw&]{0,2}|Bw[fp])t?A\(?[LlC]|M[hgp&]{0,2}\(?L|MA?\(?[Ll]")


def find_closings(units: Units, listed: set[int]) -> list[Statement]:
    """Sentences that conclude, or say which option what was heard matches."""
    last = len(units.symbols.rstrip(".|"))
    statements = [
        _closing(units, start, end, listed, is_last=end >= last)
        for start, end, whole in _clauses(units)
        if whole and not re.search(r"[SOR]", units.symbols[start:end])
    ]
    return [statement for statement in statements if statement is not None]


def _closing(units: Units, start: int, end: int, listed: set[int], *, is_last: bool) -> Statement | None:
    """What one sentence concludes; `None` where it concludes nothing."""
    symbols = units.symbols
    sentence = symbols[start:end]
    concludes = re.match(r"[K,]?T|.*[B=]T", sentence) is not None
    if colon := _COLON.search(sentence):
        ref = start + colon.start("ref")
        labelled_last = is_last and (ref in units.labels or symbols[ref] == "L")
        denied = re.search(r"[Nn]=*[hg:]{0,2}$|^[^,]*[QO]", sentence[: colon.start("ref") - 1])
        if (concludes or labelled_last) and not denied:
            return statement_at(units, start, ref, final=True)
    if (option := _MATCHED.search(sentence)) and asserts(units, start + option.start(), noun=False):
        statement = statement_at(units, start, start + option.end() - 1, final=concludes)
        if statement is not None:
            return statement
    if not concludes:
        return None
    named = [unit for unit in find_mentions(units, start, end, "CLXZ") if unit not in listed]
    if not named:
        return None
    if len({units.choices[unit] for unit in named}) == 1 and symbols[named[0]] in "CL":
        return Statement(units.choices[named[0]], start, named[0], True)
    return unclear("several-choices", start, named[0], final=True)


def labelled(units: Units) -> Statement | None:
    """A letter at the start of the text with a comment behind it."""
    match = re.match(
        r"[-:(|]{0,3}A?\(?(?P<ref>[LlCX])(?P<close>\)?)(?P<behind>[.):,|B-]|[=hg])", units.symbols
    )
    if match is None:
        return None
    ref = match.start("ref")
    symbols = units.symbols
    if match["behind"] in "=h" and not PREDICATE.match(symbols, ref + 1):
        return None
    if symbols[ref] in "CX" and ref not in units.labels:
        return None
    statement = statement_at(units, 0, ref)
    if statement is None or statement.trouble:
        return statement
    stop = symbols.find("|", ref)
    end = stop if stop >= 0 else len(symbols)
    named = {units.choices[unit] for unit in find_mentions(units, ref + 1, end, "CLX")}
    second = _SECOND_LETTER.match(symbols, match.start("behind"))
    second_stands = second is not None and not rejected_behind(units, second.end() - 1)
    if second_stands or (named and statement.choice not in named and symbols[ref] != "C"):
        return unclear("several-choices", 0, ref)
    return statement


_SECOND_LETTER = pattern(r"[,:(-]\(?l(?!w(?!g))")
_OPTION = pattern(r"(?:^|(?<=[.?|,:]))[-:(]{0,2}(?P<noun>A?)\(?(?P<ref>[LlbCX])\)?(?P<behind>.?)")
_NUMBERED = pattern(r"w[.)]+(?P<ref>[CLl])(?=w|[.,|]|$)")  # "1. Rain 2. Wind"


def find_listed_options(units: Units) -> set[int]:
    """The references that stand as items of a list of options, where at least two options stand so."""
    symbols = units.symbols
    items: defaultdict[int, list[int]] = defaultdict(list)
    apart: list[int] = []
    for match in _OPTION.finditer(symbols):
        ref = match.start("ref")
        if not _is_lettered(units, ref):
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
        items[units.choices[ref]].append(ref)
    for match in _NUMBERED.finditer(symbols):
        ref = match.start("ref")
        if units.words(match.start()).isdigit():
            items[units.choices[ref]].append(ref)
    if len(items) < 2:
        return set()
    for ref in apart:  # the next item behind blank lines
        if units.choices[ref] - 1 in items and ref > max(items[units.choices[ref] - 1]):
            items[units.choices[ref]].append(ref)
    return {ref for refs in items.values() for ref in refs}


def _beside_item(units: Units, start: int, end: int) -> bool:
    """Whether the line before or behind a line is an item with another label."""
    symbols, text = units.symbols, units.text
    after = re.compile(r"[.]?\|[-:(]{0,2}A?\(?[LlbCX]").match(symbols, max(end - 1, 0))
    if after:
        between = text[units.ends[end - 2] if end >= 2 else 0 : units.starts[after.end() - 1]]
        if between.count("\n") == 1 and _is_lettered(units, after.end() - 1):
            return True
    line = text.rfind("\n", 0, units.starts[start] if start < len(units.starts) else 0)
    before = text.rfind("\n", 0, max(line, 0))
    previous = [unit for unit, begin in enumerate(units.starts[: start + 1]) if before < begin < line]
    return any(_is_lettered(units, unit) for unit in previous[:3])


def _is_lettered(units: Units, unit: int) -> bool:
    return units.symbols[unit] in "Llb" or unit in units.labels


_MARK = pattern(r"\)?[-:(,]{0,2}=?h?(?:(?P<right>gA?)|[Nnx]A?)\)?(?=[.|,]|$)")


def find_marked_option(units: Units, listed: set[int]) -> Statement | None:
    """The one option of a list that is marked as right where all others are marked as wrong."""
    marks = {ref: _MARK.match(units.symbols, ref + 1) for ref in listed}
    right = [ref for ref, mark in marks.items() if mark and mark["right"]]
    if None in marks.values() or len(right) != 1 or len({units.choices[ref] for ref in marks}) < 2:
        return None
    return Statement(units.choices[right[0]], right[0], right[0])
