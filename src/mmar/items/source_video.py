"""The source video of an item, from its `url` field, without using the network.

One video has many addresses: `watch?v=`, `/shorts/`, `youtu.be/`, with a playlist, with tracking parameters. Items of
one video form one cluster in the statistics. The rules, for the two sites of MMAR:

    YouTube   the 11-character id                            https://www.youtube.com/watch?v=ID
    Bilibili  the `BV…` id, which an `av` number gives, and  https://www.bilibili.com/video/BV…/?p=5
              `p` where a video has several parts, each a recording

A `b23.tv` link is a redirect to a video and is not resolved here. The field may contain several addresses,
separated by white space: three items of MMAR do, and 32 have a short link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from mmar.items.item import Item
from mmar.items.timestamps import Segment, overlap, parse_timestamp

PERSONAL_PARAMETERS = frozenset(
    {"vd_source", "buvid", "mid", "share_session_id", "unique_k", "si", "fbclid", "gclid", "igshid"}
)
"""Parameters that identify the account, the device or the share action of the person who copied the address."""

_TRACKING = PERSONAL_PARAMETERS | {
    "-Arouter", "feature", "from_spmid", "is_story_h5", "plat_id", "pp", "share_from", "share_medium",
    "share_plat", "share_source", "share_tag", "spm_id_from", "spmid", "up_id",
}  # fmt: skip
# `timestamp` means a place in the video elsewhere; beside these it is when the address was copied.
_SHARED_BY_APP = frozenset({"share_source", "share_session_id", "unique_k"})

_YOUTUBE_ID = re.compile(r"[0-9A-Za-z_-]{11}")
_BILIBILI_ID = re.compile(r"BV[0-9A-Za-z]{10}|av[1-9][0-9]{0,18}")
_YOUTUBE_HOSTS = frozenset(
    {"youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com", "www.youtube-nocookie.com"}
)
_BILIBILI_HOSTS = frozenset({"bilibili.com", "www.bilibili.com", "m.bilibili.com"})
# The publisher's ids: the video's id, then the first part's times.
_ITEM_ID = re.compile(r"(BV[0-9A-Za-z]{10}|[0-9A-Za-z_-]{11})_\d{1,2}(?:-\d{2}){1,2}_\d")

# A Bilibili "BV" id is the "av" number, combined with a constant and written in base 58 with an alphabet of the site's
# own, two pairs of digits exchanged.
_BV_ALPHABET = "FcwAPNKTMug3GV5Lj7EJnHpWsx4tb8haYeviqBz6rkCy12mUSDQX9RdoZf"
_BV_XOR = 23_442_827_791_579
_BV_LIMIT = 1 << 51
_BV_SWAPS = ((0, 6), (1, 4))


class Video(msgspec.Struct, frozen=True):
    """One recording of one site; `part` is Bilibili's 1-based `p` where the address names one other than the first."""

    site: Literal["youtube", "bilibili"]
    id: str
    part: int | None = None

    @property
    def key(self) -> str:
        """A unique name, usable as a file name, equal for every spelling of the address."""
        return f"{self.site}-{self.id}" + (f"-p{self.part}" if self.part else "")

    @property
    def url(self) -> str:
        """The canonical address."""
        if self.site == "youtube":
            return f"https://www.youtube.com/watch?v={self.id}"
        return f"https://www.bilibili.com/video/{self.id}/" + (f"?p={self.part}" if self.part else "")


class Overlap(msgspec.Struct, frozen=True):
    """Two items, by their ids, that share some seconds of a recording, which is named as by `Video.key`."""

    first: str
    second: str
    video: str
    seconds: float


def addresses(url: str | None) -> tuple[str, ...]:
    """The addresses in a `url` field, without the white space around and between them."""
    return tuple((url or "").split())


def find_video(address: str) -> Video | None:
    """The recording that an address names; `None` for a short link, another site, or an invalid address.

    Example:
        >>> find_video("https://youtu.be/y4uF5rxiZDI?si=fDcrq1lhBEIgtYR7").key
        'youtube-y4uF5rxiZDI'
    """
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https"):
        return None
    path = [part for part in parts.path.split("/") if part]
    query = dict(reversed(parse_qsl(parts.query)))  # the first of a name counts
    if host == "youtu.be" and path:
        return _youtube_video(path[0])
    if host in _YOUTUBE_HOSTS:
        named = len(path) > 1 and path[0] in ("shorts", "embed", "live", "v")
        return _youtube_video(path[1] if named else query.get("v", "") if path == ["watch"] else "")
    if host in _BILIBILI_HOSTS and len(path) > 1 and path[0] == "video" and _BILIBILI_ID.fullmatch(path[1]):
        name = path[1] if path[1].startswith("BV") else bv_id(int(path[1][2:])) or path[1]
        part = query.get("p", "") if query.get("p") != "1" else ""
        return Video("bilibili", name, int(part) if re.fullmatch(r"[1-9]\d{0,3}", part) else None)
    return None


def bv_id(number: int) -> str | None:
    """The `BV...` id of a Bilibili `av` number; `None` if there is no such number.

    Example:
        >>> bv_id(170001)
        'BV17x411w7KC'
    """
    if not 0 < number < _BV_LIMIT:
        return None
    rest, digits = (_BV_LIMIT | number) ^ _BV_XOR, ""
    while rest:
        rest, digit = divmod(rest, len(_BV_ALPHABET))
        digits = _BV_ALPHABET[digit] + digits
    order = list(digits)
    for one, other in _BV_SWAPS:
        order[one], order[other] = order[other], order[one]
    return "BV1" + "".join(order)


def video_id(url: str | None) -> str | None:
    r"""The site's id of the first recording that a `url` field names, or `None`.

    Example:
        >>> video_id("https://b23.tv/NX5zZbs\nhttps://www.bilibili.com/video/BV1xX4y1y721")
        'BV1xX4y1y721'
    """
    return next((video.id for address in addresses(url) if (video := find_video(address))), None)


def is_short_link(address: str) -> bool:
    """Whether an address is one of `b23.tv`, which does not contain the video's id."""
    try:
        return urlsplit(address).hostname == "b23.tv"
    except ValueError:
        return False


def tracking_parameters(url: str | None) -> tuple[str, ...]:
    """The names of the tracking parameters in a `url` field, each once.

    Example:
        >>> tracking_parameters("https://www.bilibili.com/video/BV1PX4y1n7PD?p=2&vd_source=0")
        ('vd_source',)
    """
    result: dict[str, None] = {}
    for address in addresses(url):
        names = [name for name, _ in _query(address)]
        result.update(dict.fromkeys(name for name in names if _is_tracking(name, names)))
    return tuple(result)


def canonical_url(url: str | None) -> str:
    r"""A `url` field with each address in its shortest form: one spelling a video, no tracking parameters.

    For YouTube and Bilibili that is the address of the video and nothing else; any other address loses its tracking
    parameters and its fragment. Several addresses are joined by a line break as the publisher does.
    """
    return "\n".join(_canonical(address) for address in addresses(url))


def item_video(item: Item) -> str | None:
    """The label of an item's cluster: the id of the video that it was cut from.

    Where the `url` names no video (it is missing, or a short link), it is taken from the item's id, if that has the
    publisher's form; otherwise it is the first address. An item without one is `None`, a cluster of its own.
    """
    result = video_id(item.url) or _video_id_of(item)
    return result or next((_canonical(address) for address in addresses(item.url)), None)


def clusters_of(items: Iterable[Item]) -> tuple[str, ...]:
    """A label of each item's cluster: `video` and its source video, or `item` and its id where nothing names one."""
    return tuple(
        f"item {item.id}" if (video := item_video(item)) is None else f"video {video}" for item in items
    )


def source_parts(item: Item) -> tuple[tuple[str, Segment], ...]:
    """Pairs of the key of a recording and a part of it from which an item's clip was cut, in the clip's order.

    As many addresses as parts belong to each other in order (a clip joined of two videos); otherwise all
    parts are of the first address. Empty where the item has no timestamp or names no recording.

    Raises:
        InputError: the timestamp cannot be read.
    """
    if not item.timestamp:
        return ()
    segments = parse_timestamp(item.timestamp)
    own = addresses(item.url) or ("",)
    if len(own) != len(segments):
        own = own[:1] * len(segments)
    keyed = [(_key(address, item), segment) for address, segment in zip(own, segments, strict=True)]
    return tuple((key, segment) for key, segment in keyed if key is not None)


def find_overlaps(items: Iterable[Item]) -> tuple[Overlap, ...]:
    """Pairs of items that hold the same seconds of the same recording, one entry for each pair and recording.

    Raises:
        InputError: a timestamp cannot be read.
    """
    clips: dict[str, dict[str, list[Segment]]] = {}
    for item in items:
        for key, segment in source_parts(item):
            clips.setdefault(key, {}).setdefault(item.id, []).append(segment)
    return tuple(_pairs(clips))


def _pairs(clips: dict[str, dict[str, list[Segment]]]) -> Iterator[Overlap]:
    for key, by_item in clips.items():
        for (one, parts), (other, others) in combinations(by_item.items(), 2):
            if shared := overlap(parts, others):
                yield Overlap(one, other, key, shared)


def _key(address: str, item: Item) -> str | None:
    if (video := find_video(address)) is not None:
        return video.key
    # A short link, or no address: the id names the video, in the publisher's scheme.
    if (known := _video_id_of(item)) is not None:
        return Video("bilibili" if known.startswith("BV") and len(known) == 12 else "youtube", known).key
    return _canonical(address) if address else None


def _video_id_of(item: Item) -> str | None:
    return result[1] if (result := _ITEM_ID.match(item.id)) else None


def _youtube_video(result: str) -> Video | None:
    return Video("youtube", result) if _YOUTUBE_ID.fullmatch(result) else None


def _canonical(address: str) -> str:
    if (video := find_video(address)) is not None:
        return video.url
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return address
    query = _query(address)
    names = [name for name, _ in query]
    if any(_is_tracking(name, names) for name in names):
        cleaned = urlencode([pair for pair in query if not _is_tracking(pair[0], names)])
    else:
        cleaned = parts.query  # letter for letter: a signed address must not be spelled anew
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path, cleaned, ""))


def _query(address: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(address).query, keep_blank_values=True)
    except ValueError:
        return []


def _is_tracking(name: str, names: list[str]) -> bool:
    return (
        name in _TRACKING
        or name.startswith("utm_")
        or (name == "timestamp" and not _SHARED_BY_APP.isdisjoint(names))
    )
