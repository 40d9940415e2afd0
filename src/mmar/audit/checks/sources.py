"""Checks of families U, T and V: addresses, timestamps, and items from one recording, which are not independent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec
from msgspec import UNSET

from mmar.audit.check import Finding, Measure, check, of_item
from mmar.audit.subject import Subject, normal_form, quoted
from mmar.errors import InputError
from mmar.items import Item
from mmar.items.source_video import (
    PERSONAL_PARAMETERS,
    addresses,
    canonical_url,
    find_overlaps,
    find_video,
    is_short_link,
    item_video,
    tracking_parameters,
    video_id,
)
from mmar.items.timestamps import format_timestamp, is_canonical, overlap, parse_timestamp


@check("U001", "note", "addresses that name no video")
def url_without_video(subject: Subject) -> Iterator[Finding]:
    """An address without the id of a video: another site, a malformed id, or no address at all.

    Only in sets of which most items have an address. The item is then a cluster of its own in statistics,
    unless another has the same address. Short links are U004.
    """
    without = [item for item in subject.items if not addresses(item.url)]
    for item in subject.items:
        own = addresses(item.url)
        if not own:
            if 2 * len(without) <= len(subject.items):
                yield of_item(item, "url", "is missing", "missing")
        elif not any(find_video(each) or is_short_link(each) for each in own):
            yield of_item(item, "url", quoted(own[0]), "no id")


@check("U002", "warning", "addresses that identify who copied them")
def personal_parameters(subject: Subject) -> Iterator[Finding]:
    """A parameter whose value names the account, the device or the act of whoever copied the address.

    `vd_source`, for one, is the same in every address that a Bilibili account has copied. Published with a
    data set, it ties annotators to what they watched. The address without it is proposed. An item with
    several such parameters is one finding, counted under `vd_source` where that is among them.
    """
    for item in subject.items:
        names = [name for name in tracking_parameters(item.url) if name in PERSONAL_PARAMETERS]
        if names:
            kind = "vd_source" if "vd_source" in names else names[0]
            yield of_item(item, "url", ", ".join(names), kind, proposed=canonical_url(item.url))


@check("U003", "note", "addresses with other tracking parameters")
def other_tracking_parameters(subject: Subject) -> Iterator[Finding]:
    """Parameters that say on which page or by which button an address was copied.

    The address without them is proposed.
    """
    for item in subject.items:
        names = tracking_parameters(item.url)
        if names and PERSONAL_PARAMETERS.isdisjoint(names):
            yield of_item(item, "url", ", ".join(names), names[0], proposed=canonical_url(item.url))


@check("U004", "warning", "short links")
def short_links(subject: Subject) -> Iterator[Finding]:
    """A `b23.tv` link, which names no video and lasts as long as its service.

    With `--online` it is followed, and the address that it leads to is proposed. Until then the video is
    known only if the item's id names it.
    """
    for item in subject.items:
        own = addresses(item.url)
        links = [each for each in own if is_short_link(each)]
        if not links:
            continue
        known = item_video(item)
        hint = f"; the id names {known}" if known and not any(link == known for link in links) else ""
        message = f"{', '.join(links)}{hint}"
        targets = [subject.links.get(each) if subject.links else None for each in own]
        leads = [link.leads_to for link in targets if link is not None and link.leads_to]
        if len(leads) < len(links):
            yield of_item(item, "url", message)
        else:
            rest = iter(leads)
            right = "\n".join(next(rest) if is_short_link(each) else canonical_url(each) for each in own)
            yield of_item(item, "url", f"{message}; leads to {', '.join(leads)}", proposed=right)


@check("U005", "warning", "addresses with white space")
def url_white_space(subject: Subject) -> Iterator[Finding]:
    """White space around an address, or several addresses in one field.

    A program that opens the field unchanged gets an error, or the first video alone. The addresses alone,
    one a line, are proposed.
    """
    for item in subject.items:
        url = item.url or ""
        own = addresses(url)
        if own and url != own[0]:
            kind = "several addresses" if len(own) > 1 else "white space around"
            right = "\n".join(own)
            yield of_item(item, "url", quoted(url, 120), kind, proposed=right if url != right else UNSET)


@check("U006", "warning", "addresses of another video than the id names")
def url_of_another_video(subject: Subject) -> Iterator[Finding]:
    """An id in the publisher's form `VIDEO_START_END` beside an address of another video.

    One of the two is wrong.
    """
    for item in subject.items:
        linked, known = video_id(item.url), item_video(msgspec.structs.replace(item, url=None))
        if linked and known and linked != known:
            yield of_item(item, "url", f"the address is of {linked}, the id names {known}")


@check("U007", "warning", "addresses of another site than the source")
def url_of_another_site(subject: Subject) -> Iterator[Finding]:
    """A `source` that says one site beside an address of the other."""
    for item in subject.items:
        sites = {video.site for each in addresses(item.url) if (video := find_video(each))}
        source = (item.source or "").strip().casefold()
        if sites and source in ("youtube", "bilibili") and source not in sites:
            message = f"{quoted(item.source or '')}, but the address is of {', '.join(sorted(sites))}"
            yield of_item(item, "source", message)


@check("U008", "warning", "addresses whose video is gone", "network")
def removed_videos(subject: Subject) -> Iterator[Finding | Measure]:
    """An address whose site says that there is no such video, or no longer.

    Only with `--online`. Undecided addresses (no reply, too many requests) are no finding; the report
    says how many there were.
    """
    links = subject.links or {}
    undecided = sum(link.alive is None for link in links.values())
    text = f"{len(links):,} addresses were checked, {undecided:,} are undecided"
    yield Measure(text, {"asked": len(links), "open": undecided})
    for item in subject.items:
        for each in addresses(item.url):
            link = links.get(each)
            if link is not None and link.alive is False:
                yield of_item(item, "url", f"{each}: {link.reply}")


@check("V001", "note", "videos that several items are cut from")
def shared_videos(subject: Subject) -> Iterator[Finding | Measure]:
    """One source video for several items.

    Known by its id (`BV…` or 11 characters), whatever its address looks like. Such items are right or wrong
    together, so standard errors are clustered by video.
    """
    videos: dict[str, list[str]] = defaultdict(list)
    for item in subject.items:
        video = item_video(item)
        if video is not None:
            videos[video].append(item.id)
    if not videos:
        return
    count = len(videos) + len(subject.items) - sum(map(len, videos.values()))
    yield Measure(f"{len(subject.items):,} items come from {count:,} sources", {"sources": count})
    for video, ids in videos.items():
        if len(ids) > 1:
            yield Finding(ids[0], "url", f"{len(ids)} items of {video}", "", tuple(ids[1:]), video)


@check("V002", "warning", "pairs of clips with the same seconds of a recording")
def overlapping_clips(subject: Subject) -> Iterator[Finding]:
    """Two items whose clips share a stretch of one recording.

    The recording is known by its id, also where the address is a short link and only the item's id names it;
    every pair of a video counts, not only neighbours. A set split into training and test must not part them.
    """
    readable = [item for item in subject.items if not item.timestamp or item.id in subject.segments]
    for pair in find_overlaps(readable):
        parts, others = subject.segments[pair.first], subject.segments[pair.second]
        # A clip that is joined of two stretches that overlap contains less of the recording than its length.
        lengths = overlap(parts, parts), overlap(others, others)
        kind = "the same" if min(lengths) == max(lengths) == pair.seconds else "partly"
        if kind == "partly" and pair.seconds == min(lengths):
            kind = "one within the other"
        message = f"{pair.seconds:g} s of {pair.video} are in {pair.second} too ({kind})"
        yield of_item(subject.by_id[pair.first], "timestamp", message, kind, (pair.second,))


@check("V003", "error", "questions that are asked twice of one clip")
def repeated_questions(subject: Subject) -> Iterator[Finding]:
    """Two items with the same question to the same file, or to the same seconds of one recording."""
    questions: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in subject.items:
        questions[normal_form(item.question), item_video(item) or item.audio_path].append(item)
    for items in questions.values():
        for index, item in enumerate(items):
            for earlier in items[:index]:
                parts = [subject.segments.get(each.id) for each in (earlier, item)]
                if earlier.audio_path == item.audio_path or (parts[0] is not None and parts[0] == parts[1]):
                    message = f"{earlier.id} asks the same of the same clip"
                    yield of_item(item, "question", message, others=(earlier.id,))


@check("T001", "warning", "timestamps not written HH:MM:SS,HH:MM:SS")
def noncanonical_timestamp(subject: Subject) -> Iterator[Finding]:
    """A timestamp that can be read but is not in the plain form.

    `2:45,3:15`, say, or several parts joined by `;` or a line break; programs that split at the comma fail on
    it or read something else. The plain form is proposed, the parts of one clip joined by `;`.
    """
    for item in subject.items:
        parts = subject.segments.get(item.id)
        if parts and item.timestamp and not is_canonical(item.timestamp):
            kind = "several parts" if len(parts) > 1 else "one part"
            right = format_timestamp(parts)
            if right == item.timestamp:
                continue  # several plain parts, plainly joined: T003
            yield of_item(item, "timestamp", quoted(item.timestamp), kind, proposed=right)


@check("T002", "error", "timestamps that cannot be read")
def unreadable_timestamp(subject: Subject) -> Iterator[Finding]:
    """A timestamp that is no time range, or that ends before it starts.

    The clip cannot be cut again from its source.
    """
    for item in subject.items:
        if item.timestamp and item.id not in subject.segments:
            try:
                parse_timestamp(item.timestamp)
            except InputError as error:
                yield of_item(item, "timestamp", error.problem)


@check("T003", "note", "clips joined of several parts")
def timestamp_of_several_parts(subject: Subject) -> Iterator[Finding]:
    """A timestamp that names several parts.

    The clip's length is their sum, and it contains an audible cut.
    """
    for item in subject.items:
        parts = subject.segments.get(item.id, ())
        if len(parts) > 1:
            seconds = sum(part.duration for part in parts)
            message = f"{len(parts)} parts, {seconds:g} s: {quoted(item.timestamp or '')}"
            yield of_item(item, "timestamp", message)


@check("T004", "warning", "timestamps that are missing")
def missing_timestamp(subject: Subject) -> Iterator[Finding]:
    """No timestamp, in a set of which most items with an address have one. The clip cannot be cut again."""
    with_url = [item for item in subject.items if item.url]
    without = [item for item in with_url if not (item.timestamp or "").strip()]
    if 2 * len(without) <= len(with_url):
        for item in without:
            yield of_item(item, "timestamp", "is missing")


@check("T005", "warning", "addresses and parts that do not pair")
def urls_and_parts_differ(subject: Subject) -> Iterator[Finding]:
    """Several addresses, and a different number of parts, so that it is unknown which part is of which video."""
    for item in subject.items:
        parts, own = subject.segments.get(item.id), addresses(item.url)
        if parts and len(own) > 1 and len(own) != len(parts):
            message = f"{len(own)} addresses and {len(parts)} parts"
            yield of_item(item, "timestamp", message)
