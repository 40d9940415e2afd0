"""Judging by the batch APIs of OpenAI and Gemini, against loopback servers written to their documentation."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from scoring.rubric.judging import questions, reply


class FakeBatches:
    """Both services; a batch is done once `finish` was called."""

    def __init__(self) -> None:
        self.finished = False
        self.fail_first = False
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, list[Any]] = {}
        self.url = ""
        self._loop = asyncio.new_event_loop()

    def serve(self) -> None:
        app = web.Application(client_max_size=1 << 28)
        app.router.add_post("/v1/files", self._upload)
        app.router.add_get("/v1/files/{file}/content", self._content)
        app.router.add_post("/v1/batches", self._create)
        app.router.add_get("/v1/batches/{batch}", self._batch)
        app.router.add_post("/v1/models/{model}:batchGenerateContent", self._generate)
        self._runner = web.AppRunner(app)
        started = threading.Event()

        async def start() -> None:
            await self._runner.setup()
            site = web.TCPSite(self._runner, "127.0.0.1", 0)
            await site.start()
            assert site._server is not None
            self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/v1"  # type: ignore[attr-defined]
            started.set()

        def work() -> None:
            self._loop.run_until_complete(start())
            self._loop.run_forever()

        self._thread = threading.Thread(target=work)
        self._thread.start()
        assert started.wait(60)

    def end(self) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        assert form["purpose"] == "batch"
        name = f"file-{len(self.files)}"
        self.files[name] = form["file"].file.read()  # type: ignore[union-attr]
        return web.json_response({"id": name})

    async def _content(self, request: web.Request) -> web.Response:
        return web.Response(body=self.files[request.match_info["file"]])

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.json()
        assert body["endpoint"] == "/v1/chat/completions"
        name = f"batch_{len(self.batches)}"
        self.batches[name] = [json.loads(line) for line in self.files[body["input_file_id"]].splitlines()]
        return web.json_response({"id": name, "status": "validating"})

    async def _batch(self, request: web.Request) -> web.Response:
        name = request.match_info["batch"]
        rows = self.batches[name]
        if "custom_id" not in rows[0]:
            return self._operation(name, rows)
        if not self.finished:
            return web.json_response(
                {"id": name, "status": "in_progress", "request_counts": {"completed": 0, "total": len(rows)}}
            )
        good, bad = [], []
        for index, row in enumerate(rows):
            assert row["body"]["temperature"] == 0
            if index == 0 and self.fail_first:
                bad.append({"custom_id": row["custom_id"], "response": None, "error": {"message": "expired"}})
                continue
            message = {"role": "assistant", "content": reply([1, 1, 1, 1, 0])}
            body = {
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 10, "completion_tokens": 2},
            }
            good.append(
                {"custom_id": row["custom_id"], "response": {"status_code": 200, "body": body}, "error": None}
            )
        self.files["out"] = "".join(json.dumps(row) + "\n" for row in reversed(good)).encode()
        self.files["bad"] = "".join(json.dumps(row) + "\n" for row in bad).encode()
        value = {
            "id": name,
            "status": "completed",
            "output_file_id": "out",
            "error_file_id": "bad" if bad else None,
        }
        return web.json_response(value)

    async def _generate(self, request: web.Request) -> web.Response:
        body = await request.json()
        name = f"batches/{len(self.batches)}"
        self.batches[name.removeprefix("batches/")] = body["batch"]["input_config"]["requests"]["requests"]
        return web.json_response({"name": name})

    def _operation(self, name: str, rows: list[Any]) -> web.Response:
        if not self.finished:
            return web.json_response({"name": name, "metadata": {"state": "BATCH_STATE_RUNNING"}})
        candidate = {"content": {"parts": [{"text": reply([1, 1, 1, 1, 0])}]}, "finishReason": "STOP"}
        results = [{"metadata": row["metadata"], "response": {"candidates": [candidate]}} for row in rows]
        return web.json_response(
            {
                "name": name,
                "done": True,
                "metadata": {"state": "BATCH_STATE_SUCCEEDED"},
                "response": {"inlinedResponses": {"inlinedResponses": results}},
            }
        )


@pytest.fixture
def service() -> Iterator[FakeBatches]:
    fake = FakeBatches()
    fake.serve()
    yield fake
    fake.end()


@pytest.mark.parametrize("judge", ["openai/gpt", "gemini/g"])
def test_batches_are_submitted_and_collected(
    tmp_path: Path, service: FakeBatches, command: Callable[..., Any], judge: str
) -> None:
    path = questions(tmp_path / "p.jsonl", 4)
    arguments = ("judge", path, "--judge", judge, "--base-url", service.url, "--batch", "--json")
    first = command(*arguments)
    assert (first.status, len(service.batches)) == (0, 1)
    assert "10 judgements wait" in first.out
    assert "10 judgements wait" in command(*arguments).out
    assert len(service.batches) == 1
    service.finished = True
    result = json.loads(command(*arguments).out)
    assert (result["score"], result["unjudged"]) == (pytest.approx(40.0), 0)
    assert len(service.batches) == 1
    assert json.loads(command(*arguments).out)["score"] == pytest.approx(40.0)
    assert len(service.batches) == 1


def test_failed_requests_of_a_batch_are_submitted_again(
    tmp_path: Path, service: FakeBatches, command: Callable[..., Any]
) -> None:
    path = questions(tmp_path / "p.jsonl", 2)
    arguments = ("judge", path, "--judge", "openai/gpt", "--base-url", service.url, "--batch")
    command(*arguments)
    service.finished = service.fail_first = True
    assert "1 judgement waits" in command(*arguments).out
    service.fail_first = False
    result = command(*arguments, "--json")
    assert json.loads(result.out)["unjudged"] == 0
    assert [len(rows) for rows in service.batches.values()] == [5, 1]


def test_an_unreachable_batch_service_loses_no_judgements(
    tmp_path: Path, service: FakeBatches, command: Callable[..., Any]
) -> None:
    path = questions(tmp_path / "p.jsonl", 2)
    arguments = ["judge", path, "--judge", "openai/gpt", "--base-url", service.url, "--batch"]
    command(*arguments)
    away = command(*arguments[:5], "http://127.0.0.1:9/v1", "--batch")
    assert away.status == 1
    service.finished = True
    assert command(*arguments).status == 0
    assert len(service.batches) == 1
    assert command(*arguments[:2], "--judge", "baseline/random", "--batch").code == "no-batch-service"
