"""The measurements and the rules, on signals that are made here and on questions that the demo does not ask."""

import numpy as np
import pytest
import scipy.signal

from mmar.audio import Clip
from mmar.models.listener import listen
from mmar.models.listener.ear import Ear
from mmar.models.listener.formants import formants
from mmar.models.listener.onsets import longest_pause, onsets, stretches
from mmar.models.listener.pitch import semitones
from mmar.models.listener.rules.harmony import chroma, steps
from mmar.models.listener.rules.quality import flat_tops, sudden_gaps
from mmar.models.listener.words import moment_in, number_in, ordinal_in, read_question

RATE = 16000


def time(seconds: float) -> np.ndarray:
    return np.arange(int(seconds * RATE)) / RATE


def tone(hertz: float, seconds: float, harmonics: int = 1) -> np.ndarray:
    """A harmonic tone of amplitude 0.3 with 10 ms edges."""
    moments = time(seconds)
    wave = sum(np.sin(2 * np.pi * hertz * order * moments) / order for order in range(1, harmonics + 1))
    edge = np.minimum(1.0, np.minimum(moments, moments[::-1]) / 0.01)
    return 0.3 * wave * edge / harmonics**0.5


def rest(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * RATE))


def hiss(seconds: float, level: float = 0.1) -> np.ndarray:
    return np.random.default_rng(4).normal(0, level, int(seconds * RATE))


def clip(*parts: np.ndarray, right: np.ndarray | None = None, rate: int = RATE) -> Clip:
    wave = np.concatenate(parts)
    both = wave[:, None] if right is None else np.stack([wave, right], axis=1)
    return Clip(both.astype(np.float32), rate)


@pytest.mark.parametrize("hertz", [82.4, 130.8, 220.0, 440.0, 987.8, 1500.0])
@pytest.mark.parametrize("harmonics", [1, 5])
def test_pitch_is_the_fundamental(hertz: float, harmonics: int) -> None:
    heights = Ear(clip(tone(hertz, 0.6, harmonics))).pitch.between(5, 55)
    assert len(heights) >= 45
    assert np.abs(semitones(heights, hertz)).max() < 0.1


def test_noise_and_silence_have_no_pitch() -> None:
    assert len(Ear(clip(hiss(1.0))).pitch.between(0, 100)) < 5
    assert len(Ear(clip(rest(0.5))).pitch.between(0, 50)) == 0


def test_a_full_scale_sine_has_zero_decibels_in_level_and_band() -> None:
    ear = Ear(Clip(np.sin(2 * np.pi * 1000 * time(0.5)).astype(np.float32)[:, None], RATE))
    assert ear.levels[10:40] == pytest.approx(0.0, abs=0.1)
    # A Hann window spreads a sine's power over its main lobe by a factor of 1.5.
    assert ear.band(900, 1100)[10:40] == pytest.approx(10 * np.log10(1.5), abs=0.1)
    assert ear.band(3000, 4000)[10:40].max() < -60


def test_onsets_are_where_the_sounds_begin() -> None:
    starts = [0.3, 0.62, 1.1, 1.35]
    wave = rest(2.0)
    for at in starts:
        wave[int(at * RATE) :][: int(0.15 * RATE)] = tone(600, 0.15)
    found = onsets(Ear(clip(wave)).levels)
    assert len(found) == len(starts)
    assert np.abs(np.array(found) / 100 - starts).max() <= 0.03


def test_stretches_are_bridged_and_pauses_found() -> None:
    active = np.array([0, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 1, 0], bool)
    assert stretches(active, shortest=2, bridge=1) == [(1, 7)]
    assert stretches(active, shortest=1, bridge=0) == [(1, 4), (5, 7), (11, 12)]
    pause = longest_pause(
        Ear(clip(tone(300, 0.5), rest(0.1), tone(300, 0.5), rest(0.4), tone(300, 0.3))).levels
    )
    assert pause is not None
    assert pause[0] / 100 == pytest.approx(1.1, abs=0.04)
    assert pause[1] / 100 == pytest.approx(1.5, abs=0.04)
    assert longest_pause(Ear(clip(tone(300, 0.5))).levels) is None


def test_formants_are_the_poles_of_the_filter() -> None:
    resonances = [(600.0, 70.0), (1500.0, 90.0), (2600.0, 120.0)]
    poles = [
        np.exp(-np.pi * width / RATE + sign * 2j * np.pi * hertz / RATE)
        for hertz, width in resonances
        for sign in (1, -1)
    ]
    pulses = np.zeros(8000)
    pulses[::160] = 1.0
    # The throat falls by 12 dB an octave and the lips give 6 back, as the analysis assumes.
    voice = scipy.signal.lfilter(
        [1.0], np.real(np.poly(poles)), scipy.signal.lfilter([1.0], [1.0, -0.97], pulses)
    )
    found = formants(voice)
    for hertz, _ in resonances:
        assert min(abs(other - hertz) for other in found) < 0.04 * hertz


def test_pitch_classes_of_a_chord_are_its_notes() -> None:
    strengths = chroma(Ear(clip(tone(220.0, 2.0) + tone(277.18, 2.0) + tone(329.63, 2.0))))
    assert set(np.argsort(strengths)[-3:]) == {9, 1, 4}
    assert np.sort(strengths)[:-3].max() < 0.1


def test_steps_of_a_melody_are_in_semitones() -> None:
    notes = [220.0 * 2 ** (step / 12) for step in (0, 2, 4, -3, 12)]
    parts = [part for note in notes for part in (tone(note, 0.3, 3), rest(0.08))]
    assert steps(Ear(clip(rest(0.1), *parts))) == [2, 2, -7, 15]


def test_overload_and_dropouts_leave_their_marks() -> None:
    clean = tone(200, 1.0)
    assert flat_tops(Ear(clip(clean))) < 0.001
    assert flat_tops(Ear(clip(np.clip(4 * clean, -0.3, 0.3)))) > 0.5
    gap = clean.copy()
    gap[8000:8900] = 0.0
    assert sudden_gaps(Ear(clip(clean))) == 0
    assert sudden_gaps(Ear(clip(gap))) == 1


@pytest.mark.parametrize(
    ("choice", "number"),
    [
        ("4", 4),
        ("Three times", 3),
        ("Twice", 2),
        ("Five claps", 5),
        ("11", 11),
        ("20 to 30", 25),
        ("Many", None),
    ],
)
def test_numbers_are_read(choice: str, number: float | None) -> None:
    assert number_in(read_question("?", [choice]).choices[0]) == number


def test_ordinals_and_moments_are_read() -> None:
    assert [ordinal_in(text) for text in ("the third tick", "2nd", "last")] == [3, 2, None]
    moments = ("after 1.5 seconds", "00:08:00", "0:17", "at the very beginning", "8", "12th second")
    assert [moment_in(text) for text in moments] == [1.5, 8.0, 17.0, 0.0, None, 12.0]


def test_words_are_read_without_accents_and_punctuation() -> None:
    asked = read_question("Où EST-il, “là”?", ["Frère Jacques!", "It's 1.5 s."])
    assert asked.text == "ou est il la"
    assert asked.choices == ("frere jacques", "it s 1.5 s")


def heard(sound: Clip, question: str, *choices: str) -> str:
    answer = listen(sound, question, choices)
    assert answer.evidence, answer.thinking
    return answer.text


def test_it_counts() -> None:
    pips = [part for _ in range(4) for part in (tone(1000, 0.1), rest(0.25))]
    assert heard(clip(rest(0.2), *pips), "How many times did the pager beep?", "3", "4", "5") == "4"
    faint = clip(hiss(0.5, 0.001), *pips)
    assert heard(faint, "How many sounds are there?", "Two", "Three", "Four") == "Four"


def test_it_hears_sides_and_ways() -> None:
    noise = hiss(2.0)
    fading = np.linspace(1, 0.05, len(noise))
    moving = clip(noise * fading, right=noise * fading[::-1])
    assert (
        heard(moving, "How does it move?", "From right to left", "From left to right") == "From left to right"
    )
    still = clip(noise * 0.1, right=noise)
    assert (
        heard(still, "Where does the sound come from?", "The left", "The right", "The centre") == "The right"
    )


def test_it_hears_coming_and_going() -> None:
    louder = clip(hiss(2.0) * np.linspace(0.02, 1, 2 * RATE))
    assert heard(louder, "Is the train arriving or departing?", "Arriving", "Departing") == "Arriving"
    choices = ("From near to far", "From far to near", "Remain unchanged")
    assert heard(louder, "How does the motorcycle move?", *choices) == "From far to near"


def test_it_tells_mono_from_stereo() -> None:
    left, right = hiss(2.0), hiss(2.0)[::-1].copy()
    right[:RATE] = left[:RATE]
    choices = ("Stereo first, mono later", "Mono first, stereo later")
    assert heard(clip(left, right=right), "What is the order of mono and stereo?", *choices) == choices[1]


def test_it_tells_major_from_minor() -> None:
    for third, name in ((4, "Major"), (3, "Minor")):
        chord = sum(tone(196.0 * 2 ** (step / 12), 1.5, 4) for step in (0, third, 7))
        assert heard(clip(chord), "Is this chord major or minor?", "Minor", "Major") == name


def test_it_follows_pitch_loudness_and_tempo() -> None:
    moments = time(1.5)
    rising = clip(0.3 * np.sin(2 * np.pi * (300 * moments + 100 * moments**2)))
    assert heard(rising, "What does the pitch do?", "Ascends", "Descends", "Remains the same") == "Ascends"
    fading = clip(tone(300, 2.0) * np.linspace(1, 0.05, 2 * RATE))
    ways = ("It gets louder", "It gets softer", "It stays the same")
    assert heard(fading, "What happens to the dynamics?", *ways) == "It gets softer"
    beats = [part for gap in (0.15, 0.2, 0.28, 0.38, 0.5, 0.6) for part in (tone(500, 0.06), rest(gap))]
    paces = ("Tempo speeds up", "Tempo slows down", "Tempo unchanged")
    assert heard(clip(*beats), "How does the tempo change?", *paces) == "Tempo slows down"


def test_it_compares_two_parts() -> None:
    parts = clip(tone(300, 0.8), rest(0.4), 0.2 * tone(450, 0.8))
    assert (
        heard(parts, "Which segment is louder?", "First segment", "Second segment", "Same") == "First segment"
    )
    assert heard(parts, "Which segment is higher?", "The former", "The latter") == "The latter"


def test_it_finds_the_moment_at_which_something_starts() -> None:
    late = clip(hiss(2.0, 0.01), tone(500, 1.5, 5) + hiss(1.5, 0.01))
    assert (
        heard(late, "At which second does the music start?", "1 second", "2 seconds", "3 seconds")
        == "2 seconds"
    )


def test_other_rates_are_heard_as_well() -> None:
    moments = np.arange(66150) / 44100
    wave = (0.3 * np.sin(2 * np.pi * (900 * moments - 200 * moments**2))).astype(np.float32)
    falling = Clip(wave[:, None], 44100)
    assert heard(falling, "How does the pitch change?", "It rises", "It falls") == "It falls"
