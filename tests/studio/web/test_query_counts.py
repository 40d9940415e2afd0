"""The number of database queries of a page does not grow with items and people."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from actions import begun, paged
from sqlalchemy import event

from conftest import Site
from mmar.studio.workflow import Role


@contextmanager
def looks(site: Site) -> Iterator[list[str]]:
    """The statements that are sent in this context."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if threading.current_thread().name != "mmar-studio-worker":  # which looks for work meanwhile
            seen.append(statement)

    event.listen(site.studio.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(site.studio.database.engine, "before_cursor_execute", note)


# The form first: whoever has seen the key there may see more on the page of the item.
PAGES = ("", "/items", "/items/1/edit", "/items/1", "/inspection", "/preparation", "/people", "/coverage")


def test_pages_need_as_many_queries_for_many_items_as_for_few(quiet_site: Site) -> None:
    lead, anna = paged(quiet_site, "root"), quiet_site.client("anna")

    def grow(people: int, items: int) -> None:
        for n in range(people):
            quiet_site.add(f"x{people}-{n}", Role.INSPECTOR, Role.ANNOTATOR)
        for _ in range(items):
            anna.post(f"/api/v1/p/demo/items/{begun(quiet_site)}/submit", json={})

    def queries() -> dict[str, int]:
        counts = {}
        for path in PAGES:
            lead.get(f"/p/demo{path}")  # what is noted at the first look, such as a key that was shown
            with looks(quiet_site) as seen:
                assert lead.get(f"/p/demo{path}").status_code == 200
            counts[path] = len(seen)
        return counts

    grow(people=1, items=2)
    few = queries()
    grow(people=6, items=6)
    assert queries() == few
    assert max(few.values()) < 30
