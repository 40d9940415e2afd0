"""A session that ends while a page is open: scripts get a code, and people log in without leaving the page."""

from __future__ import annotations

import pytest
from actions import begun, paged
from sqlalchemy import text

from conftest import PASSWORD, Site

SCRIPT = {"accept": "application/json"}


def end_sessions(site: Site) -> None:
    with site.studio.database.write() as session:
        session.execute(text("DELETE FROM login_session"))


@pytest.mark.parametrize("headers", [SCRIPT, {"hx-request": "true"}])
def test_a_script_gets_a_code_instead_of_a_redirect(quiet_site: Site, headers: dict[str, str]) -> None:
    item = begun(quiet_site)
    anna = paged(quiet_site, "anna")
    end_sessions(quiet_site)
    answer = anna.post(f"/p/demo/items/{item}/draft", data={"question": "Lost?"}, headers=headers)
    assert (answer.status_code, answer.headers["x-error-code"]) == (401, "login-required")
    assert anna.get("/session", headers=SCRIPT).status_code == 401


def test_a_page_leads_to_the_login_and_back(quiet_site: Site) -> None:
    anna = paged(quiet_site, "anna")
    end_sessions(quiet_site)
    answer = anna.get("/p/demo/items?state=draft")
    assert answer.headers["location"] == "/login?next=/p/demo/items%3Fstate%3Ddraft"
    login = {"login": "anna", "password": PASSWORD, "next": "/p/demo/items?state=draft"}
    assert quiet_site.client().post("/login", data=login).headers["location"] == login["next"]


def test_a_script_logs_in_and_gets_the_new_token(quiet_site: Site) -> None:
    item = begun(quiet_site)
    client = quiet_site.client()
    wrong = client.post("/login", data={"login": "anna", "password": "not this"}, headers=SCRIPT)
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "wrong-password")
    answer = client.post("/login", data={"login": "anna", "password": PASSWORD}, headers=SCRIPT)
    assert answer.json()["login"] == "anna"
    token = answer.json()["csrf"]
    assert client.get("/session").json() == {"login": "anna", "csrf": token}
    form = {"csrf": token, "question": "Kept?", "version": "1", "base": "1"}
    assert client.post(f"/p/demo/items/{item}/draft", data=form).status_code == 200


def test_the_token_of_an_earlier_session_has_a_code_of_its_own(quiet_site: Site) -> None:
    begun(quiet_site)
    old, new = paged(quiet_site, "anna"), paged(quiet_site, "anna")
    new.headers["x-csrf-token"] = old.headers["x-csrf-token"]
    answer = new.post("/p/demo/items/1/draft", data={"question": "Q"}, headers=SCRIPT)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forged-request")


def test_a_draft_that_arrives_after_its_save_is_no_conflict(quiet_site: Site) -> None:
    item = begun(quiet_site)
    anna = paged(quiet_site, "anna")
    form = {"version": "1", "base": "1", "question": "What is last?"}
    assert anna.post(f"/p/demo/items/{item}/save", data=form).is_redirect
    assert anna.post(f"/p/demo/items/{item}/draft", data=form).status_code == 200
    assert quiet_site.client("anna").get(f"/api/v1/p/demo/items/{item}/draft").json() is None
    late = {**form, "question": "What is really last?"}
    assert anna.post(f"/p/demo/items/{item}/draft", data=late).status_code == 200
    stored = quiet_site.client("anna").get(f"/api/v1/p/demo/items/{item}/draft").json()
    assert stored["content"]["question"] == "What is really last?"
