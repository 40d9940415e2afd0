from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmar.items import Benchmark, Item, load_benchmark
from mmar.items.source_video import (
    PERSONAL_PARAMETERS,
    Video,
    addresses,
    canonical_url,
    find_overlaps,
    find_video,
    is_short_link,
    item_video,
    source_parts,
    tracking_parameters,
    video_id,
)
from real_data import MMAR

ITEM = Item("x", "./audio/x.wav", "?", ("a", "b"), "a", "sound", "Signal Layer")


@pytest.fixture(scope="module")
def mmar() -> Benchmark:
    if not MMAR.exists():
        pytest.skip("the real MMAR metadata (../shared) is not here")
    return load_benchmark(MMAR)


@pytest.mark.parametrize(
    "address",
    [
        "https://www.youtube.com/watch?v=qx8hrhBZJ98&list=RDQMaID4naqyfpY&start_radio=1",
        "http://youtube.com/watch?t=5&v=qx8hrhBZJ98#top",
        "https://www.youtube.com/shorts/qx8hrhBZJ98?feature=share",
        "https://m.youtube.com/live/qx8hrhBZJ98",
        "https://www.youtube-nocookie.com/embed/qx8hrhBZJ98",
        "https://youtu.be/qx8hrhBZJ98?si=fDcrq1lhBEIgtYR7",
        "HTTPS://WWW.YouTube.COM./watch?v=qx8hrhBZJ98",
    ],
)
def test_every_spelling_of_a_youtube_address_is_one_video(address: str) -> None:
    assert find_video(address) == Video("youtube", "qx8hrhBZJ98")
    assert canonical_url(address) == "https://www.youtube.com/watch?v=qx8hrhBZJ98"


def test_an_older_bilibili_address_names_the_same_video() -> None:
    for number, name in ((170001, "BV17x411w7KC"), (455017605, "BV1Q541167Qg")):
        video = find_video(f"https://www.bilibili.com/video/av{number}/?p=3&vd_source=0")
        assert video == Video("bilibili", name, 3)
        assert video.url == f"https://www.bilibili.com/video/{name}/?p=3"
    beyond = find_video("https://www.bilibili.com/video/av9999999999999999999")
    assert beyond == Video("bilibili", "av9999999999999999999")  # the site has no such number


def test_a_part_of_a_bilibili_video_is_a_recording_of_its_own() -> None:
    first, third = (f"https://www.bilibili.com/video/BV1rA411W7Us{q}" for q in ("/?p=1&vd_source=0", "?p=3"))
    assert find_video(first) == Video("bilibili", "BV1rA411W7Us")
    assert find_video(third) == Video("bilibili", "BV1rA411W7Us", 3)
    assert video_id(first) == video_id(third) == "BV1rA411W7Us"
    assert canonical_url(third) == "https://www.bilibili.com/video/BV1rA411W7Us/?p=3"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "qx8hrhBZJ98",
        "https://b23.tv/KPi36Ce",
        "https://www.youtube.com/watch?v=tooshort",
        "https://www.youtube.com/@channel/videos",
        "https://youtube.com.example.org/watch?v=qx8hrhBZJ98",
        "https://example.org/?u=https://www.youtube.com/watch?v=qx8hrhBZJ98",
        "javascript://www.youtube.com/watch?v=qx8hrhBZJ98",
        "https://[broken/watch?v=qx8hrhBZJ98",
        "https://www.bilibili.com/bangumi/play/ep1234",
    ],
)
def test_other_addresses_name_no_video(address: str) -> None:
    assert find_video(address) is None
    assert canonical_url(address) == address


@settings(deadline=None)
@given(st.text())
def test_canonical_urls_are_stable_for_any_text(text: str) -> None:
    video_id(text)
    tracking_parameters(text)
    assert canonical_url(canonical_url(text)) == canonical_url(text)


def test_other_addresses_lose_only_tracking_parameters() -> None:
    address = "https://Example.org/a%20b.mp3?utm_source=x&id=7&fbclid=1#t=3"
    assert canonical_url(address) == "https://example.org/a%20b.mp3?id=7"
    signed = "https://example.org/a.mp3?sig=A%2fb+c&x="
    assert canonical_url(signed) == signed


def test_a_timestamp_parameter_tracks_only_beside_those_of_an_app() -> None:
    assert tracking_parameters("https://x.org/?timestamp=17") == ()
    assert tracking_parameters("https://x.org/?timestamp=17&share_source=W") == ("timestamp", "share_source")


def test_a_clip_joined_of_two_videos_has_two_sources() -> None:
    item = msgspec.structs.replace(
        ITEM,
        url="https://www.bilibili.com/video/BV1ibZSYJEAa\nhttps://www.bilibili.com/video/BV1eg411q7iS",
        timestamp="0:30,0:52\n0:00,0:10",
    )
    assert [(key, part.start) for key, part in source_parts(item)] == [
        ("bilibili-BV1ibZSYJEAa", 30),
        ("bilibili-BV1eg411q7iS", 0),
    ]
    assert item_video(item) == "BV1ibZSYJEAa"


def test_items_of_different_parts_do_not_overlap() -> None:
    here = "https://www.bilibili.com/video/BV1rA411W7Us"
    clips = [
        msgspec.structs.replace(ITEM, id=name, url=here + query, timestamp=when)
        for name, query, when in [
            ("a", "", "0:00,0:10"),
            ("b", "?p=2", "0:00,0:10"),
            ("c", "?vd_source=1", "0:09,0:12;0:00,0:01"),
            ("d", "", "0:12,0:20"),
        ]
    ]
    assert [(pair.first, pair.second, pair.seconds) for pair in find_overlaps(clips)] == [("a", "c", 2.0)]


def test_an_item_without_video_is_a_cluster_of_its_own() -> None:
    assert item_video(ITEM) is None
    assert item_video(msgspec.structs.replace(ITEM, url="https://example.org/a.mp3?utm_source=x")) == (
        "https://example.org/a.mp3"
    )


def test_mmar_has_911_source_videos(mmar: Benchmark) -> None:
    clusters = Counter(item_video(item) for item in mmar)
    shared = [count for count in clusters.values() if count > 1]
    assert (len(clusters), len(shared), sum(shared)) == (911, 59, 148)
    # Where the address tells the video, the item's id begins with the same.
    assert all(item.id.startswith(video) for item in mmar if (video := video_id(item.url)))


def test_tracking_parameters_of_mmar_are_counted(mmar: Benchmark) -> None:
    links = [(item, address) for item in mmar for address in addresses(item.url)]
    assert sum(is_short_link(address) for _, address in links) == 32
    assert sum(len(addresses(item.url)) > 1 for item in mmar) == 3
    assert sum(item.url != (item.url or "").strip() for item in mmar) == 3
    names = Counter(name for item in mmar for name in tracking_parameters(item.url))
    assert names["vd_source"] == 125
    assert not any(tracking_parameters(canonical_url(item.url)) for item in mmar)
    assert sum(not PERSONAL_PARAMETERS.isdisjoint(tracking_parameters(item.url)) for item in mmar) == 136


def test_mmar_has_26_overlapping_pairs(mmar: Benchmark) -> None:
    # 26 pairs have the same address; one more the same address but for “?feature=share”; in two more, one
    # address of the two is a short link, and only the item's id tells which video it leads to.
    pairs = find_overlaps(mmar)
    urls = [((mmar[p.first].url or "").strip(), (mmar[p.second].url or "").strip()) for p in pairs]
    assert len(pairs) == 29
    assert sum(one == other for one, other in urls) == 26
    assert sum(video_id(one) is not None and video_id(one) == video_id(other) for one, other in urls) == 27
    by_id = [
        p for p, (one, other) in zip(pairs, urls, strict=True) if is_short_link(one) or is_short_link(other)
    ]
    assert {p.video for p in by_id} == {"bilibili-BV1sg4y127nr", "bilibili-BV1Yy4y1G7fG"}
