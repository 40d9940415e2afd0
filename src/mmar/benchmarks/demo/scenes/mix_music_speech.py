"""Music and voices together, spoken and sung."""

from __future__ import annotations

from mmar.benchmarks.demo.events import Event, Note, Person, Sheet, Speech, Vowel
from mmar.benchmarks.demo.pitches import hertz, semitones
from mmar.benchmarks.demo.scene import Draw, Scene, one_of, spelled
from mmar.benchmarks.demo.tunes import chord, melody, plain

__all__ = ["balance", "chord_behind", "over_music", "singer", "song_mood", "sung_note", "voice_entry"]


def sung_note(draw: Draw) -> Scene:
    """A note is played and then sung, true or not."""
    ways = {"Higher": 4, "Lower": -4, "At the same pitch": 0}
    answer = draw.each(tuple(ways))
    key = draw.dice.between(55, 60)
    sung = hertz(key) * semitones(ways[answer])
    events = (
        Event(Note("organ", hertz(key)), 0.2, 0.9, 0.35),
        Event(Speech("woman", ("ah",), (1.0,), pitch=sung), 1.3, 1.1, 0.5),
    )
    return Scene(
        kind=draw.kind,
        modality="mix-music-speech",
        category="Perception Layer",
        sub_category="Music Theory",
        question="An organ gives a note. How is the note that the voice then sings?",
        answer=answer,
        others=tuple(way for way in ways if way != answer),
        thinking=f"The organ sounds at {hertz(key):.0f} Hz, the voice at about {sung:.0f} Hz. So the sung "
        f"note is: "
        f"{answer[0].lower()}{answer[1:]}.",
        cue=("pitch of the organ", "pitch of the voice"),
        notice="that one note is played and then one is sung",
        measure="compares the pitch of the two notes",
        infer="does not mistake the different timbre for a different pitch",
        sheet=Sheet(2.6, events),
    )


def over_music(draw: Draw) -> Scene:
    """Syllables spoken over soft chords."""
    dice = draw.dice
    number, others = one_of(draw, 3, 6)
    vowels: tuple[Vowel, ...] = tuple(dice.pick(("ah", "ee", "eh", "oo")) for _ in range(number))
    length = 0.4 * number
    total = length + 0.8
    events = [
        *chord((0, 4, 7), 55, "organ", 0.05, total - 0.1, level=0.04),
        Event(Speech("man", vowels, (1.05, 1.1, 0.95)), 0.4, length, 0.5),
    ]
    return Scene(
        kind=draw.kind,
        modality="mix-music-speech",
        category="Perception Layer",
        sub_category="Counting and Statistics",
        question="How many syllables are spoken over the chord?",
        answer=spelled(number).capitalize(),
        others=tuple(spelled(other).capitalize() for other in others),
        thinking=f"A chord lies under the whole clip. Over it a voice opens and closes {spelled(number)} "
        f"times.",
        cue=("a lying chord", "separate syllables of a voice"),
        notice="a voice over a chord that does not change",
        measure=f"counts the syllables and arrives at {spelled(number)}",
        infer="keeps the steady chord apart from the syllables",
        sheet=Sheet(total, tuple(events)),
    )


_PERSONS: dict[str, tuple[Person, int]] = {
    "A man": ("man", 48),
    "A woman": ("woman", 58),
    "A child": ("child", 64),
}


def singer(draw: Draw) -> Scene:
    """Who sings, to plucked accompaniment."""
    answer = draw.each(tuple(_PERSONS))
    person, key = _PERSONS[answer]
    events = [
        Event(Speech(person, ("ah",), (1.0,), pitch=hertz(key + step)), 0.3 + 0.6 * place, 0.55, 0.5)
        for place, step in enumerate((0, 4, 2, 0))
    ]
    events += melody(plain((0, 7, 4, 7, 0, 7, 4, 7)), 60, 0.3, "pluck", 0.3, level=0.1)
    return Scene(
        kind=draw.kind,
        modality="mix-music-speech",
        category="Semantic Layer",
        sub_category="Speaker Analysis",
        question="Who is singing to the plucked strings?",
        answer=answer,
        others=tuple(other for other in _PERSONS if other != answer),
        thinking=f"Over the plucked notes a voice sings around {hertz(key):.0f} Hz, with the resonances of "
        f"{answer[0].lower()}{answer[1:]}'s throat.",
        cue=("plucked accompaniment", f"sung notes around {hertz(key):.0f} Hz"),
        notice="a singing voice apart from the plucked strings",
        measure="describes the height or the colour of the voice",
        infer="derives the kind of singer from them",
        sheet=Sheet(2.9, tuple(events)),
    )


def voice_entry(draw: Draw) -> Scene:
    """The moment at which a voice joins the music."""
    moments = {"After 0.5 seconds": 0.5, "After 1.5 seconds": 1.5, "After 2.5 seconds": 2.5}
    offered = {"At the very beginning": 0.05, **moments} if draw.turn % 2 else moments
    answer = draw.each(tuple(moments))
    at = moments[answer]
    vowels: tuple[Vowel, ...] = ("ah", "eh", "ah")
    events = [
        *melody(plain((0, 4, 7, 4, 5, 9, 12, 9, 7, 4, 2, 0)), 60, 0.3, "flute", 0.1, level=0.14),
        Event(Speech("man", vowels[: 2 if at > 2 else 3]), at, 1.0, 0.55),
    ]
    return Scene(
        kind=draw.kind,
        modality="mix-music-speech",
        category="Perception Layer",
        sub_category="Temporal Analysis",
        question="The music runs from the beginning. When does the voice come in?",
        answer=answer,
        others=tuple(way for way in offered if way != answer),
        thinking=f"At first the flute is alone. A man's voice joins it {at} seconds into the clip.",
        cue=("flute from the beginning", f"voice from {at} seconds"),
        notice="that the flute is alone before the voice comes in",
        measure=f"gives the moment of the voice's entry, about {at} seconds",
        infer="chooses the moment nearest to the entry",
        sheet=Sheet(3.8, tuple(events)),
    )


def chord_behind(draw: Draw) -> Scene:
    """A chord under a spoken utterance."""
    answer = draw.each(("Major", "Minor"))
    third = 4 if answer == "Major" else 3
    key = draw.dice.between(57, 62)
    events = [
        *chord((0, third, 7, 12), key, "organ", 0.1, 2.8, level=0.14),
        Event(Speech("man", ("oo", "ah", "eh"), (1.0, 1.1, 0.9)), 1.0, 1.2, 0.3),
    ]
    return Scene(
        kind=draw.kind,
        modality="mix-music-speech",
        category="Perception Layer",
        sub_category="Music Theory",
        question="Is the chord behind the speaker major or minor?",
        answer=answer,
        others=("Minor" if answer == "Major" else "Major",),
        thinking=f"The chord sounds alone before and after the voice. Its third stands {third} semitones "
        f"above the "
        f"lowest note, which makes it {answer.lower()}.",
        cue=("a chord before and after the voice", f"a third of {third} semitones"),
        notice="the chord that goes on where the voice is silent",
        measure=f"gives the third as {answer.lower()}, or as {third} semitones",
        infer="derives the kind of chord from the third",
        sheet=Sheet(3.0, tuple(events)),
    )


def balance(draw: Draw) -> Scene:
    """Voice and music at different levels."""
    answer = draw.each(("The voice", "The music"))
    voice, music = (0.55, 0.05) if answer == "The voice" else (0.12, 0.3)
    events = [
        *melody(plain((0, 7, 4, 7, 9, 7, 4, 0)), 65, 0.35, "brass", 0.1, level=music),
        Event(Speech("man", ("ah", "ee", "oo", "ah")), 0.5, 2.0, voice),
    ]
    return Scene(
        kind=draw.kind,
        modality="mix-music-speech",
        category="Signal Layer",
        sub_category="Acoustic Quality Analysis",
        question="Which is louder in this mix, the voice or the music?",
        answer=answer,
        others=("The music" if answer == "The voice" else "The voice",),
        thinking=f"Before the voice comes in, the brass plays alone, so its level can be judged. {answer} "
        f"stands out "
        f"clearly when both sound.",
        cue=("brass alone at the beginning", "voice and brass together"),
        notice="a voice and a brass melody at the same time",
        measure="compares the loudness while the brass plays alone with that when the voice is there",
        infer="attributes the difference to the one or the other source",
        sheet=Sheet(3.0, tuple(events)),
    )


def song_mood(draw: Draw) -> Scene:
    """A sung phrase, quick and major or slow and minor."""
    answer = draw.each(("Cheerful", "Sad"))
    ways: dict[str, tuple[tuple[int, ...], float, int, str, str]] = {
        "Cheerful": ((0, 4, 7, 4, 9, 7, 4, 7), 0.3, 4, "quick", "major"),
        "Sad": ((7, 3, 2, 0), 0.62, 3, "slow", "minor"),
    }
    steps, beat, third, speed, mode = ways[answer]
    events: list[Event] = [
        Event(Speech("woman", ("ah",), (1.0,), pitch=hertz(57 + step)), 0.3 + beat * place, beat * 0.92, 0.45)
        for place, step in enumerate(steps)
    ]
    events += chord((0, third, 7), 57, "organ", 0.1, 2.8, level=0.08)
    return Scene(
        kind=draw.kind,
        modality="mix-music-speech",
        category="Cultural Layer",
        sub_category="Aesthetic Evaluation",
        question="What is the mood of this song?",
        answer=answer,
        others=("Sad" if answer == "Cheerful" else "Cheerful",),
        thinking=f"A woman sings {speed} notes over a {mode} chord. To ears used to Western music that "
        f"sounds "
        f"{answer.lower()}.",
        cue=(f"{speed} sung notes", f"a {mode} chord"),
        notice=f"{speed} notes of a singing voice",
        measure=f"says that the chord under the voice is {mode}",
        infer=f"links {speed} movement and {mode} harmony to the mood",
        sheet=Sheet(3.0, tuple(events)),
    )
