"""What a person can do on a page a program can do through the API, under the same rules."""

from __future__ import annotations

import json
from typing import Any

from actions import BASE, CONTENT, begun
from fastapi.routing import APIRoute

from conftest import PASSWORD, Site, on_both
from mmar.studio.web.pages import ROUTERS

BROWSERS_OWN = {"/login", "/logout", "/welcome/{token}", "/me/password"}
"""A program has a token: it does not log in, and a password is chosen by its person."""

COUNTERPARTS = {
    "/me/tokens": "POST /me/tokens",
    "/me/tokens/{token_id}/revoke": "DELETE /me/tokens/{token_id}",
    "/projects": "POST /projects",
    "/p/{slug}/people": "POST /p/{slug}/people",
    "/p/{slug}/people/{person_id}": "PUT /p/{slug}/people/{person_id}",
    "/p/{slug}/people/{person_id}/link": "POST /p/{slug}/people/{person_id}/link",
    "/p/{slug}/people/{person_id}/active": "PUT /p/{slug}/people/{person_id}/active",
    "/p/{slug}/settings": "PUT /p/{slug}/settings",
    "/p/{slug}/ideas": "POST /p/{slug}/ideas",
    "/p/{slug}/ideas/propose": "POST /p/{slug}/ideas/ask/{kind}",
    "/p/{slug}/ideas/{idea_id}/vote": "POST /p/{slug}/ideas/{idea_id}/vote",
    "/p/{slug}/ideas/{idea_id}": "PATCH /p/{slug}/ideas/{idea_id}",
    "/p/{slug}/ideas/{idea_id}/merge": "POST /p/{slug}/ideas/{idea_id}/merge",
    "/p/{slug}/ideas/{idea_id}/drop": "PATCH /p/{slug}/ideas/{idea_id}",
    "/p/{slug}/taxonomy": "PUT /p/{slug}/taxonomy",
    "/p/{slug}/taxonomy/propose": "POST /p/{slug}/ideas/ask/{kind}",
    "/p/{slug}/coverage": "PUT /p/{slug}/settings",
    "/p/{slug}/items": "POST /p/{slug}/items",
    "/p/{slug}/write-next": "POST /p/{slug}/queue/{queue}/next",
    "/p/{slug}/items/{item_id}/show-key": "POST /p/{slug}/items/{item_id}/show-key",
    "/p/{slug}/items/{item_id}/assign": "PUT /p/{slug}/items/{item_id}/assignment",
    "/p/{slug}/items/{item_id}/act/{action}": "POST /p/{slug}/items/{item_id}/{action}",
    "/p/{slug}/items/{item_id}/draft": "PUT /p/{slug}/items/{item_id}/draft",
    "/p/{slug}/items/{item_id}/save": "PUT /p/{slug}/items/{item_id}",
    "/p/{slug}/items/{item_id}/resolve": "POST /p/{slug}/items/{item_id}/resolve",
    "/p/{slug}/items/{item_id}/upload": "POST /p/{slug}/recordings",
    "/p/{slug}/preparation/jobs/{job_id}/retry": "POST /p/{slug}/jobs/{job_id}/retry",
    "/p/{slug}/preparation/retry": "POST /p/{slug}/jobs/retry",
    "/p/{slug}/preparation/items": "POST /p/{slug}/items/ask",
    "/p/{slug}/items/many": "POST /p/{slug}/items/assign",
    "/p/{slug}/preparation/format": "PUT /p/{slug}/settings",
    "/p/{slug}/items/{item_id}/ask/{kind}": "POST /p/{slug}/items/{item_id}/ask/{kind}",
    "/p/{slug}/items/{item_id}/guess": "POST /p/{slug}/items/{item_id}/ask/{kind}",
    "/p/{slug}/proposals/accept": "POST /p/{slug}/proposals/accept",
    "/p/{slug}/proposals/{proposal_id}": "POST /p/{slug}/proposals/{proposal_id}",
    "/p/{slug}/inspection/next": "POST /p/{slug}/queue/{queue}/next",
    "/p/{slug}/items/{item_id}/playback": "PUT /p/{slug}/items/{item_id}/playback",
    "/p/{slug}/items/{item_id}/answer": "PUT /p/{slug}/items/{item_id}/blind-answer",
    "/p/{slug}/items/{item_id}/judgement-draft": "PUT /p/{slug}/items/{item_id}/judgement-draft",
    "/p/{slug}/items/{item_id}/judge": "POST /p/{slug}/items/{item_id}/{action}",
    "/p/{slug}/items/{item_id}/release": "POST /p/{slug}/items/{item_id}/release",
    "/p/{slug}/release": "POST /p/{slug}/releases",
    "/p/{slug}/release/takedown": "POST /p/{slug}/takedowns",
    "/p/{slug}/release/takedown/{takedown_id}/lift": "POST /p/{slug}/takedowns/{takedown_id}/lift",
    "/p/{slug}/import": "POST /p/{slug}/import/file",
}
"""Each form of the pages, and what a program sends instead."""


def test_every_form_of_the_pages_has_its_counterpart_in_the_described_api(site: Site) -> None:
    forms = {
        route.path
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and route.methods - {"GET", "HEAD"}
    }
    assert forms - BROWSERS_OWN - set(COUNTERPARTS) == set()
    paths = site.client().get("/api/v1/openapi.json").json()["paths"]
    described = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in paths.items()
        for method in methods
    }
    assert set(COUNTERPARTS.values()) <= described


def test_tokens_are_made_listed_and_revoked_each_persons_own(site: Site) -> None:
    anna, ben = site.client("anna"), site.client("ben")
    assert anna.get("/api/v1/me").json()["login"] == "anna"
    made = anna.post("/api/v1/me/tokens", json={"name": "nightly"})
    assert made.status_code == 201
    listed = anna.get("/api/v1/me/tokens")
    assert [one["name"] for one in listed.json()] == ["test", "nightly"]
    assert made.json()["token"] not in listed.text
    fresh = {"authorization": f"Bearer {made.json()['token']}"}
    assert site.client().get("/api/v1/me", headers=fresh).json()["login"] == "anna"
    number = listed.json()[1]["id"]
    assert ben.delete(f"/api/v1/me/tokens/{number}").status_code == 404
    assert anna.delete(f"/api/v1/me/tokens/{number}").status_code == 204
    assert site.client().get("/api/v1/me", headers=fresh).status_code == 401
    assert [one["name"] for one in anna.get("/api/v1/me/tokens").json()] == ["test"]


def test_a_link_for_a_new_password_works_and_ends_the_sessions(site: Site) -> None:
    root, anna = site.client("root"), site.client("anna")
    cookie = {"cookie": f"mmar_studio={site.cookie('anna')}"}
    assert site.client().get("/p/demo", headers=cookie).status_code == 200
    assert anna.post(f"{BASE}/people/3/link").status_code == 403
    assert root.post(f"{BASE}/people/99/link").status_code == 404
    made = root.post(f"{BASE}/people/2/link").json()
    assert made["login"] == "anna"
    assert site.client().get("/p/demo", headers=cookie).status_code == 303
    chosen = f"{PASSWORD} and one"
    link = made["link"].removeprefix(site.url)
    assert site.client().post(link, data={"password": chosen, "again": chosen}).status_code == 303
    log = root.get(f"{BASE}/audit").json()
    assert ("link made", "anna") in {(one["action"], one["subject"]) for one in log}
    assert anna.get(f"{BASE}/audit").status_code == 401  # her token ended with her old password


def test_a_revision_hides_its_key_from_people_who_may_answer_blind(
    quiet_site: Site,
) -> None:
    item = begun(quiet_site)
    anna, ina = quiet_site.client("anna"), quiet_site.client("ina")
    second = {
        "version": 1,
        "revision": 1,
        "content": {**CONTENT, "question": "What is last?"},
        "why": "short",
    }
    assert anna.put(f"{BASE}/items/{item}", json=second).is_success
    first = anna.get(f"{BASE}/items/{item}/revisions/1").json()
    assert (first["number"], first["content"]["question"], first["content"]["answer"]) == (
        1,
        "Which comes last?",
        1,
    )
    assert anna.get(f"{BASE}/items/{item}/revisions/2").json()["why"] == "short"
    assert anna.get(f"{BASE}/items/{item}/revisions/3").status_code == 404
    hidden = ina.get(f"{BASE}/items/{item}/revisions/1").json()["content"]
    assert not {"answer", "thinking", "cues"} & set(hidden)


@on_both
def test_a_program_resolves_a_conflict_which_other_readers_cannot_see(quiet_site: Site) -> None:
    item = begun(quiet_site)
    anna, root, ina = (quiet_site.client(login) for login in ("anna", "root", "ina"))
    assert anna.get(f"{BASE}/items/{item}/draft").json() is None
    assert anna.post(f"{BASE}/items/{item}/resolve", json={"take": "mine"}).status_code == 404
    theirs = {"version": 1, "revision": 1, "content": {**CONTENT, "thinking": "Drum last."}}
    assert root.put(f"{BASE}/items/{item}", json=theirs).is_success
    mine = {"version": 1, "revision": 1, "content": {**CONTENT, "question": "What is last?"}}
    assert anna.put(f"{BASE}/items/{item}", json=mine).status_code == 409
    assert anna.put(f"{BASE}/items/{item}/draft", json=mine).status_code == 204
    merged = anna.post(f"{BASE}/items/{item}/resolve", json={"take": "merged", "first": 1}).json()
    assert (merged["version"], merged["revision"]) == (2, 2)
    assert merged["content"]["question"] == "What is last?"
    assert merged["content"]["thinking"] == "Drum last."
    assert anna.get(f"{BASE}/items/{item}/draft").json() == merged
    stored = {name: merged[name] for name in ("version", "revision", "content")}
    assert anna.put(f"{BASE}/items/{item}", json=stored).json()["revision"] == 3
    # An inspector may keep a draft of anything, and an old save of theirs is refused; neither shows the key.
    for login in ("ina", "ben"):
        other = quiet_site.client(login)
        assert other.put(f"{BASE}/items/{item}/draft", json=mine).status_code == 204
        for word in ("theirs", "merged"):
            taken = other.post(f"{BASE}/items/{item}/resolve", json={"take": word, "first": 1})
            assert taken.status_code == 403, taken.text
        stale = other.put(f"{BASE}/items/{item}", json=mine)
        assert "Drum last" not in stale.text
        assert "conflict" not in stale.json()
    assert ina.get(f"{BASE}/items/{item}").status_code == 200


def test_label_studio_tasks_are_exported_and_imported_into_another_project(quiet_site: Site) -> None:
    begun(quiet_site)
    root, anna = quiet_site.client("root"), quiet_site.client("anna")
    exported = root.get(f"{BASE}/export.label-studio.json")
    assert exported.status_code == 200, exported.text
    tasks: Any = json.loads(exported.content)
    assert len(tasks) == 1
    assert root.post("/api/v1/projects", json={"slug": "second", "title": "2", "about": "x"}).is_success
    sent = {"file": ("tasks.json", exported.content, "application/json")}
    assert anna.post(f"{BASE}/import/file", files=sent).status_code == 403
    assert root.post(f"{BASE}/import/file", data={"inspect": "on"}).status_code == 422
    done = root.post("/api/v1/p/second/import/file", files=sent, data={"inspect": "on"}).json()
    assert done["added"] == 1
    result = root.get("/api/v1/p/second/items").json()[0]
    assert (result["question"], result["state"]) == ("Which comes last?", "preparation")
    assert root.post("/api/v1/p/second/import/file", files=sent).json()["added"] == 0
    assert anna.get("/api/v1/p/demo/export.csv").status_code == 403
    log = root.get("/api/v1/p/second/audit").json()
    assert "import" in {one["action"] for one in log}
    assert root.get("/api/v1/p/second/taxonomy/versions").json()[0]["number"] == 1
    assert root.get("/api/v1/p/second/takedowns").json() == []
