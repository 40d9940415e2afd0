"""The page of a report in Chromium, opened from disk: the acceptance checks of its design, one after the other."""

from __future__ import annotations

import functools
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import mmar
from open_page import OpenPage
from reports import crowd, write_predictions, write_questions

Open = Callable[..., OpenPage]
VIEWS = ("overview", "items", "item", "compare", "about")


def fixed(value: float, digits: int = 1) -> str:
    return f"{value:.{digits}f}"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    """The folder of a report with sound: three baselines on the demonstration set, one of them under silence, too."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMAR_CACHE_DIR", str(shared_cache))
        runs = []
        for name, condition in (
            ("listener", "full"), ("listener-letters", "full"), ("listener-letters", "silence"), ("random", "full"),
        ):  # fmt: skip
            runs.append(folder / "runs" / f"{name}-{condition}")
            model, options = f"baseline/{name}", {} if condition == "full" else {"condition": condition}
            mmar.run(model, "demo", out=runs[-1], **options)  # type: ignore[arg-type]
        mmar.report(runs, out=folder / "page")
        mmar.report(runs[0], out=folder / "single", audio="none")
        mmar.browse("demo", out=folder / "browser")
    return folder


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[Path]]:
    """A report of twelve models on 1,000 items, 1,000 characters an answer; its questions and predictions files."""
    folder = tmp_path_factory.mktemp("many")
    questions, files = crowd(folder, 12, 1000, characters=1000)
    mmar.report(files, benchmark=questions, out=folder / "page")
    return folder / "page" / "index.html", questions, list(files)


@pytest.fixture(scope="session")
def compared(many: tuple[Path, Path, list[Path]]) -> mmar.Comparison:
    """What the command says of the same runs."""
    _, questions, files = many
    return mmar.compare(*files, benchmark=questions)


def first_item(folder: Path) -> str:
    line = (folder / "runs" / "listener-full" / "answers.jsonl").read_text("utf-8").splitlines()[0]
    return str(json.loads(line)["id"])


def walk(page: OpenPage, item: str) -> Iterator[str]:
    for view in VIEWS:
        page.go(v=view, **({"i": item} if view == "item" else {}))
        yield view


def test_every_view_opens_from_disk_without_a_word_and_with_few_nodes(
    many: tuple[Path, Path, list[Path]], open_page: Open
) -> None:
    page = open_page(many[0])
    for view in walk(page, "item-0007"):
        assert page.page.evaluate("document.querySelectorAll('*').length") < 1000, view
    assert page.complaints == []


def test_answers_of_a_thousand_characters_stay_inside_the_page(many: tuple[Path, Path, list[Path]]) -> None:
    assert many[0].stat().st_size < 5_000_000
    assert [path.name for path in many[0].parent.iterdir()] == ["index.html"]


def test_a_view_that_is_drawn_is_drawn_again_quickly_enough_to_type(
    many: tuple[Path, Path, list[Path]], open_page: Open
) -> None:
    page = open_page(many[0]).go(v="items")
    page.press("/")
    page.page.keyboard.type("the 77th")
    page.wait("document.getElementById('count').textContent.startsWith('1 of')")
    assert page.page.evaluate("document.activeElement.id") == "search"
    assert page.texts(".row .question") == ["Which of four sounds is the 77th?"]


def test_the_page_works_from_a_server_too(demo: Path, open_page: Open) -> None:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(demo / "page"))
    handler.log_message = lambda *_: None  # type: ignore[attr-defined]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.RequestHandlerClass.log_message = lambda *_: None  # type: ignore[method-assign,assignment]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            page = open_page(demo, address=f"http://127.0.0.1:{server.server_port}/index.html")
            for _ in walk(page, first_item(demo)):
                pass
            assert page.complaints == []
            page.context.close()
        finally:
            server.shutdown()
            thread.join()


def test_the_clip_plays_from_disk_and_seeks_by_a_click_on_its_waveform(demo: Path, open_page: Open) -> None:
    page = open_page(demo / "page" / "index.html").go(v="item", i=first_item(demo))
    page.wait("document.querySelector('audio').duration > 0")
    page.wait(
        "document.querySelector('.spectrogram').naturalWidth === 400 && document.querySelector('.peaks').width > 300"
    )
    box = page.page.locator(".sound").bounding_box()
    assert box is not None
    # Without playing, so that the time stays where the click put it.
    page.page.evaluate(
        "() => { window.play = HTMLMediaElement.prototype.play; HTMLMediaElement.prototype.play = async () => {} }"
    )
    page.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 10)
    sought = page.page.evaluate("(each => each.currentTime / each.duration)(document.querySelector('audio'))")
    assert sought == pytest.approx(0.5, abs=0.02)
    page.page.evaluate("() => { HTMLMediaElement.prototype.play = window.play }")
    page.page.evaluate("document.querySelector('audio').loop = true")
    page.press(" ")
    page.wait("document.querySelector('audio').played.length > 0")
    page.press(" ")
    page.wait("document.querySelector('audio').paused")
    assert page.complaints == []


def test_each_clip_lies_beside_the_page_once(demo: Path) -> None:
    clips = [path for path in (demo / "page" / "audio").iterdir() if path.suffix == ".wav"]
    benchmark_clips = sum(path.stat().st_size for path in clips)
    pictures = sum(path.stat().st_size for path in (demo / "page" / "audio").glob("*.png"))
    assert len(clips) == len({path.read_bytes() for path in clips}) == 77
    assert pictures < 0.05 * benchmark_clips


def test_a_link_gives_the_same_view_in_another_browser_also_after_a_run_was_added(
    many: tuple[Path, Path, list[Path]], open_page: Open, tmp_path: Path
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
    more.page.goto(more.address + chosen + "&b=" + run_keys(open_page, first)[files[0].name])
    more.ready()
    assert more.page.locator("#count").inner_text() == count
    assert "model-01" in more.page.locator("[data-filter=a] option:checked").inner_text()


def run_keys(open_page: Open, path: Path) -> dict[str, str]:
    opened = open_page(path).go(v="items")
    options = opened.page.locator("[data-filter=a] option")
    return {
        text.split(" ", 2)[2]: value
        for text, value in zip(
            options.all_inner_texts(), options.evaluate_all("all => all.map(each => each.value)"), strict=True
        )
    }


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
def test_what_the_page_does_not_have_is_said_with_the_nearest_names(
    many: tuple[Path, Path, list[Path]], open_page: Open, parts: dict[str, str], expected: str
) -> None:
    page = open_page(many[0]).go(**parts)
    (sentence,) = page.texts("[role=alert]")
    assert expected in sentence
    assert page.texts(".row") == []


def test_the_walk_by_keyboard_alone(many: tuple[Path, Path, list[Path]], open_page: Open) -> None:
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


HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"


def test_markup_planted_in_every_field_stays_text(open_page: Open, tmp_path: Path) -> None:
    def plant(record: dict[str, Any], place: int) -> None:
        for field in ("id", "question", "modality", "category", "sub-category", "language", "source"):
            record[field] = f"{HOSTILE}{field}{place % 2 if field != 'id' else place}"
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
    told = page.page.locator(".card p.told")
    assert told.evaluate("each => getComputedStyle(each).unicodeBidi") in (
        "isolate",
        "isolate-override",
        "plaintext",
    )
    title, verdict = (page.page.locator(f".card {each}").first.bounding_box() for each in ("h3", ".tag"))
    assert title is not None
    assert verdict is not None
    assert title["x"] == verdict["x"]


def test_the_numbers_are_those_of_the_commands(
    many: tuple[Path, Path, list[Path]], compared: mmar.Comparison, open_page: Open
) -> None:
    path, questions, files = many
    page = open_page(path).go(v="overview")
    rows = page.page.locator(".results tbody tr")
    shown = {}
    for row in rows.all():
        cells = {
            cell.get_attribute("data-column"): cell.inner_text().strip()
            for cell in row.locator("[data-column]").all()
        }
        shown[row.locator("a").first.inner_text()] = cells
    for run, file in zip(compared.runs, files, strict=True):
        score = mmar.score(file, questions)
        cells = shown[file.name]
        assert cells["official"] == fixed(score.official.accuracy)
        assert cells["choice"] == fixed(score.choice.accuracy)
        low, high = (score.choice.clustered or score.choice).interval  # type: ignore[misc]
        assert f"[{fixed(low)}, {fixed(high)}]" in cells["interval"]
        assert cells["rank"] == (str(run.rank) if run.rank == run.worst else f"{run.rank}–{run.worst}")
        assert cells["unresolved"] == str(score.states["unresolved"])
        assert cells["failed"] == str(score.states["failed"])


def test_a_difference_is_that_of_the_compare_command(
    many: tuple[Path, Path, list[Path]], compared: mmar.Comparison, open_page: Open
) -> None:
    path, _, files = many
    keys = run_keys(open_page, path)
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


def test_small_groups_have_no_percentage(
    many: tuple[Path, Path, list[Path]], demo: Path, open_page: Open
) -> None:
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


def test_every_count_equals_the_list_that_it_opens(
    many: tuple[Path, Path, list[Path]], open_page: Open
) -> None:
    page = open_page(many[0])
    links: dict[str, str] = {}
    for view in ("overview", "compare"):
        page.go(v=view)
        shown = page.page.eval_on_selector_all(
            "main a[href*='v=items']",
            "all => all.map(a => [a.getAttribute('href'), a.dataset.count || a.innerText])",
        )
        for href, text in shown:
            # Of a cell the group's size counts: that of a fraction, or the one below a percentage.
            last = text.split("/")[-1].split("n ")[-1].split()[0].replace(",", "")
            if last.isdecimal():
                links[href] = f"{int(last):,} of 1,000 items"
    assert len(links) > 60
    assert page.page.evaluate(_FOLLOW, list(links)) == list(links.values())


def test_states_are_told_apart_in_list_item_and_filter(
    many: tuple[Path, Path, list[Path]], open_page: Open
) -> None:
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


def test_the_words_that_were_read_are_marked_with_their_rule(open_page: Open, tmp_path: Path) -> None:
    answers = {
        "final-line": "Drops are heard.\nAnswer: B",
        "box": "So it is \\boxed{rain 1}.",
        "verdict": "I hear 🌧️ drops, so the answer is rain 1.",
        "json-key": '{"answer": "rain 1"}',
        "lone-letter": "B",
    }
    questions = write_questions(tmp_path / "meta.jsonl", 2)
    files = []
    for name, text in answers.items():
        files.append(tmp_path / f"{name}.jsonl")
        files[-1].write_text(json.dumps({"id": "item-0001", "answer_prediction": text}), "utf-8")
    written = mmar.report(files, benchmark=questions, out=tmp_path / "page")
    page = open_page(written.path).go(v="item", i="item-0001", cards="all")
    for name, text in answers.items():
        reading = mmar.read_choice(text, ["bell 1", "rain 1", "piano 1", "voice 1"])
        card = page.page.locator(".card", has_text=f"{name}.jsonl")
        assert card.locator("mark").inner_text() == text[reading.start : reading.end]
        assert reading.rule in str(card.locator("mark").get_attribute("title"))
        assert reading.reason in card.locator(".reason").first.inner_text()


def test_items_on_which_the_scorers_differ_have_a_reason_of_each(
    many: tuple[Path, Path, list[Path]], open_page: Open
) -> None:
    page = open_page(many[0]).go(v="items", show="scorers")
    page.press("Enter")
    page.page.wait_for_selector("main[data-view=item][data-ready=yes]")
    reasons = page.texts(".card:first-child .reason")
    assert len(reasons) == 2
    assert all(len(reason.split(": ", 1)[1]) > 3 for reason in reasons)


def test_texts_beside_the_page_are_loaded_when_they_are_looked_at(
    many: tuple[Path, Path, list[Path]], open_page: Open, tmp_path: Path
) -> None:
    _, questions, files = many
    written = mmar.report(files[:2], benchmark=questions, out=tmp_path / "page", texts="files")
    page = open_page(written.path).go(v="about")
    assert "20 files" in page.page.locator("main").inner_text()
    page.go(v="item", i="item-0777")
    assert page.page.locator(".card p.told").count() == 4  # two answers, two thinkings
    page.go(v="items", q="the answer is piano 777", **{"in": "answers"})
    assert int(page.page.locator("#count").inner_text().split()[0]) <= 1
    assert page.complaints == []
    (tmp_path / "page" / "texts" / "015.js").unlink()
    page.page.reload()
    page.go(v="item", i="item-0777")
    assert page.page.locator(".card").count() == 2


def test_one_run_has_a_headline(demo: Path, open_page: Open) -> None:
    page = open_page(demo / "single" / "index.html").go(v="overview")
    score = mmar.score(demo / "runs" / "listener-full", mmar.load("demo", cache=demo.parent / "cache0"))
    assert page.texts("[data-number=choice]") == [f"{fixed(score.choice.accuracy)} %"]
    assert page.texts("[data-state=right]") == [f"{score.choice.correct} right"]
    assert score.signature in page.texts("[data-signature]")


def test_reliance_is_that_of_the_reliance_command(demo: Path, open_page: Open) -> None:
    page = open_page(demo / "page" / "index.html").go(v="overview")
    (row,) = page.texts(".reliance tbody tr")
    benchmark = mmar.load("demo", cache=demo.parent / "cache0")
    runs = [demo / "runs" / f"listener-letters-{condition}" for condition in ("full", "silence")]
    effect = mmar.reliance(*runs, benchmark=benchmark).conditions[0].all
    assert effect.reliance is not None
    assert fixed(effect.under) in row
    assert f"{effect.difference:+.1f}" in row
    assert f"{fixed(effect.reliance)} %" in row


def test_a_part_of_the_rings_opens_and_plays_its_items(demo: Path, open_page: Open) -> None:
    page = open_page(demo / "browser" / "index.html").go(v="overview")
    assert page.texts("#listening [role=status]") == ["all: 1 of 77"]
    page.page.locator(".ring").first.locator("a.part").nth(1).click()
    page.wait("location.hash.includes('mod=music')")
    page.ready()
    assert page.texts("#listening [role=status]") == ["music: 1 of 11"]
    page.wait("document.querySelector('audio').played.length > 0")
    count = page.page.locator("#listening [data-count]")
    page.page.goto(page.address + str(count.get_attribute("href")))
    page.ready()
    assert page.texts("#count") == ["11 of 77 items"]
    assert page.complaints == []


def test_both_languages_have_every_phrase(demo: Path, open_page: Open) -> None:
    page = open_page(demo / "page" / "index.html")
    for view in walk(page, first_item(demo)):
        page.go(v=view, l="zh", **({"i": first_item(demo)} if view == "item" else {}))
        assert page.page.evaluate("document.documentElement.lang") == "zh-Hans"
        texts = page.page.locator("nav a, h2:not(.told), th, button, summary, caption").all_inner_texts()
        assert any("\u4e00" <= mark <= "\u9fff" for text in texts for mark in text), view


@pytest.mark.parametrize(
    ("value", "digits"),
    [(62.25, 1), (62.35, 1), (12.5, 0), (13.5, 0), (-0.25, 1), (0.05, 1), (99.95, 1), (1e-9, 3)],
)
def test_numbers_are_rounded_as_python_rounds_them(
    many: tuple[Path, Path, list[Path]], browser: Any, value: float, digits: int
) -> None:
    source = (Path(mmar.__file__).parent / "reports" / "page" / "web" / "base.js").read_text("utf-8")
    function = source[source.index("export function fixed") + len("export ") :]
    function = function[: function.index("\n}\n") + 3]
    context = browser.new_context()
    result = context.new_page().evaluate(
        f"([value, digits]) => {{ {function}; return fixed(value, digits); }}", [value, digits]
    )
    context.close()
    assert float(result) == float(f"{value:.{digits}f}")
    assert result.lstrip("-") == f"{abs(value):.{digits}f}"
