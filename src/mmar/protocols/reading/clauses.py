"""Lines and clauses that state a choice without the word "answer": own lines, closing sentences, labels."""

from __future__ import annotations

import re

from mmar.protocols.reading.patterns import pattern
from mmar.protocols.reading.polarity import asserts, is_mentioned
from mmar.protocols.reading.statement import Statement, statement_at
from mmar.protocols.reading.units import Units
from mmar.protocols.reading.verdicts import PREDICATE

__all__ = ["closings", "labelled", "own_lines"]

_LEADING = "TKhIt=:,-(AgivykcpM)&"


# What may stand behind the reference of an own line: behind a letter, and behind a bare text.
_ENDING = (
    pattern(r"[BKu]|[,-](?!\(?[CLlb])|\((?!\(?[CLlb]&)|(?:I=|[hAgiycpM]{1,3})$|&?$"),
    pattern(r",?[BKu]|-(?!\(?[CLlb])|\((?=t?[CLl]\)?[w=n])|(?:I=|[hAgiycpM]{1,3})$|&?$"),
)


def own_lines(units: Units, listed: set[int]) -> list[Statement]:
    """Clauses that lead to a reference and say nothing else; those of a list of options are left out."""
    found: list[Statement] = []
    symbols = units.symbols
    for start, end, whole in _clauses(units):
        ref = start
        while ref < end and symbols[ref] in _LEADING:
            ref += 1
        if ref >= end or symbols[ref] not in "CLlbXZ" or ref in listed:
            continue
        lead = symbols[start:ref]
        if not whole and not re.search(r"[iI]", lead) and not _contrasts(symbols, start):
            continue
        if (
            "A" in lead
            and re.search(r"A\(?$", lead)
            and not re.search(r"[=:vgT]", lead)
            and symbols[ref] in "CX"
        ):
            continue
        rest = symbols[ref + 1 : end].lstrip(")")
        if rest == "=" and not units.text[units.starts[ref + 1] : units.ends[ref + 1]].isascii():
            rest = ""  # "Bです"
        if rest and not _ENDING[symbols[ref] == "C" and ref not in units.labels].match(rest):
            continue
        if lead[:1] == "&" or re.search(r"[AItk=][^i]*y", lead):
            continue  # "alternatively: B", "the label says it is B"
        alone = whole and not rest and ref == start
        if symbols[ref] == "b" and not alone and (rest or not lead or lead[-1] not in "=:Avh("):
            continue
        if not asserts(units, start) or _bad_context(units, start):
            continue
        if rest and symbols[ref] in "CX" and rest[0] not in "BK" and not whole:
            continue
        statement = statement_at(units, start, ref, final="T" in lead)
        if statement is not None:
            found.append(statement)
    return found


def _clauses(units: Units) -> list[tuple[int, int, bool]]:
    """Start and end of each clause, and whether it is a whole sentence or line."""
    found = []
    start = 0
    for stop in re.finditer(r"[.?|]+|$", units.symbols):
        if stop.start() > start:
            found.append((start, stop.start(), True))
            parts = re.finditer(r"(?:,(?=[KT]?(?:[iI]|=\(?[CLl]))|[K-])", units.symbols[start : stop.start()])
            found += [(start + part.end(), stop.start(), False) for part in parts]
        start = stop.end()
    return found


def _contrasts(symbols: str, start: int) -> bool:
    """Whether a clause says what is meant after one that denied something: "not A but B"."""
    before = symbols[max(0, start - 30) : start]
    cut = max(before.rfind(mark) for mark in ".?|")
    return before.endswith(("K", ",")) and re.search(r"[Nn]", before[cut + 1 :]) is not None


def _bad_context(units: Units, start: int) -> bool:
    """Whether a clause belongs to a sentence that only supposes."""
    before = units.symbols[max(0, start - 60) : start]
    cut = max(before.rfind(mark) for mark in ".?|")
    sentence = before[cut + 1 :]
    return bool(re.search(r"[SO](?!.*K)", sentence)) or bool(re.search(r"m$|H[^,]*$", sentence))


def closings(units: Units, listed: set[int]) -> list[Statement]:
    """Sentences that conclude, or say which option what was heard matches."""
    symbols = units.symbols
    found: list[Statement] = []
    last = len(symbols.rstrip(".|"))
    for start, end, whole in _clauses(units):
        if not whole:
            continue
        sentence = symbols[start:end]
        concludes = re.match(r"[K,]?T", sentence) is not None or "BT" in sentence
        matches = "M" in sentence
        colon = re.search(r"=[h:g]{0,2}:\(?[tA(]*(?P<ref>[CLl])\)?$", sentence)
        stated = (
            colon is not None
            and end >= last
            and (start + colon.start("ref") in units.labels or symbols[start + colon.start("ref")] == "L")
        )
        if not (concludes or matches or stated):
            continue
        if re.search(r"[SOR]", sentence):
            continue
        if (
            colon
            and (concludes or stated)
            and not re.search(r"[Nn]=*[hg:]{0,2}$|^[^,]*[QO]", sentence[: colon.start("ref") - 1])
        ):
            statement = statement_at(units, start, start + colon.start("ref"), final=True)
            if statement is not None:
                found.append(statement)
            continue
        if matches and (
            option := re.search(
                r"M[hgpw&]{0,2}t?A\(?(?P<ref>[Ll])|M[hgp&]{0,2}\(?(?P<bare>L)|MA?\(?(?P<named>[Ll])", sentence
            )
        ):
            ref = start + (
                option.start("ref")
                if option["ref"]
                else option.start("bare")
                if option["bare"]
                else option.start("named")
            )
            if asserts(units, start + option.start(), noun=False):
                statement = statement_at(units, start, ref, final=concludes)
                if statement is not None:
                    found.append(statement)
                    continue
        if not concludes:
            continue
        refs = [unit for unit in range(start, end) if symbols[unit] in "CLXZ" and unit not in listed]
        named = [unit for unit in refs if is_mentioned(units, unit)]
        if len({units.places[unit] for unit in named}) == 1 and not any(
            symbols[unit] in "XZ" for unit in named
        ):
            found.append(Statement(units.places[named[0]], start, named[0], True))
        elif named:
            found.append(Statement(-1, start, named[0], True, "several-choices"))
    return found


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
    named = {
        units.places[unit]
        for unit in range(ref + 1, end)
        if symbols[unit] in "CLX" and is_mentioned(units, unit)
    }
    if re.match(r"[,:(-]\(?l(?!w(?!g))", symbols[match.start("behind") :]):
        return Statement(-1, 0, ref, trouble="several-choices")
    if named and statement.place not in named and symbols[ref] != "C":
        return Statement(-1, 0, ref, trouble="several-choices")
    return statement
