"""Why an inspector sends an item back: a reason from a list, on a named field, with a comment."""

from __future__ import annotations

import msgspec

from mmar.studio.workflow.content import FIELD_NAMES

__all__ = ["REASONS", "Rejection"]

REASONS: dict[str, str] = {
    "wrong_key": "The key is wrong",
    "two_answers": "More than one choice is right",
    "no_answer": "No choice is right",
    "unclear": "The question is unclear",
    "guessable": "It can be guessed without the audio",
    "weak_distractor": "A wrong choice is not plausible",
    "inaudible": "The answer cannot be heard",
    "bad_cut": "The clip is cut wrongly",
    "bad_audio": "The recording is faulty",
    "wrong_thinking": "The reasoning is wrong or incomplete",
    "wrong_label": "Category, modality or language is wrong",
    "rights": "The recording cannot be used (rights)",
    "other": "Something else",
}
"""Reason by its code, as it is shown."""


class Rejection(msgspec.Struct, frozen=True):
    """Why an item goes back to its author.

    Attributes:
        reason: a key of `REASONS`.
        field: the field of the content that is disputed.
        comment: what to do about it.
        start: start of the disputed part of the clip, seconds, where there is one.
        end: its end, seconds.
    """

    reason: str
    field: str
    comment: str
    start: float | None = None
    end: float | None = None

    def fault(self) -> str | None:
        """What is missing in this rejection, or `None`."""
        if self.reason not in REASONS:
            return f'"{self.reason}" is not one of the reasons {", ".join(REASONS)}'
        if self.field not in FIELD_NAMES:
            return f'"{self.field}" is not one of the fields {", ".join(FIELD_NAMES)}'
        if not self.comment.strip():
            return "say in the comment what should change"
        if (self.start is None) != (self.end is None) or (
            self.start is not None and self.end is not None and not 0 <= self.start < self.end
        ):
            return "the disputed region needs a start before its end, in seconds from 0"
        return None
