"""Rules that hold for every address of the studio, which are read from the application."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from actions import begun
from fastapi.routing import APIRoute

from conftest import Site
from mmar.studio.data.tables import Person
from mmar.studio.store import projects
from mmar.studio.web import api, pages
from mmar.studio.web.context import COOKIE

OPEN = {"/login", "/welcome/{token}"}
"""For whoever is not logged in yet; a form there is checked by where it comes from."""

VALUES = {
    "action": "submit",
    "kind": "thinking",
    "queue": "inspect",
    "form": "csv",
    "version": "1.0",
    "slug": "demo",
}


def every_route() -> Iterator[tuple[str, str]]:
    """Method and path, the API's with its prefix."""
    for prefix, routers in (("", pages.ROUTERS), ("/api/v1", api.ROUTERS)):
        for router in routers:
            for route in router.routes:
                assert isinstance(route, APIRoute)
                for method in sorted(route.methods - {"HEAD"}):
                    yield method, prefix + route.path


ROUTES = sorted(set(every_route()))


def filled(path: str, slug: str = "demo") -> str:
    """A path with plausible values of its parameters."""
    values = VALUES | {"slug": slug}
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda position: values.get(position[1], "1"), path)


def test_the_routes_of_the_application_are_found() -> None:
    assert len(ROUTES) > 100
    assert {"GET", "POST", "PUT", "PATCH", "DELETE"} <= {method for method, _ in ROUTES}


def test_an_anonymous_visitor_sees_no_page(site: Site) -> None:
    stranger = site.client()
    for method, path in ROUTES:
        if path in OPEN:
            continue
        answer = stranger.request(method, filled(path))
        if path.startswith("/api/"):
            assert answer.status_code == 401, (method, path)
            assert answer.json()["error"]["code"] == "login-required"
        else:
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/login"), (method, path)


@pytest.mark.parametrize("sent", [{}, {"csrf": "x" * 43}], ids=["no token", "another token"])
def test_every_form_and_every_call_with_a_cookie_needs_the_token(site: Site, sent: dict[str, str]) -> None:
    browser = site.client()
    browser.cookies.set(COOKIE, site.cookie("root"))
    for method, path in ROUTES:
        if method == "GET" or path in OPEN:
            continue
        body = {"json": sent} if path.startswith("/api/") else {"data": sent}
        answer = browser.request(method, filled(path), **body)  # type: ignore[arg-type]
        assert answer.status_code == 403, (method, path, answer.text[:200])


def test_members_of_other_projects_get_404(site: Site) -> None:
    with site.studio.database.write() as session:
        projects.add_project(session, "hidden", "Hidden", session.get_one(Person, 1), site.studio.clock())
    browser, program = site.client(), site.client("anna")
    browser.cookies.set(COOKIE, site.cookie("anna"))
    result = re.search(r'name="csrf" value="([^"]+)"', browser.get("/p/demo").text)
    assert result
    for method, path in ROUTES:
        if "{slug}" not in path:
            continue
        address = filled(path, "hidden")
        if path.startswith("/api/"):
            answer = program.request(method, address, json={})
        elif method == "GET":
            answer = browser.get(address)
        else:
            answer = browser.request(method, address, data={"csrf": result[1]})
        # A body that is not even of its type may be refused before the project is looked for.
        assert answer.status_code in (404, 422), (method, path, answer.status_code)
        if answer.status_code == 422:
            missing = program.request(method, filled(path, "nowhere"), json={})
            assert (missing.status_code, missing.text) == (answer.status_code, answer.text), (method, path)
        assert "Hidden" not in answer.text


def test_every_address_shows_a_complete_page(site: Site) -> None:
    begun(site)
    browser = site.client()
    browser.cookies.set(COOKIE, site.cookie("root"))
    parts = 0
    for method, path in ROUTES:
        if method != "GET" or path.startswith("/api/"):
            continue
        answer = browser.get(filled(path))
        while answer.is_redirect:
            answer = browser.get(answer.headers["location"])
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert answer.text.lstrip().startswith("<!doctype html>"), path
        parts += not browser.get(filled(path), headers={"hx-request": "true"}).text.lstrip().startswith("<!")
    assert parts > 5
