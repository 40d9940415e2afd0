"""Checks of family U: addresses."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mmar.audit.check import Check, Finding, Measure, check
from mmar.audit.subject import Subject
from mmar.audit.wording import quoted
from mmar.items import Item
from mmar.items.source_video import (
    PERSONAL_PARAMETERS,
    addresses,
    canonical_url,
    find_video,
    is_short_link,
    item_video,
    tracking_parameters,
    video_id,
)

__all__ = ["CHECKS"]


@check("U001", "note", "addresses that name no video")
def no_video(subject: Subject) -> Iterator[Finding]:
    """An address without the id of a video: another site, a malformed id, or no address at all.

    Only in sets of which most items have an address. The item is then a cluster of its own in statistics,
    unless another has the same address. Short links are U004.
    """
    without = [item for item in subject.items if not addresses(item.url)]
    for item in subject.items:
        own = addresses(item.url)
        if not own:
            if 2 * len(without) <= len(subject.items):
                yield Finding(item.id, "url", "is missing", "missing", (), item.url)
        elif not any(find_video(each) or is_short_link(each) for each in own):
            yield Finding(item.id, "url", quoted(own[0]), "no id", (), item.url)


def _tracking(item: Item, *, personal: bool) -> tuple[str, ...]:
    found = tracking_parameters(item.url)
    wanted = tuple(name for name in found if name in PERSONAL_PARAMETERS)
    return wanted if personal else found if not wanted else ()


@check("U002", "warning", "addresses that identify who copied them")
def personal(subject: Subject) -> Iterator[Finding]:
    """A parameter whose value names the account, the device or the act of whoever copied the address.

    `vd_source`, for one, is the same in every address that a Bilibili account has copied. Published with a
    data set, it ties annotators to what they watched. The address without it is proposed. An item with
    several such parameters is one finding, counted under `vd_source` where that is among them.
    """
    for item in subject.items:
        found = _tracking(item, personal=True)
        if found:
            kind = "vd_source" if "vd_source" in found else found[0]
            yield _shortened(item, ", ".join(found), kind)


@check("U003", "note", "addresses with other tracking parameters")
def tracking(subject: Subject) -> Iterator[Finding]:
    """Parameters that say on which page or by which button an address was copied.

    The address without them is proposed.
    """
    for item in subject.items:
        found = _tracking(item, personal=False)
        if found:
            yield _shortened(item, ", ".join(found), found[0])


def _shortened(item: Item, message: str, kind: str) -> Finding:
    return Finding(item.id, "url", message, kind, (), item.url, canonical_url(item.url))


@check("U004", "warning", "short links")
def short(subject: Subject) -> Iterator[Finding]:
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
        found = [subject.links.get(each) if subject.links else None for each in own]
        leads = [link.leads_to for link in found if link is not None and link.leads_to]
        if len(leads) < len(links):
            yield Finding(item.id, "url", message, "", (), item.url)
        else:
            rest = iter(leads)
            right = "\n".join(next(rest) if is_short_link(each) else canonical_url(each) for each in own)
            yield Finding(item.id, "url", f"{message}; leads to {', '.join(leads)}", "", (), item.url, right)


@check("U005", "warning", "addresses with white space")
def white_space(subject: Subject) -> Iterator[Finding]:
    """White space around an address, or several addresses in one field.

    A program that opens the field unchanged gets an error, or the first video alone. The addresses alone,
    one a line, are proposed.
    """
    for item in subject.items:
        url = item.url or ""
        own = addresses(url)
        if own and url != own[0]:
            kind = "several addresses" if len(own) > 1 else "white space around"
            if url == "\n".join(own):
                yield Finding(item.id, "url", quoted(url, 120), kind, (), url)
            else:
                yield Finding(item.id, "url", quoted(url, 120), kind, (), url, "\n".join(own))


@check("U006", "warning", "addresses of another video than the id names")
def other_video(subject: Subject) -> Iterator[Finding]:
    """An id in the publisher's form `VIDEO_START_END` beside an address of another video.

    One of the two is wrong.
    """
    for item in subject.items:
        linked, known = video_id(item.url), item_video(msgspec.structs.replace(item, url=None))
        if linked and known and linked != known:
            yield Finding(
                item.id, "url", f"the address is of {linked}, the id names {known}", "", (), item.url
            )


@check("U007", "warning", "addresses of another site than the source")
def other_site(subject: Subject) -> Iterator[Finding]:
    """A `source` that says one site beside an address of the other."""
    for item in subject.items:
        sites = {video.site for each in addresses(item.url) if (video := find_video(each))}
        source = (item.source or "").strip().casefold()
        if sites and source in ("youtube", "bilibili") and source not in sites:
            message = f"{quoted(item.source or '')}, but the address is of {', '.join(sorted(sites))}"
            yield Finding(item.id, "source", message, "", (), item.source)


@check("U008", "warning", "addresses whose video is gone", "network")
def gone(subject: Subject) -> Iterator[Finding | Measure]:
    """An address whose site says that there is no such video, or no longer.

    Only with `--online`. Undecided addresses (no reply, too many requests) are no finding; the report
    says how many there were.
    """
    links = subject.links or {}
    open_ = sum(link.alive is None for link in links.values())
    yield Measure(
        f"{len(links):,} addresses were checked, {open_:,} are undecided",
        {"asked": len(links), "open": open_},
    )
    for item in subject.items:
        for each in addresses(item.url):
            link = links.get(each)
            if link is not None and link.alive is False:
                yield Finding(item.id, "url", f"{each}: {link.reply}", "", (), item.url)


CHECKS: tuple[Check[Subject], ...] = (
    no_video,
    personal,
    tracking,
    short,
    white_space,
    other_video,
    other_site,
    gone,
)
