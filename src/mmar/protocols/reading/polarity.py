"""Whether a reference to a choice is asserted, denied or supposed where it stands.

All functions work on the symbols of `mmar.protocols.reading.text`. In doubt a reference is not asserted: that
loses an answer now and then, and invents none.
"""

from __future__ import annotations

import re

from mmar.protocols.reading.text import REFERENCES, SENTENCE_END, Units, pattern

MAX_SPAN = 60  # units that are looked at beside one
# What begins a new clause behind a comma, out of the reach of a negation before it.
_NEW_CLAUSE = pattern(
    r",(?=[Kh]?T|[KTh]*(?:[iITv]|tg*A|[gh]*A[=:]|t?[CLl]\)?=))|[K-]|\((?!\(?(?:[CLlb]|$))|j"
)
_STRICT_CLAUSE = pattern(r"(?<![yv]),(?!c)|[K:-]|\((?!\(?(?:[CLlb]|$))|j")
# "is wrong", "cannot be", "(no)" behind a reference.
_REJECTED = pattern(
    r"(?:\)?[,&]{1,2}[t(]*[CLl]){0,4}A?\)?,?(?:[hmtIc]{0,3}n|j|[hmIct]{0,3}=[=hmt]{0,4}(?:[Nnx]|e(?=[.,|gA]|$))|=g?A=?[nx]|[:(-]?\(?(?:I?=)?[=h]{0,2}x|[:(-]I?=?N(?!.{0,2}[CLl])|=[=hmt]{0,4}w{1,2}A(?![CLl])|=[=hmt]{0,4}[gwteA]{1,4},?K[Nnx]|,(?:c=|M)[=h]{0,2}[xN]|,?K[h=i]{0,3}[Nx](?:I|[.|]|$))"
)
_NEGATIONS = frozenset(("no", "nein", "não", "нет", "不是", "否", "لا", "नहीं"))
_CLAUSE_END = pattern(r"[.?|BK:]|-(?![&h])")
_LINKED = pattern(r"[&htpgcAmiy=,I(/vk]*&?[htpgcAmiy=,I(/vk]*")
_LOOSELY_LINKED = pattern(r"[&htAT(,]*w{0,2}[htpA(]*")


def sentence_before(symbols: str, unit: int, max_span: int = MAX_SPAN) -> str:
    """The symbols of the sentence before a unit."""
    before = symbols[max(0, unit - max_span) : unit]
    return before[max(before.rfind(mark) for mark in ".?|") + 1 :]


def _last_clause(boundary: re.Pattern[str], context: str) -> str:
    return context[max((stop.end() for stop in boundary.finditer(context)), default=0) :]


def asserts(units: Units, unit: int, *, noun: bool = True) -> bool:
    """Whether what begins at a unit ("the answer is", "I choose") is said by the answer as its own view.

    `noun` says that it begins with a noun phrase, which a verb of thinking may govern.
    """
    context = sentence_before(units.symbols, unit)
    if not context:
        return True
    if _is_supposed(context):
        return False
    clause = _last_clause(_STRICT_CLAUSE, context)
    if clause[:1] == "c":
        clause = context
    if any(mark in "NnuxHmQ" for mark in clause):
        return False
    if context[0] in "&u" and "," in context and _is_conditional_would(units, unit):
        return False  # "with gusts, the answer would be B"
    if not noun:
        return True
    if re.search(r"w(?:c|,)$", clause):
        return False  # "it claims that the answer is"
    for verb in re.finditer(r"[yv]", clause):
        before = clause[: verb.start()]
        if not re.search(r"i[=hTKc]{0,4}$", before) and before:
            return False  # somebody else thinks so
    return True


def _is_conditional_would(units: Units, unit: int) -> bool:
    """Whether a statement says what would be the case: "I'd say", "the answer would be"."""
    start = units.starts[unit]
    words = units.text[start : start + 40].casefold()
    return (" would " in words or "'d " in words) and "guess" not in words


def _is_supposed(context: str) -> bool:
    """Whether a sentence supposes something ("if", "at first") and no "but" follows."""
    index = max(context.rfind("S"), context.rfind("O"))
    return index >= 0 and "K" not in context[index:]


def is_mentioned(units: Units, unit: int) -> bool:
    """Whether a reference in running text is neither denied, supposed nor asked about."""
    context = sentence_before(units.symbols, unit)
    if context:
        if _is_supposed(context):
            return False
        clause = _last_clause(_NEW_CLAUSE, context)
        if any(mark in "NnuxQ" for mark in clause):
            return False
        if "H" in clause and ("," not in clause[clause.rindex("H") :] or re.search(r",&[tA(]*$", clause)):
            return False
        if "R" in clause and units.words(unit - len(clause) + clause.index("R")).casefold().startswith("not"):
            return False  # "not quite wind"
        if re.search(r"m=?[ht(]*(?:[CLlw]\)?,?&?[tA(]*){0,4}$", clause):
            return False  # "it could be"
        if re.search(r"[yv]", clause) and not re.search(r"i|^[TKh,]{0,3}v", clause):
            return False  # somebody else thinks so
        if re.search(r"(?:[^t]=|m)A[t(]*$", clause) and "i" not in clause:
            return False  # "they would pick"
    if is_hypothetical(units, unit):
        return False
    return not (rejected_behind(units, unit) or is_asked(units, unit) or is_conditional(units, unit))


def find_mentions(units: Units, start: int, end: int, symbols: str) -> list[int]:
    """The references between two units that have one of some symbols and are mentioned as `is_mentioned` says."""
    return [
        unit for unit in range(start, end) if units.symbols[unit] in symbols and is_mentioned(units, unit)
    ]


def is_hypothetical(units: Units, unit: int) -> bool:
    """Whether a choice is only imagined: "wind would howl"."""
    end = units.ends[unit]
    return units.text[end : end + 12].lstrip(")]}.*\"'").startswith((" would ", "'d "))


def is_conditional(units: Units, unit: int) -> bool:
    """Whether the rest of the sentence makes a condition of it: "B if leaves rustle"."""
    return re.match(r"[^K,;:(.?|-]*S", units.symbols[unit + 1 : unit + MAX_SPAN]) is not None


def rejected_behind(units: Units, unit: int) -> bool:
    """Whether the words behind a reference deny it: "wind is unlikely", "(A) cannot be"."""
    if units.words(unit).casefold() in _NEGATIONS:
        return False  # "No, it isn't."
    return _REJECTED.match(units.symbols, unit + 1) is not None


def is_asked(units: Units, unit: int) -> bool:
    """Whether the sentence of a unit is a question."""
    stop = SENTENCE_END.search(units.symbols, unit + 1, unit + 4 * MAX_SPAN)
    return stop is not None and stop[0] == "?"


def other_reference(units: Units, unit: int) -> int:
    """The unit of a second choice said in one breath with the one at `unit` ("rain or thunder"); -1 for none."""
    symbols, choice = units.symbols, units.choices[unit]
    stop = _CLAUSE_END.search(symbols, unit + 1, unit + MAX_SPAN)
    end = stop.start() if stop else min(len(symbols), unit + MAX_SPAN)
    for other in range(unit + 1, end):
        if symbols[other] not in REFERENCES or units.choices[other] == choice:
            continue
        between = symbols[unit + 1 : other].lstrip(")")
        if re.search(r"[,(]N,", between) and not rejected_behind(units, other):
            return other  # "B (no, A)"
        if re.match(r",?&", between) and not any(mark in "Nnux" for mark in between):
            return other
        if any(mark in "NnuxRSHO" for mark in between) or rejected_behind(units, other):
            continue
        if symbols[other] in "lb" and not re.search(r"[&,/(]", between):
            continue
        if "," not in between and "(" not in between:
            return other
        closes = other + 1 >= len(symbols) or symbols[other + 1] in ".?|),&/"
        if _LINKED.fullmatch(between) and (closes or "&" in between):
            return other
        if closes and _LOOSELY_LINKED.fullmatch(between):
            return other
    return -1
