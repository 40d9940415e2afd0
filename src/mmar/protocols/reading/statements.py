"""What an answer states, as candidates with their strength: the grammar of a reading.

The grammar is a set of regular expressions over the symbols of `mmar.protocols.reading.units`. From the strongest:

    verdict    "the answer is B", "I choose B", "B is correct"
    own line   a line or a clause that is a reference and nothing else but words that lead to it: "It must be (C)."
    closing    a sentence that concludes: "Therefore, the source is rain", "This matches option (A)."
    labelled   a letter with a comment, at the start: "B. It barks."
    mention    a choice named in running text
"""

from __future__ import annotations

import re

import msgspec

from mmar.protocols.reading.patterns import pattern
from mmar.protocols.reading.polarity import (
    asserts,
    is_asked,
    is_conditional,
    is_mentioned,
    other_reference,
    rejected_behind,
)
from mmar.protocols.reading.units import REFERENCES, Units

__all__ = ["Statement", "closings", "labelled", "listed_options", "mentions", "own_lines", "verdicts"]

_REF = r"(?:[tA(]*(?P<ref>[CLlbXZ]))"
# What may stand between a noun and its verb: "to the question", "that fits best", "I choose".
_MODIFIER = r"(?:p[^.?|:=NnxSORCLlbXZ]{0,10}|c?[=hI]{0,3}[Mg][^.?|:=NnxSORCLlbXZ]{0,8}|c?i[=hm]{0,3}v)?"
_LINK = r"(?:[hKc,]{0,2}=[=hcgtIT&:|-]{0,6}|[)\]]?\|{0,2}[:-][|:hctI=T-]{0,6}|\|{1,3})"
_NOUN = pattern(r"(?P<lead>[thg]{0,6})A{1,3}(?P<trail>[gh]{0,3})")
_NOUN_IS = pattern(rf"{_MODIFIER}\)?(?P<link>{_LINK}){_REF}")
_PREDICATE = pattern(r"[CLlX]\)?,?[hT]{0,2}=[=hT]{0,3}$")
_NOUN_LAST = pattern(r"[(]?(?P<ref>[CLlb])\)?(?==?(?:[.?|]|$))")
_NOUN_OPEN = pattern(rf"{_MODIFIER}(?P<link>[hKc,]{{0,2}}=[=hcgtIT]{{0,6}}|[:-])(?=[^.?|]{{1,40}})")
_VERB = pattern(rf"(?P<subject>i[=hTKc]{{0,4}})?v(?P<link>[=:hcItgp&-]{{0,6}}){_REF}")
_VERB_LAST = pattern(r"[CLl]\)?v(?=[.?|]|$)")  # Japanese, Korean, Hindi
_END = r"(?=t?(?:[.?|,:BKpM)&u-]|$))"
_BEHIND = pattern(
    r"\)?,?[hT]{0,2}(?:"
    rf"=[=hT]{{0,3}}(?:t[hg]{{0,3}}[gA]|g{{1,3}}A|h?[gk]{_END}|h(?=[.|]|$)|A)"
    rf"|M[tw]{{0,3}}g|M(?=[.|]|$)|[=h]?g{_END}|I=[=hT]{{0,3}}{_END}|=I(?=[.|]|$))"
    r"|\)?(?:A=?[gA]|tA(?==|[.|]|$))"
)
_LEADING = "TKhIt=:,-(AgivykcpM)&"
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


def _statement(units: Units, first: int, ref: int, *, final: bool = False) -> Statement | None:
    """A statement with the trouble that its reference has; `None` where a bare letter is no reference there."""
    symbol = units.symbols[ref]
    behind = units.symbols[ref + 1 : ref + 2]
    if symbol in "lb" and behind and behind not in _STOPS + "&KT=NnhMIRrxgHAitpcmvyku":
        return None
    if symbol == "b" and behind and behind not in _STOPS + "&":
        return None
    if is_asked(units, ref) or is_conditional(units, ref):
        return Statement(-1, first, ref, trouble="only-negated")
    if rejected_behind(units, ref):
        return Statement(-1, first, ref, trouble="only-negated")
    if symbol == "X":
        return Statement(-1, first, ref, final, "letter-against-text")
    if symbol == "Z":
        return Statement(-1, first, ref, final, "no-such-letter")
    if other_reference(units, ref) >= 0:
        return Statement(-1, first, ref, final, "several-choices")
    return Statement(units.places[ref], first, ref, final)


def verdicts(units: Units) -> list[Statement]:
    """Statements that say "this is the answer", in order; those that are denied or supposed have a trouble."""
    symbols = units.symbols
    found: list[Statement] = []
    if "A" in symbols:
        found += _noun_verdicts(units)
    if "v" in symbols:
        for match in _VERB.finditer(symbols):
            start = match.start()
            if not match["subject"] and start and symbols[start - 1] not in ".?|,:TKh-(":
                continue
            _add(found, units, start, match.start("ref"), asserted=asserts(units, start, noun=False))
        for match in _VERB_LAST.finditer(symbols):
            _add(
                found, units, match.start(), match.start(), asserted=asserts(units, match.start(), noun=False)
            )
    found += _backward_verdicts(units)
    found.sort(key=lambda statement: statement.last)
    return found


def _noun_verdicts(units: Units) -> list[Statement]:
    symbols = units.symbols
    found: list[Statement] = []
    for noun in _NOUN.finditer(symbols):
        start, end = noun.span()
        before = symbols[start - 1] if start else "|"
        if before == "=" and _PREDICATE.search(symbols, max(0, start - 12), start):
            continue  # "X is the answer: ..." points backwards alone
        if before in "xp" or (before == "w" and not _has_article(units, start, noun["lead"])):
            match = _NOUN_IS.match(symbols, end)
            if match:
                ref = match.start("ref")
                trouble = "other-answer" if before == "w" and asserts(units, start) else "only-negated"
                found.append(
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
            _add(found, units, start, match.start("ref"), asserted=asserts(units, start), final=final)
            continue
        match = _NOUN_OPEN.match(symbols, end)
        if match is not None:
            _add_open(found, units, start, match.end(), final=final)
    return found


def _has_article(units: Units, start: int, lead: str) -> bool:
    """Whether an article parts a noun phrase from the word before it; "的" joins them instead."""
    place = lead.find("t")
    return place >= 0 and not (place == 0 and units.text[units.starts[start] : units.ends[start]] == "的")


def _says_final(units: Units, start: int, end: int) -> bool:
    words = units.text[units.starts[start] : units.ends[end - 1]].casefold()
    return "final" in words or "最终" in words or "最終" in words


def _add(
    found: list[Statement], units: Units, first: int, ref: int, *, asserted: bool, final: bool = False
) -> None:
    if not asserted:
        found.append(Statement(-1, first, ref, trouble="only-negated"))
        return
    context = units.symbols[max(0, first - 8) : first]
    statement = _statement(units, first, ref, final=final or "T" in context)
    if statement is not None:
        found.append(statement)


def _add_open(found: list[Statement], units: Units, first: int, start: int, *, final: bool) -> None:
    """A verdict whose reference does not follow at once: "the answer is what a dog does"."""
    stop = re.compile(r"[.?|BK]").search(units.symbols, start, start + 60)
    end = stop.start() if stop else min(len(units.symbols), start + 60)
    refs = [unit for unit in range(start, end) if units.symbols[unit] in "CLXZ"]
    if not refs:
        return
    if not asserts(units, first):
        found.append(Statement(-1, first, refs[0], trouble="only-negated"))
        return
    named = [unit for unit in refs if is_mentioned(units, unit)]
    if not named:
        found.append(Statement(-1, first, refs[0], trouble="only-negated"))
    elif len({units.places[unit] for unit in named}) > 1:
        found.append(Statement(-1, first, named[0], final, "several-choices"))
    else:
        statement = _statement(units, first, named[0], final=final)
        if statement is not None:
            found.append(statement)


def _backward_verdicts(units: Units) -> list[Statement]:
    """Verdicts whose reference comes first: "B is the correct answer", "C fits best"."""
    symbols = units.symbols
    found = []
    for match in re.finditer(r"[CLlX]", symbols):
        ref = match.start()
        if not _BEHIND.match(symbols, ref + 1):
            continue
        first = ref
        while first and symbols[first - 1] in "tA(gh":
            first -= 1
        before = symbols[first - 1] if first else "|"
        if symbols[ref] == "l" and before == "w":
            continue
        if not asserts(units, first) or before in "=":
            if before != "=":
                found.append(Statement(-1, first, ref, trouble="only-negated"))
            continue
        if re.search(r"[CLlb]\)?,?&[tA(]*$", symbols[max(0, ref - 8) : ref]):
            found.append(Statement(-1, first, ref, trouble="several-choices"))
            continue
        statement = _statement(units, first, ref, final="T" in symbols[max(0, first - 4) : first])
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
        statement = _statement(units, start, ref, final="T" in lead)
        if statement is not None:
            found.append(statement)
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


_OPTION = pattern(r"(?:^|(?<=[.?|,:]))[-:(]{0,2}(?P<noun>A?)\(?(?P<ref>[LlbCX])\)?(?P<behind>.?)")


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
        if not lone and _BEHIND.match(symbols, ref + 1) and not rejected_behind(units, ref):
            continue
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
            statement = _statement(units, start, start + colon.start("ref"), final=True)
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
                statement = _statement(units, start, ref, final=concludes)
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
    if match["behind"] in "=h" and not _BEHIND.match(symbols, ref + 1):
        return None
    if symbols[ref] in "CX" and ref not in units.labels:
        return None
    statement = _statement(units, 0, ref)
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


def _is_linked(symbols: str, unit: int) -> bool:
    """Whether a bare letter is one of several: "A or B"."""
    before, behind = symbols[max(0, unit - 3) : unit], symbols[unit + 1 : unit + 4]
    return bool(
        re.search(r"[CLlbZ]\)?[,&/]{1,2}\(?$|A\(?$", before) or re.match(r"\)?[,&/]{1,2}\(?[CLlbZ]", behind)
    )


def mentions(units: Units, listed: set[int]) -> tuple[list[int], list[int]]:
    """The references in running text that are asserted, and those that are denied or supposed."""
    asserted: list[int] = []
    denied: list[int] = []
    for match in re.finditer(f"[{REFERENCES}]", units.symbols):
        unit = match.start()
        symbol = units.symbols[unit]
        if symbol in "bZ" or (symbol == "l" and not _is_linked(units.symbols, unit)):
            continue
        if symbol == "l" and units.symbols[unit + 1 : unit + 2] == "w":
            continue
        (asserted if unit not in listed and is_mentioned(units, unit) else denied).append(unit)
    return asserted, denied
