import io

import numpy as np
import pytest
import soundfile

from mmar.audio import Clip, resample
from mmar.audio.fingerprint import fingerprint, near_duplicates, similarity

RATE = 16000


def melody(seed: int, seconds: float = 8, rate: int = RATE) -> Clip:
    """Plucked notes at random times and pitches over a little noise."""
    random = np.random.Generator(np.random.PCG64(seed))
    time = np.arange(int(rate * seconds)) / rate
    sound = random.normal(0, 0.003, len(time))
    onset = 0.0
    while onset < seconds:
        pitch = 110 * 2 ** (random.integers(0, 48) / 12)
        note = (time >= onset) & (time < onset + random.uniform(0.1, 0.6))
        since = time[note] - onset
        for overtone in range(1, 5):
            sound[note] += np.sin(2 * np.pi * pitch * overtone * since) * np.exp(-5 * since) / overtone
        onset += random.uniform(0.08, 0.35)
    return Clip((0.8 * sound / np.abs(sound).max()).astype(np.float32)[:, None], rate)


def rustle(seed: int, seconds: int = 8) -> Clip:
    """Noise whose loudness changes eight times a second."""
    random = np.random.Generator(np.random.PCG64(seed))
    loudness = np.repeat(random.uniform(0, 1, seconds * 8) ** 2, RATE // 8)
    return Clip((0.2 * loudness * random.normal(0, 1, len(loudness))).astype(np.float32)[:, None], RATE)


def through(clip: Clip, form: str, coding: str) -> Clip:
    buffer = io.BytesIO()
    soundfile.write(buffer, clip.samples, clip.rate, format=form, subtype=coding)
    buffer.seek(0)
    samples, rate = soundfile.read(buffer, dtype="float32", always_2d=True)
    return Clip(samples, rate)


@pytest.mark.parametrize("make", [melody, rustle])
def test_copies_are_recognised_after_changes_of_level_rate_channels_format_noise_and_length(make) -> None:
    clip = make(1)
    marks = fingerprint(clip)
    noise = np.random.Generator(np.random.PCG64(5)).normal(0, 1, clip.samples.shape).astype(np.float32)
    hiss = noise * np.float32(0.1) * np.sqrt(np.square(clip.samples).mean())
    assert similarity(marks, fingerprint(clip)) == 1
    assert similarity(marks, fingerprint(Clip(clip.samples * np.float32(0.1), RATE))) > 0.95
    assert similarity(marks, fingerprint(Clip(np.repeat(clip.samples, 2, axis=1), RATE))) > 0.95
    assert similarity(marks, fingerprint(resample(clip, 44100))) > 0.9
    assert similarity(marks, fingerprint(Clip(clip.samples + hiss, RATE))) > 0.4
    assert similarity(marks, fingerprint(through(clip, "MP3", "MPEG_LAYER_III"))) > 0.2
    assert similarity(marks, fingerprint(through(clip, "OGG", "VORBIS"))) > 0.2
    # Half a hop off is the worst place to cut.
    assert similarity(marks, fingerprint(Clip(clip.samples[RATE * 2 + 256 :], RATE))) > 0.15


def test_other_sounds_are_far_below_the_threshold() -> None:
    clips = [melody(seed) for seed in range(12)] + [rustle(seed) for seed in range(12)]
    marks = [fingerprint(clip) for clip in clips]
    largest = max(similarity(a, b) for index, a in enumerate(marks) for b in marks[:index])
    assert largest < 0.03
    assert near_duplicates({str(index): data for index, data in enumerate(marks)}) == ()


def test_a_collection_names_its_copies_with_the_distance_between_them() -> None:
    clips = {f"melody {seed}": melody(seed) for seed in range(8)}
    clips["late"] = Clip(clips["melody 3"].samples[int(2.5 * RATE) :], RATE)
    (pair,) = near_duplicates({name: fingerprint(clip) for name, clip in clips.items()})
    assert (pair.first, pair.second) == ("melody 3", "late")
    assert pair.offset == pytest.approx(2.5, abs=0.05)
    assert pair.similarity == similarity(fingerprint(clips["melody 3"]), fingerprint(clips["late"]))


def test_every_one_of_many_copies_is_paired() -> None:
    marks = {str(index): fingerprint(melody(1, 4)) for index in range(2)}
    marks |= {str(index): marks["0"] for index in range(2, 40)}
    pairs = near_duplicates(marks)
    assert {name for pair in pairs for name in (pair.first, pair.second)} == set(marks)


def test_similarity_is_symmetric() -> None:
    one, other = fingerprint(melody(1)), fingerprint(Clip(melody(1).samples[RATE:], RATE))
    assert similarity(one, other) == similarity(other, one) > 0.3


def test_silence_and_very_short_sounds_are_similar_to_nothing() -> None:
    silence = fingerprint(Clip(np.zeros((RATE, 1), np.float32), RATE))
    assert similarity(silence, silence) == 0
    assert similarity(fingerprint(Clip(np.ones((3, 1), np.float32), RATE)), silence) == 0
    assert near_duplicates({}) == ()
    assert near_duplicates({"a": silence, "b": silence}) == ()


def test_bytes_that_are_not_a_fingerprint_are_refused() -> None:
    marks = fingerprint(melody(1, 2))
    for data in (b"", b"mlm0" + marks[4:], marks[:-1], marks + b"\0"):
        with pytest.raises(ValueError):
            similarity(marks, data)
