"""One item: what it says, its history, what is done to it."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from mmar.studio.store import items, listening, queues, revisions
from mmar.studio.store.assignments import assign, candidates
from mmar.studio.store.clips import clip_of
from mmar.studio.store.media import ask_for_sound
from mmar.studio.store.people import names_of, trace
from mmar.studio.store.proposals import proposals_of, takeable
from mmar.studio.web.forms import number, rejection_from_form, text
from mmar.studio.web.pages.annotate import UNREADY
from mmar.studio.web.pages.proposals import proposal_words
from mmar.studio.web.render import page
from mmar.studio.web.studio import Place, attached, place, shows_key
from mmar.studio.workflow import Action, Command, Refused, Role, changes, permitted

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}/items")
Here = Annotated[Place, Depends(place)]


@router.get("/{item_id}")
def history(request: Request, here: Here, item_id: int) -> Response:
    """One item: what it says, what was done to it. Its key stays hidden from whoever may still listen."""
    now = here.studio.clock()
    with here.studio.database.read() as session:
        item = revisions.find_item(session, here.project, item_id)
        found = revisions.revisions_of(session, item.id)
        hidden = queues.key_is_hidden(session, item, here.actor)
        steps = [(new, changes(old.content, new.content)) for new, old in pairwise(found)] + [
            (found[-1], ())
        ] * bool(found)
        case = revisions.load_case(session, here.project, item)
        can = permitted(case, here.actor, now)
        values: dict[str, Any] = {
            "item": item,
            "content": found[0].content if found else None,
            "steps": [] if hidden else steps,
            "hidden": hidden,
            "events": queues.events_of(session, item.id),
            "names": names_of(session),
            "clip": clip_of(session, item),
            "can": can,
            "case": case,
            "takeable": takeable(session, here.project.id, here.actor, item_id=item.id)
            if "save" in can
            else [],
            "proposed": []
            if hidden
            else [
                (one, proposal_words(one.kind, one.content), proposal_words(one.kind, one.taken or {}))
                for one in proposals_of(session, item.id)
            ],
            "could": candidates(session, here.project, case, now) if here.actor.has(Role.LEAD) else {},
        }
    if not hidden and found:
        shows_key(here, item)
    return page(request, "item.html", here, **values)


@router.post("/{item_id}/show-key")
def show_key(here: Here, item_id: int) -> Response:
    """Somebody wants to see the key without listening; it is noted."""
    with here.studio.database.write() as session:
        item = revisions.find_item(session, here.project, item_id, lock=True)
        listening.show_key(session, here.project, item, here.person.id, here.studio.clock())
    return RedirectResponse(f"/p/{here.project.slug}/items/{item_id}", 303)


@router.post("/{item_id}/assign")
def name_somebody(here: Here, item_id: int) -> Response:
    """Say who is to write an item, or to inspect it."""
    role = Role.INSPECTOR if text(here.form, "role") == Role.INSPECTOR else Role.ANNOTATOR
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        item = revisions.find_item(session, project, item_id, lock=True)
        assign(session, project, item, here.actor, role, number(here.form, "person"), here.studio.clock())
    return RedirectResponse(f"/p/{here.project.slug}/items/{item_id}", 303)


@router.post("/{item_id}/act/{action}")
def act(here: Here, item_id: int, action: Action) -> Response:
    """Move an item: submit, forward, recall, reopen, withdraw, restore, take down."""
    command = Command(
        action,
        version=number(here.form, "version"),
        rejection=rejection_from_form(here.form) if action is Action.REOPEN else None,
        why=text(here.form, "why"),
    )
    try:
        _act(here, item_id, command)
    except Refused as refused:
        if refused.kind not in UNREADY or not {Action.SUBMIT, Action.RESUBMIT} & {action}:
            raise
        return RedirectResponse(f"/p/{here.project.slug}/items/{item_id}/edit?unready={refused.kind}", 303)
    where = text(here.form, "back") or f"/p/{here.project.slug}/items/{item_id}"
    return RedirectResponse(where if where.startswith(f"/p/{here.project.slug}") else "/", 303)


def _act(here: Place, item_id: int, command: Command) -> None:
    action, now = command.action, here.studio.clock()
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        item = items.act(session, project, item_id, here.actor, command, now)
        if action in (Action.SUBMIT, Action.RESUBMIT):
            ask_for_sound(session, project, item, now, person_id=here.person.id, fetch=True)
        if action in (Action.TAKE_DOWN, Action.WITHDRAW, Action.REOPEN):
            trace(
                session,
                now,
                here.person.id,
                action.value,
                item.public_id,
                detail=command.why,
                project_id=project.id,
            )
