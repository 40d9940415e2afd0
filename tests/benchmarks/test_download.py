"""Downloads over HTTP: continued after every kind of interruption, and errors of one line."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from file_server import FileServer, Serve

from expect import raises
from mmar.benchmarks import RemoteFile
from mmar.benchmarks.download import download, download_url, public_url
from mmar.errors import ExternalError, UsageError
from waiting import until

BODY = os.urandom(400_000)


def get(url: str, folder: Path, size: int | None = None) -> bytes:
    return download_url(url, folder / "file", size=size, backoff=0.01).read_bytes()


def test_a_file_is_downloaded_with_one_request(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/a.bin", BODY)
    assert get(url, tmp_path, len(BODY)) == BODY
    assert len(server.page(url).requests) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_broken_connection_costs_only_what_was_in_flight(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/a.bin", BODY, *[Serve(cut=70_000)] * 5, Serve())
    assert get(url, tmp_path) == BODY
    assert len(server.page(url).requests) == 6


def test_a_later_call_continues(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/a.bin", BODY, Serve(cut=100_000), Serve(cut=0))
    with raises("download-failed", ExternalError):
        get(url, tmp_path)
    page = server.page(url)
    page.script, before = [Serve()], page.sent
    assert get(url, tmp_path) == BODY
    assert page.sent - before <= len(BODY)
    assert "Range" in page.requests[-1]


def test_servers_without_ranges_or_with_another_version_start_over(
    server: FileServer, tmp_path: Path
) -> None:
    url = server.add("/a.bin", BODY, Serve(cut=100_000), Serve(ranges=False))
    assert get(url, tmp_path) == BODY
    url = server.add("/b.bin", BODY, Serve(cut=100_000), Serve(shift=5), Serve())
    assert get(url, tmp_path) == BODY
    (tmp_path / "file.part").write_bytes(BODY + b"longer")
    assert get(url, tmp_path) == BODY


def test_temporary_errors_are_tried_again_and_others_are_not(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/a.bin", BODY, Serve(status=503), Serve(status=429), Serve())
    assert get(url, tmp_path) == BODY
    for status in (401, 403, 404, 410):
        url = server.add("/b.bin", BODY, Serve(status=status))
        with raises("download-refused", ExternalError):
            get(url, tmp_path)
        assert len(server.page(url).requests) == 1


def test_a_web_page_or_a_longer_file_is_refused(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/login", b"<!DOCTYPE html><title>Log in</title>")
    with raises("web-page", ExternalError):
        get(url, tmp_path)
    (tmp_path / "file.part").unlink(missing_ok=True)
    url = server.add("/a.bin", BODY)
    with raises("wrong-size", ExternalError):
        get(url, tmp_path, size=1000)


def test_a_host_that_cannot_be_reached_is_an_external_error(tmp_path: Path) -> None:
    with raises("download-failed", ExternalError):
        get("http://127.0.0.1:9/a.bin", tmp_path)


@pytest.mark.parametrize(
    "url", ["ftp://example.org/a", "file:///etc/passwd", "http://", "no address", "http://[::1"]
)
def test_other_addresses_are_usage_errors(url: str, tmp_path: Path) -> None:
    with raises("invalid-url", UsageError):
        get(url, tmp_path)


def test_a_password_in_the_address_is_used_and_not_shown(server: FileServer, tmp_path: Path) -> None:
    url = server.add("/a.bin", BODY)
    get(url.replace("http://", "http://ada:s%40cret@"), tmp_path)
    assert server.page(url).requests[0]["Authorization"] == "Basic YWRhOnNAY3JldA=="
    assert public_url("https://ada:secret@host/a.bin?token=1#x") == "https://host/a.bin"
    with raises("download-refused") as caught:
        get(server.base.replace("http://", "http://ada:s3cret@") + "/none?token=abc", tmp_path)
    assert "s3cret" not in str(caught.value)
    assert "abc" not in str(caught.value)


def test_a_killed_download_continues(server: FileServer, tmp_path: Path) -> None:
    body = os.urandom(2_000_000)
    url = server.add("/a.bin", body, Serve(stall=600.0), Serve())
    script = f"from pathlib import Path; from mmar.benchmarks.download import download_url; download_url({url!r}, Path({str(tmp_path / 'file')!r}))"
    with subprocess.Popen([sys.executable, "-c", script]) as child:
        until(lambda: (tmp_path / "file.part").exists() and (tmp_path / "file.part").stat().st_size)
        child.kill()
    server.page(url).script = [Serve()]
    assert get(url, tmp_path) == body
    assert "Range" in server.page(url).requests[-1]


def hub_file(server: FileServer, body: bytes, *script: Serve) -> RemoteFile:
    """A file of a data set on a loopback server that answers as the Hugging Face Hub does."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    digest = hashlib.sha256(body).hexdigest()
    path = f"/datasets/ada/set/resolve/{commit}/audio.tar.gz"
    headers = {"X-Repo-Commit": commit, "X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(body))}
    steps = [
        Serve(headers={**headers, **one.headers}, status=one.status, cut=one.cut)
        for one in script or (Serve(),)
    ]
    url = server.add(path, body, *steps)
    return RemoteFile(
        url=url, filename="audio.tar.gz", revision=commit, size=len(body), sha256=digest, repo="ada/set"
    )


def test_files_of_the_hugging_face_hub_are_downloaded(server: FileServer, tmp_path: Path) -> None:
    remote = hub_file(server, BODY)
    path = download(remote, tmp_path, endpoint=server.base)
    assert path.read_bytes() == BODY
    assert path.parent == tmp_path


@pytest.mark.parametrize("status", [401, 403, 404])
def test_refusals_of_the_hugging_face_hub_are_external_errors(
    server: FileServer, tmp_path: Path, status: int
) -> None:
    remote = hub_file(server, BODY, Serve(status=status))
    with raises("download-refused", ExternalError):
        download(remote, tmp_path, endpoint=server.base)


def test_without_a_network_the_hub_is_offline(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)  # the client of the hub waits 23 s between its attempts
    remote = hub_file(server, BODY)
    with raises("offline", ExternalError):
        download(remote, tmp_path, endpoint="http://127.0.0.1:9")
