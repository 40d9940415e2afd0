"""Questions about mixes of sound, music and speech."""

from __future__ import annotations

import numpy as np

from mmar.benchmarks.demo.single import CHORDS, PERSONS, PLACES, QuestionTemplate, questions_about
from mmar.benchmarks.demo.sounds import Wave, ambience, chord, event, melody, mix, speak, tone

Rng = np.random.Generator
_sound_speech, _music_speech = questions_about("mix-sound-speech"), questions_about("mix-music-speech")
_sound_music, _all_three = questions_about("mix-sound-music"), questions_about("mix-sound-music-speech")

_TIMES = {"Once": 1, "Twice": 2, "Three times": 3, "Four times": 4, "Five times": 5}


def _accompaniment(seconds: float, rng: Rng) -> Wave:
    """A soft arpeggio in some key."""
    notes = int(rng.integers(45, 52)) + rng.permutation([0, 7, 12, 16, 19, 7])
    return melody(np.tile(notes, 3)[: int(seconds / 0.3)], 0.3)


@_sound_speech("Counting and Statistics", "How often does it ring before the answer?", *_TIMES, clips=3)
def _rings(answer: str, rng: Rng) -> tuple[Wave, str]:
    number = _TIMES[answer]
    rings = [(0.2 + 0.85 * index, 0.3 * event("telephone", rng)) for index in range(number)]
    voice = speak("woman", ["eh", "oo"], 0.9, rng, tune=(0.95, 1.0, 1.3))
    wave = mix(1.4 + 0.85 * number, [*rings, (0.3 + 0.85 * number, 0.5 * voice)])
    return wave, f"The telephone rings {answer.lower()}, and then a woman speaks."


@_sound_speech("Environmental Perception and Reasoning", "Where is the speaker?", *PLACES, clips=3, choices=4)
def _behind(answer: str, rng: Rng) -> tuple[Wave, str]:
    voice = speak("man", ["ah", "eh", "oo"], 1.2, rng)
    wave = mix(3.5, [(0.0, 0.25 * ambience(PLACES[answer], 3.5, rng)), (1.6, 0.35 * voice)])
    return wave, f"Behind the voice there is the sound of {PLACES[answer]}."


@_music_speech("Speaker Analysis", "Who sings to the guitar?", *PERSONS, clips=3)
def _singer(answer: str, rng: Rng) -> tuple[Wave, str]:
    voice = speak(PERSONS[answer], ["ah", "oo", "ah"], 1.8, rng, tune=(1.0, 1.12, 1.0), joined=True)
    wave = mix(3.0, [(0.0, 0.2 * _accompaniment(2.5, rng)), (0.7, 0.5 * voice)])
    return wave, f"The voice over the guitar has the height of that of {answer.lower()}."


@_music_speech("Temporal Analysis", "After how many seconds is there a voice?", "1", "2", "3", "4", clips=3)
def _entry(answer: str, rng: Rng) -> tuple[Wave, str]:
    voice = speak("woman", ["ah", "eh", "ah"], 1.3, rng)
    wave = mix(5.5, [(0.0, 0.08 * _accompaniment(5.0, rng)), (float(answer), 0.6 * voice)])
    return wave, f"Soft music plays alone until the voice enters after {answer} s."


@_music_speech("Music Theory", "Which chord lies under the voice?", "Major", "Minor")
def _chord_behind(answer: str, rng: Rng) -> tuple[Wave, str]:
    music = chord(int(rng.integers(60, 67)) + np.array(CHORDS[answer]), 3.4)
    wave = mix(3.4, [(0.0, 0.6 * music), (1.6, 0.25 * speak("man", ["ah", "oo"], 1.0, rng))])
    return wave, f"The organ holds a {answer.lower()} chord while a man speaks."


@_sound_music("Counting and Statistics", "How often does the alarm beep?", *_TIMES, clips=3)
def _alarm(answer: str, rng: Rng) -> tuple[Wave, str]:
    starts = 0.1 + np.cumsum(rng.uniform(0.5, 0.7, _TIMES[answer]))
    beeps = [(start, 0.25 * tone(2100, 0.15)) for start in starts]
    wave = mix(4.2, [(0.0, 0.3 * _accompaniment(3.7, rng)), *beeps])
    return wave, f"High beeps sound {answer.lower()} over the guitar."


@_sound_music(
    "Temporal Analysis", "After how many seconds does the music start?", "1", "2", "3", "4", clips=3
)
def _start(answer: str, rng: Rng) -> tuple[Wave, str]:
    rain, music = 0.05 * ambience("rain", 5.5, rng), 0.6 * _accompaniment(2.0, rng)
    wave = mix(5.5, [(0.0, rain), (float(answer), music)])
    return wave, f"There is only rain until the music starts after {answer} s."


@_all_three("Counting and Statistics", "How many knocks come before the voice?", "2", "3", "4", "5")
def _door(answer: str, rng: Rng) -> tuple[Wave, str]:
    end = 0.4 + 0.45 * int(answer)
    knocks = [(0.3 + 0.45 * index, 0.6 * event("knock", rng)) for index in range(int(answer))]
    voice = speak("woman", ["eh", "oo"], 0.9, rng)
    music = 0.06 * chord((60, 64, 67), end + 1.2, "flute")
    wave = mix(end + 1.2, [(0.0, music), *knocks, (end, 0.4 * voice)])
    return wave, f"Over a soft chord there are {answer} dull knocks, and then a woman speaks."


@_all_three("Speaker Analysis", "Music plays and a telephone rings. Who takes the call?", *PERSONS, clips=3)
def _caller(answer: str, rng: Rng) -> tuple[Wave, str]:
    voice = speak(PERSONS[answer], ["ah", "ee", "ah"], 1.4, rng)
    music = (0.0, 0.12 * _accompaniment(2.6, rng))
    wave = mix(3.2, [music, (0.2, 0.3 * event("telephone", rng)), (1.2, 0.5 * voice)])
    return wave, f"After the ring, the voice has the height of that of {answer.lower()}."


@_all_three("Correlation Analysis", "What stops at the bell?", "The music", "The clock", "Neither")
def _stops(answer: str, rng: Rng) -> tuple[Wave, str]:
    count = 4 if "clock" in answer else 10
    ticks = [(0.15 + 0.4 * index, 0.4 * event("tick", rng)) for index in range(count)]
    music = (0.0, 0.3 * _accompaniment(1.5 if "music" in answer else 4.0, rng))
    voice = (3.0, 0.4 * speak("man", ["ah"], 0.7, rng))
    wave = mix(4.2, [*ticks, music, (1.7, 0.35 * event("bell", rng)), voice])
    return wave, f"What is no longer heard after the bell: {answer.lower()}."


KINDS = tuple(each for each in vars().values() if isinstance(each, QuestionTemplate))
"""All questions above, in their order."""
