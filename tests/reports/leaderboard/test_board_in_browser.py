"""The page of a leaderboard in Chromium, opened from disk."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from boards import questions

import mmar
from browser import wait_until
from mmar.items import load_benchmark
from mmar.reports.published import published_results
from mmar.scoring.official import official_match
from real_data import GOLDEN, MMAR, needs_real_data


@pytest.fixture(scope="module")
def folder(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A leaderboard's folder."""
    folder = tmp_path_factory.mktemp("board")
    return mmar.leaderboard(*runs, out=folder / "board", earlier=questions(folder, old=True)).parent


@pytest.fixture
def opened(browser: Any, folder: Path) -> Iterator[Callable[..., Any]]:
    """Open the leaderboard from disk; its requests, console and errors are kept as `page.seen`."""
    contexts = []

    def open_page(address: str = "", **options: Any) -> Any:
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.seen = []
        page.on("console", lambda message: page.seen.append(message.text))
        page.on("pageerror", lambda error: page.seen.append(str(error)))
        page.on(
            "request",
            lambda request: (
                page.seen.append(request.url) if not request.url.startswith(("file:", "data:")) else None
            ),
        )
        page.goto(f"{(folder / 'index.html').as_uri()}{address}")
        page.wait_for_selector("html[data-ready]")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.browser
def test_the_page_shows_the_same_numbers_and_asks_for_nothing(
    opened: Callable[..., Any], runs: list[Path]
) -> None:
    page = opened()
    visible = page.locator("tr.reproduced").all_inner_texts()
    assert len(visible) == 4
    for path in runs[:4]:
        value = f"{mmar.score(path).official.accuracy:.1f}"
        assert any(re.search(rf"\b{re.escape(value)}\b", text) for text in visible)
    for view in ("items", "tradeoffs", "changes", "systems"):
        page.locator(f"#to-{view}").click()
        wait_until(page, f"document.querySelector('#to-{view}').getAttribute('aria-current') === 'page'")
        assert page.evaluate("document.querySelectorAll('*').length") < 1000
    page.locator("#language").click()
    page.wait_for_selector("h1")
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    assert page.locator("#to-items").inner_text() == "题目"
    assert page.seen == []


@pytest.mark.browser
def test_a_link_gives_the_same_view_and_an_unknown_part_is_named(opened: Callable[..., Any]) -> None:
    page = opened("#s=qwen2.5-omni-7b")
    assert "protocol:mmar@1" in page.locator("tr.details").inner_text()
    page = opened("#s=qwen2.5")
    assert "qwen2.5-omni-7b" in page.locator("[role=alert]").inner_text()
    page = opened("#v=nothing")
    assert "nothing" in page.locator("[role=alert]").inner_text()
    page = opened("#kind=reproduced")
    assert page.locator(".bar [role=status]").inner_text().startswith("4 of")
    page = opened("#v=items&show=nobody&i=id-7")
    assert page.locator("li.item").count() == 5
    assert "Qwen2.5-Omni-7B" in page.locator("table.choices").inner_text()
    page = opened("#v=items&iq=onerror")
    assert "<img src=x onerror=alert(1)>" in page.locator("li.item").first.inner_text()
    assert page.seen == []


@pytest.mark.browser
def test_the_page_without_runs_shows_every_published_value(browser: Any, tmp_path: Path) -> None:
    path = mmar.leaderboard(out=tmp_path / "board")
    page = browser.new_page()
    page.goto(f"{path.as_uri()}#s=qwen2.5-omni-7b")
    page.wait_for_selector("html[data-ready]")
    details = page.locator("tr.details").inner_text()
    assert "MMAR README leaderboard" in details
    assert "about 30" in details
    assert "seven modalities" in details
    assert page.locator("tr.details table.values tbody tr").count() == sum(
        result.id == "qwen2.5-omni-7b" for result in published_results()
    )
    page.goto(f"{path.as_uri()}#v=items")
    page.wait_for_selector("#to-items[aria-current]")
    assert "No runs" in page.locator("main").inner_text()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_scrolls_in_one_direction_only(opened: Callable[..., Any], scheme: str) -> None:
    for view in ("", "#v=items", "#v=tradeoffs", "#v=changes", "#s=qwen2.5-omni-7b"):
        page = opened(view, viewport={"width": 390, "height": 844}, color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.browser
def test_the_search_keeps_the_focus_and_the_keyboard_opens_a_row(opened: Callable[..., Any]) -> None:
    page = opened()
    page.locator("#q").focus()
    page.keyboard.type("omni-7b", delay=0)
    wait_until(page, "location.hash.includes('omni-7b')")
    assert page.evaluate("document.activeElement.id") == "q"
    page.locator("#row-qwen2\\.5-omni-7b").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("tr.details")
    assert page.evaluate("document.activeElement.id") == "row-qwen2.5-omni-7b"


@pytest.mark.browser
def test_a_dropped_file_is_scored_as_the_command_scores_it(
    opened: Callable[..., Any], tmp_path: Path, runs: list[Path], command: Callable[..., Any]
) -> None:
    page = opened()
    predictions = runs[0] / "predictions.jsonl"
    page.locator("#file").set_input_files(predictions)
    page.wait_for_selector("tr.mine")
    value = f"{mmar.score(predictions).official.accuracy:.1f}"
    assert value in page.locator("tr.mine").inner_text()
    assert f"{value} %" in page.locator("#added").inner_text()
    entry = json.loads(page.locator("#entry").input_value())
    assert entry["official"]["correct"] == mmar.score(predictions).official.correct
    assert "choice" not in entry
    scored = tmp_path / "scored.jsonl"
    assert command("score", runs[0], "--items", scored).status == 0
    page.locator("#file").set_input_files(scored)
    wait_until(page, "document.querySelector('#entry').value.includes('choice')")
    assert (
        json.loads(page.locator("#entry").input_value())["choice"]["correct"]
        == mmar.score(runs[0]).choice.correct
    )
    bad = tmp_path / "bad.jsonl"
    bad.write_text(
        '{"id": "id-1", "answer_prediction": "yes"}\n{"id": "nobody", "answer_prediction": "yes"}\n'
    )
    page.locator("#file").set_input_files(bad)
    page.wait_for_selector("#added .problem")
    assert "nobody" in page.locator("#added .problem").inner_text()
    assert page.seen == []


@pytest.mark.browser
@needs_real_data
def test_the_rule_in_the_page_equals_the_published_one(browser: Any) -> None:
    items = {item.id: item for item in load_benchmark(MMAR)}
    with gzip.open(GOLDEN / "official_match.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    odd = ["", " ", "Straße", "İstanbul ", "ΟΔΟΣ", "½ ² Ⅷ", "日本語 yes", "e\u0301", "_", "１２"]
    cases = [[items[name].answer, text, list(items[name].choices)] for name, text, _ in rows]
    cases += [[text, other, [text, "no"]] for text in odd for other in odd]
    source = (Path(mmar.__file__).parent / "reports/page/web/leaderboard_official.js").read_text("utf-8")
    page = browser.new_page()
    page.goto("about:blank")
    verdicts = page.evaluate(
        "cases => {"
        + source.replace("export ", "")
        + "return cases.map(([answer, text, choices]) => officialMatch(answer, text, choices))}",
        cases,
    )
    assert [bool(verdict) for _, _, verdict in rows] == verdicts[: len(rows)]
    assert [
        official_match(answer, text, tuple(choices)) for answer, text, choices in cases[len(rows) :]
    ] == verdicts[len(rows) :]


@pytest.mark.browser
def test_rows_and_items_lead_to_the_report_of_the_runs(opened: Callable[..., Any]) -> None:
    page = opened("#v=items&i=id-7")
    page.locator("li.item", has=page.locator("table.choices")).locator("a[href*=report]").click()
    page.wait_for_selector("main[data-view=item][data-ready=yes]")
    assert page.locator("h2.question").inner_text() == "Is it so, 7?"
    page = opened()
    page.locator("tr.reproduced", has_text="My-Model").get_by_text("report").click()
    page.wait_for_selector("main[data-view=overview][data-ready=yes]")
    assert "My-Model" in page.locator("#heat-run option:checked").inner_text()
    assert page.seen == []


@pytest.mark.browser
def test_a_wrong_letter_is_told_from_a_right_one_without_colour(opened: Callable[..., Any]) -> None:
    page = opened("#v=items")
    lines = "all => [...new Set(all.map(each => getComputedStyle(each).textDecorationLine))]"
    assert page.locator(".square.is-wrong").evaluate_all(lines) == ["underline"]
    assert page.locator(".square.is-right").evaluate_all(lines) == ["none"]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_leaderboard_is_accessible(opened: Callable[..., Any], scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    for address in ("#s=qwen2.5-omni-7b", "#v=items&i=id-7", "#v=tradeoffs", "#v=changes"):
        page = opened(address, color_scheme=scheme)
        violations = axe.Axe().run(page).response["violations"]
        grave = [
            (each["id"], each["nodes"][0]["html"])
            for each in violations
            if each["impact"] in ("serious", "critical")
        ]
        assert grave == [], address
