"""Decoding by ffmpeg of what libsndfile cannot read: MPEG-4, AAC, WebM, WMA and others.

ffmpeg runs as a process of its own with fixed arguments: the demuxer is the one for the file's content, and no other is
tried; only the file itself may be opened, so that a playlist in disguise cannot make it read an address or another
file; metadata and pictures are left out. Lengths come from ffprobe's JSON output.
"""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import Any

import msgspec

from mmar.errors import ExternalError, InputError
from mmar.files.sniff import FileType

_CODEC_MARKS = {
    b"mp4a": "AAC",
    b"alac": "Apple Lossless",
    b"A_OPUS": "Opus",
    b"A_VORBIS": "Vorbis",
    b"A_AAC": "AAC",
    b"Opus": "Opus",
    b"ac-3": "AC-3",
    b"ec-3": "E-AC-3",
}
"""Marks of codecs in MPEG-4 and Matroska files."""

_PROBE_S, _CONVERSION_S = 60.0, 600.0  # longest run of each program


class MediaFacts(msgspec.Struct, frozen=True):
    """ffprobe's description of the first audio stream of a media file.

    Attributes:
        duration: in seconds; `None` if the file does not state it.
        has_video: whether there is a video stream, which may be longer than the sound.
    """

    codec: str
    rate: int
    channels: int
    duration: float | None
    has_video: bool


def probe(path: Path, kind: FileType) -> MediaFacts:
    """Describe a file of the group `media`.

    Raises:
        InputError: it has no audio stream, is damaged, or ffmpeg is not installed (code `needs-ffmpeg`); the caller adds
            the file's name.
        ExternalError: it took too long.
    """
    command = [
        *("ffprobe", "-hide_banner", "-v", "error", "-protocol_whitelist", "file"),
        *("-f", str(kind.demuxer), "-of", "json"),
        *("-show_entries", "format=duration:stream=codec_type,codec_name,sample_rate,channels,duration"),
        f"file:{path.absolute()}",
    ]
    output = _run(command, path, kind, _PROBE_S)
    streams: list[dict[str, Any]] = msgspec.json.decode(output).get("streams", []) if output.strip() else []
    sounds = [stream for stream in streams if stream.get("codec_type") == "audio"]
    if not sounds:
        raise InputError(f"is {kind.label} without an audio stream", code="no-audio-stream")
    stated = sounds[0].get("duration") or msgspec.json.decode(output).get("format", {}).get("duration")
    return MediaFacts(
        codec=str(sounds[0].get("codec_name", "unknown")),
        rate=int(sounds[0].get("sample_rate", 0)),
        channels=int(sounds[0].get("channels", 0)),
        duration=None if stated is None else float(stated),
        has_video=any(stream.get("codec_type") == "video" for stream in streams),
    )


def convert(path: Path, out: Path, kind: FileType, *, max_seconds: float) -> MediaFacts:
    """Convert the first audio stream of a media file to FLAC (16 bit) or WAV (float).

    Args:
        path: the media file.
        out: the file to make, `.flac` or `.wav`.
        kind: the type of the media file.
        max_seconds: where the conversion stops, one second later.

    Returns:
        What the media file states; the caller compares its duration with that of the result.

    Raises:
        InputError, ExternalError: as `probe`.
    """
    facts = probe(path, kind)
    codec = ("flac", "-sample_fmt", "s16") if out.suffix == ".flac" else ("pcm_f32le",)
    command = [
        *("ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-xerror", "-y"),
        *("-protocol_whitelist", "file", "-f", str(kind.demuxer), "-i", f"file:{path.absolute()}"),
        *("-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"),
        *("-t", f"{max_seconds + 1:g}", "-c:a", *codec, "-fflags", "+bitexact", "-flags:a", "+bitexact"),
        *("-f", out.suffix[1:], f"file:{out.absolute()}"),
    ]
    _run(command, path, kind, _CONVERSION_S)
    return facts


def _run(command: list[str], path: Path, kind: FileType, timeout: float) -> bytes:
    # "file:" before a path, so that no name can be taken for an option or an address.
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError:
        raise _needs_ffmpeg(path, kind) from None
    except subprocess.TimeoutExpired:
        raise ExternalError(
            f"{path}: ffmpeg was stopped after {timeout:g} s",
            code="ffmpeg-timeout",
            hint="try again when the machine is less busy, or cut the recording into parts",
        ) from None
    except OSError as error:
        raise ExternalError(
            f"{command[0]}: cannot be run ({error.strerror or error})", code="ffmpeg-failed"
        ) from None
    if done.returncode:
        raise InputError(
            f"is {kind.label} that ffmpeg cannot decode (exit status {done.returncode})",
            code="cannot-decode",
            hint="get the file again, or convert it to WAV",
        )
    return done.stdout


def _needs_ffmpeg(path: Path, kind: FileType) -> InputError:
    codec = _codec(path)
    convert_command = shlex.join(["ffmpeg", "-i", path.name, f"{path.stem}.wav"])
    return InputError(
        f"is {kind.label}{f' with {codec} audio' if codec else ''}, and ffmpeg, which reads it, is not installed",
        code="needs-ffmpeg",
        hint="install ffmpeg (Debian: apt install ffmpeg; macOS: brew install ffmpeg), or convert the file elsewhere: "
        f"{convert_command}",
    )


def _codec(path: Path) -> str | None:
    """The audio codec of an MPEG-4 or Matroska file, by its mark at the file's beginning or end."""
    try:
        with path.open("rb") as stream:
            data = stream.read(1 << 16)
            stream.seek(max(0, stream.seek(0, 2) - (1 << 18)))
            data += stream.read()
    except OSError:
        return None
    return next((name for mark, name in _CODEC_MARKS.items() if mark in data), None)
