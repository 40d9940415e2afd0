"""The REST API, from an idea to a release, on a real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from actions import BASE, CONTENT

from conftest import Site, on_both
from mmar.studio.releases.project_releases import write_project_release
from waiting import until


@on_both
def test_an_item_goes_through_the_api_and_a_stale_save_gets_409_with_both_changes(quiet_site: Site) -> None:
    anna, ina, root = (quiet_site.client(login) for login in ("anna", "ina", "root"))
    item = anna.post(f"{BASE}/items").json()["id"]
    first = anna.put(f"{BASE}/items/{item}", json={"version": 0, "revision": 0, "content": CONTENT}).json()
    assert (first["version"], first["revision"], first["errors"]) == (1, 1, 0)
    theirs = {**CONTENT, "thinking": "Drum last."}
    assert root.put(f"{BASE}/items/{item}", json={"version": 1, "revision": 1, "content": theirs}).is_success
    mine = {**CONTENT, "question": "What comes last?"}
    stale = anna.put(f"{BASE}/items/{item}", json={"version": 1, "revision": 1, "content": mine})
    assert stale.status_code == 409
    conflict = stale.json()["conflict"]
    assert [one["field"] for one in conflict["theirs"]] == ["thinking"]
    assert [one["field"] for one in conflict["yours"]] == ["question"]
    both = {"version": stale.json()["version"], "revision": 2, "content": conflict["merged"]}
    assert anna.put(f"{BASE}/items/{item}", json=both).is_success
    for action in ("submit", "forward"):
        assert anna.post(f"{BASE}/items/{item}/{action}", json={}).is_success
    taken = ina.post(f"{BASE}/queue/inspection/next").json()
    assert taken["id"] == item
    assert not {"answer", "thinking", "cues"} & set(taken["content"])
    assert "thinking" not in ina.get(f"{BASE}/items/{item}").json()["content"]
    assert ina.post(f"{BASE}/items/{item}/approve", json={}).json()["error"]["code"] == "listen"
    key = ina.put(f"{BASE}/items/{item}/blind-answer", json={"choice": 1}).json()
    assert key["content"]["thinking"] == "Drum last."
    wrong = ina.post(
        f"{BASE}/items/{item}/reject", json={"rejection": {"reason": "x", "field": "y", "comment": ""}}
    )
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "reason")
    assert ina.post(f"{BASE}/items/{item}/approve", json={}).json()["state"] == "approved"
    human = anna.get(BASE).json()["human"]
    assert human["answers"] == 0  # there was no clip to listen to
    assert anna.post(f"{BASE}/releases", json={"version": "1.0"}).status_code == 403
    made = root.post(f"{BASE}/releases", json={"version": "1.0"})
    assert made.status_code == 201, made.text


@on_both
def test_from_an_idea_to_a_release_without_a_page(site: Site, recording: Path) -> None:
    anna, ina, root = (site.client(login) for login in ("anna", "ina", "root"))

    def done(answer: httpx.Response) -> Any:
        assert answer.is_success, answer.text
        return answer.json()

    idea = done(anna.post(f"{BASE}/ideas", json={"title": "Which tone?", "tags": ["pitch"]}))["id"]
    with recording.open("rb") as file:
        sound = done(anna.post(f"{BASE}/recordings", files={"file": ("take.wav", file)}))["recording"]
    item = done(anna.post(f"{BASE}/items"))["id"]
    content = {**CONTENT, "recording": sound, "timestamp": "0:01,0:03;0:08,0:10", "idea": idea}
    done(anna.put(f"{BASE}/items/{item}", json={"version": 0, "revision": 0, "content": content}))
    assert done(anna.post(f"{BASE}/items/{item}/submit", json={}))["state"] == "preparation"
    clip = until(lambda: done(anna.get(f"{BASE}/items/{item}/sound"))["clip"])  # the server's worker cuts it
    assert clip["duration"] == pytest.approx(4.0)
    assert done(anna.post(f"{BASE}/items/{item}/forward", json={}))["state"] == "inspection"
    assert done(ina.post(f"{BASE}/queue/inspection/next"))["id"] == item
    played, answer = f"{BASE}/items/{item}/playback", {"choice": 0}
    assert ina.put(f"{BASE}/items/{item}/blind-answer", json=answer).status_code == 409
    assert ina.put(played, json={"event": "start"}).is_success
    until(lambda: ina.put(played, json={"event": "end"}).is_success)  # refused before it can have ended
    done(ina.put(f"{BASE}/items/{item}/blind-answer", json=answer))
    spot = {"reason": "wrong_key", "field": "answer", "comment": "It is the bell.", "start": 0.5, "end": 1.5}
    assert done(ina.post(f"{BASE}/items/{item}/reject", json={"rejection": spot}))["state"] == "correction"
    now = done(anna.get(f"{BASE}/items/{item}"))
    mended = {**now["content"], "answer": 0, "thinking": "The bell comes last."}
    stored = {"version": now["version"], "revision": now["revision"], "content": mended, "why": "the key"}
    done(anna.put(f"{BASE}/items/{item}", json=stored))
    assert done(anna.post(f"{BASE}/items/{item}/resubmit", json={}))["state"] == "inspection"
    assert done(ina.post(f"{BASE}/queue/inspection/next"))["id"] == item
    # She knows the key by now, so a second answer would not be blind.
    assert ina.put(f"{BASE}/items/{item}/blind-answer", json={"choice": 0}).status_code == 409
    assert done(ina.post(f"{BASE}/items/{item}/approve", json={}))["state"] == "approved"
    first = done(root.post(f"{BASE}/releases", json={"version": "1.0"}))
    again = write_project_release(
        site.studio.config, site.studio.database, "demo", "1.0", site.studio.clock()
    )
    assert again.digest == first["digest"]


def test_the_api_is_described_and_requires_a_token(site: Site) -> None:
    client = site.client()
    assert client.get("/api/v1/projects").status_code == 401
    wrong = client.get("/api/v1/projects", headers={"authorization": "Bearer mmar_wrong"})
    assert wrong.json()["error"]["code"] == "login-required"
    described = client.get("/api/v1/openapi.json").json()
    assert len(described["paths"]) > 20
    for path, methods in described["paths"].items():
        assert path.startswith("/api/v1/")
        assert all(method["summary"] for method in methods.values())
    mistaken = site.client("anna").put(f"{BASE}/items/1", json={"version": "x"})
    assert mistaken.status_code == 422
    assert "error" in mistaken.json()


@on_both
def test_programs_can_manage_people_audio_and_ideas(site: Site, recording: Path) -> None:
    root, anna = site.client("root"), site.client("anna")
    made = root.post(f"{BASE}/people", json={"login": "eve", "name": "Eve", "roles": ["inspector"]}).json()
    assert "/welcome/" in made["link"]
    assert anna.post(f"{BASE}/people", json={"login": "mal", "roles": ["admin"]}).status_code == 403
    assert root.post("/api/v1/projects", json={"slug": "second", "title": "Second"}).status_code == 201
    assert anna.post("/api/v1/projects", json={"slug": "third", "title": "Third"}).status_code == 403
    with recording.open("rb") as file:
        sent = anna.post(f"{BASE}/recordings", files={"file": ("take.wav", file)})
    assert sent.status_code == 201, sent.text
    assert sent.json()["duration"] == pytest.approx(12.0)
    item = anna.post(f"{BASE}/items").json()["id"]
    content = {**CONTENT, "recording": sent.json()["recording"]}
    stored = {"version": 0, "revision": 0, "content": content}
    assert anna.put(f"{BASE}/items/{item}/draft", json=stored).status_code == 204
    assert anna.put(f"{BASE}/items/{item}", json=stored).is_success
    assert anna.post(f"{BASE}/items/{item}/sound").json()["state"] in ("cutting", "ready")
    clip = until(lambda: anna.get(f"{BASE}/items/{item}/sound").json()["clip"])
    assert clip["duration"] == pytest.approx(2.0)
    idea = anna.post(f"{BASE}/ideas", json={"title": "Echo or not?", "tags": ["room"]}).json()
    assert anna.post(f"{BASE}/ideas/{idea['id']}/vote").status_code == 204
    assert anna.get(f"{BASE}/ideas").json()[0]["votes"] == 1
    stale = {"title": "Echo?", "version": 7}
    assert anna.patch(f"{BASE}/ideas/{idea['id']}", json=stale).status_code == 409
    assert anna.post(f"{BASE}/ideas/ask/grouping").status_code == 202
    tree = root.get(f"{BASE}/taxonomy").json()
    tree["layers"][0]["subs"].append("Replay")
    new = {"base": tree["number"], "layers": tree["layers"], "why": "replay is a thing of its own"}
    assert root.put(f"{BASE}/taxonomy", json=new).json() == {"number": 2}
    assert root.put(f"{BASE}/taxonomy", json=new).status_code == 409
    settings = root.put(f"{BASE}/settings", json={"targets": {"Signal Layer|sound": 3}}).json()
    assert settings["targets"] == {"Signal Layer|sound": 3}
    assert root.get(f"{BASE}/coverage").json()["next"][0]["target"] == 3
    # Another rate is cut for, as when the page asks for it.
    assert root.put(f"{BASE}/settings", json={"clip_rate": 8000}).json()["clip_rate"] == 8000
    assert clip["rate"] != 8000
    until(lambda: (anna.get(f"{BASE}/items/{item}/sound").json()["clip"] or clip)["rate"] == 8000)
