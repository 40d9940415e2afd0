import math

import numpy as np
import pytest

from mmar.audio import Clip
from mmar.audio.levels import measure_levels

RATE = 8000


def sine(amplitude: float, seconds: float = 1.0, frequency: float = 250.0) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE)).astype(
        np.float32
    )


def clip(*channels: np.ndarray) -> Clip:
    return Clip(np.stack(channels, axis=1).astype(np.float32), RATE)


def test_a_full_scale_sine_has_peak_0_and_rms_minus_3() -> None:
    levels = measure_levels(clip(sine(1.0)))
    assert levels.peak == pytest.approx(0, abs=1e-6)
    assert levels.rms == pytest.approx(20 * math.log10(math.sqrt(0.5)), abs=1e-4)
    assert levels.offset == pytest.approx(0, abs=1e-6)
    assert not levels.silent
    assert levels.silent_share == 0


def test_digital_silence_has_no_level_and_is_silent_throughout() -> None:
    levels = measure_levels(clip(np.zeros(RATE), np.zeros(RATE)))
    assert (levels.peak, levels.rms, levels.silent, levels.equal_channels) == (None, None, True, True)
    assert levels.leading_silence == levels.trailing_silence == 1


def test_silence_before_and_after_is_measured_to_the_window() -> None:
    quiet = 10 ** (-61 / 20) * np.ones(RATE)
    assert measure_levels(clip(1.3 * quiet)).silent is False
    levels = measure_levels(clip(np.concatenate([quiet[:4100], sine(0.5), quiet[:2000]])))
    assert (levels.leading_silence, levels.trailing_silence) == (0.5, 0.2425)  # windows of 20 ms
    assert levels.silent_share == pytest.approx((0.5 + 0.2425) / 1.7625, abs=0.01)


def test_sound_on_one_channel_only_is_no_silence() -> None:
    levels = measure_levels(clip(np.zeros(RATE), sine(0.5)))
    assert levels.silent_share == 0
    assert not levels.equal_channels


def test_clipping_is_a_run_and_not_a_peak() -> None:
    samples = np.zeros(100)
    samples[[10, 20, 21]] = 1.0  # one sample, two samples: peaks
    assert measure_levels(clip(samples)).clipped_runs == 0
    samples[30:35] = 1.0
    samples[35:38] = -1.0
    levels = measure_levels(clip(samples, np.zeros(100)))
    assert (levels.clipped_runs, levels.clipped_samples) == (2, 8)


def test_a_clipped_sine_is_found_and_a_loud_one_is_not() -> None:
    assert measure_levels(clip(np.clip(sine(1.5), -1, 1))).clipped_runs == 500
    assert measure_levels(clip(sine(0.99))).clipped_runs == 0


def test_an_offset_is_that_of_the_channel_farthest_from_zero() -> None:
    assert measure_levels(clip(np.full(100, 0.25), np.full(100, -0.5))).offset == -0.5


def test_no_frames_have_no_level() -> None:
    with pytest.raises(ValueError):
        measure_levels(Clip(np.zeros((0, 1), np.float32), RATE))
