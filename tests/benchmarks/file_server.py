"""A real HTTP server on loopback that serves files well or badly, as each test scripts it."""

from __future__ import annotations

import hashlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CLIPS = {f"audio/clip-{number}.wav": bytes([number]) * (1000 + number) for number in range(5)}
"""Clips of a small benchmark, by their paths."""


@dataclass(frozen=True)
class Serve:
    """How one request is answered; as it stands, like a good file server.

    Attributes:
        cut: break the connection after so many bytes of the body.
        says: a Content-Length other than the truth.
        stall: seconds of silence in the middle of the body.
        ranges: whether `Range` is honoured.
        shift: answer a range that starts so many bytes later than the one asked for.
        status: answer this status and no file.
        body: serve these bytes instead.
        etag: this entity tag; `None` for the digest of the body, empty for none.
        headers: further headers.
        chunked: no Content-Length, chunked transfer coding.
    """

    cut: int | None = None
    says: int | None = None
    stall: float = 0.0
    ranges: bool = True
    shift: int = 0
    status: int = 200
    body: bytes | None = None
    etag: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    chunked: bool = False


@dataclass
class Page:
    """One address: its file, and how request after request is answered; the last answer is given for ever."""

    body: bytes
    script: list[Serve]
    requests: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    sent: int = 0

    def next(self) -> Serve:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


class FileServer:
    """Serves `pages` by path."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.pages: dict[str, Page] = {}

    def add(self, path: str, body: bytes, *script: Serve) -> str:
        self.pages[path] = Page(body, list(script) or [Serve()])
        return self.base + path

    def page(self, url: str) -> Page:
        return self.pages[url.removeprefix(self.base)]


@contextmanager
def serving() -> Iterator[FileServer]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    httpd.daemon_threads = True
    server = FileServer(f"http://127.0.0.1:{httpd.server_address[1]}")
    httpd.files = server  # type: ignore[attr-defined]
    httpd.ended = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        httpd.ended.set()  # type: ignore[attr-defined]
        httpd.shutdown()
        httpd.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        page = self.server.files.pages.get(self.path.partition("?")[0])  # type: ignore[attr-defined]
        self.close_connection = True
        if page is None:
            self.send_error(404)
            return
        serve = page.script[0]
        tag = f'"{hashlib.sha256(page.body).hexdigest()[:16]}"'
        self._head(serve.status, {"ETag": tag, "Content-Length": str(len(page.body)), **serve.headers})

    def do_GET(self) -> None:
        page = self.server.files.pages.get(self.path.partition("?")[0])  # type: ignore[attr-defined]
        self.close_connection = True
        if page is None:
            self.send_error(404)
            return
        page.requests.append(dict(self.headers.items()))
        page.paths.append(self.path)
        serve = page.next()
        body = page.body if serve.body is None else serve.body
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"' if serve.etag is None else serve.etag
        if serve.status != 200:
            self._head(serve.status, {"Content-Length": "0", **serve.headers})
            return
        start = self._start(serve, tag)
        if start is not None and start >= len(body):
            self._head(416, {"Content-Range": f"bytes */{len(body)}", "Content-Length": "0"})
            return
        headers = {"ETag": tag} if tag else {}
        status = 200
        if start is not None:
            start += serve.shift
            status = 206
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        rest = body[start or 0 :]
        length = (
            {"Transfer-Encoding": "chunked"}
            if serve.chunked
            else {"Content-Length": str(serve.says or len(rest))}
        )
        self._head(status, {**headers, **length, **serve.headers})
        self._body(page, rest, serve)

    def _start(self, serve: Serve, tag: str) -> int | None:
        """The first byte of the range that is asked for, if it is to be honoured."""
        wanted = self.headers.get("Range", "")
        if not serve.ranges or not wanted or self.headers.get("If-Range", tag) != tag:
            return None
        return int(wanted.removeprefix("bytes=").removesuffix("-"))

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response_only(status)
        for name, value in {"Connection": "close", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _body(self, page: Page, rest: bytes, serve: Serve) -> None:
        data = rest if serve.cut is None else rest[: serve.cut]
        try:
            if serve.stall:
                self._write(page, data[: len(data) // 2], serve)
                self.server.ended.wait(serve.stall)  # type: ignore[attr-defined]
                data = data[len(data) // 2 :]
            self._write(page, data, serve)
            if serve.cut is not None:
                self._break()
            elif serve.chunked:
                self.wfile.write(b"0\r\n\r\n")
        except OSError:
            pass  # the client went away, as some tests want it to

    def _write(self, page: Page, data: bytes, serve: Serve) -> None:
        for index in range(0, len(data), 1 << 16):
            piece = data[index : index + (1 << 16)]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if serve.chunked else piece)
            self.wfile.flush()
            page.sent += len(piece)

    def _break(self) -> None:
        """Let the client read what was sent, then reset the connection."""
        time.sleep(0.02)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
