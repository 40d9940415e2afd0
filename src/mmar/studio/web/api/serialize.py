"""Rows as JSON. Each function names the fields that are shown; a new column of a table is not shown by itself."""

from __future__ import annotations

from typing import Any

import msgspec

from mmar.studio.data.item_tables import Event, Item, Proposal, Revision
from mmar.studio.data.tables import Clip, Idea, Job, Recording
from mmar.studio.workflow import ItemContent

__all__ = [
    "clip_json",
    "content_json",
    "event_json",
    "idea_json",
    "item_json",
    "job_json",
    "proposal_json",
    "recording_json",
    "revision_json",
]

_REVEALS_KEY = ("answer", "thinking", "cues", "rubric", "extra")


def item_json(item: Item) -> dict[str, Any]:
    """An item without its content."""
    return {
        "id": item.id,
        "public_id": item.public_id,
        "state": item.state,
        "version": item.version,
        "revision": item.revision,
        "author": item.author_id,
        "question": item.question,
        "modality": item.modality,
        "category": item.category,
        "sub_category": item.sub_category,
        "language": item.language,
        "errors": item.errors,
        "changed": item.changed.isoformat(),
    }


def content_json(content: ItemContent, *, hidden: bool = False) -> dict[str, Any]:
    """The content of an item; with `hidden`, without the fields that reveal the key."""
    fields: dict[str, Any] = msgspec.to_builtins(content)
    return {
        name: fields[name]
        for name in ItemContent.__struct_fields__
        if name in fields and not (hidden and name in _REVEALS_KEY)
    }


def event_json(event: Event) -> dict[str, Any]:
    """An action on an item."""
    return {
        "at": event.at.isoformat(),
        "person": event.person_id,
        "action": event.action,
        "state": event.state,
        "revision": event.revision,
        "reason": event.reason,
        "field": event.field,
        "comment": event.comment,
        "start": event.start,
        "end": event.end,
    }


def revision_json(revision: Revision) -> dict[str, Any]:
    """A revision without its content."""
    return {
        "number": revision.number,
        "author": revision.author_id,
        "at": revision.at.isoformat(),
        "kind": revision.kind,
        "why": revision.why,
    }


def recording_json(recording: Recording) -> dict[str, Any]:
    """A recording."""
    return {"id": recording.id, "duration": recording.duration, "sha256": recording.sha256}


def clip_json(clip: Clip) -> dict[str, Any]:
    """A clip."""
    return {
        "id": clip.id,
        "duration": clip.duration,
        "sha256": clip.sha256,
        "rate": clip.rate,
        "channels": clip.channels,
        "loudness": clip.loudness,
        "peak": clip.peak,
    }


def job_json(job: Job) -> dict[str, Any]:
    """A job."""
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "progress": job.progress,
        "message": job.message,
        "attempts": job.attempts,
        "item": job.item_id,
        "created": job.created.isoformat(),
    }


def proposal_json(proposal: Proposal) -> dict[str, Any]:
    """A proposal, with the prompt's digest and who reviewed it."""
    return {
        "id": proposal.id,
        "item": proposal.item_id,
        "revision": proposal.revision,
        "kind": proposal.kind,
        "content": proposal.content,
        "model": proposal.model,
        "prompt_sha256": proposal.prompt_sha256,
        "state": proposal.state,
        "decided_by": proposal.decided_by,
        "taken": proposal.taken,
        "at": proposal.at.isoformat(),
    }


def idea_json(idea: Idea, votes: int) -> dict[str, Any]:
    """An idea of the board."""
    return {
        "id": idea.id,
        "title": idea.title,
        "detail": idea.detail,
        "tags": list(idea.tags),
        "place": idea.place,
        "author": idea.author_id,
        "model": idea.model,
        "votes": votes,
        "version": idea.version,
    }
