"""The page of a report opens from disk: size, nodes, speed, clips, files beside it."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mmar
from open_page import OpenPage
from reports import first_item, walk

Open = Callable[..., OpenPage]
Many = tuple[Path, Path, list[Path]]


def test_every_view_opens_from_disk_without_console_messages_and_with_few_nodes(
    many: Many, open_page: Open
) -> None:
    page = open_page(many[0])
    for view in walk(page, "item-0007"):
        assert page.page.evaluate("document.querySelectorAll('*').length") < 1000, view
    assert page.complaints == []


def test_answers_of_a_thousand_characters_stay_inside_the_page(many: Many) -> None:
    assert many[0].stat().st_size < 5_000_000
    assert [path.name for path in many[0].parent.iterdir()] == ["index.html"]


def test_typing_in_the_search_keeps_the_focus(many: Many, open_page: Open) -> None:
    page = open_page(many[0]).go(v="items")
    page.press("/")
    page.page.keyboard.type("the 77th")
    page.wait("document.getElementById('count').textContent.startsWith('1 of')")
    assert page.page.evaluate("document.activeElement.id") == "search"
    assert page.texts(".row .question") == ["Which of four sounds is the 77th?"]


_FILTER = """async values => {
  const picker = document.querySelector('[data-filter=show]');
  const count = document.getElementById('count');
  for (const value of values) {
    const before = count.textContent;
    picker.value = value;
    picker.dispatchEvent(new Event('change'));
    while (count.textContent === before) await new Promise(done => setTimeout(done, 1));
    await new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)));
  }
}"""


# Work like that of the page, which took 100 ms on the two cores for which the bounds are.
_WORK = """() => {
  const words = Array.from({ length: 60000 }, (_, at) => String((at * 7919) % 60000).padStart(8, 'x'));
  for (let turn = 0; turn < 3; turn++) {
    words.sort((one, other) => (turn % 2 ? one < other : other < one) ? -1 : 1);
    JSON.parse(JSON.stringify(words));
  }
  return words.length;
}"""


def test_opening_filtering_and_searching_are_fast(many: Many, open_page: Open) -> None:
    """The bounds of the design, in time of the page's own thread, which does not grow while others compute.

    A slower processor has more time, by how long it takes for some known work. Of what can be done again, the best of
    three attempts counts.
    """

    def opened() -> tuple[OpenPage, Any, float]:
        page = open_page(many[0])
        session = page.context.new_cdp_session(page.page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.go(v="items")
        return page, session, _task_milliseconds(session)

    attempts = [opened() for _ in range(3)]
    opening = min(milliseconds for _, _, milliseconds in attempts)
    page, session, _ = attempts[-1]

    def spent(act: Callable[[], object]) -> float:
        before = _task_milliseconds(session)
        act()
        return _task_milliseconds(session) - before

    def search() -> None:
        page.page.fill("#search", "minor piano then")
        page.wait("/^[1-9]/.test(document.getElementById('count').textContent)")
        page.wait("!document.getElementById('count').textContent.startsWith('1,000')")

    filtering = min(
        spent(lambda: page.page.evaluate(_FILTER, ["wrong", "unresolved", "differ", "disputed", ""])) / 5
        for _ in range(3)
    )
    page.page.check("#in-answers")
    searching = spent(search)
    slowness = max(1.0, min(spent(lambda: page.page.evaluate(_WORK)) for _ in range(3)) / 100)
    assert opening < 500 * slowness
    assert filtering < 50 * slowness
    assert searching < 500 * slowness


def _task_milliseconds(session: Any) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return 1000 * next(float(each["value"]) for each in metrics if each["name"] == "TaskDuration")


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


def test_texts_beside_the_page_are_loaded_when_they_are_looked_at(
    many: Many, open_page: Open, tmp_path: Path
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
