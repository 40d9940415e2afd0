"""Supervises one inference server: `python -m mmar.models.local.supervisor --log FILE PROGRAM ARGUMENTS...`.

It starts the server on a free port of the loopback interface (`{port}` in the arguments), reports when it is healthy,
checks `/health`, and stops the server when standard input closes. The server therefore ends with the program that
started the supervisor, also after SIGKILL.

The first line of standard output is as in `mmar.models.jsonl`, with the facts `{"server": {"url", "log", "pid"}}`. A server
that ends later, or stays up and is not healthy, ends the supervisor with status 1 and the cause on standard error.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from itertools import pairwise
from pathlib import Path
from typing import IO

_POLL_S = 0.25
_WATCH_S = 1.0
_HEALTH_TIMEOUT_S = 2.0
# In a row: a server says that it is not healthy, or does not say anything.
_MAX_UNHEALTHY = 3
_MAX_UNANSWERED = 60
_PORTS = 3
# Together less than a program is given to leave (`program`).
_TERMINATE_S = 4.0
_KILL_S = 2.0
_LOG_READ = 8 << 20
_CAUSE_LENGTH = 600

# The line that ends a traceback, behind whatever a logger put before it: a class name, a colon, the message.
_EXCEPTION = re.compile(
    r"(?:^|\s)((?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Exit))(?:: (?=\S)|$)"
)
# What a command line parser writes before it gives up.
_USAGE = re.compile(r"^[\w./ -]+: error: \S")
_TRACEBACK = "Traceback (most recent call last)"


def main() -> int:
    """Run a server until standard input closes."""
    parser = argparse.ArgumentParser(
        prog="python -m mmar.models.local.supervisor", description="Supervise one server."
    )
    parser.add_argument("--log", type=Path, required=True, help="File for what the server prints.")
    parser.add_argument("--start-s", type=float, default=1800.0, help="Longest wait until it is healthy.")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with options.log.open("ab") as log:
        for attempt in range(1, _PORTS + 1):
            port, start, last = _free_port(), log.tell(), attempt == _PORTS
            server = _start([str(port) if word == "{port}" else word for word in options.command], log)
            try:
                status = _run_server(server, port, options.log, start, options.start_s, last=last)
            finally:
                _end(server)
            if status is not None:
                return status
    return 1


def _start(command: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - the caller's own command line
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        # This process has no other threads.
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
    )


def _die_with_parent() -> None:
    """Have the kernel end the server should this process be killed (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _run_server(
    server: subprocess.Popen[bytes], port: int, log: Path, start: int, start_s: float, *, last: bool
) -> int | None:
    """Watch over a server; the exit status, or `None` where another port is worth an attempt."""
    url = f"http://127.0.0.1:{port}"
    begun = time.monotonic()
    while _health(url) != 200:
        if _input_closed(_POLL_S):
            return 0
        after = time.monotonic() - begun
        if server.poll() is not None:
            if not last and _in_use(port):
                return None  # somebody else took the port between our look and the server's
            _report_fatal(f"{_exit_text(server)} after {after:.0f} s", log, start)
            return 1
        if after > start_s:
            _report_fatal(f"the server was not healthy within {start_s:g} s", log, start)
            return 1
    server_facts = {"url": url, "log": str(log), "pid": str(server.pid)}
    print(json.dumps({"ready": True, "facts": {"server": server_facts}}), flush=True)
    return _watch(server, url, log, start)


def _watch(server: subprocess.Popen[bytes], url: str, log: Path, start: int) -> int:
    unhealthy = unanswered = 0
    problem = ""
    while not problem:
        if _input_closed(_WATCH_S):
            return 0
        status = _health(url)
        unhealthy = 0 if status in (200, None) else unhealthy + 1
        unanswered = 0 if status is not None else unanswered + 1
        if server.poll() is not None:
            problem = _exit_text(server)
        elif unhealthy >= _MAX_UNHEALTHY:
            problem = f"the server is up and not healthy (HTTP {status} from /health)"
        elif unanswered >= _MAX_UNANSWERED:
            problem = "the server is up and not healthy (no reply from /health)"
    print(f"{problem}: {failure_cause(log, start)}\nlog: {log}", file=sys.stderr, flush=True)
    return 1


def _report_fatal(what: str, log: Path, start: int) -> None:
    message = f"{what}: {failure_cause(log, start)}"
    fatal = {"code": "server-failed", "message": message, "hint": f"the server's log: {log}"}
    print(json.dumps({"fatal": fatal}), flush=True)


def failure_cause(log: Path, start: int = 0) -> str:
    """The cause of a server's failure by its log, in which its part begins at a byte; engines print it far above the end.

    The first exception that ends a traceback is the cause; later ones report that something below them failed, and the
    last of them is quoted too, since a harmless traceback may precede. Without any it is the complaint of a command line
    parser, else the last line of all.
    """
    with log.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(start, size - _LOG_READ))
        lines = [line for line in stream.read().decode("utf-8", "replace").splitlines() if line.strip()]
    causes = []
    in_traceback = False
    for line, following in pairwise([*lines, ""]):
        if _TRACEBACK in line:
            in_traceback = True
        elif in_traceback and (match := _EXCEPTION.search(line)):
            in_traceback = False
            # The message of a validation error goes on in the next line, indented.
            more = f" {following.strip()}" if following.startswith("  ") else ""
            causes.append((line[match.start(1) :].strip() + more)[:_CAUSE_LENGTH])
    if causes:
        return causes[0] if causes[-1] == causes[0] else f"{causes[0]} (at last: {causes[-1]})"
    usage = [line for line in lines if _USAGE.match(line)]
    return (usage or lines[-1:] or ["it printed nothing"])[0].strip()[:_CAUSE_LENGTH]


def _health(url: str) -> int | None:
    """The status of `/health`; `None` without a reply."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy
    try:
        with opener.open(f"{url}/health", timeout=_HEALTH_TIMEOUT_S) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, ValueError):
        return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _in_use(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(_HEALTH_TIMEOUT_S)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _input_closed(seconds: float) -> bool:
    """Whether standard input closes within some seconds; what is written to it does not count."""
    readable, _, _ = select.select([0], [], [], seconds)
    return bool(readable) and not os.read(0, 65_536)


def _exit_text(server: subprocess.Popen[bytes]) -> str:
    status = server.returncode
    how = f"exit status {status}" if status >= 0 else signal.Signals(-status).name
    return f"the server ended with {how}"


def _end(server: subprocess.Popen[bytes]) -> None:
    """End a server and all that it started."""
    for number, patience in ((signal.SIGTERM, _TERMINATE_S), (signal.SIGKILL, _KILL_S)):
        until = time.monotonic() + patience
        try:
            os.killpg(server.pid, number)
            while time.monotonic() < until:
                server.poll()
                os.killpg(server.pid, 0)
                time.sleep(0.02)
        except (ProcessLookupError, PermissionError):
            break
    server.poll()


if __name__ == "__main__":
    sys.exit(main())
