"""Stage 2: the taxonomy of layers and sub-categories, and coverage against targets."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from mmar.errors import InputError
from mmar.studio.jobs.model_requests import request_board_proposal
from mmar.studio.store import ideas, item_lists, projects, proposals
from mmar.studio.store.jobs import newest_job
from mmar.studio.store.people import names_of
from mmar.studio.store.projects import taxonomy_versions
from mmar.studio.store.taxonomy import save_taxonomy
from mmar.studio.web.context import Context, Flash, ProjectContext, fragment_of, is_fragment_request
from mmar.studio.web.forms import number, positive_numbers, text, texts
from mmar.studio.web.render import count, job_marker, render_page
from mmar.studio.workflow.taxonomy import Layer, Move, Taxonomy

router = APIRouter(prefix="/p/{slug}")


@router.get("/taxonomy")
def taxonomy_page(request: Request, ctx: Context) -> Response:
    """The taxonomy, its versions, and what the model suggests."""
    return _show(request, ctx, "taxonomy.html")


def _show(request: Request, ctx: ProjectContext, template: str) -> Response:
    with ctx.read() as session:
        versions = taxonomy_versions(session, ctx.project.id)
        cards = ideas.idea_board(session, ctx.project.id, ctx.person.id)
        layers = versions[0].tree.layers
        categories = {branch.name for branch in layers}
        categories |= {f"{branch.name} / {sub}" for branch in layers for sub in branch.subs}
        values: dict[str, Any] = {
            "job": newest_job(session, ctx.project.id, "propose", "grouping"),
            "categories": sorted(categories),
            "missing": sorted({card.idea.category for card in cards if card.idea.category} - categories),
            "current": versions[0],
            "versions": versions,
            "counts": item_lists.category_counts(session, ctx.project.id),
            "names": names_of(session),
            "cards": cards,
            "proposals": proposals.open_proposals(session, ctx.project.id, kinds=("grouping",)),
            "model": ctx.studio.config.text_model,
        }
    return render_page(request, template, ctx, **values)


@router.post("/taxonomy")
def save_version(ctx: Context) -> Response:
    """Save a new version."""
    tree, moves = taxonomy_from_form(ctx)
    now = ctx.clock()
    with ctx.write() as (session, project):
        version = save_taxonomy(
            session,
            project,
            ctx.actor,
            tree,
            moves,
            base=number(ctx.form, "base") or 0,
            why=text(ctx.form, "why").strip() or "edited",
            now=now,
        )
    return ctx.redirect("/taxonomy", Flash("taxonomy-saved", f"Saved as version {version.number}."))


@router.post("/taxonomy/propose")
def request_categories(request: Request, ctx: Context) -> Response:
    """Ask the text model for a category for each idea."""
    with ctx.write() as (session, project):
        request_board_proposal(session, project, "grouping", ctx.actor, ctx.clock())
    if is_fragment_request(request):
        return _show(request, ctx, "taxonomy_suggestions.html")
    return ctx.redirect("/taxonomy")


@router.get("/taxonomy/suggested", dependencies=[fragment_of("/p/{slug}/taxonomy")])
def suggestions_fragment(request: Request, ctx: Context, marker: str = "") -> Response:
    """The state of the model's job and its suggestions; nothing as long as the page shows this state."""
    with ctx.read() as session:
        job = newest_job(session, ctx.project.id, "propose", "grouping")
    if job_marker(job) == marker:
        return Response(status_code=204)
    return _show(request, ctx, "taxonomy_suggestions.html")


def taxonomy_from_form(ctx: ProjectContext) -> tuple[Taxonomy, list[Move]]:
    """The taxonomy that the editor's form has, and where items go whose category was renamed, moved or removed.

    The form has per layer `layer` (its name), `layer_was`, `about`; per sub-category `sub`, `sub_was` (its old
    `layer|sub`) and `sub_layer` (the index of its layer); per removed category `gone` (its old name) and `gone_to`.
    """
    form = ctx.form
    names = [name.strip() for name in texts(form, "layer")]
    old_names, about = texts(form, "layer_was"), texts(form, "about")
    subs: list[list[str]] = [[] for _ in names]
    moves = []
    rows = zip(texts(form, "sub"), texts(form, "sub_was"), texts(form, "sub_layer"), strict=False)
    for name, old, index in rows:
        if not name.strip():
            continue
        if not index.isdecimal() or int(index) >= len(names):
            raise InputError("a sub-category belongs to no layer", field="taxonomy", code="unknown-layer")
        subs[int(index)].append(name.strip())
        if old:
            moves.append(Move(*_split(old), names[int(index)], name.strip()))
    removed = zip(texts(form, "gone"), texts(form, "gone_to"), strict=False)
    moves += [Move(*_split(old), *_split(new)) for old, new in removed if new]
    renamed = zip(old_names, names, strict=False)
    moves += [Move(old, "", new, "") for old, new in renamed if old and old != new and new]
    branches = tuple(
        Layer(name, tuple(subs[index]), about[index].strip() if index < len(about) else "")
        for index, name in enumerate(names)
        if name
    )
    return Taxonomy(branches), moves


def _split(category: str) -> tuple[str, str]:
    layer, _, sub = category.partition("|")
    return layer, sub


@router.get("/coverage")
def coverage_page(request: Request, ctx: Context, language: str = "", edit: bool = False) -> Response:  # noqa: FBT001, FBT002
    """Items by category and modality against targets."""
    settings = ctx.project.settings
    with ctx.read() as session:
        counted = item_lists.project_coverage(session, ctx.project, language=language)
    so_far = {code: done + coming for code, done, coming, _ in counted.languages if code != "-"}
    gaps = [
        (code, target - done - coming)
        for code, done, coming, target in counted.languages
        if target and target > done + coming
    ]
    return render_page(
        request,
        "coverage.html",
        ctx,
        coverage=counted,
        language=language,
        edit=edit,
        language_targets={code: so_far.get(code, 0) for code in (*settings.languages, *so_far)},
        language_gaps=[] if language else gaps,
    )


@router.post("/coverage")
def set_targets(ctx: Context) -> Response:
    """Set targets. The form has those of one language; the others stay."""
    sent = {name.removeprefix("target:") for name in ctx.form if name.startswith("target:")}
    with ctx.write() as (session, project):
        others = {name: target for name, target in project.settings.targets.items() if name not in sent}
        targets = {**others, **positive_numbers(ctx.form, "target:")}
        projects.change_settings(project, ctx.actor, targets=targets)
        ctx.log(session, "targets", project.slug)
    language = text(ctx.form, "language")
    query = f"?language={quote(language)}" if language else ""
    note = f"Targets saved: {count(len(targets), 'target')} in all."
    return ctx.redirect(f"/coverage{query}", Flash("targets-saved", note))
