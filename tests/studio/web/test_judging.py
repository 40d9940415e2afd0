"""Judging through the pages: what an inspector wrote is never lost, whatever became of the item meanwhile."""

from __future__ import annotations

from datetime import timedelta

import httpx
from acting import BASE, begun, paged

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


def heard(site: Site, login: str = "ina") -> tuple[int, httpx.Client, dict[str, str]]:
    """An item that somebody answered by ear, their browser, and the form that sends it back."""
    number, anna = begun(site), site.client("anna")
    for action in ("submit", "forward"):
        assert anna.post(f"{BASE}/items/{number}/{action}", json={}).is_success
    browser = paged(site, login)
    assert browser.post("/p/demo/inspection/next").headers["location"].endswith(f"/items/{number}/inspect")
    browser.post(f"/p/demo/items/{number}/answer", data={"choice": "0"})
    version = anna.get(f"{BASE}/items/{number}").json()["version"]
    return number, browser, {**WRONG, "version": str(version)}


def run_out(site: Site, number: int, person: int | None = None) -> None:
    """Let the time with an item be over; somebody else may take it then."""
    with site.studio.database.write() as session:
        item, now = session.get_one(Item, number), site.studio.clock()
        item.lease_until = now - timedelta(seconds=1)
        if person is not None:
            item.lease_person_id, item.lease_until = person, now + timedelta(minutes=30)


def state(site: Site, number: int) -> str:
    return str(site.client("anna").get(f"{BASE}/items/{number}").json()["state"])


def test_who_ran_out_of_time_still_judges_what_nobody_else_took(quiet_site: Site) -> None:
    number, ina, form = heard(quiet_site)
    run_out(quiet_site, number)
    assert ina.post(f"/p/demo/items/{number}/judge", data=form).status_code == 303
    assert state(quiet_site, number) == "correction"
    shown = paged(quiet_site, "anna").get(f"/p/demo/items/{number}/edit").text
    assert "Say which drum is meant." in shown
    assert 'data-disputed="0.5,1.5"' in shown


@on_both
def test_what_was_written_of_an_item_that_somebody_else_took_is_shown_to_be_kept(quiet_site: Site) -> None:
    number, ina, form = heard(quiet_site)
    run_out(quiet_site, number, IVO)
    answer = ina.post(f"/p/demo/items/{number}/judge", data=form)
    assert answer.status_code == 409
    assert "Somebody else has this item in hand." in answer.text
    assert "Say which drum is meant." in answer.text
    assert "The question is unclear" in answer.text
    assert state(quiet_site, number) == "inspection"


def test_a_judgement_of_an_older_version_stays_in_the_form(quiet_site: Site) -> None:
    number, ina, form = heard(quiet_site)
    with quiet_site.studio.database.write() as session:
        session.get_one(Item, number).version += 1  # a lead's new taxonomy moved it
    answer = ina.post(f"/p/demo/items/{number}/judge", data=form)
    assert answer.status_code == 409
    assert '<textarea id="comment" name="comment" required>Say which drum is meant.</textarea>' in answer.text
    assert '<option value="unclear" selected>' in answer.text
    assert 'value="0.5" data-from' in answer.text
    for wrong, why in (({"reason": ""}, "not one of the reasons"), ({"start": "x"}, "number of seconds")):
        fresh = {**form, "version": str(int(form["version"]) + 1), **wrong}
        answer = ina.post(f"/p/demo/items/{number}/judge", data=fresh)
        assert (answer.status_code, why in answer.text, "Say which drum" in answer.text) == (409, True, True)
    form["version"] = str(int(form["version"]) + 1)
    assert ina.post(f"/p/demo/items/{number}/judge", data=form).status_code == 303


def test_answering_by_ear_gives_as_long_again(quiet_site: Site) -> None:
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


def test_an_author_judges_nothing_of_their_own_even_with_a_lease_that_ran_out(quiet_site: Site) -> None:
    number, _, form = heard(quiet_site)
    run_out(quiet_site, number)
    answer = paged(quiet_site, "anna").post(f"/p/demo/items/{number}/judge", data=form)
    assert answer.status_code == 403
    assert state(quiet_site, number) == "inspection"


def test_an_inspectors_words_are_kept_as_they_type_and_forgotten_once_they_judged(quiet_site: Site) -> None:
    number, ina, form = heard(quiet_site)
    root = f"/p/demo/items/{number}"
    typed = {name: form[name] for name in ("reason", "field", "comment", "start")}
    said = ina.post(f"{root}/judgement-draft", data=typed, headers={"hx-request": "true"})
    assert said.text.startswith("Kept at ")
    assert quiet_site.client("ina").get(f"{BASE}/items/{number}/judgement-draft").json() == {
        **typed,
        "end": "",
    }
    # The browser was closed; the item went back and was taken again.
    ina.post(f"{root}/let-go")
    assert ina.post("/p/demo/inspection/next").headers["location"].endswith(f"{root}/inspect")
    shown = ina.get(f"{root}/inspect").text
    assert '<textarea id="comment" name="comment" required>Say which drum is meant.</textarea>' in shown
    assert '<option value="unclear" selected>' in shown
    assert 'value="0.5" data-from' in shown
    # Nobody else sees it, and who does not inspect keeps nothing.
    assert quiet_site.client("ivo").get(f"{BASE}/items/{number}/judgement-draft").json()["comment"] == ""
    assert paged(quiet_site, "anna").post(f"{root}/judgement-draft", data=typed).status_code == 403
    assert ina.post(f"{root}/judge", data=form).status_code == 303
    assert quiet_site.client("ina").get(f"{BASE}/items/{number}/judgement-draft").json()["comment"] == ""
    # What the browser sends a moment late is not kept for the next time.
    assert ina.post(f"{root}/judgement-draft", data=typed).text == ""
    assert quiet_site.client("ina").get(f"{BASE}/items/{number}/judgement-draft").json()["comment"] == ""


def test_after_judging_it_is_said_what_became_of_the_item(quiet_site: Site) -> None:
    number, ina, form = heard(quiet_site)
    answer = ina.post(f"/p/demo/items/{number}/judge", data=form)
    assert answer.headers["location"] == f"/p/demo/inspection?judged={number}"
    assert "is back with its author, with your reason." in ina.get(answer.headers["location"]).text
    assert "is back with" not in ina.get("/p/demo/inspection").text
    assert ina.get("/p/demo/inspection?judged=999").status_code == 404
    told = paged(quiet_site, "anna").get(f"/p/demo/items/{number}").text
    assert "<b>Sent back</b>" in told
    assert "The question is unclear (question), at 0:00.5–0:01.5 of the clip" in told
    assert "data-hear-disputed" in paged(quiet_site, "anna").get(f"/p/demo/items/{number}/edit").text


def test_who_hands_in_too_early_is_told_so_where_it_can_be_mended(quiet_site: Site) -> None:
    anna = paged(quiet_site, "anna")
    edit = anna.post("/p/demo/items").headers["location"]
    item = edit.removesuffix("/edit")
    form = {"version": "0", "base": "0", "question": "Which is last?", "then": "submit"}
    answer = anna.post(f"{item}/save", data=form)
    assert answer.headers["location"] == f"{edit}?unready=incomplete"
    shown = anna.get(answer.headers["location"]).text
    assert "the item is not handed in yet" in shown
    assert "Which is last?" in shown
    # A correction that corrects nothing, by the button on the item's page.
    number, ina, judgement = heard(quiet_site)
    ina.post(f"/p/demo/items/{number}/judge", data=judgement)
    version = {"version": str(int(judgement["version"]) + 1)}
    again = anna.post(f"/p/demo/items/{number}/act/resubmit", data=version)
    assert again.headers["location"] == f"/p/demo/items/{number}/edit?unready=unchanged"
    assert "change what was disputed first" in anna.get(again.headers["location"]).text
    # What is nobody's doing is not laid to somebody.
    assert "Somebody was there" not in anna.post(f"/p/demo/items/{number}/act/recall", data=version).text


def test_handing_in_says_where_the_item_is(quiet_site: Site) -> None:
    number, anna = begun(quiet_site), paged(quiet_site, "anna")
    content = quiet_site.client("anna").get(f"{BASE}/items/{number}").json()["content"]
    form = {"version": "1", "base": "1", "then": "submit", "answer": str(content["answer"])}
    form |= {
        name: content.get(name, "")
        for name in ("question", "category", "sub_category", "modality", "language")
    }
    answer = anna.post(f"/p/demo/items/{number}/save", data={**form, "choice": content["choices"]})
    assert answer.headers["location"] == f"/p/demo?handed={number}"
    assert "is handed in." in anna.get(answer.headers["location"]).text
