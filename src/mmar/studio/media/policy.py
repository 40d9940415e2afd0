"""What the studio may fetch: from which hosts, over which addresses, how much and for how long.

A person pastes an address, and a server inside somebody's network opens it. So nothing is fetched but from
hosts that an administrator has named, over http or https at the usual ports; and no connection is made to an
address that is not public, whatever name led to it. The first is asked of every address on the way, redirects
included; the second of each single connection as it is made (see `connecting`), so an answer of the name
service that changes between two questions changes nothing.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

import msgspec

from mmar.errors import UsageError

if TYPE_CHECKING:
    from yarl import URL

__all__ = ["DEFAULT_POLICY", "FetchPolicy", "address_problem", "check_url", "host_allowed"]

_LONGEST_URL = 2048
_UNUSABLE = re.compile(r"[\x00-\x20\x7f\\]")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class FetchPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What may be fetched.

    Attributes:
        hosts: names that a person may give, in ASCII (`xn--…`) and small letters; one that begins with a dot
            stands for every name below it.
        media_hosts: further names that those may lead to: a site's content servers.
        ports: the ports that may be asked.
        max_bytes: most bytes of one recording.
        max_seconds: longest time that fetching it may take.
        stall_seconds: longest silence of a server.
        connect_seconds: longest wait for a connection.
        max_redirects: most redirects from one address.
        max_duration: longest recording, in seconds, where the site says how long it is.
        allow_loopback: whether this machine's own addresses count as public. For tests alone.
    """

    hosts: tuple[str, ...]
    media_hosts: tuple[str, ...] = ()
    ports: tuple[int, ...] = (80, 443)
    max_bytes: int = 2 << 30
    max_seconds: float = 1800.0
    stall_seconds: float = 30.0
    connect_seconds: float = 15.0
    max_redirects: int = 5
    max_duration: float = 4 * 3600.0
    allow_loopback: bool = False


DEFAULT_POLICY = FetchPolicy(
    hosts=(
        "youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com", "youtu.be",
        "bilibili.com", "www.bilibili.com", "m.bilibili.com", "b23.tv",
    ),
    media_hosts=(
        ".googlevideo.com", "www.youtube-nocookie.com", "youtubei.googleapis.com",
        "api.bilibili.com", ".bilivideo.com", ".bilivideo.cn", ".akamaized.net",
    ),
)  # fmt: skip
"""The two sites that MMAR draws on, and the servers that their recordings lie on."""


def check_url(url: str, policy: FetchPolicy, *, led_to: bool = False) -> URL:
    """Check an address before anything is asked of it.

    Args:
        url: as a person gave it, or as a server did; letters beyond ASCII are quoted.
        policy: what may be fetched.
        led_to: whether another address led here, so that `media_hosts` count too.

    Returns:
        The address as it was understood; what is fetched must be this and not the text.

    Raises:
        UsageError: saying what is wrong with it.
    """
    from yarl import URL

    shown = url if len(url) <= 120 else f"{url[:120]}…"
    if len(url) > _LONGEST_URL or _UNUSABLE.search(url):
        raise UsageError(f"“{shown!a}” is no web address; paste one address, without blanks")
    try:
        # Letter for letter where it can be: a signed address must reach its server as it was signed.
        parsed = URL(url, encoded=url.isascii())
        host, port = parsed.raw_host, parsed.port
    except ValueError:
        raise UsageError(f"“{shown}” is no web address; paste one that begins with https://") from None
    if parsed.scheme not in ("http", "https") or not host:
        raise UsageError(f"“{shown}” is no web address; paste one that begins with https://")
    if parsed.user is not None or parsed.password is not None:
        raise UsageError(f"the address at {host} holds a user name or a password; leave them out")
    if not host_allowed(host, policy, led_to=led_to):
        via = "an address led to" if led_to else "nothing may be fetched from"
        raise UsageError(
            f"{via} “{host}”, which is not on the list of hosts; ask an administrator to allow it"
        )
    if port not in policy.ports:
        raise UsageError(f"nothing may be fetched from port {port} of “{host}”; leave the port out")
    return parsed.with_fragment(None)


def host_allowed(host: str, policy: FetchPolicy, *, led_to: bool) -> bool:
    """Whether a host stands on the list, by its whole name or below a name with a dot in front.

    Args:
        host: name or address.
        policy: the lists.
        led_to: whether `media_hosts` count too.
    """
    name = host.lower().removesuffix(".")
    allowed = policy.hosts + (policy.media_hosts if led_to else ())
    return any(name == each or (each.startswith(".") and name.endswith(each)) for each in allowed)


def address_problem(address: str, policy: FetchPolicy) -> str | None:
    """Why no connection may be made to an address; `None` if it may.

    Args:
        address: IPv4 or IPv6, as the socket would be given it.
        policy: says whether loopback counts as public.

    Example:
        >>> address_problem("::ffff:10.0.0.1", FetchPolicy(hosts=()))
        '10.0.0.1 is a private address'
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return f"{address!a} is no address"
    for inner in _within(found):
        if inner.is_loopback:
            if policy.allow_loopback:
                continue
            return f"{inner} is this machine itself"
        if inner.is_link_local:
            return f"{inner} is a link-local address"
        if inner.is_multicast or inner.is_unspecified or inner.is_reserved:
            return f"{inner} is not the address of one host"
        if inner.is_private or not inner.is_global:
            return f"{inner} is a private address"
    return None


def _within(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """The addresses that a packet to this one may reach: those packed into it, or itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address in _NAT64:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    if address.sixtofour:
        return [address.sixtofour]
    if address.teredo:
        return list(address.teredo)
    return [address]
