"""Rows as JSON, and values of requests as typed records.

Each kind of row names its public fields, so that a new column of a table does not become public by itself.
"""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi.encoders import jsonable_encoder

from mmar.files.typed import convert
from mmar.studio.data.item_tables import Event, Item, Proposal, Revision
from mmar.studio.data.tables import AuditLogEntry, Base, Clip, Idea, Job, Recording, Takedown
from mmar.studio.workflow import ItemContent

_FIELDS: dict[type[Base], str] = {
    Item: (
        "id public_id state version revision author:author_id question modality category sub_category language "
        "errors changed"
    ),
    Event: "at:created person:person_id action state revision reason field comment start end",
    Revision: "number author:author_id at:created kind why",
    Recording: "id duration sha256",
    Clip: "id duration sha256 rate channels loudness peak",
    Job: "id kind state progress message attempts item:item_id created",
    Proposal: ("id item:item_id revision kind content model prompt_sha256 state decided_by taken at:created"),
    Idea: "id title detail tags category author:author_id model version",
    AuditLogEntry: "id at:created person:person_id action subject detail",
    Takedown: "id what why at:created",
}
"""The public fields of each kind of row, `name` or `name:column`."""

_REVEALS_KEY = frozenset({"answer", "thinking", "cues", "rubric", "extra"})


def converted(value: Any, kind: Any, field: str) -> Any:
    """A value of a request as a typed record; an `InputError` if it is not one."""
    return convert(value, kind, field=field, strict=False)


def row_json(row: Base, **more: Any) -> dict[str, Any]:
    """The public fields of a row, and further ones."""
    pairs = (field.split(":") for field in _FIELDS[type(row)].split())
    return dict(jsonable_encoder({pair[0]: getattr(row, pair[-1]) for pair in pairs} | more))


def content_json(content: ItemContent, *, hidden: bool = False) -> dict[str, Any]:
    """The content of an item; with `hidden`, without the fields that reveal the key."""
    fields: dict[str, Any] = msgspec.to_builtins(content)
    return {name: value for name, value in fields.items() if not (hidden and name in _REVEALS_KEY)}
