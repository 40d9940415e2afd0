"""Stage 4: jobs, clips, sending items to inspection, and the text model's suggestions with people's decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from mmar.errors import MmarError, UsageError
from mmar.studio.config import CLIP_RATES
from mmar.studio.data.item_tables import Item, Proposal
from mmar.studio.jobs.audio import describe_clip_format, parse_clip_format, request_conversion
from mmar.studio.jobs.model_requests import ITEM_KINDS, request_proposal, request_proposals
from mmar.studio.store import bulk, item_lists, jobs, proposals, revisions
from mmar.studio.store.projects import change_settings, row_in
from mmar.studio.store.proposals import accept_proposals
from mmar.studio.store.recordings import clips_of, items_with_clips
from mmar.studio.web.context import Context, Flash, ProjectContext, current_project, fragment_of
from mmar.studio.web.error_handlers import error_message
from mmar.studio.web.forms import number, numbers, selected_categories, selected_ideas, text, texts
from mmar.studio.web.render import count, render_page, sentence
from mmar.studio.workflow import Action, Role, State, changes, permitted

router = APIRouter(prefix="/p/{slug}")
_PAGE = 50
_JOBS_SHOWN = 40


def _own_items(ctx: ProjectContext) -> item_lists.ItemFilter:
    """The items in preparation that a person works on: a lead on all, an annotator on their own."""
    author = None if ctx.actor.has(Role.LEAD) else ctx.person.id
    return item_lists.ItemFilter(State.PREPARATION, author=author)


@router.get("/preparation")
def preparation_page(request: Request, ctx: Context, after: int = 0, kind: str = "") -> Response:
    """Items in preparation, jobs, and suggestions."""
    now = ctx.clock()
    with ctx.read() as session:
        result = item_lists.items_page(session, ctx.project.id, _own_items(ctx), after=after, limit=_PAGE + 1)
        cases = revisions.load_cases(session, ctx.project, result[:_PAGE])
        clips = clips_of(session, ctx.project.id, result[:_PAGE])
        rows = []
        for item in result[:_PAGE]:
            case, clip = cases[item.id], clips.get(item.clip_key)
            similar = items_with_clips(session, ctx.project.id, clip.alike) if clip else []
            rows.append((item, clip, permitted(case, ctx.actor, now), case, similar))
        suggestions = suggestion_values(session, ctx, kind=kind)
        values: dict[str, Any] = {
            "rows": rows,
            "total": item_lists.count_items(session, ctx.project.id, _own_items(ctx)),
            "more": result[_PAGE - 1].id if len(result) > _PAGE else 0,
            "after": after,
            "item_kinds": ITEM_KINDS,
            "clip_words": sentence(describe_clip_format(current_project(session, ctx.project).settings)),
            "clip_rates": CLIP_RATES,
            **suggestions,
            **_job_values(session, ctx, suggestions["newest"]),
        }
    return render_page(request, "preparation.html", ctx, **values)


@router.get("/preparation/jobs", dependencies=[fragment_of("/p/{slug}/preparation")])
def jobs_fragment(request: Request, ctx: Context, newest: int = 0) -> Response:
    """The list of jobs; the page asks for it while a job is queued or running.

    Where suggestions arrived since, the response triggers the event that loads them.
    """
    with ctx.read() as session:
        now_newest = suggestion_values(session, ctx)["newest"]
        values = _job_values(session, ctx, max(newest, now_newest))
    response = render_page(request, "jobs.html", ctx, **values)
    if now_newest > newest:
        response.headers["HX-Trigger-After-Swap"] = "suggestions-arrived"
    return response


def _job_values(session: Session, ctx: ProjectContext, newest: int) -> dict[str, Any]:
    """The jobs that are visible, how many there are, and the public ids of their items."""
    visible = jobs.jobs_page(session, ctx.project.id, limit=_JOBS_SHOWN)
    counts = jobs.job_counts(session, ctx.project.id)
    return {
        "jobs": visible,
        "job_counts": counts,
        "job_items": item_lists.public_ids(session, [job.item_id for job in visible if job.item_id]),
        "active": bool(counts.get("queued") or counts.get("running")),
        "newest": newest,
    }


@router.post("/preparation/jobs/{job_id}/retry")
def retry_job(ctx: Context, job_id: int) -> Response:
    """Run a failed job again."""
    ctx.actor.require(Role.ANNOTATOR)
    with ctx.write() as (session, project):
        jobs.retry(session, project.id, job_id)
    return ctx.redirect("/preparation")


@router.post("/preparation/retry")
def retry_failed_jobs(ctx: Context) -> Response:
    """Run every failed job again."""
    ctx.actor.require(Role.ANNOTATOR)
    with ctx.write() as (session, project):
        queued = jobs.retry_all(session, project.id)
    return ctx.redirect("/preparation", Flash("jobs-queued", f"{count(queued, 'job')} queued again."))


@router.post("/preparation/items")
def change_items(ctx: Context) -> Response:
    """For the selected items, or all: ask the model, fetch the audio, or send them to inspection."""
    ctx.actor.require(Role.ANNOTATOR)
    studio, project = ctx.studio, ctx.project
    everything = "everything" in ctx.form
    items = numbers(ctx.form, "item")
    if everything:
        with studio.database.read() as session:
            items = item_lists.item_numbers(session, project.id, _own_items(ctx))
    after = number(ctx.form, "after") or 0
    page = f"/preparation?after={after}" if after else "/preparation"
    do = text(ctx.form, "do")
    if not items:
        return ctx.redirect(page, Flash("nothing-selected", "No item is selected.", "warn"))
    if do == "forward":
        moved = bulk.move_items(studio.database, project, items, ctx.actor, Action.FORWARD, studio.clock)
        return ctx.redirect(page, bulk_flash(moved, "sent to inspection"))
    if do == "sound":
        fetched = bulk.request_audio_for_items(studio.database, project, items, ctx.person.id, studio.clock)
        return ctx.redirect(page, bulk_flash(fetched, "queued for audio"))
    kinds = texts(ctx.form, "kind")
    if not kinds:
        return ctx.redirect(page, Flash("nothing-selected", "Select what to ask the model for.", "warn"))
    # Selected items are requested again; of all items only those without a suggestion.
    queued, known = request_proposals(
        studio.database, project, items, kinds, ctx.actor, studio.clock, include_answered=not everything
    )
    details = (f"{count(known, 'suggestion')} existed already.",) if known else ()
    note = f"{count(queued, 'model request')} queued. Suggestions appear below as they arrive."
    return ctx.redirect(page, Flash("requests-queued", note, details=details))


def bulk_flash(result: bulk.BulkResult, verb: str, names: dict[int, str] | None = None) -> Flash:
    """The result of an action on many items as a message; `verb` is a participle."""
    people = [f"{(names or {}).get(one, one)}: {count(n, 'item')}" for one, n in result.people.items()]
    left = [f"{count(n, 'item')} unchanged: {reason}." for reason, n in result.left.items()]
    text = f"{count(result.done, 'item')} {verb}."
    return Flash("items-changed", text, "warn" if result.left else "good", (*people, *left))


@router.post("/preparation/format")
def set_clip_format(ctx: Context) -> Response:
    """Set the sample rate and channels of clips; clips that nobody reviewed yet are cut again."""
    with ctx.write() as (session, project):
        now = ctx.clock()
        chosen = parse_clip_format(text(ctx.form, "clip_rate"), text(ctx.form, "clip_channels"))
        change_settings(project, ctx.actor, **chosen)
        queued = request_conversion(session, project, now, person_id=ctx.person.id)
        description = describe_clip_format(project.settings)
        ctx.log(session, "clip format", description)
    note = f"Clip format: {description}. {count(queued, 'clip')} will be cut again."
    return ctx.redirect("/preparation", Flash("clip-format-saved", note))


@router.post("/items/{item_id}/ask/{kind}")
def request_item_proposal(ctx: Context, item_id: int, kind: str) -> Response:
    """Ask the model one thing about one item."""
    with ctx.write() as (session, project):
        request_proposal(session, project, item_id, kind, ctx.actor, ctx.clock())
    return ctx.redirect(f"/items/{item_id}/edit")


_SUGGESTIONS_SHOWN = 20


def suggestion_values(
    session: Session, ctx: ProjectContext, *, kind: str = "", before: int = 0
) -> dict[str, Any]:
    """A page of the suggestions that a person can review, with what each would change, for `suggestions.html`."""
    kind = kind if kind in proposals.KINDS else ""
    result = proposals.visible_proposals(
        session, ctx.project.id, ctx.actor, kind=kind, before=before, limit=_SUGGESTIONS_SHOWN + 1
    )
    return {
        "proposals": [_suggestion(session, one) for one in result[:_SUGGESTIONS_SHOWN]],
        "proposal_counts": proposals.count_waiting_proposals(session, ctx.project.id, ctx.actor, kind=kind),
        "proposal_kind": kind,
        "before": before,
        "newest": max((one.id for one in result), default=0),
        "older": result[_SUGGESTIONS_SHOWN - 1].id if len(result) > _SUGGESTIONS_SHOWN else 0,
        "acceptable_proposals": proposals.acceptable_proposals(session, ctx.project.id, ctx.actor, kind=kind),
        "model": ctx.studio.config.text_model,
    }


@router.get("/preparation/suggestions")
def suggestions_page(request: Request, ctx: Context, kind: str = "", before: int = 0) -> Response:
    """Suggestions alone, page by page."""
    with ctx.read() as session:
        values = suggestion_values(session, ctx, kind=kind, before=before)
    # After a decision the same list follows, from its newest suggestion.
    back = f"{ctx.root}{_list_address(values['proposal_kind'])}"
    return render_page(request, "suggestions_page.html", ctx, back=back, **values)


def _list_address(kind: str) -> str:
    return f"/preparation/suggestions?{urlencode({'kind': kind})}"


@router.get("/preparation/suggestions/new", dependencies=[fragment_of("/p/{slug}/preparation")])
def new_suggestions_fragment(request: Request, ctx: Context, after: int = 0) -> Response:
    """Suggestions that arrived since a page was loaded."""
    with ctx.read() as session:
        result = proposals.visible_proposals(session, ctx.project.id, ctx.actor, limit=_SUGGESTIONS_SHOWN)
        visible = [_suggestion(session, one) for one in result if one.id > after]
    newest = max((one.id for one in result), default=after)
    return render_page(request, "new_suggestions.html", ctx, proposals=visible, newest=max(after, newest))


def _suggestion(session: Session, proposal: Proposal) -> dict[str, Any]:
    """A suggestion, what it would change now, and whether the item was changed since the model saw it."""
    values: dict[str, Any] = {
        "proposal": proposal,
        "item": None,
        "changes": (),
        "problem": "",
        "why": proposal.content.get("why", ""),
    }
    if proposal.item_id is None:
        return values
    item = session.get_one(Item, proposal.item_id)
    content = revisions.content_of(session, item)
    values["item"] = item
    if proposal.kind != "guess":
        try:
            values["changes"] = changes(
                content, proposals.apply_proposal(proposal.kind, content, proposal.content)
            )
        except MmarError as error:
            values["problem"] = error_message(error)
    return values


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
def accept_suggestions(ctx: Context) -> Response:
    """Accept all open suggestions of one kind or for one item, unchanged."""
    kind = text(ctx.form, "kind")
    kind = kind if kind in proposals.ACCEPTABLE_KINDS else ""
    item = number(ctx.form, "item")
    database = ctx.studio.database
    with database.read() as session:
        numbers = proposals.acceptable_proposals(
            session, ctx.project.id, ctx.actor, kind=kind, item_id=item, upto=number(ctx.form, "upto") or 0
        )
    result = accept_proposals(database, ctx.project, numbers, ctx.actor, ctx.studio.clock)
    left = tuple(f"{n} left open: {reason}." for reason, n in result.left.items())
    note = f"{count(result.done, 'suggestion')} accepted."
    flash = Flash("suggestions-accepted", note, "warn" if left else "good", left)
    return ctx.redirect(f"/items/{item}" if item else _list_address(kind), flash)


@router.post("/proposals/{proposal_id}")
def review_suggestion(ctx: Context, proposal_id: int) -> Response:
    """Accept a suggestion, as it is or edited, or reject it."""
    decided = text(ctx.form, "decision")
    if decided not in ("accepted", "edited", "refused"):
        raise UsageError("decision: accepted, edited or refused", code="unknown-decision")
    with ctx.write() as (session, project):
        proposal = row_in(session, project, Proposal, proposal_id, lock=True)
        edited = _edited(ctx, proposal.kind, proposal.content) if decided != "refused" else None
        changed = edited is not None and edited != proposal.content
        decision: proposals.Decision = (
            "refused" if decided == "refused" else ("edited" if changed else "accepted")
        )
        proposals.review_proposal(
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
    elif kind == "sub_category" and "category" in form:
        new["category"], _, new["sub_category"] = text(form, "category").partition("|")
    elif kind == "rubric" and "point" in form:
        rows = zip(content["criteria"], texts(form, "criterion"), texts(form, "point"), strict=False)
        new["criteria"] = [
            {**row, "name": name.strip(), "scoring_point": point.strip()} for row, name, point in rows
        ]
    elif kind == "ideas" and ("take" in form or "some" in form):
        new["ideas"] = selected_ideas(form, content["ideas"])
    elif kind == "grouping" and ("take" in form or "some" in form):
        new["categories"] = selected_categories(form, content["categories"])
    return new
