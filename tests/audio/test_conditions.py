"""Control conditions take away what they say, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mmar.audio import Clip, noise, reverse, surrogate


def clip(frames: int, channels: int = 2) -> Clip:
    time = np.arange(frames) / 8000
    left = 0.4 * np.sin(2 * np.pi * 440 * time) * np.linspace(0, 1, frames)
    samples = np.stack([left, *[0.5 * left] * (channels - 1)], axis=1).astype(np.float32)
    return Clip(samples=samples, rate=8000, path=None)


def test_noise_keeps_length_channels_and_level_and_nothing_else() -> None:
    source = clip(40_000)
    hiss = noise(source, 7)
    assert hiss.samples.shape == source.samples.shape
    assert hiss.samples.dtype == np.float32
    level, audible = (np.sqrt(np.mean(np.square(one.samples, dtype=np.float64))) for one in (source, hiss))
    assert audible == pytest.approx(level, rel=0.02)
    # White: each tenth of the band has a tenth of the power, and no channel tells of another or of the clip.
    power = np.square(np.abs(np.fft.rfft(hiss.samples[:, 0].astype(np.float64))))[1:20_001]
    assert np.allclose(power.reshape(10, -1).sum(axis=1) / power.sum(), 0.1, atol=0.01)
    assert abs(np.corrcoef(hiss.samples[:, 0], hiss.samples[:, 1])[0, 1]) < 0.02
    assert abs(np.corrcoef(hiss.samples[:, 0], source.samples[:, 0])[0, 1]) < 0.02
    # The same noise for another clip of that length and level: it holds nothing of either.
    other = noise(reverse(source), 7)
    assert np.array_equal(other.samples, hiss.samples)
    assert not np.array_equal(noise(source, 8).samples, hiss.samples)


@pytest.mark.parametrize("frames", [4001, 4096])
def test_a_surrogate_keeps_level_spectrum_and_the_differences_between_channels(frames: int) -> None:
    source = clip(frames)
    hiss = surrogate(source, 7)
    assert hiss.samples.shape == source.samples.shape
    assert hiss.samples.dtype == np.float32
    spectra = [np.abs(np.fft.rfft(one.samples.astype(np.float64), axis=0)) for one in (source, hiss)]
    # The same magnitudes to within float32's rounding, so the same level (Parseval); another order in time.
    assert np.allclose(*spectra, atol=1e-3)
    assert np.allclose(hiss.samples[:, 1], 0.5 * hiss.samples[:, 0], atol=1e-6)
    assert not np.allclose(hiss.samples, source.samples, atol=0.05)
    assert np.array_equal(surrogate(source, 7).samples, hiss.samples)
    assert not np.array_equal(surrogate(source, 8).samples, hiss.samples)


@pytest.mark.parametrize("make", [noise, surrogate])
def test_controls_stay_within_full_scale_and_silence_stays_silent(make: Callable[[Clip, int], Clip]) -> None:
    pulse = np.zeros((4096, 1), np.float32)
    pulse[::64] = 1.0
    loud = np.ones((4096, 1), np.float32)
    for samples in (pulse, loud):
        assert np.max(np.abs(make(Clip(samples=samples, rate=8000, path=None), 1).samples)) <= 1.0
    assert not make(Clip(samples=np.zeros((10, 1), np.float32), rate=8000, path=None), 1).samples.any()


def test_reversing_twice_gives_the_clip_back() -> None:
    source = clip(1000)
    assert np.array_equal(reverse(source).samples, source.samples[::-1])
    assert np.array_equal(reverse(reverse(source)).samples, source.samples)
