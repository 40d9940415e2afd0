"""The reading cascade: which choice an answer names (METHODS, "reading an answer"; xFinder, arXiv 2405.11874).

    1. clean       normalise, take markup away (`text`)
    2. thinking    put reasoning aside (`thinking`)
    3. candidates  markup that sets an answer apart (`segments`, `markup`), then statements in words over the units of
                   the text (`scan`). From the strongest:
                     verdict    "the answer is B", "I choose B", "B is correct" (`verdicts`)
                     own line   a line or a clause that leads to a reference and says nothing else (`clauses`)
                     closing    a sentence that concludes: "Therefore, the source is rain" (`clauses`)
                     labelled   a letter with a comment, at the start: "B. It barks." (`clauses`)
                     mention    a choice named in running text (`mentions`)
    4. polarity    asserted, denied, supposed, second (`polarity`); taken back (`statement`)
    5. verdict     one choice, or none with the reason (`decision`)

The strictest kind of statement that is there decides. An answer that names two choices, contradicts itself, or denies
what it names is *unresolved*; one that declines is *refused*. Nothing is drawn at random and no letter is a default.
The work is linear in the answer's length, whatever it holds.
"""

from __future__ import annotations

from mmar.protocols.reading.choices import ChoiceTable, choice_table
from mmar.protocols.reading.decision import decide
from mmar.protocols.reading.fast_path import read_common
from mmar.protocols.reading.markup import read_markup, read_segment, read_whole
from mmar.protocols.reading.rules import Reading, ReadingRule, State
from mmar.protocols.reading.scan import scan
from mmar.protocols.reading.segments import protocol_segments
from mmar.protocols.reading.statement import Finding, reject_if_retracted
from mmar.protocols.reading.text import clean
from mmar.protocols.reading.thinking import answer_span

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
    finding = _answer(answer, table, rule, cut_off=cut_off)
    state: State = "refused" if finding.rule == "refusal" else "unresolved"
    index = None
    if finding.choice >= 0:
        state, index = "choice", finding.choice
    return Reading(state, index, finding.rule, start + finding.start, start + finding.end, text)


def _answer(answer: str, table: ChoiceTable, rule: ReadingRule, *, cut_off: bool) -> Finding:
    """Read an answer without its reasoning."""
    letters = rule.expects == "letter"
    if (whole := read_whole(answer, table, letters=letters)) is not None:
        return whole
    cleaned = clean(answer)
    segments = protocol_segments(answer, rule, table.longest)
    findings = (read_segment(segment, table, letters=letters) for segment in segments)
    finding = next(filter(None, findings), None) or read_markup(answer, table, letters=letters)
    units = scan(cleaned[0], table, letters=letters)
    if finding is not None:
        return reject_if_retracted(finding, units, cleaned)
    result = decide(units, cut_off=cut_off)
    if cleaned[1] is not None:
        result.start, result.end = cleaned[1][result.start], cleaned[1][result.end]
    return result
