"""Sound in: from a file to a `Clip`, or to the facts about it without decoding.

Everything that libsndfile reads is read (WAV, FLAC, OGG, MP3, AIFF, …). What cannot be trusted is
refused with a message for the person: a file that is not audio, that was cut short, that holds no
frames, or that holds samples which are not numbers. Nothing is replaced by silence, nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmar.audio.clip import Clip
from mmar.audio.riff import missing_bytes
from mmar.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Facts", "describe", "read_clip"]

# Get the clip again: what to do about a file that arrived damaged.
_AGAIN = "get the file again, or convert it anew from its source"

# An MPEG file names its length only by estimate, and encoders pad; less than this is not a cut.
_MPEG_TOLERANCE_S = 0.1


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file says of the sound within it.

    Attributes:
        rate: frames a second, in Hz.
        channels: number of channels.
        frames: length in frames.
        container: libsndfile's name of the file format, such as `WAV` or `FLAC`.
        encoding: libsndfile's name of the sample format, such as `PCM_16`.
        size: length of the file in bytes.
    """

    rate: int
    channels: int
    frames: int
    container: str
    encoding: str
    size: int

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.frames / self.rate


def describe(path: str | Path) -> Facts:
    """Rate, channels, length and format of an audio file, without decoding its samples.

    Args:
        path: an audio file.

    Returns:
        The facts, as the file's header gives them.

    Raises:
        InputError: if the file is missing, a folder, empty, not audio, cut short, or without frames.
    """
    path = Path(path)
    with _opened(path) as sound:
        return _facts(sound, path)


def read_clip(path: str | Path) -> Clip:
    """Decode a whole file into float32, all channels, at its own rate.

    Args:
        path: an audio file.

    Returns:
        The clip; its samples have shape (frames, channels) and full scale at ±1.

    Raises:
        InputError: as `describe`; also if the data ends early or a sample is not a finite number.
    """
    path = Path(path)
    with _opened(path) as sound:
        facts = _facts(sound, path)
        try:
            samples: npt.NDArray[np.float32] = sound.read(dtype="float32", always_2d=True)
        except ValueError as error:  # some encodings that the library knows can be opened and not read
            raise InputError(
                f"found audio that cannot be decoded ({error})", file=str(path), hint=_AGAIN
            ) from None
        except MemoryError:
            raise InputError(
                f"found {facts.frames} frames of {facts.channels} channels, more than memory holds",
                file=str(path),
                hint="cut the file into parts, or check that its header is not damaged",
            ) from None
    short = facts.frames - len(samples)
    if short > (_MPEG_TOLERANCE_S * facts.rate if facts.encoding.startswith("MPEG") else 0):
        raise InputError(
            f"found {len(samples)} frames where the file declares {facts.frames}: it was cut short",
            file=str(path),
            hint=_AGAIN,
        )
    _check_finite(samples, facts.rate, path)
    return Clip(samples=samples, rate=facts.rate, path=path)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The file as a `soundfile.SoundFile`, every failure told as an InputError."""
    _check_file(path)
    import soundfile

    try:
        with soundfile.SoundFile(path) as sound:
            yield sound
    except soundfile.SoundFileError as error:
        # libsndfile's own words, without the path, which the message names already.
        said = str(error).partition(": ")[2].strip().rstrip(".") or str(error)
        raise InputError(
            f"expected an audio file, found {_looks_like(path)} ({said})",
            file=str(path),
            hint=_AGAIN,
        ) from None


def _check_file(path: Path) -> None:
    """Refuse what can be refused before any decoder is asked."""
    if path.is_dir():
        raise InputError("expected an audio file, found a folder", file=str(path), hint="name one file in it")
    if not path.exists():
        raise InputError(
            "found no such file, expected an audio file",
            file=str(path),
            hint="check the path, and the folder that audio paths are relative to",
        )
    if not path.is_file():
        raise InputError(
            "expected an audio file, found a pipe or a device", file=str(path), hint="save the sound first"
        )
    try:
        if path.stat().st_size == 0:
            raise InputError("expected an audio file, found an empty file", file=str(path), hint=_AGAIN)
        with path.open("rb") as stream:
            short = missing_bytes(stream)
    except OSError as error:
        raise InputError(
            f"could not be read ({error.strerror or error})", file=str(path), hint="check its permissions"
        ) from None
    if short:
        raise InputError(
            f"the WAV file was cut short: {short} bytes of samples that it declares are missing",
            file=str(path),
            hint=_AGAIN,
        )


def _facts(sound: Any, path: Path) -> Facts:
    facts = Facts(
        rate=int(sound.samplerate),
        channels=int(sound.channels),
        frames=int(sound.frames),
        container=str(sound.format),
        encoding=str(sound.subtype),
        size=path.stat().st_size,
    )
    if facts.frames < 1:
        raise InputError("expected sound, found an audio file of no frames", file=str(path), hint=_AGAIN)
    return facts


def _check_finite(samples: npt.NDArray[np.float32], rate: int, path: Path) -> None:
    import numpy as np

    bad = ~np.isfinite(samples)
    if not bad.any():
        return
    first = int(np.argmax(bad.any(axis=1)))
    raise InputError(
        f"found {int(bad.sum())} samples that are not finite numbers, the first at {first / rate:.3f} s; "
        "expected numbers between −1 and 1",
        file=str(path),
        hint=_AGAIN,
    )


def _looks_like(path: Path) -> str:
    """A person's word for what the first bytes are."""
    with path.open("rb") as stream:
        head = stream.read(256)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "a web page"
    if start.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer"
    if start.startswith((b"{", b"[")):
        return "JSON"
    if head.startswith(b"RIFF"):
        return "a damaged RIFF file"
    if head.startswith((b"PK\x03\x04", b"\x1f\x8b")):
        return "an archive"
    return "something else"
