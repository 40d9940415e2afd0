"""Music alone: loudness, instruments, sides, comparisons, and a note that does not belong."""

from __future__ import annotations

from mmar.benchmarks.demo.events import Event, Note, Sheet, Timbre
from mmar.benchmarks.demo.pitches import hertz
from mmar.benchmarks.demo.scene import Draw, Scene
from mmar.benchmarks.demo.tunes import melody, plain

__all__ = ["compare", "dynamics", "instruments", "next_note", "side", "wrong_note"]

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def dynamics(draw: Draw) -> Scene:
    """Repeated notes that grow, fade or stay."""
    ways = {
        "It grows louder": (0.06, 0.42),
        "It grows softer": (0.42, 0.06),
        "It stays equally loud": (0.3, 0.3),
    }
    answer = draw.each(tuple(ways))
    first, last = ways[answer]
    steps = (0, 2, 4, 5, 4, 2, 0, 2)
    key = draw.dice.between(58, 64)
    events = tuple(
        Event(Note("brass", hertz(key + step)), 0.2 + 0.32 * place, 0.29, first + (last - first) * place / 7)
        for place, step in enumerate(steps)
    )
    return Scene(
        kind=draw.kind,
        modality="music",
        category="Perception Layer",
        sub_category="Temporal Analysis",
        question="How does the loudness of the brass phrase develop?",
        answer=answer,
        others=tuple(way for way in ways if way != answer),
        thinking=f"Eight notes of one instrument follow each other at an even pace. Compared with the first "
        f"note the "
        f"last one is {'louder' if last > first else 'softer' if last < first else 'as loud'}. {answer}.",
        cue=("eight notes of brass", "loudness of the first and of the last"),
        notice="the loudness of the notes, apart from their pitch",
        measure="compares the loudness at the beginning, in the middle and at the end",
        infer="derives the development over the whole phrase",
        sheet=Sheet(3.0, events),
    )


def compare(draw: Draw) -> Scene:
    """Two phrases that differ in one thing."""
    turn = draw.turn % 3
    word = ("louder", "higher", "faster")[turn]
    ways = ("The first phrase", "The second phrase", "They are the same")
    answer = draw.each(ways)
    more = ways.index(answer)
    key = draw.dice.between(58, 63)
    steps = (0, 2, 4, 2, 0)
    events: list[Event] = []
    for phrase in (0, 1):
        raised = phrase == more
        beat = 0.17 if turn == 2 and raised else 0.27
        level = 0.55 if turn == 0 and raised else 0.22
        lift = 5 if turn == 1 and raised else 0
        events += melody(plain(steps), key + lift, beat, "pluck", 0.2 + 1.75 * phrase, level=level)
    said = "do not differ in that" if more == 2 else f"differ: {answer.lower()} is {word}"
    return Scene(
        kind=draw.kind,
        modality="music",
        category="Signal Layer",
        sub_category="Audio Difference Analysis",
        question=f"Two phrases are played with a pause between. Which one is {word}?",
        answer=answer,
        others=tuple(way for way in ways if way != answer),
        thinking=f"After the pause the same five steps are played again. Set side by side, the two phrases "
        f"{said}.",
        cue=("two phrases and a pause", {"louder": "loudness", "higher": "pitch", "faster": "pace"}[word]),
        notice="that a pause divides the music into two phrases of the same five steps",
        measure=f"compares the {({'louder': 'loudness', 'higher': 'pitch', 'faster': 'pace'})[word]} of the "
        f"two",
        infer="judges by that one property and by nothing else",
        sheet=Sheet(3.7, tuple(events)),
    )


_PAIRS: dict[str, tuple[Timbre, ...]] = {
    "Bell, then flute": ("bell", "flute"),
    "Bell, then brass": ("bell", "brass"),
    "Flute, then brass": ("flute", "brass"),
    "Brass, then bell": ("brass", "bell"),
    "Flute, then bell": ("flute", "bell"),
}


def instruments(draw: Draw) -> Scene:
    """Two instruments, one after the other."""
    answer = draw.each(tuple(_PAIRS))
    key = draw.dice.between(64, 69)
    events: list[Event] = []
    for place, timbre in enumerate(_PAIRS[answer]):
        events += melody(plain((0, 4, 7)), key, 0.45, timbre, 0.2 + 1.5 * place, level=0.4)
    first, second = _PAIRS[answer]
    marks = {
        "bell": "a bright stroke that dies away",
        "flute": "a soft, almost pure tone",
        "brass": "a sharp, bright tone that lasts",
    }
    return Scene(
        kind=draw.kind,
        modality="music",
        category="Perception Layer",
        sub_category="Temporal Analysis",
        question="In which order do the instruments appear?",
        answer=answer,
        others=tuple(draw.dice.shuffled([pair for pair in _PAIRS if pair != answer])[:3]),
        thinking=f"The first three notes are each {marks[first]}, which is a {first}; the next three are "
        f"each "
        f"{marks[second]}, which is {'a ' if second != 'brass' else ''}{second}.",
        cue=(marks[first], marks[second]),
        notice="that the same three notes are played twice, with different timbres",
        measure=f"describes how the notes start and last: {marks[first]}, then {marks[second]}",
        infer="names both instruments by their timbre and keeps them in order",
        sheet=Sheet(3.2, tuple(events)),
    )


def side(draw: Draw) -> Scene:
    """A melody that is heard on one side, answered on another."""
    ways = {"Left": -0.9, "Right": 0.9, "Centre": 0.0}
    answer = draw.each(tuple(ways))
    reply = draw.dice.pick([name for name in ways if name != answer])
    key = draw.dice.between(60, 65)
    events = [
        Event(event.source, event.at, event.length, event.level, pan=ways[answer])
        for event in melody(plain((0, 4, 7, 4)), key, 0.3, "pluck", 0.2)
    ] + [
        Event(event.source, event.at, event.length, event.level, pan=ways[reply])
        for event in melody(plain((12, 7, 4, 0)), key, 0.3, "brass", 1.6, level=0.3)
    ]
    return Scene(
        kind=draw.kind,
        modality="music",
        category="Perception Layer",
        sub_category="Spatial Analysis",
        question="From which side does the first instrument sound?",
        answer=answer,
        others=tuple(name for name in ways if name != answer),
        thinking=f"The plucked instrument plays first. Its level in the two channels puts it at: "
        f"{answer.lower()}. The "
        f"answer of the brass comes from elsewhere ({reply.lower()}) and is not asked for.",
        cue=("plucked notes first", "level of the two channels"),
        notice="that two instruments play one after the other from different sides",
        measure="compares the two channels while the first instrument plays",
        infer="places the first instrument on the side where it is stronger, or in the middle if it is equal",
        sheet=Sheet(3.0, tuple(events), channels=2),
    )


def wrong_note(draw: Draw) -> Scene:
    """A major scale with one note a semitone off."""
    dice = draw.dice
    scale = [0, 2, 4, 5, 7, 9, 11, 12]
    place = draw.each((2, 4, 5))
    off = list(scale)
    # Raised fourths and lowered sevenths are common; these three shifts leave the key for good.
    off[place] += {2: -1, 4: 1, 5: -1}[place]
    others = dice.shuffled([other for other in range(1, 7) if other != place])[:3]
    return Scene(
        kind=draw.kind,
        modality="music",
        category="Signal Layer",
        sub_category="Anomaly Detection",
        question="A major scale is played upwards with one wrong note. Which note is wrong?",
        answer=f"The {_ORDINALS[place]}",
        others=tuple(f"The {_ORDINALS[other]}" for other in others),
        thinking=f"A major scale climbs by 2, 2, 1, 2, 2, 2, 1 semitones. Here the {_ORDINALS[place]} note "
        f"stands "
        f"{off[place]} semitones above the first instead of {scale[place]}.",
        cue=("eight climbing notes", f"the {_ORDINALS[place]} note a semitone off"),
        notice="that one step of the scale is too small and its neighbour too large",
        measure=f"counts the notes up to the odd one and arrives at the {_ORDINALS[place]}",
        infer="compares the steps heard with those of a major scale",
        sheet=Sheet(3.4, tuple(melody(plain(off), dice.between(57, 64), 0.37, "pluck", 0.2, level=0.45))),
    )


def next_note(draw: Draw) -> Scene:
    """A sequence that breaks off before its last note."""
    ways = {
        "Higher than the last": (0, 2, 4, 2, 4, 5, 4, 5),
        "Lower than the last": (12, 11, 9, 11, 9, 7, 9, 7),
    }
    answer = draw.each(tuple(ways))
    steps = ways[answer]
    direction = "up" if answer.startswith("Higher") else "down"
    return Scene(
        kind=draw.kind,
        modality="music",
        category="Cultural Layer",
        sub_category="Imagination",
        question="A figure of three notes is repeated, each time one step further, and breaks off before "
        "its ninth "
        "note. What would the ninth note have been?",
        answer=answer,
        others=tuple(
            other
            for other in ("Higher than the last", "Lower than the last", "The same as the last")
            if other != answer
        ),
        thinking=f"The three notes of the figure run {direction}, and the figure itself moves {direction} "
        f"each time. "
        f"The clip ends after the second note of the third figure, so one more note {direction} is due: "
        f"{answer.lower()}.",
        cue=(f"three notes running {direction}", "the figure repeated one step further"),
        notice="that the melody is one figure of three notes, repeated from other notes",
        measure=f"says that the notes within the figure run {direction}, and that two of the last figure "
        f"are heard",
        infer="completes the last figure as the ones before it",
        sheet=Sheet(3.0, tuple(melody(plain(steps), draw.dice.between(59, 64), 0.32, "flute", 0.2))),
    )
