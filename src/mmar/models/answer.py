"""The result of a request: an answer, or a failure with its kind, never both.

An answer is written as one line of a run's ledger. Its field names there are the publisher's (`id`,
`answer_prediction`, `thinking_prediction`), so that each line is a line of a submission too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

FailureKind = Literal[
    "transport",  # no connection, or it broke
    "timeout",  # no answer in time
    "rate_limit",  # the service asks for less (429)
    "server",  # the service failed (5xx)
    "denied",  # the service will not serve this caller or does not know the model (401, 403, 404)
    "rejected",  # the service finds the request itself wrong (other 4xx)
    "refused",  # refused by the service's policy (a content filter)
    "bad_reply",  # the reply is not in the documented form, or holds no text
    "speech",  # the reply is speech without a transcript
    "audio",  # the clip could not be read or sent; nothing was asked
    "crash",  # the model's own program failed
]


class Failure(msgspec.Struct, frozen=True):
    """Why there is no answer; the message is for people and never holds a credential."""

    kind: FailureKind
    message: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"


class RequestFailed(Exception):  # noqa: N818 - what happened, as `except RequestFailed` reads
    """Raised by a model that could not answer.

    Args:
        kind: which kind.
        message: what happened.
        retryable: whether asking again can succeed.
        retry_after_s: how long the service asks to wait, in seconds.
        usage: tokens that were spent nevertheless, as on an answer that was withheld.
        max_attempts: most attempts that this failure is worth, where it is fewer than the run's.
        finish_reason: as the service named it, of a reply that was no answer.
    """

    def __init__(
        self,
        kind: FailureKind,
        message: str,
        *,
        retryable: bool = False,
        retry_after_s: float | None = None,
        usage: Usage | None = None,
        max_attempts: int | None = None,
        finish_reason: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind: FailureKind = kind
        self.retryable = retryable
        self.retry_after_s = retry_after_s
        self.usage = usage
        self.max_attempts = max_attempts
        self.finish_reason = finish_reason

    @property
    def message(self) -> str:
        """The description of the failure."""
        return str(self.args[0])

    def with_message(self, message: str) -> RequestFailed:
        """This failure, its message replaced."""
        self.args = (message,)
        return self


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Tokens as the service counted them; `None` where it did not report them.

    Attributes:
        input_tokens: all tokens of the request, audio included.
        output_tokens: all tokens of the answer, reasoning included.
        audio_tokens: those of `input_tokens` that are audio.
        reasoning_tokens: those of `output_tokens` that are reasoning.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    audio_tokens: int | None = None
    reasoning_tokens: int | None = None


class SentAudio(msgspec.Struct, frozen=True, omit_defaults=True):
    """The audio as it was sent.

    Attributes:
        source_sha256: of the clip's file.
        sha256: of the bytes sent, before base64.
        rate: Hz.
        seconds: duration sent.
        mixed_down: whether channels were mixed into one.
        cut: whether the clip was longer than what was sent.
        more: the same of the second and further clips.
    """

    source_sha256: str
    sha256: str
    bytes: int
    rate: int
    channels: int
    seconds: float
    mixed_down: bool = False
    cut: bool = False
    more: tuple[SentAudio, ...] = ()


def join_sent(clips: Sequence[SentAudio]) -> SentAudio | None:
    """The record of all clips of a request, in order; `None` where there are none."""
    if not clips:
        return None
    return msgspec.structs.replace(clips[0], more=tuple(clips[1:]))


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer, or one failure.

    Attributes:
        text: what the model wrote, byte for byte; empty for a failure. Written as `answer_prediction`.
        thinking: its reasoning, where it is marked. Written as `thinking_prediction`.
        finish_reason: as the service named it, e.g. `stop`, `length`.
        usage: tokens, also of a failure that cost any.
        latency_s: seconds from sending to the whole answer, the last try alone.
        attempts: how many requests were sent for it.
        request: digest of the request.
        completed_at: when the answer was complete, UTC, ISO 8601.
        model: the model that the service says it used.
        caption: what a captioner wrote of the clip, where the model answered from that.
        rotation: by how many places the choices were rotated to the left.
        repeat: which of several samples of the same request this is, from 0.
        cached: whether the answer was taken from the cache.
        spoken: whether the text is the transcript of a reply in speech.
    """

    id: str
    text: str = msgspec.field(name="answer_prediction")
    thinking: str = msgspec.field(name="thinking_prediction")
    failure: Failure | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    latency_s: float | None = None
    attempts: int = 1
    sent: SentAudio | None = None
    request: str | None = None
    completed_at: str | None = None
    model: str | None = None
    caption: str | None = None
    rotation: int = 0
    repeat: int = 0
    cached: bool = False
    spoken: bool = False

    def __post_init__(self) -> None:
        if self.failure is not None and (self.text or self.thinking):
            raise ValueError("an answer holds either text or a failure, never both")

    @classmethod
    def failed(cls, item_id: str, kind: FailureKind, message: str) -> Answer:
        """The record of a failure."""
        return cls(item_id, "", "", Failure(kind, message))
