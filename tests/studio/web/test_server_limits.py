"""The server's bounds: connections in number, headers and bodies in time."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from conftest import Site, free_port, serve
from mmar.studio.config import StudioConfig
from mmar.studio.start import open_studio
from mmar.studio.web.server import ServerLimits
from mmar.studio.workflow import Role

LIMITS = ServerLimits(connections=6, header_s=0.5, body_s=0.5)


@pytest.fixture
def small(tmp_path: Path, empty_data: Path, hashed: str) -> Iterator[Site]:
    """A studio with small limits."""
    shutil.copytree(empty_data, tmp_path / "data")
    studio = open_studio(StudioConfig(data=tmp_path / "data"))
    port = free_port()
    site = Site(studio, f"http://127.0.0.1:{port}", hashed)
    site.add("root", Role.ADMIN, site_admin=True)
    stop = serve(studio, port, work=False, limits=LIMITS)
    yield site
    stop()
    studio.database.close()


def connect(site: Site) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(site.url.rsplit(":", 1)[1])), timeout=10)


def ended_after(line: socket.socket) -> tuple[float, bytes]:
    """Seconds until the server closes a connection, and all that it sent."""
    start, received = time.monotonic(), b""
    try:
        while data := line.recv(1000):
            received += data
    except ConnectionResetError:
        pass
    return time.monotonic() - start, received


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: localhost\r\nx: "])
def test_headers_that_never_end_are_cut_off(small: Site, sent: bytes) -> None:
    with connect(small) as line:
        line.sendall(sent)
        seconds, received = ended_after(line)
    assert 0.3 < seconds < 5
    assert received.startswith(b"HTTP/1.1 408 ")


def test_headers_that_trickle_are_cut_off(small: Site) -> None:
    start = time.monotonic()
    with connect(small) as line:
        line.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n")
        with pytest.raises(OSError):
            for n in range(100):
                line.sendall(f"x-{n}: 1\r\n".encode())
                time.sleep(0.1)
    assert time.monotonic() - start < 5


def test_headers_of_a_second_request_are_cut_off_too(small: Site) -> None:
    with connect(small) as line:
        line.sendall(b"GET /login HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 200 ")
        line.sendall(b"GET /login HTTP/1.1\r\n")
        seconds, received = ended_after(line)
    assert seconds < 5
    assert b"HTTP/1.1 408 " in received


def test_a_body_that_stops_is_cut_off(small: Site) -> None:
    with connect(small) as line:
        head = "POST /login HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n"
        line.sendall(f"{head}content-type: application/x-www-form-urlencoded\r\n\r\nlogin=".encode())
        seconds, _ = ended_after(line)
    assert 0.3 < seconds < 5


def test_a_slow_body_that_goes_on_arrives(small: Site) -> None:
    body = b"login=root&password=wrong+words+here"
    with connect(small) as line:
        head = f"POST /login HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n"
        line.sendall(f"{head}content-type: application/x-www-form-urlencoded\r\n\r\n".encode())
        for at in range(0, len(body), 6):
            line.sendall(body[at : at + 6])
            time.sleep(0.2)
        assert line.recv(100).startswith(b"HTTP/1.1 401 ")


def test_connections_above_the_limit_are_refused_until_others_close(small: Site) -> None:
    held = [connect(small) for _ in range(LIMITS.connections)]
    for line in held:
        line.sendall(b"GET /login HTTP/1.1\r\n")
    with connect(small) as line:
        assert line.recv(100).startswith(b"HTTP/1.1 503 ")
    for line in held:
        line.close()
    deadline = time.monotonic() + 5
    while True:
        answer = httpx.get(f"{small.url}/login")
        if answer.status_code == 200 or time.monotonic() > deadline:
            break
    assert answer.status_code == 200
