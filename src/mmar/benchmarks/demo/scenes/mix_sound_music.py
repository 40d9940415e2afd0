"""Sounds and music together."""

from __future__ import annotations

from mmar.benchmarks.demo.events import (
    Backwards,
    Change,
    Dropout,
    Event,
    Hit,
    Note,
    Sheet,
    Texture,
    TextureKind,
)
from mmar.benchmarks.demo.scene import Draw, Scene, one_of, spelled
from mmar.benchmarks.demo.tunes import melody, plain

__all__ = ["beeps_over_melody", "in_time", "interrupted", "music_start", "passing", "place_of_music"]

_TUNE = (0, 4, 7, 4, 5, 9, 7, 4, 2, 5, 4, 0)


def beeps_over_melody(draw: Draw) -> Scene:
    """High beeps over a low melody."""
    dice = draw.dice
    number, others = one_of(draw, 2, 5)
    events = melody(plain(_TUNE[:9]), 50, 0.35, "pluck", 0.1, level=0.35)
    at = 0.3 + 0.02 * dice.below(10)
    for _ in range(number):
        events.append(Event(Note("sine", 2350.0), at, 0.12, 0.3))
        at += 0.4 + 0.02 * dice.below(8)
    return Scene(
        kind=draw.kind,
        modality="mix-sound-music",
        category="Perception Layer",
        sub_category="Counting and Statistics",
        question="How many beeps of a device can be heard over the music?",
        answer=str(number),
        others=tuple(map(str, others)),
        thinking=f"The music is plucked and low. Far above it, at one fixed pitch, {spelled(number)} short "
        f"beeps sound.",
        cue=("low plucked melody", "high beeps of one pitch"),
        notice="high tones of one pitch that do not belong to the melody",
        measure=f"counts them and arrives at {spelled(number)}",
        infer="keeps the notes of the melody out of the count",
        sheet=Sheet(3.4, tuple(events)),
    )


def music_start(draw: Draw) -> Scene:
    """Music that sets in after a while of rain."""
    moments = {"At 0.5 seconds": 0.5, "At 1 second": 1.0, "At 1.5 seconds": 1.5, "At 2 seconds": 2.0}
    answer = draw.each(tuple(moments))
    at = moments[answer]
    notes = int((3.7 - at) / 0.3)
    events = [
        Event(Texture("rain", draw.dice.bits()), 0.0, 3.8, 0.12),
        *melody(plain(_TUNE[:notes]), 62, 0.3, "brass", at, level=0.35),
    ]
    return Scene(
        kind=draw.kind,
        modality="mix-sound-music",
        category="Perception Layer",
        sub_category="Temporal Analysis",
        question="It is raining. At which moment does the music start?",
        answer=answer,
        others=tuple(moment for moment in moments if moment != answer),
        thinking=f"At first there is only the rush of rain. The first brass note sounds {at} seconds into "
        f"the clip.",
        cue=("rain from the beginning", f"brass from {at} seconds"),
        notice="that the rain is alone at first",
        measure=f"gives the moment of the first note, about {at} seconds",
        infer="chooses the moment nearest to the first note",
        sheet=Sheet(3.8, tuple(events)),
    )


_PLACES: dict[str, tuple[TextureKind, str]] = {
    "In the rain": ("rain", "an even, bright rush"),
    "By the sea": ("waves", "a rush that breaks and draws back"),
    "Among birds": ("birds", "quick, high chirps"),
    "Near an engine": ("engine", "a deep, steady rattle"),
}


def place_of_music(draw: Draw) -> Scene:
    """Where the music is played."""
    answer = draw.each(tuple(_PLACES))
    texture, heard = _PLACES[answer]
    events = [
        Event(Texture(texture, draw.dice.bits()), 0.0, 3.4, 0.3),
        *melody(plain(_TUNE[:6]), 62, 0.32, "flute", 0.8, level=0.2),
    ]
    return Scene(
        kind=draw.kind,
        modality="mix-sound-music",
        category="Perception Layer",
        sub_category="Environmental Perception and Reasoning",
        question="In what surroundings is the flute played?",
        answer=answer,
        others=tuple(place for place in _PLACES if place != answer),
        thinking=f"Before and after the flute, and under it, {heard} can be heard. So it is played "
        f"{answer[0].lower()}{answer[1:]}.",
        cue=("a flute", heard),
        notice=f"{heard} besides the flute",
        measure="listens to what is there before and after the melody",
        infer="names the source of that sound and the place from it",
        sheet=Sheet(3.4, tuple(events)),
    )


def interrupted(draw: Draw) -> Scene:
    """Something happens to the music in the middle, while a clock ticks."""
    effects: dict[str, tuple[Change, ...]] = {
        "It falls silent": (Dropout(1.4, 2.0),),
        "It is played backwards": (Backwards(1.3, 2.2),),
        "Nothing happens to it": (),
    }
    answer = draw.each(tuple(effects))
    events = melody(plain(_TUNE[:11]), 58, 0.3, "pluck", 0.1, level=0.45)
    events += [Event(Hit("drop"), at, 0.16, 0.3) for at in (0.5, 2.6)]
    course = {
        "It falls silent": "there is a hole in the sound, after which the melody goes on",
        "It is played backwards": "the plucked notes swell up and break off instead of dying away",
        "Nothing happens to it": "the melody goes on as it began",
    }[answer]
    return Scene(
        kind=draw.kind,
        modality="mix-sound-music",
        category="Signal Layer",
        sub_category="Anomaly Detection",
        question="What happens to the music in the middle, between the two water drops?",
        answer=answer,
        others=tuple(effect for effect in effects if effect != answer),
        thinking=f"A plucked melody runs through the clip. Between the two drops {course}. {answer}.",
        cue=("plucked melody", "two water drops", course),
        notice="how the plucked notes start and end between the drops",
        measure=f"says that {course}",
        infer="compares the middle with the beginning and the end",
        sheet=Sheet(3.6, tuple(events), effects[answer]),
    )


def passing(draw: Draw) -> Scene:
    """An engine passes while music plays in the middle."""
    ways = {"From left to right": (-0.95, 0.95), "From right to left": (0.95, -0.95)}
    answer = draw.each(tuple(ways))
    start, end = ways[answer]
    began, ended = ("left", "right") if start < 0 else ("right", "left")
    events = [
        Event(Texture("engine", draw.dice.bits()), 0.0, 3.2, 0.4, pan=start, pan_to=end),
        *melody(plain(_TUNE[:9]), 67, 0.33, "flute", 0.1, level=0.2),
    ]
    return Scene(
        kind=draw.kind,
        modality="mix-sound-music",
        category="Perception Layer",
        sub_category="Spatial Analysis",
        question="In which direction does the engine pass while the flute plays?",
        answer=answer,
        others=tuple(way for way in ways if way != answer),
        thinking=f"The flute stays in the middle. The deep rattle of the engine is on the {began} at first "
        f"and on the "
        f"{ended} at the end: {answer[0].lower()}{answer[1:]}.",
        cue=("flute in the middle", f"engine moving from the {began}"),
        notice="that the flute stays where it is and the engine moves",
        measure=f"says that the engine is on the {began} at first and on the {ended} at the end",
        infer="turns that into a direction",
        sheet=Sheet(3.2, tuple(events), channels=2),
    )


def in_time(draw: Draw) -> Scene:
    """Ticks on the beat of the music, or beside it."""
    answer = draw.each(("In time", "Out of time"))
    pause = 0.35 if answer == "In time" else 0.43
    events = melody(plain(_TUNE[:9]), 55, 0.35, "pluck", 0.2, level=0.4)
    events += [Event(Hit("tick"), 0.2 + pause * tick, 0.05, 0.5) for tick in range(int(3.0 / pause) + 1)]
    fact = (
        "fall on the starts of the notes"
        if answer == "In time"
        else "drift away from the starts of the notes"
    )
    return Scene(
        kind=draw.kind,
        modality="mix-sound-music",
        category="Perception Layer",
        sub_category="Correlation Analysis",
        question="Does the clock tick in time with the music or out of time with it?",
        answer=answer,
        others=("Out of time" if answer == "In time" else "In time",),
        thinking=f"The plucked notes come at an even pace, and so do the ticks. The ticks {fact}: they are "
        f"{answer.lower()}.",
        cue=("even plucked notes", "even ticks", f"ticks that {fact}"),
        notice="two regular series, the notes and the ticks",
        measure=f"says that the ticks {fact}",
        infer="concludes from that whether the two go together",
        sheet=Sheet(3.5, tuple(events)),
    )
