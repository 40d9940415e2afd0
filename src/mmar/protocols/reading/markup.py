"""What markup points at (tags, JSON keys, boxes, what a protocol asks for), and texts that are one choice as a whole."""

from __future__ import annotations

import re

from mmar.protocols.reading.choices import ChoiceTable
from mmar.protocols.reading.decision import decide
from mmar.protocols.reading.polarity import find_mentions
from mmar.protocols.reading.scan import scan
from mmar.protocols.reading.segments import Segment, common_segments
from mmar.protocols.reading.statement import DRESS, Finding, finding_of, statement_at
from mmar.protocols.reading.text import REFERENCES, Units, clean, loose, normalise, plain

_TROUBLES = ("letter-against-text", "several-choices", "no-such-letter", "only-negated")
_JOINED = 30
_DEEPEST = 2


def read_segment(segment: Segment, table: ChoiceTable, *, letters: bool, depth: int = 0) -> Finding | None:
    """What markup points at; `None` where nothing there can be read.

    Markup inside markup is looked at to a small depth: tags that are never closed hold each other, and each level
    multiplies the work.
    """
    piece = segment.text
    finding = read_whole(piece, table, letters=letters, marked=segment.closed)
    if finding is None:
        if not piece.strip():
            return None
        inner = None
        if segment.closed and len(piece) < 4000 and depth < _DEEPEST:
            inner = read_markup(piece, table, letters=letters, depth=depth + 1)
        if inner is None:
            units = scan(clean(piece)[0], table, letters=letters)
            inner = decide(units) if segment.closed else _opening(units)
        if inner.choice < 0 and inner.rule not in _TROUBLES:
            return None
        finding = inner
    rule = segment.rule if finding.choice >= 0 else finding.rule
    end = segment.end if segment.closed else segment.start + finding.end
    return Finding(finding.choice, rule, segment.start, end)


def _opening(units: Units) -> Finding:
    """What stands at the beginning of an open piece, behind a protocol's own marker."""
    lead = re.match(rf"[|:(tgAhI=&,-]*(?=[{REFERENCES}])", units.symbols)
    if lead and (statement := statement_at(units, 0, lead.end())) is not None:
        return finding_of(units, statement, "protocol-marker")
    named = find_mentions(units, 0, units.sentence(0)[1], "CL")
    if len({units.choices[unit] for unit in named}) == 1:
        unit = named[0]
        return Finding(units.choices[unit], "protocol-marker", units.starts[unit], units.ends[unit])
    return Finding(-1, "several-choices" if named else "no-choice", 0, units.ends[-1] if units.ends else 0)


def read_markup(answer: str, table: ChoiceTable, *, letters: bool, depth: int = 0) -> Finding | None:
    """What the usual markup points at; the last piece that can be read counts."""
    chosen: Finding | None = None
    for segment in common_segments(answer, table.longest):
        if chosen is not None and not (segment.rival or _is_joined(answer, segment, chosen)):
            continue
        finding = read_segment(segment, table, letters=letters, depth=depth)
        if chosen is None:
            chosen = finding
        elif finding is not None and finding.rule == chosen.rule and 0 <= finding.choice != chosen.choice:
            return Finding(-1, "several-choices", finding.start, chosen.end)
    return chosen


def _is_joined(answer: str, segment: Segment, later: Finding) -> bool:
    """Whether a few words on one line join a segment to a later one: "<answer>A</answer> or <answer>C</answer>"."""
    between = re.sub(r"<[^<>]{1,40}>", "", answer[segment.end : later.start])
    return segment.end <= later.start and "\n" not in between and 0 < len(between.strip()) < _JOINED


def read_whole(text: str, table: ChoiceTable, *, letters: bool, marked: bool = False) -> Finding | None:
    """What a text is as a whole: a choice's text or a letter; an empty choice only inside markup."""
    stripped = text.strip()
    if not stripped:
        return Finding(table.exact[""], "choice-text") if marked and "" in table.exact else None
    start = text.index(stripped)
    end = start + len(stripped)
    letter = _lone_letter(stripped, table, letters=letters)
    if letter >= 0 and letters:
        return Finding(letter, "lone-letter", start, end)
    if stripped in table.exact:
        return Finding(table.exact[stripped], "choice-text", start, end)
    if len(stripped) <= 2 * table.longest + 200:
        form = plain(normalise(stripped)[0])
        choice = table.plains.get(form, -1)
        if choice < 0 and (core := loose(form)):
            choice = table.looses.get(core, -1)
        if choice >= 0:
            return Finding(choice, "choice-text", start, end)
    return Finding(letter, "lone-letter", start, end) if letter >= 0 else None


def _lone_letter(text: str, table: ChoiceTable, *, letters: bool) -> int:
    if len(text) > 80:
        return -1
    core = clean(text)[0].lstrip(DRESS + "#").rstrip(DRESS)
    if len(core) != 1 or not core.isascii() or not core.isalpha():
        return -1
    letter = ord(core.upper()) - 65
    named = letter if letter < len(table.choices) else -1
    if letters:
        return named
    return table.exact.get(core, table.single_letters.get(core.upper(), named))
