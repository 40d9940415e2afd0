"""Every page in dark colors and on a phone: no errors, no overflow, every field has a label; and the main forms."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from browser_user import Visitor

from conftest import MediaServer, Site
from mmar.studio.data.tables import Idea, Person, Project
from mmar.studio.exchange.importing import import_items
from mmar.studio.media.media_store import store_audio
from mmar.studio.store import drafts, ideas, items, people, proposals, revisions
from mmar.studio.store.jobs import claim_job, enqueue, finish_job
from mmar.studio.store.projects import newest_taxonomy
from mmar.studio.store.recordings import add_recording
from mmar.studio.workflow import Actor, Cue, ItemContent, Role
from mmar.studio.workflow.content import to_item

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CONTENT = ItemContent(
    question="A door, a dog and a distant train: in which order are they first heard?",
    choices=("door, dog, train", "dog, door, train", "train, door, dog", "door, train, dog"),
    answer=2,
    modality="mix-sound-speech",
    category="Perception Layer",
    sub_category="Temporal Analysis",
    language="en",
    url="https://youtu.be/qx8hrhBZJ98",
    timestamp="0:01,0:03;0:08,0:10",
    thinking="The train is already there, softly, when the door opens; the dog answers the door.",
    cues=(Cue("soft rumble from the start", 0.0, 2.1), Cue("bark after the door", 2.5, 3.2)),
)

CHECK = """() => {
  const named = (field) => field.type === "hidden" || field.labels?.length || field.getAttribute("aria-label");
  return {
    wide: document.documentElement.scrollWidth - innerWidth,
    headings: document.querySelectorAll("h1").length,
    nameless: [...document.querySelectorAll("main input, main select, main textarea")].filter((one) => !named(one)).map((one) => one.outerHTML.slice(0, 90)),
    silent: [...document.querySelectorAll("button, a")].filter((one) => !one.textContent.trim() && !one.getAttribute("aria-label")).length,
  };
}"""


@pytest.fixture
def busy(quiet_site: Site, recording: Path) -> Site:
    """A project in the middle of its life."""
    studio = quiet_site.studio
    now = studio.clock()
    stored = store_audio(studio.config.media, recording)
    with studio.database.write() as session:
        root = session.get_one(Person, 1)
        project = session.get_one(Project, 1)
        project.settings = msgspec.structs.replace(
            project.settings,
            targets={"Perception Layer|sound": 20, "Signal Layer|music": 8, "language:en": 40},
        )
        lead = people.actor_in(session, 1, root)
        anna = Actor(2, frozenset({Role.ANNOTATOR}))
        for title, detail, tags in (
            (
                "Is it live or a recording?",
                "A voice through a loudspeaker has a room twice.",
                ["replay", "signal"],
            ),
            (
                "Which instrument is missing?",
                "The same bar twice, once without the viola.",
                ["music", "counterfactual"],
            ),
            ("Where does the speaker come from?", "Not the language: the habits.", ["culture", "speech"]),
            ("How many people are in the room?", "", ["counting"]),
        ):
            idea = ideas.add_idea(session, project, anna, title, detail, tags, now)
            ideas.vote(session, project, idea.id, lead)
        many = [
            to_item(
                msgspec.structs.replace(CONTENT, question=f"{CONTENT.question} ({n})"),
                f"mm-{n}",
                f"a/{n}.wav",
            )
            for n in range(12)
        ]
        import_items(session, project, lead, many, now, inspect=True)
        own = items.new_item(session, project, anna, now)
        recording = add_recording(session, 1, stored, now, title="two tones.wav")
        content = msgspec.structs.replace(CONTENT, recording=recording.id)
        items.save(session, project, own.id, anna, content, version=0, base=0, why="", now=now)
        for kind, proposed in (
            ("thinking", {"thinking": "First a soft rumble, so the train; then the hinge; then the dog."}),
            (
                "distractors",
                {"distractors": ["dog, train, door", "train, dog, door", "all at once"], "why": "x"},
            ),
            ("guess", {"choice": "A", "index": 0, "right": False, "why": "Doors come first in stories."}),
        ):
            proposals.add_proposal(
                session, 1, kind, proposed, model="text/wise", prompt=kind, now=now, item=own
            )
        more = {"ideas": [{"title": "What is the weather?", "detail": "Rain on what?", "tags": ["scene"]}]}
        proposals.add_proposal(session, 1, "ideas", more, model="text/wise", prompt="p", now=now)
        placed = {
            "categories": [{"idea": 1, "category": "Signal Layer / Replay", "why": "it is about the channel"}]
        }
        proposals.add_proposal(session, 1, "grouping", placed, model="text/wise", prompt="p", now=now)
        enqueue(session, 1, "waits", "a", {}, now, item_id=own.id)
        enqueue(session, 1, "fails", "b", {}, now, item_id=own.id)
        assert claim_job(session, "w", now, ["fails"])
        finish_job(session, 2, "w", now, error="the site says that this video is private")
        # Two people at once: Anna's tab is older than what the lead saved.
        draft = msgspec.structs.replace(content, question="In which order do door, dog and train come?")
        drafts.save_draft(session, own, anna, draft, own.version, own.revision, now)
        theirs = msgspec.structs.replace(content, thinking="Rumble, hinge, bark.")
        items.save(
            session, project, own.id, lead, theirs, version=1, base=1, why="", now=now + timedelta(seconds=1)
        )
        assert revisions.find_item(session, project, own.id).version == 2
        newest_taxonomy(session, 1)
    return quiet_site


PAGES = (
    "",
    "/ideas",
    "/taxonomy",
    "/coverage",
    "/items",
    "/items/13",
    "/items/13/edit",
    "/preparation",
    "/inspection",
    "/release",
    "/people",
)


@pytest.mark.parametrize(("kind", "width", "dark"), [("dark", 1280, True), ("phone", 390, False)])
def test_every_page(busy: Site, browser, kind: str, width: int, dark: bool) -> None:
    root = Visitor(browser, busy, "root", dark=dark)
    root.page.set_viewport_size({"width": width, "height": 844})
    for path in PAGES:
        page = root.go(path)
        if path.endswith("edit"):
            page.wait_for_selector("[data-ready='1']")
        result = page.evaluate(CHECK)
        root.look(f"{kind}{path.replace('/', '-') or '-home'}")
        assert result["wide"] <= 0, path
        assert result["headings"] >= 1 or path.endswith("edit"), path
        assert result["nameless"] == [], path
        assert result["silent"] == 0, path
    assert root.complaints == []


def test_an_edit_conflict_is_merged(busy: Site, browser) -> None:
    anna = Visitor(browser, busy, "anna")
    page = anna.go("/items/13/edit")
    page.wait_for_selector("[data-ready='1']")
    page.get_by_role("button", name="Save", exact=False).first.click()
    playwright.expect(page.locator("[data-code=stale]")).to_be_visible()
    anna.look("conflict")
    page.get_by_role("button", name="Merge both").click()
    playwright.expect(page.get_by_label("Question")).to_have_value(
        "In which order do door, dog and train come?"
    )
    playwright.expect(page.get_by_label("Reasoning")).to_have_value("Rumble, hinge, bark.")
    page.get_by_role("button", name="Save", exact=False).first.click()
    playwright.expect(page.locator("[data-code=saved]")).to_be_visible()
    assert [one for one in anna.complaints if "409" not in one] == []


def test_removing_a_category_moves_its_items(busy: Site, browser) -> None:
    root = Visitor(browser, busy, "root")
    page = root.go("/taxonomy")
    page.get_by_role("button", name="Remove Temporal Analysis").click()
    playwright.expect(page.locator("[data-moving] label")).to_be_visible()
    page.locator("[name=gone_to]").select_option("Perception Layer|Spatial Analysis")
    page.locator("[data-layer]").nth(3).locator("[name=sub]").nth(2).fill("Counterfactuals")
    page.get_by_role("button", name="Add sub-category").first.click()
    page.locator("[data-layer]").first.locator("[name=sub]").last.fill("Replay")
    page.get_by_label("Reason for this change").fill("time is a kind of space")
    root.look("taxonomy-editing")
    page.get_by_role("button", name="Save version 2").click()
    playwright.expect(page.get_by_text("time is a kind of space")).to_be_visible()
    with busy.studio.database.read() as session:
        tree = newest_taxonomy(session, 1).tree
        assert "Replay" in tree.layers[0].subs
        assert "Counterfactuals" in tree.layers[3].subs
        assert "Temporal Analysis" not in tree.layers[1].subs
        item = revisions.find_item(session, session.get_one(Project, 1), 13)
        assert (item.sub_category, item.revision) == ("Spatial Analysis", 3)
    assert root.complaints == []


def test_a_recording_is_fetched_and_its_segments_are_played(
    site: Site, browser, recording: Path, media_server: MediaServer
) -> None:
    media_server.files["/pasted.wav"] = recording.read_bytes()
    anna = Visitor(browser, site, "anna")
    page = anna.go("")
    page.get_by_role("button", name="New item").click()
    page.get_by_label("URL").fill(f"http://127.0.0.1:{media_server.port}/pasted.wav")
    page.get_by_role("button", name="Fetch").click()
    # The page asks until the recording is there, and then draws it without being loaded again.
    playwright.expect(page.locator("[data-editor]")).to_have_attribute("data-ready", "1")
    box = page.locator("[data-wave]").bounding_box()
    assert box
    for first, last in ((0.1, 0.3), (0.6, 0.8)):
        page.mouse.move(box["x"] + first * box["width"], box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + last * box["width"], box["y"] + 40, steps=8)
        page.mouse.up()
    playwright.expect(page.get_by_label("Segment start")).to_have_count(2)
    page.get_by_role("button", name="Play the clip").click()
    # It plays from the first segment and, joined, goes over into the second.
    playwright.expect(page.locator("[data-time]")).to_contain_text("00:00:01 / 00:00:12")
    playwright.expect(page.locator("[data-time]")).to_contain_text("00:00:07 / 00:00:12")
    playwright.expect(page.locator("#draft-status")).to_contain_text("Draft saved")
    anna.look("3-fetched")
    assert anna.complaints == []


def test_a_vote_keeps_the_filter_and_the_focus(busy: Site, browser) -> None:
    with busy.studio.database.write() as session:
        project = session.get_one(Project, 1)
        admin = people.actor_in(session, 1, session.get_one(Person, 1))
        now = busy.studio.clock()
        for title, tag in (
            ("Echo or room?", "only-this"),
            ("Which is nearer?", "other"),
            ("x" * 280, "other"),
        ):
            ideas.add_idea(session, project, admin, title, "y" * 900, [tag], now)
    anna = Visitor(browser, busy, "anna")
    page = anna.go("/ideas")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "a long word widens the page"
    page = anna.go("/ideas?tag=only-this")
    vote = page.get_by_role("button", name="Vote for Echo or room?")
    vote.focus()
    page.keyboard.press("Enter")
    playwright.expect(vote).to_have_attribute("aria-pressed", "true")
    playwright.expect(page.locator(".idea")).to_have_count(1)
    playwright.expect(vote).to_be_focused()
    card = page.locator(".idea", has_text="Echo or room?")
    card.locator("summary").click()
    card.get_by_label("Merge into").select_option("Which is nearer?")
    inside = (
        "one => one.querySelector('form').getBoundingClientRect().right <= one.getBoundingClientRect().right"
    )
    assert card.evaluate(inside), "the unfolded card overflows"
    card.get_by_role("button", name="Merge").click()
    playwright.expect(page.get_by_text("Merged with: Echo or room?")).to_be_visible()
    assert anna.complaints == []


def test_suggested_categories_are_accepted_edited_or_rejected(busy: Site, browser) -> None:
    with busy.studio.database.write() as session:
        project = session.get_one(Project, 1)
        admin = people.actor_in(session, 1, session.get_one(Person, 1))
        now = busy.studio.clock()
        made = [
            ideas.add_idea(session, project, admin, title, "", [], now).id for title in ("P1", "P2", "P3")
        ]
        categories = [
            {"idea": one, "category": "Signal Layer / Anomaly Detection", "why": ""} for one in made
        ]
        proposals.add_proposal(
            session, 1, "grouping", {"categories": categories}, model="text/wise", prompt="p", now=now
        )
    root = Visitor(browser, busy, "root")
    page = root.go("/taxonomy")
    offer = page.locator("form.suggestion").first
    offer.locator("[name=take]").nth(1).uncheck()
    offer.locator("[name=category-2]").fill("Signal Layer / Hiss")
    root.look("taxonomy-categories")
    offer.get_by_role("button", name="Accept selected").click()
    page.get_by_role("button", name="Add", exact=True).click()
    playwright.expect(page.locator("[data-layer]").first.locator("[name=sub]").last).to_have_value("Hiss")
    page.get_by_label("Reason for this change").fill("hiss matters")
    page.get_by_role("button", name="Save version 2").click()
    playwright.expect(page.get_by_text("hiss matters")).to_be_visible()
    with busy.studio.database.read() as session:
        result = [session.get_one(Idea, one).category for one in made]
        assert result == ["Signal Layer / Anomaly Detection", "", "Signal Layer / Hiss"]
        assert newest_taxonomy(session, 1).tree.layers[0].subs[-1] == "Hiss"
    page = root.go("/ideas")
    page.locator(".idea", has_text="P3").get_by_role("button", name="New item").click()
    playwright.expect(page.get_by_label("Sub-category")).to_have_value("Hiss")
    playwright.expect(page.get_by_label("Layer")).to_have_value("Signal Layer")
    assert root.complaints == []
