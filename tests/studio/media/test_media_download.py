"""Downloads stay within the policy, whatever a server answers."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from media_site import Answers, Site, media_site, tone_wav

from expect import raises
from mmar.errors import MmarError
from mmar.studio.media.download import download_recording, fetch_file, follow
from mmar.studio.media.fetch_policy import AddressGuard, FetchPolicy

STUB = Path(__file__).with_name("stub_downloader.py")


def on_site(work: Callable[[Site], Awaitable[Any]]) -> tuple[Any, Site]:
    async def run() -> tuple[Any, Site]:
        async with media_site() as site:
            return await work(site), site

    return asyncio.run(run())


def fetched(path: str, out: Path, resolver: Answers | None = None, **policy: object) -> Site:
    """Fetch one page of the site."""

    async def work(site: Site) -> None:
        url = path.format(site=site) if "{" in path else site.base + path
        await fetch_file(url, out, site.policy(**policy), resolver=resolver)

    return on_site(work)[1]


def refused(path: str, out: Path, resolver: Answers | None = None, **policy: object) -> MmarError:
    """The error of a download of which nothing is left."""
    with pytest.raises(MmarError) as caught:
        fetched(path, out, resolver, **policy)
    assert list(out.parent.iterdir()) == []
    return caught.value


def test_a_file_is_downloaded_unchanged(tmp_path: Path) -> None:
    progress: list[tuple[int, int | None]] = []

    async def work(site: Site) -> None:
        await fetch_file(
            f"{site.base}/tone.wav#t=3",
            tmp_path / "a",
            site.policy(),
            advance=lambda done, of: progress.append((done, of)),
        )

    on_site(work)
    whole = tone_wav()
    assert (tmp_path / "a").read_bytes() == whole
    assert progress[-1] == (len(whole), len(whole))


def test_the_file_name_of_the_server_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    fetched("/named", tmp_path / "here" / "a")
    assert [path.name for path in tmp_path.rglob("*")] == ["here", "a"]


def test_nothing_of_the_environment_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    site = fetched("/to?url=/named", tmp_path / "a")
    assert len(site.requests) == 2
    for request in site.requests:
        assert not {"Authorization", "Cookie", "Referer", "Proxy-Authorization"} & set(request.headers)
        assert request.headers["Accept-Encoding"] == "identity"


def test_redirects_within_the_policy_are_followed(tmp_path: Path) -> None:
    site = fetched("/to?url=/to?url=/tone.wav", tmp_path / "a")
    assert [request.path for request in site.requests] == ["/to", "/to", "/tone.wav"]


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("http://10.0.0.1/a", "host-not-allowed"),
        ("http://169.254.169.254/latest/meta-data/", "host-not-allowed"),
        ("file:///etc/passwd", "invalid-url"),
        ("http://127.0.0.1:1/a", "port-not-allowed"),
        ("http://me:pw@127.0.0.1/a", "credentials-in-url"),
        ("//evil.test/a", "host-not-allowed"),
    ],
)
def test_a_redirect_out_of_the_policy_is_refused(target: str, code: str, tmp_path: Path) -> None:
    assert refused(f"/to?url={target}", tmp_path / "a").code == code


def test_a_redirect_to_a_private_address_is_refused(tmp_path: Path) -> None:
    private = Answers(["10.1.2.3"])
    url = "http://127.0.0.1:{site.port}/to?url=http://media.test:{site.port}/a"
    error = refused(url, tmp_path / "a", private)
    assert error.code == "address-not-public"
    assert "10.1.2.3" in str(error)
    assert private.looked_up == ["media.test"]


def test_dns_rebinding_is_refused(tmp_path: Path) -> None:
    changing = Answers(["127.0.0.1"], ["169.254.169.254"])
    error = refused("http://media.test:{site.port}/to?url=/tone.wav", tmp_path / "a", changing)
    assert error.code == "address-not-public"
    assert changing.looked_up == ["media.test", "media.test"]


def test_of_several_addresses_only_public_ones_are_used(tmp_path: Path) -> None:
    fetched("http://media.test:{site.port}/tone.wav", tmp_path / "a", Answers(["10.0.0.1", "127.0.0.1"]))
    assert (tmp_path / "a").read_bytes() == tone_wav()


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("http://127.0.0.1:{site.port}/a", ("127.0.0.1",)),
        ("http://media.test:{site.port}/a", ("media.test",)),
        ("http://[::ffff:127.0.0.1]:{site.port}/a", ("::ffff:127.0.0.1", "::ffff:7f00:1")),
    ],
)
def test_loopback_is_refused(url: str, hosts: tuple[str, ...], tmp_path: Path) -> None:
    error = refused(url, tmp_path / "a", Answers(["127.0.0.1"]), hosts=hosts, allow_loopback=False)
    assert error.code == "address-not-public"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/page", "web-page"),
        ("/page.wav", "web-page"),
        ("/empty", "empty-file"),
        ("/gzip", "compressed"),
        ("/absent", "http-status"),
        ("/round", "too-many-redirects"),
        ("/short", "no-connection"),
    ],
)
def test_responses_without_a_recording_are_errors(path: str, code: str, tmp_path: Path) -> None:
    assert refused(path, tmp_path / "a").code == code


@pytest.mark.parametrize("path", ["/big", "/endless"])
def test_the_size_limit_holds_with_and_without_a_stated_size(path: str, tmp_path: Path) -> None:
    assert refused(path, tmp_path / "a", max_bytes=100_000).code == "recording-too-large"


@pytest.mark.parametrize("path", ["/drip", "/stall"])
def test_time_limits(path: str, tmp_path: Path) -> None:
    error = refused(path, tmp_path / "a", max_seconds=0.6, stall_seconds=0.3)
    assert error.code == "download-timeout"


def test_a_server_that_does_not_run(tmp_path: Path) -> None:
    policy = FetchPolicy(hosts=("127.0.0.1",), ports=(9,), allow_loopback=True)
    with raises("no-connection"):
        asyncio.run(fetch_file("http://127.0.0.1:9/a", tmp_path / "a", policy))


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"mine")
    with raises("not-writable"):
        fetched("/tone.wav", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"mine"


def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        task = asyncio.create_task(fetch_file(f"{site.base}/drip", tmp_path / "a", site.policy()))
        while not (tmp_path / "a").exists():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    on_site(work)
    assert list(tmp_path.iterdir()) == []


def test_a_short_link_is_followed_once() -> None:
    async def work(site: Site) -> tuple[str, str]:
        with raises("host-not-allowed"):
            await follow(f"{site.base}/to?url=https://evil.test/", site.policy())
        link = await follow(f"{site.base}/to?url={site.base}/video/BV1xX4y1y721", site.policy())
        return link, await follow(f"{site.base}/page", site.policy())

    result, site = on_site(work)
    assert result == (f"{site.base}/video/BV1xX4y1y721", f"{site.base}/page")


def test_the_guard_records_its_reasons() -> None:
    guard = AddressGuard(FetchPolicy(hosts=()))
    with pytest.raises(PermissionError):
        asyncio.run(guard.connect("a.test", 80, Answers(["192.168.0.1", "10.0.0.1"])))
    assert [reason.split()[0] for reason in guard.refused] == ["192.168.0.1", "10.0.0.1"]


def test_media_files_are_downloaded_directly_and_videos_by_yt_dlp(tmp_path: Path) -> None:
    async def work(site: Site) -> list[Any]:
        result = []
        for number, url in enumerate(
            (f"{site.base}/tone.wav?utm_source=me", "https://youtu.be/qx8hrhBZJ98?si=me")
        ):
            folder = tmp_path / str(number)
            folder.mkdir()
            policy = site.policy(hosts=("127.0.0.1", "youtu.be", "www.youtube.com"), ports=(site.port, 443))
            command = [sys.executable, str(STUB), str(tmp_path / "record.json"), f"{site.base}/tone.wav"]
            result.append(await download_recording(url, folder, policy, command=command))
        return result

    (direct, video), _ = on_site(work)
    assert direct.path.read_bytes() == video.path.read_bytes() == tone_wav()
    assert (direct.title, video.title) == ("", "A tone")
