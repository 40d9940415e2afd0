"""Fingerprints of recordings that survive a change of level, rate, format and length, for finding duplicates.

The method is that of Wang ("An industrial-strength audio search algorithm", ISMIR 2003): the peaks of the
spectrogram are kept, and each is paired with a few that follow it. A pair (frequency of the first, step in
frequency, step in time) with its time is a landmark. Copies of a recording share landmarks at a
constant distance in time, whatever their level and whatever precedes or follows; other sounds share a few by chance, at
all distances. The similarity of two clips is the largest number of shared landmarks at one distance, divided by the
number of landmarks of the clip with fewer:

    0      nothing in common beyond chance
    1      every landmark of the one is in the other, in the same order in time: a copy, or a part of it

Parameters: mono at 8 kHz, Hann windows of 128 ms every 32 ms; a peak is the largest value within ±0.22 s and
±117 Hz and at most 70 dB below the clip's largest; each is paired with the next three within ±0.5 kHz and 1
s. A sound without peaks (silence) is similar to nothing. A steady hum is similar to any hum of its pitch. Two
performances of one piece are not copies and are not found.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from mmar.audio.clip import Clip, resample, to_mono

_RATE = 8000
_WINDOW = 1024
_HOP = 256
_AROUND_FRAMES = 7
_AROUND_BINS = 15
_DEPTH_DB = 70.0
_PAIRS_OF_PEAK = 3
_LONGEST_STEP = 31  # frames, so that a step fits 5 bits
_WIDEST_STEP = 63  # bins either way, so that it fits 7 bits
_SAME_DISTANCE = 1  # frames: two copies need not be cut at the same point of the hop

_Landmarks = tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]
"""Hash and time (in hops) of each landmark, sorted by hash, then time."""

_HEAD = struct.Struct("<4sI")
_MAGIC = b"mlm1"
_MAX_CLIPS = 24  # a landmark that is so frequent in a collection does not identify a clip
_MIN_SHARED = 5  # shared landmarks that make a pair worth comparing


@dataclass(frozen=True, slots=True)
class DuplicatePair:
    """Two clips, by their names, whose fingerprints show the same recording.

    Attributes:
        similarity: 0 to 1.
        offset: seconds by which the second clip's sound lies later in the first one; negative for earlier.
    """

    first: str
    second: str
    similarity: float
    offset: float


def fingerprint(clip: Clip) -> bytes:
    """The landmarks of a clip, for `similarity`: about 250 bytes a second; the same bytes for the same samples."""
    frames, bins = _peaks(clip)
    hashes, times = _landmarks(frames, bins)
    return _HEAD.pack(_MAGIC, len(hashes)) + hashes.tobytes() + times.tobytes()


def similarity(one: bytes, other: bytes) -> float:
    """How much of the clip with fewer landmarks is in the other, by their fingerprints.

    Returns:
        0 to 1; symmetric; 0 where one of them has no landmarks.

    Raises:
        ValueError: one of them is no fingerprint of this version.
    """
    return _compare(_unpack(one), _unpack(other))[0]


def near_duplicates(
    fingerprints: Mapping[str, bytes], *, threshold: float = 0.1
) -> tuple[DuplicatePair, ...]:
    """The pairs of a collection of fingerprints, by clip name, that hold the same recording; the most similar first.

    Only clips that share some landmark which is rare in the collection are compared, so the work grows with
    the number of clips and not with its square. Of more than 24 copies of one sound, each is paired with at
    least one other.

    Unrelated sounds stay below a similarity of 0.02, a copy that went through MP3 or a microphone's noise above 0.2.

    Raises:
        ValueError: one of them is no fingerprint of this version.
    """
    names = list(fingerprints)
    marks = [_unpack(fingerprints[name]) for name in names]
    result = []
    for one, other in _candidates(marks):
        score, distance = _compare(marks[one], marks[other])
        if score >= threshold:
            result.append(DuplicatePair(names[one], names[other], score, distance * _HOP / _RATE))
    return tuple(sorted(result, key=lambda pair: (-pair.similarity, pair.first, pair.second)))


def _peaks(clip: Clip) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Frame and bin of each spectral peak, in order of frame, then bin."""
    samples = resample(to_mono(clip), _RATE).samples[:, 0]
    if len(samples) < _WINDOW:
        samples = np.pad(samples, (0, _WINDOW - len(samples)))
    frames = sliding_window_view(samples, _WINDOW)[::_HOP]
    # The mean is no sound, and a strong one would hide the lowest peaks.
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(_WINDOW))[:, 1:]))
    if not power.max(initial=0.0) > 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    around = _largest_around(_largest_around(power, _AROUND_FRAMES, 0), _AROUND_BINS, 1)
    audible = power > power.max() * 10 ** (-_DEPTH_DB / 10)
    result = np.nonzero((power == around) & audible)
    return result[0], result[1]


def _largest_around(values: npt.NDArray[np.floating], span: int, axis: int) -> npt.NDArray[np.floating]:
    """The largest value at most `span` elements away along one axis, of each element."""
    pads = [(span, span) if dimension == axis else (0, 0) for dimension in range(values.ndim)]
    padded = np.pad(values, pads, constant_values=-1.0)
    largest: npt.NDArray[np.floating] = sliding_window_view(padded, 2 * span + 1, axis).max(axis=-1)
    return largest


def _landmarks(frames: npt.NDArray[np.int64], bins: npt.NDArray[np.int64]) -> _Landmarks:
    """Each peak with a few that follow it."""
    hashes, times = [], []
    for first in range(len(frames)):
        last = np.searchsorted(frames, frames[first] + _LONGEST_STEP, side="right")
        later = slice(np.searchsorted(frames, frames[first], side="right"), last)
        steps, rises = frames[later] - frames[first], bins[later] - bins[first]
        near = np.flatnonzero(np.abs(rises) <= _WIDEST_STEP)[:_PAIRS_OF_PEAK]
        hashes.append((bins[first] << 12) | ((rises[near] + _WIDEST_STEP) << 5) | steps[near])
        times.append(np.full(len(near), frames[first]))
    flat = np.concatenate(hashes or [np.empty(0)]).astype("<u4")
    when = np.concatenate(times or [np.empty(0)]).astype("<u4")
    order = np.lexsort((when, flat))
    return flat[order], when[order]


def _unpack(data: bytes) -> _Landmarks:
    magic, count = _HEAD.unpack_from(data) if len(data) >= _HEAD.size else (b"", 0)
    if magic != _MAGIC or len(data) != _HEAD.size + 8 * count:
        raise ValueError("these bytes are no fingerprint of this version; make it again from the sound")
    values = np.frombuffer(data, "<u4", offset=_HEAD.size)
    return values[:count], values[count:]


def _compare(one: _Landmarks, other: _Landmarks) -> tuple[float, int]:
    """Similarity, and the distance in hops at which it is reached."""
    fewer = min(len(one[0]), len(other[0]))
    left = np.searchsorted(other[0], one[0], side="left")
    counts = np.searchsorted(other[0], one[0], side="right") - left
    if not fewer or not counts.sum():
        return 0.0, 0
    ours = np.repeat(np.arange(len(one[0])), counts)
    theirs = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts - left, counts)
    distances = one[1][ours].astype(np.int64) - other[1][theirs].astype(np.int64)
    low = distances.min()
    votes = np.convolve(np.bincount(distances - low), np.ones(2 * _SAME_DISTANCE + 1, np.int64), "same")
    best = int(votes.argmax()) + int(low)
    agree = np.abs(distances - best) <= _SAME_DISTANCE
    # Each landmark counts once on either side, so that a hum that repeats one landmark does not pile up.
    shared = min(len(np.unique(ours[agree])), len(np.unique(theirs[agree])))
    return shared / fewer, best


def _candidates(marks: list[_Landmarks]) -> Iterator[tuple[int, int]]:
    """Pairs of clips that share enough landmarks which are rare in the collection."""
    # Once a clip: repetition within a clip is no evidence for a pair.
    own = [np.unique(hashes) for hashes, _ in marks]
    hashes = np.concatenate(own or [np.empty(0, np.uint32)])
    clips = np.repeat(np.arange(len(own)), [len(each) for each in own])
    order = np.lexsort((clips, hashes))
    hashes, clips = hashes[order], clips[order]
    starts = np.flatnonzero(np.concatenate(([True], hashes[1:] != hashes[:-1]))) if len(hashes) else clips
    counts = np.diff(np.append(starts, len(hashes)))
    rare = np.repeat(counts <= _MAX_CLIPS, counts)
    pairs = []
    for step in range(1, _MAX_CLIPS):
        same = hashes[step:] == hashes[:-step]
        # Neighbours always: of a great many copies of one sound, each is still found beside the next.
        if step > 1:
            same &= rare[step:]
        pairs.append(clips[:-step][same] * len(marks) + clips[step:][same])
    coded, shared = np.unique(np.concatenate(pairs), return_counts=True)
    for code in coded[shared >= _MIN_SHARED].tolist():
        yield divmod(code, len(marks))
