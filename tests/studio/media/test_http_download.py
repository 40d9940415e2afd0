import asyncio
import hashlib
import time
from pathlib import Path

import pytest
from media_site import Answers, Site, media_site, tone_wav

from mmar.errors import ExternalError, MmarError, UsageError
from mmar.studio.media.fetch_policy import AddressGuard, FetchPolicy
from mmar.studio.media.http_download import Received, fetch_file, follow


def fetched(path: str, out: Path, resolver: Answers | None = None, **policy: object) -> tuple[Received, Site]:
    """Fetch one page of the site."""

    async def work() -> tuple[Received, Site]:
        async with media_site() as site:
            url = path.format(site=site) if "{" in path else site.base + path
            return await fetch_file(url, out, site.policy(**policy), resolver=resolver), site

    return asyncio.run(work())


def refused(path: str, out: Path, resolver: Answers | None = None, **policy: object) -> str:
    """Try to, and give the reason; nothing may be left behind."""
    with pytest.raises(MmarError) as caught:
        fetched(path, out, resolver, **policy)
    assert list(out.parent.iterdir()) == []
    return str(caught.value)


def test_a_file_is_fetched_as_it_is(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []

    async def work() -> Received:
        async with media_site() as site:
            return await fetch_file(
                f"{site.base}/tone.wav#t=3",
                tmp_path / "a",
                site.policy(),
                advance=lambda done, of: told.append((done, of)),
            )

    received = asyncio.run(work())
    whole = tone_wav()
    assert (tmp_path / "a").read_bytes() == whole
    assert (received.size, received.sha256) == (len(whole), hashlib.sha256(whole).hexdigest())
    assert told[-1] == (len(whole), len(whole))


def test_the_name_that_a_server_gives_is_not_used_and_no_cookie_is_kept(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    received, _ = fetched("/named", tmp_path / "here" / "a")
    assert [path.name for path in tmp_path.rglob("*")] == ["here", "a"]
    assert received.path == tmp_path / "here" / "a"


def test_nothing_of_the_surroundings_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    _, site = fetched("/to?url=/named", tmp_path / "a")
    assert len(site.requests) == 2
    for request in site.requests:
        assert not {"Authorization", "Cookie", "Referer", "Proxy-Authorization"} & set(request.headers)
        assert request.headers["Accept-Encoding"] == "identity"


def test_redirects_are_followed_within_the_list(tmp_path: Path) -> None:
    received, site = fetched("/to?url=/to?url=/tone.wav", tmp_path / "a")
    assert received.url == f"{site.base}/tone.wav"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("http://10.0.0.1/a", "not on the list"),
        ("http://169.254.169.254/latest/meta-data/", "not on the list"),
        ("file:///etc/passwd", "no web address"),
        ("http://127.0.0.1:1/a", "port 1"),
        ("http://me:pw@127.0.0.1/a", "user name"),
        ("//evil.test/a", "not on the list"),
    ],
)
def test_a_redirect_out_of_the_list_is_refused(target: str, said: str, tmp_path: Path) -> None:
    assert said in refused(f"/to?url={target}", tmp_path / "a")


def test_a_redirect_to_a_private_address_by_an_allowed_name_is_refused(tmp_path: Path) -> None:
    private = Answers(["10.1.2.3"])
    said = refused(
        "http://127.0.0.1:{site.port}/to?url=http://media.test:{site.port}/a", tmp_path / "a", private
    )
    assert "10.1.2.3 is a private address" in said
    assert private.asked == ["media.test"]


def test_an_answer_that_changes_between_two_questions_gains_nothing(tmp_path: Path) -> None:
    # Rebinding: the name is the test's own server when first asked, a cloud's metadata service when asked
    # again.
    changing = Answers(["127.0.0.1"], ["169.254.169.254"])
    said = refused("http://media.test:{site.port}/to?url=/tone.wav", tmp_path / "a", changing)
    assert "169.254.169.254 is a link-local address" in said
    assert changing.asked == ["media.test", "media.test"]


def test_of_several_addresses_only_public_ones_are_connected_to(tmp_path: Path) -> None:
    received, _ = fetched(
        "http://media.test:{site.port}/tone.wav", tmp_path / "a", Answers(["10.0.0.1", "127.0.0.1"])
    )
    assert received.size == len(tone_wav())


@pytest.mark.parametrize("host", ["127.0.0.1", "media.test"])
def test_without_the_permission_for_tests_this_machine_is_refused(host: str, tmp_path: Path) -> None:
    said = refused(
        f"http://{host}:{{site.port}}/tone.wav", tmp_path / "a", Answers(["127.0.0.1"]), allow_loopback=False
    )
    assert "127.0.0.1 is this machine itself; only public addresses" in said


def test_an_address_within_an_address_is_seen(tmp_path: Path) -> None:
    said = refused(
        "http://[::ffff:127.0.0.1]:{site.port}/a",
        tmp_path / "a",
        hosts=("::ffff:127.0.0.1", "::ffff:7f00:1"),
        allow_loopback=False,
    )
    assert "127.0.0.1 is this machine itself" in said


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/page", "a web page instead of a recording"),
        ("/page.wav", "a web page instead of a recording"),
        ("/empty", "an empty file"),
        ("/gzip", "compresses"),
        ("/absent", "answered 404"),
        ("/round", "more than 5 times"),
        ("/short", "connection failed"),
    ],
)
def test_what_is_no_recording_is_refused(path: str, said: str, tmp_path: Path) -> None:
    assert said in refused(path, tmp_path / "a")


@pytest.mark.parametrize(
    ("path", "said"), [("/big", "the file has 200 kB"), ("/endless", "sends more than the 100 kB")]
)
def test_too_much_is_refused_whether_announced_or_not(path: str, said: str, tmp_path: Path) -> None:
    assert said in refused(path, tmp_path / "a", max_bytes=100_000)


@pytest.mark.parametrize(
    ("path", "said"), [("/drip", "not done within 0.6 s"), ("/stall", "nothing came for 0.3 s")]
)
def test_a_slow_server_is_given_up(path: str, said: str, tmp_path: Path) -> None:
    begun = time.monotonic()
    assert said in refused(path, tmp_path / "a", max_seconds=0.6, stall_seconds=0.3)
    assert time.monotonic() - begun < 10


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    policy = FetchPolicy(hosts=("127.0.0.1",), ports=(9,), allow_loopback=True)
    with pytest.raises(ExternalError, match="connection failed"):
        asyncio.run(fetch_file("http://127.0.0.1:9/a", tmp_path / "a", policy))


def test_a_file_that_stands_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"mine")
    with pytest.raises(ExternalError, match="cannot keep"):
        fetched("/tone.wav", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"mine"


def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        async with media_site() as site:
            task = asyncio.create_task(fetch_file(f"{site.base}/drip", tmp_path / "a", site.policy()))
            while not (tmp_path / "a").exists():
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(work())
    assert list(tmp_path.iterdir()) == []


def test_a_short_link_is_followed_once(tmp_path: Path) -> None:
    async def work() -> tuple[str, str, str]:
        async with media_site() as site:
            policy = site.policy()
            target = f"{site.base}/video/BV1xX4y1y721"
            with pytest.raises(UsageError, match="not on the list"):
                await follow(f"{site.base}/to?url=https://evil.test/", policy)
            return (
                await follow(f"{site.base}/to?url={target}", policy),
                target,
                await follow(f"{site.base}/page", policy),
            )

    found, expected, itself = asyncio.run(work())
    assert found == expected
    assert itself.endswith("/page")


def test_the_guard_remembers_why() -> None:
    guard = AddressGuard(FetchPolicy(hosts=()))
    with pytest.raises(OSError, match="private"):
        asyncio.run(guard.connect("a.test", 80, Answers(["192.168.0.1", "10.0.0.1"])))
    assert guard.refused == ["192.168.0.1 is a private address", "10.0.0.1 is a private address"]
