"""Error analysis: which answers are labelled, labels on disk, their numbers, the server and its page."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import mmar
from browser import wait_until
from expect import raises
from mmar.items import Item, load_benchmark, write_benchmark
from mmar.models import Answer
from mmar.reports.errors.server import ErrorsServer
from mmar.reports.errors.table import errors_table, write_errors_figure
from mmar.runs.spec import RunSpec
from mmar.scoring.error_labels import (
    KINDS,
    ErrorLabel,
    add_label,
    labels_path,
    read_labels,
    wrong_items,
)
from mmar.scoring.error_proposals import proposal_folder, propose_labels
from mmar.stats.interval import wilson
from runs.made_up import Scripted

N = 12
WRONG = [f"id-{place}" for place in range(8)]


@pytest.fixture
def run(tmp_path: Path, tone: Callable[..., Path]) -> Path:
    """Twelve items, of which eight are wrong: one by an unreadable answer that holds markup."""
    tone("clip.wav", seconds=0.3)
    items = [
        Item(f"id-{place}", "./clip.wav", f"Is it so, {place}?", ("yes", "no"), "yes", ("sound", "speech")[place % 2],
             "Signal Layer", thinking="It is so.", cue=("a tone",))
        for place in range(N)
    ]  # fmt: skip
    write_benchmark(items, tmp_path / "made-up-meta.jsonl")

    def say(request: Any, _: int) -> Answer:
        text = "yes" if request.item_id not in WRONG else "no"
        return Answer(
            request.item_id, "<script>alert(1)</script>" if request.item_id == "id-0" else text, "I think so."
        )

    mmar.run(Scripted(say), tmp_path / "made-up-meta.jsonl", out=tmp_path / "run")
    return tmp_path / "run"


def label(run: Path, item: str, labeller: str, kind: Any, **more: Any) -> None:
    """Label a wrong answer."""
    digest = {one.item.id: one.answer_digest for one in wrong_of(run)}[item]
    add_label(labels_path(run), ErrorLabel(item, labeller, kind, digest, "2026-11-30T10:00:00+00:00", **more))


def wrong_of(run: Path) -> tuple[Any, ...]:
    """The wrong answers of the run."""
    score = mmar.score(run)
    return wrong_items(load_benchmark(run.parent / "made-up-meta.jsonl"), score.items, {})


def test_wrong_answers_are_those_that_do_not_name_the_right_choice(run: Path) -> None:
    wrong = wrong_of(run)
    assert [one.item.id for one in wrong] == WRONG
    assert wrong[0].score.state == "unresolved"
    benchmark, items = load_benchmark(run.parent / "made-up-meta.jsonl"), mmar.score(run).items
    drawn = [one.item.id for one in wrong_items(benchmark, items, {}, sample=3, seed=1)]
    assert len(drawn) == 3
    assert drawn == [one.item.id for one in wrong_items(benchmark, items, {}, sample=3, seed=1)]


def test_shares_have_wilsons_intervals_and_only_settled_items_count(run: Path) -> None:
    for place, item in enumerate(WRONG):
        label(run, item, "Ada", "perception" if place < 5 else "reasoning")
    for place, item in enumerate(WRONG[:6]):
        label(run, item, "Bo", "perception" if place < 4 else "knowledge")
    result = mmar.error_analysis(run)
    assert (result.wrong, result.labelled, result.settled) == (8, 8, 6)
    assert result.disputed == ("id-4", "id-5")
    perception = result.kinds["perception"]
    assert (perception.count, perception.share) == (4, pytest.approx(400 / 6))
    assert perception.interval == wilson(4, 6)
    assert sum(one.count for one in result.kinds.values()) == 6
    assert result.by_labeller["Bo"]["knowledge"].count == 2
    assert result.by_modality["sound"]["perception"] == 2
    (agreement,) = result.agreement
    assert agreement.kappa.n == 6
    assert agreement.kappa.agreement == pytest.approx(400 / 6)
    assert agreement.kappa.kappa == pytest.approx((4 / 6 - 20 / 36) / (1 - 20 / 36))
    assert result.alpha is not None
    text = errors_table(result)
    assert "perception" in text
    assert "Ada and Bo: kappa 0.25" in text


def test_the_last_label_counts_and_labels_of_other_answers_do_not(run: Path) -> None:
    label(run, "id-1", "Ada", "other")
    label(run, "id-1", "Ada", "knowledge", note="names the wrong city")
    add_label(labels_path(run), ErrorLabel("id-2", "Ada", "other", "0123456789abcdef", "2026"))
    result = mmar.error_analysis(run)
    assert (result.settled, result.kinds["knowledge"].count) == (1, 1)
    assert result.agreement == ()


def test_a_torn_line_is_passed_over_and_cut_off_before_the_next_label(run: Path) -> None:
    label(run, "id-1", "Ada", "other")
    path = labels_path(run)
    with path.open("ab") as stream:
        stream.write(b'{"item": "id-2", "label')
    assert len(read_labels(path)) == 1
    label(run, "id-3", "Ada", "reasoning")
    assert [one.item for one in read_labels(path)] == ["id-1", "id-3"]
    path.write_bytes(b"no label\n" + path.read_bytes())
    with raises("invalid-json", line=1):
        read_labels(path)


@pytest.mark.parametrize(
    ("labeller", "kind", "code"), [("", "other", "invalid-value"), ("Ada", "luck", "unknown-kind")]
)
def test_what_is_no_label_is_not_written(run: Path, labeller: str, kind: Any, code: str) -> None:
    with raises(code):
        add_label(labels_path(run), ErrorLabel("id-1", labeller, kind, "x", "2026"))
    assert not labels_path(run).exists()


def test_what_a_model_proposes_is_no_label(run: Path) -> None:
    replies = {"id-3": "I cannot.", "id-4": '{"kind": "luck"}'}

    def say(request: Any, _: int) -> Answer:
        text = replies.get(request.item_id, 'Sure: {"kind": "perception", "note": "misheard"}')
        assert "I think" not in request.messages[0].text
        return Answer(request.item_id, text, "")

    benchmark = load_benchmark(run.parent / "made-up-meta.jsonl")
    spec = RunSpec.create("command/x", benchmark, out=proposal_folder(run, "command/x"), max_attempts=1)
    wrong = wrong_of(run)
    assert propose_labels(wrong, labels_path(run), spec, Scripted(say)) == 6
    assert propose_labels(wrong, labels_path(run), spec, Scripted(say)) == 0
    label(run, "id-1", "Ada", "perception")
    label(run, "id-2", "Ada", "reasoning")
    result = mmar.error_analysis(run)
    assert (result.labelled, result.settled) == (2, 2)
    assert result.proposals["command/x"]["perception"].count == 6
    (agreement,) = result.proposal_agreement
    assert (agreement.first, agreement.kappa.n, agreement.kappa.agreement) == ("people", 2, 50.0)
    assert result.by_labeller.keys() == {"Ada"}


def test_the_figure_is_drawn_and_the_command_prints_it_all(
    command: Callable[..., Any], run: Path, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    label(run, "id-1", "Ada", "reasoning")
    assert [path.suffix for path in write_errors_figure(mmar.error_analysis(run), tmp_path / "f")] == [
        ".svg",
        ".pdf",
        ".png",
    ]
    printed = json.loads(command("errors", run, "--json").out)
    assert printed["kinds"]["reasoning"]["count"] == 1
    assert printed["wrong"] == 8
    assert "reasoning" in command("errors", run, "--summary").words
    assert command("errors", run, "--summary", "--figures", tmp_path / "g").status == 0
    assert command("errors", tmp_path / "none", "--summary").status == 2


@pytest.fixture
def server(run: Path) -> Iterator[ErrorsServer]:
    """The server of the run's wrong answers, in a thread of its own."""
    benchmark = mmar.load(run.parent / "made-up-meta.jsonl", audio_dir=run.parent)
    with ErrorsServer(
        run, benchmark, wrong_of(run), signature="bench:x", title="Errors", labeller="Ada"
    ) as serving:
        thread = threading.Thread(target=serving.serve)
        thread.start()
        yield serving
        serving.stop()
        thread.join()


def asked(
    server: ErrorsServer, path: str, *, token: str | None = None, body: Any = None, **headers: str
) -> tuple[int, bytes, Any]:
    """Status, body and headers of a request."""
    address = server.url.partition("/?")[0]
    given = server.token if token is None else token
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"{address}{path}", data, {"X-Token": given, **headers})
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, reply.read(), reply.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers


def test_a_label_is_on_the_disk_when_it_is_confirmed(server: ErrorsServer, run: Path) -> None:
    sent = {"item": "id-1", "labeller": "Ada", "kind": "knowledge", "note": "a place"}
    assert asked(server, "/label", body=sent)[0] == 200
    (kept,) = read_labels(labels_path(run))
    assert (kept.item, kept.kind, kept.note, kept.source) == ("id-1", "knowledge", "a place", "person")
    assert json.loads(asked(server, "/labels?labeller=Ada")[1]) == {
        "id-1": {"kind": "knowledge", "note": "a place"}
    }
    assert json.loads(asked(server, "/labels?labeller=Bo")[1]) == {}
    assert json.loads(asked(server, "/analysis")[1])["settled"] == 1


def test_only_who_has_the_token_on_this_machine_is_answered(server: ErrorsServer, run: Path) -> None:
    assert server.url.startswith("http://127.0.0.1:")
    for path in ("/", "/labels?labeller=Ada", "/clip/0", "/analysis", "/label"):
        assert asked(server, path, token="")[0] == 403
        assert asked(server, path, token="wrong")[0] == 403
        assert asked(server, path, Host="evil.example:80")[0] == 403
    sent = {"item": "id-1", "labeller": "Ada", "kind": "other"}
    assert asked(server, "/label", token="", body=sent)[0] == 403
    assert not labels_path(run).exists()


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"\xff", {"item": "none", "labeller": "Ada", "kind": "other"}, {"item": "id-1"},
     {"item": "id-1", "labeller": " ", "kind": "other"}, {"item": "id-1", "labeller": "Ada", "kind": "luck"}],
)  # fmt: skip
def test_a_bad_label_is_refused(server: ErrorsServer, run: Path, body: Any) -> None:
    status, text, _ = asked(server, "/label", body=body)
    assert status == 400
    assert json.loads(text)["error"]
    assert not labels_path(run).exists()


def test_clips_are_sent_whole_and_in_parts_and_nothing_else_is(server: ErrorsServer, run: Path) -> None:
    data = (run.parent / "clip.wav").read_bytes()
    assert asked(server, "/clip/0")[1] == data
    status, part, headers = asked(server, "/clip/0", Range="bytes=10-19")
    assert (status, part, headers["content-range"]) == (206, data[10:20], f"bytes 10-19/{len(data)}")
    assert len(asked(server, "/peaks/0")[1]) == 120
    assert asked(server, "/picture/0")[1].startswith(b"\x89PNG")
    for path in (
        "/clip/99",
        "/clip/-1",
        "/clip/x",
        "/clip/../../etc/passwd",
        "/made-up-meta.jsonl",
        "/peaks/8",
    ):
        assert asked(server, path)[0] == 404
    assert asked(server, "/other", body={})[0] == 404


@pytest.mark.browser
def test_a_person_labels_by_keyboard_and_sees_the_analysis(
    browser: Any, server: ErrorsServer, run: Path
) -> None:
    page = browser.new_page()
    seen: list[str] = []
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("dialog", lambda dialog: seen.append(dialog.message))
    page.goto(server.url)
    page.wait_for_selector("html[data-ready=label]")
    assert page.locator("#answer").inner_text() == "<script>alert(1)</script>"
    for key, kind in zip("12345", KINDS, strict=True):
        page.keyboard.press(key)
        page.wait_for_selector(f"#kind-{kind}[aria-pressed=true]")
    wait_until(page, "document.querySelector('#done').textContent.startsWith('1 of 8')")
    page.locator("#open").click()
    wait_until(page, "location.hash.includes('id-1')")
    page.locator("#note").fill("12 beeps")
    page.locator("#kind-knowledge").click()
    page.wait_for_selector("#kind-knowledge[aria-pressed=true]")
    labels = read_labels(labels_path(run))
    assert [(one.item, one.kind) for one in labels] == [
        *(("id-0", kind) for kind in KINDS),
        ("id-1", "knowledge"),
    ]
    assert labels[-1].note == "12 beeps"
    page.locator("#to-analysis").click()
    page.wait_for_selector("html[data-ready=analysis]")
    assert "2 of 8" in page.locator("main").inner_text()
    page.locator("#language").click()
    wait_until(page, "document.documentElement.lang === 'zh-Hans'")
    page.locator("#who").fill("")
    page.locator("#who").press("Enter")
    page.locator("#to-label").click()
    page.wait_for_selector("html[data-ready=label]")
    assert seen == []
    assert len(read_labels(labels_path(run))) == 6


@pytest.mark.browser
def test_the_clip_plays_in_the_page(browser: Any, server: ErrorsServer) -> None:
    page = browser.new_page()
    page.goto(server.url)
    page.wait_for_selector("canvas.peaks")
    wait_until(page, "document.querySelector('audio').readyState >= 1")
    page.evaluate("document.querySelector('audio').play()")
    wait_until(page, "document.querySelector('audio').currentTime > 0")
