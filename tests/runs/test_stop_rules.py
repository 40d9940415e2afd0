"""When a run is given up, and when it goes on."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest
from made_up import Scripted, answers, benchmark

from expect import raises
from mmar.api import run
from mmar.errors import ExternalError
from mmar.models import Answer, RequestFailed
from mmar.models.http_client import HttpClient
from mmar.protocols import Request
from mmar.runs.engine import Counts, Engine
from mmar.runs.ledger import Ledger
from mmar.runs.spec import RunSpec
from mmar.runs.stop_rules import FailureWatch

QUICK: Any = {"concurrency": 4, "max_attempts": 5, "backoff": 0.001, "max_backoff": 0.002, "timeout": 60.0}
UNREACHABLE = ["transport", "server", "timeout", "bad_reply"]


@pytest.mark.parametrize("kind", UNREACHABLE)
def test_a_server_that_never_answers_ends_the_run_with_its_reason(tmp_path: Path, kind: Any) -> None:
    def say(request: Request, _: int) -> Answer:
        raise RequestFailed(kind, "no connection to http://gpu:8000", retryable=True)

    model = Scripted(say)
    with raises("given-up", ExternalError) as caught:
        run(model, benchmark(tmp_path / "b", 1000), out=tmp_path / "run", **QUICK)
    assert "http://gpu:8000" in caught.value.message
    assert len(model.requested) <= 30
    # Nothing was lost: what was not asked is asked by the same command.
    assert run(Scripted(answers()), benchmark(tmp_path / "b", 1000), out=tmp_path / "run", **QUICK).complete


def test_a_server_that_goes_away_for_good_ends_the_run_and_a_short_outage_does_not(tmp_path: Path) -> None:
    def away(start: int, end: int) -> Any:
        def say(request: Request, _: int) -> Answer:
            if start <= len(model.requested) < end:
                raise RequestFailed("server", "HTTP 503", retryable=True)
            return Answer(request.item_id, "two", "")

        return say

    made = benchmark(tmp_path / "b", 300)
    model = Scripted(away(100, 10**9))
    with raises("given-up", ExternalError):
        run(model, made, out=tmp_path / "gone", **QUICK)
    assert len(model.requested) < 100 + 200
    model = Scripted(away(100, 112))
    assert run(model, made, out=tmp_path / "back", **QUICK).complete


def test_single_requests_that_always_fail_do_not_end_a_run(tmp_path: Path) -> None:
    def say(request: Request, _: int) -> Answer:
        if int(request.item_id.split("-")[1]) % 10 == 0:
            raise RequestFailed("server", "HTTP 500", retryable=True)
        return Answer(request.item_id, "two", "")

    result = run(Scripted(say), benchmark(tmp_path / "b", 100), out=tmp_path / "run", **QUICK)
    assert (result.answered, result.selected_failed) == (90, 10)


@pytest.mark.parametrize("kind", ["refused", "audio", "rate_limit"])
def test_failures_of_single_items_never_end_a_run(kind: Any) -> None:
    watch = FailureWatch(3, 5)
    assert not any(watch.note_failure(RequestFailed(kind, "no"), key, 5) for key in range(1000))
    assert watch.error is None


def test_an_answer_starts_the_count_anew() -> None:
    watch = FailureWatch(3, 5)
    for _ in range(20):
        for key in range(2):
            assert not watch.note_failure(RequestFailed("denied", "no"), key, 1)
        watch.note_answer()
    # After answers a denial needs to last.
    assert [watch.note_failure(RequestFailed("denied", "no"), key, 1) for key in range(15)].index(True) == 14


def test_a_permanent_fault_needs_no_second_attempt() -> None:
    watch = FailureWatch(3, 5)
    decisions = [watch.note_failure(RequestFailed("transport", "no TLS"), key, 1) for key in range(3)]
    assert decisions == [False, False, True]


def test_workers_that_are_killed_before_the_first_answer_do_not_end_a_run(tmp_path: Path) -> None:
    def say(request: Request, times: int) -> Answer:
        if times == 1 and len(model.requested) <= 8:
            raise RequestFailed("crash", "the program ended: SIGKILL", retryable=True)
        return Answer(request.item_id, "two", "")

    model = Scripted(say)
    limits = {**QUICK, "concurrency": 8}
    assert run(model, benchmark(tmp_path / "b", 20), out=tmp_path / "run", **limits).complete


class Silent:
    """A model that answers when it is told to, and whose server replies to other requests or does not."""

    name, uses_audio, enforces_timeout = "test/silent", False, True

    def __init__(self, server: str) -> None:
        self.server = server
        self.speak = asyncio.Event()

    async def ask(self, request: Request) -> Answer:
        await self.speak.wait()
        return Answer(request.item_id, "two", "")

    async def unresponsive(self, seconds: float) -> str:
        return self.server

    async def close(self) -> None:
        pass


def ask_silent(model: Silent, folder: Path, speak_when: str) -> tuple[Counts, list[str]]:
    waiting: list[str] = []

    def note(counts: Counts) -> None:
        waiting.append(counts.waiting)
        if speak_when and speak_when in counts.waiting:
            model.speak.set()

    spec = RunSpec.create("baseline/random", benchmark(folder / "b"), out=folder / "run", timeout=0.03)
    request = Request("id-1", (), "", (), None)
    (folder / "run").mkdir()
    with Ledger(folder / "run" / "answers.jsonl") as ledger:
        engine = Engine(model, ledger, spec, progress=note, silence_s=0.01)
        return asyncio.run(engine.ask_all([request])), waiting


def test_a_server_that_replies_to_nothing_ends_the_run_before_its_time_out(tmp_path: Path) -> None:
    with raises("given-up", ExternalError) as caught:
        ask_silent(Silent("http://gpu:8000/v1/models"), tmp_path, "")
    assert "http://gpu:8000/v1/models" in caught.value.message
    assert (tmp_path / "run" / "answers.jsonl").read_bytes() == b""


def test_a_slow_server_is_waited_for_and_the_waiting_is_said(tmp_path: Path) -> None:
    counts, waiting = ask_silent(Silent(""), tmp_path, "replies to other requests")
    assert (counts.answered, counts.waiting) == (1, "")
    assert any(waiting)


def test_a_server_that_hangs_is_told_from_one_that_replies(fake_models: Any) -> None:
    async def look(url: str, seconds: float) -> str:
        client = HttpClient((url,), {}, 60)
        try:
            return await client.unresponsive(seconds)
        finally:
            await client.close()

    assert asyncio.run(look(fake_models().url, 60)) == ""  # it has no such page, and says so
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        url = f"http://127.0.0.1:{hanging.getsockname()[1]}"
        assert asyncio.run(look(url, 0.3)) == f"{url}/models"
