"""Error pages have the navigation and no internal details."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from actions import BASE, begun, paged
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from conftest import Site

STAGES = 'class="stages"'
OUT = 'action="/logout"'
CODE = "database-unavailable"


def test_error_pages_have_the_navigation(quiet_site: Site) -> None:
    ina = paged(quiet_site, "ina")
    missing = ina.get("/p/demo/items/999")
    forbidden = ina.post("/p/demo/release/takedown", data={"what": "a", "why": "b"})
    assert (missing.status_code, forbidden.status_code) == (404, 403)
    for text in (missing, forbidden):
        assert STAGES in text.text
        assert OUT in text.text
        assert '<a class="button" href="/p/demo">' in text.text
    assert (missing.headers["x-error-code"], forbidden.headers["x-error-code"]) == ("not-found", "role")
    # No project there: who one is stands there all the same.
    for path in ("/p/nowhere", "/nothing"):
        text = ina.get(path)
        assert (text.status_code, STAGES in text.text, OUT in text.text) == (404, False, True)
    anonymous = quiet_site.client().get("/nothing")
    assert (anonymous.status_code, OUT in anonymous.text) == (404, False)
    assert 'href="/login"' in anonymous.text


def test_error_pages_have_a_working_logout(quiet_site: Site) -> None:
    ina = paged(quiet_site, "ina")
    token = ina.get("/nothing").text.partition('name="csrf" value="')[2].partition('"')[0]
    assert token
    assert ina.post("/logout", data={"csrf": token}).status_code == 303


@contextmanager
def away(site: Site, *, but: int = 0) -> Iterator[None]:
    """Let the database fail after `but` more statements."""
    left = [but]

    def refuse(*_: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OperationalError("SELECT secret", {}, Exception("server at 10.1.2.3 closed: secret"))

    event.listen(site.studio.database.engine, "before_cursor_execute", refuse)
    yield
    event.remove(site.studio.database.engine, "before_cursor_execute", refuse)


@pytest.mark.parametrize(("but", "known"), [(0, False), (4, True)])
def test_an_unavailable_database_is_a_message_without_internal_details(
    quiet_site: Site, but: int, known: bool, caplog: pytest.LogCaptureFixture
) -> None:
    begun(quiet_site)
    anna, program = paged(quiet_site, "anna"), quiet_site.client("anna")
    with away(quiet_site, but=but):
        visible = anna.get("/p/demo/items")
    with away(quiet_site, but=but):
        part = anna.get("/p/demo/items", headers={"hx-request": "true"})
    with away(quiet_site, but=but):
        api_reply = program.get(f"{BASE}/items")
    for answer in (visible, part, api_reply):
        assert answer.status_code == 503
        assert answer.headers["x-error-code"] == CODE
        assert "secret" not in answer.text
        assert "10.1.2.3" not in answer.text
    assert (STAGES in visible.text) == known, "as much as was known before is there"
    assert api_reply.json()["error"]["code"] == CODE
    assert "server at 10.1.2.3 closed: secret, at GET /p/demo/items" in caplog.text
    assert anna.get("/p/demo/items").status_code == 200
