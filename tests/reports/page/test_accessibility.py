"""A report's page for everybody: accessibility, contrast, safety."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import mmar
from open_page import OpenPage
from reports import first_item, walk, write_predictions, write_questions

Open = Callable[..., OpenPage]
Many = tuple[Path, Path, list[Path]]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_is_accessible(demo: Path, open_page: Open, *, width: int, dark: bool) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page = open_page(demo / "page" / "index.html", width=width, dark=dark)
    for view in walk(page, first_item(demo)):
        assert page.page.evaluate("document.documentElement.scrollWidth") == width, view
        # The tool runs inside the page, whose own policy lets no other script in; it is evaluated, not loaded.
        violations = axe.Axe().run(page.page).response["violations"]
        grave = [
            (each["id"], each["nodes"][0]["html"])
            for each in violations
            if each["impact"] in ("serious", "critical")
        ]
        assert grave == [], view


def test_the_browser_of_a_benchmark_is_accessible(demo: Path, open_page: Open) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page = open_page(demo / "browser" / "index.html", width=390).go(mod="music")
    assert page.page.evaluate("document.documentElement.scrollWidth") == 390
    violations = axe.Axe().run(page.page).response["violations"]
    assert [each["id"] for each in violations if each["impact"] in ("serious", "critical")] == []


# The colours of the heat map's cells with each share of right answers: background over the page's, and text.
_CELLS = """shares => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const page = rgb(getComputedStyle(document.body).backgroundColor);
  const cell = document.querySelector('.heat td:not(.few):has(a)');
  return shares.map(share => {
    cell.style.setProperty('--share', share);
    const [r, g, b, alpha = 1] = rgb(getComputedStyle(cell).backgroundColor);
    const back = [r, g, b].map((value, at) => alpha * value + (1 - alpha) * page[at]);
    return [back, rgb(getComputedStyle(cell.querySelector('small')).color).slice(0, 3)];
  });
}"""


def luminance(colour: Sequence[float]) -> float:
    """Relative luminance of a colour of 0 to 255 (WCAG 2.2)."""
    parts = [value / 255 for value in colour]
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_heat_map_is_legible_in_every_cell_and_in_grey(
    demo: Path, open_page: Open, *, dark: bool
) -> None:
    page = open_page(demo / "page" / "index.html", dark=dark).go(v="overview")
    cells = page.page.evaluate(_CELLS, [step / 20 for step in range(21)])
    backs = [luminance(back) for back, _ in cells]
    for back, (_, text) in zip(backs, cells, strict=True):
        bright, dim = sorted((back, luminance(text)), reverse=True)
        assert (bright + 0.05) / (dim + 0.05) >= 4.5
    # Without colour a larger share is still a stronger shade, all along.
    assert backs == sorted(backs, reverse=not dark)
    assert max(backs) - min(backs) > 0.05
    # Right and wrong differ by more than colour: a wrong letter is underlined.
    page.go(v="items", show="wrong")
    lines = "all => [...new Set(all.map(each => getComputedStyle(each).textDecorationLine))]"
    assert page.page.locator(".square.is-wrong").evaluate_all(lines) == ["underline"]
    assert page.page.locator(".square.is-right").evaluate_all(lines) == ["none"]


HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"


def test_markup_planted_in_every_field_stays_text(open_page: Open, tmp_path: Path) -> None:
    def plant(record: dict[str, Any], index: int) -> None:
        for field in ("id", "question", "modality", "category", "sub-category", "language", "source"):
            record[field] = f"{HOSTILE}{field}{index % 2 if field != 'id' else index}"
        record["choices"] = [f"{HOSTILE}{choice}" for choice in record["choices"]]
        record["answer"] = f"{HOSTILE}{record['answer']}"
        record |= {"thinking": HOSTILE, "cue": [HOSTILE]}
        record["rubric"] = [
            {"name": HOSTILE, "scoring_point": HOSTILE, "note": HOSTILE, "choices": [0, 1]} for _ in range(5)
        ]

    questions = write_questions(tmp_path / "meta.jsonl", 8, plant)
    files = [write_predictions(tmp_path / f"{name}<b>.jsonl", questions, 0.5, seed=name) for name in range(3)]
    for file in files:
        records = [
            json.loads(line) | {"thinking_prediction": HOSTILE}
            for line in file.read_text("utf-8").splitlines()
        ]
        file.write_text("".join(f"{json.dumps(each)}\n" for each in records), "utf-8")
    written = mmar.report(files, benchmark=questions, out=tmp_path / "page")
    page = open_page(written.path)
    for _ in walk(page, f"{HOSTILE}id0"):
        assert page.page.locator("main img, main b, main script").count() == 0
    page.go(v="item", i=f"{HOSTILE}id0")
    assert page.texts("h2.question") == [f"{HOSTILE}question0"]
    assert page.complaints == []


def test_a_bidi_override_in_an_answer_reorders_nothing_around_it(open_page: Open, tmp_path: Path) -> None:
    questions = write_questions(tmp_path / "meta.jsonl", 1)
    file = tmp_path / "model.jsonl"
    answer = "\u202eThe answer is bell 0."
    file.write_text(json.dumps({"id": "item-0000", "answer_prediction": answer}), "utf-8")
    page = open_page(mmar.report(file, benchmark=questions, out=tmp_path / "page").path).go(
        v="item", i="item-0000"
    )
    note = page.page.locator(".card p.told")
    assert note.evaluate("each => getComputedStyle(each).unicodeBidi") in (
        "isolate",
        "isolate-override",
        "plaintext",
    )
    title, verdict = (page.page.locator(f".card {each}").first.bounding_box() for each in ("h3", ".tag"))
    assert title is not None
    assert verdict is not None
    assert title["x"] == verdict["x"]
