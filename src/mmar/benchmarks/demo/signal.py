"""Waves, noise and envelopes whose every bit is the same on every machine.

What differs between machines is avoided, not rounded away:

* numpy's and the C library's `sin`, `exp` and `pow` differ in the last bit between processors, so a sine
  is a polynomial in + and ×, each of which IEEE 754 fixes to the bit, on a phase that is counted in whole
  2⁻³² turns; the other functions are not used, and a square root is, which IEEE 754 fixes too.
* Sums of floats depend on their order, which numpy, its SIMD width and BLAS choose, so floats are only
  added element by element; running sums are of integers. No dot, convolve, sum, mean or interp.
* A multiplication and an addition inside one C expression may be fused on some processors. Between two
  calls of numpy, or two operations of Python, they cannot be.
* numpy's random streams may change between versions, so noise is splitmix64 of the sample's number.

Waves are float64 arrays of one dimension, at most about ±1; `RATE` frames a second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mmar.benchmarks.demo.dice import GOLDEN, MIX_1, MIX_2

__all__ = [
    "RATE",
    "Phase",
    "Wave",
    "band",
    "decay",
    "fade",
    "frames",
    "line",
    "noise",
    "phase",
    "phase_along",
    "sine",
    "smooth",
    "strength_of",
    "swell",
]

RATE = 16_000

Wave = npt.NDArray[np.float64]
Phase = npt.NDArray[np.int64]

_TURN = 1 << 32
_QUARTER = 1 << 30

# Taylor's series of sin(π/2·u) in odd powers of u up to the 13th; below 1e-9 off within |u| ≤ 1.
_SERIES = (
    1.5707963267948966,
    -0.6459640975062462,
    0.07969262624616703,
    -0.004681754135318687,
    0.00016044118478735982,
    -3.598843235212085e-06,
    5.692172921967926e-08,
)

# Floats are summed as whole numbers of this fine a step.
_STEP = 1 << 24


def frames(seconds: float) -> int:
    """Seconds as a whole number of frames, the nearest."""
    return int(seconds * RATE + 0.5)


def phase(count: int, hertz: float) -> Phase:
    """Phase in 2⁻³² turns of a steady tone that starts at zero.

    Args:
        count: number of frames.
        hertz: frequency.

    Returns:
        int64 of shape (count,); only its lowest 32 bits matter.
    """
    return np.arange(count, dtype=np.int64) * int(hertz * (_TURN / RATE) + 0.5)


def phase_along(hertz: Wave) -> Phase:
    """Phase in 2⁻³² turns of a tone whose frequency in Hz is given frame by frame."""
    steps = np.rint(hertz * (_TURN / RATE)).astype(np.int64)
    turns: Phase = np.cumsum(steps) - steps
    return turns


def sine(turns: Phase) -> Wave:
    """The sine of a phase in 2⁻³² turns, within −1 to 1."""
    # Folded by integers into the rising quarter and the falling one, where the series holds.
    folded = np.abs(((turns - _QUARTER) & (_TURN - 1)) - 2 * _QUARTER) - _QUARTER
    u: Wave = folded * (1.0 / _QUARTER)
    square = u * u
    total: Wave = np.full_like(u, _SERIES[-1])
    for coefficient in _SERIES[-2::-1]:
        total *= square
        total += coefficient
    total *= u
    return total


def line(points: Sequence[float], count: int) -> Wave:
    """Straight lines through evenly spaced points, the first at the first frame, the last at the end."""
    if len(points) == 1:
        return np.full(count, float(points[0]))
    spans = len(points) - 1
    place = np.arange(count, dtype=np.int64) * spans
    left = place // count
    share = (place - left * count) * (1.0 / count)
    start = np.array(points[:-1], dtype=np.float64)[left]
    rise = np.array([after - before for before, after in pairwise(points)])[left]
    made: Wave = start + rise * share
    return made


def swell(count: int) -> Wave:
    """From 0 to 1 without a corner at either end: 3u² − 2u³."""
    u = np.arange(count, dtype=np.float64) * (1.0 / max(count, 1))
    risen: Wave = u * u * (3.0 - 2.0 * u)
    return risen


def fade(count: int, attack: float = 0.01, release: float = 0.01) -> Wave:
    """An envelope of 1 that rises over `attack` seconds and falls over the last `release` seconds."""
    envelope = np.ones(count)
    up, down = min(frames(attack), count // 2), min(frames(release), count // 2)
    if up:
        envelope[:up] = swell(up)
    if down:
        envelope[count - down :] *= swell(down)[::-1]
    return envelope


def decay(count: int, power: int) -> Wave:
    """An envelope (1 − t)ᵖ that dies away like a struck thing, and is exactly 0 at the end."""
    rest = 1.0 - np.arange(count, dtype=np.float64) * (1.0 / max(count, 1))
    envelope = rest
    for _ in range(power - 1):
        envelope = envelope * rest
    return envelope


def noise(count: int, grain: int) -> Wave:
    """White noise, even between −1 and 1: splitmix64 of the frame's number."""
    word = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(GOLDEN)
    word += np.uint64(grain & ((1 << 64) - 1))
    word = (word ^ (word >> np.uint64(30))) * np.uint64(MIX_1)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(MIX_2)
    word ^= word >> np.uint64(31)
    # 53 bits fill a float64 exactly.
    return (word >> np.uint64(11)).astype(np.float64) * (2.0 / (1 << 53)) - 1.0


def smooth(wave: Wave, width: int) -> Wave:
    """The running mean over `width` frames; a low-pass with its first zero at `RATE / width` Hz."""
    whole = np.rint(wave * _STEP).astype(np.int64)
    padded = np.concatenate([np.zeros(width, dtype=np.int64), np.cumsum(whole)])
    mean: Wave = (padded[width:] - padded[:-width]) * (1.0 / (_STEP * width))
    return mean


def strength_of(wave: Wave) -> float:
    """Root mean square of a wave within ±100; the squares are summed as whole numbers."""
    whole = np.rint(wave * 4096.0).astype(np.int64)
    return math.sqrt(int((whole * whole).sum()) / len(wave)) * (1.0 / 4096.0)


def band(count: int, centre: float, width: float, grain: int) -> Wave:
    """Noise around a frequency: two slow noises on the two quadratures of a tone.

    Args:
        count: number of frames.
        centre: middle of the band in Hz.
        width: about the width of the band in Hz.
        grain: seed of the noise.

    Returns:
        Noise whose mean power does not depend on the width, about 0.2.
    """
    window = max(2, int(2 * RATE / width))
    turns = phase(count, centre)
    made = np.zeros(count)
    for quadrature in (0, 1):
        slow = smooth(smooth(noise(count, grain + quadrature), window // 2), window // 2)
        slow *= sine(turns + quadrature * _QUARTER)
        made += slow
    # A mean over w frames divides the power by w; twice over the triangle it is by 1.5·w.
    return made * (0.75 * math.sqrt(1.5 * (window // 2)))
