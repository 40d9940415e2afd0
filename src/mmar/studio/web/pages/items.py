"""One item: what it says, its history, what is done to it."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData, QueryParams
from starlette.responses import RedirectResponse, Response

from mmar.errors import InputError
from mmar.studio.store import bulk, inspection, item_search, items, queues, revisions
from mmar.studio.store.assignments import assign, candidates
from mmar.studio.store.clips import clip_of
from mmar.studio.store.media import request_audio
from mmar.studio.store.people import log_action, members, names_of
from mmar.studio.store.projects import newest_taxonomy
from mmar.studio.store.proposals import acceptable_proposals, proposals_of
from mmar.studio.web.context import ProjectContext, attached, project_context, record_key_view
from mmar.studio.web.forms import number, numbers, rejection_from_form, text
from mmar.studio.web.pages.annotate import UNREADY
from mmar.studio.web.pages.proposals import proposal_words
from mmar.studio.web.render import render_page
from mmar.studio.workflow import Action, Actor, Command, NotAllowed, Role, changes, permitted

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}/items")
Context = Annotated[ProjectContext, Depends(project_context)]
PAGE = 50


@router.get("")
def listing(request: Request, ctx: Context) -> Response:
    """A filtered page of items."""
    return _list_page(request, ctx, _filter(request.query_params), _number(request.query_params.get("after")))


@router.post("/many")
def many(request: Request, ctx: Context) -> Response:
    """For a lead: share the chosen items out, move them, or fetch their sound."""
    if not ctx.actor.has(Role.LEAD):
        raise NotAllowed("role", "only a lead may do that to many items")
    form, studio = ctx.form, ctx.studio
    chosen = _filter(form)
    if "everything" in form:
        with studio.database.read() as session:
            items = item_search.item_numbers(session, ctx.project.id, chosen)
    else:
        items = numbers(form, "item")
    if not items:
        return _list_page(request, ctx, chosen, number(form, "after") or 0, problem="No item is ticked.")
    do = text(form, "do")
    if do in ("annotator", "inspector"):
        people = numbers(form, "to_inspect" if do == "inspector" else "to_write")
        outcome = bulk.assign_items(
            studio.database, ctx.project, items, ctx.actor, Role(do), people, studio.clock
        )
    elif do == "fetch":
        outcome = bulk.request_audio_for_items(
            studio.database, ctx.project, items, ctx.person.id, studio.clock
        )
    elif do in set(bulk.MOVES):
        outcome = bulk.move_items(
            studio.database, ctx.project, items, ctx.actor, Action(do), studio.clock, why=text(form, "why")
        )
    else:
        raise InputError("say what to do with them", field="do")
    return _list_page(request, ctx, chosen, number(form, "after") or 0, outcome)


def _list_page(
    request: Request,
    ctx: ProjectContext,
    chosen: item_search.ItemFilter,
    after: int,
    outcome: bulk.Outcome | None = None,
    problem: str = "",
) -> Response:
    with ctx.studio.database.read() as session:
        project_id = ctx.project.id
        found = item_search.items_page(session, project_id, chosen, after=after, limit=PAGE + 1)
        team = [(person, Actor(person.id, roles)) for person, roles in members(session, project_id)]
        values: dict[str, Any] = {
            "items": found[:PAGE],
            "total": item_search.count_items(session, project_id, chosen),
            "inspectors": item_search.inspectors_of(session, found[:PAGE]),
            "tree": newest_taxonomy(session, project_id).tree,
            "names": names_of(session),
            "team": {
                role.value: [one for one, actor in team if one.active and actor.has(role)]
                for role in (Role.ANNOTATOR, Role.INSPECTOR)
            },
        }
    query = {name: "" if value is None else value for name, value in _query(chosen).items()}
    more = found[PAGE - 1].id if len(found) > PAGE else 0
    values |= {"more": more, "after": after, "chosen": query, "outcome": outcome, "problem": problem}
    return render_page(request, "items.html", ctx, status=422 if problem else 200, **values)


def _query(chosen: item_search.ItemFilter) -> dict[str, Any]:
    return {
        "q": chosen.words,
        "state": chosen.state,
        "layer": chosen.layer,
        "modality": chosen.modality,
        "author": chosen.author,
        "inspector": chosen.inspector,
    }


def _filter(said: FormData | QueryParams) -> item_search.ItemFilter:
    def word(name: str) -> str:
        value = said.get(name)
        return value[:300] if isinstance(value, str) else ""

    return item_search.ItemFilter(
        word("state"),
        word("layer"),
        word("modality"),
        word("q"),
        _person(word("author")),
        _person(word("inspector")),
    )


def _person(value: str) -> int | None:
    return _number(value) if value else None


def _number(value: str | None) -> int:
    if not value:
        return 0
    if not value.isdecimal() or len(value) > 12:
        raise InputError(f"“{value[:20]}” is not a whole number", field="after")
    return int(value)


@router.get("/{item_id}")
def history(request: Request, ctx: Context, item_id: int) -> Response:
    """One item: what it says, what was done to it. Its key stays hidden from whoever may still listen."""
    now = ctx.studio.clock()
    with ctx.studio.database.read() as session:
        item = revisions.find_item(session, ctx.project, item_id)
        found = revisions.revisions_of(session, item.id)
        hidden = inspection.key_is_hidden(session, item, ctx.actor)
        steps = [(new, changes(old.content, new.content)) for new, old in pairwise(found)] + [
            (found[-1], ())
        ] * bool(found)
        case = revisions.load_case(session, ctx.project, item)
        can = permitted(case, ctx.actor, now)
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
            "acceptable_proposals": acceptable_proposals(session, ctx.project.id, ctx.actor, item_id=item.id)
            if "save" in can
            else [],
            "proposed": []
            if hidden
            else [
                (one, proposal_words(one.kind, one.content), proposal_words(one.kind, one.taken or {}))
                for one in proposals_of(session, item.id)
            ],
            "could": candidates(session, ctx.project, case, now) if ctx.actor.has(Role.LEAD) else {},
        }
    if not hidden and found:
        record_key_view(ctx, item)
    return render_page(request, "item.html", ctx, **values)


@router.post("/{item_id}/show-key")
def show_key(ctx: Context, item_id: int) -> Response:
    """Somebody wants to see the key without listening; it is noted."""
    with ctx.studio.database.write() as session:
        item = revisions.find_item(session, ctx.project, item_id, lock=True)
        inspection.mark_key_seen(session, item, ctx.person.id, ctx.studio.clock())
    return RedirectResponse(f"/p/{ctx.project.slug}/items/{item_id}", 303)


@router.post("/{item_id}/assign")
def name_somebody(ctx: Context, item_id: int) -> Response:
    """Say who is to write an item, or to inspect it."""
    role = Role.INSPECTOR if text(ctx.form, "role") == Role.INSPECTOR else Role.ANNOTATOR
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        item = revisions.find_item(session, project, item_id, lock=True)
        assign(session, project, item, ctx.actor, role, number(ctx.form, "person"), ctx.studio.clock())
    return RedirectResponse(f"/p/{ctx.project.slug}/items/{item_id}", 303)


@router.post("/{item_id}/act/{action}")
def act(ctx: Context, item_id: int, action: Action) -> Response:
    """Move an item: submit, forward, recall, reopen, withdraw, restore, take down."""
    command = Command(
        action,
        version=number(ctx.form, "version"),
        rejection=rejection_from_form(ctx.form) if action is Action.REOPEN else None,
        why=text(ctx.form, "why"),
    )
    try:
        _act(ctx, item_id, command)
    except NotAllowed as refused:
        if refused.code not in UNREADY or not {Action.SUBMIT, Action.RESUBMIT} & {action}:
            raise
        return RedirectResponse(f"/p/{ctx.project.slug}/items/{item_id}/edit?unready={refused.code}", 303)
    where = text(ctx.form, "back") or f"/p/{ctx.project.slug}/items/{item_id}"
    return RedirectResponse(where if where.startswith(f"/p/{ctx.project.slug}") else "/", 303)


def _act(ctx: ProjectContext, item_id: int, command: Command) -> None:
    action, now = command.action, ctx.studio.clock()
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        item = items.act(session, project, item_id, ctx.actor, command, now)
        if action in (Action.SUBMIT, Action.RESUBMIT):
            request_audio(session, project, item, now, person_id=ctx.person.id, fetch=True)
        if action in (Action.TAKE_DOWN, Action.WITHDRAW, Action.REOPEN):
            log_action(
                session,
                now,
                ctx.person.id,
                action.value,
                item.public_id,
                detail=command.why,
                project_id=project.id,
            )
