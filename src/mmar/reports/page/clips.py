"""The clips of a page: each copied once by its digest, with its waveform and a picture of its spectrogram.

A page that is opened from disk cannot read its own sounds, so both are made here. A waveform is `PEAKS` values from 0
to 63: the largest magnitude of each stretch, relative to the clip's own largest. A spectrogram is a PNG of 16 colours,
`WIDTH` stretches of the clip by `HEIGHT` bands on the mel scale (O'Shaughnessy 1987), 70 dB from dark to light.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from mmar.audio import Clip, read_clip, to_mono, wav_bytes
from mmar.errors import InputError
from mmar.files.atomic import copy_atomic, write_atomic
from mmar.files.hashing import sha256_file
from mmar.files.progress import NoProgress, Progress
from mmar.files.sniff import sniff_file

PEAKS = 120
WIDTH, HEIGHT = 400, 56
_RANGE_DB = 70
_MAX_HZ = 12_000
_WINDOW_S = 0.064
_MAX_WINDOWS = 8  # of one stretch; longer stretches are sampled
_PLAYABLE = frozenset({"wav", "flac", "ogg", "mp3", "mp4", "webm", "aac"})
"""What browsers play; anything else is copied as WAV."""
# Dark to light through blue, red and yellow, lightness rising throughout so that it reads in grey, too.
_COLOURS = ((10, 8, 30), (50, 30, 110), (150, 40, 110), (230, 110, 60), (250, 230, 150))


class PageClip(msgspec.Struct, frozen=True):
    """A clip of a page: addresses of the file and of its spectrogram beside the page, its length and its waveform.

    One that could not be copied has a problem and no file.
    """

    file: str = ""
    picture: str = ""
    seconds: float = 0.0
    peaks: bytes = bytes(PEAKS)
    problem: str = ""


def copy_clips(paths: Sequence[Path], folder: Path, progress: Progress | None = None) -> dict[Path, PageClip]:
    """Copy clips into `audio/` below a page's folder, each once however many paths lead to its bytes."""
    copied: dict[Path, PageClip] = {}
    by_digest: dict[str, PageClip] = {}
    sizes = {path: path.stat().st_size for path in paths if path.is_file()}
    done = 0
    with (progress or NoProgress()).task("clips", sum(sizes.values())) as advance:
        for path in paths:
            if path not in copied:
                copied[path] = _copied(path, folder / "audio", by_digest)
            done += sizes.pop(path, 0)
            advance(done, None)
    return copied


def _copied(path: Path, folder: Path, by_digest: dict[str, PageClip]) -> PageClip:
    try:
        digest = sha256_file(path)
        if digest not in by_digest:
            by_digest[digest] = _copy(path, digest[:16], folder)
    except InputError as error:
        return PageClip(problem=error.problem)
    return by_digest[digest]


def _copy(path: Path, name: str, folder: Path) -> PageClip:
    kind = sniff_file(path).format
    clip = read_clip(path)
    played = kind in _PLAYABLE
    target = folder / f"{name}.{kind if played else 'wav'}"
    if played:
        copy_atomic(path, target)
    else:
        write_atomic(target, wav_bytes(clip))
    write_atomic(folder / f"{name}.png", png(spectrogram(clip)))
    return PageClip(f"audio/{target.name}", f"audio/{name}.png", round(clip.duration, 2), peaks(clip))


def peaks(clip: Clip) -> bytes:
    """The waveform of a clip: `PEAKS` bytes of 0 to 63, all 0 for silence."""
    magnitude = np.abs(clip.samples).max(axis=1)
    starts = np.linspace(0, clip.frames, PEAKS, endpoint=False).astype(np.int64)
    highest = np.maximum.reduceat(magnitude, starts)
    most = float(highest.max())
    return np.rint(highest * (63 / most) if most > 0 else highest).astype(np.uint8).tobytes()


def spectrogram(clip: Clip) -> npt.NDArray[np.uint8]:
    """The spectrogram of a clip: levels 0 to 15 of shape (HEIGHT, WIDTH), the lowest band last."""
    samples = to_mono(clip).samples[:, 0]
    size = 1 << max(5, round(np.log2(_WINDOW_S * clip.rate)))
    each = int(min(_MAX_WINDOWS, max(1, -(-clip.frames // (WIDTH * size)))))
    centres = ((np.arange(WIDTH * each) + 0.5) * clip.frames / (WIDTH * each)).astype(np.int64)
    padded = np.pad(samples, (size // 2, size))
    window = np.hanning(size).astype(np.float32)
    bands = _mel_bands(size, clip.rate)
    power = np.empty((WIDTH * each, HEIGHT), np.float32)
    for start in range(0, len(centres), WIDTH):  # a block at a time, to bound the memory
        columns = centres[start : start + WIDTH]
        frames = padded[columns[:, None] + np.arange(size)] * window
        power[start : start + WIDTH] = (np.abs(np.fft.rfft(frames)) ** 2).astype(np.float32) @ bands
    decibels = 10 * np.log10(power.reshape(WIDTH, each, HEIGHT).mean(axis=1) + 1e-10)
    above = (decibels - decibels.max() + _RANGE_DB) / _RANGE_DB
    silent = not bool(np.any(samples))
    levels = np.zeros_like(above) if silent else np.clip(np.rint(15 * above), 0, 15)
    picture: npt.NDArray[np.uint8] = levels.astype(np.uint8).T[::-1]
    return picture


def _mel_bands(size: int, rate: int) -> npt.NDArray[np.float32]:
    """The share of each frequency bin in each band, bands of equal width on the mel scale."""
    top = min(rate / 2, _MAX_HZ)
    mel = np.linspace(0, 2595 * np.log10(1 + top / 700), HEIGHT + 1)
    edges = 700 * (10 ** (mel / 2595) - 1) * size / rate
    bins = np.arange(size // 2 + 1)[:, None]
    overlap = np.minimum(edges[1:], bins + 0.5) - np.maximum(edges[:-1], bins - 0.5)
    shares: npt.NDArray[np.float32] = (np.clip(overlap, 0, None) / np.diff(edges)).astype(np.float32)
    return shares


def png(levels: npt.NDArray[np.uint8]) -> bytes:
    """A picture of levels 0 to 15, of shape (height, even width), as a PNG of 4 bits with a palette (RFC 2083)."""
    height, width = levels.shape
    packed = (levels[:, ::2] << 4) | levels[:, 1::2]
    rows = np.zeros((height, width // 2 + 1), np.uint8)  # each row begins with its filter, none
    rows[:, 1:] = packed
    anchors = np.array(_COLOURS, np.float64)
    steps = np.linspace(0, len(anchors) - 1, 16)
    palette = np.stack([np.interp(steps, np.arange(len(anchors)), anchors[:, part]) for part in range(3)], 1)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 4, 3, 0, 0, 0)),
            _chunk(b"PLTE", np.rint(palette).astype(np.uint8).tobytes()),
            _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
