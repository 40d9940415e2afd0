"""Rows as plain JSON. Each function names the fields it shows; nothing is shown because a table happens to have it."""

from __future__ import annotations

from typing import Any

import msgspec

from mmar.studio.data.item_tables import Event, Item, Proposal, Revision
from mmar.studio.data.media_tables import Job
from mmar.studio.data.tables import Idea
from mmar.studio.workflow import ItemContent

__all__ = ["content_json", "event_json", "idea_json", "item_json", "job_json", "proposal_json"]

_SECRET = ("answer", "thinking", "cues", "rubric", "extra")


def item_json(item: Item) -> dict[str, Any]:
    """An item's standing."""
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
    """What an item says; without key, thinking, cues and rubric for one who may still answer it by ear."""
    found: dict[str, Any] = msgspec.to_builtins(content)
    found = {name: found.get(name) for name in ItemContent.__struct_fields__ if name in found}
    return {name: value for name, value in found.items() if not (hidden and name in _SECRET)}


def event_json(event: Event) -> dict[str, Any]:
    """Something that was done to an item."""
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
    """A proposal, with the prompt's digest and who decided."""
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
    """A card of the board."""
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
