"""The number of database queries of a page does not grow with items and people."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from actions import begun, paged
from sqlalchemy import event

from conftest import Site
from mmar.studio.workflow import Role


@contextmanager
def looks(site: Site) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if threading.current_thread().name != "mmar-studio-worker":  # which looks for work meanwhile
            seen.append(statement)

    event.listen(site.studio.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(site.studio.database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    "path", ["", "/items", "/items/1", "/items/1/edit", "/inspection", "/preparation", "/people", "/coverage"]
)
def test_pages_need_as_many_queries_for_many_items_as_for_few(path: str, quiet_site: Site) -> None:
    lead = paged(quiet_site, "root")

    def grow(people: int, items: int, *, first: int) -> None:
        for n in range(people):
            quiet_site.add(f"x{first + n}", Role.INSPECTOR, Role.ANNOTATOR)
        made = [begun(quiet_site) for _ in range(items)]
        for number in made:
            quiet_site.client("anna").post(f"/api/v1/p/demo/items/{number}/submit", json={})

    grow(1, 2, first=0)
    counts = []
    for more in (0, 6):
        grow(more, more, first=10 * more)
        lead.get(f"/p/demo{path}")  # what is noted at the first look, such as a key that was shown
        with looks(quiet_site) as seen:
            assert lead.get(f"/p/demo{path}").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[0] < 30
