"""Control conditions take away what they say, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from mmar.audio import Clip, noise, reverse


def clip(frames: int, channels: int = 2) -> Clip:
    time = np.arange(frames) / 8000
    left = 0.4 * np.sin(2 * np.pi * 440 * time) * np.linspace(0, 1, frames)
    samples = np.stack([left, *[0.5 * left] * (channels - 1)], axis=1).astype(np.float32)
    return Clip(samples=samples, rate=8000, path=None)


@pytest.mark.parametrize("frames", [4001, 4096])
def test_noise_keeps_level_spectrum_and_the_differences_between_channels(frames: int) -> None:
    source = clip(frames)
    hiss = noise(source, 7)
    assert hiss.samples.shape == source.samples.shape
    assert hiss.samples.dtype == np.float32
    spectra = [np.abs(np.fft.rfft(one.samples.astype(np.float64), axis=0)) for one in (source, hiss)]
    # The same magnitudes to within float32's rounding, so the same level (Parseval); another order in time.
    assert np.allclose(*spectra, atol=1e-3)
    assert np.allclose(hiss.samples[:, 1], 0.5 * hiss.samples[:, 0], atol=1e-6)
    assert not np.allclose(hiss.samples, source.samples, atol=0.05)
    assert np.array_equal(noise(source, 7).samples, hiss.samples)
    assert not np.array_equal(noise(source, 8).samples, hiss.samples)


def test_noise_never_passes_full_scale_and_silence_stays_silent() -> None:
    pulse = np.zeros((4096, 1), np.float32)
    pulse[::64] = 1.0
    assert np.max(np.abs(noise(Clip(samples=pulse, rate=8000, path=None), 1).samples)) <= 1.0
    assert not noise(Clip(samples=np.zeros((10, 1), np.float32), rate=8000, path=None), 1).samples.any()


def test_reversing_twice_is_nothing() -> None:
    source = clip(1000)
    assert np.array_equal(reverse(source).samples, source.samples[::-1])
    assert np.array_equal(reverse(reverse(source)).samples, source.samples)
