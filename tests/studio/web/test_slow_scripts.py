"""Pages that are used before their scripts have loaded: nothing is lost and nothing is done twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser_user import Visitor

from conftest import Site

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


class SlowLine:
    """Holds every script back until it is let through."""

    def __init__(self, page: playwright.Page) -> None:
        self.held: list[playwright.Route] = []
        page.route("**/static/**/*.js*", self.hold)

    def hold(self, route: playwright.Route) -> None:
        self.held.append(route)

    def let_through(self) -> None:
        for route in self.held:
            route.continue_()


def test_events_before_the_scripts_have_loaded_are_replayed(site: Site, browser, recording: Path) -> None:
    anna = Visitor(browser, site, "anna")
    page = anna.go("/ideas")
    page.get_by_label("New idea").fill("Two tones")
    page.get_by_role("button", name="Add idea").click()
    page.get_by_role("heading", name="Two tones").wait_for()
    line = SlowLine(page)
    page.get_by_role("button", name="New item").click(no_wait_after=True)
    choices = page.get_by_label("Choice", exact=True)
    choices.first.wait_for()
    before = choices.count()
    page.set_input_files("input[type=file]", str(recording))
    page.get_by_label("Question").fill("Which is higher?")
    page.get_by_role("button", name="Add choice").click()
    page.get_by_role("button", name="Add choice").click()
    assert choices.count() == before, "a script ran that was held back"
    line.let_through()
    playwright.expect(page.locator("[data-editor]")).to_have_attribute("data-ready", "1")
    playwright.expect(page.locator("#recording-status")).to_contain_text("two tones")
    playwright.expect(choices).to_have_count(before + 2)
    playwright.expect(page.locator("#draft-status")).to_contain_text("Draft saved")
    page.get_by_role("button", name="Add choice").click()
    playwright.expect(choices).to_have_count(before + 3)
    assert anna.complaints == []


def test_a_button_of_the_taxonomy_waits_for_its_script(quiet_site: Site, browser) -> None:
    root = Visitor(browser, quiet_site, "root")
    root.go("/taxonomy")
    layers = root.page.locator("[data-layer]")
    before = layers.count()
    line = SlowLine(root.page)
    root.page.goto(root.page.url, wait_until="commit")
    root.page.get_by_role("button", name="Add layer").click()
    line.let_through()
    playwright.expect(layers).to_have_count(before + 1)
    assert root.complaints == []
