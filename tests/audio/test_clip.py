import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from expect import raises
from mmar.audio import Clip, resample, silence, to_mono
from mmar.errors import UsageError


def sine(hertz: float, rate: int, channels: int = 1) -> Clip:
    wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(rate) / rate)
    return Clip(np.repeat(wave[:, None], channels, axis=1).astype(np.float32), rate, Path("a.wav"))


def test_mono_is_the_mean_of_all_channels() -> None:
    clip = Clip(np.array([[1.0, 0.0, -0.25], [0.5, 0.5, 0.5]], np.float32), 8000, Path("a.wav"))
    mono = to_mono(clip)
    assert mono.samples.tolist() == [[0.25], [0.5]]
    assert (mono.rate, mono.path) == (8000, Path("a.wav"))
    assert mono.samples.dtype == np.float32
    assert to_mono(mono) is mono


@pytest.mark.parametrize(("source", "target"), [(16000, 48000), (44100, 16000), (8000, 11025)])
def test_resampling_keeps_pitch_level_and_phase(source: int, target: int) -> None:
    made, wanted = resample(sine(1000, source, 2), target), sine(1000, target)
    assert made.rate == target
    assert made.channels == 2
    assert abs(made.frames - target) <= 1
    assert made.samples.dtype == np.float32
    middle = slice(target // 4, 3 * target // 4)
    assert np.abs(made.samples[middle] - wanted.samples[middle]).max() < 1e-3


def test_resampling_removes_sound_above_the_nyquist_frequency() -> None:
    made = resample(sine(7000, 16000), 8000)
    assert np.abs(made.samples[1000:7000]).max() < 1e-3


def test_the_same_rate_returns_the_same_clip_and_a_rate_of_zero_is_refused() -> None:
    clip = sine(440, 8000)
    assert resample(clip, 8000) is clip
    with raises("invalid-rate", UsageError):
        resample(clip, 0)


def test_one_channel_cut_out_of_two_can_be_resampled() -> None:
    clip = sine(440, 8000, 2)
    assert resample(Clip(clip.samples[:, :1], 8000), 16000).frames == 16000


def test_silence_keeps_length_rate_and_channels() -> None:
    clip = sine(440, 8000, 2)
    quiet = silence(clip)
    assert not quiet.samples.any()
    assert (quiet.samples.shape, quiet.rate, quiet.path) == (clip.samples.shape, clip.rate, clip.path)
    assert clip.samples.any()


def test_importing_mmar_audio_does_not_load_numpy() -> None:
    program = "import sys, mmar.audio; print(sorted({'numpy', 'soundfile', 'soxr'} & set(sys.modules)))"
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "[]"
