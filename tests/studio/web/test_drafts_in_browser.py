"""Drafts in a browser: nothing that was typed is lost while typing, on leaving, without a connection, or without a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from actions import begun
from browser_user import Visitor
from sqlalchemy import text

from conftest import PASSWORD, Site
from mmar.studio.data.item_tables import Draft
from waiting import until

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ANNA = 2


def drafted(site: Site, item: int) -> str:
    """The question in Anna's draft."""
    with site.studio.database.read() as session:
        draft = session.get(Draft, (item, ANNA))
        return draft.content.question if draft is not None else ""


def end_sessions(site: Site) -> None:
    with site.studio.database.write() as session:
        session.execute(text("DELETE FROM login_session"))


def editor(site: Site, browser: Browser) -> tuple[Visitor, Page, int]:
    item = begun(site)
    anna = Visitor(browser, site, "anna")
    return anna, anna.go(f"/items/{item}/edit"), item


def test_typing_without_a_pause_is_saved_after_two_seconds(quiet_site: Site, browser: Browser) -> None:
    anna, page, item = editor(quiet_site, browser)
    question = page.get_by_label("Question")
    question.fill("")
    saved_while_typing = False
    for n in range(40):
        question.press_sequentially(str(n % 10))
        page.wait_for_timeout(100)
        saved_while_typing = saved_while_typing or bool(drafted(quiet_site, item))
    assert saved_while_typing
    expect(page.locator("form#item")).to_have_attribute("data-draft", "saved")
    assert drafted(quiet_site, item) == "0123456789" * 4
    assert anna.complaints == []


def test_leaving_the_page_sends_the_typed_text(quiet_site: Site, browser: Browser) -> None:
    _, page, item = editor(quiet_site, browser)
    page.get_by_label("Question").fill("Typed just before leaving?")
    page.goto(f"{quiet_site.url}/me")
    until(lambda: drafted(quiet_site, item) == "Typed just before leaving?")


def test_a_saved_revision_leaves_no_draft(quiet_site: Site, browser: Browser) -> None:
    anna, page, item = editor(quiet_site, browser)
    page.get_by_label("Question").fill("Saved at once?")
    page.get_by_role("button", name="Save", exact=False).first.click()
    expect(page.locator("[data-code=saved]")).to_be_visible()
    page.goto(f"{quiet_site.url}/me")
    anna.go(f"/items/{item}/edit")
    assert drafted(quiet_site, item) == ""
    expect(page.locator("[data-code=stale]")).to_have_count(0)
    assert anna.complaints == []


def test_a_draft_is_sent_when_the_connection_returns(quiet_site: Site, browser: Browser) -> None:
    anna, page, item = editor(quiet_site, browser)
    form = page.locator("form#item")
    anna.context.set_offline(True)
    page.get_by_label("Question").fill("Written without a connection?")
    expect(form).to_have_attribute("data-draft", "offline")
    # Saving does not leave the page either.
    page.get_by_role("button", name="Save", exact=False).first.click()
    expect(page.locator("#toast")).not_to_be_empty()
    expect(page.get_by_label("Question")).to_have_value("Written without a connection?")
    anna.look("editor-offline")
    anna.context.set_offline(False)
    expect(form).to_have_attribute("data-draft", "saved")
    assert drafted(quiet_site, item) == "Written without a connection?"


@pytest.mark.parametrize("by", ["draft", "save"])
def test_a_person_logs_in_over_the_page(quiet_site: Site, browser: Browser, by: str) -> None:
    anna, page, item = editor(quiet_site, browser)
    end_sessions(quiet_site)
    words = "Written after the session ended?"
    page.get_by_label("Question").fill(words)
    if by == "save":
        page.get_by_role("button", name="Save", exact=False).first.click()
    dialog = page.locator("#login-dialog")
    expect(dialog).to_be_visible()
    anna.look("login-dialog")
    dialog.get_by_label("Password").fill("not the password")
    dialog.get_by_role("button", name="Log in").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Log in").click()
    expect(dialog).to_be_hidden()
    if by == "save":
        expect(page.locator("[data-code=saved]")).to_be_visible()
    else:
        expect(page.locator("form#item")).to_have_attribute("data-draft", "saved")
        assert drafted(quiet_site, item) == words
    expect(page.get_by_label("Question")).to_have_value(words)


def test_a_new_session_of_another_tab_is_used(quiet_site: Site, browser: Browser) -> None:
    anna, page, item = editor(quiet_site, browser)
    end_sessions(quiet_site)
    cookie = {"name": "mmar_studio", "value": quiet_site.cookie("anna"), "url": quiet_site.url}
    anna.context.add_cookies([cookie])
    page.get_by_label("Question").fill("With the token of the old session?")
    expect(page.locator("form#item")).to_have_attribute("data-draft", "saved")
    assert drafted(quiet_site, item) == "With the token of the old session?"


def test_any_form_waits_for_the_login(quiet_site: Site, browser: Browser) -> None:
    anna = Visitor(browser, quiet_site, "anna")
    page = anna.go("/ideas")
    end_sessions(quiet_site)
    page.get_by_label("New idea").fill("Is it live?")
    page.get_by_role("button", name="Add idea").click()
    dialog = page.locator("#login-dialog")
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Is it live?")).to_be_visible()
