"""The format of clips and the jobs on the preparation page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import select

from mmar.studio.data.tables import AuditLogEntry, Project
from mmar.studio.store.jobs import enqueue
from mmar.studio.web.context import COOKIE

if TYPE_CHECKING:
    from conftest import Site


def page_of(site: Site, login: str):  # type: ignore[no-untyped-def]
    client = site.client()
    client.cookies.set(COOKIE, site.cookie(login))
    return client


def test_a_lead_sets_the_format_of_clips(site: Site) -> None:
    path, change = "/p/demo/preparation", "/p/demo/preparation/format"
    root, anna = page_of(site, "root"), page_of(site, "anna")
    visible = root.get(path).text
    assert 'data-rate="" data-channels=""' in visible
    assert change in visible
    csrf = re.search(r'name="csrf" value="([^"]+)"', visible)
    assert csrf is not None
    chosen = {"csrf": csrf[1], "clip_rate": "16000", "clip_channels": ""}
    assert root.post(change, data=chosen).status_code == 303
    visible = root.get(path).text
    assert 'data-rate="16000" data-channels=""' in visible
    assert '<option value="16000" selected>' in visible
    with site.studio.database.read() as session:
        assert session.scalars(select(Project)).one().settings.clip_rate == 16_000
        assert "clip format" in session.scalars(select(AuditLogEntry.action)).all()
    # What is not offered changes nothing; who is no lead sees the words and has no form.
    assert root.post(change, data={**chosen, "clip_rate": "1"}).status_code == 422
    seen = anna.get(path).text
    assert 'data-rate="16000"' in seen
    assert change not in seen
    own = re.search(r'name="csrf" value="([^"]+)"', seen)
    assert own is not None
    assert anna.post(change, data={**chosen, "csrf": own[1], "clip_rate": ""}).status_code == 403
    assert 'data-rate="16000"' in root.get(path).text


def test_a_job_shows_the_public_id_of_its_item(site: Site) -> None:
    item = int(site.client("anna").post("/api/v1/p/demo/items").json()["id"])
    with site.studio.database.write() as session:
        enqueue(session, 1, "waits", "a", {}, site.studio.clock(), item_id=item)
    root = page_of(site, "root")
    assert (
        f'<a class="small" href="/p/demo/items/{item}">demo-0000{item}</a>'
        in root.get("/p/demo/preparation").text
    )
    part = root.get("/p/demo/preparation/jobs", headers={"hx-request": "true"})
    assert f">demo-0000{item}</a>" in part.text
    # Opened by itself, the part of a page leads to the page.
    assert root.get("/p/demo/preparation/jobs").headers["location"] == "/p/demo/preparation"
