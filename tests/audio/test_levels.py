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


def test_a_full_scale_sine_has_peak_0() -> None:
    levels = measure_levels(clip(sine(1.0)))
    assert levels.peak == pytest.approx(0, abs=1e-6)
    assert not levels.silent


def test_digital_silence_has_no_level() -> None:
    levels = measure_levels(clip(np.zeros(RATE), np.zeros(RATE)))
    assert (levels.peak, levels.silent) == (None, True)


def test_a_clip_below_60_db_under_full_scale_is_silent() -> None:
    quiet = 10 ** (-61 / 20) * np.ones(RATE)
    assert measure_levels(clip(quiet)).silent
    assert not measure_levels(clip(1.3 * quiet)).silent


def test_sound_on_one_channel_only_is_not_silent() -> None:
    assert not measure_levels(clip(np.zeros(RATE), sine(0.5))).silent


def test_clipping_is_a_run_and_not_a_peak() -> None:
    samples = np.zeros(100)
    samples[[10, 20, 21]] = 1.0  # one sample, two samples: peaks
    assert measure_levels(clip(samples)).clipped_runs == 0
    samples[30:35] = 1.0
    samples[35:38] = -1.0
    levels = measure_levels(clip(samples, np.zeros(100)))
    assert (levels.clipped_runs, levels.clipped_samples) == (2, 8)


def test_a_clipped_sine_counts_and_a_loud_one_does_not() -> None:
    assert measure_levels(clip(np.clip(sine(1.5), -1, 1))).clipped_runs == 500
    assert measure_levels(clip(sine(0.99))).clipped_runs == 0


def test_a_clip_without_frames_has_no_level() -> None:
    with pytest.raises(ValueError):
        measure_levels(Clip(np.zeros((0, 1), np.float32), RATE))
