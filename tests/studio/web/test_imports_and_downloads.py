"""Imports of invalid files, and releases with items that were taken down since."""

from __future__ import annotations

import json

from actions import BASE, after, code_of, marks, paged
from sqlalchemy import update

from conftest import Site
from mmar.studio.data.item_tables import Item

RECORD = {
    "audio_path": "./audio/a.wav",
    "question": "Which?",
    "choices": ["one", "two"],
    "answer": "two",
    "modality": "sound",
    "category": "Signal Layer",
}


def test_an_invalid_file_is_refused_with_its_line_and_a_valid_one_is_imported(quiet_site: Site) -> None:
    root = quiet_site.client("root")
    head = "id,audio_path,question,choice_1,choice_2,answer,modality,category\n"
    row = "a,./audio/a.wav,Which?,one,two,two,sound,Signal Layer\n"
    wrong = root.post(
        f"{BASE}/import/file", files={"file": ("t.csv", head + row.replace("two,two", "two,B"))}
    )
    assert wrong.status_code == 422
    error = wrong.json()["error"]
    assert error["field"] == "file"
    assert error["message"].startswith('t.csv:2: field "answer"')
    assert "--lenient" not in wrong.text
    records = [{"id": "a"}]
    wrong = root.post(f"{BASE}/import", json={"records": records})
    assert wrong.status_code == 422
    assert wrong.json()["error"]["message"].startswith("Record 1: ")
    long = head + row + row.replace("a,./", "i" * 201 + ",./", 1)
    assert root.post(f"{BASE}/import/file", files={"file": ("t.csv", long)}).status_code == 422
    assert root.get(f"{BASE}/items").json() == []
    browser = paged(quiet_site, "root")
    sent = browser.post("/p/demo/import", files={"file": ("t.CSV", head + row)})
    assert code_of(after(browser, sent)) == "imported"
    other = head + row.replace("Which?", "Which one?")
    reply = root.post(f"{BASE}/import/file", files={"file": ("t.csv", other)}).json()
    assert reply == {
        "added": 0,
        "known": ["a"],
        "differing": ["a"],
        "updated": 0,
        "waiting": 0,
        "left": {},
        "clips": 0,
        "clips_left": {},
        "clips_absent": 0,
    }
    reply = root.post(f"{BASE}/import/file", files={"file": ("t.csv", other)}, data={"update": "yes"}).json()
    assert (reply["updated"], reply["differing"]) == (1, [])
    assert root.get(f"{BASE}/items").json()[0]["question"] == "Which one?"


def test_a_release_with_an_item_that_was_taken_down_cannot_be_downloaded(quiet_site: Site) -> None:
    root = quiet_site.client("root")
    line = json.dumps({**RECORD, "id": "a"}) + "\n" + json.dumps({**RECORD, "id": "b"})
    root.post(f"{BASE}/import/file", files={"file": ("t.jsonl", line)})
    with quiet_site.studio.database.write() as session:
        session.execute(update(Item).values(state="approved"))
    assert root.post(f"{BASE}/releases", json={"version": "1.0"}).status_code == 201
    assert root.get(f"{BASE}/releases/1.0.zip").status_code == 200
    browser = paged(quiet_site, "root")
    page = after(browser, browser.post("/p/demo/release/takedown", data={"what": "a", "why": "asked"}))
    assert code_of(page) == "taken-down"
    assert marks(page, "approved") == ["1"]
    assert marks(page, "takedown") == ["a"]
    again = root.post(f"{BASE}/takedowns", json={"what": "a", "why": "asked"})
    assert again.status_code == 422
    gone = root.get(f"{BASE}/releases/1.0.zip")
    assert gone.status_code == 409
    assert root.get(f"{BASE}/releases").json()[0]["taken_down_since"] == ["a"]
    assert marks(browser.get("/p/demo/release"), "taken-down") == ["1"]
    assert [json.loads(each)["id"] for each in root.get("/p/demo/export.jsonl").text.splitlines()] == ["b"]
    # It was a mistake: taken back on the page, where a program sees it, and the other way round.
    (line,) = root.get(f"{BASE}/takedowns").json()
    lifted = browser.post(f"/p/demo/release/takedown/{line['id']}/lift", data={"why": "another video"})
    page = after(browser, lifted)
    assert code_of(page) == "takedown-lifted"
    assert marks(page, "approved") == ["2"]
    assert root.get(f"{BASE}/releases/1.0.zip").status_code == 200
    again = f"{BASE}/takedowns/{line['id']}/lift"
    assert root.post(again, json={"why": "x"}).status_code == 404
    root.post(f"{BASE}/takedowns", json={"what": "b", "why": "asked"})
    (line,) = root.get(f"{BASE}/takedowns").json()
    again = f"{BASE}/takedowns/{line['id']}/lift"
    assert root.post(again, json={"why": " "}).status_code == 422
    assert root.post(again, json={"why": "x"}).json() == {"what": "b", "items": ["b"]}
