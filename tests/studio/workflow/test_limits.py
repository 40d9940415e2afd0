"""Length limits of texts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from expect import raises
from mmar.items import Criterion
from mmar.studio.data import Database
from mmar.studio.data.tables import Project
from mmar.studio.store import ideas, people, projects
from mmar.studio.workflow import Cue, ItemContent
from mmar.studio.workflow.content import check_texts
from mmar.studio.workflow.taxonomy import Layer, Taxonomy

NOW = datetime(2026, 11, 1, tzinfo=UTC)
LONG = "x" * 10_000_000


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"question": LONG}, "question", "text-too-long"),
        ({"modality": LONG}, "modality", "text-too-long"),
        ({"choices": ("a", LONG)}, "choices", "text-too-long"),
        ({"choices": ("a",) * 101}, "choices", "too-many-entries"),
        ({"cues": (Cue(LONG),)}, "cues", "text-too-long"),
        ({"cues": (Cue("a"),) * 501}, "cues", "too-many-entries"),
        ({"rubric": (Criterion("a", "b", LONG),)}, "rubric", "text-too-long"),
        ({"extra": {"x": LONG}}, "extra", "text-too-long"),
        ({"extra": {"x": list(range(100_000))}}, "extra", "text-too-long"),
        ({"thinking": "a\x00b"}, "thinking", "invalid-character"),
    ],
)
def test_items(values: dict[str, Any], field: str, code: str) -> None:
    with raises(code, field=field):
        check_texts(ItemContent(**values))


def test_ideas_projects_and_taxonomies(database: Database) -> None:
    with database.write() as session:
        root = people.add_person(session, "root", "Root", NOW, site_admin=True)
        project = projects.add_project(session, "demo", "Demo", root, NOW)
        actor = people.actor_in(session, project.id, root)
        idea = ideas.add_idea(session, project, actor, "t" * 300, "d" * 20_000, ["g" * 40], NOW)
        for title, detail, tags, field in (
            (LONG, "", [], "title"), ("a", LONG, [], "detail"), ("a", "", [LONG], "tags")
        ):  # fmt: skip
            with raises("text-too-long", field=field):
                ideas.add_idea(session, project, actor, title, detail, tags, NOW)
        for values in ({"title": LONG}, {"detail": LONG}, {"category": LONG}):
            with raises("text-too-long"):
                ideas.change_idea(session, project, idea.id, actor, **values)
        for title, about in ((LONG, ""), ("a", LONG)):
            with raises("text-too-long"):
                projects.add_project(session, "other", title, root, NOW, about)
        check_settings(project, actor)
    for tree in (
        Taxonomy((Layer(LONG),)),
        Taxonomy((Layer("a", (LONG,)),)),
        Taxonomy((Layer("a", about=LONG),)),
    ):
        with raises("text-too-long"):
            tree.checked()
    with raises("too-many-entries"):
        Taxonomy(tuple(Layer(str(number)) for number in range(1001))).checked()


def check_settings(project: Project, actor: Any) -> None:
    for values in (
        {"modalities": (LONG,)}, {"languages": (LONG,)}, {"targets": {LONG: 1}}, {"contact": LONG},
        {"licence": LONG}, {"how_made": LONG}, {"licence_text": LONG},
    ):  # fmt: skip
        with raises("text-too-long"):
            projects.save_settings(project, actor, msgspec.structs.replace(project.settings, **values))
    with raises("too-many-entries"):
        many = tuple(str(number) for number in range(3000))
        projects.change_settings(project, actor, modalities=many)
