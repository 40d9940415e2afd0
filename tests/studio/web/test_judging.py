"""Reviews through the pages: the text of an inspector is never lost."""

from __future__ import annotations

from datetime import timedelta

import httpx
from actions import BASE, after, begun, code_of, marks, paged

from conftest import Site, on_both
from mmar.studio.data.item_tables import Item

INA, IVO = 4, 5
WRONG = {
    "verdict": "reject",
    "reason": "unclear",
    "field": "question",
    "comment": "Say which drum is meant.",
    "start": "0.5",
    "end": "1.5",
}


def answered_item(site: Site, login: str = "ina") -> tuple[int, httpx.Client, dict[str, str]]:
    """An item with a blind answer, its inspector's client, and the form that rejects it."""
    number, anna = begun(site), site.client("anna")
    for action in ("submit", "forward"):
        assert anna.post(f"{BASE}/items/{number}/{action}", json={}).is_success
    browser = paged(site, login)
    assert browser.post("/p/demo/inspection/next").headers["location"].endswith(f"/items/{number}/inspect")
    browser.post(f"/p/demo/items/{number}/answer", data={"choice": "0"})
    version = anna.get(f"{BASE}/items/{number}").json()["version"]
    return number, browser, {**WRONG, "version": str(version)}


def run_out(site: Site, number: int, person: int | None = None) -> None:
    """Let the reservation of an item expire, so that another person may claim it."""
    with site.studio.database.write() as session:
        item, now = session.get_one(Item, number), site.studio.clock()
        item.lease_until = now - timedelta(seconds=1)
        if person is not None:
            item.lease_person_id, item.lease_until = person, now + timedelta(minutes=30)


def state(site: Site, number: int) -> str:
    return str(site.client("anna").get(f"{BASE}/items/{number}").json()["state"])


def test_a_review_after_the_reservation_ended_counts_if_nobody_took_the_item(quiet_site: Site) -> None:
    number, ina, form = answered_item(quiet_site)
    run_out(quiet_site, number)
    assert ina.post(f"/p/demo/items/{number}/judge", data=form).status_code == 303
    assert state(quiet_site, number) == "correction"
    visible = paged(quiet_site, "anna").get(f"/p/demo/items/{number}/edit").text
    assert "Say which drum is meant." in visible
    assert 'data-disputed="0.5,1.5"' in visible


@on_both
def test_the_comment_on_an_item_that_another_inspector_claimed_is_shown(quiet_site: Site) -> None:
    number, ina, form = answered_item(quiet_site)
    run_out(quiet_site, number, IVO)
    answer = ina.post(f"/p/demo/items/{number}/judge", data=form)
    assert answer.status_code == 409
    assert answer.headers["x-error-code"] == "lease"
    assert "Say which drum is meant." in answer.text
    assert state(quiet_site, number) == "inspection"


def test_a_review_of_an_older_version_stays_in_the_form(quiet_site: Site) -> None:
    number, ina, form = answered_item(quiet_site)
    with quiet_site.studio.database.write() as session:
        session.get_one(Item, number).version += 1  # a lead's new taxonomy moved it
    answer = ina.post(f"/p/demo/items/{number}/judge", data=form)
    assert answer.status_code == 409
    assert ">Say which drum is meant.</textarea>" in answer.text
    assert '<option value="unclear" selected>' in answer.text
    assert 'value="0.5" data-from' in answer.text
    for wrong, code in (({"reason": ""}, "reason"), ({"start": "x"}, "not-a-number")):
        fresh = {**form, "version": str(int(form["version"]) + 1), **wrong}
        answer = ina.post(f"/p/demo/items/{number}/judge", data=fresh)
        assert (answer.status_code, answer.headers["x-error-code"]) == (409, code)
        assert "Say which drum" in answer.text
    form["version"] = str(int(form["version"]) + 1)
    assert ina.post(f"/p/demo/items/{number}/judge", data=form).status_code == 303


def test_a_blind_answer_extends_the_reservation(quiet_site: Site) -> None:
    number, anna = begun(quiet_site), quiet_site.client("anna")
    for action in ("submit", "forward"):
        assert anna.post(f"{BASE}/items/{number}/{action}", json={}).is_success
    browser = paged(quiet_site, "ina")
    browser.post("/p/demo/inspection/next")
    with quiet_site.studio.database.write() as session:
        item, soon = session.get_one(Item, number), quiet_site.studio.clock() + timedelta(seconds=90)
        item.lease_until = soon
    browser.post(f"/p/demo/items/{number}/answer", data={"choice": "0"})
    with quiet_site.studio.database.read() as session:
        until = session.get_one(Item, number).lease_until
        assert until is not None
        assert until > soon + timedelta(minutes=20)


def test_an_author_cannot_review_their_own_item(quiet_site: Site) -> None:
    number, _, form = answered_item(quiet_site)
    run_out(quiet_site, number)
    answer = paged(quiet_site, "anna").post(f"/p/demo/items/{number}/judge", data=form)
    assert answer.status_code == 403
    assert state(quiet_site, number) == "inspection"


def test_the_draft_of_a_review_is_kept_until_the_review(quiet_site: Site) -> None:
    number, ina, form = answered_item(quiet_site)
    root = f"/p/demo/items/{number}"
    typed = {name: form[name] for name in ("reason", "field", "comment", "start")}
    text = ina.post(f"{root}/judgement-draft", data=typed, headers={"hx-request": "true"})
    assert "<time" in text.text
    assert quiet_site.client("ina").get(f"{BASE}/items/{number}/judgement-draft").json() == {
        **typed,
        "end": "",
    }
    # The browser was closed; the item went back and was taken again.
    ina.post(f"{root}/release")
    assert ina.post("/p/demo/inspection/next").headers["location"].endswith(f"{root}/inspect")
    visible = ina.get(f"{root}/inspect").text
    assert ">Say which drum is meant.</textarea>" in visible
    assert '<option value="unclear" selected>' in visible
    assert 'value="0.5" data-from' in visible
    # Nobody else sees it, and who does not inspect keeps nothing.
    assert quiet_site.client("ivo").get(f"{BASE}/items/{number}/judgement-draft").json()["comment"] == ""
    assert paged(quiet_site, "anna").post(f"{root}/judgement-draft", data=typed).status_code == 403
    assert ina.post(f"{root}/judge", data=form).status_code == 303
    assert quiet_site.client("ina").get(f"{BASE}/items/{number}/judgement-draft").json()["comment"] == ""
    # What the browser sends a moment late is not kept for the next time.
    assert "<time" not in ina.post(f"{root}/judgement-draft", data=typed).text
    assert quiet_site.client("ina").get(f"{BASE}/items/{number}/judgement-draft").json()["comment"] == ""


def test_the_queue_shows_what_became_of_the_last_item(quiet_site: Site) -> None:
    number, ina, form = answered_item(quiet_site)
    answer = ina.post(f"/p/demo/items/{number}/judge", data=form)
    assert answer.headers["location"] == f"/p/demo/inspection?reviewed={number}"
    assert marks(ina.get(answer.headers["location"]), "reviewed") == ["correction"]
    assert marks(ina.get("/p/demo/inspection"), "reviewed") == []
    assert ina.get("/p/demo/inspection?reviewed=999").status_code == 404
    anna = paged(quiet_site, "anna")
    history = anna.get(f"/p/demo/items/{number}")
    assert marks(history, "event")[0] == "reject"
    assert "0:00.5–0:01.5" in history.text
    edit = anna.get(f"/p/demo/items/{number}/edit")
    assert marks(edit, "rejection") == ["unclear"]
    assert "data-play-disputed" in edit.text


def test_a_refused_submission_leads_back_to_the_form(quiet_site: Site) -> None:
    anna = paged(quiet_site, "anna")
    edit = anna.post("/p/demo/items").headers["location"]
    item = edit.removesuffix("/edit")
    form = {"version": "0", "base": "0", "question": "Which is last?", "then": "submit"}
    answer = anna.post(f"{item}/save", data=form)
    assert answer.headers["location"] == f"{edit}?unready=incomplete"
    page = anna.get(answer.headers["location"])
    assert code_of(page) == "incomplete"
    assert "Which is last?" in page.text
    # A correction that corrects nothing, by the button on the item's page.
    number, ina, judgement = answered_item(quiet_site)
    ina.post(f"/p/demo/items/{number}/judge", data=judgement)
    version = {"version": str(int(judgement["version"]) + 1)}
    again = anna.post(f"/p/demo/items/{number}/act/resubmit", data=version)
    assert again.headers["location"] == f"/p/demo/items/{number}/edit?unready=unchanged"
    assert code_of(anna.get(again.headers["location"])) == "unchanged"
    refused = anna.post(f"/p/demo/items/{number}/act/recall", data=version)
    assert (refused.status_code, refused.headers["x-error-code"]) == (409, "state")


def test_a_submission_leads_to_the_overview_with_a_message(quiet_site: Site) -> None:
    number, anna = begun(quiet_site), paged(quiet_site, "anna")
    content = quiet_site.client("anna").get(f"{BASE}/items/{number}").json()["content"]
    form = {"version": "1", "base": "1", "then": "submit", "answer": str(content["answer"])}
    form |= {
        name: content.get(name, "")
        for name in ("question", "category", "sub_category", "modality", "language")
    }
    answer = anna.post(f"/p/demo/items/{number}/save", data={**form, "choice": content["choices"]})
    assert code_of(after(anna, answer)) == "submitted"
