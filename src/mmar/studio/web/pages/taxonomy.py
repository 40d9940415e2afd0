"""Stage 2: the tree of layers and sub-categories, and the coverage board."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from mmar.errors import InputError
from mmar.studio.jobs.model_requests import request_board_proposal
from mmar.studio.store import ideas, projects, proposals, queues
from mmar.studio.store.jobs import newest_job
from mmar.studio.store.people import log_action, names_of
from mmar.studio.store.projects import newest_taxonomy, taxonomy_versions
from mmar.studio.store.taxonomy import save_taxonomy
from mmar.studio.web.context import ProjectContext, attached, fragment_of, project_context
from mmar.studio.web.forms import number, positive_numbers, text, texts
from mmar.studio.web.render import job_marker, render_page
from mmar.studio.workflow.coverage import board
from mmar.studio.workflow.taxonomy import Branch, Move, Taxonomy

__all__ = ["router", "tree_from_form"]

router = APIRouter(prefix="/p/{slug}")
Context = Annotated[ProjectContext, Depends(project_context)]


@router.get("/taxonomy")
def show(request: Request, ctx: Context) -> Response:
    """The tree, its versions, what the model proposes."""
    return _show(request, ctx, "taxonomy.html")


def _show(request: Request, ctx: ProjectContext, part: str) -> Response:
    with ctx.studio.database.read() as session:
        versions = taxonomy_versions(session, ctx.project.id)
        cards = ideas.idea_board(session, ctx.project.id, ctx.person.id)
        places = {branch.name for branch in versions[0].tree.layers} | {
            f"{branch.name} / {sub}" for branch in versions[0].tree.layers for sub in branch.subs
        }
        values: dict[str, Any] = {
            "job": newest_job(session, ctx.project.id, "propose", "grouping"),
            "places": sorted(places),
            "strangers": sorted({card.idea.place for card in cards if card.idea.place} - places),
            "current": versions[0],
            "versions": versions,
            "counts": queues.place_counts(session, ctx.project.id),
            "names": names_of(session),
            "cards": cards,
            "proposals": proposals.open_proposals(session, ctx.project.id, kinds=("grouping",)),
            "model": ctx.studio.config.text_model,
        }
    return render_page(request, part, ctx, **values)


@router.post("/taxonomy")
def save(ctx: Context) -> Response:
    """Put a new version in force."""
    tree, moves = tree_from_form(ctx)
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        version = save_taxonomy(
            session,
            project,
            ctx.actor,
            tree,
            moves,
            base=number(ctx.form, "base") or 0,
            why=text(ctx.form, "why").strip() or "edited",
            now=ctx.studio.clock(),
        )
        log_action(
            session,
            ctx.studio.clock(),
            ctx.person.id,
            "taxonomy",
            f"version {version.number}",
            project_id=project.id,
        )
    return RedirectResponse(f"/p/{ctx.project.slug}/taxonomy", 303)


@router.post("/taxonomy/propose")
def ask(request: Request, ctx: Context) -> Response:
    """Ask the text model to give every idea a place."""
    with ctx.studio.database.write() as session:
        request_board_proposal(session, ctx.project, "grouping", ctx.person.id, ctx.studio.clock())
    if "hx-request" in request.headers:
        return _show(request, ctx, "taxonomy_asked.html")
    return RedirectResponse(f"/p/{ctx.project.slug}/taxonomy", 303)


@router.get("/taxonomy/asked", dependencies=[fragment_of("/p/{slug}/taxonomy")])
def asked(request: Request, ctx: Context, seen: str = "") -> Response:
    """How far the model is, and what it proposes; nothing as long as that is what the page shows."""
    with ctx.studio.database.read() as session:
        job = newest_job(session, ctx.project.id, "propose", "grouping")
    if job_marker(job) == seen:
        return Response(status_code=204)
    return _show(request, ctx, "taxonomy_asked.html")


def tree_from_form(ctx: ProjectContext) -> tuple[Taxonomy, list[Move]]:
    """The tree that the editor's form says, and where items go whose place it renamed, moved or removed.

    The form holds per layer `layer` (its name), `layer_was`, `about`; per sub-category `sub`, `sub_was`
    (its old `layer|sub`) and `sub_layer` (place of its layer); per removed one `gone` (its old place) and
    `gone_to`.
    """
    form = ctx.form
    names = [name.strip() for name in texts(form, "layer")]
    was, about = texts(form, "layer_was"), texts(form, "about")
    subs: list[list[str]] = [[] for _ in names]
    moves = []
    rows = zip(texts(form, "sub"), texts(form, "sub_was"), texts(form, "sub_layer"), strict=False)
    for name, old, at in rows:
        if not name.strip():
            continue
        if not at.isdecimal() or int(at) >= len(names):
            raise InputError("a sub-category belongs to no layer", field="taxonomy")
        subs[int(at)].append(name.strip())
        if old:
            moves.append(Move(*_split(old), names[int(at)], name.strip()))
    moves += [
        Move(*_split(old), *_split(new))
        for old, new in zip(texts(form, "gone"), texts(form, "gone_to"), strict=False)
        if new
    ]
    moves += [
        Move(old, "", new, "") for old, new in zip(was, names, strict=False) if old and old != new and new
    ]
    branches = tuple(
        Branch(name, tuple(subs[at]), about[at].strip() if at < len(about) else "")
        for at, name in enumerate(names)
        if name
    )
    return Taxonomy(branches), moves


def _split(place_name: str) -> tuple[str, str]:
    layer, _, sub = place_name.partition("|")
    return layer, sub


@router.get("/coverage")
def coverage(request: Request, ctx: Context, language: str = "", edit: bool = False) -> Response:  # noqa: FBT001, FBT002
    """What was collected against what was aimed at."""
    with ctx.studio.database.read() as session:
        tree = newest_taxonomy(session, ctx.project.id).tree
        settings = ctx.project.settings
        found = board(
            queues.coverage_places(session, ctx.project.id),
            [branch.name for branch in tree.layers],
            settings.modalities,
            settings.targets,
            language=language,
        )
    return render_page(request, "coverage.html", ctx, board=found, language=language, edit=edit)


@router.post("/coverage")
def targets(ctx: Context) -> Response:
    """Set the targets."""
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        shown = {name.removeprefix("target:") for name in ctx.form if name.startswith("target:")}
        # The form shows one language at a time; targets that it does not show stay.
        kept = {name: aim for name, aim in project.settings.targets.items() if name not in shown}
        new = projects.changed_settings(project, targets={**kept, **positive_numbers(ctx.form, "target:")})
        projects.save_settings(project, ctx.actor, new)
        log_action(session, ctx.studio.clock(), ctx.person.id, "targets", project.slug, project_id=project.id)
    language = text(ctx.form, "language")
    return RedirectResponse(
        f"/p/{ctx.project.slug}/coverage{f'?language={quote(language)}' if language else ''}", 303
    )
