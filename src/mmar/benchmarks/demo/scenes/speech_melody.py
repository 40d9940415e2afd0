"""Speech alone: what the melody and the pace of a voice tell, without any words."""

from __future__ import annotations

from mmar.benchmarks.demo.events import Event, Person, Sheet, Speech, Vowel
from mmar.benchmarks.demo.scene import Draw, Scene

__all__ = ["arousal", "intonation", "mandarin", "robot"]

_VOWELS: tuple[Vowel, ...] = ("ah", "ee", "oo", "eh", "aw")


def intonation(draw: Draw) -> Scene:
    """An utterance that ends high or low."""
    dice = draw.dice
    ways = {
        "Asking a question": (1.0, 0.95, 0.93, 1.0, 1.4),
        "Making a statement": (1.15, 1.1, 1.0, 0.88, 0.76),
    }
    answer = draw.each(tuple(ways))
    course = (
        "rises steeply on the last syllable" if answer == "Asking a question" else "sinks towards the end"
    )
    vowels = tuple(dice.pick(_VOWELS) for _ in range(4))
    person: Person = ("woman", "man")[draw.turn % 2]
    return Scene(
        kind=draw.kind,
        modality="speech",
        category="Semantic Layer",
        sub_category="Emotion and Intention",
        question="Judging by the melody of the voice, what is the speaker doing?",
        answer=answer,
        others=tuple(way for way in ways if way != answer),
        thinking=f"The words cannot be understood, but the pitch of the voice {course}. That is how a "
        f"speaker sounds who "
        f"is {answer[0].lower()}{answer[1:]}.",
        cue=("pitch of the voice", course),
        notice="the course of the voice's pitch",
        measure=f"says that the pitch {course}",
        infer="links the ending's pitch to the speaker's intention",
        sheet=Sheet(2.0, (Event(Speech(person, vowels, ways[answer]), 0.2, 1.6, 0.5),)),
    )


def mandarin(draw: Draw) -> Scene:
    """One of the four tones of Standard Mandarin on one syllable (Chao 1930: 55, 35, 214, 51)."""
    ways = {
        "High level tone": ((1.25, 1.25), "stays high and level", "mā, mother"),
        "Rising tone": ((0.95, 1.0, 1.1, 1.35), "rises from the middle to the top", "má, hemp"),
        "Dipping tone": ((0.95, 0.8, 0.72, 0.75, 1.0), "dips low and comes up again", "mǎ, horse"),
        "Falling tone": ((1.4, 1.25, 1.0, 0.75), "falls from the top to the bottom", "mà, to scold"),
    }
    answer = draw.each(tuple(ways))
    contour, course, word = ways[answer]
    person: Person = ("woman", "man")[draw.turn % 2]
    return Scene(
        kind=draw.kind,
        modality="speech",
        category="Cultural Layer",
        sub_category="Culture of Speaker",
        question="Taken as a syllable of Standard Mandarin, which tone does it carry?",
        answer=answer,
        others=tuple(way for way in ways if way != answer),
        thinking=f"A single syllable is spoken, and its pitch {course}. Of the four tones of Standard "
        f"Mandarin that is "
        f"the {answer.lower()}, as in {word}.",
        cue=("one syllable", f"pitch that {course}"),
        notice="the course of the pitch within the single syllable",
        measure=f"says that the pitch {course}",
        infer="assigns the course to one of Mandarin's four tones",
        sheet=Sheet(1.3, (Event(Speech(person, ("ah",), contour), 0.2, 0.8, 0.5),)),
    )


def arousal(draw: Draw) -> Scene:
    """Excited or calm."""
    dice = draw.dice
    answer = draw.each(("Excited", "Calm"))
    if answer == "Excited":
        speech = Speech(
            "woman", tuple(dice.pick(_VOWELS) for _ in range(9)), (1.2, 1.7, 1.1, 1.8, 1.2, 1.9, 1.3)
        )
        marks = "quick syllables and a pitch that leaps up and down"
    else:
        speech = Speech("woman", tuple(dice.pick(_VOWELS) for _ in range(4)), (1.0, 0.98, 0.95, 0.92))
        marks = "slow syllables and a pitch that hardly moves"
    return Scene(
        kind=draw.kind,
        modality="speech",
        category="Semantic Layer",
        sub_category="Emotion and Intention",
        question="Does the speaker sound excited or calm?",
        answer=answer,
        others=("Calm" if answer == "Excited" else "Excited",),
        thinking=f"The voice has {marks}. That is the manner of a speaker who is {answer.lower()}.",
        cue=tuple(marks.split(" and ")),
        notice="the pace of the syllables",
        measure=f"describes the voice by {marks}",
        infer="links pace and range of pitch to the speaker's state",
        sheet=Sheet(2.4, (Event(speech, 0.2, 2.0, 0.5),)),
    )


def robot(draw: Draw) -> Scene:
    """A voice with the small unsteadiness of life, or without."""
    answer = draw.each(("Machine-like voice", "Natural voice"))
    vowels: tuple[Vowel, ...] = ("ah", "eh", "oo", "ah")
    machine = answer == "Machine-like voice"
    speech = (
        Speech("man", vowels, (1.0,), steady=True)
        if machine
        else Speech("man", vowels, (1.0, 1.16, 1.04, 1.1, 0.84))
    )
    marks = (
        "exactly one pitch from beginning to end"
        if machine
        else "a pitch that moves with the phrase and wavers"
    )
    return Scene(
        kind=draw.kind,
        modality="speech",
        category="Signal Layer",
        sub_category="Anomaly Detection",
        question="Does this voice sound machine-like or natural in its melody?",
        answer=answer,
        others=("Natural voice" if machine else "Machine-like voice",),
        thinking=f"The voice has {marks}. No living speaker holds a pitch without any movement; a living "
        f"one moves. So: "
        f"{answer.lower()}.",
        cue=("melody of the voice", marks),
        notice="whether the voice's pitch moves",
        measure=f"says that the voice has {marks}",
        infer="takes a perfectly fixed pitch as the mark of a machine",
        sheet=Sheet(2.0, (Event(speech, 0.2, 1.6, 0.5),)),
    )
