import itertools

import numpy as np
import pytest

from mmar.benchmarks.demo.dice import Dice
from mmar.benchmarks.demo.pitches import hertz, semitones
from mmar.benchmarks.demo.signal import (
    RATE,
    band,
    decay,
    fade,
    frames,
    line,
    noise,
    phase,
    phase_along,
    sine,
    smooth,
    strength_of,
    swell,
)


def spectrum(wave: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)))) ** 2
    return np.fft.rfftfreq(len(wave), 1 / RATE), power


def test_dice_are_splitmix64() -> None:
    # The published outputs of the reference implementation for the seed 1234567.
    dice = Dice(0, "any")
    dice._state = 1234567
    assert [dice.bits() for _ in range(5)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_noise_is_the_same_generator_frame_by_frame() -> None:
    dice = Dice(0, "any")
    dice._state = 77
    expected = [(dice.bits() >> 11) * 2.0 / (1 << 53) - 1.0 for _ in range(100)]
    assert noise(100, 77).tolist() == expected


def test_draws_are_even_and_labels_are_independent() -> None:
    dice = Dice(5, "draws")
    counts = np.bincount([dice.below(6) for _ in range(6000)], minlength=6)
    assert counts.min() > 880
    assert counts.max() < 1120
    orders = [tuple(Dice(seed, "order").shuffled("abc")) for seed in range(600)]
    assert set(orders) == set(itertools.permutations("abc"))
    assert Dice(1, "a").bits() != Dice(1, "b").bits() != Dice(2, "b").bits()


def test_sine_is_the_sine() -> None:
    turns = np.concatenate([np.arange(0, 1 << 33, 99_991, dtype=np.int64), [1 << 30, 1 << 31, 3 << 30]])
    assert np.abs(sine(turns) - np.sin(2 * np.pi * turns / 2**32)).max() < 1e-8
    assert sine(np.array([0, 1 << 31], dtype=np.int64)).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("pitch", [55.0, 440.0, 3333.3])
def test_a_tone_has_its_frequency(pitch: float) -> None:
    where, power = spectrum(sine(phase(RATE, pitch)))
    assert abs(where[power.argmax()] - pitch) <= 0.5
    assert np.abs(sine(phase(500, pitch)) - np.sin(2 * np.pi * pitch * np.arange(500) / RATE)).max() < 1e-5


def test_a_glide_counts_its_turns() -> None:
    # The phase of a straight glide is the integral of its frequency.
    turns = phase_along(line((200.0, 800.0), RATE)) / 2**32
    time = np.arange(RATE) / RATE
    assert np.abs(turns - (200 * time + 300 * time**2)).max() < 0.03


def test_lines_go_through_their_points() -> None:
    assert line((1.0, 3.0, 2.0), 8).tolist() == [1.0, 1.5, 2.0, 2.5, 3.0, 2.75, 2.5, 2.25]
    assert line((0.5,), 3).tolist() == [0.5, 0.5, 0.5]


def test_envelopes_begin_and_end_without_a_click() -> None:
    envelope = fade(1600, 0.02, 0.03)
    assert envelope[0] == 0.0
    assert envelope[-1] == 0.0
    assert envelope[320:1119].min() == envelope.max() == 1.0
    assert np.abs(np.diff(envelope)).max() < 0.01
    assert decay(100, 3)[0] == 1.0
    assert decay(100, 3)[-1] == pytest.approx(1e-6)
    assert swell(4).tolist() == [0.0, 0.15625, 0.5, 0.84375]


def test_smoothing_is_the_running_mean() -> None:
    wave = noise(500, 3)
    assert np.abs(smooth(wave, 7) - np.convolve(wave, np.ones(7) / 7)[:500]).max() < 1e-6


def test_noise_is_white_and_a_band_is_a_band() -> None:
    assert abs(noise(50_000, 1).mean()) < 0.01
    assert noise(50_000, 1).var() == pytest.approx(1 / 3, rel=0.02)
    where, power = spectrum(band(4 * RATE, 1000.0, 300.0, 9))
    assert power[(where > 700) & (where < 1300)].sum() / power.sum() > 0.95
    narrow, wide = (strength_of(band(4 * RATE, 2000.0, width, 9)) for width in (200.0, 1500.0))
    assert narrow == pytest.approx(wide, rel=0.2)


def test_strength_is_the_root_mean_square() -> None:
    wave = 3.0 * noise(9000, 4)
    assert strength_of(wave) == pytest.approx(np.sqrt(np.mean(wave**2)), rel=1e-4)


def test_pitches_are_equal_tempered() -> None:
    for note in range(21, 109):
        assert hertz(note) == pytest.approx(440 * 2 ** ((note - 69) / 12), rel=1e-12)
    assert semitones(-12) == 0.5
    assert frames(0.25) == 4000
