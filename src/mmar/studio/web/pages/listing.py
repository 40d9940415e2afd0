"""All items of a project: finding them, and doing one thing to many of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData, QueryParams
from starlette.responses import Response

from mmar.errors import InputError
from mmar.studio import bulk
from mmar.studio.store import finding
from mmar.studio.store.people import members, names_of
from mmar.studio.store.taxonomies import newest_taxonomy
from mmar.studio.web.forms import number, numbers, text
from mmar.studio.web.render import page
from mmar.studio.web.studio import Place, place
from mmar.studio.workflow import Action, Actor, Refused, Role

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}/items")
Here = Annotated[Place, Depends(place)]
PAGE = 50


@router.get("")
def listing(request: Request, here: Here) -> Response:
    """A filtered page of items."""
    return _show(request, here, _filter(request.query_params), _number(request.query_params.get("after")))


@router.post("/many")
def many(request: Request, here: Here) -> Response:
    """For a lead: share the chosen items out, move them, or fetch their sound."""
    if not here.actor.has(Role.LEAD):
        raise Refused("role", "only a lead may do that to many items")
    form, studio = here.form, here.studio
    chosen = _filter(form)
    if "everything" in form:
        with studio.database.read() as session:
            items = finding.item_numbers(session, here.project.id, chosen)
    else:
        items = numbers(form, "item")
    if not items:
        return _show(request, here, chosen, number(form, "after") or 0, problem="No item is ticked.")
    do = text(form, "do")
    if do in ("annotator", "inspector"):
        people = numbers(form, "to_inspect" if do == "inspector" else "to_write")
        outcome = bulk.hand_out(
            studio.database, here.project, items, here.actor, Role(do), people, studio.clock
        )
    elif do == "fetch":
        outcome = bulk.fetch_sounds(studio.database, here.project, items, here.person.id, studio.clock)
    elif do in set(bulk.MOVES):
        outcome = bulk.move_items(
            studio.database, here.project, items, here.actor, Action(do), studio.clock, why=text(form, "why")
        )
    else:
        raise InputError("say what to do with them", field="do")
    return _show(request, here, chosen, number(form, "after") or 0, outcome)


def _show(
    request: Request,
    here: Place,
    chosen: finding.ItemFilter,
    after: int,
    outcome: bulk.Outcome | None = None,
    problem: str = "",
) -> Response:
    with here.studio.database.read() as session:
        project_id = here.project.id
        found = finding.items_page(session, project_id, chosen, after=after, limit=PAGE + 1)
        team = [(person, Actor(person.id, roles)) for person, roles in members(session, project_id)]
        values: dict[str, Any] = {
            "items": found[:PAGE],
            "total": finding.count_items(session, project_id, chosen),
            "inspectors": finding.inspectors_of(session, found[:PAGE]),
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
    return page(request, "items.html", here, status=422 if problem else 200, **values)


def _query(chosen: finding.ItemFilter) -> dict[str, Any]:
    return {
        "q": chosen.words,
        "state": chosen.state,
        "layer": chosen.layer,
        "modality": chosen.modality,
        "author": chosen.author,
        "inspector": chosen.inspector,
    }


def _filter(said: FormData | QueryParams) -> finding.ItemFilter:
    def word(name: str) -> str:
        value = said.get(name)
        return value[:300] if isinstance(value, str) else ""

    return finding.ItemFilter(
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
