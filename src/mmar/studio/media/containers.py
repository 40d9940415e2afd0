"""What a media file is, told from its first bytes, and making one readable that libsndfile cannot read.

Most sound of the web comes in MP4 or WebM, which libsndfile does not open. ffmpeg does, as a separate process
with fixed arguments: the demuxer is the one that the first bytes call for and no other is tried, only plain
files may be opened, so that a playlist in disguise cannot make it fetch an address or read another file of
this machine; metadata and pictures are left behind. The result is 16-bit FLAC, whole: a file that ends before
the length it declares is refused and not used in part.
"""

from __future__ import annotations

import re
import secrets
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec

from mmar.audio import describe
from mmar.errors import ExternalError, InputError, UsageError

__all__ = ["CONTAINERS", "Container", "container_of", "ffmpeg_version", "readable_audio"]


class Container(msgspec.Struct, frozen=True):
    """A kind of media file.

    Attributes:
        name: for people.
        media_type: the fixed `Content-Type` that files of this kind are served with.
        demuxer: ffmpeg's name of the kind; `None` where libsndfile reads it.
    """

    name: str
    media_type: str
    demuxer: str | None


CONTAINERS: tuple[tuple[Container, Callable[[bytes], bool]], ...] = (
    (
        Container("WAV", "audio/wav", None),
        lambda head: head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE",
    ),
    (Container("FLAC", "audio/flac", None), lambda head: head.startswith(b"fLaC")),
    (Container("Ogg", "audio/ogg", None), lambda head: head.startswith(b"OggS")),
    (
        Container("AIFF", "audio/aiff", None),
        lambda head: head.startswith(b"FORM") and head[8:12] in (b"AIFF", b"AIFC"),
    ),
    (Container("CAF", "audio/x-caf", None), lambda head: head.startswith(b"caff")),
    (Container("AU", "audio/basic", None), lambda head: head.startswith(b".snd")),
    (Container("MP4", "audio/mp4", "mov"), lambda head: head[4:8] == b"ftyp"),
    (
        Container("WebM or Matroska", "audio/webm", "matroska"),
        lambda head: head.startswith(b"\x1a\x45\xdf\xa3"),
    ),
    (
        Container("AAC", "audio/aac", "aac"),
        lambda head: head[0:1] == b"\xff" and head[1:2] in (b"\xf1", b"\xf9"),
    ),
    (
        Container("MP3", "audio/mpeg", None),
        lambda head: (
            head.startswith(b"ID3") or (len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2)
        ),
    ),
    (Container("FLV", "video/x-flv", "flv"), lambda head: head.startswith(b"FLV\x01")),
    (
        Container("AVI", "video/x-msvideo", "avi"),
        lambda head: head.startswith(b"RIFF") and head[8:12] == b"AVI ",
    ),
    (
        Container("ASF or WMA", "video/x-ms-asf", "asf"),
        lambda head: head.startswith(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    ),
    (Container("AMR", "audio/amr", "amr"), lambda head: head.startswith(b"#!AMR")),
    (
        Container("MPEG transport stream", "video/mp2t", "mpegts"),
        lambda head: len(head) > 376 and head[0] == head[188] == head[376] == 0x47,
    ),
)
"""The kinds that are taken, each with its test on a file's first 512 bytes."""

_DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d\.\d+)")
_SHORTFALL_S = 1.0  # containers round, and encoders pad


def container_of(path: Path) -> Container | None:
    """Which kind of media file this is, by its first bytes alone; `None` for anything else.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(512)
    except OSError as error:
        raise InputError(f"could not be read ({error.strerror or error})", file=str(path)) from None
    return next((kind for kind, matches in CONTAINERS if matches(head)), None)


def readable_audio(
    path: Path, work: Path, *, max_seconds: float = 4 * 3600, timeout: float = 600, ffmpeg: str = "ffmpeg"
) -> Path:
    """A file that `mmar.audio` can read with the sound of `path`.

    Args:
        path: a media file.
        work: an existing folder that a converted file is put into, under a name of its own.
        max_seconds: longest recording that is converted.
        timeout: seconds that the conversion may take.
        ffmpeg: the program to convert with.

    Returns:
        `path` itself if it can be read as it is, else a new FLAC file in `work`.

    Raises:
        InputError: it is no media file, holds no sound, is damaged, cut short or too long.
        UsageError: it needs ffmpeg, which is not installed.
        ExternalError: ffmpeg took too long, or the disk refuses.
    """
    kind = container_of(path)
    if kind is None or kind.demuxer is None:
        describe(path)  # refuses what is no sound, and says what it is instead
        return path
    out = work / f"{secrets.token_hex(8)}.flac"
    try:
        said = _convert(path, out, kind, max_seconds, timeout, ffmpeg)
        _check_length(path, out, said, max_seconds)
    except BaseException:
        out.unlink(missing_ok=True)
        raise
    return out


def ffmpeg_version(ffmpeg: str = "ffmpeg") -> str | None:
    """The first line that ffmpeg says of itself, or `None` where it is not installed."""
    try:
        done = subprocess.run(  # noqa: S603 - the name comes from the program's own settings
            [ffmpeg, "-version"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.partition("\n")[0].strip() or None


def _convert(path: Path, out: Path, kind: Container, max_seconds: float, timeout: float, ffmpeg: str) -> str:
    """Run ffmpeg; what it said, which names the length that the file declares."""
    # “file:” in front, so that no name can be taken for an option or an address.
    command = [
        *(ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "info", "-nostats", "-xerror"),
        *("-protocol_whitelist", "file", "-f", str(kind.demuxer), "-i", f"file:{path.absolute()}"),
        *("-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"),
        *("-t", f"{max_seconds + 1:g}", "-c:a", "flac", "-sample_fmt", "s16"),
        *("-fflags", "+bitexact", "-flags:a", "+bitexact", "-f", "flac", f"file:{out.absolute()}"),
    ]
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError:
        raise UsageError(
            f"{path}: is {kind.name}, which needs ffmpeg, and ffmpeg is not installed\n"
            "  → install it (Debian: apt install ffmpeg; macOS: brew install ffmpeg), or give WAV, FLAC, MP3 or Ogg"
        ) from None
    except subprocess.TimeoutExpired:
        raise ExternalError(
            f"{path}: ffmpeg was stopped after {timeout:g} s; try again when the machine is less busy"
        ) from None
    except OSError as error:
        raise ExternalError(f"{ffmpeg}: cannot be run ({error.strerror or error})") from None
    said = done.stderr.decode("utf-8", "replace")
    if done.returncode:
        raise InputError(
            _reason(said, kind, path), file=str(path), hint="get the file again, or convert it to WAV"
        )
    return said


def _reason(said: str, kind: Container, path: Path) -> str:
    if "matches no streams" in said:
        return f"is {kind.name} without sound"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    # The last line is the most telling one; the path in it is ours and named already.
    last = (lines[-1] if lines else "no reason given").replace(f"file:{path.absolute()}", "the file")
    return f"is {kind.name} that cannot be decoded ({last[:200]})"


def _check_length(path: Path, out: Path, said: str, max_seconds: float) -> None:
    heard = describe(out).duration
    if heard > max_seconds:
        raise InputError(
            f"holds more than {max_seconds:g} s of sound", file=str(path), hint="cut it into parts first"
        )
    if (found := _DURATION.search(said)) is not None:
        hours, minutes, seconds = found.groups()
        declared = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        # A picture may go on after the sound has ended; what is only sound may not.
        if heard < declared * 0.98 - _SHORTFALL_S and "Video:" not in said:
            raise InputError(
                f"was cut short: it declares {declared:.1f} s and holds {heard:.1f} s of sound",
                file=str(path),
                hint="get the file again",
            )
