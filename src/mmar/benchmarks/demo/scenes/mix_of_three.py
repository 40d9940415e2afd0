"""Sounds, music and speech together."""

from __future__ import annotations

from mmar.benchmarks.demo.events import Event, Hit, Note, Sheet, Speech, Texture, TextureKind
from mmar.benchmarks.demo.scene import Draw, Scene, one_of, spelled
from mmar.benchmarks.demo.scenes.people import PERSONS
from mmar.benchmarks.demo.tunes import chord, melody, plain

__all__ = ["asked_at_party", "door_count", "first_of_three", "next_of_three", "stops", "street", "who_calls"]

_MODALITY = "mix-sound-music-speech"


def _bell(at: float) -> list[Event]:
    return [Event(Note("bell", 1320.0), at, 0.8, 0.35)]


def _voice(at: float) -> list[Event]:
    return [Event(Speech("man", ("ah", "oo")), at, 0.75, 0.5)]


def _music(at: float) -> list[Event]:
    return melody(plain((0, 4, 7)), 60, 0.26, "pluck", at, level=0.45)


def _knocks(at: float) -> list[Event]:
    return [Event(Hit("knock"), at + 0.25 * knock, 0.25, 0.6) for knock in range(3)]


_PARTS = {"The bell": _bell, "The voice": _voice, "The music": _music, "The knocking": _knocks}


def first_of_three(draw: Draw) -> Scene:
    """Three or four sources in a row."""
    offered = tuple(_PARTS)[: 3 + draw.turn % 2]
    first = draw.each(offered)
    order = [first, *draw.dice.shuffled([part for part in offered if part != first])]
    events = [event for place, part in enumerate(order) for event in _PARTS[part](0.2 + 0.92 * place)]
    said = ", ".join(part[0].lower() + part[1:] for part in order)
    return Scene(
        kind=draw.kind,
        modality=_MODALITY,
        category="Semantic Layer",
        sub_category="Content Analysis",
        question="What is heard first?",
        answer=first,
        others=tuple(order[1:]),
        thinking=f"The parts follow one another: {said}. The first is {first[0].lower()}{first[1:]}.",
        cue=tuple(part[0].lower() + part[1:] for part in order),
        notice=f"{spelled(len(order))} different sources, one after the other",
        measure=f"gives their order: {said}",
        infer="takes what stands at the beginning as the answer",
        sheet=Sheet(0.2 + 0.92 * len(order), tuple(events)),
    )


def door_count(draw: Draw) -> Scene:
    """Knocks while music plays and someone speaks."""
    number, others = one_of(draw, 2, 5)
    events = chord((0, 4, 7), 60, "flute", 0.05, 3.4, level=0.05)
    events += [Event(Hit("knock"), 0.3 + 0.36 * knock, 0.3, 0.5) for knock in range(number)]
    events.append(
        Event(Speech("woman", ("eh", "oo"), (0.95, 1.0, 1.3)), 0.3 + 0.36 * number + 0.25, 0.9, 0.4)
    )
    return Scene(
        kind=draw.kind,
        modality=_MODALITY,
        category="Perception Layer",
        sub_category="Counting and Statistics",
        question="Music is playing. How many knocks are there before the woman speaks?",
        answer=spelled(number).capitalize(),
        others=tuple(spelled(other).capitalize() for other in others),
        thinking=f"A soft chord lies under everything. Before the voice, {spelled(number)} dull knocks are "
        f"heard.",
        cue=("a soft chord", "dull knocks", "a woman's voice"),
        notice="the dull knocks apart from the chord and the voice",
        measure=f"counts the knocks and arrives at {spelled(number)}",
        infer="counts only what comes before the voice",
        sheet=Sheet(3.5, tuple(events)),
    )


_STREETS: dict[str, tuple[TextureKind, str]] = {
    "An ambulance": ("siren", "a tone that wails up and down"),
    "Rain": ("rain", "an even, bright rush"),
    "A running engine": ("engine", "a deep, steady rattle"),
    "Birds": ("birds", "quick, high chirps"),
}


def street(draw: Draw) -> Scene:
    """A street musician, somebody who speaks, and something behind them."""
    answer = draw.each(tuple(_STREETS))
    texture, heard = _STREETS[answer]
    events = [
        Event(Texture(texture, draw.dice.bits()), 0.0, 3.6, 0.2),
        *melody(plain((0, 2, 4, 7)), 62, 0.33, "pluck", 0.3, level=0.3),
        Event(Speech("man", ("ah", "eh", "oo")), 1.75, 1.2, 0.4),
    ]
    return Scene(
        kind=draw.kind,
        modality=_MODALITY,
        category="Perception Layer",
        sub_category="Environmental Perception and Reasoning",
        question="Besides the musician and the speaker, what is there?",
        answer=answer,
        others=tuple(other for other in _STREETS if other != answer),
        thinking=f"First some notes are plucked, then a man speaks. Through all of it goes {heard}: "
        f"{answer[0].lower()}{answer[1:]}.",
        cue=("plucked notes", "a man's voice", heard),
        notice=f"{heard} besides music and voice",
        measure="says that it goes on through the whole clip",
        infer="names its source",
        sheet=Sheet(3.6, tuple(events)),
    )


def who_calls(draw: Draw) -> Scene:
    """Somebody calls over music after a ring."""
    answer = draw.each(tuple(PERSONS))
    events = [
        Event(Hit("ring"), 0.2, 0.5, 0.3),
        *melody(plain((0, 4, 7, 4, 0, 4, 7, 4, 0)), 48, 0.33, "pluck", 0.1, level=0.14),
        Event(Speech(PERSONS[answer], ("ah", "ee", "ah")), 1.0, 1.3, 0.5),
    ]
    return Scene(
        kind=draw.kind,
        modality=_MODALITY,
        category="Semantic Layer",
        sub_category="Speaker Analysis",
        question="Music plays and a telephone rings. Who takes the call?",
        answer=answer,
        others=tuple(other for other in PERSONS if other != answer),
        thinking=f"After the ring a voice speaks over the music; its pitch and colour are those of "
        f"{answer[0].lower()}{answer[1:]}.",
        cue=("one ring", "plucked music", "a voice"),
        notice="the voice that follows the ring",
        measure="describes the height or the colour of the voice",
        infer="derives the kind of speaker from them",
        sheet=Sheet(3.2, tuple(events)),
    )


def stops(draw: Draw) -> Scene:
    """A bell that makes one of two things stop."""
    ways = {"The music": (True, False), "The clock": (False, True), "Neither of them": (False, False)}
    answer = draw.each(tuple(ways))
    music_stops, clock_stops = ways[answer]
    rest = (
        "only the ticks go on" if music_stops else "only the music goes on" if clock_stops else "both go on"
    )
    events = melody(
        plain((0, 4, 7, 4, 5, 9, 7, 4, 2, 0, 4, 0)[: 5 if music_stops else 12]),
        57,
        0.3,
        "pluck",
        0.1,
        level=0.35,
    )
    events += [Event(Hit("tick"), 0.15 + 0.4 * tick, 0.05, 0.5) for tick in range(4 if clock_stops else 9)]
    events += _bell(1.65)
    events.append(Event(Speech("woman", ("aw", "ah")), 2.5, 0.8, 0.45))
    return Scene(
        kind=draw.kind,
        modality=_MODALITY,
        category="Perception Layer",
        sub_category="Correlation Analysis",
        question="Music plays and a clock ticks until a bell is struck. Which of the two stops at the bell?",
        answer=answer,
        others=tuple(way for way in ways if way != answer),
        thinking=f"Before the bell, plucked notes and ticks are heard. After it "
        f"{rest}, "
        f"and a woman speaks. What stops: {answer[0].lower()}{answer[1:]}.",
        cue=("plucked notes", "ticks", "one stroke of a bell"),
        notice="the plucked notes and the ticks before the bell",
        measure="says for each of the two whether it is still heard after the bell",
        infer="takes the bell as the moment that divides the clip",
        sheet=Sheet(3.8, tuple(events)),
    )


def asked_at_party(draw: Draw) -> Scene:
    """A question or a statement among music and clapping."""
    ways = {"It asks": (1.0, 0.94, 0.95, 1.45), "It states": (1.15, 1.05, 0.9, 0.75)}
    answer = draw.each(tuple(ways))
    events = [
        *melody(plain((0, 4, 7, 4, 0, 4, 7, 4, 0)), 72, 0.33, "pluck", 0.1, level=0.08),
        *(Event(Hit("clap"), at, 0.25, 0.4) for at in (0.3, 0.65, 2.75)),
        Event(Speech("woman", ("ah", "oo", "eh", "ah"), ways[answer]), 1.0, 1.5, 0.5),
    ]
    course = "climbs at the end" if answer == "It asks" else "sinks to the end"
    return Scene(
        kind=draw.kind,
        modality=_MODALITY,
        category="Semantic Layer",
        sub_category="Emotion and Intention",
        question="Among music and clapping a voice speaks. Does its melody ask or state?",
        answer=answer,
        others=("It states" if answer == "It asks" else "It asks",),
        thinking=f"Between the claps a woman speaks, and the pitch of her voice {course}. {answer}.",
        cue=("music and claps", f"a voice whose pitch {course}"),
        notice="the pitch of the voice, apart from the music",
        measure=f"says that the pitch {course}",
        infer="links a climbing end to a question and a sinking one to a statement",
        sheet=Sheet(3.3, tuple(events)),
    )


def next_of_three(draw: Draw) -> Scene:
    """A rota of three sources that breaks off."""
    order = draw.dice.shuffled(("bell", "voice", "chord"))
    given = 3 + draw.each((1, 2, 3))
    events: list[Event] = []
    for place in range(given):
        at = 0.15 + 0.6 * place
        part = order[place % 3]
        if part == "bell":
            events.append(Event(Note("bell", 1320.0), at, 0.5, 0.35))
        elif part == "voice":
            events.append(Event(Speech("child", ("oo",)), at, 0.45, 0.45))
        else:
            events += chord((0, 4, 7), 60, "organ", at, 0.45, level=0.15)
    names = {"bell": "A bell", "voice": "A voice", "chord": "A chord"}
    answer = names[order[given % 3]]
    said = ", ".join(order)
    return Scene(
        kind=draw.kind,
        modality=_MODALITY,
        category="Cultural Layer",
        sub_category="Imagination",
        question="Bell, voice and chord take turns. If they went on in the same way, what would be heard "
        "next?",
        answer=answer,
        others=tuple(name for name in names.values() if name != answer),
        thinking=f"The order is {said}, and then again from the beginning. {spelled(given).capitalize()} "
        f"parts are "
        f"heard, so the next one would be {answer[0].lower()}{answer[1:]}.",
        cue=("three parts taking turns", f"{spelled(given)} parts in all"),
        notice="that three parts take turns in a fixed order",
        measure=f"gives the order ({said}) and the last part that is heard",
        infer="continues the order by one",
        sheet=Sheet(0.15 + 0.6 * given + 0.1, tuple(events)),
    )
