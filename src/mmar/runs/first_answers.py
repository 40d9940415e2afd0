"""Warnings from the first answers of a session, before the rest is paid for.

The requests are the run's own; nothing is sent for this. A run goes on after a warning, because each of these can be
what its user wants. `mmar check` looks closer.
"""

from __future__ import annotations

from collections.abc import Callable

from mmar.items.predictions import is_cut_off
from mmar.models import Answer
from mmar.protocols import Request
from mmar.protocols.reading import ReadingRule, read

__all__ = ["FirstAnswers"]

_LOOKED_AT = 5


class FirstAnswers:
    """Looks at the first answers of a session.

    Args:
        rule: by which answers are read.
        warn: called with each warning, once all of the first answers show it.
    """

    def __init__(self, rule: ReadingRule, warn: Callable[[str], None]) -> None:
        self._rule, self._warn = rule, warn
        self._seen: list[tuple[Request, Answer]] = []

    def note(self, request: Request, answer: Answer) -> None:
        """Note an answer; later ones are not looked at."""
        if len(self._seen) >= _LOOKED_AT:
            return
        self._seen.append((request, answer))
        if len(self._seen) == _LOOKED_AT:
            for applies, text in (
                (_is_cut, "are cut by the token limit; raise --max-tokens"),
                (_is_uncounted, "count no audio tokens: the clips may not reach the model; see mmar check"),
                (_is_spoken, "are transcripts of speech; ask for text only"),
                (
                    self._is_unreadable,
                    "name no choice; see them in answers.jsonl, or choose another --protocol",
                ),
            ):
                if all(applies(*pair) for pair in self._seen):
                    self._warn(f"the first {_LOOKED_AT} answers {text}")
                    return

    def _is_unreadable(self, request: Request, answer: Answer) -> bool:
        return bool(request.choices) and read(answer.text, request.choices, self._rule).state != "choice"


def _is_cut(_request: Request, answer: Answer) -> bool:
    return is_cut_off(answer.finish_reason)


def _is_uncounted(request: Request, answer: Answer) -> bool:
    return request.audio is not None and answer.usage is not None and answer.usage.audio_tokens == 0


def _is_spoken(_request: Request, answer: Answer) -> bool:
    return answer.spoken
