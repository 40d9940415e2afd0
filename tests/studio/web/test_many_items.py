"""Actions for many items, on the pages and through the API."""

from __future__ import annotations

from actions import BASE, after, begun, code_of, marks, paged

from conftest import Site, on_both
from mmar.studio.data.item_tables import Item
from mmar.studio.store import proposals

ANNA, BEN, INA, IVO = 2, 3, 4, 5


@on_both
def test_selected_or_all_matching_items_are_assigned(quiet_site: Site) -> None:
    made = [begun(quiet_site) for _ in range(5)]
    lead = paged(quiet_site, "root")

    def total(**query: str) -> int:
        return int(marks(lead.get("/p/demo/items", params=query), "total")[0])

    assert total(state="draft") == 5
    two = {"item": [str(made[0]), str(made[1])], "do": "inspector", "to_inspect": [str(INA), str(IVO)]}
    page = after(lead, lead.post("/p/demo/items/many", data=two))
    assert code_of(page) == "items-changed"
    assert total(inspector="0") == 3
    assert total(inspector=str(INA)) == total(inspector=str(IVO)) == 1
    rest = {"everything": "on", "inspector": "0", "do": "inspector", "to_inspect": [str(INA)]}
    after(lead, lead.post("/p/demo/items/many", data=rest))
    assert total(inspector=str(INA)) == 4
    nothing = after(lead, lead.post("/p/demo/items/many", data={"do": "submit", "state": "draft"}))
    assert code_of(nothing) == "nothing-selected"
    assert marks(nothing, "item") == [str(number) for number in made]
    moved = after(lead, lead.post("/p/demo/items/many", data={"everything": "on", "do": "forward"}))
    assert 'class="note warn"' in moved.text
    assert total(state="draft") == 5
    anna = paged(quiet_site, "anna")
    assert anna.post("/p/demo/items/many", data=rest).status_code == 403
    assert 'id="actions"' not in anna.get("/p/demo/items").text


def test_the_api_acts_on_many_items(quiet_site: Site) -> None:
    made = [begun(quiet_site) for _ in range(4)]
    root, anna = quiet_site.client("root"), quiet_site.client("anna")
    shares = {"role": "annotator", "people": [ANNA, BEN], "matching": {"state": "draft"}}
    assert root.post(f"{BASE}/items/assign", json=shares).json() == {
        "done": 4, "left": {}, "people": {str(ANNA): 2, str(BEN): 2},
    }  # fmt: skip
    assert len(anna.get(f"{BASE}/items", params={"author": BEN}).json()) == 2
    assert anna.post(f"{BASE}/items/assign", json=shares).status_code == 403
    for wrong in ({}, {"items": made, "matching": {}}):
        assert root.post(f"{BASE}/items/move", json={"action": "submit", **wrong}).status_code == 422
    moved = anna.post(f"{BASE}/items/move", json={"action": "submit", "items": made}).json()
    assert (moved["done"], list(moved["left"].values())) == (2, [2])
    body = {"kinds": ["rubric"], "matching": {"state": "preparation"}}
    assert anna.post(f"{BASE}/items/ask", json=body).json() == {"queued": 2, "known": 0}
    assert anna.post(f"{BASE}/items/ask", json={**body, "kinds": ["poem"]}).status_code == 422
    fetched = anna.post(f"{BASE}/items/fetch", json={"matching": {"state": "preparation"}}).json()
    assert fetched["done"] == 2


def test_malformed_suggestions_are_shown_and_cannot_be_accepted(quiet_site: Site) -> None:
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
    assert marks(page, "to-review") == ["3"]
    assert marks(page, "code").count("not-acceptable") == 2
    only = anna.get("/p/demo/preparation/suggestions", params={"kind": "thinking"})
    assert marks(only, "to-review") == ["1"]
    sent = {"decision": "edited", "thinking": "The drum comes last, alone.", "version": "1"}
    assert anna.post("/p/demo/proposals/1", data={**sent, "version": "0"}).status_code == 409
    assert anna.post("/p/demo/proposals/1", data=sent).status_code == 303
    history = anna.get(f"/p/demo/items/{item}")
    assert sorted(marks(history, "suggestion")) == ["edited", "open", "open"]
    for words in ("The drum comes last, alone.", "The whole prompt.", "Anna"):
        assert words in history.text
    fate = anna.get(f"{BASE}/items/{item}/proposals", headers={"authorization": ""})
    assert fate.status_code == 200
    assert [one["state"] for one in fate.json()] == ["open", "open", "edited"]
    assert fate.json()[2]["taken"]["thinking"] == "The drum comes last, alone."
    # An inspector who may still be asked to listen learns nothing of it.
    assert quiet_site.client("ina").get(f"{BASE}/items/{item}/proposals").json() == []
    assert marks(paged(quiet_site, "ina").get(f"/p/demo/items/{item}"), "suggestion") == []
