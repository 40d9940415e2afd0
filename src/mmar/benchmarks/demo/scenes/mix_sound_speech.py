"""Sounds and speech together."""

from __future__ import annotations

from mmar.benchmarks.demo.events import Event, Hit, Note, Person, Sheet, Speech, Texture, TextureKind, Vowel
from mmar.benchmarks.demo.scene import Draw, Scene, one_of, spelled
from mmar.benchmarks.demo.scenes.people import PERSONS

__all__ = [
    "answerer",
    "before_after",
    "behind_speech",
    "noisier_half",
    "reply",
    "responds_to",
    "rings",
    "voice_side",
]

_BEHIND: dict[str, tuple[TextureKind | None, str]] = {
    "Rain": ("rain", "an even, bright rush"),
    "An engine": ("engine", "a deep, steady rattle"),
    "A siren": ("siren", "a tone that wails up and down"),
    "A ticking clock": (None, "thin, regular ticks"),
    "Birds": ("birds", "quick, high chirps"),
}


def backdrop(name: str, grain: int, length: float, level: float = 0.16) -> list[Event]:
    """The sound behind a speaker, for the whole clip."""
    kind, _ = _BEHIND[name]
    if kind is not None:
        return [Event(Texture(kind, grain), 0.0, length, level)]
    return [Event(Hit("tick"), 0.15 + 0.45 * tick, 0.05, 0.5) for tick in range(int(length / 0.45))]


def rings(draw: Draw) -> Scene:
    """A telephone rings, then someone answers."""
    dice = draw.dice
    number, others = one_of(draw, 2, 5)
    events = [Event(Hit("ring"), 0.2 + 0.5 * ring, 0.34, 0.35) for ring in range(number)]
    at = 0.2 + 0.5 * number + 0.15
    events.append(Event(Speech(dice.pick(("man", "woman")), ("eh", "oo"), (0.95, 0.95, 1.25)), at, 0.7, 0.5))
    words = {2: "Twice", 3: "Three times", 4: "Four times", 5: "Five times"}
    return Scene(
        kind=draw.kind,
        modality="mix-sound-speech",
        category="Perception Layer",
        sub_category="Counting and Statistics",
        question="How many times does the telephone ring before somebody answers?",
        answer=words[number],
        others=tuple(words[other] for other in others),
        thinking=f"The telephone's trill is heard {spelled(number)} times, with pauses, and then a voice "
        f"speaks.",
        cue=("trills of a telephone", "a voice after them"),
        notice="the trills of the telephone and the voice that ends them",
        measure=f"counts the trills before the voice and arrives at {spelled(number)}",
        infer="takes the voice as the answer to the call and counts only what comes before it",
        sheet=Sheet(at + 0.95, tuple(events)),
    )


def before_after(draw: Draw) -> Scene:
    """A voice before, after or during a bell."""
    ways = {"Before the bell": (0.2, 1.7), "After the bell": (1.7, 0.2), "While the bell sounds": (0.7, 0.5)}
    answer = draw.each(tuple(ways))
    voice, bell = ways[answer]
    events = (
        Event(Speech("woman", ("ah", "ee", "aw")), voice, 1.2, 0.5),
        Event(Note("bell", 880.0), bell, 1.3, 0.35),
    )
    return Scene(
        kind=draw.kind,
        modality="mix-sound-speech",
        category="Perception Layer",
        sub_category="Temporal Analysis",
        question="When does the voice speak?",
        answer=answer,
        others=tuple(way for way in ways if way != answer),
        thinking=f"The voice begins {voice} seconds into the clip, the bell is struck at {bell} seconds and "
        f"takes more "
        f"than a second to die away. So the voice speaks {answer[0].lower()}{answer[1:]}.",
        cue=("start of the voice", "stroke of the bell"),
        notice="one stroke of a bell and one utterance",
        measure="says which of the two begins first and whether they overlap",
        infer="puts the utterance before, after or into the sound of the bell",
        sheet=Sheet(3.2, events),
    )


def behind_speech(draw: Draw) -> Scene:
    """Somebody speaks in front of a sound."""
    dice = draw.dice
    answer = draw.each(tuple(_BEHIND))
    heard = _BEHIND[answer][1]
    person: Person = dice.pick(("man", "woman"))
    speech = Speech(
        person, tuple(dice.pick(("ah", "ee", "oo", "eh")) for _ in range(5)), (1.05, 1.1, 0.95, 0.9)
    )
    others = dice.shuffled([other for other in _BEHIND if other != answer])[:3]
    return Scene(
        kind=draw.kind,
        modality="mix-sound-speech",
        category="Perception Layer",
        sub_category="Environmental Perception and Reasoning",
        question="What can be heard behind the speaker?",
        answer=answer,
        others=tuple(others),
        thinking=f"In front a {person} speaks. Before the first syllable, between the syllables and after "
        f"the last, "
        f"{heard} can be heard. That is: {answer[0].lower()}{answer[1:]}.",
        cue=(f"a {person}'s voice", heard),
        notice=f"{heard} besides the voice",
        measure="listens to what goes on where the voice pauses",
        infer=f"names the source of the sound, {answer[0].lower()}{answer[1:]}",
        sheet=Sheet(3.2, (*backdrop(answer, dice.bits(), 3.2), Event(speech, 0.7, 1.8, 0.42))),
    )


def answerer(draw: Draw) -> Scene:
    """Somebody answers a knock at the door."""
    answer = draw.each(tuple(PERSONS))
    person = PERSONS[answer]
    events = [Event(Hit("knock"), 0.2 + 0.28 * knock, 0.3, 0.6) for knock in range(3)]
    events.append(Event(Speech(person, ("ah", "oo", "ee"), (1.0, 1.1, 1.3)), 1.3, 1.2, 0.5))
    height = {"man": "low", "woman": "of middle height", "child": "high and bright"}[person]
    return Scene(
        kind=draw.kind,
        modality="mix-sound-speech",
        category="Semantic Layer",
        sub_category="Speaker Analysis",
        question="Who answers the knock at the door?",
        answer=answer,
        others=tuple(other for other in PERSONS if other != answer),
        thinking=f"After three knocks a voice calls. It is {height}, as {answer[0].lower()}{answer[1:]}'s "
        f"voice is.",
        cue=("three knocks", f"a voice that is {height}"),
        notice="that a voice follows the knocks",
        measure=f"describes the voice as {height}",
        infer="derives the kind of speaker from the height and colour of the voice",
        sheet=Sheet(2.8, tuple(events)),
    )


def reply(draw: Draw) -> Scene:
    """What kind of utterance follows a bell."""
    ways = {
        "The voice asks something": (1.0, 0.94, 0.95, 1.45),
        "The voice states something": (1.15, 1.05, 0.9, 0.75),
    }
    answer = draw.each(tuple(ways))
    vowels: tuple[Vowel, ...] = ("ee", "ah", "eh", "ah")
    events = (
        Event(Note("bell", 990.0), 0.15, 1.0, 0.35),
        Event(Speech("man", vowels, ways[answer]), 1.1, 1.5, 0.5),
    )
    course = "climbs" if answer.endswith("asks something") else "sinks"
    return Scene(
        kind=draw.kind,
        modality="mix-sound-speech",
        category="Semantic Layer",
        sub_category="Emotion and Intention",
        question="A door bell sounds. What does the voice do then, judging by its melody?",
        answer=answer,
        others=tuple(way for way in ways if way != answer),
        thinking=f"After the bell a man speaks, and the pitch of his voice {course} towards the end. "
        f"{answer}.",
        cue=("a bell", f"a voice whose pitch {course} at the end"),
        notice="the pitch of the voice after the bell",
        measure=f"says that the pitch {course} towards the end",
        infer="links a climbing end to a question and a sinking one to a statement",
        sheet=Sheet(2.9, events),
    )


def voice_side(draw: Draw) -> Scene:
    """A voice on one side and a clock on the other."""
    answer = draw.each(("On the left", "On the right"))
    place = -0.85 if answer == "On the left" else 0.85
    events = [Event(Hit("tick"), 0.15 + 0.4 * tick, 0.05, 0.6, pan=-place) for tick in range(7)]
    events.append(Event(Speech("woman", ("oo", "ah", "eh")), 0.6, 1.5, 0.5, pan=place))
    other = "On the right" if answer == "On the left" else "On the left"
    return Scene(
        kind=draw.kind,
        modality="mix-sound-speech",
        category="Perception Layer",
        sub_category="Spatial Analysis",
        question="A clock stands on one side of the room. Where is the person who speaks?",
        answer=answer,
        others=(other,),
        thinking=f"The ticks of the clock are stronger in one channel, the voice in the other: the voice is "
        f"{answer[0].lower()}{answer[1:]}.",
        cue=("ticks on one side", "voice on the other"),
        notice="that voice and clock come from different sides",
        measure="compares the two channels while the voice speaks",
        infer="places the speaker on the side where the voice is stronger",
        sheet=Sheet(3.0, tuple(events), channels=2),
    )


def noisier_half(draw: Draw) -> Scene:
    """Hiss in one half of a recording."""
    answer = draw.each(("The first half", "The second half"))
    at = 0.0 if answer == "The first half" else 1.5
    events = (
        Event(Texture("hiss", draw.dice.bits()), at, 1.5, 0.1),
        Event(Speech("man", ("eh", "oo", "ah")), 0.2, 1.1, 0.5),
        Event(Speech("man", ("aw", "ah", "ee")), 1.7, 1.1, 0.5),
    )
    other = "The second half" if answer == "The first half" else "The first half"
    return Scene(
        kind=draw.kind,
        modality="mix-sound-speech",
        category="Signal Layer",
        sub_category="Acoustic Quality Analysis",
        question="Which half of this recording of a voice is noisier?",
        answer=answer,
        others=(other,),
        thinking=f"The same man speaks in both halves and equally loud. {answer} has a hiss that fills the "
        f"pauses, the "
        f"other is silent there.",
        cue=("voice in both halves", f"hiss in {answer[0].lower()}{answer[1:]}"),
        notice="the hiss in the pauses of the voice",
        measure="compares the pauses of the first half with those of the second",
        infer="judges by the noise and not by the voice",
        sheet=Sheet(3.0, events),
    )


def responds_to(draw: Draw) -> Scene:
    """A voice that answers one of two sounds, each time."""
    ways = {"Only the bell": (True, False), "Only the knock": (False, True), "Both of them": (True, True)}
    answer = draw.each(tuple(ways))
    answers = dict(zip(("bell", "knock"), ways[answer], strict=True))
    order = draw.dice.shuffled(("bell", "knock", "bell", "knock"))
    events: list[Event] = []
    for place, name in enumerate(order):
        at = 0.15 + 0.95 * place
        bell = name == "bell"
        events.append(Event(Note("bell", 1175.0) if bell else Hit("knock"), at, 0.42, 0.35 if bell else 0.6))
        if answers[name]:
            events.append(Event(Speech("child", ("ah",), (1.0, 1.1)), at + 0.45, 0.35, 0.45))
    course = ", ".join(f"{name} {'and voice' if answers[name] else 'alone'}" for name in order)
    return Scene(
        kind=draw.kind,
        modality="mix-sound-speech",
        category="Perception Layer",
        sub_category="Correlation Analysis",
        question="A bell and a knock are heard several times. To which of them does the voice respond?",
        answer=answer,
        others=tuple(way for way in ways if way != answer),
        thinking=f"In order there are: {course}. So the voice responds to: {answer[0].lower()}{answer[1:]}.",
        cue=("bells and knocks in turn", "where the voice follows"),
        notice="that the voice is short and always follows another sound",
        measure=f"goes through the sounds in order: {course}",
        infer="checks for each of the two sounds whether the voice follows it every time",
        sheet=Sheet(4.0, tuple(events)),
    )
