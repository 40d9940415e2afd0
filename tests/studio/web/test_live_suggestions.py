"""Suggestions of the model appear on open pages when their jobs end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from actions import begun, marks, paged
from browser_user import Visitor

from conftest import Site
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Job
from mmar.studio.store import proposals
from mmar.studio.store.jobs import enqueue

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HX = {"hx-request": "true"}


def ask(site: Site, item: int) -> int:
    """Queue a request to the model that no worker takes."""
    with site.studio.database.write() as session:
        payload = {"kind": "thinking", "item": item}
        job = enqueue(session, 1, "propose", f"thinking:{item}", payload, site.studio.clock(), item_id=item)
        job.state, job.worker = "running", "test"
        job.lease_until = site.studio.clock().replace(year=2100)
        return job.id


def answer(site: Site, item: int, job: int) -> None:
    """Store an answer of the model."""
    with site.studio.database.write() as session:
        now = site.studio.clock()
        content = {"thinking": "The drum comes last, alone."}
        row = session.get_one(Item, item)
        proposals.add_proposal(
            session, 1, "thinking", content, model="text/wise", prompt="p", now=now, item=row
        )
        session.get_one(Job, job).state = "done"


def test_the_jobs_panel_triggers_an_event_for_new_suggestions(quiet_site: Site) -> None:
    item = begun(quiet_site)
    anna = paged(quiet_site, "anna")
    job = ask(quiet_site, item)
    waiting = anna.get("/p/demo/preparation/jobs?newest=0", headers=HX)
    assert "hx-trigger-after-swap" not in waiting.headers
    assert "hx-get" in waiting.text
    answer(quiet_site, item, job)
    done = anna.get("/p/demo/preparation/jobs?newest=0", headers=HX)
    assert done.headers["hx-trigger-after-swap"] == "suggestions-arrived"
    assert "hx-get" not in done.text
    arrived = anna.get("/p/demo/preparation/suggestions/new?after=0", headers=HX)
    assert marks(arrived, "suggestion") == ["1"]
    assert marks(anna.get("/p/demo/preparation/suggestions/new?after=1", headers=HX), "suggestion") == []


def test_a_suggestion_appears_on_open_pages(quiet_site: Site, browser: Browser) -> None:
    item = begun(quiet_site)
    job = ask(quiet_site, item)
    anna, again = Visitor(browser, quiet_site, "anna"), Visitor(browser, quiet_site, "anna")
    preparation, page = anna.go("/preparation"), again.go(f"/items/{item}")
    for one in (preparation, page):
        expect(one.locator("[data-suggestion]")).to_have_count(0)
    answer(quiet_site, item, job)
    expect(preparation.locator("[data-suggestion='1']")).to_be_visible()
    preparation.get_by_role("button", name="Accept", exact=True).click()
    expect(preparation.locator("[data-code=suggestion-accepted]")).to_be_visible()
    expect(page.locator("[data-suggestion]")).to_have_count(1)
    assert anna.complaints == again.complaints == []
