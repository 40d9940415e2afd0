"""Half an hour of sound: its waveform is there at once, seeking asks for ranges, the tab stays small."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from conftest import Site
from mmar.studio.library import keep_audio
from mmar.studio.store.media import add_recording

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from test_journey import Visitor, browser  # noqa: E402, F401

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
    kept = keep_audio(site.studio.config.media, path)
    with site.studio.database.write() as session:
        return add_recording(session, 1, kept, site.studio.clock(), title="half an hour").id


@pytest.mark.timeout(120)
def test_half_an_hour_shows_at_once_seeks_by_ranges_and_stays_small(
    site: Site,
    browser,  # type: ignore[no-untyped-def]  # noqa: F811
    half_hour: int,
) -> None:
    anna = site.client("anna")
    began = time.perf_counter()
    peaks = anna.get(f"/p/demo/media/recording/{half_hour}/peaks?points=3000")
    assert time.perf_counter() - began < 1.0
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
    began = time.perf_counter()
    visitor.go(f"/items/{item}/edit")
    page.wait_for_selector("[data-editor][data-ready='1']")
    shown = time.perf_counter() - began
    assert shown < 3.0  # the page, two scripts and the waveform, in a browser without a graphics card
    page.locator("[data-wave]").click(position={"x": 500, "y": 40})  # a click seeks
    playwright.expect(page.locator("[data-time]")).to_have_text(re.compile(r"^00:1\d:\d\d / 00:30:00$"))
    assert answers
    assert all(status == 206 for status, _ in answers)
    # Half an hour decoded would be 115 MB of samples; the page's own memory has to stay far below.
    heap = page.evaluate("performance.memory ? performance.memory.usedJSHeapSize : 0")
    assert heap < 60_000_000
    visitor.look("3-half-an-hour")
    # Looking closer fetches what a closer look shows, and loses neither the place nor the segments.
    page.keyboard.press("Alt+s")
    with page.expect_response(lambda answer: answer.url.endswith("/peaks?points=48000")) as closer:
        page.get_by_label("Zoom").fill("60")
    assert closer.value.json()["length"] >= 36_000
    playwright.expect(page.locator("[data-time]")).to_have_text(re.compile(r"^00:1\d:\d\d / 00:30:00$"))
    playwright.expect(page.get_by_text("1 segment, 10.0 s")).to_be_visible()
    assert visitor.complaints == []
