"""Requests to a text model about answers, for a reader, a judge of open questions and proposals of error labels.

What the model gets is one JSON document inside a fence, in which "<" is escaped, so that an answer can neither close the
fence nor pass for instructions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from mmar.models.answer import Usage
from mmar.protocols import Message, Request, Settings

_CHARACTERS_A_TOKEN = 4


def document_request(
    item_id: str, system: str, document: Mapping[str, object], *, seed: int | None = None
) -> Request:
    """A request with a document of JSON values; the instructions (`system`) say that it is data."""
    text = msgspec.json.encode(document).decode().replace("<", "\\u003c")
    messages = (Message("system", system), Message("user", f"<document>\n{text}\n</document>"))
    return Request(item_id, messages, "", (), None, Settings(temperature=0.0, seed=seed))


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
