"""Questions about sounds alone, music alone and speech alone.

Each function makes a clip for which the given answer is right, and says what can be heard in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmar.benchmarks.demo.sounds import (
    RATE,
    Wave,
    ambience,
    chord,
    event,
    filtered_noise,
    mains_hum,
    melody,
    mix,
    note,
    pan,
    speak,
    tone,
)

Make = Callable[[str, np.random.Generator], tuple[Wave, str]]
"""From an answer to a clip for which it is right, and a sentence that says what can be heard in it."""

_LAYERS = {
    "Signal Layer": ("Acoustic Quality Analysis", "Anomaly Detection", "Audio Difference Analysis"),
    "Cultural Layer": (
        *("Aesthetic Evaluation", "Culture of Speaker", "Imagination"),
        "Professional Knowledge and Reasoning",
    ),
    "Semantic Layer": ("Content Analysis", "Emotion and Intention", "Speaker Analysis"),
}


@dataclass(frozen=True, slots=True)
class QuestionTemplate:
    """One kind of question, of which several clips are made; they count as cut from one recording.

    `slug` is the first part of the items' ids; `choices` is how many of the possible answers are offered.
    """

    slug: str
    modality: str
    category: str
    sub_category: str
    question: str
    answers: tuple[str, ...]
    clips: int
    choices: int
    make: Make


def questions_about(modality: str) -> Callable[..., Callable[[Make], QuestionTemplate]]:
    """A decorator for the questions of one modality."""

    def decorator(
        sub_category: str, question: str, *answers: str, clips: int = 2, choices: int = 6
    ) -> Callable[[Make], QuestionTemplate]:
        layer = next((name for name, parts in _LAYERS.items() if sub_category in parts), "Perception Layer")

        def decorate(make: Make) -> QuestionTemplate:
            slug = make.__name__.strip("_").replace("_", "-")
            offered = min(choices, len(answers))
            return QuestionTemplate(
                slug, modality, layer, sub_category, question, answers, clips, offered, make
            )

        return decorate

    return decorator


Rng = np.random.Generator
_sound, _music, _speech = questions_about("sound"), questions_about("music"), questions_about("speech")

PLACES = {
    "Out in the rain": "rain",
    "On a windy hill": "wind",
    "Beside a running engine": "engine",
    "At the seaside": "waves",
    "In a wood at dawn": "birds",
}
PERSONS = {"A man": "man", "A woman": "woman", "A child": "child"}
CHORDS = {"Major": (0, 4, 7), "Minor": (0, 3, 7), "Diminished": (0, 3, 6), "Augmented": (0, 4, 8)}
_FIRST = {"A bell": "bell", "A knock": "knock", "A water drop": "drop", "A clap": "clap", "A drum": "drum"}
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


@_sound("Counting and Statistics", "How many beeps are there?", "2", "3", "4", "5", "6", "7", clips=3)
def _beeps(answer: str, rng: Rng) -> tuple[Wave, str]:
    starts = 0.2 + np.cumsum(rng.uniform(0.3, 0.5, int(answer)))
    beep = 0.45 * tone(rng.uniform(800, 1500), 0.12)
    wave = mix(starts[-1] + 0.4, [(start, beep) for start in starts])
    return wave, f"Short tones of one pitch start {answer} times."


_MOTIONS = {
    "From left to right": (-1, 1),
    "From right to left": (1, -1),
    "Staying on the left": (-0.9, -0.9),
    "Staying on the right": (0.9, 0.9),
}


@_sound("Spatial Analysis", "In which direction does the engine move?", *_MOTIONS, clips=3)
def _motion(answer: str, rng: Rng) -> tuple[Wave, str]:
    start, end = _MOTIONS[answer]
    sides = ["left" if side < 0 else "right" for side in (start, end)]
    wave = pan(0.5 * ambience("engine", 3.0, rng), start, end)
    return wave, f"The {sides[0]} channel is stronger at first, and the {sides[1]} channel at the end."


_GLIDES = {
    "It rises": (1, 2),
    "It falls": (2, 1),
    "It stays level": (1, 1),
    "It rises, then drops": (1, 2, 1),
    "It falls, then climbs": (2, 1, 2),
}


@_sound("Temporal Analysis", "How does the pitch of the whistle change?", *_GLIDES, clips=3)
def _whistle(answer: str, rng: Rng) -> tuple[Wave, str]:
    turns = [rng.uniform(620, 740) * ratio for ratio in _GLIDES[answer]]
    course = ", then ".join(f"{hz:.0f} Hz" for hz in turns)
    wave = mix(2.6, [(0.2, 0.4 * tone(turns, 2.2, "flute"))])
    return wave, f"The pitch of the only tone goes through {course}."


_FAULTS = {
    "Mains hum": "a deep, steady tone under everything",
    "Background hiss": "an even hiss between the strokes",
    "Overload distortion": "a harsh sound, cut off at a fixed height",
    "Dropouts": "moments in which the sound vanishes and returns",
    "No fault": "nothing else: the strokes are clean and die away",
}


@_sound("Acoustic Quality Analysis", "What is wrong with this recording of a bell?", *_FAULTS, clips=4)
def _fault(answer: str, rng: Rng) -> tuple[Wave, str]:
    pitch = rng.uniform(440, 640)
    wave = mix(3.2, [(0.15 + 0.85 * index, 0.6 * tone(pitch, 1.4, "bell")) for index in range(3)])
    if answer == "Mains hum":
        wave += 0.12 * mains_hum(3.2)
    elif answer == "Background hiss":
        wave += 0.1 * filtered_noise(3.2, 20, 7500, rng)
    elif answer == "Overload distortion":
        wave = np.clip(6 * wave, -0.5, 0.5)
    elif answer == "Dropouts":
        for start in np.arange(0.4, 2.9, 0.35) + rng.uniform(0, 0.1):
            wave[int(start * RATE) : int((start + 0.05) * RATE)] = 0
    return wave, f"There are three strokes of a bell and {_FAULTS[answer]}."


@_sound(
    "Anomaly Detection",
    "Of eight ticks of a clock one is late. Which?",
    *(f"The {n} tick" for n in _ORDINALS[2:]),
)
def _late(answer: str, rng: Rng) -> tuple[Wave, str]:
    name = answer.split()[1]
    starts = 0.25 + 0.42 * np.arange(8)
    starts[_ORDINALS.index(name)] += 0.16
    wave = mix(3.6, [(start, 0.6 * event("tick", rng)) for start in starts])
    return wave, f"The pause before the {name} tick is longer than all others."


@_sound("Environmental Perception and Reasoning", "Where is this recorded?", *PLACES, clips=3, choices=4)
def _place(answer: str, rng: Rng) -> tuple[Wave, str]:
    return 0.5 * ambience(PLACES[answer], 3.5, rng), f"The sound of {PLACES[answer]} fills the clip."


@_sound("Content Analysis", "Which sound comes first?", *_FIRST, clips=3, choices=4)
def _first(answer: str, rng: Rng) -> tuple[Wave, str]:
    order = [answer, *map(str, rng.permutation([name for name in _FIRST if name != answer]))]
    events = [(0.2 + 0.8 * index, 0.5 * event(_FIRST[name], rng)) for index, name in enumerate(order)]
    return mix(4.2, events), f"The order is: {', '.join(order).lower()}."


@_sound(
    "Professional Knowledge and Reasoning",
    "Which telephone key is pressed?",
    *(f"Key {key}" for key in range(1, 10)),
)
def _keypad(answer: str, _: Rng) -> tuple[Wave, str]:
    # The frequencies of rows and columns are those of ITU-T Q.23.
    row, column = divmod(int(answer[-1]) - 1, 3)
    low, high = (697, 770, 852)[row], (1209, 1336, 1477)[column]
    wave = mix(1.5, [(0.3, 0.3 * (tone(low, 0.9) + tone(high, 0.9)))])
    return wave, f"Two tones sound at once, {low} Hz (row {row + 1}) and {high} Hz (column {column + 1})."


@_sound("Imagination", "Three sounds take turns. Which would be next?", "A knock", "A clap", "A water drop")
def _pattern(answer: str, rng: Rng) -> tuple[Wave, str]:
    order = [str(name) for name in rng.permutation(["A knock", "A clap", "A water drop"])]
    count = 6 + order.index(answer)
    events = [(0.2 + 0.4 * index, 0.5 * event(_FIRST[order[index % 3]], rng)) for index in range(count)]
    return mix(0.6 + 0.4 * count, events), f"The order is {', '.join(order).lower()}, and {count} are heard."


@_music("Music Theory", "What kind of triad is played?", *CHORDS, clips=3)
def _triad(answer: str, rng: Rng) -> tuple[Wave, str]:
    notes = int(rng.integers(55, 63)) + np.array(CHORDS[answer])
    wave = mix(3.4, [(0.1, 0.5 * melody(notes, 0.4)), (1.5, 0.8 * chord(notes, 1.7))])
    low, high = CHORDS[answer][1:]
    return wave, f"The upper notes lie {low} and {high} semitones above the lowest."


@_music("Temporal Analysis", "How many beats per minute are there?", "60", "80", "110", "150", "200", clips=3)
def _tempo(answer: str, rng: Rng) -> tuple[Wave, str]:
    step = 60 / int(answer)
    starts = 0.2 + step * np.arange(int(3.6 / step))
    beats = [(start, 0.6 * event("drum", rng)) for start in starts]
    notes = [(start, 0.25 * note(int(rng.integers(60, 68)), 0.5 * step)) for start in starts]
    return mix(4.2, beats + notes), f"The beats are {step:.2f} seconds apart."


_DYNAMICS = {
    "It grows louder": (0.06, 0.6),
    "It grows softer": (0.6, 0.06),
    "It stays the same": (0.35, 0.35),
}


@_music("Aesthetic Evaluation", "How does the music treat its tension?", *_DYNAMICS)
def _dynamics(answer: str, rng: Rng) -> tuple[Wave, str]:
    wave = melody(60 + rng.choice([0, 4, 7, 12], 9), 0.36, "organ", 1.0)
    wave *= np.geomspace(*_DYNAMICS[answer], len(wave))
    return wave, f"Of the loudness one can say: {answer.lower()}."


_PHRASES = {"Higher": (5, 0.3), "Lower": (-5, 0.3), "Louder": (0, 0.9), "No different": (0, 0.3)}


@_music("Audio Difference Analysis", "How is the phrase the second time?", *_PHRASES, clips=3)
def _phrases(answer: str, rng: Rng) -> tuple[Wave, str]:
    shift, level = _PHRASES[answer]
    notes = 60 + rng.choice([0, 2, 4, 5, 7], 4)
    wave = mix(4.2, [(0.1, 0.3 * melody(notes, 0.42)), (2.2, level * melody(notes + shift, 0.42))])
    return wave, f"The second phrase is {answer.lower()}."


@_speech("Content Analysis", "Which vowel does the voice hold?", "ah", "ee", "oo", "eh", clips=3)
def _vowel(answer: str, rng: Rng) -> tuple[Wave, str]:
    person = str(rng.choice(["man", "woman"]))
    wave = mix(1.8, [(0.2, 0.5 * speak(person, [answer], 1.3, rng))])
    return wave, f"A {person} holds the vowel '{answer}'."


@_speech("Speaker Analysis", "Who is speaking, as far as the voice tells?", *PERSONS, clips=3)
def _speaker(answer: str, rng: Rng) -> tuple[Wave, str]:
    wave = speak(PERSONS[answer], rng.choice(["ah", "ee", "oo", "eh"], 3).tolist(), 1.6, rng)
    return mix(2.0, [(0.2, 0.5 * wave)]), f"The height of the voice is that of {answer.lower()}."


_TUNES = {"Asking a question": (1.0, 0.95, 0.95, 1.5), "Making a statement": (1.15, 1.05, 0.9, 0.75)}


@_speech("Emotion and Intention", "What does the melody of the voice express?", *_TUNES, clips=3)
def _intonation(answer: str, rng: Rng) -> tuple[Wave, str]:
    wave = speak(str(rng.choice(["man", "woman"])), ["ah", "eh", "oo", "ah"], 1.6, rng, tune=_TUNES[answer])
    course = "rises" if answer.startswith("Asking") else "sinks"
    return mix(2.0, [(0.2, 0.5 * wave)]), f"The pitch of the voice {course} at the end."


@_speech("Counting and Statistics", "How many syllables are spoken?", "2", "3", "4", "5", "6", choices=4)
def _syllables(answer: str, rng: Rng) -> tuple[Wave, str]:
    seconds = 0.38 * int(answer)
    wave = speak("man", rng.choice(["ah", "eh", "oo"], int(answer)).tolist(), seconds, rng)
    return mix(seconds + 0.4, [(0.2, 0.5 * wave)]), f"The voice opens and closes {answer} times."


_TONES = {
    "High and level": (1.3, 1.3),
    "Rising": (0.95, 1.05, 1.4),
    "Dipping": (0.95, 0.72, 0.75, 1.15),
    "Falling": (1.4, 1.15, 0.75),
}


@_speech("Culture of Speaker", "Which tone of Mandarin does the syllable have?", *_TONES, clips=3)
def _mandarin(answer: str, rng: Rng) -> tuple[Wave, str]:
    wave = mix(1.3, [(0.2, 0.5 * speak("woman", ["ah"], 0.8, rng, tune=_TONES[answer]))])
    return wave, f"The pitch within the syllable is {answer.lower()}."


KINDS = tuple(each for each in vars().values() if isinstance(each, QuestionTemplate))
"""All questions above, in their order."""
