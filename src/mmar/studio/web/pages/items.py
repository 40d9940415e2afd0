"""The list of items, one item's page, and what is done to items."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, QueryParams
from starlette.responses import Response

from mmar.errors import InputError
from mmar.studio.data.item_tables import Item
from mmar.studio.store import bulk, inspection, item_lists, items, revisions
from mmar.studio.store.items import assign, candidates
from mmar.studio.store.jobs import active_jobs
from mmar.studio.store.people import members, names_of
from mmar.studio.store.projects import newest_taxonomy
from mmar.studio.store.proposals import acceptable_proposals, proposals_of
from mmar.studio.store.recordings import clip_of
from mmar.studio.web.context import Context, Flash, ProjectContext, fragment_of, record_key_view
from mmar.studio.web.forms import number, numbers, rejection_from_form, text
from mmar.studio.web.pages.annotate import FIXABLE
from mmar.studio.web.pages.preparation import bulk_flash, proposal_text
from mmar.studio.web.render import EVENT_NAMES, ITEM_ACTIONS, render_page
from mmar.studio.workflow import Action, Actor, Command, NotAllowed, Role, changes, permitted

router = APIRouter(prefix="/p/{slug}/items")
_PAGE = 50


@router.get("")
def items_page(request: Request, ctx: Context) -> Response:
    """A page of the items that match a filter."""
    chosen = _filter(request.query_params)
    after = _number(request.query_params.get("after"))
    project_id = ctx.project.id
    with ctx.read() as session:
        result = item_lists.items_page(session, project_id, chosen, after=after, limit=_PAGE + 1)
        team = [(person, Actor(person.id, roles)) for person, roles in members(session, project_id)]
        layers = [branch.name for branch in newest_taxonomy(session, project_id).tree.layers]
        values: dict[str, Any] = {
            "items": result[:_PAGE],
            "total": item_lists.count_items(session, project_id, chosen),
            "names": names_of(session),
        }
    writers, inspectors = (
        [person for person, actor in team if person.active and actor.has(role)]
        for role in (Role.ANNOTATOR, Role.INSPECTOR)
    )
    values |= {
        "team": {"annotator": writers, "inspector": inspectors},
        "layer_options": [(name, name) for name in layers],
        "modality_options": [(name, name) for name in ctx.project.settings.modalities],
        "author_options": [(0, "Unassigned"), *((one.id, one.name) for one in writers)],
        "inspector_options": [(0, "None assigned"), *((one.id, one.name) for one in inspectors)],
        "chosen": _query(chosen),
        "after": after,
        "more": result[_PAGE - 1].id if len(result) > _PAGE else 0,
    }
    return render_page(request, "items.html", ctx, **values)


@router.post("/many")
def change_items(ctx: Context) -> Response:
    """For leads: assign the selected items, move them, or fetch their audio."""
    ctx.actor.require(Role.LEAD)
    form, studio = ctx.form, ctx.studio
    chosen = _filter(form)
    query = QueryParams({**_query(chosen), "after": number(form, "after") or 0})
    if "everything" in form:
        with studio.database.read() as session:
            selected = item_lists.item_numbers(session, ctx.project.id, chosen)
    else:
        selected = numbers(form, "item")
    if not selected:
        note = "No item is selected. Select items on this page, or all that match."
        return ctx.redirect(f"/items?{query}", Flash("nothing-selected", note, "warn"))
    do = text(form, "do")
    if do in ("annotator", "inspector"):
        people = numbers(form, "to_inspect" if do == "inspector" else "to_write")
        result = bulk.assign_items(
            studio.database, ctx.project, selected, ctx.actor, Role(do), people, studio.clock
        )
        verb = "assigned"
    elif do == "fetch":
        result = bulk.request_audio_for_items(
            studio.database, ctx.project, selected, ctx.person.id, studio.clock
        )
        verb = "queued for audio"
    elif do in set(bulk.MOVES):
        result = bulk.move_items(
            studio.database, ctx.project, selected, ctx.actor, Action(do), studio.clock, why=text(form, "why")
        )
        verb = EVENT_NAMES[do].lower()
    else:
        raise InputError("choose an action", field="do", code="unknown-action")
    with studio.database.read() as session:
        names = names_of(session)
    return ctx.redirect(f"/items?{query}", bulk_flash(result, verb, names))


def _query(chosen: item_lists.ItemFilter) -> dict[str, Any]:
    values = {
        "q": chosen.words,
        "state": chosen.state,
        "layer": chosen.layer,
        "modality": chosen.modality,
        "author": chosen.author,
        "inspector": chosen.inspector,
    }
    return {name: "" if value is None else value for name, value in values.items()}


def _filter(values: FormData | QueryParams) -> item_lists.ItemFilter:
    def word(name: str) -> str:
        value = values.get(name)
        return value[:300] if isinstance(value, str) else ""

    def person(name: str) -> int | None:
        return _number(word(name)) if word(name) else None

    return item_lists.ItemFilter(
        word("state"), word("layer"), word("modality"), word("q"), person("author"), person("inspector")
    )


def _number(value: str | None) -> int:
    if not value:
        return 0
    if not value.isdecimal() or len(value) > 12:
        raise InputError(f'"{value[:20]}" is not a whole number', field="after", code="not-a-number")
    return int(value)


@router.get("/{item_id}")
def item_page(request: Request, ctx: Context, item_id: int) -> Response:
    """One item with its history. The key stays hidden from whoever may still be asked to answer it blind."""
    now = ctx.clock()
    with ctx.read_item(item_id) as (session, item):
        saved = revisions.revisions_of(session, item.id)
        hidden = inspection.key_is_hidden(session, item, ctx.actor)
        # Newest first, each with its difference to the one before.
        steps = [(new, changes(old.content, new.content)) for new, old in pairwise(saved)]
        steps += [(first, ()) for first in saved[-1:]]
        case = revisions.load_case(session, ctx.project, item)
        values: dict[str, Any] = {
            "content": saved[0].content if saved else None,
            "steps": [] if hidden else steps,
            "events": item_lists.events_of(session, item.id),
            "clip": clip_of(session, item),
            "can": permitted(case, ctx.actor, now),
            "case": case,
            "actions": ITEM_ACTIONS,
            "could": candidates(session, ctx.project, case, now) if ctx.actor.has(Role.LEAD) else {},
            **_suggestions(session, ctx, item, hidden=hidden),
        }
    if not hidden and saved:
        record_key_view(ctx, item)
    return render_page(request, "item.html", ctx, **values)


def _suggestions(session: Session, ctx: ProjectContext, item: Item, *, hidden: bool) -> dict[str, Any]:
    proposed = [] if hidden else proposals_of(session, item.id)
    pending = 0 if hidden else active_jobs(session, ctx.project.id, item.id, "propose")
    can_save = Action.SAVE in permitted(
        revisions.load_case(session, ctx.project, item), ctx.actor, ctx.clock()
    )
    return {
        "item": item,
        "hidden": hidden,
        "names": names_of(session),
        "pending": pending,
        "marker": f"{pending}-{max((one.id for one in proposed), default=0)}",
        "acceptable_proposals": acceptable_proposals(session, ctx.project.id, ctx.actor, item_id=item.id)
        if can_save
        else [],
        "proposed": [
            (one, proposal_text(one.kind, one.content), proposal_text(one.kind, one.taken or {}))
            for one in proposed
        ],
    }


@router.get("/{item_id}/suggestions", dependencies=[fragment_of("/p/{slug}/items/{item_id}")])
def suggestions_fragment(request: Request, ctx: Context, item_id: int, marker: str = "") -> Response:
    """The model's suggestions for an item; nothing as long as the page shows all that there are."""
    with ctx.read_item(item_id) as (session, item):
        hidden = inspection.key_is_hidden(session, item, ctx.actor)
        values = _suggestions(session, ctx, item, hidden=hidden)
    if values["marker"] == marker:
        return Response(status_code=204)
    return render_page(request, "item_suggestions.html", ctx, **values)


@router.post("/{item_id}/show-key")
def reveal_key(ctx: Context, item_id: int) -> Response:
    """Show somebody the key without a blind answer; it is recorded."""
    with ctx.write_item(item_id, lock=True) as (session, _project, item):
        inspection.mark_key_seen(session, item, ctx.person.id, ctx.clock())
    return ctx.redirect(f"/items/{item_id}")


@router.post("/{item_id}/assign")
def assign_item(ctx: Context, item_id: int) -> Response:
    """Set an item's author or inspector."""
    role = Role.INSPECTOR if text(ctx.form, "role") == Role.INSPECTOR else Role.ANNOTATOR
    with ctx.write_item(item_id, lock=True) as (session, project, item):
        assign(session, project, item, ctx.actor, role, number(ctx.form, "person"), ctx.clock())
    return ctx.redirect(f"/items/{item_id}", Flash("assigned", "Assignment saved."))


@router.post("/{item_id}/act/{action}")
def perform_action(ctx: Context, item_id: int, action: Action) -> Response:
    """Move an item: submit, forward, recall, reopen, withdraw, restore, take down."""
    command = Command(
        action,
        version=number(ctx.form, "version"),
        rejection=rejection_from_form(ctx.form) if action is Action.REOPEN else None,
        why=text(ctx.form, "why"),
    )
    try:
        with ctx.write() as (session, project):
            items.move_item(session, project, item_id, ctx.actor, command, ctx.clock())
    except NotAllowed as error:
        if error.code not in FIXABLE or action not in (Action.SUBMIT, Action.RESUBMIT):
            raise
        return ctx.redirect(f"/items/{item_id}/edit?unready={error.code}")
    return ctx.redirect(f"/items/{item_id}", Flash(action.value, f"{EVENT_NAMES[action]}."))
