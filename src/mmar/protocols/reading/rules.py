"""Types of the reading: how a protocol's answers are read, and what a reading says."""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["CURRENT_VERSION", "VERSIONS", "Marker", "Reading", "ReadingRule", "State"]

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
        words = " ".join(self.text[self.start : self.end].split())
        if len(words) <= _LONGEST_QUOTE:
            return words
        return f"{words[: _LONGEST_QUOTE // 2 - 2]} ... {words[-_LONGEST_QUOTE // 2 + 3 :]}"

    @property
    def reason(self) -> str:
        """How the answer was read, as one sentence for a person."""
        return _REASONS.get(self.rule, self.rule).replace("{quote}", self.quote)
