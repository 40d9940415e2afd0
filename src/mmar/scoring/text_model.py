"""Requests to a text model about answers, and its replies: a reader, a judge of open questions, proposals of error labels.

What the model gets is one JSON document inside a fence, in which "<" is escaped, so that an answer can
neither close the fence nor pass for instructions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from mmar.models import Answer, Model
from mmar.models.answer import Usage
from mmar.protocols import Message, Request, Settings
from mmar.runs.auxiliary_run import ask_requests
from mmar.runs.engine import Counts
from mmar.runs.ledger import RequestKey
from mmar.runs.spec import RunSpec

_CHARACTERS_A_TOKEN = 4
_Reply = TypeVar("_Reply")


def document_request(
    item_id: str, system: str, document: Mapping[str, object], *, seed: int | None = None
) -> Request:
    """A request with a document of JSON values; the instructions (`system`) say that it is data."""
    text = msgspec.json.encode(document).decode().replace("<", "\\u003c")
    messages = (Message("system", system), Message("user", f"<document>\n{text}\n</document>"))
    return Request(item_id, messages, "", (), None, Settings(temperature=0.0, seed=seed))


def json_reply(text: str, kind: type[_Reply]) -> _Reply:
    """The record in a reply that is one JSON object and nothing else; any other reply is a ValueError."""
    try:
        return msgspec.json.decode(text.strip(), type=kind)
    except msgspec.MsgspecError as error:
        raise ValueError(f"the reply is not the JSON object that was asked for ({error})") from None


def usable_replies(
    spec: RunSpec,
    model: Model,
    requests: Sequence[Request],
    read: Callable[[Request, str], _Reply],
    progress: Callable[[int, Counts], None],
    *,
    ask_again: bool = True,
) -> dict[str, _Reply]:
    """What `read` makes of each reply, by item id; replies that are in `spec.out` are not asked for again.

    `read` raises a ValueError for a reply that it cannot use: it is asked for again, unless `ask_again` is
    off, and in the end left out.
    """

    def problem(request: Request, answer: Answer) -> str | None:
        try:
            read(request, answer.text)
        except ValueError as error:
            return str(error)
        return None

    accept = problem if ask_again else lambda *_: None
    run = ask_requests(spec, model, requests, accept=accept, progress=progress)
    answers = ((request, run.answers.get(RequestKey(request.item_id, 0, 0))) for request in requests)
    return {
        request.item_id: read(request, answer.text)
        for request, answer in answers
        if answer is not None and answer.failure is None and problem(request, answer) is None
    }


def estimate_usage(requests: Sequence[Request], reply_tokens: int) -> Usage:
    """About how many tokens a model will take for some requests, before anything is sent."""
    characters = sum(len(message.text) for request in requests for message in request.messages)
    return Usage(characters // _CHARACTERS_A_TOKEN, reply_tokens * len(requests))


def replies_folder(path: Path, model: str, kind: str) -> Path:
    """The default folder of another model's replies about a run or a file: in the run, or beside the file.

    `kind` is the folder's name, such as `reader`.
    """
    slug = "".join(mark if mark.isalnum() or mark in "-._" else "-" for mark in model)
    digest = hashlib.sha256(model.encode()).hexdigest()[:6]
    folder = path / kind if path.is_dir() else path.with_name(f"{path.name}.{kind}")
    return folder / f"{slug}-{digest}"
