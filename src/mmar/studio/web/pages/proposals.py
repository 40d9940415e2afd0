"""Stage 4: what the model proposed, what it would change, and what people decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from mmar.errors import MmarError, UsageError
from mmar.studio.data.item_tables import Item, Proposal
from mmar.studio.store import proposals, review, revisions
from mmar.studio.store.review import accept_proposals
from mmar.studio.web.context import ProjectContext, attached, project_context
from mmar.studio.web.forms import number, selected_ideas, selected_places, text, texts
from mmar.studio.web.render import render_page
from mmar.studio.workflow import changes

__all__ = ["proposal_values", "proposal_words", "router"]

router = APIRouter(prefix="/p/{slug}")
Context = Annotated[ProjectContext, Depends(project_context)]
PAGE = 20


def proposal_values(
    session: Session, ctx: ProjectContext, *, kind: str = "", before: int = 0
) -> dict[str, Any]:
    """A page of what waits for this person, with what each would change, for `proposals.html`."""
    kind = kind if kind in proposals.KINDS else ""
    found = proposals.visible_proposals(
        session, ctx.project.id, ctx.actor, kind=kind, before=before, limit=PAGE + 1
    )
    return {
        "proposals": [_shown(session, one) for one in found[:PAGE]],
        "proposal_counts": proposals.count_waiting_proposals(session, ctx.project.id, ctx.actor, kind=kind),
        "proposal_kind": kind,
        "older": found[PAGE - 1].id if len(found) > PAGE else 0,
        "acceptable_proposals": proposals.acceptable_proposals(session, ctx.project.id, ctx.actor, kind=kind),
    }


@router.get("/preparation/proposals")
def listing(request: Request, ctx: Context, kind: str = "", before: int = 0) -> Response:
    """The proposals alone, page by page."""
    with ctx.studio.database.read() as session:
        values = proposal_values(session, ctx, kind=kind, before=before)
    # Decided here, one goes on here, with the newest of the kind.
    back = f"/p/{ctx.project.slug}/preparation/proposals?{urlencode({'kind': values['proposal_kind']})}"
    return render_page(request, "proposals_page.html", ctx, back=back, **values)


def _shown(session: Session, proposal: Proposal) -> dict[str, Any]:
    """A proposal with what it would change now, and whether the item moved on since it was asked about."""
    values: dict[str, Any] = {
        "proposal": proposal,
        "item": None,
        "changes": (),
        "problem": "",
        "why": _words(proposal.content.get("why")),
    }
    if proposal.item_id is None:
        return values
    item = session.get_one(Item, proposal.item_id)
    content = revisions.content_of(session, item)
    values |= {"item": item, "content": content}
    if proposal.kind != "guess":
        try:
            values["changes"] = changes(
                content, review.apply_proposal(proposal.kind, content, proposal.content)
            )
        except MmarError as error:
            values["problem"] = str(error)
    return values


def _words(value: Any) -> str:
    rows = value if isinstance(value, list) else [value]
    return "; ".join(row for row in rows if isinstance(row, str) and row)


def proposal_words(kind: str, content: Mapping[str, Any]) -> str:
    """What a proposal for an item says, as a person reads it."""
    match kind:
        case "thinking":
            return str(content.get("thinking", ""))
        case "distractors":
            return "\n".join(str(text) for text in content.get("distractors", ()))
        case "sub_category":
            return f"{content.get('category', '')} / {content.get('sub_category', '')}"
        case "rubric":
            rows = [row for row in content.get("criteria", ()) if isinstance(row, dict)]
            return "\n".join(f"{row.get('name', '')}: {row.get('scoring_point', '')}" for row in rows)
        case "guess":
            return f"{content.get('choice', '')}, {'the key' if content.get('right') else 'not the key'}"
    return ""


@router.post("/proposals/take-over")
def take_over(request: Request, ctx: Context) -> Response:
    """Take over all that wait, of one kind or for one item, as they are."""
    kind = text(ctx.form, "kind")
    kind = kind if kind in proposals.ACCEPTABLE_KINDS else ""
    item = number(ctx.form, "item")
    database = ctx.studio.database
    with database.read() as session:
        found = proposals.acceptable_proposals(
            session, ctx.project.id, ctx.actor, kind=kind, item_id=item, upto=number(ctx.form, "upto") or 0
        )
    outcome = accept_proposals(database, ctx.project, found, ctx.actor, ctx.studio.clock)
    with database.read() as session:
        values = proposal_values(session, ctx, kind=kind)
    back = f"/p/{ctx.project.slug}/preparation/proposals?{urlencode({'kind': kind})}"
    return render_page(
        request, "proposals_page.html", ctx, back=back, outcome=outcome, item_id=item, **values
    )


@router.post("/proposals/{proposal_id}")
def decide(ctx: Context, proposal_id: int) -> Response:
    """Take a proposal over, as it is or edited, or refuse it."""
    word = text(ctx.form, "decision")
    if word not in ("accepted", "edited", "refused"):
        raise UsageError("decide: accepted, edited or refused")
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        proposal = proposals.find_proposal(session, project, proposal_id)
        edited = _edited(ctx, proposal.kind, proposal.content) if word != "refused" else None
        changed = edited is not None and edited != proposal.content
        decision: review.Decision = "refused" if word == "refused" else ("edited" if changed else "accepted")
        review.review_proposal(
            session,
            project,
            proposal_id,
            ctx.actor,
            decision,
            ctx.studio.clock(),
            edited=edited,
            version=number(ctx.form, "version"),
        )
    back = text(ctx.form, "back")
    known = f"/p/{ctx.project.slug}/"
    if back.startswith(known):
        return RedirectResponse(back, 303)
    kind = text(ctx.form, "only")
    query = f"?{urlencode({'kind': kind})}" if kind in proposals.KINDS else ""
    return RedirectResponse(f"{known}preparation{query}#proposals", 303)


def _edited(ctx: ProjectContext, kind: str, content: dict[str, Any]) -> dict[str, Any]:
    form, new = ctx.form, dict(content)
    if kind == "thinking" and "thinking" in form:
        new["thinking"] = text(form, "thinking").strip()
    elif kind == "distractors" and "distractor" in form:
        new["distractors"] = [row.strip() for row in texts(form, "distractor") if row.strip()]
    elif kind == "sub_category" and "place" in form:
        new["category"], _, new["sub_category"] = text(form, "place").partition("|")
    elif kind == "rubric" and "point" in form:
        rows = zip(content["criteria"], texts(form, "criterion"), texts(form, "point"), strict=False)
        new["criteria"] = [
            {**row, "name": name.strip(), "scoring_point": point.strip()} for row, name, point in rows
        ]
    elif kind == "ideas" and ("take" in form or "some" in form):
        new["ideas"] = selected_ideas(form, content["ideas"])
    elif kind == "grouping" and ("take" in form or "some" in form):
        new["places"] = selected_places(form, content["places"])
    return new
