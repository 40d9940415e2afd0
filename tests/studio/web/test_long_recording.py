"""A recording of half an hour: the waveform loads fast, seeking requests ranges, memory stays small."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from browser_user import Visitor

from conftest import Site
from mmar.studio.media.media_store import store_audio
from mmar.studio.store.recordings import add_recording

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

MINUTES = 30
RATE = 8_000


@pytest.fixture
def half_hour(site: Site, tmp_path: Path) -> int:
    """The number of a recording of half an hour."""
    minute = np.sin(2 * np.pi * 220 * np.arange(60 * RATE) / RATE) * np.linspace(0.1, 0.8, 60 * RATE)
    path = tmp_path / "long.flac"
    with soundfile.SoundFile(path, "w", RATE, 1) as file:
        for _ in range(MINUTES):
            file.write(minute.astype(np.float32))
    stored = store_audio(site.studio.config.media, path)
    with site.studio.database.write() as session:
        return add_recording(session, 1, stored, site.studio.clock(), title="half an hour").id


def test_on_a_phone_the_recording_follows_the_player(site: Site, browser) -> None:
    item = site.client("anna").post("/api/v1/p/demo/items").json()["id"]
    visitor = Visitor(browser, site, "anna")
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    visitor.go(f"/items/{item}/edit")
    tops = [
        visitor.page.locator(where).evaluate("(one) => one.getBoundingClientRect().top")
        for where in (".player", "#url", "#question", "#f-cues", "#why")
    ]
    assert tops == sorted(tops)
    assert visitor.page.evaluate("document.documentElement.scrollWidth") == 390
    assert visitor.complaints == []


def test_half_an_hour_loads_fast_and_seeks_by_ranges(site: Site, browser, half_hour: int) -> None:
    anna = site.client("anna")
    peaks = anna.get(f"/p/demo/media/recording/{half_hour}/peaks?points=3000")
    assert peaks.json()["length"] >= 3000
    assert len(peaks.content) < 100_000
    part = anna.get(f"/p/demo/media/recording/{half_hour}", headers={"range": "bytes=1000000-1000999"})
    assert (part.status_code, len(part.content)) == (206, 1000)
    item = anna.post("/api/v1/p/demo/items").json()["id"]
    content = {"question": "How long?", "recording": half_hour}
    saved = {"version": 0, "revision": 0, "content": content}
    assert anna.put(f"/api/v1/p/demo/items/{item}", json=saved).is_success

    visitor = Visitor(browser, site, "anna")
    page = visitor.page
    answers: list[tuple[int, int]] = []
    page.on(
        "response",
        lambda answer: (
            answers.append((answer.status, int(answer.headers.get("content-length", 0))))
            if answer.url.endswith(f"/media/recording/{half_hour}")
            else None
        ),
    )
    visitor.go(f"/items/{item}/edit")
    page.wait_for_selector("[data-editor][data-ready='1']")
    page.locator("[data-wave]").click(position={"x": 500, "y": 40})  # a click seeks
    playwright.expect(page.locator("[data-time]")).to_have_text(re.compile(r"^00:1\d:\d\d / 00:30:00$"))
    assert answers
    assert all(status == 206 for status, _ in answers)
    # Half an hour decoded would be 115 MB of samples; the page's own memory has to stay far below.
    heap = page.evaluate("performance.memory ? performance.memory.usedJSHeapSize : 0")
    assert heap < 60_000_000
    visitor.look("3-half-an-hour")
    # Looked at closely, the place that was sought stays in sight and is drawn from finer points.
    requests: list[str] = []
    page.on("request", lambda sent: requests.append(sent.url) if "/peaks?" in sent.url else None)
    with page.expect_response(lambda answer: "points=6000" in answer.url):
        page.locator("[data-zoom]").fill("200")
    index = page.locator("[data-time]").inner_text()[:8]
    minutes, seconds = int(index[3:5]), int(index[6:8])
    start = float(re.findall(r"start=([\d.]+)", requests[-1])[0])
    assert start <= minutes * 60 + seconds <= start + 60
    assert len(requests) <= 2  # what is in sight, not half an hour of it
    assert visitor.complaints == []
