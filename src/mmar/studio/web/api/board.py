"""Ideas, jobs and proposals, for programs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends

from mmar.errors import UsageError
from mmar.studio.jobs.asking import ITEM_KINDS, ask_about_ideas, ask_one
from mmar.studio.store import deciding, ideas, jobs, proposals
from mmar.studio.store.queues import key_is_hidden
from mmar.studio.store.revisions import find_item
from mmar.studio.taking import take_over_many
from mmar.studio.web.api.plain import plain_idea, plain_job, plain_proposal
from mmar.studio.web.studio import Place, attached, place, shows_key
from mmar.studio.workflow import Refused, Role

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}")
Here = Annotated[Place, Depends(place)]


@router.get("/ideas", tags=["ideas"], summary="The board")
def board(here: Here) -> list[dict[str, Any]]:
    """Cards that stand, most wanted first."""
    with here.studio.database.read() as session:
        cards = ideas.board_of(session, here.project.id, here.person.id)
    return [plain_idea(card.idea, card.votes) for card in cards]


@router.post("/ideas", tags=["ideas"], summary="Put a card on the board", status_code=201)
def add(
    here: Here,
    title: Annotated[str, Body()],
    detail: Annotated[str, Body()] = "",
    tags: Annotated[list[str] | None, Body()] = None,
) -> dict[str, Any]:
    """Its number and version come back."""
    with here.studio.database.write() as session:
        made = ideas.add_idea(
            session, here.project, here.actor, title, detail, tags or [], here.studio.clock()
        )
    return plain_idea(made, 0)


@router.patch("/ideas/{idea_id}", tags=["ideas"], summary="Change a card")
def change(here: Here, idea_id: int, values: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
    """`title`, `detail`, `tags`, `place`, `dropped`; with `version` a stale change gets 409."""
    known = {"title", "detail", "tags", "place", "dropped", "version"}
    if set(values) - known:
        raise UsageError(f"a card has {', '.join(sorted(known))}")
    with here.studio.database.write() as session:
        made = ideas.change_idea(session, here.project, idea_id, here.actor, **values)
    return plain_idea(made, 0)


@router.post("/ideas/{idea_id}/vote", tags=["ideas"], summary="Vote, or take the vote back", status_code=204)
def vote(here: Here, idea_id: int) -> None:
    """Each person counts once."""
    with here.studio.database.write() as session:
        ideas.vote(session, here.project, idea_id, here.actor)


@router.post("/ideas/{idea_id}/merge", tags=["ideas"], summary="Put a card into another", status_code=204)
def merge(here: Here, idea_id: int, into: Annotated[int, Body(embed=True)]) -> None:
    """Its votes and tags go with it."""
    with here.studio.database.write() as session:
        ideas.merge_ideas(session, here.project, idea_id, into, here.actor)


@router.post(
    "/ideas/ask/{kind}", tags=["ideas"], summary="Ask the text model about the board", status_code=202
)
def ask_board(here: Here, kind: Literal["ideas", "grouping"]) -> dict[str, str]:
    """`ideas` for more ideas, `grouping` for a place in the taxonomy for each."""
    with here.studio.database.write() as session:
        ask_about_ideas(session, here.project, kind, here.person.id, here.studio.clock())
    return {"state": "queued"}


@router.get("/jobs", tags=["preparation"], summary="Jobs")
def job_list(here: Here) -> list[dict[str, Any]]:
    """Running, failed, waiting, done."""
    with here.studio.database.read() as session:
        return [plain_job(job) for job in jobs.jobs_page(session, here.project.id)]


@router.post("/jobs/{job_id}/retry", tags=["preparation"], summary="Run a failed job again", status_code=204)
def retry(here: Here, job_id: int) -> None:
    """With all its attempts."""
    if not here.actor.has(Role.ANNOTATOR):
        raise Refused("role", "to prepare items needs the role annotator")
    with here.studio.database.write() as session:
        jobs.retry(session, here.project.id, job_id)


@router.post("/jobs/retry", tags=["preparation"], summary="Run every failed job again")
def retry_all(here: Here) -> dict[str, int]:
    """How many were queued."""
    if not here.actor.has(Role.ANNOTATOR):
        raise Refused("role", "to prepare items needs the role annotator")
    with here.studio.database.write() as session:
        return {"queued": jobs.retry_all(session, here.project.id)}


@router.post(
    "/items/{item_id}/ask/{kind}", tags=["preparation"], summary="Ask the text model", status_code=202
)
def ask(here: Here, item_id: int, kind: str) -> dict[str, str]:
    """`thinking`, `distractors`, `sub_category`, `rubric` or `guess`."""
    if not here.actor.has(Role.ANNOTATOR):
        raise Refused("role", "to prepare items needs the role annotator")
    if kind not in ITEM_KINDS:
        raise UsageError(f"ask one of {', '.join(ITEM_KINDS)}")
    with here.studio.database.write() as session:
        item = find_item(session, here.project, item_id)
        ask_one(session, here.project, item.id, kind, here.person.id, here.studio.clock())
    return {"state": "queued"}


@router.get("/proposals", tags=["preparation"], summary="Proposals that wait for a decision")
def open_proposals(here: Here, kind: str = "", before: int = 0) -> list[dict[str, Any]]:
    """For you to decide, 200 at a time; `before` is the last number of the page before."""
    with here.studio.database.read() as session:
        found = proposals.visible_proposals(session, here.project.id, here.actor, kind=kind, before=before)
        return [plain_proposal(one) for one in found]


@router.get("/items/{item_id}/proposals", tags=["preparation"], summary="All that was proposed for an item")
def item_proposals(here: Here, item_id: int) -> list[dict[str, Any]]:
    """Decided or not, with the prompt; nothing for one who may still answer the item by ear."""
    with here.studio.database.read() as session:
        item = find_item(session, here.project, item_id)
        if key_is_hidden(session, item, here.actor):
            return []
        found = [
            {**plain_proposal(one), "prompt": one.prompt} for one in proposals.proposals_of(session, item.id)
        ]
    shows_key(here, item)
    return found


@router.post("/proposals/take-over", tags=["preparation"], summary="Take over many proposals as they are")
def take_over(
    here: Here,
    kind: Annotated[Literal["", "thinking", "distractors", "sub_category", "rubric"], Body()] = "",
    item: Annotated[int | None, Body()] = None,
    upto: Annotated[int | None, Body()] = None,
) -> dict[str, Any]:
    """All that wait for you, of one `kind`, for one `item`, with numbers to `upto`; a revision each, in your name.

    Those stay open whose question, key or own field was changed since the model was asked.
    """
    database = here.studio.database
    with database.read() as session:
        found = proposals.takeable(session, here.project.id, here.actor, kind=kind, item_id=item, upto=upto)
    outcome = take_over_many(database, here.project, found, here.actor, here.studio.clock)
    return {"done": outcome.done, "left": dict(outcome.left)}


@router.post("/proposals/{proposal_id}", tags=["preparation"], summary="Decide on a proposal")
def decide(
    here: Here,
    proposal_id: int,
    decision: Annotated[deciding.Decision, Body()],
    edited: Annotated[dict[str, Any] | None, Body()] = None,
    version: Annotated[int | None, Body()] = None,
) -> dict[str, Any]:
    """Taking it over saves a revision in your name; with `version`, the item's, 409 if it moved on since."""
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        now = here.studio.clock()
        made = deciding.decide(
            session, project, proposal_id, here.actor, decision, now, edited=edited, version=version
        )
    return plain_proposal(made)
