"""Files that come in with mistakes, and releases that may not go out any more."""

from __future__ import annotations

import json

from acting import BASE
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


def test_a_file_that_is_wrong_is_answered_with_its_line_and_the_page_says_what_became_of_one(
    quiet_site: Site,
) -> None:
    root = quiet_site.client("root")
    head = "id,audio_path,question,choice_1,choice_2,answer,modality,category\n"
    row = "a,./audio/a.wav,Which?,one,two,two,sound,Signal Layer\n"
    wrong = root.post(
        f"{BASE}/import/file", files={"file": ("t.csv", head + row.replace("two,two", "two,B"))}
    )
    assert wrong.status_code == 422
    assert wrong.json()["error"]["message"].startswith('t.csv:2: field "answer"')
    assert "--lenient" not in wrong.text
    records = [{"id": "a"}]
    wrong = root.post(f"{BASE}/import", json={"records": records})
    assert wrong.json()["error"]["message"].startswith('record 1: field "audio_path')
    long = head + row + row.replace("a,./", "i" * 201 + ",./", 1)
    assert root.post(f"{BASE}/import/file", files={"file": ("t.csv", long)}).status_code == 422
    assert root.get(f"{BASE}/items").json() == []
    sent = root.post("/p/demo/import", files={"file": ("t.CSV", head + row)})
    assert "t.CSV: 1 added, 0 in the project already." in sent.text
    other = head + row.replace("Which?", "Which one?")
    told = root.post(f"{BASE}/import/file", files={"file": ("t.csv", other)}).json()
    assert told == {
        "added": 0,
        "known": ["a"],
        "differing": ["a"],
        "updated": 0,
        "left": {},
        "clips": 0,
        "waiting": 0,
        "clips_left": {},
        "clips_absent": 0,
    }
    told = root.post(f"{BASE}/import/file", files={"file": ("t.csv", other)}, data={"update": "yes"}).json()
    assert (told["updated"], told["differing"]) == (1, [])
    assert root.get(f"{BASE}/items").json()[0]["question"] == "Which one?"
    # Whoever loads the answer to a form again is where it was sent from.
    assert root.get("/p/demo/import").headers["location"] == "/p/demo/release"


def test_a_release_that_holds_what_was_taken_down_is_not_handed_out(quiet_site: Site) -> None:
    root = quiet_site.client("root")
    line = json.dumps({**RECORD, "id": "a"}) + "\n" + json.dumps({**RECORD, "id": "b"})
    root.post(f"{BASE}/import/file", files={"file": ("t.jsonl", line)})
    with quiet_site.studio.database.write() as session:
        session.execute(update(Item).values(state="approved"))
    assert root.post(f"{BASE}/releases", json={"version": "1.0"}).status_code == 201
    assert root.get(f"{BASE}/releases/1.0.zip").status_code == 200
    named = root.post("/p/demo/release/takedown", data={"what": "a", "why": "asked"})
    assert "“a” names 1 item here: a." in named.text
    assert "1 item ready for the world" in named.text
    again = root.post(f"{BASE}/takedowns", json={"what": "a", "why": "asked"})
    assert again.json()["error"]["message"] == "“a” is on the list already"
    gone = root.get(f"{BASE}/releases/1.0.zip")
    assert (gone.status_code, "taken down since (a; 1 in all)" in gone.text) == (409, True)
    assert root.get(f"{BASE}/releases").json()[0]["taken_down_since"] == ["a"]
    assert "holds 1 taken down since" in root.get("/p/demo/release").text
    assert [json.loads(each)["id"] for each in root.get("/p/demo/export.jsonl").text.splitlines()] == ["b"]
    # It was a mistake: taken back on the page, where a program sees it, and the other way round.
    (line,) = root.get(f"{BASE}/takedowns").json()
    lifted = root.post(f"/p/demo/release/takedown/{line['id']}/lift", data={"why": "another video"})
    assert "“a” is off the list; 1 item may be released again: a." in lifted.text
    assert "2 items ready for the world" in lifted.text
    assert root.get(f"{BASE}/releases/1.0.zip").status_code == 200
    again = f"{BASE}/takedowns/{line['id']}/lift"
    assert root.post(again, json={"why": "x"}).status_code == 404
    root.post(f"{BASE}/takedowns", json={"what": "b", "why": "asked"})
    (line,) = root.get(f"{BASE}/takedowns").json()
    again = f"{BASE}/takedowns/{line['id']}/lift"
    assert root.post(again, json={"why": " "}).status_code == 422
    assert root.post(again, json={"why": "x"}).json() == {"what": "b", "items": ["b"]}
