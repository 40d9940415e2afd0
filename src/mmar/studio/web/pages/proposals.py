"""Stage 4: suggestions of the text model, what each would change, and people's decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from mmar.errors import MmarError, UsageError
from mmar.studio.data.item_tables import Item, Proposal
from mmar.studio.store import proposals, review, revisions
from mmar.studio.store.projects import row_in
from mmar.studio.store.review import accept_proposals
from mmar.studio.web.context import Context, ProjectContext, fragment_of
from mmar.studio.web.error_handlers import error_message
from mmar.studio.web.flash import Flash
from mmar.studio.web.forms import number, selected_categories, selected_ideas, text, texts
from mmar.studio.web.labels import count
from mmar.studio.web.render import render_page
from mmar.studio.workflow import changes

__all__ = ["proposal_text", "router", "suggestion_values"]

router = APIRouter(prefix="/p/{slug}")
_PAGE = 20


def suggestion_values(
    session: Session, ctx: ProjectContext, *, kind: str = "", before: int = 0
) -> dict[str, Any]:
    """A page of the suggestions that a person can review, with what each would change, for `suggestions.html`."""
    kind = kind if kind in proposals.KINDS else ""
    result = proposals.visible_proposals(
        session, ctx.project.id, ctx.actor, kind=kind, before=before, limit=_PAGE + 1
    )
    return {
        "proposals": [_shown(session, one) for one in result[:_PAGE]],
        "proposal_counts": proposals.count_waiting_proposals(session, ctx.project.id, ctx.actor, kind=kind),
        "proposal_kind": kind,
        "before": before,
        "newest": max((one.id for one in result), default=0),
        "older": result[_PAGE - 1].id if len(result) > _PAGE else 0,
        "acceptable_proposals": proposals.acceptable_proposals(session, ctx.project.id, ctx.actor, kind=kind),
        "model": ctx.studio.config.text_model,
    }


@router.get("/preparation/suggestions")
def suggestion_list(request: Request, ctx: Context, kind: str = "", before: int = 0) -> Response:
    """Suggestions alone, page by page."""
    with ctx.read() as session:
        values = suggestion_values(session, ctx, kind=kind, before=before)
    # After a decision the same list follows, from its newest suggestion.
    back = f"{ctx.root}{_list_address(values['proposal_kind'])}"
    return render_page(request, "suggestions_page.html", ctx, back=back, **values)


def _list_address(kind: str) -> str:
    return f"/preparation/suggestions?{urlencode({'kind': kind})}"


@router.get("/preparation/suggestions/new", dependencies=[fragment_of("/p/{slug}/preparation")])
def new_suggestions(request: Request, ctx: Context, after: int = 0) -> Response:
    """Suggestions that arrived since a page was loaded."""
    with ctx.read() as session:
        result = proposals.visible_proposals(session, ctx.project.id, ctx.actor, limit=_PAGE)
        shown = [_shown(session, one) for one in result if one.id > after]
    newest = max((one.id for one in result), default=after)
    return render_page(request, "new_suggestions.html", ctx, proposals=shown, newest=max(after, newest))


def _shown(session: Session, proposal: Proposal) -> dict[str, Any]:
    """A suggestion, what it would change now, and whether the item was changed since the model saw it."""
    values: dict[str, Any] = {
        "proposal": proposal,
        "item": None,
        "changes": (),
        "problem": "",
        "why": _joined(proposal.content.get("why")),
    }
    if proposal.item_id is None:
        return values
    item = session.get_one(Item, proposal.item_id)
    content = revisions.content_of(session, item)
    values["item"] = item
    if proposal.kind != "guess":
        try:
            values["changes"] = changes(
                content, review.apply_proposal(proposal.kind, content, proposal.content)
            )
        except MmarError as error:
            values["problem"] = error_message(error)
    return values


def _joined(value: Any) -> str:
    rows = value if isinstance(value, list) else [value]
    return "; ".join(row for row in rows if isinstance(row, str) and row)


def proposal_text(kind: str, content: Mapping[str, Any]) -> str:
    """The text of a suggestion for an item."""
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


@router.post("/proposals/accept")
def accept_all(ctx: Context) -> Response:
    """Accept all open suggestions of one kind or for one item, unchanged."""
    kind = text(ctx.form, "kind")
    kind = kind if kind in proposals.ACCEPTABLE_KINDS else ""
    item = number(ctx.form, "item")
    database = ctx.studio.database
    with database.read() as session:
        result = proposals.acceptable_proposals(
            session, ctx.project.id, ctx.actor, kind=kind, item_id=item, upto=number(ctx.form, "upto") or 0
        )
    outcome = accept_proposals(database, ctx.project, result, ctx.actor, ctx.studio.clock)
    left = tuple(f"{n} left open: {reason}." for reason, n in outcome.left.items())
    note = f"{count(outcome.done, 'suggestion')} accepted."
    flash = Flash("suggestions-accepted", note, "warn" if left else "good", left)
    return ctx.redirect(f"/items/{item}" if item else _list_address(kind), flash)


@router.post("/proposals/{proposal_id}")
def decide(ctx: Context, proposal_id: int) -> Response:
    """Accept a suggestion, as it is or edited, or reject it."""
    word = text(ctx.form, "decision")
    if word not in ("accepted", "edited", "refused"):
        raise UsageError("decision: accepted, edited or refused", code="unknown-decision")
    with ctx.write() as (session, project):
        proposal = row_in(session, project, Proposal, proposal_id, lock=True)
        edited = _edited(ctx, proposal.kind, proposal.content) if word != "refused" else None
        changed = edited is not None and edited != proposal.content
        decision: review.Decision = "refused" if word == "refused" else ("edited" if changed else "accepted")
        review.review_proposal(
            session,
            project,
            proposal_id,
            ctx.actor,
            decision,
            ctx.clock(),
            edited=edited,
            version=number(ctx.form, "version"),
        )
    flash = Flash(
        "suggestion-rejected" if decision == "refused" else "suggestion-accepted",
        "Suggestion rejected." if decision == "refused" else "Suggestion accepted.",
    )
    back = text(ctx.form, "back")
    if back.startswith(f"{ctx.root}/"):
        return ctx.redirect(back.removeprefix(ctx.root), flash)
    kind = text(ctx.form, "only")
    query = f"?{urlencode({'kind': kind})}" if kind in proposals.KINDS else ""
    return ctx.redirect(f"/preparation{query}#suggestions", flash)


def _edited(ctx: ProjectContext, kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """A suggestion's content with the edits of the form."""
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
        new["places"] = selected_categories(form, content["places"])
    return new
