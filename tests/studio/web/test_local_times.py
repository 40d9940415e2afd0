"""Times: in UTC without scripts, else in the reader's time zone, which is named."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from actions import begun, paged
from browser_user import Visitor

from conftest import Site

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

INDIA = timedelta(hours=5, minutes=30)


def test_a_time_is_shown_in_the_readers_time_zone(quiet_site: Site, browser) -> None:
    number = begun(quiet_site)
    plain = paged(quiet_site, "anna").get(f"/p/demo/items/{number}").text
    times = re.findall(r'<time datetime="([^"]+)" data-local="day">([^<]+)</time>', plain)
    assert times
    for index, words in times:
        assert words == f"{datetime.fromisoformat(index).astimezone(UTC):%d %b %Y, %H:%M} UTC"
    anna = Visitor(browser, quiet_site, "anna", timezone_id="Asia/Kolkata")
    first = anna.go(f"/items/{number}").locator("time").first
    there = datetime.fromisoformat(times[0][0]) + INDIA
    playwright.expect(first).to_have_text(re.compile(rf"^{there:%d} \w+ {there:%Y, %H:%M} GMT\+5:30$"))
    playwright.expect(first).to_have_attribute("title", times[0][1])
    # Times in parts of a page that are loaded later are in the same form.
    page = anna.go(f"/items/{number}/edit")
    page.get_by_label("Question").fill("Which comes first?")
    stored = page.locator("#draft-status time")
    playwright.expect(stored).to_have_attribute("title", re.compile(r"^\d\d:\d\d:\d\d UTC$"))
    visible, utc = stored.inner_text(), str(stored.get_attribute("title"))
    assert _seconds(visible) == (_seconds(utc) + INDIA.total_seconds()) % 86_400
    assert anna.complaints == []


def _seconds(clock: str) -> float:
    hours, minutes, seconds = clock.split(" ", maxsplit=1)[0].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)
