"""Speech alone. Nothing is said in any language: the voices speak vowels, and how they do it is asked."""

from __future__ import annotations

from mmar.benchmarks.demo.events import Event, Person, Sheet, Speech, Vowel
from mmar.benchmarks.demo.scene import Draw, Scene, one_of, spelled

__all__ = [
    "arousal",
    "intonation",
    "mandarin",
    "nearness",
    "robot",
    "second_voice",
    "speaker",
    "syllables",
    "vowel",
    "vowel_order",
]

_VOWELS: dict[Vowel, str] = {
    "ah": "wide open",
    "ee": "bright, with the tongue high in front",
    "oo": "dark, with rounded lips",
    "eh": "half open in front",
    "aw": "half open and dark",
}

_PERSONS: dict[str, tuple[Person, str]] = {
    "A man": ("man", "low pitch, near 120 Hz, and the dark resonances of a long throat"),
    "A woman": ("woman", "pitch near 210 Hz and clear resonances"),
    "A child": ("child", "high pitch, near 290 Hz, and the bright resonances of a short throat"),
}


def vowel(draw: Draw) -> Scene:
    """One vowel, held."""
    dice = draw.dice
    answer = draw.each(tuple(_VOWELS))
    person: Person = ("man", "woman", "man")[draw.turn % 3]
    others = dice.shuffled([other for other in _VOWELS if other != answer])[: (3, 4, 2)[draw.turn % 3]]
    return Scene(
        kind=draw.kind,
        modality="speech",
        category="Semantic Layer",
        sub_category="Content Analysis",
        question="Which vowel does the voice hold? (ah: father, ee: see, oo: moon, eh: bed, aw: saw)",
        answer=answer,
        others=tuple(others),
        thinking=f"A {person}'s voice holds a single vowel that is {_VOWELS[answer]}: “{answer}”.",
        cue=("one held vowel", _VOWELS[answer]),
        notice="that a single vowel is held without change",
        measure=f"describes the vowel's colour ({_VOWELS[answer]}) or its formants",
        infer=f"matches the colour with the vowel “{answer}”",
        sheet=Sheet(1.6, (Event(Speech(person, (answer,)), 0.2, 1.2, 0.5),)),
    )


def vowel_order(draw: Draw) -> Scene:
    """Three vowels in a row."""
    dice = draw.dice
    orders: list[tuple[Vowel, Vowel, Vowel]] = [
        ("ah", "ee", "oo"),
        ("ee", "oo", "eh"),
        ("oo", "ah", "ee"),
        ("eh", "aw", "ee"),
        ("aw", "ah", "oo"),
    ]
    answer = draw.each(orders)
    others = dice.shuffled([order for order in orders if order != answer])[:3]
    said = "-".join(answer)
    return Scene(
        kind=draw.kind,
        modality="speech",
        category="Semantic Layer",
        sub_category="Content Analysis",
        question="Which three syllables does the voice say, in this order?",
        answer=said,
        others=tuple("-".join(order) for order in others),
        thinking=f"Three syllables of a woman's voice follow each other: the first is {_VOWELS[answer[0]]}, "
        f"the second "
        f"{_VOWELS[answer[1]]}, the third {_VOWELS[answer[2]]}. So she says {said}.",
        cue=answer,
        notice="three separate syllables of one voice",
        measure="describes or names the vowel of each syllable",
        infer="keeps the three vowels in the order in which they are spoken",
        sheet=Sheet(2.2, (Event(Speech("woman", answer), 0.2, 1.8, 0.5),)),
    )


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
    vowels = tuple(dice.pick(tuple(_VOWELS)) for _ in range(4))
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


def speaker(draw: Draw) -> Scene:
    """Who speaks."""
    dice = draw.dice
    answer = draw.each(tuple(_PERSONS))
    person, marks = _PERSONS[answer]
    vowels = tuple(dice.shuffled(tuple(_VOWELS))[:3])
    return Scene(
        kind=draw.kind,
        modality="speech",
        category="Semantic Layer",
        sub_category="Speaker Analysis",
        question="Who is speaking, as far as the voice tells?",
        answer=answer,
        others=tuple(other for other in _PERSONS if other != answer),
        thinking=f"The voice has a {marks}. That fits {answer[0].lower()}{answer[1:]} best.",
        cue=(marks,),
        notice="the height of the voice",
        measure="describes the voice's pitch or the colour that its throat gives it",
        infer="links low voices to men, high and bright ones to children, those between to women",
        sheet=Sheet(1.9, (Event(Speech(person, vowels), 0.2, 1.5, 0.5),)),
    )


def second_voice(draw: Draw) -> Scene:
    """Two utterances, by one person or by two."""
    ways: dict[str, tuple[Person, Person]] = {
        "It is higher": ("man", "woman"),
        "It is lower": ("woman", "man"),
        "It is the same voice": ("woman", "woman"),
    }
    answer = draw.each(tuple(ways))
    first, second = ways[answer]
    events = (
        Event(Speech(first, ("ah", "oo")), 0.2, 1.0, 0.5),
        Event(Speech(second, ("eh", "ah")), 1.5, 1.0, 0.5),
    )
    return Scene(
        kind=draw.kind,
        modality="speech",
        category="Semantic Layer",
        sub_category="Speaker Analysis",
        question="How does the voice after the pause compare with the voice before it?",
        answer=answer,
        others=tuple(way for way in ways if way != answer),
        thinking=f"Before the pause a {first} speaks, after it a {second}"
        f"{', the same one' if first == second else ''}. {answer}.",
        cue=("voice before the pause", "voice after the pause"),
        notice="that a pause divides two utterances",
        measure="compares the pitch of the voice before and after the pause",
        infer="derives from pitch and colour whether another person speaks",
        sheet=Sheet(2.8, events),
    )


def syllables(draw: Draw) -> Scene:
    """How many syllables."""
    dice = draw.dice
    number, others = one_of(draw, 2, 6)
    vowels = tuple(dice.pick(tuple(_VOWELS)) for _ in range(number))
    length = 0.36 * number
    return Scene(
        kind=draw.kind,
        modality="speech",
        category="Perception Layer",
        sub_category="Counting and Statistics",
        question="How many syllables does the speaker utter?",
        answer=spelled(number).capitalize(),
        others=tuple(spelled(other).capitalize() for other in others),
        thinking=f"The voice opens and closes {spelled(number)} times, and each opening carries one vowel: "
        f"{', '.join(vowels)}.",
        cue=("openings and closings of the voice", "one vowel each"),
        notice="that the voice is divided by short closures",
        measure=f"counts the openings, or the vowels, and arrives at {spelled(number)}",
        infer="takes one opening with its vowel as one syllable",
        sheet=Sheet(length + 0.4, (Event(Speech("man", vowels), 0.2, length, 0.5),)),
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
            "woman", tuple(dice.pick(tuple(_VOWELS)) for _ in range(9)), (1.2, 1.7, 1.1, 1.8, 1.2, 1.9, 1.3)
        )
        marks = "quick syllables and a pitch that leaps up and down"
    else:
        speech = Speech("woman", tuple(dice.pick(tuple(_VOWELS)) for _ in range(4)), (1.0, 0.98, 0.95, 0.92))
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


def nearness(draw: Draw) -> Scene:
    """The second of two speakers is nearer, farther, or as near."""
    ways = {"Nearer": (0.14, 0.6), "Farther away": (0.6, 0.14), "Equally near": (0.4, 0.4)}
    answer = draw.each(tuple(ways))
    first, second = ways[answer]
    events = (
        Event(Speech("man", ("oo", "ah")), 0.2, 1.0, first),
        Event(Speech("woman", ("ah", "eh")), 1.5, 1.0, second),
    )
    course = "louder" if second > first else "softer" if second < first else "as loud"
    return Scene(
        kind=draw.kind,
        modality="speech",
        category="Perception Layer",
        sub_category="Spatial Analysis",
        question="Compared with the first speaker, how near is the second speaker to the microphone?",
        answer=answer,
        others=tuple(way for way in ways if way != answer),
        thinking=f"The woman who speaks second is {course} than the man before her, if both speak alike. "
        f"Loudness falls with distance, so she is: {answer.lower()}."
        if course != "as loud"
        else "The woman who speaks second is as loud as the man before her, so both stand equally near.",
        cue=("loudness of the first voice", "loudness of the second voice"),
        notice="that two people speak, one after the other",
        measure="compares the loudness of the two voices",
        infer="links loudness to the distance from the microphone",
        sheet=Sheet(2.8, events),
    )
