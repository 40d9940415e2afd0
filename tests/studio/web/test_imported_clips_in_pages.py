"""An imported item with its own clip: reviewed with a marked passage, corrected without losing its times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from actions import paged
from browser_user import Visitor
from test_imported_sound import bring_in, duration, published

from conftest import Site

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

LATE = "1:32,2:02"


@pytest.fixture
def imported(site: Site, recording: Path, tmp_path: Path) -> Iterator[Site]:
    """One item in inspection, Ina has answered it; its times are far after the end of its clip."""
    (tmp_path / "audio").mkdir()
    (tmp_path / "audio/p1.wav").write_bytes(recording.read_bytes())
    bring_in(site, [published(1, "https://youtu.be/qx8hrhBZJ98", LATE)], tmp_path)
    assert duration(site, "p1") == 12
    root, ina = paged(site, "root"), paged(site, "ina")
    for action in ("submit", "forward"):
        root.post(f"/p/demo/items/1/act/{action}", data={"version": ""})
    assert ina.post("/p/demo/inspection/next").headers["location"].endswith("/items/1/inspect")
    site.play("ina", 1)
    ina.post("/p/demo/items/1/answer", data={"choice": "0"})
    yield site


def test_the_draft_of_a_review_and_its_passage_are_restored(imported: Site, browser) -> None:
    ina = Visitor(browser, imported, "ina")
    page = ina.go("/items/1/inspect")
    words = page.get_by_label("What should change?")
    words.fill("The second tone is an octave higher.")
    words.scroll_into_view_if_needed()
    wave = page.locator("[data-wave]").bounding_box()
    assert wave
    assert wave["y"] > 0, "the waveform stays in view beside the form that asks for a place in it"
    page.mouse.move(wave["x"] + 100, wave["y"] + 20)
    page.mouse.down()
    page.mouse.move(wave["x"] + 300, wave["y"] + 20, steps=5)
    page.mouse.up()
    start, end = page.get_by_label("Start, seconds"), page.get_by_label("End, seconds")
    marked = start.input_value()
    assert 0 < float(marked) < float(end.input_value())
    with page.expect_response(lambda answer: answer.url.endswith("/judgement-draft")):
        end.fill("11")
    playwright.expect(page.locator("#draft-status")).to_contain_text("Draft saved")
    page = ina.go("/items/1/inspect")
    playwright.expect(words).to_have_value("The second tone is an octave higher.")
    playwright.expect(start).to_have_value(marked)
    playwright.expect(end).to_have_value("11")
    page.get_by_role("button", name="Start here").click()
    playwright.expect(start).to_have_value("0.00")
    page.get_by_label("Reason").select_option("unclear")
    page.get_by_label("Field").select_option("question")
    page.get_by_role("button", name="Send back").click()
    page.wait_for_url("**/inspection?reviewed=*")
    assert ina.complaints == []

    anna = Visitor(browser, imported, "anna")
    page = anna.go("")
    page.get_by_role("button", name="Assign to me").click()
    page.locator("[data-editor][data-ready]").wait_for()
    playwright.expect(page.locator("[data-precut-note]")).to_be_visible()
    playwright.expect(page.locator("[data-length]")).to_have_text("whole clip")
    playwright.expect(page.locator(".seg")).to_have_count(0)
    playwright.expect(page.get_by_role("button", name="Add segment")).to_be_hidden()
    assert page.locator("#timestamp").input_value() == LATE
    assert anna.complaints == []
