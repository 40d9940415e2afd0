"""The leaderboard: canonical systems, kinds of numbers, ranges, items, exports and the page in a browser."""

from __future__ import annotations

import csv
import gzip
import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import mmar
from browser import wait_until
from expect import raises
from mmar.items import Item, load_benchmark, write_benchmark
from mmar.models import Answer, Usage
from mmar.reports.leaderboard.names import find_system, known_systems, new_id
from mmar.reports.published import published_results
from mmar.scoring.official import official_match
from real_data import GOLDEN, MMAR, SHARED, needs_real_data
from runs.made_up import Scripted

CHOICES = ("yes", "no", "perhaps")
N = 60


def questions(folder: Path, *, old: bool = False) -> Path:
    """Sixty items, each of a video of its own; of the old edition two keys are wrong."""
    items = [
        Item(
            f"id-{place}",
            f"./{place}.wav",
            f"Is it so, {place}?"
            if place
            else "<img src=x onerror=alert(1)> </script><script>alert(1)</script>",
            CHOICES,
            "no" if old and place < 2 else "yes",
            ("sound", "speech")[place % 2],
            "Signal Layer",
            url=f"https://youtu.be/{place:_<11}",
        )
        for place in range(N)
    ]
    path = folder / ("old-meta.jsonl" if old else "made-up-meta.jsonl")
    write_benchmark(items, path)
    return path


def made_run(
    folder: Path,
    name: str,
    wrong: Sequence[int],
    *,
    condition: str = "full",
    say_wrong: str = "no",
    rotate: int = 1,
) -> Path:
    """A run that is right but for some items."""

    def say(request: Any, _: int) -> Answer:
        place = int(request.item_id.removeprefix("id-"))
        text = say_wrong if place in wrong else "yes"
        return Answer(request.item_id, text, "", usage=Usage(100, 10), latency_s=0.5)

    out = folder / f"{name.replace('/', '-')}-{condition}"
    mmar.run(Scripted(say, name=name), questions(folder), out=out, rotations=rotate)
    manifest = out / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"condition": condition}))
    return out


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Four systems and a control run."""
    return [
        made_run(tmp_path, "hf/Qwen/Qwen2.5-Omni-7B", range(20), rotate=2),
        made_run(tmp_path, "gemini/gemini-2.5-flash", range(2, 12)),
        made_run(tmp_path, "openai/gpt-4o-audio-preview", range(1, 10)),
        made_run(tmp_path, "hf/me/My-Model", range(5, 55)),
        made_run(tmp_path, "hf/Qwen/Qwen2.5-Omni-7B", range(10, 60), condition="silence", rotate=2),
    ]


def board_of(folder: Path) -> dict[str, Any]:
    """What a leaderboard's folder holds."""
    value: dict[str, Any] = json.loads((folder / "leaderboard.json").read_text("utf-8"))
    return value


def row_of(board: dict[str, Any], name: str) -> dict[str, Any]:
    """The row of a system."""
    (row,) = (row for row in board["systems"] if row["id"] == name)
    return dict(row)


@pytest.mark.parametrize(
    ("spelling", "system"),
    [
        ("Gemini 2.5 Flash", "gemini-2.5-flash"),
        ("Gemini-2.5-Flash", "gemini-2.5-flash"),
        ("gemini/gemini-2.5-flash", "gemini-2.5-flash"),
        ("hf/Qwen/Qwen2.5-Omni-7B", "qwen2.5-omni-7b"),
        ("Qwen2.5-Omni-7B", "qwen2.5-omni-7b"),
        ("vllm/Qwen/Qwen2.5-Omni-3B", "qwen2.5-omni-3b"),
        ("Qwen3-Omni-30B-A3B-Thinking", "qwen3-omni-thinking"),
        ("openai/gpt-4o-audio-preview", "gpt-4o-audio"),
        ("hf/me/My-Model", None),
        ("Audio Flamingo 2", None),
    ],
)
def test_spellings_of_a_system_mean_one_system(spelling: str, system: str | None) -> None:
    found = find_system(spelling)
    assert (found and found.id) == system


def test_an_unknown_system_is_named_by_its_model() -> None:
    assert new_id("hf/me/My Model!") == "me-my-model"
    assert new_id("baseline/random") == "baseline-random"
    assert len(known_systems()) == len({result.id for result in published_results()})


def test_the_published_leaderboard_has_the_benchmarks_rows_and_flags(tmp_path: Path) -> None:
    page = mmar.leaderboard(out=tmp_path / "board")
    board = board_of(page.parent)
    values = [value for row in board["systems"] for value in row["values"]]
    assert len(values) == len(published_results())
    ours = sorted(value["printed"] for value in values if value["by"] == "benchmark")
    assert len(ours) == 37
    if MMAR.exists():
        with (SHARED / "published" / "mmar_accuracy.csv").open(encoding="utf-8") as file:
            assert ours == sorted(row["avg"] for row in csv.DictReader(file))
    qwen = row_of(board, "qwen2.5-omni-7b")
    assert (qwen["lowest"], qwen["highest"], qwen["kind"], qwen["number"]) == (30.0, 64.0, "benchmark", 56.7)
    thinking = row_of(board, "qwen3-omni-thinking")
    assert "63.4 is impossible on 11 items" in thinking["values"][0]["problem"]
    echo = row_of(board, "echo-7b")["values"][0]
    assert (echo["mean"], echo["in_spread"]) == ("groups", False)
    assert not any(row["runs"] for row in board["systems"])
    assert "rank" not in board["systems"][0]


def test_reproduced_numbers_equal_score_compare_and_reliance(tmp_path: Path, runs: list[Path]) -> None:
    folder = mmar.leaderboard(*runs, out=tmp_path / "board", published=False).parent
    board = board_of(folder)
    assert [row["id"] for row in board["systems"]] == [
        "gpt-4o-audio",
        "gemini-2.5-flash",
        "qwen2.5-omni-7b",
        "me-my-model",
    ]
    compared = mmar.compare(*runs[:4], scorer="official")
    for path, one in zip(runs[:4], compared.runs, strict=True):
        (run,) = (
            run
            for row in board["systems"]
            for run in row["runs"]
            if run["signature"] == mmar.score(path).signature
        )
        score = mmar.score(path)
        assert run["official"]["value"] == score.official.accuracy
        assert [run["official"]["low"], run["official"]["high"]] == list(score.official.clustered.interval)
        assert run["choice"]["value"] == score.choice.accuracy
        assert run["rank"] == [one.rank, one.worst]
        assert run["tokens"] == 10
    qwen = row_of(board, "qwen2.5-omni-7b")["runs"][0]
    reliance = mmar.reliance(runs[0], runs[4], scorer="official").conditions[0].all
    assert (qwen["reliance"]["value"], qwen["hidden_by"]) == (reliance.reliance, "silence")
    rotations = mmar.score(runs[0]).rotations
    assert rotations is not None
    assert qwen["order_agreement"] == rotations.agreement


def test_the_figure_of_reliance_is_drawn(
    command: Callable[..., Any], tmp_path: Path, runs: list[Path]
) -> None:
    pytest.importorskip("matplotlib")
    folder = tmp_path / "figures"
    assert command("reliance", runs[0], runs[4], "--figures", folder, "--draws", 100).status == 0
    assert sorted(path.name for path in folder.iterdir()) == ["reliance.pdf", "reliance.png", "reliance.svg"]


def test_runs_that_cannot_be_told_apart_share_a_range(tmp_path: Path, runs: list[Path]) -> None:
    board = board_of(mmar.leaderboard(*runs, out=tmp_path / "board").parent)
    ranks = {row["id"]: row["runs"][0]["rank"] for row in board["systems"] if row["runs"]}
    assert ranks["gpt-4o-audio"] == ranks["gemini-2.5-flash"]
    assert ranks["me-my-model"] == [4, 4]


def test_two_protocols_of_one_system_are_one_row_with_two_runs(tmp_path: Path) -> None:
    first = made_run(tmp_path, "hf/Qwen/Qwen2.5-Omni-7B", range(10))
    second = made_run(tmp_path, "vllm/Qwen/Qwen2.5-Omni-7B", range(20))
    (row,) = board_of(mmar.leaderboard(first, second, out=tmp_path / "b", published=False).parent)["systems"]
    assert [run["model"] for run in row["runs"]] == ["hf/Qwen/Qwen2.5-Omni-7B", "vllm/Qwen/Qwen2.5-Omni-7B"]
    named = mmar.leaderboard(
        first, second, out=tmp_path / "c", published=False, names={"vllm/Qwen/Qwen2.5-Omni-7B": "mine"}
    )
    assert {row["id"] for row in board_of(named.parent)["systems"]} == {"qwen2.5-omni-7b", "mine"}


def test_items_say_who_solves_them_and_which_keys_are_doubted(tmp_path: Path, runs: list[Path]) -> None:
    board = board_of(
        mmar.leaderboard(*runs, out=tmp_path / "b", earlier=questions(tmp_path, old=True)).parent
    )
    items = board["items"]
    assert len(board["runs"]) == len(items["picks"]) == 4
    place = items["ids"].index("id-7")
    assert items["solved"][place] == 0
    assert items["disputed"][place] == CHOICES.index("no")
    assert items["disputed"][items["ids"].index("id-58")] == -1
    assert sum(items["without_audio"]) == 10
    assert items["old_keys"] == {"0": "no", "1": "no"}
    answered = dict(zip((owner for _, owner in board["runs"]), board["old_keys"], strict=True))
    assert (answered["qwen2.5-omni-7b"]["old"], answered["gemini-2.5-flash"]["old"]) == (2, 0)


def test_rubric_cost_and_time_stand_beside_a_run(
    tmp_path: Path, runs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Judged:
        score, interval, alpha, signature = 61.5, (55.0, 68.0), 0.71, "bench:x"

    def judgements(path: Path, _: Any) -> Iterator[tuple[str, Any]]:
        if path == runs[0]:
            yield "judge", Judged

    monkeypatch.setattr("mmar.reports.leaderboard.entries.stored_judgements", judgements)
    prices = tmp_path / "prices.toml"
    prices.write_text('[[price]]\nmodel = "hf/Qwen/*"\ninput = 10.0\noutput = 100.0\n')
    board = board_of(mmar.leaderboard(*runs, out=tmp_path / "b", prices=prices).parent)
    run = row_of(board, "qwen2.5-omni-7b")["runs"][0]
    assert (run["rubric"]["score"], run["rubric"]["alpha"]) == (61.5, 0.71)
    assert run["cost"] == pytest.approx(N * (100 * 10 + 10 * 100) / 1e6)
    assert run["seconds"] is not None
    assert row_of(board, "gemini-2.5-flash")["runs"][0]["cost"] is None
    assert row_of(board, "gemini-2.5-flash")["runs"][0]["rubric"] is None


def test_the_folder_is_the_same_to_the_byte_and_lists_what_changed(tmp_path: Path, runs: list[Path]) -> None:
    folder = tmp_path / "board"

    def write(*paths: Path) -> dict[Path, bytes]:
        mmar.leaderboard(*paths, out=folder, published=False)
        return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    first = write(*runs[:2])
    assert write(*runs[:2]) == first
    write(*runs[:3])
    changes = json.loads((folder / "changes.json").read_text("utf-8"))
    assert [change["added"] for change in changes] == [
        ["gpt-4o-audio"],
        ["gemini-2.5-flash", "qwen2.5-omni-7b"],
    ]
    assert len({change["digest"] for change in changes}) == 2
    (folder / "changes.json").write_text("{")
    with raises("invalid-json"):
        write(*runs[:2])


def test_exports_stand_beside_each_row(tmp_path: Path, runs: list[Path]) -> None:
    folder = mmar.leaderboard(*runs, out=tmp_path / "board").parent
    text = (folder / "systems" / "qwen2.5-omni-7b.csv").read_text("utf-8")
    (row,) = csv.DictReader(text.splitlines())
    assert (row["kind"], row["system"]) == ("run", "hf/Qwen/Qwen2.5-Omni-7B")
    assert r"\begin{tabular}" in (folder / "systems" / "qwen2.5-omni-7b.tex").read_text("utf-8")
    assert json.loads((folder / "systems" / "me-my-model.json").read_text("utf-8"))
    assert len(list((folder / "every-eval-ever" / "data").rglob("*_samples.jsonl"))) == 5


@needs_real_data
def test_a_file_of_predictions_stands_beside_what_was_published_of_its_system(tmp_path: Path) -> None:
    file = tmp_path / "Qwen2.5-Omni-7B.jsonl"
    shutil.copy(GOLDEN / "predictions_full.jsonl", file)
    folder = mmar.leaderboard(file, out=tmp_path / "board", benchmark=MMAR).parent
    row = row_of(board_of(folder), "qwen2.5-omni-7b")
    assert (row["kind"], len(row["runs"])) == ("reproduced", 1)
    assert row["number"] == mmar.score(file, MMAR).official.accuracy
    assert (row["lowest"], row["highest"]) == (30.0, 64.0)
    rows = csv.DictReader((folder / "systems" / "qwen2.5-omni-7b.csv").read_text("utf-8").splitlines())
    assert {each["kind"] for each in rows} == {"run", "benchmark", "others"}


def test_runs_that_do_not_belong_are_refused(tmp_path: Path, runs: list[Path]) -> None:
    with raises("no-real-run"):
        mmar.leaderboard(runs[1], runs[4], out=tmp_path / "b")
    other = tmp_path / "other"
    other.mkdir()
    old = load_benchmark(questions(other, old=True))
    out = tmp_path / "old-run"
    mmar.run(Scripted(lambda request, _: Answer(request.item_id, "yes", "")), old, out=out)
    with raises("other-benchmark"):
        mmar.leaderboard(runs[0], out, out=tmp_path / "b")


def test_the_command_says_where_the_page_is(command: Callable[..., Any], tmp_path: Path) -> None:
    result = command("leaderboard", "--out", tmp_path / "board", "--language", "zh")
    assert (result.status, f"wrote {tmp_path / 'board' / 'index.html'}" in result.err) == (0, True)
    assert '<html lang="zh-Hans">' in (tmp_path / "board" / "index.html").read_text("utf-8")
    assert command("leaderboard", "--out", tmp_path / "board", "--name", "x").code == "not-a-pair"
    assert command("leaderboard", tmp_path / "none", "--out", tmp_path / "board").status == 2


@pytest.fixture
def opened(browser: Any, tmp_path: Path, runs: list[Path]) -> Callable[..., Any]:
    """Open the leaderboard from disk; its requests, console and errors are kept as `page.seen`."""
    folder = mmar.leaderboard(*runs, out=tmp_path / "board", earlier=questions(tmp_path, old=True)).parent

    def open_page(address: str = "", **options: Any) -> Any:
        page = browser.new_context(**options).new_page()
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

    return open_page


@pytest.mark.browser
def test_the_page_shows_the_same_numbers_and_asks_for_nothing(
    opened: Callable[..., Any], tmp_path: Path, runs: list[Path]
) -> None:
    page = opened()
    shown = page.locator("tr.reproduced").all_inner_texts()
    assert len(shown) == 4
    for path in runs[:4]:
        value = f"{mmar.score(path).official.accuracy:.1f}"
        assert any(re.search(rf"\b{re.escape(value)}\b", text) for text in shown)
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
