"""Words that are wider than a phone break."""

from __future__ import annotations

import pytest
from actions import BASE, begun
from browser_user import Visitor

from conftest import Site

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

WIDER = "document.documentElement.scrollWidth - innerWidth"


def test_an_item_with_long_words_is_inspected_on_a_phone(quiet_site: Site, browser) -> None:
    number, anna = begun(quiet_site), quiet_site.client("anna")
    item = anna.get(f"{BASE}/items/{number}").json()
    long = "W" * 280
    content = {**item["content"], "question": f"مَا الصَّوْتُ؟ {long}", "thinking": long}
    content["choices"] = [long, *content["choices"][1:]]
    content["cues"] = [{"text": long, "start": 0.5, "end": 1.0}]
    saved = anna.put(
        f"{BASE}/items/{number}",
        json={"content": content, "version": item["version"], "revision": item["revision"]},
    )
    assert saved.is_success, saved.text
    for action in ("submit", "forward"):
        assert anna.post(f"{BASE}/items/{number}/{action}", json={}).is_success
    ina = Visitor(browser, quiet_site, "ina")
    ina.page.set_viewport_size({"width": 390, "height": 844})
    page = ina.go("/inspection")
    page.get_by_role("button", name="Inspect next").click()
    page.wait_for_url("**/inspect")
    assert page.evaluate(WIDER) <= 0
    assert page.locator("h1").evaluate("one => getComputedStyle(one).direction") == "rtl"
    page.locator(".answer").nth(1).click()
    page.get_by_role("button", name="Confirm answer").click()
    playwright.expect(page.get_by_role("button", name="Approve")).to_be_visible()
    assert page.evaluate(WIDER) <= 0
    assert Visitor(browser, quiet_site, "root").go(f"/items/{number}").evaluate(WIDER) <= 0
    assert ina.complaints == []
