"""One item from an idea to a release through the pages, with a rejection and a correction."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from browser_user import Visitor
from sqlalchemy import select

from conftest import Site
from mmar.studio.data.tables import Clip, Job
from waiting import until

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, expect  # noqa: E402


def has_clip(site: Site) -> bool:
    with site.studio.database.read() as session:
        failed = session.scalar(select(Job.message).where(Job.state == "failed"))
        assert failed is None, failed
        return session.scalar(select(Clip.id)) is not None


def test_an_item_from_an_idea_to_a_release(
    site: Site, browser: Browser, recording: Path, tmp_path: Path
) -> None:
    lead = Visitor(browser, site, "root", by_form=True)
    anna, ina = Visitor(browser, site, "anna"), Visitor(browser, site, "ina")

    # 1. An idea, and a vote.
    page = anna.go("/ideas")
    page.get_by_label("New idea").fill("Which of two tones is higher?")
    page.get_by_label("Tags comma-separated").fill("pitch, signal")
    page.get_by_label("Example, or why").fill("Two tones follow each other; compare them.")
    page.get_by_role("button", name="Add idea").click()
    expect(page.get_by_role("heading", name="Which of two tones is higher?")).to_be_visible()
    page.get_by_role("button", name="Vote for").click()
    expect(page.get_by_role("button", name="Vote for")).to_have_text("▲ 1")
    anna.look("1-ideas")

    # 2. A target on the coverage board.
    page = lead.go("/coverage?edit=true")
    page.get_by_label("Target for Perception Layer, sound", exact=True).fill("10")
    page.get_by_role("button", name="Save targets").click()
    expect(page.locator("[data-missing='10']")).to_be_visible()
    lead.look("2-coverage")
    lead.go("/taxonomy")
    lead.look("2-taxonomy")

    # 3. The item grows from the idea, with a recording and two segments.
    page = anna.go("/ideas")
    page.get_by_role("button", name="New item").click()
    page.set_input_files("input[type=file]", str(recording))
    expect(page.locator("[data-editor]")).to_have_attribute("data-ready", "1")
    page.get_by_label("Segment start").first.wait_for(state="detached")
    page.locator("#timestamp").fill("0:01,0:03;0:08,0:10")
    page.locator("#timestamp").blur()
    expect(page.get_by_label("Segment start")).to_have_count(2)
    expect(page.locator("[data-length]")).to_have_text("2 segments, 4.0 s")
    page.get_by_label("Question").fill("How do the two tones compare?")
    for index, text in enumerate(["The first is higher", "The second is higher", "They are equal"]):
        page.get_by_label("Choice", exact=True).nth(index).fill(text)
    page.keyboard.press("Alt+1")
    page.get_by_label("Layer").select_option("Perception Layer")
    page.get_by_label("Sub-category").select_option("Music Theory")
    page.get_by_label("Modality").select_option("sound")
    page.get_by_label("Reasoning").fill("The tone doubles its frequency.")
    page.get_by_role("textbox", name="Cue", exact=True).first.fill("octave step")
    expect(page.locator("#draft-status")).to_contain_text("Draft saved")
    expect(page.locator(".hints li.error")).to_have_count(0)
    page.reload()  # a draft outlives the tab
    expect(page.get_by_label("Question")).to_have_value("How do the two tones compare?")
    anna.look("3-annotation")
    page.get_by_role("button", name="Save", exact=False).first.click()
    expect(page.locator("[data-code=saved]")).to_be_visible()
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("[data-code=submitted]")).to_be_visible()

    # 4. The clip is cut; the item goes on.
    until(lambda: has_clip(site))
    page = anna.go("/preparation")
    expect(page.locator("[data-ready=ready]")).to_be_visible()
    anna.look("4-preparation")
    page.get_by_label("demo-0").check()
    page.get_by_role("button", name="Send to inspection").click()
    expect(page.locator("[data-code=items-changed]")).to_be_visible()
    expect(page.locator("[data-total='0']")).to_be_visible()

    # 5. By ear first. The key that Anna marked is wrong.
    page = ina.go("/inspection")
    ina.look("5-inspection")
    page.get_by_role("button", name="Inspect next").click()
    expect(page.get_by_role("heading", name="How do the two tones compare?")).to_be_visible()
    assert "doubles its frequency" not in page.content()
    expect(page.locator("[data-time]")).to_contain_text("0:04")
    ina.look("5-blind")
    # Letters and numbers do nothing for whoever switched them off, and say so.
    switch, hint = page.get_by_label("letter and number keys"), page.locator(".answer kbd").first
    switch.uncheck()
    expect(hint).to_be_hidden()
    page.reload()
    expect(switch).not_to_be_checked()
    page.keyboard.press("2")
    page.wait_for_timeout(300)
    expect(page.get_by_role("radio").nth(1)).not_to_be_checked()
    switch.check()
    expect(hint).to_be_visible()
    page.get_by_role("heading", name="How do the two tones compare?").click()
    page.keyboard.press("2")
    expect(page.get_by_role("radio").nth(1)).to_be_checked()
    # The answer is taken once the whole clip was played and the choice is confirmed.
    confirm = page.get_by_role("button", name="Confirm answer")
    expect(confirm).to_be_disabled()
    page.get_by_role("heading", name="How do the two tones compare?").click()
    page.keyboard.press("Space")
    expect(confirm).to_be_enabled()
    confirm.click()
    expect(page.locator("[data-blind-answer=different]")).to_be_visible()
    page.get_by_label("Reason").select_option("wrong_key")
    page.get_by_label("Field").select_option("answer")
    page.get_by_label("What should change?").fill("The second tone is the higher one.")
    page.get_by_label("Start, seconds").fill("2.0")
    page.get_by_label("End, seconds").fill("4.0")
    ina.look("5-key")
    page.get_by_role("button", name="Send back").click()
    page.wait_for_url("**/inspection?reviewed=*")

    # It is in Anna's queue, with the reason; she corrects it.
    page = anna.go("")
    expect(page.locator(".todo [data-state=correction]")).to_be_visible()
    anna.look("6-home")
    page.get_by_role("link", name="How do the two tones compare?").click()
    expect(page.get_by_text("The second tone is the higher one.")).to_be_visible()
    expect(page.get_by_text("0:02–0:04")).to_be_visible()
    page.get_by_role("radio").nth(1).check()
    page.get_by_label("Change note").fill("marked the right choice")
    anna.look("6-correction")
    page.get_by_role("button", name="Resubmit").click()
    expect(page.locator("[data-code=resubmitted]")).to_be_visible()

    # Ina sees what changed, and approves.
    page = ina.go("/inspection")
    page.get_by_role("button", name="Inspect next").click()
    expect(page.locator("ins")).to_contain_text("second")
    ina.look("7-second-look")
    page.keyboard.press("a")
    page.wait_for_url("**/inspection?reviewed=*")
    expect(page.locator("[data-figure=accuracy]")).to_contain_text(
        "0 of 1"
    )  # her answer differed from the key

    # The lead sees the whole history and releases.
    page = lead.go("/items")
    lead.look("8-items")
    page.get_by_role("link", name="How do the two tones compare?").click()
    expect(page.get_by_text("Revision 2")).to_be_visible()
    lead.look("8-history")
    lead.go("/people")
    lead.look("9-people")
    page = lead.go("/release")
    page.get_by_label("Version").fill("1.0")
    page.get_by_label("Method").fill("By two people in one minute.")
    lead.look("9-release")
    page.get_by_role("button", name="Create release").click()
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    archive = tmp_path / "release.zip"
    download.value.save_as(archive)
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
    assert any(name.endswith(".wav") for name in names), names

    for visitor in (lead, anna, ina):
        assert visitor.complaints == []
