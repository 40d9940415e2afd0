"""The HTTP server: uvicorn with a limit on connections and time-outs for requests that never arrive in full.

uvicorn bounds the time between two requests of a connection, but not how long the headers or the body of one request may
take, nor the number of open connections. Without these bounds one client could use up every file descriptor.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from ipaddress import ip_address
from socket import socket
from typing import Any

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

# Files that a process has open in addition to connections: the database, clips, children's pipes.
_OTHER_FILES = 256
_TOO_MANY = "503 Service Unavailable"
_TOO_SLOW = "408 Request Timeout"


@dataclass(frozen=True)
class ServerLimits:
    """Bounds on connections.

    Attributes:
        connections: open connections in all.
        per_address: open connections from one address; loopback, where a reverse proxy may be, is exempt.
        header_s: seconds until the headers of a request must have arrived.
        body_s: seconds without any further byte of a body until the connection is closed.
        header_bytes: size of a request's headers.
    """

    connections: int = 1000
    per_address: int = 100
    header_s: float = 20.0
    body_s: float = 60.0
    header_bytes: int = 64 << 10


def create_server(
    app: FastAPI, *, behind_proxy: bool = False, limits: ServerLimits | None = None, **options: Any
) -> uvicorn.Server:
    """A server with bounds on connections; `behind_proxy` trusts a local proxy about client addresses."""
    limits = limits or ServerLimits()

    class Protocol(_LimitedProtocol):
        pass

    Protocol.limits = limits
    config = uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        log_level=options.pop("log_level", "warning"),
        server_header=False,
        forwarded_allow_ips="127.0.0.1" if behind_proxy else "",
        h11_max_incomplete_event_size=limits.header_bytes,
        # asyncio accepts as many at a time before it closes those that are refused.
        backlog=_OTHER_FILES // 4,
        **options,
    )
    return uvicorn.Server(config)


def run_server(app: FastAPI, listening: socket, *, behind_proxy: bool = False) -> None:
    """Serve an application on a listening socket until the process is asked to stop."""
    limits = ServerLimits()
    limits = replace(limits, connections=_within_open_files(limits.connections))
    with listening:
        create_server(app, behind_proxy=behind_proxy, limits=limits).run(sockets=[listening])


def _within_open_files(connections: int) -> int:
    """How many connections this process may have open; the limit on open files, often 1024, is raised if allowed."""
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return connections
    needed = connections + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return max(soft - _OTHER_FILES, soft // 2)
    return connections


class _LimitedProtocol(H11Protocol):
    """One connection, with the limits of its server."""

    limits: ServerLimits
    _timer: asyncio.TimerHandle | None = None
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self._exceeds_limits():
            self._refuse(_TOO_MANY)
        else:
            self._wait(self.limits.header_s)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self._is_idle() and self._timer is None:
            self._wait(self.limits.header_s)
        super().data_received(data)
        if self._is_idle():
            return  # the headers are not complete yet: their time goes on
        self._stop_waiting()
        if self._body_expected():
            self._wait(self.limits.body_s)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _body_expected(self) -> bool:
        return self.conn.their_state is h11.SEND_BODY

    def _exceeds_limits(self) -> bool:
        if len(self.connections) > self.limits.connections:
            return True
        host = self.client[0] if self.client else ""
        if not host or _is_loopback(host):
            return False
        clients = [getattr(connection, "client", None) for connection in self.connections]
        same = [client for client in clients if client is not None and client[0] == host]
        return len(same) > self.limits.per_address

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._timer = self.loop.call_later(seconds, self._time_out)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _time_out(self) -> None:
        self._timer = None
        if self._is_idle():
            self._refuse(_TOO_SLOW)
        elif self._body_expected():
            if self.flow.read_paused:
                # It is the application that takes its time, not the client.
                self._wait(self.limits.body_s)
            else:
                self.transport.abort()

    def _refuse(self, status: str) -> None:
        self._refused = True
        head = f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        self.transport.write(head.encode("ascii"))
        self.transport.close()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
