"""Connections to public addresses only, checked on the very address that is about to be connected to.

A check of the name before the request is no protection: the next question to the name service may be answered
otherwise (DNS rebinding). Here the check is part of making the socket, after every resolution and every
redirect, in the one place through which all connections of a fetch go, the downloader's included.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from mmar.studio.media.policy import FetchPolicy, address_problem

if TYPE_CHECKING:
    import aiohttp
    from aiohttp.abc import AbstractResolver

__all__ = ["AddressGuard", "guarded_session"]

_AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]


class AddressGuard:
    """Makes the sockets of one fetch and refuses those to addresses that are not public.

    Args:
        policy: says what counts as public.

    Attributes:
        refused: why connections were refused, in words, in order.
    """

    def __init__(self, policy: FetchPolicy) -> None:
        self._policy = policy
        self.refused: list[str] = []

    def make_socket(self, info: _AddressInfo) -> socket.socket:
        """A socket for an address, not yet connected.

        Args:
            info: as `socket.getaddrinfo` gives it.

        Raises:
            PermissionError: the address may not be connected to.
        """
        family, kind, protocol, _, address = info
        if (problem := address_problem(str(address[0]), self._policy)) is not None:
            self.refused.append(problem)
            raise PermissionError(problem)
        return socket.socket(family, kind, protocol)

    async def connect(self, host: str, port: int, resolver: AbstractResolver) -> socket.socket:
        """A connection to a host, by the first of its addresses that answers.

        Args:
            host: name or address.
            port: TCP port.
            resolver: who is asked for the addresses of a name.

        Raises:
            OSError: none of its addresses may be connected to, or none answers.
        """
        loop = asyncio.get_running_loop()
        failure: OSError = OSError(f"{host} has no address")
        for found in await resolver.resolve(host, port):
            address: tuple[object, ...] = (found["host"], found["port"])
            try:
                made = self.make_socket((found["family"], socket.SOCK_STREAM, 0, "", address))
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
    """An HTTP session that keeps nothing, takes nothing from its surroundings and connects through a guard.

    No cookies, no proxy and no `.netrc` of the environment, no decompression, no redirect followed unasked.

    Args:
        policy: its times count.
        guard: makes the sockets.
        resolver: who is asked for the addresses of a name; the system if `None`.
    """
    import aiohttp

    from mmar._version import __version__

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            resolver=resolver,
            use_dns_cache=False,
            force_close=True,
            socket_factory=guard.make_socket,
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        headers={"User-Agent": f"mmar/{__version__}", "Accept-Encoding": "identity"},
        timeout=aiohttp.ClientTimeout(
            total=policy.max_seconds, sock_connect=policy.connect_seconds, sock_read=policy.stall_seconds
        ),
    )
