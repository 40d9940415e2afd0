"""Types of the reading: how a protocol's answers are read, and what a reading says.

Answers that name no choice are grouped by what keeps them from naming one (`shape_of`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

CURRENT_VERSION = 2
"""Version of the cascade. Raised whenever any answer may be read differently; part of every signature."""
VERSIONS = (1, 2)

State = Literal["choice", "unresolved", "refused", "failed", "missing"]


class Marker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way in which a protocol has its answers marked.

    Attributes:
        kind: `tag` (`<name>...</name>`), `json` (the value of key `name`), `after` (all that follows the text
            `name`), `quoted` (the quotation that follows the text `name`), `bold` (`**...**`) or `first_line`.
        name: the tag's name, the key, or the text, by kind; compared without regard to case.
        which: the first or the last one counts.
    """

    kind: Literal["tag", "json", "after", "quoted", "bold", "first_line"]
    name: str = ""
    which: Literal["first", "last"] = "last"


class ReadingRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a protocol's answers are read.

    Attributes:
        expects: `letter` when the choices are put with letters and the letter is asked for, so that "A" is a
            letter even where it is a choice's text.
        part: the tag that alone holds the answer, e.g. `RESPONSE`; all else is thinking.
        markers: tried in order, before the common ones.
        version: of the cascade, see `VERSIONS`; the current one when `None`.
    """

    expects: Literal["text", "letter"] = "text"
    part: str = ""
    markers: tuple[Marker, ...] = ()
    version: Literal[1, 2] | None = None


# What each rule of the cascade says for itself; "{quote}" is the words that were read.
_REASONS = {
    "exact-text": "the whole answer is a choice's text",
    "choice-text": "the whole answer is a choice's text, case and punctuation aside",
    "lone-letter": "the whole answer is one letter",
    "protocol-marker": 'what the protocol asks for: "{quote}"',
    "answer-tag": 'answer tag: "{quote}"',
    "json-key": 'JSON key: "{quote}"',
    "box": 'box: "{quote}"',
    "verdict": 'verdict: "{quote}"',
    "final-line": 'final line: "{quote}"',
    "own-line": 'a line of its own: "{quote}"',
    "closing-sentence": 'closing sentence: "{quote}"',
    "labelled": 'a letter with text behind it: "{quote}"',
    "only-mention": 'the only choice named: "{quote}"',
    "no-answer": "no answer came",
    "empty": "the answer is empty",
    "only-thinking": "nothing but thinking",
    "cut-off": "the answer was cut off before it named a choice",
    "refusal": 'declines to answer: "{quote}"',
    "several-choices": 'names more than one choice: "{quote}"',
    "letter-against-text": 'letter and text disagree: "{quote}"',
    "list-of-options": "describes several options and chooses none",
    "only-negated": 'names a choice only to deny or suppose it: "{quote}"',
    "taken-back": 'takes back what it said: "{quote}"',
    "no-such-letter": 'names a letter that no choice has: "{quote}"',
    "no-choice": "names no choice",
}
_LONGEST_QUOTE = 80


def quoted(text: str, start: int, end: int) -> str:
    """A part of a text on one line, shortened where it is long."""
    words = " ".join(text[start:end].split())
    if len(words) <= _LONGEST_QUOTE:
        return words
    return f"{words[: _LONGEST_QUOTE // 2 - 2]} ... {words[-_LONGEST_QUOTE // 2 + 3 :]}"


class Reading(msgspec.Struct, frozen=True, gc=False, repr_omit_defaults=True):
    """What an answer says.

    Attributes:
        state: `choice`, or why there is none.
        index: 0-based index of the choice named; `None` unless the state is `choice`.
        rule: stable name of the rule that decided, e.g. `verdict` or `only-mention`.
        start: where the words that were read begin in the answer, in characters.
        end: where they end; equal to `start` where no words decided.
        text: the answer as it was given.
    """

    state: State
    index: int | None
    rule: str
    start: int = 0
    end: int = 0
    text: str = ""

    @property
    def span(self) -> tuple[int, int]:
        """Start and end of the words that were read, in characters of the answer."""
        return self.start, self.end

    @property
    def quote(self) -> str:
        """The words that were read on one line, shortened where they are long."""
        return quoted(self.text, self.start, self.end)

    @property
    def reason(self) -> str:
        """How the answer was read, as one sentence for a person."""
        return _REASONS.get(self.rule, self.rule).replace("{quote}", self.quote)


SHAPES: dict[str, str] = {
    "cut-off": "the answer ends before it names a choice",
    "only-thinking": "reasoning, and no answer behind it",
    "several-choices": "more than one choice is named",
    "letter-against-text": "a letter stands beside the text of another choice",
    "list-of-options": "several options are described and none is chosen",
    "only-negated": "a choice is named only to be denied or supposed",
    "taken-back": "an answer is taken back and no other follows",
    "no-such-letter": "a letter that no choice has",
    "refusal": "the answer declines",
    "another-language": "words in another script than the choices, which name none",
    "no-choice": "words that name no choice",
    "empty": "an empty answer",
}
"""Name of each group, and what its answers have in common."""


def shape_of(reading: Reading, choices: Sequence[str]) -> str:
    """The group, of `SHAPES`, of an answer that names none of the choices."""
    rule = reading.rule
    if rule == "no-choice" and _is_foreign(reading.text) and not any(map(_is_foreign, choices)):
        return "another-language"
    return rule if rule in SHAPES else "no-choice"


def _is_foreign(text: str) -> bool:
    """Whether most letters of a text are not Latin."""
    letters = [mark for mark in text[:2000] if mark.isalpha()]
    return sum(mark > "\u024f" for mark in letters) * 2 > len(letters)
