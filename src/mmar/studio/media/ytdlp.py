"""Download of a video's audio with yt-dlp, which runs as a process of its own and is not trusted.

Its options are fixed: no configuration file, no plug-in, no cookie, no cache, no `.netrc` (its home is an
empty folder), no command to execute, no external downloader, no ffmpeg; one address after `--`, never as an
option; a fixed name to write to in a folder made for this one download. Its only way out is a `GuardProxy`.
Time, bytes on the disk and bytes through the proxy are limited. If the task that waits for it is cancelled, it and
everything that it started are killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import site
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from aiohttp.abc import AbstractResolver

from mmar.errors import ExternalError, UsageError
from mmar.files.progress import Advance, format_bytes
from mmar.studio.media.fetch_policy import FetchPolicy, check_url
from mmar.studio.media.guard_proxy import GuardProxy
from mmar.studio.media.ytdlp_child import FAILURE

# -P: the folder that it runs in must not be searched for modules.
YT_DLP: tuple[str, ...] = (sys.executable, "-P", "-m", "mmar.studio.media.ytdlp_child")
"""How the downloader is started: the yt-dlp that is installed with this program."""

_PROGRESS = b"mmar-progress "
_INFO = b"mmar-info "
_CHECK_S = 0.25  # between two checks of the size on the disk
_GRACE_S = 2.0  # between asking a process to end and ending it
_LONGEST_LINE = 1 << 16
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


class Download(msgspec.Struct, frozen=True):
    """A downloaded file, with title and licence as the site states them (untrusted text)."""

    path: Path
    title: str = ""
    licence: str = ""


async def download_video(
    url: str,
    folder: Path,
    policy: FetchPolicy,
    *,
    command: Sequence[str] = YT_DLP,
    environment: Mapping[str, str] | None = None,
    resolver: AbstractResolver | None = None,
    advance: Advance = lambda done, of: None,  # noqa: ARG005
) -> Download:
    """Download the whole audio of a video with yt-dlp.

    `folder` is an existing, empty folder for this download. `command` and `environment` start yt-dlp.

    Raises:
        UsageError: the URL is not allowed, yt-dlp is not installed, or the recording is live or too long.
        ExternalError: the site, the network or yt-dlp failed, it took too long, or the recording is too large.
    """
    checked = str(check_url(url, policy))
    home, target = folder / "home", folder / "recording"
    home.mkdir()
    target.mkdir()
    async with GuardProxy(policy, resolver) as proxy:
        process = await _start(
            [*command, *_arguments(target, policy, proxy.url), "--", checked], home, environment or {}
        )
        watch = _Watch(process, target, policy, advance)
        try:
            async with asyncio.timeout(policy.max_seconds):
                await watch.wait()
        except TimeoutError:
            raise ExternalError(
                f"the download took more than {policy.max_seconds:g} s",
                code="download-timeout",
            ) from None
        finally:
            await _stop(process)
        if proxy.refusals:
            # This is the reason, whatever yt-dlp reports.
            raise UsageError(f"the download was stopped: {proxy.refusals[0]}", code="download-refused")
    return watch.result()


def _arguments(target: Path, policy: FetchPolicy, proxy: str) -> list[str]:
    return [
        *("--ignore-config", "--no-plugin-dirs", "--no-remote-components", "--no-exec", "--no-cache-dir"),
        *("--no-cookies", "--no-cookies-from-browser", "--no-batch-file", "--no-update", "--no-mark-watched"),
        *("--proxy", proxy, "--geo-verification-proxy", proxy, "--downloader", "native", "--fixup", "never"),
        # An empty folder: no ffmpeg is found, and what only ffmpeg could fetch is not fetched.
        *("--ffmpeg-location", str(target), "--default-search", "error", "--abort-on-error"),
        *("--no-playlist", "--playlist-items", "1", "--no-live-from-start"),
        *("--match-filters", f"!is_live & !is_upcoming & duration<?{policy.max_duration:g}"),
        *("--format", "bestaudio/best", "--max-filesize", str(policy.max_bytes)),
        *("--socket-timeout", f"{policy.stall_seconds:g}", "--retries", "3", "--fragment-retries", "3"),
        *(
            "--abort-on-unavailable-fragments",
            "--concurrent-fragments",
            "1",
            "--no-mtime",
            "--color",
            "never",
        ),
        *("--paths", str(target), "--output", "audio.%(ext)s", "--restrict-filenames"),
        *("--no-simulate", "--newline", "--progress", "--progress-delta", "0.5", "--progress-template"),
        _PROGRESS.decode() + "%(progress.{downloaded_bytes,total_bytes,total_bytes_estimate})j",
        "--print",
        "before_dl:" + _INFO.decode() + "%(.{title,license})j",
    ]


async def _start(
    command: Sequence[str], home: Path, environment: Mapping[str, str]
) -> asyncio.subprocess.Process:
    own = {
        **environment,
        **dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), str(home)),
        # Its home is not the person's, but what the person installed for Python must still be found.
        **({"PYTHONUSERBASE": site.getuserbase()} if site.ENABLE_USER_SITE else {"PYTHONNOUSERSITE": "1"}),
        "PYTHONIOENCODING": "utf-8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            cwd=home,
            env=own,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
            start_new_session=True,
        )
    except OSError as error:
        raise ExternalError(
            f"{command[0]}: cannot be run ({error.strerror or error})", code="program-not-found"
        ) from None


async def _stop(process: asyncio.subprocess.Process) -> None:
    """End the process and everything that it started, gently first."""
    for ending in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, ending)
            else:
                process.terminate()
        if process.returncode is None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(process.wait()), _GRACE_S)


class _Watch:
    """One run of yt-dlp: its output and the size of its files."""

    def __init__(
        self, process: asyncio.subprocess.Process, target: Path, policy: FetchPolicy, advance: Advance
    ) -> None:
        self._process, self._target, self._policy, self._advance = process, target, policy, advance
        self._info: dict[str, Any] = {}
        self._failure: dict[str, Any] = {}

    async def wait(self) -> None:
        """Wait until the process has ended, while the size of its files is checked."""
        checking = asyncio.create_task(self._check_size())
        reading = asyncio.create_task(self._read_output())
        try:
            done, _ = await asyncio.wait({checking, reading}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            checking.cancel()
            reading.cancel()
            await asyncio.gather(checking, reading, return_exceptions=True)

    async def _read_output(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        await asyncio.gather(self._read_lines(self._process.stdout), self._read_lines(self._process.stderr))
        await self._process.wait()

    async def _check_size(self) -> None:
        while True:
            _within_bounds(self._target, self._policy)
            await asyncio.sleep(_CHECK_S)

    async def _read_lines(self, stream: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await stream.readuntil(b"\n")
            except asyncio.IncompleteReadError as end:
                self._read_line(end.partial)
                return
            except asyncio.LimitOverrunError as over:
                await stream.readexactly(over.consumed)  # no line that is read is as long as that
                continue
            self._read_line(line)

    def _read_line(self, line: bytes) -> None:
        if line.startswith(_PROGRESS):
            text = _decoded(line[len(_PROGRESS) :])
            done, of = (_number(text.get(name)) for name in ("downloaded_bytes", "total_bytes"))
            if done is not None:
                self._advance(int(done), int(of) if of else None)
        elif line.startswith(_INFO):
            self._info = _decoded(line[len(_INFO) :])
        elif line.startswith(FAILURE.encode()):
            self._failure = _decoded(line[len(FAILURE) :])

    def result(self) -> Download:
        """The downloaded file, after the process has ended."""
        kind, reason = self._failure.get("kind"), _without_advice(str(self._failure.get("reason", "")))
        if kind == "missing":
            raise UsageError(
                "fetching videos needs yt-dlp, which is not installed",
                code="needs-ytdlp",
                hint="pip install 'mmar[collect]'",
            )
        if kind == "permanent":
            raise UsageError(
                f"the site does not provide this recording{': ' if reason else ''}{reason}",
                code="not-available",
                hint="check the URL in a browser, or upload the recording",
            )
        if self._process.returncode:
            raise ExternalError(
                f"the download failed: {reason or f'exit status {self._process.returncode}'}",
                code="download-failed",
                hint="try again later",
            )
        _within_bounds(self._target, self._policy)
        match = [path for path in self._target.iterdir() if path.is_file() and not path.is_symlink()]
        if len(match) != 1 or match[0].suffix == ".part" or not match[0].stat().st_size:
            raise UsageError(
                "the site provided no recording: it may be live, longer than "
                f"{self._policy.max_duration / 3600:g} hours, larger than {format_bytes(self._policy.max_bytes)}, or "
                "without sound",
                code="no-recording",
            )
        return Download(match[0], _text(self._info.get("title")), _text(self._info.get("license")))


def _within_bounds(folder: Path, policy: FetchPolicy) -> None:
    size = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # renamed meanwhile
            size += path.lstat().st_size
    if size > policy.max_bytes + _LONGEST_LINE:
        raise ExternalError(
            f"the recording is larger than the {format_bytes(policy.max_bytes)} that are allowed",
            code="recording-too-large",
        )


def _decoded(line: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return value if isinstance(value, dict) else {}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value < float("inf") else None


def _text(value: object) -> str:
    return _plain(value) if isinstance(value, str) else ""


def _without_advice(text: str) -> str:
    """A reason without sentences on options and cookies of yt-dlp, which the studio does not pass on."""
    sentences = re.split(r"(?<=[.;!?])\s+", _plain(text).removeprefix("ERROR: "))
    return " ".join(
        each for each in sentences if not re.search(r"--\w|\bcookies?\b|https?://", each, re.IGNORECASE)
    )


def _plain(text: str) -> str:
    return _COLOUR.sub("", text).strip()[:500]
