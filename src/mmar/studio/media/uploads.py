"""Checking an uploaded file by decoding all of it, and converting what browsers cannot play to FLAC."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from mmar.audio import decode_blocks, describe
from mmar.audio.read import readable_audio
from mmar.errors import ExternalError, InputError
from mmar.files.hashing import sha256_file
from mmar.files.sniff import sniff_file

__all__ = ["UploadFacts", "browser_playable", "inspect_upload"]

_MOST_CHANNELS = 16


@dataclass(frozen=True, slots=True)
class UploadFacts:
    """What an uploaded file really is.

    Attributes:
        container: name of the kind of file, for people.
        media_type: the fixed type to serve it with; never the one that the sender gave.
        readable: the file that `mmar.audio` reads: the upload itself, or the FLAC made of it.
        rate: frames a second, in Hz.
        channels: number of channels.
        frames: length in frames, as decoded.
        size: length of the upload in bytes.
        sha256: of the upload's bytes.
        peak: largest magnitude, full scale at 1; 0 for digital silence.
    """

    container: str
    media_type: str
    readable: Path
    rate: int
    channels: int
    frames: int
    size: int
    sha256: str
    peak: float

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.frames / self.rate


def inspect_upload(
    path: Path,
    work: Path,
    *,
    max_bytes: int = 1 << 30,
    max_seconds: float = 4 * 3600,
    timeout: float = 600,
    ffmpeg: str = "ffmpeg",
) -> UploadFacts:
    """Decode an uploaded file from beginning to end and say what it is.

    Args:
        path: the upload, under a name of the server's own making.
        work: an existing folder for a converted copy.
        max_bytes: largest file that is looked at.
        max_seconds: longest recording that is taken.
        timeout: seconds that a conversion may take.
        ffmpeg: the program that converts what libsndfile does not read.

    Returns:
        The facts. A converted copy is `readable`, and then the caller's.

    Raises:
        InputError: the file is too large or too long, no sound, damaged or cut short; in the words for its
            sender.
        UsageError: ffmpeg is needed and not installed.
        ExternalError: the conversion took too long, or the disk refuses.
    """
    size = path.stat().st_size if path.is_file() else 0
    if size > max_bytes:
        raise InputError(
            f"found {size:,} bytes, more than the {max_bytes:,} that are allowed",
            file=str(path),
            hint="cut the recording, or save it as FLAC or MP3",
        )
    readable = readable_audio(path, work, max_seconds=max_seconds, timeout=timeout, ffmpeg=ffmpeg)
    try:
        return _decoded(path, readable, size, max_seconds)
    except BaseException:
        if readable != path:
            readable.unlink(missing_ok=True)
        raise


def _decoded(path: Path, readable: Path, size: int, max_seconds: float) -> UploadFacts:
    import numpy as np

    facts = describe(readable)
    if facts.channels > _MOST_CHANNELS:
        raise InputError(
            f"found {facts.channels} channels, expected at most {_MOST_CHANNELS}", file=str(path)
        )
    if facts.duration > max_seconds:
        raise InputError(
            f"found {facts.duration:.0f} s of sound, more than the {max_seconds:g} s that are allowed",
            file=str(path),
            hint="cut it into parts first",
        )
    frames, peak = 0, 0.0
    for block in decode_blocks(readable):
        frames += len(block)
        peak = max(peak, float(np.abs(block).max()))
    if not frames:
        raise InputError("holds no sound that can be decoded", file=str(path), hint="get the file again")
    kind = sniff_file(path)
    return UploadFacts(
        # Other formats that libsndfile reads are not played by browsers and are served as plain bytes.
        container=kind.format.upper() if kind.group in ("audio", "media") else facts.container,
        media_type=kind.media_type if kind.group in ("audio", "media") else "application/octet-stream",
        readable=readable,
        rate=facts.rate,
        channels=facts.channels,
        frames=frames,
        size=size,
        sha256=sha256_file(path),
        peak=peak,
    )


_UNPLAYED = frozenset({"AIFF", "AU", "CAF", "W64"})
_PLAYED_IN_WAV = frozenset({"PCM_U8", "PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "ULAW", "ALAW"})
_DEEP = frozenset({"PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ALAC_20", "ALAC_24", "ALAC_32"})
_FLAC_CHANNELS, _FLAC_RATE = 8, 655_350  # of FLAC


def browser_playable(path: Path, work: Path) -> Path:
    """A file with the sound of `path` that browsers play.

    Args:
        path: a file that was decoded from beginning to end before.
        work: an existing folder that a converted file is put into, under a name of its own.

    Returns:
        `path` itself if browsers play it, or if FLAC could not hold it; else a new FLAC file, of 24 bits where
        the recording has more than 16.

    Raises:
        InputError: the file cannot be read.
        ExternalError: the disk refuses.
    """
    facts = describe(path)
    played = (
        facts.encoding in _PLAYED_IN_WAV
        if facts.container.startswith("WAV")
        else facts.container not in _UNPLAYED
    )
    if played or facts.channels > _FLAC_CHANNELS or facts.rate > _FLAC_RATE:
        return path
    import soundfile

    out = work / f"{secrets.token_hex(8)}.flac"
    depth = "PCM_24" if facts.encoding in _DEEP else "PCM_16"
    try:
        with soundfile.SoundFile(out, "w", facts.rate, facts.channels, depth, format="FLAC") as file:
            for block in decode_blocks(path):
                file.write(block)
    except soundfile.SoundFileError as error:
        out.unlink(missing_ok=True)
        raise ExternalError(f"{out.parent}: cannot be written ({error}); make room and try again") from None
    except BaseException:
        out.unlink(missing_ok=True)
        raise
    return out
