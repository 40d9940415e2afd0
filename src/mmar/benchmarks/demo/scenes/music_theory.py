"""Music alone: chords, scales, tunes, metre, tempo, and how a piece feels."""

from __future__ import annotations

from itertools import pairwise

from mmar.benchmarks.demo.events import Event, Hit, Note, Sheet, Timbre
from mmar.benchmarks.demo.pitches import hertz
from mmar.benchmarks.demo.scene import Draw, Scene, one_of, spelled
from mmar.benchmarks.demo.tunes import SCALES, TUNES, chord, melody, plain

__all__ = ["chord_quality", "contour", "metre", "mood", "note_count", "pitch_count", "scale", "tempo", "tune"]

_CHORDS = {"Major": (0, 4, 7), "Minor": (0, 3, 7), "Diminished": (0, 3, 6), "Augmented": (0, 4, 8)}
_THIRDS = {"Major": "major", "Minor": "minor", "Diminished": "minor", "Augmented": "major"}
_FIFTHS = {"Major": "perfect", "Minor": "perfect", "Diminished": "diminished", "Augmented": "augmented"}


def chord_quality(draw: Draw) -> Scene:
    """A triad, its notes first one by one and then together."""
    offered = tuple(_CHORDS) if draw.turn % 2 else ("Major", "Minor")
    answer = draw.each(offered)
    key = draw.dice.between(53, 64)
    steps = _CHORDS[answer]
    events = [
        *melody(plain(steps), key, 0.35, "pluck", 0.2),
        *chord(steps, key, "organ", 1.4, 1.1),
    ]
    return Scene(
        kind=draw.kind,
        modality="music",
        category="Perception Layer",
        sub_category="Music Theory",
        question="What kind of triad is played, first as single notes and then as a chord?",
        answer=answer,
        others=tuple(kind for kind in offered if kind != answer),
        thinking=f"Above the lowest note stand a {_THIRDS[answer]} third and a {_FIFTHS[answer]} fifth, "
        f"{steps[1]} and {steps[2]} semitones higher. That is the {answer.lower()} triad.",
        cue=("three notes one by one", "the same notes together", f"a {_THIRDS[answer]} third"),
        notice="the three notes of the triad",
        measure=f"gives the third as {_THIRDS[answer]}, or as {steps[1]} semitones",
        infer=f"derives the kind of triad from its third and its fifth, which is {_FIFTHS[answer]}",
        sheet=Sheet(2.7, tuple(events)),
    )


def scale(draw: Draw) -> Scene:
    """A scale played upwards."""
    answer = draw.each(tuple(SCALES))
    steps = SCALES[answer]
    widths = ", ".join(str(after - before) for before, after in pairwise(steps))
    return Scene(
        kind=draw.kind,
        modality="music",
        category="Cultural Layer",
        sub_category="Professional Knowledge and Reasoning",
        question="Which scale is played upwards from its keynote?",
        answer=answer,
        others=tuple(name for name in SCALES if name != answer),
        thinking=f"The notes climb by {widths} semitones. That is the pattern of the {answer.lower()}.",
        cue=("notes climbing one by one", f"steps of {widths} semitones"),
        notice="that single notes climb step by step",
        measure=f"gives the sizes of the steps, or at least those that matter ({widths} semitones)",
        infer="compares the pattern of steps with what the named scales require",
        sheet=Sheet(
            3.0, tuple(melody(plain(steps), draw.dice.between(57, 64), 0.33, "pluck", 0.2, level=0.45))
        ),
    )


def tune(draw: Draw) -> Scene:
    """A well-known old tune."""
    dice = draw.dice
    answer = draw.each(tuple(TUNES))
    others = dice.shuffled([name for name in TUNES if name != answer])[:3]
    timbre: Timbre = ("flute", "pluck", "brass")[draw.turn % 3]
    rises = (
        "repeats its first note"
        if TUNES[answer][0][0] == TUNES[answer][1][0]
        else ("moves away from its first note at once")
    )
    return Scene(
        kind=draw.kind,
        modality="music",
        category="Cultural Layer",
        sub_category="Professional Knowledge and Reasoning",
        question="Which tune is being played?",
        answer=answer,
        others=tuple(others),
        thinking=f"The melody {rises} and goes on in even beats; its notes and its rhythm are those of "
        f"“{answer}”.",
        cue=("melody line", "rhythm of the phrases"),
        notice="how the melody moves, by steps, leaps and repeated notes",
        measure="describes the beginning of the melody or its rhythm well enough to tell it from the others",
        infer=f"recognises “{answer}” by its melody",
        sheet=Sheet(3.9, tuple(melody(TUNES[answer], dice.between(60, 67), 0.225, timbre, 0.15))),
    )


def contour(draw: Draw) -> Scene:
    """A short melody that climbs, sinks, or returns."""
    ways = {
        "It climbs": (0, 2, 4, 7, 9, 12),
        "It sinks": (12, 9, 7, 4, 2, 0),
        "It climbs and comes back": (0, 4, 7, 7, 4, 0),
        "It sinks and comes back": (7, 4, 0, 0, 4, 7),
    }
    answer = draw.each(tuple(ways))
    steps = ways[answer]
    return Scene(
        kind=draw.kind,
        modality="music",
        category="Perception Layer",
        sub_category="Music Theory",
        question="How does the melody move from its first note to its last?",
        answer=answer,
        others=tuple(way for way in ways if way != answer),
        thinking=f"Counted in semitones from the lowest note, the six notes stand at "
        f"{', '.join(map(str, steps))}. "
        f"{answer}.",
        cue=("six notes", "their heights"),
        notice="that the melody consists of a few separate notes of different height",
        measure="compares the first note, the middle of the melody and the last note",
        infer="sums up the whole course of the melody",
        sheet=Sheet(
            2.6, tuple(melody(plain(steps), draw.dice.between(58, 65), 0.36, "pluck", 0.2, level=0.45))
        ),
    )


def tempo(draw: Draw) -> Scene:
    """Drum beats whose distances grow, shrink or stay."""
    ways = {"It speeds up": (0.52, 0.2), "It slows down": (0.2, 0.52), "It stays the same": (0.36, 0.36)}
    answer = draw.each(tuple(ways))
    first, last = ways[answer]
    at, events = 0.2, []
    for beat in range(9):
        events.append(Event(Hit("drum"), at, 0.3, 0.55))
        events.append(Event(Note("pluck", hertz(48 + 7 * (beat % 2))), at, 0.2, 0.25))
        at += first + (last - first) * beat / 8
    return Scene(
        kind=draw.kind,
        modality="music",
        category="Perception Layer",
        sub_category="Temporal Analysis",
        question="What happens to the tempo of the beat?",
        answer=answer,
        others=tuple(way for way in ways if way != answer),
        thinking=f"The beats are about {first:.1f} seconds apart at the beginning and {last:.1f} at the end. "
        f"{answer}.",
        cue=("regular drum beats", "the distance between them"),
        notice="the beats that run through the whole clip",
        measure="compares the distance between beats at the beginning and at the end",
        infer="links growing distances to a slower tempo and shrinking ones to a faster tempo",
        sheet=Sheet(at + 0.2, tuple(events)),
    )


def metre(draw: Draw) -> Scene:
    """Bars of two, three or four beats, the first of each accented."""
    options = {"Two": 2, "Three": 3, "Four": 4}
    answer = draw.each(tuple(options))
    beats = options[answer]
    events = []
    for beat in range(12):
        strong = beat % beats == 0
        events.append(
            Event(Hit("drum" if strong else "clap"), 0.2 + 0.27 * beat, 0.22, 0.65 if strong else 0.25)
        )
    return Scene(
        kind=draw.kind,
        modality="music",
        category="Perception Layer",
        sub_category="Music Theory",
        question="How many beats make up one bar?",
        answer=answer,
        others=tuple(number for number in options if number != answer),
        thinking=f"A strong drum beat returns on every {('second', 'third', 'fourth')[beats - 2]} beat, "
        f"with light "
        f"claps between. A bar runs from one strong beat to the next, so it has {answer.lower()} beats.",
        cue=("strong drum beats", "light claps"),
        notice="that some beats are accented and others are not",
        measure="counts the beats from one accent to the next",
        infer="takes the distance from accent to accent as the bar",
        sheet=Sheet(3.7, tuple(events)),
    )


def note_count(draw: Draw) -> Scene:
    """Notes of a short phrase, one repeated."""
    dice = draw.dice
    number, others = one_of(draw, 5, 9)
    steps = [dice.pick((0, 2, 4, 5, 7, 9)) for _ in range(number)]
    events = melody(plain(steps), dice.between(60, 66), 0.32, "pluck", 0.2, level=0.45)
    return Scene(
        kind=draw.kind,
        modality="music",
        category="Perception Layer",
        sub_category="Counting and Statistics",
        question="How many notes are plucked, repeated ones included?",
        answer=f"{number} notes",
        others=tuple(f"{other} notes" for other in others),
        thinking=f"Every note has a clear start, also where the same pitch comes twice. There are "
        f"{spelled(number)} "
        f"starts, so {number} notes.",
        cue=("plucked notes one by one", "clear start of each"),
        notice="the separate starts of the plucked notes",
        measure=f"counts the starts and arrives at {spelled(number)}",
        infer="counts a repeated pitch as a new note",
        sheet=Sheet(0.2 + 0.32 * number + 0.3, tuple(events)),
    )


def pitch_count(draw: Draw) -> Scene:
    """Eight notes over a few pitches."""
    dice = draw.dice
    number, others = one_of(draw, 2, 5)
    pitches = dice.shuffled((0, 4, 7, 11, 14))[:number]
    order = [*pitches, *(dice.pick(pitches) for _ in range(8 - number))]
    return Scene(
        kind=draw.kind,
        modality="music",
        category="Perception Layer",
        sub_category="Counting and Statistics",
        question="How many different pitches occur in this melody?",
        answer=str(number),
        others=tuple(map(str, others)),
        thinking=f"Eight notes are played, but pitches return. Leaving repetitions out, {spelled(number)} "
        f"pitches "
        f"remain.",
        cue=("eight notes", "pitches that return"),
        notice="that some notes have the same pitch as earlier ones",
        measure=f"tells the pitches apart and arrives at {spelled(number)} different ones",
        infer="counts each pitch only once",
        sheet=Sheet(3.2, tuple(melody(plain(order), 60, 0.34, "flute", 0.2))),
    )


def mood(draw: Draw) -> Scene:
    """The same kind of little piece, quick in major or slow in minor."""
    answer = draw.each(("Cheerful", "Sad"))
    ways: dict[str, tuple[tuple[int, ...], float, Timbre, int, str, str]] = {
        "Cheerful": ((0, 4, 7, 12, 7, 9, 7, 4, 5, 7, 4, 0), 0.22, "pluck", 4, "quick", "major"),
        "Sad": ((12, 10, 8, 7, 3, 0), 0.5, "flute", 3, "slow", "minor"),
    }
    steps, beat, timbre, third, speed, mode = ways[answer]
    key = draw.dice.between(60, 65)
    events = melody(plain(steps), key, beat, timbre, 0.2)
    events += chord((0, third, 7), key - 12, "organ", 0.2, 2.9, level=0.07)
    return Scene(
        kind=draw.kind,
        modality="music",
        category="Cultural Layer",
        sub_category="Aesthetic Evaluation",
        question="Is the mood of this little piece rather cheerful or rather sad?",
        answer=answer,
        others=("Sad" if answer == "Cheerful" else "Cheerful",),
        thinking=f"The piece is {speed} and in {mode}. Listeners brought up with Western music hear a "
        f"{speed} piece in "
        f"{mode} as {answer.lower()}.",
        cue=(f"{speed} notes", f"{mode} key"),
        notice=f"that the notes are {speed}",
        measure=f"says that the piece is in {mode}, or describes its harmony as that",
        infer=f"links {speed} movement and {mode} harmony to a mood",
        sheet=Sheet(3.4, tuple(events)),
    )
