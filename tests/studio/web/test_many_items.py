"""A lead hands out, moves and asks about many items on the pages and through the API."""

from __future__ import annotations

from acting import BASE, begun, paged

from conftest import Site, on_both
from mmar.studio.data.item_tables import Item
from mmar.studio.store import proposals

ANNA, BEN, INA, IVO = 2, 3, 4, 5


@on_both
def test_ticked_items_or_all_that_match_are_shared_out(quiet_site: Site) -> None:
    made = [begun(quiet_site) for _ in range(5)]
    lead = paged(quiet_site, "root")
    page = lead.get("/p/demo/items", params={"state": "draft"}).text
    assert "5 items match" in page
    two = {"item": [str(made[0]), str(made[1])], "do": "inspector", "to_inspect": [str(INA), str(IVO)]}
    assert "Ina 1, Ivo 1" in lead.post("/p/demo/items/many", data=two).text
    assert "3 items match" in lead.get("/p/demo/items", params={"inspector": "0"}).text
    rest = {"everything": "on", "inspector": "0", "do": "inspector", "to_inspect": [str(INA)]}
    assert "3 items done" in lead.post("/p/demo/items/many", data=rest).text
    assert "4 items match" in lead.get("/p/demo/items", params={"inspector": str(INA)}).text
    wrong = lead.post("/p/demo/items/many", data={"do": "submit"})
    assert (wrong.status_code, "o item is ticked" in wrong.text) == (422, True)
    moved = lead.post("/p/demo/items/many", data={"everything": "on", "do": "forward"}).text
    assert "5 left as they are: an item in draft cannot be passed on." in moved
    anna = paged(quiet_site, "anna")
    assert anna.post("/p/demo/items/many", data=rest).status_code == 403
    assert "With the ticked items" not in anna.get("/p/demo/items").text


def test_a_program_does_the_same(quiet_site: Site) -> None:
    made = [begun(quiet_site) for _ in range(4)]
    root, anna = quiet_site.client("root"), quiet_site.client("anna")
    shares = {"role": "annotator", "people": [ANNA, BEN], "matching": {"state": "draft"}}
    assert root.post(f"{BASE}/items/hand-out", json=shares).json() == {
        "done": 4, "left": {}, "people": {str(ANNA): 2, str(BEN): 2},
    }  # fmt: skip
    assert len(anna.get(f"{BASE}/items", params={"author": BEN}).json()) == 2
    assert anna.post(f"{BASE}/items/hand-out", json=shares).status_code == 403
    for wrong in ({}, {"items": made, "matching": {}}):
        assert root.post(f"{BASE}/items/move", json={"action": "submit", **wrong}).status_code == 422
    moved = anna.post(f"{BASE}/items/move", json={"action": "submit", "items": made}).json()
    assert (moved["done"], list(moved["left"].values())) == (2, [2])
    asked = {"kinds": ["rubric"], "matching": {"state": "preparation"}}
    assert anna.post(f"{BASE}/items/ask", json=asked).json() == {"queued": 2, "known": 0}
    assert anna.post(f"{BASE}/items/ask", json={**asked, "kinds": ["poem"]}).status_code == 422
    fetched = anna.post(f"{BASE}/items/fetch", json={"matching": {"state": "preparation"}}).json()
    assert fetched["done"] == 2


def test_preparation_shows_odd_proposals_and_how_each_ended(quiet_site: Site) -> None:
    item = begun(quiet_site)
    with quiet_site.studio.database.write() as session:
        row = session.get_one(Item, item)
        for kind, content in (
            ("thinking", {"thinking": "The drum is last.", "why": 5}),
            ("distractors", {"distractors": [1, {"a": 1}], "why": {"a": [1]}}),
            ("rubric", {"criteria": [1, 2, 3, 4, 5], "why": [3, None]}),
        ):
            now = quiet_site.studio.clock()
            proposals.add_proposal(
                session, 1, kind, content, model="text/odd", prompt="The whole prompt.", now=now, item=row
            )
    anna = paged(quiet_site, "anna")
    page = anna.get("/p/demo/preparation")
    assert page.status_code == 200
    assert "3 to decide" in page.text
    assert page.text.count("It cannot be taken over") == 2
    only = anna.get("/p/demo/preparation/proposals", params={"kind": "thinking"}).text
    assert "1 to decide" in only
    sent = {"decision": "edited", "thinking": "The drum comes last, alone.", "version": "1"}
    assert anna.post("/p/demo/proposals/1", data={**sent, "version": "0"}).status_code == 409
    assert anna.post("/p/demo/proposals/1", data=sent).status_code == 303
    history = anna.get(f"/p/demo/items/{item}").text
    for words in ("taken over, edited", "The drum comes last, alone.", "The whole prompt.", "Anna"):
        assert words in history
    fate = anna.get(f"{BASE}/items/{item}/proposals", headers={"authorization": ""})
    assert fate.status_code == 200
    assert [one["state"] for one in fate.json()] == ["open", "open", "edited"]
    assert fate.json()[2]["taken"]["thinking"] == "The drum comes last, alone."
    # An inspector who may still be asked to listen learns nothing of it.
    assert quiet_site.client("ina").get(f"{BASE}/items/{item}/proposals").json() == []
    assert "What models proposed" not in paged(quiet_site, "ina").get(f"/p/demo/items/{item}").text


def test_nothing_ticked_shows_the_list_again(site: Site) -> None:
    begun(site)
    answer = paged(site, "root").post("/p/demo/items/many", data={"do": "submit", "state": "draft"})
    assert answer.status_code == 422
    assert "No item is ticked." in answer.text
    assert "Which comes last?" in answer.text
