"""Forms answer with a redirect, so that reloading repeats nothing, and messages after it are shown once."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from actions import BASE, after, begun, code_of, paged

from conftest import Site
from mmar.studio.data.tables import ApiToken, Job
from mmar.studio.web.context import Flash, FlashStore, with_message

FORMS = {
    "/preparation/items": ({"do": "forward", "item": "1"}, "items-changed"),
    "/preparation/items#ask": ({"do": "ask", "item": "1", "kind": "thinking"}, "requests-queued"),
    "/preparation/items#none": ({"do": "forward"}, "nothing-selected"),
    "/preparation/format": ({"clip_rate": "16000", "clip_channels": ""}, "clip-format-saved"),
    "/preparation/retry": ({}, "jobs-queued"),
    "/items/many": ({"do": "submit", "item": "1"}, "items-changed"),
    "/items/many#none": ({"do": "submit"}, "nothing-selected"),
    "/people": ({"login": "new", "role": "inspector"}, "person-invited"),
    "/people/3": ({"role": "inspector"}, "roles-saved"),
    "/people/3/link": ({}, "link-created"),
    "/people/3/active": ({"active": "no"}, "deactivated"),
    "/settings": ({"inspections": "2"}, "settings-saved"),
    "/release": ({"version": "1.0"}, ""),
    "/release/takedown": ({"what": "video", "why": "asked"}, "taken-down"),
    "/import": ({}, "no-file"),
    "/proposals/accept": ({}, "suggestions-accepted"),
    "/coverage": ({"target:Signal Layer|sound": "3"}, "targets-saved"),
    "/inspection/next": ({}, "queue-empty"),
    "/write-next": ({}, "queue-empty"),
}


@pytest.mark.parametrize("path", FORMS)
def test_a_form_redirects_and_its_message_is_shown_once(quiet_site: Site, path: str) -> None:
    item = begun(quiet_site)
    assert item == 1
    root = paged(quiet_site, "root")
    sent, code = FORMS[path]
    answer = root.post(f"/p/demo{path.partition('#')[0]}", data=sent)
    page = after(root, answer)
    assert page.status_code == 200
    if code:
        assert code_of(page) == code
    assert code_of(root.get(answer.headers["location"])) == ""


def test_a_new_token_is_shown_once_and_only_to_its_owner(site: Site) -> None:
    anna, ben = paged(site, "anna"), paged(site, "ben")
    answer = anna.post("/me/tokens", data={"name": "script"})
    address = answer.headers["location"]
    assert "mmar_" not in address
    assert "mmar_" not in ben.get(address).text
    page = anna.get(address)
    assert code_of(page) == "token-created"
    token = re.search(r"mmar_[\w-]+", page.text)
    assert token
    bearer = {"authorization": f"Bearer {token[0]}"}
    assert httpx.get(f"{site.url}/api/v1/me", headers=bearer).json()["login"] == "anna"
    for _ in range(2):
        assert token[0] not in anna.get(address).text
    with site.studio.database.read() as session:
        assert session.query(ApiToken).filter_by(name="script").count() == 1


def test_reloading_the_page_after_asking_a_model_asks_nothing(quiet_site: Site) -> None:
    begun(quiet_site)
    root = paged(quiet_site, "root")
    answer = root.post("/p/demo/preparation/items", data={"do": "ask", "item": "1", "kind": "thinking"})
    for _ in range(3):
        assert root.get(answer.headers["location"]).status_code == 200
    with quiet_site.studio.database.read() as session:
        assert session.query(Job).filter_by(kind="propose").count() == 1


def test_a_person_who_is_a_member_already_keeps_their_roles(site: Site) -> None:
    root = paged(site, "root")
    page = after(root, root.post("/p/demo/people", data={"login": "anna", "role": "admin"}))
    assert code_of(page) == "already-member"
    program = site.client("root").post(f"{BASE}/people", json={"login": "anna", "roles": ["admin"]})
    assert (program.status_code, program.json()["error"]["code"]) == (409, "already-member")
    people = {one["login"]: one["roles"] for one in site.client("root").get(f"{BASE}/people").json()}
    assert people["anna"] == ["annotator"]


def test_a_person_of_another_project_is_added_without_a_link(site: Site) -> None:
    root = site.client("root")
    assert root.post("/api/v1/projects", json={"slug": "other", "title": "Other"}).is_success
    browser = paged(site, "root")
    form = {"login": "anna", "role": "lead"}
    page = after(browser, browser.post("/p/other/people", data=form))
    assert code_of(page) == "login-exists"
    assert 'value="anna"' in page.text, "the form is filled in again"
    assert root.get("/api/v1/p/other/people").json()[0]["login"] == "root"
    page = after(browser, browser.post("/p/other/people", data={**form, "existing": "on"}))
    assert code_of(page) == "member-added"
    assert "/welcome/" not in page.text


NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_a_message_belongs_to_one_person_and_expires() -> None:
    store = FlashStore()
    key = store.add(1, Flash("saved", "Saved."), NOW)
    assert store.take(key, 2, NOW) is None
    assert store.take("unknown", 1, NOW) is None
    assert store.take(key, 1, NOW + timedelta(hours=1)) is None
    key = store.add(1, Flash("saved", "Saved."), NOW)
    assert store.take(key, 1, NOW) == Flash("saved", "Saved.")
    assert store.take(key, 1, NOW) is None


def test_the_store_of_messages_is_bounded() -> None:
    store = FlashStore()
    keys = [store.add(1, Flash("saved", str(n)), NOW) for n in range(2_100)]
    assert store.take(keys[0], 1, NOW) is None
    assert store.take(keys[-1], 1, NOW) is not None


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/me", "/me?message=k"),
        ("/items?after=3", "/items?after=3&message=k"),
        ("/preparation#suggestions", "/preparation?message=k#suggestions"),
    ],
)
def test_the_key_of_a_message_stands_before_the_fragment(path: str, address: str) -> None:
    assert with_message(path, "k") == address
