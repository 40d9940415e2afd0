import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from media_site import Answers, Site, media_site, tone_wav

from mmar.errors import ExternalError, UsageError
from mmar.files.hashing import sha256_file
from mmar.studio.media.fetch_policy import FetchPolicy
from mmar.studio.media.source_cache import Source, cached_source, fetch_source, source_key

STUB = Path(__file__).with_name("stub_downloader.py")


def fetch(cache: Path, *paths: str, resolver: Answers | None = None, **more: Any) -> tuple[list[Any], Site]:
    """Fetch some pages of the site, all at once; failures are given and not raised."""

    async def work() -> tuple[list[Any], Site]:
        async with media_site() as site:
            jobs = [
                fetch_source(
                    path.replace("SITE", site.base),
                    cache,
                    site.policy(),
                    command=[sys.executable, str(STUB), str(cache.parent / "record.json")],
                    resolver=resolver,
                    **more,
                )
                for path in paths
            ]
            return await asyncio.gather(*jobs, return_exceptions=True), site

    return asyncio.run(work())


def contents(cache: Path) -> list[str]:
    return sorted(
        str(path.relative_to(cache))
        for path in cache.rglob("*")
        if path.is_file() and "locks" not in path.parts
    )


def test_a_file_is_fetched_once_and_found_again(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    (source,), site = fetch(cache, "SITE/tone.wav?utm_source=me#t=1")
    assert source.path.read_bytes() == tone_wav()
    assert (source.url, source.fetched_by, source.file) == (f"{site.base}/tone.wav", "http", "audio.wav")
    assert (source.size, source.sha256) == (len(tone_wav()), sha256_file(source.path))
    assert contents(cache) == [f"{source.key}/audio.wav", f"{source.key}/source.json"]
    assert cached_source(f"{site.base}/tone.wav", cache) == source
    moved = cache.rename(tmp_path / "moved")
    found = cached_source(f"{site.base}/tone.wav?utm_medium=x", moved)
    assert found is not None
    assert found.path.read_bytes() == tone_wav()


def test_two_jobs_for_one_recording_fetch_it_once(tmp_path: Path) -> None:
    found, site = fetch(tmp_path / "cache", "SITE/tone.wav", "SITE/tone.wav#b", "SITE/tone.wav?utm_source=c")
    assert found[0] == found[1] == found[2]
    assert [request.path for request in site.requests] == ["/tone.wav"]


def test_a_page_goes_by_the_downloader(tmp_path: Path) -> None:
    (source,), _ = fetch(tmp_path / "cache", "SITE/tone.wav", via="yt-dlp")
    assert (source.fetched_by, source.title, source.duration) == ("yt-dlp", "A tone", 2.0)
    receipt = json.loads((source.folder / "source.json").read_text(encoding="utf-8"))
    assert receipt["uploader"] == "somebody"
    assert "folder" not in receipt
    assert str(tmp_path) not in json.dumps(receipt)


def test_the_spellings_of_a_video_are_one_recording() -> None:
    spellings = [
        "https://www.youtube.com/watch?v=qx8hrhBZJ98&list=RDQMaID4naqyfpY&start_radio=1",
        "https://youtu.be/qx8hrhBZJ98?si=personal",
        "https://www.youtube.com/shorts/qx8hrhBZJ98",
    ]
    assert {source_key(url) for url in spellings} == {"youtube-qx8hrhBZJ98"}
    assert (
        source_key("https://www.bilibili.com/video/BV1rA411W7Us?p=8&vd_source=0")
        == "bilibili-BV1rA411W7Us-p8"
    )
    assert len(source_key("https://example.org/" + "../" * 50)) == 36


def test_a_failed_fetch_leaves_nothing_and_may_be_tried_again(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    (refused, failed, page), _ = fetch(cache, "http://evil.test/a", "SITE/absent", "SITE/page")
    assert isinstance(refused, UsageError)
    assert isinstance(failed, ExternalError)
    assert isinstance(page, UsageError)
    (odd,), _ = fetch(cache, "SITE/big")
    assert odd.code == "not-audio"
    assert contents(cache) == []
    (source,), _ = fetch(cache, "SITE/tone.wav")
    assert isinstance(source, Source)


@pytest.mark.parametrize("damage", ["short", "gone", "receipt", "climbing"])
def test_a_damaged_recording_is_fetched_again(damage: str, tmp_path: Path) -> None:
    def harm(source: Source) -> None:
        receipt = source.folder / "source.json"
        if damage == "short":
            source.path.write_bytes(tone_wav()[:-1])
        elif damage == "gone":
            source.path.unlink()
        elif damage == "receipt":
            receipt.write_text("{", encoding="utf-8")
        else:
            (source.folder.parent / "secret.wav").write_bytes(tone_wav())
            receipt.write_text(
                receipt.read_text("utf-8").replace("audio.wav", "../secret.wav"), encoding="utf-8"
            )

    async def work() -> None:
        async with media_site() as site:
            url, cache = f"{site.base}/tone.wav", tmp_path / "cache"
            first = await fetch_source(url, cache, site.policy())
            harm(first)
            assert cached_source(url, cache) is None
            again = await fetch_source(url, cache, site.policy())
            assert again.path.read_bytes() == tone_wav()
            assert cached_source(url, cache) == again
            assert len(site.requests) == 2

    asyncio.run(work())


def test_a_short_link_leads_to_the_recording_that_is_there_already(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    (kept,), _ = fetch(cache, "SITE/tone.wav")
    video = "https://www.bilibili.com/video/BV1xX4y1y721?vd_source=personal"
    kept.folder.rename(cache / source_key(video))

    async def work() -> Source:
        async with media_site() as site:
            policy = site.policy(hosts=("b23.tv", "www.bilibili.com"), ports=(site.port, 443))
            link = f"http://b23.tv:{site.port}/to?url={video}"
            return await fetch_source(link, cache, policy, resolver=Answers(["127.0.0.1"]))

    assert asyncio.run(work()).path == cache / "bilibili-BV1xX4y1y721" / "audio.wav"


def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    cache = tmp_path / "cache"

    async def work() -> None:
        async with media_site() as site:
            task = asyncio.create_task(fetch_source(f"{site.base}/drip", cache, site.policy()))
            while not list(cache.rglob("received")):
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(work())
    assert contents(cache) == []


def test_an_address_that_is_not_allowed_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        asyncio.run(fetch_source("http://10.0.0.1/a", tmp_path / "cache", FetchPolicy(hosts=())))
    assert list(tmp_path.iterdir()) == []
