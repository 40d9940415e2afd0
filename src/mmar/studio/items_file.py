"""Items as files, in every form that goes in and out of a project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.errors import InputError, UsageError
from mmar.items import Item as PublicItem
from mmar.items import load_benchmark
from mmar.studio.data.item_tables import Item, Revision
from mmar.studio.data.tables import Project
from mmar.studio.library import incoming_file
from mmar.studio.workflow import State
from mmar.studio.workflow.content import to_item

__all__ = ["FORMS", "Form", "format_of", "item_file", "project_items", "read_items"]

Form = Literal["jsonl", "csv", "label-studio.json"]
FORMS: dict[Form, str] = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "label-studio.json": "application/json",
}
"""Media type by the ending of the file's name."""


def format_of(name: str) -> Form:
    """Which form a file's name asks for.

    Raises:
        UsageError: none of them.
    """
    for form in FORMS:
        if name.endswith(f".{form}") or name == form:
            return form
    raise UsageError(f"write to a file that ends in .{', .'.join(FORMS)}")


def project_items(session: Session, project: Project) -> list[PublicItem]:
    """Every item of a project that is complete, keys included, by number."""
    rows = session.execute(
        select(Item, Revision.content)
        .join(Revision, (Revision.item_id == Item.id) & (Revision.number == Item.revision))
        .where(Item.project_id == project.id, Item.state != State.TAKEN_DOWN.value)
        .order_by(Item.id)
    )
    return [
        to_item(content, item.public_id, content.audio_path or f"./audio/{item.public_id}.wav")
        for item, content in rows
        if content.key is not None and len(content.choices) > 1
    ]


def item_file(items: Sequence[PublicItem], form: Form, *, audio_base: str = "") -> bytes:
    """Items as one file.

    Args:
        items: in order.
        form: which.
        audio_base: for Label Studio, the address that audio paths are put behind.
    """
    if form == "jsonl":
        return b"".join(msgspec.json.encode(item.to_record()) + b"\n" for item in items)
    if form == "csv":
        from mmar.studio.exchange import csv_text

        return csv_text(items).encode()
    from mmar.studio.exchange import label_studio_tasks

    tasks = label_studio_tasks(items, lambda item: f"{audio_base}/{item.audio_path.removeprefix('./')}")
    return msgspec.json.encode(tasks)


def read_items(data: bytes, name: str, media: Path) -> tuple[PublicItem, ...]:
    """Items of a file in any of the forms, and in the publisher's own.

    Raises:
        InputError: a record cannot be read; the message names the line and the field.
    """
    if name.endswith(".csv"):
        from mmar.studio.exchange import read_csv

        return read_csv(data, file=name)
    head = data[:4096].lstrip()
    if head.startswith(b"[") and b'"data"' in head:
        from mmar.studio.exchange import read_label_studio

        return read_label_studio(data, file=name)
    with incoming_file(media) as path:
        path.write_bytes(data)
        try:
            return tuple(load_benchmark(path))
        except InputError as error:
            raise InputError(
                error.problem, file=name, line=error.line, field=error.field, hint=error.hint
            ) from None
