"""The server's bounds: connections in number, headers and bodies in time."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from conftest import Site, listen, serve
from mmar.studio.config import StudioConfig
from mmar.studio.web.app import open_studio
from mmar.studio.web.server import ServerLimits, _within_open_files
from mmar.studio.workflow import Role
from waiting import until

# Only the limit under test is short, so that no other one ends a connection on a busy machine.
NEVER_S = 600.0


@pytest.fixture
def limited(tmp_path: Path, empty_data: Path, hashed: str) -> Iterator[Callable[..., Site]]:
    """Start a studio with limits of one's own."""
    shutil.copytree(empty_data, tmp_path / "data")
    studio = open_studio(StudioConfig(data=tmp_path / "data"))
    stops = []

    def start(connections: int = 100, header_s: float = NEVER_S, body_s: float = NEVER_S) -> Site:
        listening, url = listen()
        site = Site(studio, url, hashed)
        site.add("root", Role.ADMIN, site_admin=True)
        limits = ServerLimits(connections=connections, header_s=header_s, body_s=body_s)
        stops.append(serve(studio, listening, work=False, limits=limits))
        return site

    yield start
    for stop in stops:
        stop()
    studio.database.close()


def connect(site: Site) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(site.url.rsplit(":", 1)[1])), timeout=60)


def read_to_end(line: socket.socket) -> bytes:
    """All that the server sends until it closes the connection."""
    received = b""
    try:
        while data := line.recv(1000):
            received += data
    except ConnectionResetError:
        pass
    return received


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: localhost\r\nx: "])
def test_headers_that_never_end_are_cut_off(limited: Callable[..., Site], sent: bytes) -> None:
    with connect(limited(header_s=0.2)) as line:
        line.sendall(sent)
        assert read_to_end(line).startswith(b"HTTP/1.1 408 ")


def test_headers_that_trickle_are_cut_off(limited: Callable[..., Site]) -> None:
    with connect(limited(header_s=0.2)) as line:
        line.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n")
        with pytest.raises(OSError):
            for n in range(1000):
                line.sendall(f"x-{n}: 1\r\n".encode())
                time.sleep(0.05)


def test_headers_of_a_second_request_are_cut_off_too(limited: Callable[..., Site]) -> None:
    with connect(limited(header_s=2.0)) as line:
        line.sendall(b"GET /login HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 200 ")
        line.sendall(b"GET /login HTTP/1.1\r\n")
        assert b"HTTP/1.1 408 " in read_to_end(line)


def test_a_body_that_stops_is_cut_off(limited: Callable[..., Site]) -> None:
    with connect(limited(body_s=0.2)) as line:
        head = "POST /login HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n"
        line.sendall(f"{head}content-type: application/x-www-form-urlencoded\r\n\r\nlogin=".encode())
        assert not read_to_end(line).startswith(b"HTTP/1.1 2")


def test_a_slow_body_that_goes_on_arrives(limited: Callable[..., Site]) -> None:
    body = b"login=root&password=wrong+words+here"
    with connect(limited(body_s=1.5)) as line:
        head = f"POST /login HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n"
        line.sendall(f"{head}content-type: application/x-www-form-urlencoded\r\n\r\n".encode())
        for index in range(0, len(body), 6):
            line.sendall(body[index : index + 6])
            time.sleep(0.3)  # in all longer than the limit
        assert line.recv(100).startswith(b"HTTP/1.1 401 ")


def test_connections_above_the_limit_are_refused_until_others_close(limited: Callable[..., Site]) -> None:
    site = limited(connections=6)
    held = [connect(site) for _ in range(6)]
    for line in held:
        line.sendall(b"GET /login HTTP/1.1\r\n")
    with connect(site) as line:
        assert line.recv(100).startswith(b"HTTP/1.1 503 ")
    for line in held:
        line.close()
    until(lambda: httpx.get(f"{site.url}/login", timeout=60).status_code == 200)


@pytest.mark.parametrize(
    ("soft", "hard", "connections", "raised"),
    [
        (1024, 1024, 768, 1024),
        (1024, 1 << 20, 1000, 1256),
        (20_000, 20_000, 1000, None),
        (300, 300, 150, 300),
    ],
)
def test_connections_leave_room_for_other_files(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, connections: int, raised: int | None
) -> None:
    resource = pytest.importorskip("resource")
    limits: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limit: limits.append(limit))
    assert _within_open_files(1000) == connections
    assert limits == ([] if raised is None else [(raised, hard)])
