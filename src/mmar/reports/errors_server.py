"""The server of the error analysis: one page, clips and labels, on the loopback interface, for who has the token.

Every request needs the token that the printed address holds, and a `Host` of this machine, so that neither other users
nor other sites reach it. A label is on the disk before it is confirmed. What another person labelled is not sent, so
that labels stay independent; the analysis is sent on its own page.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Sequence
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from mmar.errors import MmarError, UsageError
from mmar.items import Benchmark
from mmar.protocols.reading.rules import quoted
from mmar.reports.page.clips import peaks, png, spectrogram
from mmar.reports.page.frame import bundle, encode_block, json_block, page, styles
from mmar.reports.page.questions import well_formed
from mmar.runs.manifest import now
from mmar.scoring.error_labels import (
    KINDS,
    ErrorAnalysis,
    ErrorLabel,
    WrongItem,
    add_label,
    analyze_errors,
    labels_path,
    read_labels,
)

_MOST_BODY = 1 << 16
_HOSTS = ("127.0.0.1", "localhost", "[::1]")


class _Sent(msgspec.Struct, forbid_unknown_fields=True):
    """What the page sends of a label."""

    item: str
    labeller: str
    kind: str
    note: str = ""


class ErrorsServer:
    """Serves one run's wrong answers until it is closed. Use as a context manager.

    Args:
        run: the run's folder, or a predictions file; its labels lie in it or beside it.
        benchmark: the questions, with the folder of the clips.
        wrong: the answers to label.
        signature: of the run's score.
        title: of the page.
        labeller: the name that the page begins with.
        language: `en` or `zh`.
        port: 0 for a free one.

    Attributes:
        url: the page's address, with the token.
    """

    def __init__(
        self,
        run: Path,
        benchmark: Benchmark,
        wrong: Sequence[WrongItem],
        *,
        signature: str,
        title: str,
        labeller: str = "",
        language: str = "en",
        port: int = 0,
    ) -> None:
        self.labels = labels_path(run)
        self.benchmark = benchmark
        self.wrong = tuple(wrong)
        self.signature = signature
        self.token = secrets.token_urlsafe(18)
        self._by_id = {one.item.id: one for one in self.wrong}
        self._page = self._make_page(title, labeller, language).encode()
        server = self

        class Handler(_Handler):
            owner = server

        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        except OSError as error:
            raise UsageError(
                f"port {port} cannot be used ({error.strerror})", code="port-in-use", argument="port"
            ) from None
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/?token={self.token}"

    def __enter__(self) -> ErrorsServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.server_close()

    def serve(self) -> None:
        """Answer requests until `stop` is called from another thread, or the program is interrupted."""
        self._server.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        """End `serve`."""
        self._server.shutdown()

    def analysis(self) -> ErrorAnalysis:
        """The errors by kind as labelled so far."""
        return analyze_errors(self.wrong, read_labels(self.labels), signature=self.signature)

    def add(self, body: bytes) -> dict[str, Any]:
        """Add a label that the page sent.

        Raises:
            UsageError: it is not a label, or of no item here.
        """
        try:
            sent = msgspec.json.decode(body, type=_Sent)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise UsageError("not a label", code="invalid-value") from None
        wrong = self._by_id.get(sent.item)
        if wrong is None:
            raise UsageError("no such item", code="unknown-id")
        kind: Any = sent.kind
        label = ErrorLabel(
            sent.item, sent.labeller.strip(), kind, wrong.answer_digest, now(), sent.note.strip()
        )
        add_label(self.labels, label)
        return msgspec.to_builtins(label)  # type: ignore[no-any-return]

    def own_labels(self, labeller: str) -> dict[str, dict[str, str]]:
        """A person's labels by item; of an item the last one."""
        digests = {one.item.id: one.answer_digest for one in self.wrong}
        return {
            label.item: {"kind": label.kind, "note": label.note}
            for label in read_labels(self.labels)
            if label.source == "person"
            and label.labeller == labeller
            and digests.get(label.item) == label.answer
        }

    def clip(self, place: int) -> Path:
        """The clip of an item by its place.

        Raises:
            MmarError: there is none.
        """
        if not 0 <= place < len(self.wrong):
            raise UsageError("no such item", code="unknown-id")
        path = self.benchmark.clip(self.wrong[place].item.audio_path)
        if not path.is_file():
            raise UsageError("the clip is not here", code="no-audio")
        return path

    def _make_page(self, title: str, labeller: str, language: str) -> str:
        items = [
            {
                "id": one.item.id,
                "question": one.item.question,
                "choices": one.item.choices,
                "key": one.item.choices.index(one.item.answer) if one.item.answer in one.item.choices else -1,
                "named": -1 if one.score.named is None else one.item.choices.index(one.score.named),
                "state": one.score.state,
                "rule": one.score.rule or one.score.reason,
                "quote": well_formed(quoted(one.score.prediction or "", one.score.start, one.score.end)),
                "why": one.score.reason,
                "answer": one.score.prediction,
                "thinking": one.thinking,
                "reference": one.item.thinking or "",
                "cues": one.item.cue or (),
                "modality": one.item.modality,
                "category": one.item.category,
                "url": one.item.url or "",
            }
            for one in self.wrong
        ]
        core = {
            "title": title,
            "items": items,
            "kinds": KINDS,
            "labeller": labeller,
            "token": self.token,
            "signature": self.signature,
        }
        return page(
            title,
            kind="errors",
            script=bundle("errors.js"),
            style=styles("base.css", "errors.css"),
            blocks={"core": encode_block(json_block(core))},
            language=language,
            media=True,
            side_pictures=True,
            server=True,
        )


@cache
def _waveform(path: Path) -> tuple[bytes, bytes]:
    from mmar.audio import read_clip

    clip = read_clip(path)
    return peaks(clip), png(spectrogram(clip))


class _Handler(BaseHTTPRequestHandler):
    """Requests of the page."""

    owner: ErrorsServer
    protocol_version = "HTTP/1.1"
    server_version = "mmar"
    sys_version = ""

    def do_GET(self) -> None:
        """The page, a clip, its waveform or picture, a person's labels, or the analysis."""
        path, query = self._request()
        if path is None:
            return
        kind, _, rest = path.strip("/").partition("/")
        try:
            if path == "/":
                self._send(self.owner._page, "text/html; charset=utf-8")
            elif kind == "labels":
                self._send_json(self.owner.own_labels(query.get("labeller", [""])[0]))
            elif kind == "analysis":
                self._send_json(msgspec.to_builtins(self.owner.analysis()))
            elif kind in ("clip", "peaks", "picture") and rest.isdigit():
                self._send_clip(kind, self.owner.clip(int(rest)))
            else:
                self._send_json({"error": "no such page"}, 404)
        except MmarError as error:
            self._send_json({"error": error.summary, "code": error.code}, 404)

    def do_POST(self) -> None:
        """A label."""
        path, _ = self._request()
        if path is None:
            return
        length = self.headers.get("content-length", "")
        if path != "/label" or not length.isdigit() or int(length) > _MOST_BODY:
            self.close_connection = True
            self._send_json({"error": "no such page"}, 404)
            return
        try:
            self._send_json(self.owner.add(self.rfile.read(int(length))))
        except MmarError as error:
            status = 400 if isinstance(error, UsageError) else 500
            self._send_json({"error": error.summary, "code": error.code}, status)

    def _request(self) -> tuple[str | None, dict[str, list[str]]]:
        """Path and query of a request that may be answered; `None` after it was refused."""
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        host = self.headers.get("host", "").rpartition(":")[0]
        token = self.headers.get("x-token") or query.get("token", [""])[0]
        if host not in _HOSTS or not hmac.compare_digest(token.encode(), self.owner.token.encode()):
            self.close_connection = True
            self._send_json({"error": "open the address that mmar errors printed"}, 403)
            return None, {}
        return parts.path, query

    def _send_clip(self, kind: str, path: Path) -> None:
        if kind == "peaks":
            self._send(_waveform(path)[0], "application/octet-stream")
        elif kind == "picture":
            self._send(_waveform(path)[1], "image/png")
        else:
            self._send_range(path.read_bytes(), f"audio/{path.suffix.lstrip('.').lower() or 'wav'}")

    def _send_range(self, data: bytes, media_type: str) -> None:
        """The whole, or the one range that a player asks for when somebody seeks."""
        unit, _, spec = self.headers.get("range", "").partition("=")
        first, _, last = spec.partition("-")
        if unit != "bytes" or not first.isdigit() or int(first) >= len(data):
            self._send(data, media_type, headers={"accept-ranges": "bytes"})
            return
        start = int(first)
        end = min(int(last), len(data) - 1) if last.isdigit() else len(data) - 1
        span = {"content-range": f"bytes {start}-{end}/{len(data)}", "accept-ranges": "bytes"}
        self._send(data[start : end + 1], media_type, 206, span)

    def _send_json(self, value: object, status: int = 200) -> None:
        self._send(json.dumps(value).encode(), "application/json", status)

    def _send(
        self, data: bytes, media_type: str, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {
            "content-type": media_type,
            "content-length": str(len(data)),
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cross-origin-resource-policy": "same-origin",
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Requests are not logged."""
