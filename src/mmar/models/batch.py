"""Batch services: requests handed in together, answered within a day at half the price, collected later.

Sources: OpenAI, "Batch API" (files, batches, output files); Google, "Batch API" of Gemini (`batchGenerateContent` with
inlined requests, whose results are inlined too), both read 2026-11. Only requests without audio.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import aiohttp
import msgspec

from mmar.errors import ExternalError, UsageError
from mmar.models.answer import Answer, RequestFailed
from mmar.models.chat_reply import chat_answer
from mmar.models.chat_request import chat_body
from mmar.models.gemini import GEMINI, gemini_answer, gemini_body, gemini_format
from mmar.models.model import ModelOptions
from mmar.models.openai import OPENAI, chat_format
from mmar.models.service import Service
from mmar.protocols import Request

Result = Answer | RequestFailed
_TIMEOUT_S = 300.0
_MAX_REPLY = 1 << 30


class BatchState(msgspec.Struct, frozen=True):
    """The state of a batch, with the words of the service.

    It is `running`, `done` (results can be fetched, perhaps of a part), or `failed`.
    """

    state: Literal["running", "done", "failed"]
    detail: str = ""


class _Session:
    """The HTTP client of a batch service; failures are errors for the person who hands the batch in."""

    def __init__(self, service: Service, options: ModelOptions) -> None:
        self._client = service.client(msgspec.structs.replace(options, timeout_s=_TIMEOUT_S), _MAX_REPLY)

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def _call(self, method: str, path: str, data: bytes | aiohttp.FormData | None = None) -> bytes:
        try:
            return (await self._client.request(method, path, data)).body
        except RequestFailed as failure:
            unreachable = failure.kind in ("transport", "timeout")
            code = "batch-unreachable" if unreachable else "batch-refused"
            hint = "the same command tries again" if unreachable else None
            raise ExternalError(failure.message, code=code, hint=hint) from None

    async def _json(
        self, method: str, path: str, data: bytes | aiohttp.FormData | None = None
    ) -> dict[str, Any]:
        body = await self._call(method, path, data)
        try:
            return msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            text = f"{path}: the reply is not a JSON object"
            raise ExternalError(text, code="batch-refused") from None


class _OpenAI(_Session):
    max_requests = 20_000  # of 50,000
    max_bytes = 90 << 20  # of 200 MB

    def __init__(self, name: str, options: ModelOptions) -> None:
        super().__init__(OPENAI, options)
        self._form = chat_format(name, options.extra)

    def line(self, key: str, request: Request) -> bytes:
        body = msgspec.Raw(chat_body(self._form, request).texts[0])
        row = {"custom_id": key, "method": "POST", "url": "/v1/chat/completions", "body": body}
        return msgspec.json.encode(row)

    async def submit(self, lines: Sequence[bytes]) -> str:
        form = aiohttp.FormData()
        form.add_field("purpose", "batch")
        form.add_field(
            "file", b"\n".join(lines) + b"\n", filename="requests.jsonl", content_type="application/jsonl"
        )
        file = await self._json("POST", "/files", form)
        batch = {
            "input_file_id": file.get("id"),
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
        }
        reply = await self._json("POST", "/batches", msgspec.json.encode(batch))
        return str(reply.get("id"))

    async def state(self, batch: str) -> BatchState:
        value = await self._json("GET", f"/batches/{batch}")
        status = str(value.get("status"))
        if value.get("output_file_id") and status in ("completed", "expired", "cancelled"):
            return BatchState("done", status)
        if status in ("completed", "failed", "expired", "cancelled"):
            # Completed without output: every request failed, and the error file says why.
            return BatchState(
                "done" if value.get("error_file_id") else "failed", json.dumps(value.get("errors")) or status
            )
        counts = value.get("request_counts") or {}
        return BatchState("running", f"{status}, {counts.get('completed', 0)} of {counts.get('total', '?')}")

    async def results(self, batch: str, items: Mapping[str, str]) -> dict[str, Result]:
        value = await self._json("GET", f"/batches/{batch}")
        results: dict[str, Result] = {}
        for field in ("output_file_id", "error_file_id"):
            if not value.get(field):
                continue
            content = await self._call("GET", f"/files/{value[field]}/content")
            for line in content.splitlines():
                row = json.loads(line) if line.strip() else {}
                key = str(row.get("custom_id"))
                if key in items:
                    results[key] = self._result(items[key], row)
        return results

    def _result(self, item_id: str, row: dict[str, Any]) -> Result:
        response = row.get("response") or {}
        body = response.get("body")
        if row.get("error") or response.get("status_code", 500) >= 400:
            return _failed(row.get("error") or (body or {}).get("error"))
        return _read(chat_answer, item_id, body)


class _Gemini(_Session):
    max_requests = 10_000
    max_bytes = 15 << 20  # of 20 MB for inlined requests

    def __init__(self, name: str, options: ModelOptions) -> None:
        super().__init__(GEMINI, options)
        self._name = name
        self._form = gemini_format(options.extra)

    def line(self, key: str, request: Request) -> bytes:
        body = msgspec.Raw(gemini_body(self._form, request).texts[0])
        return msgspec.json.encode({"request": body, "metadata": {"key": key}})

    async def submit(self, lines: Sequence[bytes]) -> str:
        requests = {"requests": [msgspec.Raw(line) for line in lines]}
        batch = {"batch": {"display_name": "mmar", "input_config": {"requests": requests}}}
        path = f"/models/{self._name}:batchGenerateContent"
        reply = await self._json("POST", path, msgspec.json.encode(batch))
        return str(reply.get("name"))

    async def state(self, batch: str) -> BatchState:
        value = await self._json("GET", f"/{batch}")
        state = str((value.get("metadata") or {}).get("state", ""))
        if value.get("done") or state.endswith(("SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED")):
            done = bool(_inlined(value))
            return BatchState("done" if done else "failed", state or json.dumps(value.get("error")))
        return BatchState("running", state)

    async def results(self, batch: str, items: Mapping[str, str]) -> dict[str, Result]:
        rows = _inlined(await self._json("GET", f"/{batch}"))
        by_key = {str((row.get("metadata") or {}).get("key")): row for row in rows}
        return {
            key: _failed(row["error"])
            if row.get("error")
            else _read(gemini_answer, items[key], row.get("response"))
            for key, row in by_key.items()
            if key in items
        }


BatchService = _OpenAI | _Gemini
"""One service and model, used as an asynchronous context manager.

`line` writes a request as it is submitted under a key, `submit` returns the id of a new batch, and `results` gives the
results of a batch by key, given the item id of each key.
"""


def open_batch_service(model: str, options: ModelOptions) -> BatchService:
    """Open the batch service of `openai/NAME`, `text/NAME` or `gemini/NAME`.

    Raises:
        UsageError: the adapter has none (code `no-batch-service`), or a key is missing.
    """
    adapter, _, name = model.partition("/")
    if adapter in ("openai", "text"):
        return _OpenAI(name, options)
    if adapter == "gemini":
        return _Gemini(name, options)
    message = f'"{adapter}/" has no batch service'
    hint = "use openai/NAME or gemini/NAME, or leave --batch out"
    raise UsageError(message, code="no-batch-service", hint=hint)


def _failed(error: dict[str, Any] | None) -> RequestFailed:
    return RequestFailed("server", str((error or {}).get("message", "the request failed in its batch")))


def _read(read: Callable[[str, bytes, str], Answer], item_id: str, body: Any) -> Result:
    try:
        return read(item_id, json.dumps(body).encode(), "batch")
    except RequestFailed as failure:
        return failure


def _inlined(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The results that stand in the operation itself."""
    for holder in (value.get("response"), (value.get("metadata") or {}).get("output")):
        rows = holder.get("inlinedResponses") if isinstance(holder, dict) else None
        rows = rows.get("inlinedResponses") if isinstance(rows, dict) else rows
        if isinstance(rows, list):
            return [row for row in rows if isinstance(row, dict)]
    return []
