"""Addresses and keys of a report's page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import mmar
from open_page import OpenPage
from reports import first_item, run_keys, walk

Open = Callable[..., OpenPage]
Many = tuple[Path, Path, list[Path]]


def test_a_link_gives_the_same_view_in_another_browser_also_after_a_run_was_added(
    many: Many, open_page: Open, tmp_path: Path
) -> None:
    _, questions, files = many
    first = mmar.report(files[:3], benchmark=questions, out=tmp_path / "first").path
    opened = open_page(first).go(v="items", show="differ", mod="music")
    opened.press("j", "j", "j")
    opened.wait("location.hash.includes('i=')")
    address = opened.page.evaluate("location.hash")
    selected = opened.page.locator(".row[aria-selected=true]").get_attribute("data-id")
    rows = opened.texts(".row .question")
    # The runs of the link are named by themselves, not by their places.
    opened.page.select_option("[data-filter=a]", index=1)
    opened.wait("location.hash.includes('a=')")
    chosen = opened.page.evaluate("location.hash")
    opened.wait("/^[0-9]/.test(document.getElementById('count').textContent)")
    count = opened.page.locator("#count").inner_text()
    again = open_page(first)
    again.page.goto(again.address + address)
    again.ready()
    assert again.page.locator(".row[aria-selected=true]").get_attribute("data-id") == selected
    assert again.texts(".row .question") == rows
    longer = mmar.report(
        [files[5], files[2], files[1], files[0]], benchmark=questions, out=tmp_path / "longer"
    ).path
    more = open_page(longer)
    more.page.goto(more.address + chosen + "&b=" + run_keys(open_page(first))[files[0].name])
    more.ready()
    assert more.page.locator("#count").inner_text() == count
    assert "model-01" in more.page.locator("[data-filter=a] option:checked").inner_text()


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"v": "item", "i": "item-00O7"}, "item-0007"),
        ({"v": "items", "show": "wrng"}, "wrong"),
        ({"v": "items", "mod": "musik"}, "music"),
        ({"v": "items", "a": "nobody"}, "model-00"),
        ({"v": "item-list"}, "item-list"),
    ],
)
def test_unknown_parts_of_an_address_are_reported_with_the_nearest_names(
    many: Many, open_page: Open, parts: dict[str, str], expected: str
) -> None:
    page = open_page(many[0]).go(**parts)
    (sentence,) = page.texts("[role=alert]")
    assert expected in sentence
    assert page.texts(".row") == []


def test_all_views_are_reached_by_keyboard(many: Many, open_page: Open) -> None:
    page = open_page(many[0]).go(v="overview")
    page.press("?")
    page.page.wait_for_selector("dialog[open] kbd")
    page.press("Escape")
    page.page.wait_for_selector("dialog", state="detached")
    for key, view in (("3", "compare"), ("4", "about"), ("2", "items")):
        page.press(key)
        page.page.wait_for_selector(f"main[data-view={view}][data-ready=yes]")
    assert page.page.evaluate("document.activeElement.id") == "list"
    page.press("j", "ArrowDown", "k")
    row = page.page.locator(f"#{page.page.locator('#list').get_attribute('aria-activedescendant')}")
    assert (row.get_attribute("aria-posinset"), row.get_attribute("aria-setsize")) == ("2", "1000")
    page.press("Enter")
    page.page.wait_for_selector("main[data-view=item][data-ready=yes]")
    assert page.texts(".place [role=status]") == ["2 of 1,000"]
    page.press("ArrowRight")
    page.wait("location.hash.includes('i=item-0002')")
    page.ready()
    assert page.page.locator("details.thinking[open]").count() == 0
    page.press("t")
    assert page.page.locator("details.thinking[open]").count() > 0
    page.press("u")
    page.page.wait_for_selector("main[data-view=items][data-ready=yes]")
    assert page.page.locator(".row[aria-selected=true]").get_attribute("data-id") == "item-0002"
    page.press("x")
    page.wait("location.hash.includes('a=')")
    page.ready()
    assert page.page.evaluate("document.activeElement.id") == "list"
    page.press("l")
    page.wait("document.documentElement.lang === 'zh-Hans'")
    page.ready()
    page.press("h")
    page.wait("location.hash.includes('blind=1')")
    page.ready()
    assert page.page.locator(".strip").count() == 0


def test_blind_mode_hides_key_and_answers_until_they_are_asked_for(demo: Path, open_page: Open) -> None:
    page = open_page(demo / "page" / "index.html").go(v="item", i=first_item(demo), blind=1)
    assert page.page.locator(".key, .card, .who .tag").count() == 0
    page.page.click("#reveal")
    page.page.wait_for_selector(".card")
    assert page.page.locator("tr.key").count() == 1


def test_both_languages_have_every_phrase(demo: Path, open_page: Open) -> None:
    page = open_page(demo / "page" / "index.html")
    for view in walk(page, first_item(demo)):
        page.go(v=view, l="zh", **({"i": first_item(demo)} if view == "item" else {}))
        assert page.page.evaluate("document.documentElement.lang") == "zh-Hans"
        texts = page.page.locator("nav a, h2:not(.told), th, button, summary, caption").all_inner_texts()
        assert any("\u4e00" <= mark <= "\u9fff" for text in texts for mark in text), view
