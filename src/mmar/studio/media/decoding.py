"""Sound from a file block by block, so that a recording of hours needs the memory of seconds.

`mmar.audio.read_clip` is the reader for clips; this one is for whole recordings. It refuses what that one
refuses: a file cut short, samples that are not numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mmar.audio import Facts, describe
from mmar.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["BLOCK_FRAMES", "decoded_blocks"]

BLOCK_FRAMES = 1 << 18
"""Frames decoded at a time: 5.5 s at 48 kHz."""

# An MPEG file names its length only by estimate.
_MPEG_TOLERANCE_S = 0.1
# Formats in which a seek lands on the very frame, with the very samples that decoding from the start gives.
_SEEKABLE = frozenset({"WAV", "WAVEX", "RF64", "W64", "FLAC", "AIFF", "CAF", "AU"})


def decoded_blocks(
    path: Path, *, start: int = 0, end: int | None = None, block: int = BLOCK_FRAMES
) -> Iterator[npt.NDArray[np.float32]]:
    """Decode a file in blocks.

    Args:
        path: a file that libsndfile reads.
        start: first frame wanted; in lossy formats what lies before is decoded too and thrown away, since a
            seek there may be off by some samples.
        end: frame to stop before; the file's end if `None`.
        block: most frames in a block.

    Yields:
        float32 of shape (frames, channels), full scale at ±1; only the last may be shorter than `block`.

    Raises:
        InputError: the file is no sound, cut short, damaged, or holds samples that are not finite numbers.
    """
    facts = describe(path)
    import soundfile

    stop = facts.frames if end is None else min(end, facts.frames)
    try:
        with soundfile.SoundFile(path) as sound:
            at = 0
            if start and facts.container in _SEEKABLE and sound.seekable():
                sound.seek(start)
                at = start
            while at < stop:
                # Up to the first wanted frame in blocks that are not given out.
                wanted = min(block, (start if at < start else stop) - at)
                samples: npt.NDArray[np.float32] = sound.read(wanted, dtype="float32", always_2d=True)
                if len(samples) < wanted and _too_short(at + len(samples), facts):
                    raise _cut_short(at + len(samples), facts, path)
                if at >= start and len(samples):
                    _check_finite(samples, at, facts.rate, path)
                    yield samples
                at += len(samples)
                if len(samples) < wanted:
                    return
    except soundfile.SoundFileError as error:
        raise InputError(
            f"cannot be decoded ({error})", file=str(path), hint="get the file again, or convert it anew"
        ) from None


def _too_short(held: int, facts: Facts) -> bool:
    tolerance = _MPEG_TOLERANCE_S * facts.rate if facts.encoding.startswith("MPEG") else 0
    return facts.frames - held > tolerance


def _cut_short(held: int, facts: Facts, path: Path) -> InputError:
    return InputError(
        f"found {held} frames where the file declares {facts.frames}: it was cut short",
        file=str(path),
        hint="get the file again, or convert it anew from its source",
    )


def _check_finite(samples: npt.NDArray[np.float32], at: int, rate: int, path: Path) -> None:
    import numpy as np

    if not (finite := np.isfinite(samples)).all():
        first = at + int(np.argmin(finite.all(axis=1)))
        raise InputError(
            f"found a sample at {first / rate:.3f} s that is not a finite number",
            file=str(path),
            hint="get the file again, or convert it anew from its source",
        )
