"""Protection against server-side request forgery: allowed hosts, ports and addresses, and limits on size and time.

Downloads are limited to listed hosts, http or https on the usual ports, and public addresses. The host list is checked
for every URL including redirects. The address is checked when the socket is created, after name resolution, so a name
server that changes its answer (DNS rebinding) cannot bypass the check.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver
from yarl import URL

from mmar._version import __version__
from mmar.errors import UsageError

_LONGEST_URL = 2048
_UNUSABLE = re.compile(r"[\x00-\x20\x7f\\]")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Neither private nor global by Python's tables: site-local, relays to IPv6, local translation to IPv4.
_NOT_PUBLIC = tuple(map(ipaddress.ip_network, ("fec0::/10", "192.88.99.0/24", "64:ff9b:1::/48", "5f00::/16")))


class FetchPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What may be fetched.

    Attributes:
        hosts: names that a person may enter, in ASCII (`xn--…`) and lower case; one that begins with a dot
            matches every name below it.
        media_hosts: further names that those may lead to: a site's content servers.
        ports: ports that may be connected to.
        max_bytes: most bytes of one recording.
        max_seconds: longest time that fetching it may take.
        stall_seconds: longest silence of a server.
        connect_seconds: longest wait for a connection.
        max_redirects: most redirects from one address.
        max_duration: longest recording, in seconds, where the site states its length.
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
    """Check a URL before a connection is made. With `led_to`, `media_hosts` are allowed too.

    Returns:
        The URL as it was understood, which must be fetched instead of the text.

    Raises:
        UsageError: saying what is wrong with it.
    """
    quoted = url if len(url) <= 120 else f"{url[:120]}…"
    if len(url) > _LONGEST_URL or _UNUSABLE.search(url):
        raise UsageError(f'"{quoted!a}" is not a URL; paste one URL without spaces', code="invalid-url")
    try:
        # Letter for letter where it can be: a signed address must reach its server as it was signed.
        parsed = URL(url, encoded=url.isascii())
        host, port = parsed.raw_host, parsed.port
    except ValueError:
        raise UsageError(
            f'"{quoted}" is not a URL; paste one that begins with https://', code="invalid-url"
        ) from None
    if parsed.scheme not in ("http", "https") or not host:
        raise UsageError(f'"{quoted}" is not a URL; paste one that begins with https://', code="invalid-url")
    if parsed.user is not None or parsed.password is not None:
        raise UsageError(
            f"the URL of {host} contains a user name or a password; remove them",
            code="credentials-in-url",
        )
    if not host_allowed(host, policy, led_to=led_to):
        via = "a redirect leads to" if led_to else "downloads are not allowed from"
        raise UsageError(
            f'{via} "{host}", which is not on the list of hosts; ask an administrator to allow it',
            code="host-not-allowed",
        )
    if port not in policy.ports:
        raise UsageError(
            f'downloads are not allowed from port {port} of "{host}"; remove the port',
            code="port-not-allowed",
        )
    return parsed.with_fragment(None)


def host_allowed(host: str, policy: FetchPolicy, *, led_to: bool) -> bool:
    """Whether a host is listed by its full name or below a name that begins with a dot."""
    name = host.lower().removesuffix(".")
    allowed = policy.hosts + (policy.media_hosts if led_to else ())
    return any(name == each or (each.startswith(".") and name.endswith(each)) for each in allowed)


def address_problem(address: str, policy: FetchPolicy) -> str | None:
    """The reason why connections to an IP address are forbidden; `None` if they are allowed.

    Example:
        >>> address_problem("::ffff:10.0.0.1", FetchPolicy(hosts=()))
        '10.0.0.1 is a private address'
    """
    try:
        result = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return f"{address!a} is no address"
    for inner in _within(result):
        if inner.is_loopback:
            if policy.allow_loopback:
                continue
            return f"{inner} is this machine itself"
        if inner.is_link_local:
            return f"{inner} is a link-local address"
        if inner.is_multicast or inner.is_unspecified or inner.is_reserved:
            return f"{inner} is not the address of one host"
        if inner.is_private or not inner.is_global or any(inner in network for network in _NOT_PUBLIC):
            return f"{inner} is a private address"
    return None


def _within(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """The addresses that a connection to this one may reach: those embedded in it, or itself."""
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


_AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]


class AddressGuard:
    """Creates the sockets of one download, and refuses addresses that are not public (`refused`: the reasons)."""

    def __init__(self, policy: FetchPolicy) -> None:
        self._policy = policy
        self.refused: list[str] = []

    def make_socket(self, info: _AddressInfo) -> socket.socket:
        """A socket for a result of `socket.getaddrinfo`, not yet connected.

        Raises:
            PermissionError: the address is not public.
        """
        family, kind, protocol, _, address = info
        if (problem := address_problem(str(address[0]), self._policy)) is not None:
            self.refused.append(problem)
            raise PermissionError(problem)
        return socket.socket(family, kind, protocol)

    async def connect(self, host: str, port: int, resolver: AbstractResolver) -> socket.socket:
        """A connection to a host, by the first of its addresses that answers.

        Raises:
            OSError: none of its addresses is public, or none answers.
        """
        loop = asyncio.get_running_loop()
        failure: OSError = OSError(f"{host} has no address")
        for result in await resolver.resolve(host, port):
            address: tuple[object, ...] = (result["host"], result["port"])
            try:
                made = self.make_socket((result["family"], socket.SOCK_STREAM, 0, "", address))
            except OSError as error:
                failure = error
                continue
            try:
                made.setblocking(False)
                await loop.sock_connect(made, address)
            except OSError as error:
                made.close()
                failure = error
            except BaseException:
                made.close()
                raise
            else:
                return made
        raise failure


def guarded_session(
    policy: FetchPolicy, guard: AddressGuard, resolver: AbstractResolver | None = None
) -> aiohttp.ClientSession:
    """An HTTP session that connects through a guard.

    It has no cookies, no proxies and `.netrc` of the environment, no decompression and no automatic redirects.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            resolver=resolver, use_dns_cache=False, force_close=True, socket_factory=guard.make_socket
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        headers={"User-Agent": f"mmar/{__version__}", "Accept-Encoding": "identity"},
        timeout=aiohttp.ClientTimeout(
            total=policy.max_seconds, sock_connect=policy.connect_seconds, sock_read=policy.stall_seconds
        ),
    )
