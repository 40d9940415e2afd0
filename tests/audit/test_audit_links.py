"""Checking links, against a server on the loopback that replies as the sites do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from mmar.audit.links import Link, Services, check_links

GONE, PRIVATE, BUSY = "BV1gone00000", "BV1private00", "BV1busy00000"


class Site(BaseHTTPRequestHandler):
    """YouTube's oEmbed, Bilibili's view, the short links, and a page of its own."""

    requested: list[str]

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.requested.append(self.path)
        assert "Cookie" not in self.headers
        body = b""
        status, to = 200, None
        if url.path == "/oembed":
            status = {"gonegonegon": 404, "privatepriv": 403}.get(query["url"][-11:], 200)
        elif url.path == "/view":
            code = {GONE: -404, PRIVATE: 62012, BUSY: -412}.get(query.get("bvid", ""), 0)
            body = b"<html>" if query.get("bvid") == "BV1html00000" else json.dumps({"code": code}).encode()
        elif url.path == "/to-video":
            status, to = 302, "https://www.bilibili.com/video/BV1xX4y1y721?p=3&share_source=copy"
        elif url.path == "/to-gone":
            status, to = 302, f"/hop?to={GONE}"
        elif url.path == "/hop":
            status, to = 301, f"https://m.bilibili.com/video/{query['to']}"
        elif url.path == "/round":
            status, to = 302, "/round"
        elif url.path != "/page":
            status = 404
        self.send_response(status)
        if to:
            self.send_header("Location", to)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    Site.requested = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def tried(site: str, *addresses: str) -> dict[str, Link]:
    services = Services(f"{site}/oembed", f"{site}/view", site)
    return check_links(addresses, services=services, timeout_s=60)


@pytest.mark.parametrize(
    ("address", "alive", "reply"),
    [
        ("https://youtu.be/abcdefghijk", True, "HTTP 200"),
        ("https://www.youtube.com/watch?v=gonegonegon&t=3", False, "HTTP 404"),
        ("https://www.youtube.com/watch?v=privatepriv", None, "HTTP 403"),
        ("https://www.bilibili.com/video/BV1xX4y1y721", True, "code 0"),
        ("https://www.bilibili.com/video/av170001", True, "code 0"),
        (f"https://www.bilibili.com/video/{GONE}", False, "code -404"),
        (f"https://www.bilibili.com/video/{PRIVATE}", False, "code 62012"),
        (f"https://www.bilibili.com/video/{BUSY}", None, "code -412"),
        ("https://www.bilibili.com/video/BV1html00000", None, "unknown reply"),
    ],
)
def test_the_state_of_a_video_is_what_its_site_replies(
    address: str, alive: bool | None, reply: str, site: str
) -> None:
    assert tried(site, address) == {address: Link(address, alive, reply)}


def test_a_short_link_is_followed_to_its_video(site: str) -> None:
    result = tried(site, "https://b23.tv/to-video", "https://b23.tv/to-gone", "https://b23.tv/never")
    video, gone, never = result.values()
    assert (video.alive, video.leads_to) == (True, "https://www.bilibili.com/video/BV1xX4y1y721/?p=3")
    assert (gone.alive, gone.leads_to) == (False, f"https://www.bilibili.com/video/{GONE}/")
    assert (never.alive, never.leads_to) == (False, None)
    assert tried(site, "https://b23.tv/round")["https://b23.tv/round"].reply == "more than 5 redirections"


def test_any_other_address_is_requested_itself(site: str) -> None:
    page, missing = f"{site}/page", f"{site}/lost"
    assert [link.alive for link in tried(site, page, missing).values()] == [True, False]


def test_an_address_without_a_reply_is_undecided() -> None:
    (link,) = check_links(["http://127.0.0.1:9/"], timeout_s=2).values()
    assert link.alive is None
    assert link.reply.startswith("ClientConnectorError")
    (link,) = check_links(["not an address"]).values()
    assert (link.alive, link.reply) == (None, "not an http address")


def test_an_address_is_requested_once_and_in_order(site: str) -> None:
    page = f"{site}/page"
    calls: list[tuple[int, int]] = []
    links = check_links([page, f"{site}/lost", page], progress=lambda *counts: calls.append(counts))
    assert list(links) == [page, f"{site}/lost"]
    assert sorted(Site.requested) == ["/lost", "/page"]
    assert calls == [(1, 2), (2, 2)]
