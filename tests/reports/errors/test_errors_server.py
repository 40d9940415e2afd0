"""The server of the errors page, and the page in Chromium."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser import wait_until
from mmar.publishing import find_source
from mmar.reports.errors_server import ErrorsServer
from mmar.scoring.error_labels import (
    KINDS,
    labels_path,
    read_labels,
)


@pytest.fixture
def server(run: Path) -> Iterator[ErrorsServer]:
    """The server of the run's wrong answers, in a thread of its own."""
    source = find_source(run, audio_dir=run.parent)
    with ErrorsServer(source, source.wrong_items(), labeller="Ada") as serving:
        thread = threading.Thread(target=serving.serve)
        thread.start()
        yield serving
        serving.stop()
        thread.join()


def send(
    server: ErrorsServer, path: str, *, token: str | None = None, body: Any = None, **headers: str
) -> tuple[int, bytes, Any]:
    """Status, body and headers of the reply to a request."""
    address = server.url.partition("/?")[0]
    sent_token = server.token if token is None else token
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"{address}{path}", data, {"X-Token": sent_token, **headers})
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, reply.read(), reply.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers


def test_a_label_is_on_the_disk_when_it_is_confirmed(server: ErrorsServer, run: Path) -> None:
    sent = {"item": "id-1", "labeller": "Ada", "kind": "knowledge", "note": "a place"}
    assert send(server, "/label", body=sent)[0] == 200
    (label,) = read_labels(labels_path(run))
    assert (label.item, label.kind, label.note, label.source) == ("id-1", "knowledge", "a place", "person")
    assert json.loads(send(server, "/labels?labeller=Ada")[1]) == {
        "id-1": {"kind": "knowledge", "note": "a place"}
    }
    assert json.loads(send(server, "/labels?labeller=Bo")[1]) == {}
    assert json.loads(send(server, "/analysis")[1])["settled"] == 1


def test_requests_need_the_token_and_a_host_of_this_machine(server: ErrorsServer, run: Path) -> None:
    assert server.url.startswith("http://127.0.0.1:")
    for path in ("/", "/labels?labeller=Ada", "/clip/0", "/analysis", "/label"):
        assert send(server, path, token="")[0] == 403
        assert send(server, path, token="wrong")[0] == 403
        assert send(server, path, Host="evil.example:80")[0] == 403
    sent = {"item": "id-1", "labeller": "Ada", "kind": "other"}
    assert send(server, "/label", token="", body=sent)[0] == 403
    assert not labels_path(run).exists()


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"\xff", {"item": "none", "labeller": "Ada", "kind": "other"}, {"item": "id-1"},
     {"item": "id-1", "labeller": " ", "kind": "other"}, {"item": "id-1", "labeller": "Ada", "kind": "luck"}],
)  # fmt: skip
def test_a_bad_label_is_refused(server: ErrorsServer, run: Path, body: Any) -> None:
    status, text, _ = send(server, "/label", body=body)
    assert status == 400
    assert json.loads(text)["error"]
    assert not labels_path(run).exists()


def test_only_clips_are_served_whole_or_in_ranges(server: ErrorsServer, run: Path) -> None:
    data = (run.parent / "clip.wav").read_bytes()
    assert send(server, "/clip/0")[1] == data
    status, part, headers = send(server, "/clip/0", Range="bytes=10-19")
    assert (status, part, headers["content-range"]) == (206, data[10:20], f"bytes 10-19/{len(data)}")
    assert len(send(server, "/peaks/0")[1]) == 120
    assert send(server, "/picture/0")[1].startswith(b"\x89PNG")
    for path in (
        "/clip/99",
        "/clip/-1",
        "/clip/x",
        "/clip/../../etc/passwd",
        "/made-up-meta.jsonl",
        "/peaks/8",
    ):
        assert send(server, path)[0] == 404
    assert send(server, "/other", body={})[0] == 404


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
