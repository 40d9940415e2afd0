"""Downloads from a real server that misbehaves in every way that public file hosts do."""

from __future__ import annotations

import asyncio
import hashlib
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from file_server import FileServer, Page, Serve

from mmar.benchmarks.fetch import Download, Pace, fetch
from mmar.benchmarks.offer import Wanted
from mmar.benchmarks.part import part_of
from mmar.errors import ExternalError, UsageError
from waiting import until

BODY = random.Random(7).randbytes(700_000)
SHA256 = hashlib.sha256(BODY).hexdigest()
SWIFT = Pace(connect=2, stall=0.3, tries=3, backoff=0.01)


def get(url: str, folder: Path, wanted: Wanted | None = None) -> Download:
    return fetch(url, folder, wanted, pace=SWIFT)


def test_a_good_server_is_asked_once_and_the_bytes_are_the_file(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/file", BODY)
    done = get(url, tmp_path, Wanted(size=len(BODY), sha256=SHA256))
    assert done.path.read_bytes() == BODY
    assert (done.size, done.spliced, done.claim) == (len(BODY), False, None)
    assert len(server.page(url).requests) == 1
    assert server.page(url).requests[0]["Accept-Encoding"] == "identity"


def test_a_connection_cut_again_and_again_costs_only_what_was_in_flight(
    server: FileServer, tmp_path: Path
) -> None:
    url = server.add("/file", BODY, *[Serve(cut=100_000)] * 20, Serve())
    done = get(url, tmp_path)
    assert done.path.read_bytes() == BODY
    assert done.spliced
    page = server.page(url)
    assert len(page.requests) >= 7  # 100,000 bytes at most of 700,000 each time
    assert page.sent < 2 * len(BODY)
    assert all("If-Range" in request for request in page.requests if "Range" in request)


def test_a_connection_cut_before_the_first_byte_is_given_up_after_the_allowed_tries(
    server: FileServer, tmp_path: Path
) -> None:
    url = server.add("/file", BODY, Serve(cut=0))
    with pytest.raises(ExternalError, match="given up after 3 tries without progress"):
        get(url, tmp_path)
    assert len(server.page(url).requests) == 3


def test_what_was_fetched_is_kept_for_the_next_call(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/file", BODY, Serve(cut=300_000), Serve(status=503))
    with pytest.raises(ExternalError, match="run the same command again to go on"):
        get(url, tmp_path)
    held = part_of(url, tmp_path).stat().st_size
    assert 200_000 < held <= 300_000
    server.page(url).script[:] = [Serve()]
    server.page(url).sent = 0
    assert get(url, tmp_path).path.read_bytes() == BODY
    assert server.page(url).sent == len(BODY) - held


def test_a_server_without_ranges_starts_over_and_is_not_asked_for_ever(
    server: FileServer, tmp_path: Path
) -> None:
    url = server.add("/file", BODY, Serve(cut=300_000), Serve(cut=300_000, ranges=False), Serve(ranges=False))
    done = get(url, tmp_path)
    assert done.path.read_bytes() == BODY
    assert not done.spliced
    stubborn = server.add("/stubborn", BODY, Serve(cut=300_000, ranges=False))
    with pytest.raises(ExternalError, match="without progress"):
        get(stubborn, tmp_path)
    assert len(server.page(stubborn).requests) <= 5


def test_without_a_validator_pieces_are_never_joined(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/file", BODY, Serve(cut=300_000, etag=""), Serve(etag=""))
    assert get(url, tmp_path).path.read_bytes() == BODY
    assert all("Range" not in request for request in server.page(url).requests)
    hopeless = server.add("/hopeless", BODY, Serve(cut=300_000, etag=""))
    with pytest.raises(
        ExternalError, match=r"given up .*\)\n.*with --from$"
    ):  # nothing that was kept would be of use
        get(hopeless, tmp_path)


def test_a_weak_tag_gives_way_to_the_date(server: FileServer, tmp_path: Path) -> None:
    date = {"Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT"}
    url = server.add(
        "/file", BODY, Serve(cut=300_000, etag='W/"x"', headers=date), Serve(etag='W/"x"', headers=date)
    )
    assert get(url, tmp_path).path.read_bytes() == BODY
    assert server.page(url).requests[1]["If-Range"] == date["Last-Modified"]


def test_a_206_for_another_range_is_not_believed(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/file", BODY, Serve(cut=300_000), Serve(shift=1000), Serve())
    assert get(url, tmp_path).path.read_bytes() == BODY


def test_a_206_nobody_asked_for_is_not_believed(server: FileServer, tmp_path: Path) -> None:
    part = {"Content-Range": f"bytes 1000-{len(BODY) - 1}/{len(BODY)}"}
    url = server.add("/file", BODY, Serve(status=206, headers=part), Serve())
    assert get(url, tmp_path).path.read_bytes() == BODY


def test_a_file_that_changes_between_tries_is_begun_anew(server: FileServer, tmp_path: Path) -> None:
    other = BODY[::-1]
    url = server.add("/file", other, Serve(cut=300_000, body=BODY), Serve())
    done = get(url, tmp_path)
    assert done.path.read_bytes() == other
    assert not done.spliced


def test_a_206_of_another_version_is_not_joined(server: FileServer, tmp_path: Path) -> None:
    # A server that ignores If-Range: it honours the range of whatever is there now.
    other = BODY[::-1]
    url = server.add(
        "/file",
        other,
        Serve(cut=300_000, body=BODY, etag='"a"'),
        Serve(headers={"ETag": '"b"'}, etag='"a"'),
        Serve(),
    )
    assert get(url, tmp_path).path.read_bytes() == other


def test_a_206_of_another_size_or_another_object_is_not_joined(server: FileServer, tmp_path: Path) -> None:
    # A tag that does not change with the content: the size, or what the host announces, still tells.
    longer = BODY[::-1] + b"more"
    url = server.add("/file", longer, Serve(cut=300_000, body=BODY, etag='"a"'), Serve(etag='"a"'))
    assert get(url, tmp_path).path.read_bytes() == longer
    other = BODY[::-1]
    server.add("/object", other, Serve(cut=300_000, body=BODY, etag='"a"'), Serve(etag='"a"'))
    announced = [
        Serve(status=302, headers={"Location": "/object", "X-Linked-Etag": f'"{digest}"'})
        for digest in (SHA256, hashlib.sha256(other).hexdigest())
    ]
    done = get(server.add("/resolve", b"", *announced), tmp_path)
    assert done.path.read_bytes() == other
    assert done.claim is not None
    assert done.claim.sha256 == hashlib.sha256(other).hexdigest()


def test_a_new_version_at_each_try_ends(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/file", BODY, *[Serve(cut=300_000, etag=f'"{number}"') for number in range(100)])
    with pytest.raises(ExternalError, match="another version at each try"):
        get(url, tmp_path)


def test_a_length_that_is_too_long_ends_with_the_file_whole(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/file", BODY, Serve(says=len(BODY) + 5000), Serve())
    done = get(url, tmp_path)
    assert done.path.read_bytes() == BODY  # 416 on the rest says that there is none


def test_a_length_that_is_too_short_is_noticed_where_the_size_is_known(
    server: FileServer, tmp_path: Path
) -> None:
    url = server.add("/file", BODY[:1000])
    with pytest.raises(ExternalError, match=r"offers 1,000 bytes where 700,000 are expected"):
        get(url, tmp_path, Wanted(size=len(BODY)))
    assert not part_of(url, tmp_path).exists()
    assert get(url, tmp_path).size == 1000  # nothing known, nothing noticed: the digest is the caller's


def test_more_data_than_the_length_says_is_no_file(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/file", BODY, Serve(says=1000))
    with pytest.raises(ExternalError, match=r"offers 1,000 bytes where|breaks the rules of HTTP") as caught:
        get(url, tmp_path, Wanted(size=len(BODY)))
    assert len(str(caught.value)) < 300


def test_a_body_without_length_is_taken_to_its_end(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/file", BODY, Serve(chunked=True, cut=300_000), Serve(chunked=True))
    assert get(url, tmp_path).path.read_bytes() == BODY
    # The end is known now: a second call asks nothing.
    asked = len(server.page(url).requests)
    again = get(url, tmp_path)
    assert (again.size, again.spliced) == (len(BODY), True)  # who knows what happened to it in between
    assert len(server.page(url).requests) == asked


def test_a_body_without_end_is_stopped(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/file", BODY, Serve(chunked=True))
    with pytest.raises(ExternalError, match="sends more than 100 kB"):
        get(url, tmp_path, Wanted(at_most=100_000))
    assert list(tmp_path.iterdir()) == []


def test_silence_is_not_waited_for(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/file", BODY, Serve(stall=5), Serve())
    start = time.monotonic()
    assert get(url, tmp_path).path.read_bytes() == BODY
    assert time.monotonic() - start < 3


def test_errors_that_pass_are_tried_again_and_others_are_not(server: FileServer, tmp_path: Path) -> None:
    url = server.add(
        "/file", BODY, Serve(status=500), Serve(status=429, headers={"Retry-After": "0"}), Serve()
    )
    assert get(url, tmp_path).path.read_bytes() == BODY
    with pytest.raises(ExternalError, match=r"has no such file \(404"):
        get(server.base + "/nothing", tmp_path)
    refused = server.add("/refused", BODY, Serve(status=403))
    with pytest.raises(ExternalError, match=r"refuses \(403"):
        get(refused, tmp_path)
    assert len(server.page(refused).requests) == 1


def test_a_web_page_is_not_taken_for_the_file(server: FileServer, tmp_path: Path) -> None:
    html = {"Content-Type": "text/html; charset=utf-8"}
    for page, headers in ((b"<p>Sign in</p>", html), (b"\n<!DOCTYPE html><title>Sign in</title>", {})):
        url = server.add("/file", page, Serve(headers=headers))
        with pytest.raises(ExternalError, match="sent a web page instead of the file"):
            get(url, tmp_path)
        assert not part_of(url, tmp_path).exists()


def test_a_host_that_announces_the_digest_is_believed_about_it(server: FileServer, tmp_path: Path) -> None:
    target = server.add("/store/%27object%27", BODY)
    linked = {
        "Location": "/store/%27object%27?sig=a%2Fb",
        "X-Linked-Etag": f'"{SHA256}"',
        "X-Linked-Size": "700000",
    }
    url = server.add("/resolve", b"", Serve(status=302, headers=linked))
    done = get(url, tmp_path)
    assert done.path.read_bytes() == BODY
    assert done.claim is not None
    assert (done.claim.sha256, done.claim.size) == (SHA256, len(BODY))
    assert server.page(target).paths == ["/store/%27object%27?sig=a%2Fb"]  # a signature survives the redirect


def test_a_host_that_announces_another_file_is_turned_down_before_the_transfer(
    server: FileServer, tmp_path: Path
) -> None:
    server.add("/object", BODY, Serve(stall=60))
    linked = {"Location": "/object", "X-Linked-Etag": f'"{SHA256}"', "X-Linked-Size": "700000"}
    url = server.add("/resolve", b"", Serve(status=302, headers=linked))
    with pytest.raises(ExternalError, match=f"{SHA256}; expected {'0' * 64}"):
        get(url, tmp_path, Wanted(sha256="0" * 64))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/a.tar"])
def test_a_redirect_leads_to_http_or_nowhere(server: FileServer, tmp_path: Path, target: str) -> None:
    url = server.add("/away", b"", Serve(status=302, headers={"Location": target}))
    with pytest.raises(ExternalError, match=f'sends on to "{target}", which is no http or https address'):
        get(url, tmp_path)


def test_redirects_in_a_circle_end(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/circle", b"", Serve(status=302, headers={"Location": "/circle"}))
    with pytest.raises(ExternalError, match="without end"):
        get(url, tmp_path)


def test_a_compressed_answer_is_refused(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/file", BODY, Serve(headers={"Content-Encoding": "gzip"}))
    with pytest.raises(ExternalError, match="compresses"):
        get(url, tmp_path)


def test_nobody_listening_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(ExternalError, match=r"no connection to 127\.0\.0\.1"):
        get("http://127.0.0.1:9/file", tmp_path)


def test_the_proxy_of_the_environment_is_used(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.pages["http://example.invalid/file"] = Page(BODY, [Serve()])
    monkeypatch.setenv("http_proxy", server.base)
    monkeypatch.setenv("https_proxy", server.base)
    assert get("http://example.invalid/file", tmp_path).path.read_bytes() == BODY
    with pytest.raises(ExternalError, match="the proxy answered 501"):  # this one opens no tunnels
        get("https://example.invalid/file", tmp_path)


@pytest.mark.parametrize("url", ["ftp://example.org/x", "http://", "https://[broken/x", "http://host:port/x"])
def test_what_is_no_address_is_a_usage_error(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no http or https address"):
        get(url, tmp_path)


def test_a_password_in_the_address_is_used_and_never_shown(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/file", BODY, Serve(status=403))
    secret = url.replace("http://", "http://me:planted@") + "?token=planted"
    with pytest.raises(ExternalError) as caught:
        get(secret, tmp_path)
    assert "planted" not in str(caught.value)
    assert server.page(url).requests[0]["Authorization"].startswith("Basic ")
    server.page(url).script[:] = [Serve(cut=1000), Serve(status=403)]
    with pytest.raises(ExternalError):
        get(secret, tmp_path)
    assert all(
        b"planted" not in file.read_bytes() and "planted" not in file.name for file in tmp_path.iterdir()
    )


def test_a_sidecar_that_does_not_fit_is_not_used(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/file", BODY)
    part = part_of(url, tmp_path)
    for sidecar in (b"", b"{", b"[]", b'{"total": 5, "etag": "x"}'):
        part.write_bytes(b"not of this file")
        part.with_name(part.name + ".json").write_bytes(sidecar)
        assert get(url, tmp_path).path.read_bytes() == BODY


def test_a_full_disk_is_said_and_what_was_written_is_kept(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/file", BODY)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(ExternalError, match="the disk is full"):
            get(url, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert part_of(url, tmp_path).stat().st_size == 200_000
    done = get(url, tmp_path)
    assert done.path.read_bytes() == BODY
    assert done.spliced


def test_space_is_asked_for_before_the_transfer(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/file", BODY, Serve(stall=60))
    with pytest.raises(ExternalError, match=r"needs about .* of free space"):
        get(url, tmp_path, Wanted(afterwards=1 << 60))
    assert not part_of(url, tmp_path).exists()


def test_it_works_where_a_loop_is_running_already(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/file", BODY)

    async def notebook_cell() -> Download:
        return get(url, tmp_path)

    assert asyncio.run(notebook_cell()).size == len(BODY)


def start_fetching(url: str, folder: Path) -> subprocess.Popen[bytes]:
    script = (
        "import sys; from pathlib import Path; from mmar.benchmarks.fetch import Pace, fetch\n"
        "print('ready', flush=True)\n"
        f"fetch({url!r}, Path({str(folder)!r}), pace=Pace(tries=50, backoff=0.05))\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    return child


def test_killed_in_the_middle_only_the_rest_is_fetched(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/file", BODY, Serve(stall=60))
    part = part_of(url, tmp_path)
    with start_fetching(url, tmp_path) as child:
        until(lambda: part.exists() and part.stat().st_size >= len(BODY) // 2)
        child.kill()
    assert part.stat().st_size == len(BODY) // 2
    server.page(url).script[:] = [Serve()]
    server.page(url).sent = 0
    done = get(url, tmp_path)
    assert done.path.read_bytes() == BODY
    assert done.spliced
    assert server.page(url).sent == len(BODY) // 2


def test_killed_at_any_moment_it_goes_on_and_loses_nothing(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/file", BODY, Serve(cut=200_000), Serve(stall=0.05))
    chance = random.Random(3)
    for _ in range(3):
        with start_fetching(url, tmp_path) as child:
            time.sleep(chance.uniform(0, 0.12))
            child.kill()
    assert get(url, tmp_path).path.read_bytes() == BODY
