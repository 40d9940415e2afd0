"""Validation of uploads by decoding them completely; names and media types of the sender are not trusted.

Formats that browsers cannot play are converted to FLAC: AIFF, AU, CAF, Wave64, and WAV with compressed or double-precision samples.
Run `process_upload` through `decoder.Decoder`, which limits its time and memory.
"""

from __future__ import annotations

import secrets
from pathlib import Path

import msgspec
import soundfile

from mmar.audio import Facts, decode_blocks, describe
from mmar.audio.read import convert_media
from mmar.errors import ExternalError, InputError
from mmar.files.hashing import sha256_file
from mmar.files.sniff import sniff_file
from mmar.studio.media.waveform import build_waveform

_NOT_PLAYED = frozenset({"AIFF", "AU", "CAF", "W64"})
_PLAYED_IN_WAV = frozenset({"PCM_U8", "PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "ULAW", "ALAW"})
_DEEP = frozenset({"PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ALAC_20", "ALAC_24", "ALAC_32"})


class AudioLimits(msgspec.Struct, frozen=True):
    """Limits of accepted recordings; `samples` over all channels bounds the time and disk space of decoding."""

    seconds: float = 4 * 3600.0
    rate: int = 192_000
    channels: int = 8
    samples: int = 4 * 3600 * 48_000 * 2


LIMITS = AudioLimits()
"""By default as much as four hours of stereo at 48 kHz."""


class StoredAudio(msgspec.Struct, frozen=True, tag=True):
    """A recording that was decoded completely.

    Attributes:
        path: the file: after `process_upload` the upload itself or a FLAC file, then a path in the media folder.
        waveform: the waveform file, likewise.
        media_type: `Content-Type` to serve it with.
        sha256: of its bytes.
        size: bytes.
        rate: sample rate in Hz.
        channels: number of channels.
        duration: seconds, as decoded.
    """

    path: str
    waveform: str
    media_type: str
    sha256: str
    size: int
    rate: int
    channels: int
    duration: float


def process_upload(
    path: Path, work: Path, *, max_bytes: int = 1 << 30, limits: AudioLimits = LIMITS
) -> StoredAudio:
    """Decode an upload, convert it to FLAC if browsers cannot play it, and compute its waveform, in `work`.

    Raises:
        InputError: the file is too large (`file-too-large`), beyond the limits (`audio-too-large`), not audio, or
            damaged.
        ExternalError: the disk refuses.
    """
    size = path.stat().st_size if path.is_file() else 0
    if size > max_bytes:
        raise InputError(
            f"found {size:,} bytes, at most {max_bytes:,} are accepted",
            file=str(path),
            code="file-too-large",
            hint="cut the recording, or save it as FLAC or MP3",
        )
    waveform = work / f"{secrets.token_hex(8)}.peaks"
    readable = playable = path
    try:
        readable = playable = convert_media(path, work, max_seconds=limits.seconds)
        facts = describe(readable)
        _check_limits(facts, path, limits)
        playable = _playable(readable, work, facts)
        drawn = build_waveform(playable, waveform)
        if not drawn.frames:
            raise InputError(
                "contains no audio that can be decoded",
                file=str(path),
                code="no-audio",
                hint="get the file again",
            )
    except BaseException:
        for made in {readable, playable, waveform} - {path}:
            made.unlink(missing_ok=True)
        raise
    if readable not in (path, playable):
        readable.unlink()
    kind = sniff_file(playable)
    return StoredAudio(
        path=str(playable),
        waveform=str(waveform),
        media_type=kind.media_type if kind.group == "audio" else "application/octet-stream",
        sha256=sha256_file(playable),
        size=playable.stat().st_size,
        rate=drawn.rate,
        channels=drawn.channels,
        duration=drawn.frames / drawn.rate,
    )


def _check_limits(facts: Facts, path: Path, limits: AudioLimits) -> None:
    for result, most, unit in (
        (facts.rate, limits.rate, "Hz"),
        (facts.channels, limits.channels, "channels"),
        (round(facts.duration, 1), limits.seconds, "s"),
        (facts.frames * facts.channels, limits.samples, "samples over all channels"),
    ):
        if result > most:
            raise InputError(
                f"found {result:,} {unit}, at most {most:,} are accepted",
                file=str(path),
                code="audio-too-large",
                hint="cut it into parts, or convert it to a lower rate or fewer channels",
            )


def _playable(path: Path, work: Path, facts: Facts) -> Path:
    """The file itself if browsers play it, else a new FLAC file, of 24 bits if the recording has more than 16."""
    played = (
        facts.encoding in _PLAYED_IN_WAV
        if facts.container.startswith("WAV")
        else facts.container not in _NOT_PLAYED
    )
    if played:
        return path
    out = work / f"{secrets.token_hex(8)}.flac"
    depth = "PCM_24" if facts.encoding in _DEEP else "PCM_16"
    try:
        with soundfile.SoundFile(out, "w", facts.rate, facts.channels, depth, format="FLAC") as file:
            for block in decode_blocks(path):
                file.write(block)
    except BaseException as error:
        out.unlink(missing_ok=True)
        if isinstance(error, soundfile.SoundFileError):
            raise ExternalError(
                f"{out.parent}: cannot be written", code="disk", hint="free some space"
            ) from None
        raise
    return out
