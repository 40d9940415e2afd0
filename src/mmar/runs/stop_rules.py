"""Rules by which a run is stopped early, because no further request can succeed.

    denied, crash,    the key, the model's name, the program or the form of the answers is wrong: a few failures in a row
    speech
    rejected          the service finds the request itself wrong: more, since one clip may be too long for it, and
                      never once it has answered
    transport,        nothing answers at the address: several requests failed, one of them after several attempts
    server, timeout,
    bad_reply,
    retryable crash   (a program or worker that ended, and is started again)

Counting starts anew with every answer. Once a session has answers, it takes more failures to give it up.

`FirstAnswers` checks the first answers of a session, and warns before the rest is paid for.
Nothing is sent for this, and a run goes on after a warning. `mmar check` looks closer.
"""

from __future__ import annotations

from collections.abc import Callable

from mmar.errors import ExternalError
from mmar.items.predictions import is_cut_off
from mmar.models import Answer, RequestFailed
from mmar.protocols import Request
from mmar.protocols.reading import ReadingRule, read

_CONFIGURATION = {"denied": 1, "crash": 1, "speech": 1, "rejected": 7}
_UNREACHABLE = ("transport", "server", "timeout", "bad_reply")
# After answers, a refused key was withdrawn or a quota spent, and an outage may pass.
_AFTER_ANSWERS = 5
_ADVICE = {
    "denied": "correct the key, the model's name or the address",
    "crash": "correct the program",
    "speech": 'ask for text only; of openai/ by the option body={"modalities": ["text"]}',
    "rejected": "correct the model's options or the protocol: the service accepts no request as it is sent",
    "transport": "check the address and that the server is running",
    "timeout": "check that the server is running and not overloaded, or raise the timeout",
    "server": "check the server's log and that its model is loaded",
    "bad_reply": "look at a reply with mmar check; of a server check that the address is that of its API",
}


class FailureWatch:
    """Decides after each failed attempt whether the run is given up.

    Args:
        patience: number of failures after which a run without any answer is given up.
        max_attempts: most attempts for one request.
        answered_before: whether an earlier session of the run has answers.

    Attributes:
        error: why the run was given up; `None` while it goes on.
    """

    def __init__(self, patience: int, max_attempts: int, *, answered_before: bool = False) -> None:
        self.error: ExternalError | None = None
        self._patience = patience
        self._max_attempts = max_attempts
        self._answered_before = answered_before
        self._answered = False
        self._failures = 0
        self._requests: set[object] = set()
        self._tired = False

    def note_answer(self) -> None:
        """Note an answer."""
        self._answered = True
        self._failures = 0
        self._requests.clear()
        self._tired = False

    def note_failure(self, failure: RequestFailed, key: object, attempt: int) -> bool:
        """Note a failed attempt at the request `key`, counted from 1; whether the run is given up, for `error`."""
        self._failures += 1
        # A worker that is killed takes all its requests with it; they are sent to the next one.
        if failure.kind in _UNREACHABLE or (failure.kind == "crash" and failure.retryable):
            self._requests.add(key)
            give_up = self._unreachable(failure, attempt)
        else:
            give_up = self._misconfigured(failure)
        if give_up and self.error is None:
            self.error = ExternalError(
                f"stopped after {self._failures} failed requests in a row: {failure.message}",
                code="given-up",
                hint=f"{_ADVICE[failure.kind]}, then give the same command again; no answer is lost",
            )
        return give_up

    def _unreachable(self, failure: RequestFailed, attempt: int) -> bool:
        # A dropped connection or a restart of a server is over at the third attempt, some seconds later. Waiting for a
        # time-out is much longer, and while answers come, single requests may use up all their attempts.
        enough = min(self._max_attempts, 2 if failure.kind == "timeout" else 3)
        if self._answered:
            enough = self._max_attempts
        self._tired = self._tired or attempt >= enough or not failure.retryable
        requests = self._patience * (_AFTER_ANSWERS if self._answered else 1)
        return self._tired and len(self._requests) >= requests

    def _misconfigured(self, failure: RequestFailed) -> bool:
        factor = _CONFIGURATION.get(failure.kind)
        if factor is None:
            return False
        if failure.kind == "rejected" and (self._answered or self._answered_before):
            return False
        if failure.kind == "crash" and self._answered:
            return False  # one item's fault
        return self._failures >= self._patience * factor * (_AFTER_ANSWERS if self._answered else 1)


_LOOKED_AT = 5


class FirstAnswers:
    """Checks the first answers of a session.

    Args:
        rule: by which answers are read.
        warn: called with a warning that all of the first answers show.
    """

    def __init__(self, rule: ReadingRule, warn: Callable[[str], None]) -> None:
        self._rule, self._warn = rule, warn
        self._seen: list[tuple[Request, Answer]] = []

    def note(self, request: Request, answer: Answer) -> None:
        """Note an answer; later ones are not looked at."""
        if len(self._seen) >= _LOOKED_AT:
            return
        self._seen.append((request, answer))
        if len(self._seen) == _LOOKED_AT and (text := self._problem()):
            self._warn(f"the first {_LOOKED_AT} answers {text}")

    def _problem(self) -> str:
        """The fault that all of the first answers have, or nothing."""
        answers = [answer for _, answer in self._seen]
        if all(is_cut_off(answer.finish_reason) for answer in answers):
            return "are cut by the token limit; raise --max-tokens"
        if all(_is_uncounted(*pair) for pair in self._seen):
            return "count no audio tokens: the clips may not reach the model; see mmar check"
        if all(answer.spoken for answer in answers):
            return "are transcripts of speech; ask for text only"
        if all(self._is_unreadable(*pair) for pair in self._seen):
            return "name no choice; see them in answers.jsonl, or choose another --protocol"
        return ""

    def _is_unreadable(self, request: Request, answer: Answer) -> bool:
        return bool(request.choices) and read(answer.text, request.choices, self._rule).state != "choice"


def _is_uncounted(request: Request, answer: Answer) -> bool:
    return request.audio is not None and answer.usage is not None and answer.usage.audio_tokens == 0
