"""The numbers of a report's page are those of the commands."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mmar
from open_page import OpenPage
from reports import run_keys

Open = Callable[..., OpenPage]
Many = tuple[Path, Path, list[Path]]
WEB = Path(mmar.__file__).parent / "reports" / "page" / "web"


@pytest.fixture(scope="module")
def compared(many: Many) -> mmar.Comparison:
    """What the command says of the same runs."""
    _, questions, files = many
    return mmar.compare(*files, benchmark=questions)


def fixed(value: float, digits: int = 1) -> str:
    return f"{value:.{digits}f}"


def test_the_numbers_are_those_of_the_commands(
    many: Many, compared: mmar.Comparison, open_page: Open
) -> None:
    path, questions, files = many
    page = open_page(path).go(v="overview")
    rows = page.page.locator(".results tbody tr")
    cells_by_name = {}
    for row in rows.all():
        cells = {
            cell.get_attribute("data-column"): cell.inner_text().strip()
            for cell in row.locator("[data-column]").all()
        }
        cells_by_name[row.locator("a").first.inner_text()] = cells
    for run, file in zip(compared.runs, files, strict=True):
        score = mmar.score(file, questions)
        cells = cells_by_name[file.name]
        assert cells["official"] == fixed(score.official.accuracy)
        assert cells["choice"] == fixed(score.choice.accuracy)
        low, high = (score.choice.clustered or score.choice).interval  # type: ignore[misc]
        assert f"[{fixed(low)}, {fixed(high)}]" in cells["interval"]
        assert cells["rank"] == (str(run.rank) if run.rank == run.worst else f"{run.rank}–{run.worst}")
        assert cells["unresolved"] == str(score.states["unresolved"])
        assert cells["failed"] == str(score.states["failed"])


def test_a_difference_is_that_of_the_compare_command(
    many: Many, compared: mmar.Comparison, open_page: Open
) -> None:
    path, _, files = many
    keys = run_keys(open_page(path))
    pair = compared.pairs[2]  # the first and the fourth
    page = open_page(path).go(
        v="compare", a=keys[files[3].name], b=keys[files[0].name]
    )  # the other way round
    assert page.texts("[data-number=difference]") == [f"{-pair.all.difference:+.1f}".replace("-", "−")]
    low, high = pair.all.interval
    (interval,) = page.texts("[data-number=interval]")
    assert f"[{-high:+.1f}, {-low:+.1f}]".replace("-", "−") in interval
    groups = page.texts("table[data-dimension=modality] .value")
    expected = [f"{-each.difference:+.1f}".replace("-", "−") for each in pair.groups["modality"].values()]
    assert [text.split(" ")[0] for text in groups] == [
        text.replace("+0.0", "0.0").replace("−0.0", "0.0") for text in expected
    ]
    assert page.texts("[data-show=only-b]") == [str(pair.all.only_first)]
    assert page.texts("[data-show=only-a]") == [str(pair.all.only_second)]


def test_small_groups_have_no_percentage(many: Many, demo: Path, open_page: Open) -> None:
    page = open_page(demo / "page" / "index.html").go(v="overview")
    few = page.texts(".heat td.few a")
    assert len(few) > 20
    assert all("/" in text and "." not in text for text in few)
    for path in (many[0], demo / "page" / "index.html"):
        page = open_page(path).go(v="overview")
        n = [int(text.split("n ")[1].replace(",", "")) for text in page.texts(".heat td:not(.few) a")]
        assert min(n) >= 20


# Follows each link within the page, which is far quicker than from outside, and gives the counts that the lists show.
_FOLLOW = """async links => {
  const counts = [];
  for (const link of links) {
    location.hash = link;
    while (document.querySelector('main')?.dataset.address !== link) await new Promise(done => setTimeout(done, 5));
    counts.push(document.getElementById('count').textContent);
  }
  return counts;
}"""


def test_every_count_equals_the_list_that_it_opens(many: Many, open_page: Open) -> None:
    page = open_page(many[0])
    links: dict[str, str] = {}
    for view in ("overview", "compare"):
        page.go(v=view)
        texts_by_address = page.page.eval_on_selector_all(
            "main a[href*='v=items']",
            "all => all.map(a => [a.getAttribute('href'), a.dataset.count || a.innerText])",
        )
        for href, text in texts_by_address:
            # Of a cell the group's size counts: that of a fraction, or the one below a percentage.
            last = text.split("/")[-1].split("n ")[-1].split()[0].replace(",", "")
            if last.isdecimal():
                links[href] = f"{int(last):,} of 1,000 items"
    assert len(links) > 60
    assert page.page.evaluate(_FOLLOW, list(links)) == list(links.values())


def test_list_item_and_filter_distinguish_the_states(many: Many, open_page: Open) -> None:
    path, questions, files = many
    score = mmar.score(files[0], questions)
    page = open_page(path)
    seen = set()
    for state, mark in (("unresolved", "?"), ("refused", "×"), ("failed", "!")):
        page.go(v="items", show=state)
        assert page.texts("#count") == [f"{score.states[state]:,} of 1,000 items"]
        assert page.texts(".row .square:first-child")[0] == mark
        page.press("Enter")
        page.page.wait_for_selector("main[data-view=item][data-ready=yes]")
        seen.add(page.page.locator(".card .tag").first.inner_text())
    assert len(seen) == 3
    page.go(v="items", show="cut")
    assert page.texts("#count") == [f"{score.cut_off:,} of 1,000 items"]


def test_answers_to_other_orders_and_repeats_are_shown_by_item(demo: Path, open_page: Open) -> None:
    page = open_page(demo / "page" / "index.html").go(v="overview")
    score = mmar.score(demo / "runs" / "random-full", mmar.load("demo", cache=demo / "cache"))
    assert score.repeats is not None
    assert fixed(score.repeats.majority) in page.page.locator(".repeats").inner_text()
    link = page.page.locator(".repeats [data-count]")
    count = link.get_attribute("data-count")
    link.click()
    page.ready()
    assert page.texts("#count") == [f"{count} of 77 items"]
    page.press("Enter")
    page.page.wait_for_selector("main[data-view=item][data-ready=yes]")
    further = page.page.locator(".card", has_text="random").locator(".further")
    assert further.locator("summary").inner_text().startswith("Other orders and repeats (3)")
    assert len(set(re.findall(r"\b[A-F?]\b", further.locator("summary").inner_text()))) >= 1
    assert further.locator("p.told").count() == 3


def test_one_run_has_a_headline(demo: Path, open_page: Open) -> None:
    page = open_page(demo / "single" / "index.html").go(v="overview")
    score = mmar.score(demo / "runs" / "listener-full", mmar.load("demo", cache=demo / "cache"))
    assert page.texts("[data-number=choice]") == [f"{fixed(score.choice.accuracy)} %"]
    assert page.texts("[data-state=right]") == [f"{score.choice.correct} right"]
    assert score.signature in page.texts("[data-signature]")


def test_reliance_is_that_of_the_reliance_command(demo: Path, open_page: Open) -> None:
    page = open_page(demo / "page" / "index.html").go(v="overview")
    (row,) = page.texts(".reliance tbody tr")
    benchmark = mmar.load("demo", cache=demo / "cache")
    runs = [demo / "runs" / f"listener-letters-{condition}" for condition in ("full", "silence")]
    effect = mmar.reliance(*runs, benchmark=benchmark).conditions[0].all
    assert effect.reliance is not None
    assert fixed(effect.under) in row
    assert f"{effect.difference:+.1f}" in row
    assert f"{fixed(effect.reliance)} %" in row


@pytest.mark.parametrize(
    ("value", "digits"),
    [(62.25, 1), (62.35, 1), (12.5, 0), (13.5, 0), (-0.25, 1), (0.05, 1), (99.95, 1), (1e-9, 3)],
)
def test_numbers_are_rounded_as_python_rounds_them(browser: Any, value: float, digits: int) -> None:
    source = (WEB / "base.js").read_text("utf-8")
    function = source[source.index("export function fixed") + len("export ") :]
    function = function[: function.index("\n}\n") + 3]
    context = browser.new_context()
    result = context.new_page().evaluate(
        f"([value, digits]) => {{ {function}; return fixed(value, digits); }}", [value, digits]
    )
    context.close()
    assert float(result) == float(f"{value:.{digits}f}")
    assert result.lstrip("-") == f"{abs(value):.{digits}f}"
