import asyncio
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from media_site import Answers, Site, media_site, tone_wav

from expect import raises
from mmar.errors import ExternalError, MmarError, UsageError
from mmar.studio.media import ytdlp_child
from mmar.studio.media.fetch_policy import FetchPolicy
from mmar.studio.media.ytdlp import Download, download_video
from mmar.studio.media.ytdlp_child import is_permanent
from waiting import until

STUB = Path(__file__).with_name("stub_downloader.py")


def stub(folder: Path) -> list[str]:
    return [sys.executable, str(STUB), str(folder / "record.json")]


def started(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "record.json").read_text(encoding="utf-8"))


def downloaded(
    path: str,
    folder: Path,
    reports: list[tuple[int, int | None]] | None = None,
    resolver: Answers | None = None,
    **policy: object,
) -> tuple[Download, Site]:
    async def work() -> tuple[Download, Site]:
        async with media_site() as site:
            (folder / "work").mkdir(exist_ok=True)
            made = await download_video(
                path.format(site=site) if "{" in path else site.base + path,
                folder / "work",
                site.policy(**policy),
                command=stub(folder),
                resolver=resolver,
                advance=lambda done, of: (reports if reports is not None else []).append((done, of)),
            )
            return made, site

    return asyncio.run(work())


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_recording_is_downloaded_with_its_title_and_licence(tmp_path: Path) -> None:
    reports: list[tuple[int, int | None]] = []
    made, site = downloaded("/tone.wav", tmp_path, reports)
    assert made.path.read_bytes() == tone_wav()
    assert made.path.is_relative_to(tmp_path / "work")
    assert (made.title, made.licence) == ("A tone", "")
    assert reports == [(len(tone_wav()), len(tone_wav()))]
    assert len(site.requests) == 1


def test_the_downloader_gets_no_environment_and_no_option_from_the_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "OPENAI_API_KEY", "YTDLP_CONFIG", "NETRC"):
        monkeypatch.setenv(name, "secret")
    _, site = downloaded("/tone.wav", tmp_path)
    seen = started(tmp_path)
    assert "secret" not in json.dumps(seen)
    home = str(tmp_path / "work" / "home")
    assert seen["environment"]["HOME"] == home == seen["folder"]
    assert not {"PATH", "USER"} & set(seen["environment"])
    arguments = seen["arguments"]
    assert arguments[-2:] == ["--", f"{site.base}/tone.wav"]
    assert arguments.count("--") == 1
    for option in (
        "--ignore-config",
        "--no-plugin-dirs",
        "--no-exec",
        "--no-cache-dir",
        "--no-cookies",
        "--no-playlist",
    ):
        assert option in arguments
    assert arguments[arguments.index("--downloader") + 1] == "native"
    for option in (
        "--netrc",
        "--exec",
        "--cookies",
        "--config-locations",
        "--load-info-json",
        "--enable-file-urls",
    ):
        assert option not in arguments


@pytest.mark.parametrize(
    "url",
    [
        "--exec=touch /tmp/x",
        "-o/tmp/x",
        "ytsearch:cats",
        "file:///etc/passwd",
        "http://evil.test/a",
        "watch?v=x",
    ],
)
def test_a_url_that_is_not_allowed_starts_no_downloader(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        asyncio.run(download_video(url, tmp_path, FetchPolicy(hosts=("127.0.0.1",)), command=stub(tmp_path)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "kind", "code"),
    [
        ("/fail", ExternalError, "download-failed"),
        ("/private", UsageError, "not-available"),
        ("/missing", UsageError, "needs-ytdlp"),
        ("/filtered", UsageError, "no-recording"),
        ("/link", UsageError, "no-recording"),
        ("/two", ExternalError, "download-failed"),
        ("/absent", ExternalError, "download-failed"),
        ("/chatter", ExternalError, "download-failed"),
    ],
)
def test_a_failure_of_the_downloader_has_a_code_and_no_advice_about_its_options(
    path: str, kind: type[MmarError], code: str, tmp_path: Path
) -> None:
    with raises(code, kind) as caught:
        downloaded(path, tmp_path)
    for unwanted in ("\x1b", "cookies", "https://"):
        assert unwanted not in str(caught.value)


def test_a_recording_that_grows_too_large_is_stopped(tmp_path: Path) -> None:
    with raises("recording-too-large"):
        downloaded("/grow", tmp_path, max_bytes=2_000_000)
    assert not is_running(started(tmp_path)["pid"])


def until_gone(folder: Path) -> None:
    """A killed process is gone when the system comes to it."""
    until(lambda: not any(is_running(started(folder)[one]) for one in ("pid", "child")))


def test_a_downloader_that_hangs_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    with raises("download-timeout"):
        downloaded("/hang", tmp_path, max_seconds=3.0)
    until_gone(tmp_path)


def test_cancelling_kills_the_downloader(tmp_path: Path) -> None:
    async def work() -> None:
        async with media_site() as site:
            (tmp_path / "work").mkdir()
            task = asyncio.create_task(
                download_video(f"{site.base}/hang", tmp_path / "work", site.policy(), command=stub(tmp_path))
            )
            while (
                not (tmp_path / "record.json").exists()
                or "child" not in (tmp_path / "record.json").read_text()
            ):
                await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(work())
    until_gone(tmp_path)


@pytest.mark.parametrize(
    ("path", "resolver"),
    [
        ("/to?url=http://10.0.0.1/a", None),
        ("http://media.test:{site.port}/tone.wav", Answers(["192.168.1.1"])),
        ("http://media.test:{site.port}/to?url=/tone.wav", Answers(["127.0.0.1"], ["169.254.169.254"])),
    ],
    ids=["after a redirect", "by a name", "by a name that changes"],
)
def test_the_proxy_refuses_private_addresses(path: str, resolver: Answers | None, tmp_path: Path) -> None:
    with raises("download-refused", UsageError):
        downloaded(path, tmp_path, resolver=resolver)
    assert resolver is None or set(resolver.looked_up) == {"media.test"}


def test_a_missing_program_is_an_error(tmp_path: Path) -> None:
    async def work() -> None:
        async with media_site() as site:
            await download_video(
                f"{site.base}/a", tmp_path, site.policy(), command=[str(tmp_path / "absent")]
            )

    with raises("program-not-found"):
        asyncio.run(work())


def really(
    path: str, folder: Path, reports: list[tuple[int, int | None]], **policy: object
) -> tuple[Download, Site]:
    async def work() -> tuple[Download, Site]:
        async with media_site() as site:
            made = await download_video(
                site.base + path,
                folder,
                site.policy(**policy),
                advance=lambda done, of: reports.append((done, of)),
                environment={"PATH": os.defpath},
            )
            return made, site

    pytest.importorskip("yt_dlp", reason="yt-dlp (mmar[collect]) is not installed")
    return asyncio.run(work())


def test_the_real_yt_dlp_downloads_a_media_file_through_the_proxy(tmp_path: Path) -> None:
    reports: list[tuple[int, int | None]] = []
    made, site = really("/tone.wav", tmp_path, reports)
    assert made.path.read_bytes() == tone_wav()
    assert made.path.name == "audio.wav"
    assert made.title == "tone"
    assert reports[-1] == (len(tone_wav()), len(tone_wav()))
    assert site.requests
    assert not any("Cookie" in request.headers for request in site.requests)


def test_the_real_yt_dlp_cannot_reach_other_hosts(tmp_path: Path) -> None:
    with raises("download-refused"):
        really("/to?url=http://10.0.0.1/a.wav", tmp_path, [])


def test_the_real_yt_dlp_respects_the_size_limit(tmp_path: Path) -> None:
    with raises("no-recording"):
        really("/tone.wav", tmp_path, [], max_bytes=10_000)


def test_a_failure_is_permanent_by_the_type_of_the_error() -> None:
    utils = pytest.importorskip("yt_dlp.utils", reason="yt-dlp is not installed")
    from yt_dlp.networking import Response
    from yt_dlp.networking.exceptions import HTTPError, TransportError

    def failed(status: int) -> Exception:
        return HTTPError(Response(io.BytesIO(), "https://x.test/", {}, status=status))

    for error, permanent in (
        (utils.ExtractorError("Private video", expected=True), True),
        (utils.GeoRestrictedError("not in your country"), True),
        (utils.UnsupportedError("https://x.test/"), True),
        (utils.ExtractorError("a bug"), False),
        (utils.ExtractorError("no answer", expected=True, cause=TransportError("reset")), False),
        (utils.ExtractorError("gone", expected=True, cause=failed(404)), True),
        (utils.ExtractorError("busy", expected=True, cause=failed(503)), False),
        (utils.ExtractorError("busy", expected=True, cause=failed(429)), False),
        (TransportError("reset"), False),
        (None, False),
    ):
        assert is_permanent(error) is permanent, error


def test_the_child_reports_a_failure_as_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("yt_dlp", reason="yt-dlp is not installed")
    arguments = [
        "--ignore-config",
        "--abort-on-error",
        "--no-plugin-dirs",
        "--no-cache-dir",
        "--proxy",
        "http://127.0.0.1:1",
    ]
    assert ytdlp_child.main([*arguments, "--retries", "0", "--", "http://127.0.0.1:1/a.wav"]) == 1
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith(ytdlp_child.FAILURE)]
    assert json.loads(line.removeprefix(ytdlp_child.FAILURE))["kind"] == "failed"
