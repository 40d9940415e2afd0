"""Sound alone: how many, which, in what order, and where it was recorded."""

from __future__ import annotations

from mmar.benchmarks.demo.events import Event, Hit, HitKind, Note, Sheet, Texture, TextureKind
from mmar.benchmarks.demo.scene import Draw, Scene, one_of, spelled

__all__ = ["beep_count", "first_sound", "knock_count", "late_tick", "next_sound", "surroundings"]


def beep_count(draw: Draw) -> Scene:
    """Short beeps at uneven distances."""
    dice = draw.dice
    number, others = one_of(draw, *((3, 6), (2, 7), (2, 6))[draw.turn % 3])
    pitch = float(dice.between(70, 150) * 10)
    events: list[Event] = []
    at = 0.2 + 0.01 * dice.below(20)
    for _ in range(number):
        events.append(Event(Note("sine", pitch), at, 0.12, 0.45))
        at += 0.24 + 0.03 * dice.below(8)
    if draw.turn == 1:
        events.append(Event(Texture("rain", dice.bits()), 0.0, at + 0.3, 0.35))
    return Scene(
        kind=draw.kind,
        modality="sound",
        category="Perception Layer",
        sub_category="Counting and Statistics",
        question="How many beeps can be heard in the clip?",
        answer=str(number),
        others=tuple(map(str, others)),
        thinking=f"Short tones of the same pitch come one after another, separated by pauses. Counting each "
        f"start gives {spelled(number)} beeps.",
        cue=("short tones of one pitch", "pauses between them"),
        notice="the short tones of equal pitch that stand apart from one another",
        measure=f"counts the tones and arrives at {spelled(number)}",
        infer=f"takes each separate tone as one beep, so that there are {spelled(number)} beeps",
        sheet=Sheet(at + 0.3, tuple(events)),
    )


def knock_count(draw: Draw) -> Scene:
    """Knocks among the ticks of a clock, which are not to be counted."""
    dice = draw.dice
    number, others = one_of(draw, 2, 5)
    events = [Event(Hit("tick"), 0.1 + 0.5 * tick, 0.05, 0.5) for tick in range(7)]
    at = 0.45 + 0.01 * dice.below(20)
    for _ in range(number):
        events.append(Event(Hit("knock"), at, 0.3, 0.55))
        at += 0.36 + 0.02 * dice.below(7)
    return Scene(
        kind=draw.kind,
        modality="sound",
        category="Perception Layer",
        sub_category="Counting and Statistics",
        question="A clock is ticking in the room. How many knocks on the door are there?",
        answer=f"{spelled(number).capitalize()} knocks",
        others=tuple(f"{spelled(other).capitalize()} knocks" for other in others),
        thinking=f"The clock's ticks are thin, high and regular. Between them dull, low knocks fall at "
        f"distances of their own; there are {spelled(number)} of these.",
        cue=("high regular ticks", "dull low knocks"),
        notice="two kinds of short sounds, high regular ticks and dull low knocks",
        measure=f"counts only the low knocks and arrives at {spelled(number)}",
        infer="leaves the clock's ticks out because they are not knocks",
        sheet=Sheet(3.4, tuple(events)),
    )


_PLACES: dict[str, tuple[TextureKind, str]] = {
    "Out in the rain": ("rain", "an even, bright rush with single drops in it"),
    "On a windy hill": ("wind", "a low rush that swells and drops in gusts"),
    "Beside a running engine": ("engine", "a deep, steady rattle with a pitch of its own"),
    "Near an ambulance": ("siren", "a loud tone that wails up and down"),
    "At the seaside": ("waves", "a rush that breaks and draws back every second or two"),
    "In a wood at dawn": ("birds", "quick, high chirps in little groups"),
}


def surroundings(draw: Draw) -> Scene:
    """A texture that tells where the microphone stood."""
    dice = draw.dice
    place = draw.each(tuple(_PLACES))
    texture, heard = _PLACES[place]
    others = dice.shuffled([other for other in _PLACES if other != place])[: (3, 4, 3)[draw.turn % 3]]
    return Scene(
        kind=draw.kind,
        modality="sound",
        category="Perception Layer",
        sub_category="Environmental Perception and Reasoning",
        question="Where was this clip most likely recorded?",
        answer=place,
        others=tuple(others),
        thinking=f"The clip is filled by {heard}. Of the places offered, only “{place.lower()}” sounds so.",
        cue=(heard,),
        notice=heard,
        measure="describes whether the sound is tone or noise, high or low, steady or changing",
        infer=f"names {_SOURCE[texture]} as the source and the place from it",
        sheet=Sheet(3.5, (Event(Texture(texture, dice.bits()), 0.0, 3.5, 0.5),)),
    )


_SOURCE: dict[TextureKind, str] = {
    "rain": "rain",
    "wind": "wind",
    "engine": "an engine",
    "siren": "a siren",
    "waves": "breaking waves",
    "birds": "singing birds",
    "hiss": "hiss",
    "hum": "hum",
}

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def late_tick(draw: Draw) -> Scene:
    """A clock of which one tick comes late."""
    dice = draw.dice
    late = draw.each((2, 4, 3, 5))
    delay = (0.17, 0.12)[draw.turn % 2]
    events = tuple(
        Event(Hit("tick"), 0.25 + 0.42 * tick + (delay if tick == late else 0.0), 0.05, 0.6)
        for tick in range(8)
    )
    others = dice.shuffled([tick for tick in range(2, 7) if tick != late])[:3]
    return Scene(
        kind=draw.kind,
        modality="sound",
        category="Signal Layer",
        sub_category="Anomaly Detection",
        question="A clock ticks eight times, and one tick comes too late. Which one?",
        answer=f"The {_ORDINALS[late]} tick",
        others=tuple(f"The {_ORDINALS[tick]} tick" for tick in others),
        thinking=f"The ticks are evenly spaced, but for one place: the pause before the {_ORDINALS[late]} "
        f"tick is longer and the pause after it shorter than all the others. So that tick comes late.",
        cue=("regular ticks", "one long pause followed by one short pause"),
        notice="one pause that is longer than the others, with a shorter one after it",
        measure=f"counts the ticks up to the long pause and arrives at the {_ORDINALS[late]}",
        infer="concludes that the tick between the long pause and the short one is the late one",
        sheet=Sheet(3.7, events),
    )


_FIRST: dict[str, Event] = {
    "A bell": Event(Note("bell", 660.0), 0.0, 0.8, 0.4),
    "A knock": Event(Hit("knock"), 0.0, 0.4, 0.6),
    "A water drop": Event(Hit("drop"), 0.0, 0.16, 0.5),
    "A hand clap": Event(Hit("clap"), 0.0, 0.25, 0.6),
    "A telephone": Event(Hit("ring"), 0.0, 0.6, 0.35),
    "A drum": Event(Hit("drum"), 0.0, 0.5, 0.6),
}


def first_sound(draw: Draw) -> Scene:
    """Several different sounds in a row."""
    dice = draw.dice
    number = (4, 3)[draw.turn % 2]
    first = draw.each(tuple(_FIRST))
    order = [first, *dice.shuffled([name for name in _FIRST if name != first])[: number - 1]]
    at, events = 0.2, []
    for name in order:
        event = _FIRST[name]
        events.append(Event(event.source, at, event.length, event.level))
        at += 0.9
    rest = ", then ".join(name[0].lower() + name[1:] for name in order)
    return Scene(
        kind=draw.kind,
        modality="sound",
        category="Semantic Layer",
        sub_category="Content Analysis",
        question="Which sound comes first?",
        answer=first,
        others=tuple(order[1:]),
        thinking=f"The sounds follow one another without overlap: {rest}. The first of them is "
        f"{first[0].lower()}{first[1:]}.",
        cue=tuple(name[0].lower() + name[1:] for name in order),
        notice=f"{spelled(number)} different sounds that follow one another",
        measure=f"gives their order: {rest}",
        infer="takes the one that stands at the beginning of the clip as the answer",
        sheet=Sheet(0.2 + 0.9 * number, tuple(events)),
    )


def next_sound(draw: Draw) -> Scene:
    """A repeating pattern that breaks off."""
    dice = draw.dice
    names: list[tuple[str, HitKind]] = [
        ("A knock", "knock"),
        ("A hand clap", "clap"),
        ("A water drop", "drop"),
    ]
    pattern = dice.shuffled(names)
    given = 6 + draw.each((2, 1))
    events = []
    for place in range(given):
        length = 0.16 if pattern[place % 3][1] == "drop" else 0.3
        events.append(Event(Hit(pattern[place % 3][1]), 0.2 + 0.36 * place, length, 0.55))
    answer = pattern[given % 3][0]
    said = ", ".join(name[0].lower() + name[1:] for name, _ in pattern)
    return Scene(
        kind=draw.kind,
        modality="sound",
        category="Cultural Layer",
        sub_category="Imagination",
        question="A pattern of sounds repeats and then breaks off. Had it gone on, what would have come "
        "next?",
        answer=answer,
        others=tuple(name for name, _ in pattern if name != answer),
        thinking=f"Three sounds take turns, always in the order {said}. After {spelled(given)} sounds the "
        f"clip "
        f"breaks off, and the one whose turn it would be is {answer[0].lower()}{answer[1:]}.",
        cue=("three sounds taking turns", f"{spelled(given)} sounds before the end"),
        notice="that three different sounds take turns in a fixed order",
        measure=f"gives the order ({said}) and where in it the clip breaks off",
        infer="continues the pattern by one place",
        sheet=Sheet(0.2 + 0.36 * given + 0.25, tuple(events)),
    )
