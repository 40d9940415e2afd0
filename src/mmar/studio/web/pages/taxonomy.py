"""Stage 2: the tree of layers and sub-categories, and the coverage board."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from mmar.errors import InputError
from mmar.studio.jobs.asking import ask_about_ideas
from mmar.studio.store import ideas, projects, proposals, queues
from mmar.studio.store.jobs import newest_job
from mmar.studio.store.people import names_of, trace
from mmar.studio.store.taxonomies import newest_taxonomy, taxonomy_versions
from mmar.studio.store.taxonomy_change import save_taxonomy
from mmar.studio.web.forms import counted, number, text, texts
from mmar.studio.web.render import as_seen, page
from mmar.studio.web.studio import Place, attached, part_of, place
from mmar.studio.workflow.coverage import board
from mmar.studio.workflow.taxonomy import Branch, Move, Taxonomy

__all__ = ["router", "tree_from_form"]

router = APIRouter(prefix="/p/{slug}")
Here = Annotated[Place, Depends(place)]


@router.get("/taxonomy")
def show(request: Request, here: Here) -> Response:
    """The tree, its versions, what the model proposes."""
    return _show(request, here, "taxonomy.html")


def _show(request: Request, here: Place, part: str) -> Response:
    with here.studio.database.read() as session:
        versions = taxonomy_versions(session, here.project.id)
        cards = ideas.board_of(session, here.project.id, here.person.id)
        places = {branch.name for branch in versions[0].tree.layers} | {
            f"{branch.name} / {sub}" for branch in versions[0].tree.layers for sub in branch.subs
        }
        values: dict[str, Any] = {
            "job": newest_job(session, here.project.id, "propose", "grouping"),
            "places": sorted(places),
            "strangers": sorted({card.idea.place for card in cards if card.idea.place} - places),
            "current": versions[0],
            "versions": versions,
            "counts": queues.place_counts(session, here.project.id),
            "names": names_of(session),
            "cards": cards,
            "proposals": proposals.open_proposals(session, here.project.id, kinds=("grouping",)),
            "model": here.studio.config.text_model,
        }
    return page(request, part, here, **values)


@router.post("/taxonomy")
def save(here: Here) -> Response:
    """Put a new version in force."""
    tree, moves = tree_from_form(here)
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        version = save_taxonomy(
            session,
            project,
            here.actor,
            tree,
            moves,
            base=number(here.form, "base") or 0,
            why=text(here.form, "why").strip() or "edited",
            now=here.studio.clock(),
        )
        trace(
            session,
            here.studio.clock(),
            here.person.id,
            "taxonomy",
            f"version {version.number}",
            project_id=project.id,
        )
    return RedirectResponse(f"/p/{here.project.slug}/taxonomy", 303)


@router.post("/taxonomy/propose")
def ask(request: Request, here: Here) -> Response:
    """Ask the text model to give every idea a place."""
    with here.studio.database.write() as session:
        ask_about_ideas(session, here.project, "grouping", here.person.id, here.studio.clock())
    if "hx-request" in request.headers:
        return _show(request, here, "taxonomy_asked.html")
    return RedirectResponse(f"/p/{here.project.slug}/taxonomy", 303)


@router.get("/taxonomy/asked", dependencies=[part_of("/p/{slug}/taxonomy")])
def asked(request: Request, here: Here, seen: str = "") -> Response:
    """How far the model is, and what it proposes; nothing as long as that is what the page shows."""
    with here.studio.database.read() as session:
        job = newest_job(session, here.project.id, "propose", "grouping")
    if as_seen(job) == seen:
        return Response(status_code=204)
    return _show(request, here, "taxonomy_asked.html")


def tree_from_form(here: Place) -> tuple[Taxonomy, list[Move]]:
    """The tree that the editor's form says, and where items go whose place it renamed, moved or removed.

    The form holds per layer `layer` (its name), `layer_was`, `about`; per sub-category `sub`, `sub_was`
    (its old `layer|sub`) and `sub_layer` (place of its layer); per removed one `gone` (its old place) and
    `gone_to`.
    """
    form = here.form
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
def coverage(request: Request, here: Here, language: str = "", edit: bool = False) -> Response:  # noqa: FBT001, FBT002
    """What was collected against what was aimed at."""
    with here.studio.database.read() as session:
        tree = newest_taxonomy(session, here.project.id).tree
        settings = here.project.settings
        found = board(
            queues.coverage_places(session, here.project.id),
            [branch.name for branch in tree.layers],
            settings.modalities,
            settings.targets,
            language=language,
        )
    return page(request, "coverage.html", here, board=found, language=language, edit=edit)


@router.post("/coverage")
def targets(here: Here) -> Response:
    """Set the targets."""
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        shown = {name.removeprefix("target:") for name in here.form if name.startswith("target:")}
        # The form shows one language at a time; targets that it does not show stay.
        kept = {name: aim for name, aim in project.settings.targets.items() if name not in shown}
        new = projects.changed_settings(project, targets={**kept, **counted(here.form, "target:")})
        projects.save_settings(project, here.actor, new)
        trace(session, here.studio.clock(), here.person.id, "targets", project.slug, project_id=project.id)
    language = text(here.form, "language")
    return RedirectResponse(
        f"/p/{here.project.slug}/coverage{f'?language={quote(language)}' if language else ''}", 303
    )
