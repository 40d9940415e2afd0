"""Every page of an item opens in every state, for every role."""

from __future__ import annotations

from actions import BASE, CONTENT, begun, paged

from conftest import Site
from mmar.studio.data.item_tables import Item
from mmar.studio.workflow import Role, State

REJECTION = {"reason": "wrong_key", "field": "answer", "comment": "It is the bell."}
RECORD = {
    "id": "imported",
    "audio_path": "./audio/x.wav",
    "question": "Q?",
    "choices": ["a", "b"],
    "answer": "a",
    "modality": "sound",
    "category": "Signal Layer",
}
PAGES = ("", "/edit", "/inspect")
LOGINS = ("anna", "ben", "ina", "ivo", "lea", "root")


def created(site: Site) -> int:
    """An item that nobody has saved yet."""
    return int(site.client("anna").post(f"{BASE}/items").json()["id"])


def acted(site: Site, item: int, *actions: str, login: str = "anna", **body: object) -> int:
    for action in actions:
        answer = site.client(login).post(f"{BASE}/items/{item}/{action}", json=body)
        assert answer.is_success, answer.text
    return item


def inspected(site: Site) -> int:
    item = acted(site, begun(site), "submit", "forward")
    ina = site.client("ina")
    assert ina.post(f"{BASE}/queue/inspection/next").json()["id"] == item
    assert ina.put(f"{BASE}/items/{item}/blind-answer", json={"choice": 1}).is_success
    return item


def imported(site: Site) -> int:
    root = site.client("root")
    assert root.post(f"{BASE}/import", json={"records": [RECORD]}).is_success
    return int(root.get(f"{BASE}/items").json()[-1]["id"])


# In this order: whoever takes the next item gets their own first, then the one that waits longest.
STATES = {
    "unsaved": (created, State.DRAFT),
    "draft": (begun, State.DRAFT),
    "imported": (imported, State.DRAFT),
    "preparation": (lambda site: acted(site, begun(site), "submit"), State.PREPARATION),
    "correction": (
        lambda site: acted(site, inspected(site), "reject", login="ina", rejection=REJECTION),
        State.CORRECTION,
    ),
    "approved": (lambda site: acted(site, inspected(site), "approve", login="ina"), State.APPROVED),
    "answered": (inspected, State.INSPECTION),
    "inspection": (lambda site: acted(site, begun(site), "submit", "forward"), State.INSPECTION),
    "withdrawn": (lambda site: acted(site, begun(site), "withdraw", why="a copy"), State.WITHDRAWN),
    "taken down": (
        lambda site: acted(site, begun(site), "take_down", login="root", why="asked"),
        State.TAKEN_DOWN,
    ),
    "unsaved, withdrawn": (
        lambda site: acted(site, created(site), "withdraw", why="a mistake"),
        State.WITHDRAWN,
    ),
}


def test_all_pages_of_an_item_open_in_every_state_for_everybody(quiet_site: Site) -> None:
    quiet_site.add("lea", Role.LEAD)
    items = {name: make(quiet_site) for name, (make, _) in STATES.items()}
    with quiet_site.studio.database.read() as session:
        for name, (_, state) in STATES.items():
            assert session.get_one(Item, items[name]).state == state, name
    for login in LOGINS:
        browser, program = paged(quiet_site, login), quiet_site.client(login)
        listed = browser.get("/p/demo/items").text
        for name, item in items.items():
            for page in PAGES:
                answer = browser.get(f"/p/demo/items/{item}{page}", follow_redirects=True)
                assert answer.status_code == 200, (name, login, page, answer.text[-300:])
                assert answer.text.lstrip().startswith("<!doctype html>")
            assert f'data-item="{item}"' in listed, (name, login)
            assert f'data-state="{STATES[name][1]}"' in listed, (name, login)
            assert program.get(f"{BASE}/items/{item}").status_code == 200, (name, login)


def test_an_item_without_a_revision_says_so(quiet_site: Site) -> None:
    item = created(quiet_site)
    page = paged(quiet_site, "root").get(f"/p/demo/items/{item}").text
    assert "data-unsaved" in page
    assert "data-revision" not in page
    anna = paged(quiet_site, "anna")
    form = {"version": "0", "base": "0", "question": CONTENT["question"]}
    assert anna.post(f"/p/demo/items/{item}/save", data=form).is_redirect
    page = anna.get(f"/p/demo/items/{item}").text
    assert "data-unsaved" not in page
    assert 'data-revision="1"' in page
