"""The JSON records of requests and answers, for programs and functions of the user's.

    request   {"id", "item", "messages": [{"role", "content", "audio"?}], "audio", "question", "choices", "settings"}
    answer    {"id", "text", "thinking"?, "finish_reason"?, "usage"?, "model"?, "spoken"?}
          or  {"id", "error", "kind"?, "retryable"?}

The first line of a program may be `{"ready": true, "facts": {"settings": {...}, "environment": {...}}, "in_flight": 8}`, or
`{"fatal": {"code", "message", "hint"}}` where it can never answer. Later lines without id and text are signs of life.

`audio` of a request is the clip's absolute path, a list of paths for an item with several clips, or null; `audio` of
a message says that the clip or clips stand "before" or "after" its text. `settings` holds those that are set:
temperature, top_p, max_tokens, seed.
`usage` takes input_tokens, output_tokens, audio_tokens, reasoning_tokens. `kind` is one of the failure kinds.
"""

from __future__ import annotations

from typing import Any

import msgspec

from mmar.models.answer import Answer, FailureKind, RequestFailed, SentAudio, Usage, join_sent
from mmar.models.audio_bytes import check_audio_placement, describe_unchanged
from mmar.protocols import Request, split_thinking


class ProgramAnswer(msgspec.Struct):
    """A line of a program, with the fields above and those below; unknown fields are ignored.

    Attributes:
        facts: of a first line: `settings` that answers depend on, and the `environment`.
        cut: whether the model was given only the beginning of the clip.
        mixed_down: whether the channels of the clip were mixed into one for the model.
        spoken: whether the reply is speech; `text` is then its transcript, where there is one.
        fatal: of a first line: why the program cannot answer at all, as `code`, `message` and `hint`.
        in_flight: of a first line: how many requests the program takes at once.
    """

    id: str | None = None
    text: str | None = None
    thinking: str | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    model: str | None = None
    error: str | None = None
    kind: FailureKind = "crash"
    retryable: bool = False
    cut: bool = False
    mixed_down: bool = False
    spoken: bool = False
    facts: dict[str, dict[str, str]] | None = None
    fatal: dict[str, str] | None = None
    in_flight: int | None = None


def write_request(request: Request, request_id: str) -> dict[str, Any]:
    """A request as a program is given it; its id differs from the item's where an item is asked twice."""
    # A list for several clips, so that a program that takes one fails instead of answering with a part of the audio.
    paths = [str(path.absolute()) for path in request.clips]
    return {
        "id": request_id,
        "item": request.item_id,
        "messages": [
            {"role": message.role, "content": message.text}
            | ({"audio": message.audio} if message.audio is not None else {})
            for message in request.messages
        ],
        "audio": paths if len(paths) > 1 else paths[0] if paths else None,
        "question": request.question,
        "choices": list(request.choices),
        "settings": msgspec.to_builtins(request.settings),
    }


def describe_clips(request: Request) -> SentAudio | None:
    """The record of the clips that are passed as paths; errors as `load_audio`."""
    check_audio_placement(request)
    return join_sent([describe_unchanged(path) for path in request.clips])


def strip_audio(request: Request) -> Request:
    """The same request with no clip and no place for one."""
    messages = tuple(msgspec.structs.replace(message, audio=None) for message in request.messages)
    return msgspec.structs.replace(request, messages=messages, audio=None, more_audio=())


def read_answer(
    reply: ProgramAnswer, item_id: str, who: str, sent: SentAudio | None, latency_s: float
) -> Answer:
    """The answer that a program, called `who` in messages, returned.

    Raises:
        RequestFailed: it returned an error, or no text.
    """
    if reply.error is not None:
        raise RequestFailed(reply.kind, f"{who}: {reply.error}", retryable=reply.retryable)
    marked, text = split_thinking(reply.text or "")
    thinking = "\n".join(part for part in (reply.thinking, marked) if part)
    if not text and not thinking:
        kind: FailureKind = "speech" if reply.spoken else "bad_reply"
        problem = f"{who} gave speech without a transcript" if reply.spoken else f"{who} gave no text"
        raise RequestFailed(kind, problem, usage=reply.usage, finish_reason=reply.finish_reason)
    if sent is not None and (reply.cut or reply.mixed_down):
        sent = msgspec.structs.replace(sent, cut=reply.cut, mixed_down=reply.mixed_down)
    return Answer(
        item_id,
        text,
        thinking,
        finish_reason=reply.finish_reason,
        usage=reply.usage,
        model=reply.model,
        latency_s=latency_s,
        sent=sent,
        spoken=reply.spoken,
    )
