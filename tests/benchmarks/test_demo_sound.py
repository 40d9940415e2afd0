"""Whether the clips are what their questions say, measured by means that made none of them."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest

from mmar.benchmarks.demo import AUDIO_SHA256, METADATA_SHA256, records, sheets
from mmar.benchmarks.demo.events import Event, Hit, Note, Overload, Sheet, Speech, Texture
from mmar.benchmarks.demo.pitches import hertz
from mmar.benchmarks.demo.render import render
from mmar.benchmarks.demo.scene import Draw
from mmar.benchmarks.demo.scenes import (
    mix_sound_speech,
    music_theory,
    sound_events,
    sound_signal,
    speech_melody,
)
from mmar.benchmarks.demo.signal import RATE
from mmar.benchmarks.demo.tunes import SCALES, TUNES


def played(*events: Event, length: float = 1.5, channels: int = 1) -> np.ndarray:
    return render(Sheet(length, events, channels=channels)) / 32768


def peaks(wave: np.ndarray, number: int, low: float = 40.0) -> list[float]:
    """The strongest local maxima of the spectrum above `low` Hz."""
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 8 * len(wave)))
    where = np.fft.rfftfreq(8 * len(wave), 1 / RATE)
    tops = np.flatnonzero((power[1:-1] > power[:-2]) & (power[1:-1] > power[2:])) + 1
    tops = tops[where[tops] > low]
    return sorted(where[tops[np.argsort(power[tops])[-number:]]].tolist())


def scene_with(maker: object, answer: str) -> object:
    """The first scene of a kind, over the seeds, that has this answer."""
    for seed in range(60):
        made = maker(Draw.of(seed, maker.__name__, 0))  # type: ignore[operator]
        if made.answer == answer:
            return made
    raise AssertionError(f"{maker} never has the answer {answer}")


def test_all_clips_are_short_sound_and_none_clips_by_accident() -> None:
    for item_id, sheet in sheets().items():
        pcm = render(sheet)
        assert 1.0 <= len(pcm) / RATE <= 4.0, item_id
        assert pcm.shape[1] == sheet.channels
        assert np.sqrt(np.mean((pcm / 32768) ** 2)) > 0.01, item_id
        assert abs(int(pcm[0].max())) <= 64, item_id
        assert abs(int(pcm[-1].max())) <= 64, item_id
        if not any(isinstance(change, Overload) for change in sheet.changes):
            assert np.abs(pcm.astype(int)).max() < 32767, item_id


def test_together_they_are_small() -> None:
    assert sum(sheet.length * sheet.channels * RATE * 2 for sheet in sheets().values()) < 12e6


@pytest.mark.parametrize("midi", [48, 60, 72])
@pytest.mark.parametrize("timbre", ["sine", "flute", "pluck", "organ"])
def test_an_instrument_sounds_the_note(timbre: str, midi: int) -> None:
    wave = played(Event(Note(timbre, hertz(midi)), 0.0, 1.4))[:, 0]
    assert peaks(wave, 1)[0] == pytest.approx(hertz(midi), rel=0.01)


# The two lowest resonances of men's vowels in Hz, from Peterson & Barney 1952.
@pytest.mark.parametrize(
    ("vowel", "first", "second"), [("ah", 730, 1090), ("ee", 270, 2290), ("eh", 530, 1840), ("oo", 300, 870)]
)
def test_a_vowel_has_its_resonances(vowel: str, first: int, second: int) -> None:
    # A low, steady voice shows the envelope well: its harmonics stand 60 Hz apart.
    voice = Speech("man", (vowel,), (1.0,), pitch=60.0, steady=True)
    wave = played(Event(voice, 0.1, 1.3))[:, 0]
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
    step = RATE / len(wave)
    harmonics = np.array(
        [power[int((60 * k - 20) / step) : int((60 * k + 20) / step)].max() for k in range(2, 60)]
    )
    # The lips' and the throat's slope is taken off, so that the peaks are those of the mouth.
    levels = 20 * np.log10(harmonics * np.arange(2, 60))
    tops = [60.0 * (at + 3) for at in range(len(levels) - 2) if levels[at] < levels[at + 1] > levels[at + 2]]
    assert min(abs(top - first) for top in tops) <= 60
    assert min(abs(top - second) for top in tops) <= 90


def test_a_man_a_woman_and_a_child_speak_at_their_heights() -> None:
    for person, low, high in (("man", 90, 150), ("woman", 180, 250), ("child", 260, 330)):
        wave = played(Event(Speech(person, ("ah",)), 0.1, 1.2))[4000:16000, 0]
        similarity = np.correlate(wave, wave, "full")[len(wave) - 1 :]
        lag = 30 + int(np.argmax(similarity[30:200]))
        assert low < RATE / lag < high


def test_a_key_sounds_its_two_tones() -> None:
    keys = {"1": (697, 1209), "5": (770, 1336), "9": (852, 1477), "0": (941, 1336)}
    for key, tones in keys.items():
        made = scene_with(sound_signal.keypad, f"Key {key}")
        assert peaks(render(made.sheet)[:, 0] / 32768, 2) == pytest.approx(tones, rel=0.005)


def test_what_moves_to_the_right_is_louder_on_the_right_at_last() -> None:
    pcm = render(scene_with(sound_signal.motion, "From left to right").sheet).astype(float)
    first, last = (np.sqrt(np.mean(part**2, axis=0)) for part in (pcm[2000:8000], pcm[-8000:-2000]))
    assert first[0] > 2 * first[1]
    assert last[1] > 2 * last[0]


def test_mono_is_equal_in_both_channels_and_stereo_is_not() -> None:
    pcm = render(scene_with(sound_signal.width, "Mono first, stereo later").sheet).astype(float)
    half = len(pcm) // 2
    assert np.array_equal(pcm[:half, 0], pcm[:half, 1])
    assert abs(np.corrcoef(pcm[half + 2000 : -2000].T)[0, 1]) < 0.1


def test_there_are_as_many_beeps_and_knocks_as_the_answer_says() -> None:
    for turn in range(3):
        made = sound_events.beep_count(Draw.of(0, "beep-count", turn))
        assert sum(isinstance(event.source, Note) for event in made.sheet.events) == int(made.answer)
    made = sound_events.knock_count(Draw.of(0, "knock-count", 0))
    knocks = sum(event.source == Hit("knock") for event in made.sheet.events)
    assert made.answer == {2: "Two", 3: "Three", 4: "Four", 5: "Five"}[knocks] + " knocks"


def test_beeps_can_be_counted_in_the_sound_itself() -> None:
    made = sound_events.beep_count(Draw.of(0, "beep-count", 0))
    wave = np.abs(render(made.sheet)[:, 0]).astype(float)
    loud = np.convolve(wave, np.ones(160) / 160, "same") > 2000
    assert int(np.sum(np.diff(loud.astype(int)) == 1)) == int(made.answer)


def test_the_late_tick_is_the_one_named() -> None:
    made = sound_events.late_tick(Draw.of(0, "late-tick", 0))
    starts = [event.at for event in made.sheet.events]
    gaps = np.diff(starts)
    names = ["second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"]
    assert made.answer == f"The {names[int(np.argmax(gaps))]} tick"


def test_the_rings_come_before_the_voice() -> None:
    for turn in range(3):
        made = mix_sound_speech.rings(Draw.of(0, "rings", turn))
        voice = next(event.at for event in made.sheet.events if isinstance(event.source, Speech))
        rings = sum(event.source == Hit("ring") and event.at < voice for event in made.sheet.events)
        assert made.answer == {2: "Twice", 3: "Three times", 4: "Four times", 5: "Five times"}[rings]


def test_a_question_ends_higher_than_a_statement() -> None:
    for answer, rises in (("Asking a question", True), ("Making a statement", False)):
        voice = scene_with(speech_melody.intonation, answer).sheet.events[0].source
        assert (voice.tune[-1] > max(voice.tune[:-1])) is rises


def test_scales_have_the_steps_of_their_definitions() -> None:
    assert np.diff(SCALES["Major scale"]).tolist() == [2, 2, 1, 2, 2, 2, 1]
    assert np.diff(SCALES["Natural minor scale"]).tolist() == [2, 1, 2, 2, 1, 2, 2]
    assert set(np.diff(SCALES["Whole-tone scale"]).tolist()) == {2}
    assert set(np.diff(SCALES["Chromatic scale"]).tolist()) == {1}
    assert np.diff(SCALES["Major pentatonic scale"]).tolist() == [2, 2, 3, 2, 3]


def test_every_tune_has_sixteen_beats() -> None:
    assert {sum(beats for _, beats in notes) for notes in TUNES.values()} == {16}


def test_a_triad_is_heard_at_its_three_notes() -> None:
    made = scene_with(music_theory.chord_quality, "Minor")
    chord = render(made.sheet)[int(1.5 * RATE) : int(2.4 * RATE), 0] / 32768
    found = peaks(chord, 3)
    intervals = sorted(round(12 * math.log2(other / found[0])) for other in found[1:])
    assert intervals == [3, 7]


def test_surroundings_sound_bright_or_dark_as_they_should() -> None:
    def centre(kind: str) -> float:
        wave = played(Event(Texture(kind, 5), 0.0, 1.5))[:, 0]
        power = np.abs(np.fft.rfft(wave)) ** 2
        return float(np.sum(power * np.fft.rfftfreq(len(wave), 1 / RATE)) / np.sum(power))

    assert centre("engine") < 400 < centre("siren") < 1700
    assert centre("wind") < 700
    assert 2500 < centre("birds") < 5500
    assert centre("rain") > 3000


def test_seed_zero_is_what_its_digests_say_without_the_processors_vector_units() -> None:
    # The digests were made with all of them: any operation whose last bit depends on them would show here.
    program = (
        "import hashlib, json\n"
        "from mmar.benchmarks.demo.assembly import clips, metadata_bytes\n"
        "audio = hashlib.sha256()\n"
        "for _, content in clips(0):\n"
        "    audio.update(content)\n"
        "print(hashlib.sha256(metadata_bytes(0)).hexdigest(), audio.hexdigest())\n"
    )
    try:
        from numpy._core import _multiarray_umath as core
    except ImportError:
        from numpy.core import _multiarray_umath as core
    units = " ".join(name for name in core.__cpu_dispatch__ if core.__cpu_features__.get(name))
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "NPY_DISABLE_CPU_FEATURES": units},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == [METADATA_SHA256, AUDIO_SHA256]


def test_every_item_has_a_sheet() -> None:
    assert list(sheets(2)) == [item["id"] for item in records(2)]
