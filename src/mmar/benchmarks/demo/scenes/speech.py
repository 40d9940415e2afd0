"""Speech alone. Nothing is said in any language: the voices speak vowels, and how they do it is asked."""

from __future__ import annotations

from mmar.benchmarks.demo.events import Event, Person, Sheet, Speech, Vowel
from mmar.benchmarks.demo.scene import Draw, Scene, one_of, spelled

__all__ = ["nearness", "second_voice", "speaker", "syllables", "vowel", "vowel_order"]

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
