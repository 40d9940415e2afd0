"""The reading cascade: which choice an answer names (METHODS, "reading an answer"; xFinder, arXiv 2405.11874).

    1. clean       normalise, take markup away (`text`)
    2. thinking    put reasoning aside (`thinking`)
    3. candidates  markup that sets an answer apart (`segments`), then statements in words (`statements`)
    4. polarity    asserted, denied, supposed, taken back, second (`polarity`)
    5. verdict     one choice, or none with the reason

The strictest kind of statement that is there decides. An answer that names two choices, contradicts itself, or denies
what it names is *unresolved*; one that declines is *refused*. Nothing is drawn at random and no letter is a default.
The work is linear in the answer's length, whatever it holds.
"""

from __future__ import annotations

import re

from mmar.protocols.reading.choices import ChoiceTable, choice_table
from mmar.protocols.reading.fast_path import read_common
from mmar.protocols.reading.patterns import pattern
from mmar.protocols.reading.phrases import phrase_table
from mmar.protocols.reading.polarity import is_mentioned
from mmar.protocols.reading.rules import Reading, ReadingRule
from mmar.protocols.reading.segments import Segment, common_segments, protocol_segments
from mmar.protocols.reading.statements import (
    Statement,
    closings,
    labelled,
    listed_options,
    mentions,
    own_lines,
    verdicts,
)
from mmar.protocols.reading.text import BOUNDARY, Clean, canonical, clean, loose, normalise, plain
from mmar.protocols.reading.thinking import answer_span
from mmar.protocols.reading.units import REFERENCES, Units, scan

__all__ = ["read", "read_known"]

_DRESS = " \t\r\n\"'*_>([{<)]}.,:;!$~•-。、\\|`" + BOUNDARY
_TROUBLES = ("letter-against-text", "several-choices", "no-such-letter", "only-negated")


class _Found:
    """What a piece of an answer names: a choice, or the trouble that keeps it from naming one."""

    __slots__ = ("end", "place", "rule", "start")

    def __init__(self, place: int, rule: str, start: int = 0, end: int = 0) -> None:
        self.place, self.rule, self.start, self.end = place, rule, start, end


# Of a longer answer only the end is read, where a verdict stands: text without end is a model that repeats itself.
_LONGEST = 200_000


def read(
    text: str | None, choices: tuple[str, ...], rule: ReadingRule | None = None, *, cut_off: bool = False
) -> Reading:
    r"""Read one answer.

    Args:
        text: what the model wrote; `None` when no answer came.
        choices: the choices as they were put, 2 to 26.
        rule: the protocol's own markers and whether it asked for a letter; the common markers when not given.
        cut_off: whether the answer ended at the token limit. Such an answer is never read by mention alone.

    Example:
        >>> read("The answer is (B) two.", ("one", "two")).index
        1
        >>> read("It is not two", ("one", "two")).state
        'unresolved'
        >>> read("Heard twice.\nAnswer: B", ("one", "two")).reason
        'final line: "Answer: B"'
    """
    if text is None:
        return Reading("failed", None, "no-answer")
    return read_known(text, choice_table(choices), rule, cut_off=cut_off)


def read_known(
    text: str, table: ChoiceTable, rule: ReadingRule | None = None, *, cut_off: bool = False
) -> Reading:
    """As `read`, of choices that are prepared: the inner loop of scoring."""
    if rule is None or not (rule.markers or rule.part or rule.version or rule.expects == "letter"):
        reading = read_common(text, table)
        if reading is not None:
            return reading
    elif rule.version == 1:
        from mmar.protocols.cascade_1 import read_version_1

        return read_version_1(text, table.choices, rule)
    return _read(text, table, rule or ReadingRule(), cut_off=cut_off)


def _read(text: str, table: ChoiceTable, rule: ReadingRule, *, cut_off: bool) -> Reading:
    letters = rule.expects == "letter"
    stripped = text.strip()
    if not letters and stripped and stripped in table.exact:
        start = text.index(stripped)
        return Reading("choice", table.exact[stripped], "exact-text", start, start + len(stripped), text)
    if not stripped:
        return Reading("unresolved", None, "empty", text=text)
    start, end = answer_span(text, rule.part)
    start = max(start, end - _LONGEST)
    answer = text[start:end]
    if not answer.strip() and start >= len(text.rstrip()):
        return Reading("unresolved", None, "only-thinking", text=text)
    found = _answer(answer, table, rule, cut_off=cut_off)
    if found.place >= 0:
        return Reading("choice", found.place, found.rule, start + found.start, start + found.end, text)
    state = "refused" if found.rule == "refusal" else "unresolved"
    return Reading(state, None, found.rule, start + found.start, start + found.end, text)  # type: ignore[arg-type]


def _answer(answer: str, table: ChoiceTable, rule: ReadingRule, *, cut_off: bool) -> _Found:
    """Read an answer without its reasoning."""
    letters = rule.expects == "letter"
    if (whole := _whole(answer, table, letters=letters)) is not None:
        return whole
    units: Units | None = None
    cleaned = clean(answer)
    found: _Found | None = None
    for segment in protocol_segments(answer, rule, table.longest):
        found = _segment(segment, table, letters=letters)
        if found is not None:
            break
    if found is None:
        found = _common(answer, table, letters=letters)
    units = scan(cleaned[0], table, phrase_table(), letters=letters)
    if found is not None:
        return _unless_taken_back(found, units, cleaned)
    result = _decide(units, answer, cut_off=cut_off)
    if cleaned[1] is not None:
        result.start, result.end = cleaned[1][result.start], cleaned[1][result.end]
    return result


def _whole(text: str, table: ChoiceTable, *, letters: bool, marked: bool = False) -> _Found | None:
    """What a text is as a whole: a choice's text or a letter; an empty choice only inside markup."""
    stripped = text.strip()
    if not stripped:
        return _Found(table.exact[""], "choice-text") if marked and "" in table.exact else None
    start = text.index(stripped)
    end = start + len(stripped)
    letter = _lone_letter(stripped, table, letters=letters)
    if letter >= 0 and letters:
        return _Found(letter, "lone-letter", start, end)
    if stripped in table.exact:
        return _Found(table.exact[stripped], "choice-text", start, end)
    if len(stripped) <= 2 * table.longest + 200:
        form = plain(normalise(stripped)[0])
        place = table.plains.get(form, -1)
        if place < 0 and (core := loose(form)):
            place = table.looses.get(core, -1)
        if place >= 0:
            return _Found(place, "choice-text", start, end)
    return _Found(letter, "lone-letter", start, end) if letter >= 0 else None


def _lone_letter(text: str, table: ChoiceTable, *, letters: bool) -> int:
    if len(text) > 80:
        return -1
    core = clean(text)[0].lstrip(_DRESS + "#").rstrip(_DRESS)
    if len(core) != 1 or not core.isascii() or not core.isalpha():
        return -1
    if not letters and core in table.exact:
        return table.exact[core]
    if not letters and core.upper() in table.single_letters:
        return table.single_letters[core.upper()]
    place = ord(core.upper()) - 65
    return place if place < len(table.choices) else -1


def _segment(segment: Segment, table: ChoiceTable, *, letters: bool) -> _Found | None:
    """What markup points at; `None` where nothing there can be read."""
    piece = segment.text
    found = _whole(piece, table, letters=letters, marked=segment.closed)
    if found is None:
        if not piece.strip():
            return None
        inner = _common(piece, table, letters=letters) if segment.closed and len(piece) < 4000 else None
        if inner is None:
            units = scan(clean(piece)[0], table, phrase_table(), letters=letters)
            inner = _decide(units, piece, cut_off=False) if segment.closed else _opening(units)
        if inner.place < 0 and inner.rule not in _TROUBLES:
            return None
        found = inner
    rule = segment.rule if found.place >= 0 else found.rule
    return _Found(
        found.place, rule, segment.start, segment.end if segment.closed else segment.start + found.end
    )


def _opening(units: Units) -> _Found:
    """What stands at the beginning of an open piece, behind a protocol's own marker."""
    symbols = units.symbols
    place = 0
    while place < len(symbols) and symbols[place] in "|:-,(tgAhI=&":
        place += 1
    if place < len(symbols) and symbols[place] in REFERENCES:
        from mmar.protocols.reading.statements import _statement

        statement = _statement(units, 0, place)
        if statement is not None:
            return _from(units, statement, "protocol-marker")
    stop = re.compile(r"[.?|]").search(symbols)
    end = stop.start() if stop else len(symbols)
    named = [unit for unit in range(end) if symbols[unit] in "CL" and is_mentioned(units, unit)]
    if len({units.places[unit] for unit in named}) == 1:
        return _Found(units.places[named[0]], "protocol-marker", units.starts[named[0]], units.ends[named[0]])
    return _Found(-1, "several-choices" if named else "no-choice", 0, units.ends[-1] if units.ends else 0)


def _common(answer: str, table: ChoiceTable, *, letters: bool) -> _Found | None:
    """What the usual markup points at; the last piece that can be read counts."""
    chosen: _Found | None = None
    for segment in common_segments(answer, table.longest):
        if chosen is not None and not (segment.rival or _is_joined(answer, segment, chosen)):
            continue
        found = _segment(segment, table, letters=letters)
        if found is None:
            continue
        if chosen is None:
            chosen = found
        elif (
            (segment.rival or _is_joined(answer, segment, chosen))
            and chosen.rule == found.rule
            and chosen.place != found.place
            and found.place >= 0
        ):
            return _Found(-1, "several-choices", found.start, chosen.end)
    return chosen


def _is_joined(answer: str, segment: Segment, later: _Found) -> bool:
    """Whether a few words on one line join a segment to a later one: "<answer>A</answer> or <answer>C</answer>"."""
    between = re.sub(r"<[^<>]{1,40}>", "", answer[segment.end : later.start])
    return segment.end <= later.start and "\n" not in between and 0 < len(between.strip()) < _JOINED


def _unless_taken_back(found: _Found, units: Units, cleaned: Clean) -> _Found:
    """What markup pointed at, unless words behind it take that back."""
    places = cleaned[1]
    for unit in _corrections(units, after=found.end if places is None else -1):
        start = units.starts[unit] if places is None else places[units.starts[unit]]
        if start < found.end:
            continue
        named = [at for at in range(unit + 1, len(units.symbols)) if units.symbols[at] in REFERENCES]
        if units.symbols[unit] == "R" or any(units.places[at] != found.place for at in named):
            return _Found(-1, "taken-back", found.start, units.ends[unit] if places is None else found.end)
    return found


_NO = frozenset(
    ("no", "nope", "not", "non", "nein", "não", "нет", "не", "不", "不是", "いや", "아니", "لا", "नहीं")
)


def _corrections(units: Units, after: int = -1) -> list[int]:
    """The units that take back what was said before, outside of quoted speech."""
    found = []
    for match in re.finditer(
        r"R|r(?=[^.?|]{0,12}[CLlb])|(?<=[.,?|(-])(?:N(?=[,:.|-]|$)|x(?=[,-]))|(?<=[.?|])[Nx]\.", units.symbols
    ):
        unit = match.start()
        if match[0] == "N" and units.text[units.starts[unit] : units.ends[unit]].casefold() not in _NO:
            continue
        if units.starts[unit] >= after and not _is_quoted(units.text, units.starts[unit]):
            found.append(unit)
    return found


def _is_quoted(text: str, place: int) -> bool:
    line = text.rfind("\n", 0, place) + 1
    return text.count('"', max(line, place - 400), place) % 2 == 1


def _decide(units: Units, answer: str, *, cut_off: bool, depth: int = 0) -> _Found:
    """The verdict of an answer in words."""
    symbols = units.symbols
    if not symbols.strip(".?|,:-()/"):
        return _Found(-1, "empty" if not any(map(str.isalnum, units.text)) else "no-choice")
    listed = listed_options(units)
    said = [statement for statement in verdicts(units) if statement.last not in listed or statement.place < 0]
    lines = own_lines(units, listed)
    first = min(
        (statement.last for statement in (*said, *lines) if statement.trouble != "only-negated"),
        default=-1,
    )
    label = labelled(units) if not listed else None
    if label is not None and label.place >= 0:
        first = label.last if first < 0 else min(first, label.last)
    if (
        first >= 0
        and depth < 2
        and (turns := [unit for unit in _corrections(units) if _turns(units, unit, first)])
    ):
        return _corrected(units, turns[-1], first, answer, cut_off=cut_off, depth=depth)
    closing = closings(units, listed)
    stated = [statement for statement in said if statement.trouble not in ("only-negated", "other-answer")]
    others = [statement for statement in said if statement.trouble == "other-answer"]
    if stated:
        chosen = _unrivalled(units, _agreed(stated, [*lines, *others], closing), listed)
        return _from(units, chosen, "verdict")
    lines = [line for line in lines if line.trouble != "only-negated"]
    if "P" in symbols and lines and not _is_last_line(units, lines):
        lines = []  # words said while thinking
    if lines:
        chosen = lines[-1] if _is_last_line(units, lines) else _same(lines)
        if chosen.place >= 0 and (
            rivals := [
                s for s in closing if s.last > chosen.last and s.place >= 0 and s.place != chosen.place
            ]
        ):
            chosen = Statement(-1, chosen.first, rivals[-1].last, trouble="several-choices")
        return _from(units, _unrivalled(units, chosen, listed), "own-line")
    closing = [statement for statement in closing if statement.trouble != "only-negated"]
    unfinished = cut_off or _is_unfinished(units)
    if closing and not unfinished:
        last = closing[-1]
        if last.place >= 0 and any(s.place >= 0 and s.place != last.place for s in closing[:-1]):
            last = Statement(-1, closing[0].first, last.last, trouble="several-choices")
        if last.place >= 0 or last.trouble != "several-choices":
            return _from(units, last, "closing-sentence")
    if label is not None and label.trouble != "only-negated":
        return _from(units, _unrivalled(units, label, listed), "labelled")
    return _mentioned(units, listed, said, cut_off=cut_off, unfinished=unfinished)


def _turns(units: Units, unit: int, first: int) -> bool:
    """Whether a correction stands behind the first statement and is no part of it."""
    if unit <= first:
        return False
    if units.symbols[unit] != "r":
        return True
    place = units.places[first]
    return any(
        symbol in "CLlbX" and units.places[unit + 1 + step] != place
        for step, symbol in enumerate(units.symbols[unit + 1 : unit + 14])
    )


def _corrected(units: Units, turn: int, first: int, answer: str, *, cut_off: bool, depth: int) -> _Found:
    """What an answer says behind its last correction; what it said before counts no more."""
    start = turn + 1
    tail = Units(
        units.symbols[start:],
        units.starts[start:],
        units.ends[start:],
        units.places[start:],
        {unit - start for unit in units.labels if unit >= start},
        units.text,
    )
    named = {tail.places[at] for at, symbol in enumerate(tail.symbols) if symbol in "CLlX"}
    found = _decide(tail, answer, cut_off=cut_off, depth=depth + 1) if len(named) == 1 else None
    if found is not None and found.place >= 0:
        return found
    end = units.ends[min(turn + 6, len(units.ends) - 1)]
    return _Found(-1, "taken-back", units.starts[first], end)


def _agreed(stated: list[Statement], lines: list[Statement], closing: list[Statement]) -> Statement:
    """The one verdict of several statements; a final one outweighs those before it."""
    last = stated[-1]
    if last.place < 0:
        return last
    for other in stated[:-1]:
        if other.place != last.place and not (last.final and not other.final):
            return Statement(-1, other.first, last.last, trouble="several-choices")
    for other in (*lines, *closing):
        if other.last > last.last and other.place >= 0 and other.place != last.place:
            return Statement(-1, last.first, other.last, trouble="several-choices")
    return last


# A letter at the end of a clause, or the first of several behind a colon.
_LATER_LETTER = pattern(r"\(?(?P<ref>[Ll])\)?(?:(?=[.|?])|$|(?<=:.)(?=[&,/])|(?<=:\(.\))(?=[&,/]))")


_ADDED = pattern(r"[.|]&[htA(]*(?P<ref>[CLl])\)?(?=[.?|]|$)")  # "Rain; or thunder."


def _unrivalled(units: Units, chosen: Statement, listed: set[int]) -> Statement:
    """A statement, unless another letter stands alone behind it: "B! Just kidding, A."."""
    if chosen.place < 0:
        return chosen
    for match in _LATER_LETTER.finditer(units.symbols, chosen.last + 1):
        ref = match.start("ref")
        asked = units.symbols[match.end() : match.end() + 1] == "?"
        if ref in listed or units.places[ref] == chosen.place:
            continue
        if asked or is_mentioned(units, ref):
            return Statement(-1, chosen.first, ref, trouble="several-choices")
    for match in _ADDED.finditer(units.symbols, chosen.last + 1):
        ref = match.start("ref")
        if ref not in listed and units.places[ref] != chosen.place and is_mentioned(units, ref):
            return Statement(-1, chosen.first, ref, trouble="several-choices")
    return chosen


def _same(lines: list[Statement]) -> Statement:
    """The choice of lines that all name one; a statement of none where they differ."""
    first = lines[0]
    for line in lines:
        if line.place < 0:
            return line
        if line.place != first.place:
            return Statement(-1, first.first, line.last, trouble="several-choices")
    return lines[-1]


def _is_last_line(units: Units, lines: list[Statement]) -> bool:
    """Whether a reference alone is the last line of several, and no line before it is another reference alone."""
    symbols = units.symbols.rstrip(".|")
    line = lines[-1]
    if line.place < 0 or not line.first or line.last < len(symbols) - 2 or not _fills_line(units, line):
        return False
    return not any(other.place != line.place and _fills_line(units, other) for other in lines[:-1])


def _fills_line(units: Units, line: Statement) -> bool:
    """Whether a statement is all that stands on its line, and other lines stand before or behind it."""
    before = units.symbols[: line.first].rstrip("(-,:")
    return (not before or before.endswith("|")) and units.symbols[line.last + 1 :].lstrip(").,")[:1] in (
        "",
        "|",
    )


def _mentioned(
    units: Units, listed: set[int], said: list[Statement], *, cut_off: bool, unfinished: bool
) -> _Found:
    """The one choice that an answer names at all, or why there is none."""
    asserted, denied = mentions(units, listed)
    refusal = _refusal(units)
    void = {statement.last for statement in said}
    asserted = [unit for unit in asserted if unit not in void]
    said = [
        statement for statement in said if any(not _turned(units, statement.last, unit) for unit in asserted)
    ]
    places = {units.places[unit] for unit in asserted}
    if refusal >= 0 and not (places and "K" in units.symbols[refusal:]):
        return _Found(-1, "refusal", units.starts[refusal], units.ends[refusal])
    if (
        len(places) == 1
        and -1 not in places
        and not said
        and any(units.symbols[at] in "CL" for at in asserted)
    ):
        unit = asserted[0]
        start, end = _sentence(units, unit)
        if cut_off or unfinished:
            return _Found(-1, "cut-off", start, end)
        if "P" in units.symbols:
            return _Found(-1, "no-choice")
        if _is_doubtful(units, unit, denied):
            return _Found(-1, "several-choices", start, end)
        return _Found(units.places[unit], "only-mention", start, end)
    if asserted:
        trouble = (
            "letter-against-text"
            if any(units.symbols[unit] == "X" for unit in asserted)
            else "several-choices"
        )
        if said and len(places) == 1:
            trouble = "only-negated"
        return _Found(-1, trouble, units.starts[asserted[0]], units.ends[asserted[-1]])
    if refusal >= 0:
        return _Found(-1, "refusal", units.starts[refusal], units.ends[refusal])
    if listed:
        return _Found(-1, "list-of-options")
    if denied:
        return _Found(-1, "only-negated", *_sentence(units, denied[0]))
    if cut_off or unfinished:
        return _Found(-1, "cut-off")
    return _Found(-1, "no-choice")


def _is_doubtful(units: Units, unit: int, denied: list[int]) -> bool:
    """Whether a mention is too weak to decide: a number among sentences, or a letter beside one that is denied."""
    symbols = units.symbols
    if symbols[unit] == "L":
        return any(
            symbols[other] in "Llb" and not re.search(r"[.?|]", symbols[min(other, unit) : max(other, unit)])
            for other in denied
        )
    words = units.text[units.starts[unit] : units.ends[unit]].split()
    number = len(words) == 1 and canonical(words[0])[:1].isdigit()
    return number and re.search(r"[.?|]", symbols.strip(".?|")) is not None


def _turned(units: Units, denied: int, unit: int) -> bool:
    """Whether a mention is out of the reach of a denied statement: in another sentence, or behind a "but" or "so"."""
    between = units.symbols[denied:unit]
    return unit > denied and any(mark in ".?|KT" for mark in between)


def _sentence(units: Units, unit: int) -> tuple[int, int]:
    """Start and end of the sentence around a unit."""
    start, end = unit, unit
    while start and units.symbols[start - 1] not in ".?|":
        start -= 1
    while end + 1 < len(units.symbols) and units.symbols[end + 1] not in ".?|":
        end += 1
    return units.starts[start], units.ends[end]


def _refusal(units: Units) -> int:
    """The unit of a phrase that declines to answer, outside of quoted speech; -1 for none."""
    for match in re.finditer("Q", units.symbols):
        if not _is_quoted(units.text, units.starts[match.start()]):
            return match.start()
    return -1


_LEAST_WORDS = 12
_JOINED = 30


def _is_unfinished(units: Units) -> bool:
    """Whether a text of some length breaks off inside a sentence."""
    symbols = units.symbols.rstrip("|")
    if len(symbols) < _LEAST_WORDS or symbols[-1] in ".?)CLlXZ(":
        return False
    tail = units.text[units.ends[len(symbols) - 1] :].strip()
    return not tail and not units.text.rstrip().endswith(('"', "'", "*", "`"))


def _from(units: Units, statement: Statement, rule: str) -> _Found:
    """The finding of a statement, with the words from its beginning to its reference."""
    start = units.starts[statement.first]
    end = units.ends[statement.last]
    if statement.place < 0:
        return _Found(-1, statement.trouble or "no-choice", start, end)
    closing = units.text[end : end + 1]
    if closing in (")", "]", "}", "】"):
        end += 1
    if rule in ("verdict", "own-line") and "\n" in units.text.strip():
        line = units.text.rfind("\n", 0, end)
        if line >= 0 and units.text[:line].strip() and not units.text[end:].strip(_DRESS):
            rule = "final-line"
            start = max(start, line + 1)
    return _Found(statement.place, rule, start, end)
