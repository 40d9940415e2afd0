"""Integrated loudness and true peak of a clip.

Integrated loudness after ITU-R BS.1770-4: each channel passes the K-weighting (a shelf for the head and a
high pass), its power is taken in blocks of 400 ms every 100 ms, blocks below −70 LUFS and then blocks more
than 10 LU below the mean of the rest are left out, and the rest is averaged. Reference: a 997 Hz sine of full
scale in one channel is −3.01 LUFS. EBU R 128 broadcasts at −23.

True peak after Annex 2: the largest magnitude of the sound between its samples, estimated at four times the
rate. 16-bit sound can peak above full scale between two samples; a player may then distort it.

The standard defines the K-weighting for 48 kHz; for other rates its two filters are computed from the same analogue
filters (their parameters after De Man, "Evaluation of implementations of the EBU R128 loudness measurement",
AES 145, 2018). The filters are applied by fast convolution with their impulse response, which decays
within a quarter of a second to well below the resolution of the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soxr

from mmar.audio.clip import Clip

_BLOCK_S = 0.4
_STEP_S = 0.1
_ABSOLUTE_GATE = -70.0
_RELATIVE_GATE = -10.0
_RESPONSE_S = 0.25

_SURROUND = 1.41
# By number of channels, in the order of WAV files: left, right, centre, low frequencies, rear left and right.
_WEIGHTS: dict[int, tuple[float, ...]] = {
    4: (1, 1, _SURROUND, _SURROUND),
    5: (1, 1, 1, _SURROUND, _SURROUND),
    6: (1, 1, 1, 0, _SURROUND, _SURROUND),
}


@dataclass(frozen=True, slots=True)
class Loudness:
    """The loudness of a clip.

    `integrated` is in LUFS, `None` if the clip is shorter than 0.4 s or nowhere above −70; `true_peak` is in dBTP (0 is
    full scale), `None` if every sample is zero.
    """

    integrated: float | None
    true_peak: float | None


def measure_loudness(clip: Clip) -> Loudness:
    """Measure a clip's integrated loudness and true peak.

    Up to three channels count alike (mono as one channel, not as two); of four to six the rear ones count 1.41 and the
    low-frequency one not; of more, all alike.
    """
    return Loudness(integrated=_integrated(clip), true_peak=_true_peak(clip))


def k_weighting(rate: int) -> tuple[tuple[Sequence[float], Sequence[float]], ...]:
    """The two filters of the K-weighting, the shelf and the high pass, as coefficients (b, a) of z⁰, z⁻¹, z⁻²."""
    k = math.tan(math.pi * 1681.974450955533 / rate)
    q = 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf = (
        ((high + middle * k / q + k * k) / a0, 2 * (k * k - high) / a0, (high - middle * k / q + k * k) / a0),
        (1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0),
    )
    k = math.tan(math.pi * 38.13547087602444 / rate)
    q = 0.5003270373238773
    a0 = 1 + k / q + k * k
    high_pass = ((1.0, -2.0, 1.0), (1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0))
    return shelf, high_pass


def _integrated(clip: Clip) -> float | None:
    steps = int(clip.duration / _STEP_S + 1e-9)
    per_block = round(_BLOCK_S / _STEP_S)
    if steps < per_block:
        return None
    edges = np.rint(np.arange(steps + 1) * _STEP_S * clip.rate).astype(np.int64)
    weights = _WEIGHTS.get(clip.channels, (1.0,) * clip.channels)
    power = np.zeros(steps - per_block + 1)
    for channel, weight in enumerate(weights):
        if weight:
            energy = _weighted_energy(clip.samples[:, channel], clip.rate, edges)
            blocks = np.convolve(energy, np.ones(per_block), "valid")
            power += weight * blocks / (edges[per_block:] - edges[:-per_block])
    audible = power[_lufs(power) > _ABSOLUTE_GATE]
    if not audible.size:
        return None
    gate = _lufs(audible.mean(keepdims=True))[0] + _RELATIVE_GATE
    return float(_lufs(audible[_lufs(audible) > gate].mean(keepdims=True))[0])


def _lufs(power: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    # −0.691 makes up for what the K-weighting adds at 997 Hz.
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-30))


def _weighted_energy(
    samples: npt.NDArray[np.float32], rate: int, edges: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """The energy of the K-weighted channel between neighbouring edges."""
    length = 1 << max(8, math.ceil(math.log2(_RESPONSE_S * rate)))
    response = np.fft.irfft(_frequency_response(rate, length))
    size = 2 * length
    spectrum = np.fft.rfft(response, size)
    energy = np.zeros(len(edges) - 1)
    tail = np.zeros(length)
    for start in range(0, int(edges[-1]), length):
        block = samples[start : start + length].astype(np.float64)
        filtered = np.fft.irfft(np.fft.rfft(block, size) * spectrum, size)
        squared = np.square(filtered[:length] + tail)
        tail = filtered[length:]
        # Sum between the edges that fall into this stretch; the steps at its ends are completed by others.
        marks = np.clip(edges - start, 0, length)
        total = np.concatenate(([0.0], np.cumsum(squared)))
        energy += np.diff(total[marks])
    return energy


def _frequency_response(rate: int, length: int) -> npt.NDArray[np.complex128]:
    delay: npt.NDArray[np.complex128] = np.exp(-2j * np.pi * np.arange(length // 2 + 1) / length)
    response = np.ones_like(delay)
    for b, a in k_weighting(rate):
        response *= (b[0] + b[1] * delay + b[2] * delay**2) / (a[0] + a[1] * delay + a[2] * delay**2)
    return response


def _true_peak(clip: Clip) -> float | None:
    if not clip.frames:
        return None
    peak = float(np.abs(clip.samples).max())
    if peak == 0:
        return None
    # To four times 48 kHz; a rate that is higher already needs less.
    factor = 4 if clip.rate < 96_000 else 2 if clip.rate < 192_000 else 1
    if factor > 1:
        stream = soxr.ResampleStream(
            clip.rate, clip.rate * factor, clip.channels, dtype="float32", quality="HQ"
        )
        step = 1 << 17
        for start in range(0, clip.frames, step):
            part = np.ascontiguousarray(clip.samples[start : start + step])
            between = stream.resample_chunk(part, last=start + step >= clip.frames)
            peak = max(peak, float(np.abs(between).max(initial=0)))
    return 20 * math.log10(peak)
