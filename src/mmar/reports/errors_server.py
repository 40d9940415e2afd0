"""The server of the error analysis: one page, clips and labels, on the loopback interface.

Every request needs the token in the printed address, and a `Host` of this machine, so that neither other users nor
other sites reach it. A label is on the disk before it is confirmed. Labels of other people are not sent, so that labels
stay independent; the analysis is sent on its own page.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import socket
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from mmar.audio import read_clip
from mmar.errors import MmarError, UsageError
from mmar.protocols.reading.rules import quoted
from mmar.reports.page.clips import peaks, png, spectrogram
from mmar.reports.page.frame import bundle, encode_block, json_block, page, styles
from mmar.reports.page.questions import replace_surrogates
from mmar.reports.scored_source import ScoredSource
from mmar.runs.manifest import now
from mmar.scoring.error_labels import (
    KINDS,
    ErrorLabel,
    WrongItem,
    add_label,
    analyze_errors,
    labels_path,
    read_labels,
)

_MAX_BODY = 1 << 16
_HOSTS = ("127.0.0.1", "localhost", "[::1]")


class _LabelForm(msgspec.Struct, forbid_unknown_fields=True):
    """A label as the page sends it."""

    item: str
    labeller: str
    kind: str
    note: str = ""


class ErrorsServer:
    """Serves one run's wrong answers until it is closed. Use as a context manager.

    The page opens with the name of a labeller, in a language (`en` or `zh`); port 0 is a free one.

    Attributes:
        labels: the file of labels, in the folder of the run or beside the file.
        token: every request must have it.
        url: the page's address, with the token.
    """

    def __init__(
        self,
        source: ScoredSource,
        wrong: Sequence[WrongItem],
        *,
        labeller: str = "",
        language: str = "en",
        port: int = 0,
    ) -> None:
        self.labels = labels_path(source.path)
        self.token = secrets.token_urlsafe(18)
        self._source = source
        self._wrong = {one.item.id: one for one in wrong}
        self._page = self._make_page(labeller, language)
        self._stopped = threading.Event()
        try:
            self._socket = socket.create_server(("127.0.0.1", port))
        except OSError as error:
            raise UsageError(
                f"port {port} cannot be used ({error.strerror})", code="port-in-use", argument="port"
            ) from None
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/?token={self.token}"

    def __enter__(self) -> ErrorsServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def serve(self) -> None:
        """Answer requests until `stop` is called from another thread, or the program is interrupted."""
        asyncio.run(self._serve())

    def stop(self) -> None:
        """End `serve`."""
        self._stopped.set()

    async def _serve(self) -> None:
        application = web.Application(middlewares=[self._check], client_max_size=_MAX_BODY)
        application.add_routes(
            [
                web.get("/", self._get_page),
                web.get("/labels", self._get_labels),
                web.get("/analysis", self._get_analysis),
                web.get(r"/{kind:clip|peaks|picture}/{index:\d{1,9}}", self._get_clip),
                web.post("/label", self._post_label),
            ]
        )
        application.on_response_prepare.append(_add_headers)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.SockSite(runner, self._socket).start()
            while not self._stopped.is_set():
                await asyncio.sleep(0.1)
        finally:
            await runner.cleanup()

    @web.middleware
    async def _check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse requests without the token or to another host, and answer errors as JSON."""
        token = request.headers.get("x-token") or request.query.get("token", "")
        host = request.host.rpartition(":")[0]
        if host not in _HOSTS or not hmac.compare_digest(token.encode(), self.token.encode()):
            return web.json_response({"error": "open the address that mmar errors printed"}, status=403)
        try:
            return await handler(request)
        except web.HTTPException as error:
            return web.json_response({"error": error.reason}, status=error.status)
        except MmarError as error:
            status = 404
            if request.method == "POST":
                status = 400 if isinstance(error, UsageError) else 500
            return web.json_response({"error": error.summary, "code": error.code}, status=status)

    async def _get_page(self, _: web.Request) -> web.Response:
        return web.Response(text=self._page, content_type="text/html")

    async def _get_labels(self, request: web.Request) -> web.Response:
        """The last label of one person for each item."""
        labeller = request.query.get("labeller", "")
        labels = {}
        for label in read_labels(self.labels):
            wrong = self._wrong.get(label.item)
            is_own = label.source == "person" and label.labeller == labeller
            if is_own and wrong is not None and wrong.answer_digest == label.answer:
                labels[label.item] = {"kind": label.kind, "note": label.note}
        return web.json_response(labels)

    async def _get_analysis(self, _: web.Request) -> web.Response:
        labels = read_labels(self.labels)
        result = analyze_errors(list(self._wrong.values()), labels, signature=self._source.score.signature)
        return web.json_response(msgspec.to_builtins(result))

    async def _get_clip(self, request: web.Request) -> web.StreamResponse:
        """The clip of a wrong answer by its index, or a part of it; its waveform, or the picture of its spectrogram."""
        index, kind = int(request.match_info["index"]), request.match_info["kind"]
        if index >= len(self._wrong):
            raise UsageError("no such item", code="unknown-id")
        path = self._source.benchmark.clip(list(self._wrong.values())[index].item.audio_path)
        if not path.is_file():
            raise UsageError("the clip is not here", code="no-audio")
        if kind == "clip":
            media_type = f"audio/{path.suffix.lstrip('.').lower() or 'wav'}"
            return web.FileResponse(path, headers={"Content-Type": media_type})
        waveform, picture = _waveform(path)
        if kind == "peaks":
            return web.Response(body=waveform, content_type="application/octet-stream")
        return web.Response(body=picture, content_type="image/png")

    async def _post_label(self, request: web.Request) -> web.Response:
        try:
            form = msgspec.json.decode(await request.read(), type=_LabelForm)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise UsageError("not a label", code="invalid-value") from None
        wrong = self._wrong.get(form.item)
        if wrong is None:
            raise UsageError("no such item", code="unknown-id")
        kind: Any = form.kind  # checked by add_label
        digest = wrong.answer_digest
        label = ErrorLabel(form.item, form.labeller.strip(), kind, digest, now(), form.note.strip())
        add_label(self.labels, label)
        return web.json_response(msgspec.to_builtins(label))

    def _make_page(self, labeller: str, language: str) -> str:
        title = f"{self._source.model} on {self._source.bench}"
        items = [
            {
                "id": one.item.id,
                "question": one.item.question,
                "choices": one.item.choices,
                "key": one.item.choices.index(one.item.answer) if one.item.answer in one.item.choices else -1,
                "named": -1 if one.score.named is None else one.item.choices.index(one.score.named),
                "state": one.score.state,
                "rule": one.score.rule or one.score.reason,
                "quote": replace_surrogates(
                    quoted(one.score.prediction or "", one.score.start, one.score.end)
                ),
                "why": one.score.reason,
                "answer": one.score.prediction,
                "thinking": one.thinking,
                "reference": one.item.thinking or "",
                "cues": one.item.cue or (),
                "modality": one.item.modality,
                "category": one.item.category,
                "url": one.item.url or "",
            }
            for one in self._wrong.values()
        ]
        core = {
            "title": title,
            "items": items,
            "kinds": KINDS,
            "labeller": labeller,
            "token": self.token,
            "signature": self._source.score.signature,
        }
        return page(
            title,
            kind="errors",
            script=bundle("errors.js"),
            style=styles("base.css", "errors.css"),
            blocks={"core": encode_block(json_block(core))},
            language=language,
            media=True,
            server=True,
        )


@cache
def _waveform(path: Path) -> tuple[bytes, bytes]:
    clip = read_clip(path)
    return peaks(clip), png(spectrogram(clip))


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(
        {
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cross-origin-resource-policy": "same-origin",
        }
    )
