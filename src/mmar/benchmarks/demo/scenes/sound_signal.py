"""Sound alone: where it comes from, how it changes, what ails the recording, and signs with a meaning."""

from __future__ import annotations

from mmar.benchmarks.demo.events import (
    Change,
    Dropout,
    Event,
    Hall,
    Hit,
    Note,
    Overload,
    Sheet,
    Texture,
)
from mmar.benchmarks.demo.scene import Draw, Scene

__all__ = ["distance", "fault", "glide", "keypad", "morse", "motion", "room", "width"]


def motion(draw: Draw) -> Scene:
    """An engine that moves between the two channels, or does not."""
    ways = {
        "From left to right": (-0.95, 0.95, "left", "right"),
        "From right to left": (0.95, -0.95, "right", "left"),
        "Staying on the left": (-0.9, -0.9, "left", "left"),
        "Staying on the right": (0.9, 0.9, "right", "right"),
    }
    offered = tuple(ways) if draw.turn % 2 == 0 else tuple(ways)[:2]
    answer = draw.each(offered)
    start, end, began, ended = ways[answer]
    return Scene(
        kind=draw.kind,
        modality="sound",
        category="Perception Layer",
        sub_category="Spatial Analysis",
        question="In which direction does the engine move?",
        answer=answer,
        others=tuple(way for way in offered if way != answer),
        thinking=f"At the beginning the engine is stronger in the {began} channel, at the end it is "
        f"stronger in "
        f"the {ended} one. So the answer is: {answer.lower()}.",
        cue=("level in the left channel", "level in the right channel"),
        notice="that the two channels differ in level",
        measure=f"says that the sound is on the {began} at first and on the {ended} at the end",
        infer="turns the course of the difference between the channels into a direction",
        sheet=Sheet(
            3.0,
            (Event(Texture("engine", draw.dice.bits()), 0.0, 3.0, 0.55, pan=start, pan_to=end),),
            channels=2,
        ),
    )


def distance(draw: Draw) -> Scene:
    """A vehicle that comes closer or drives away."""
    ways = {
        "It comes closer": (0.06, 0.6, "grows steadily louder"),
        "It drives away": (0.6, 0.06, "grows steadily softer"),
        "It stands still": (0.4, 0.4, "keeps its loudness"),
    }
    answer = draw.each(tuple(ways))
    start, end, course = ways[answer]
    return Scene(
        kind=draw.kind,
        modality="sound",
        category="Perception Layer",
        sub_category="Spatial Analysis",
        question="What does the vehicle with the running engine do?",
        answer=answer,
        others=tuple(way for way in ways if way != answer),
        thinking=f"The rattle of the engine {course} from the beginning to the end, while its own sound "
        f"stays the "
        f"same. A source sounds louder the nearer it is, so: {answer.lower()}.",
        cue=("engine rattle", f"loudness: {course}"),
        notice="the engine's rattle that runs through the whole clip",
        measure=f"says that it {course}",
        infer="links the course of the loudness to the distance of the vehicle",
        sheet=Sheet(3.0, (Event(Texture("engine", draw.dice.bits()), 0.0, 3.0, start, level_to=end),)),
    )


def glide(draw: Draw) -> Scene:
    """A whistle whose pitch moves."""
    low, high = 620.0 + draw.dice.below(120), 1250.0 + draw.dice.below(250)
    ways = {
        "It rises": (low, (low + high) / 2, high),
        "It falls": (high, (low + high) / 2, low),
        "It stays level": (low, low, low),
        "It rises, then falls": (low, high, low),
        "It falls, then rises": (high, low, high),
    }
    answer = draw.each(tuple(ways))
    start, middle, end = ways[answer]
    events = (Event(Note("flute", start, (1.0, middle / start, end / start)), 0.2, 2.2, 0.4),)
    return Scene(
        kind=draw.kind,
        modality="sound",
        category="Perception Layer",
        sub_category="Temporal Analysis",
        question="How does the pitch of the whistle change?",
        answer=answer,
        others=tuple(way for way in ways if way != answer),
        thinking=f"The whistle is a single tone. It is at about {start:.0f} Hz at first, {middle:.0f} Hz in "
        f"the "
        f"middle and {end:.0f} Hz at the end. {answer}.",
        cue=("a single gliding tone", "its pitch at the start, the middle and the end"),
        notice="the pitch of the single tone that fills the clip",
        measure="compares the pitch at the beginning, in the middle and at the end",
        infer="sums up the course of the pitch over the whole clip, not over one half",
        sheet=Sheet(2.6, events),
    )


def width(draw: Draw) -> Scene:
    """Two bursts of rain, each the same in both channels or different."""
    ways = {
        "Mono first, stereo later": (False, True),
        "Stereo first, mono later": (True, False),
        "Mono all the time": (False, False),
        "Stereo all the time": (True, True),
    }
    answer = draw.each(tuple(ways))
    events: list[Event] = []
    for half, wide in enumerate(ways[answer]):
        at, grain = 0.1 + 1.5 * half, draw.dice.bits()
        if wide:
            events.append(Event(Texture("rain", grain), at, 1.3, 0.45, pan=-1.0))
            events.append(Event(Texture("rain", draw.dice.bits()), at, 1.3, 0.45, pan=1.0))
        else:
            events.append(Event(Texture("rain", grain), at, 1.3, 0.6))
    described = [
        "wide, different in the two channels" if wide else "narrow, the same in both channels"
        for wide in ways[answer]
    ]
    return Scene(
        kind=draw.kind,
        modality="sound",
        category="Signal Layer",
        sub_category="Audio Difference Analysis",
        question="Rain is heard twice. In what sequence do mono and stereo sound occur?",
        answer=answer,
        others=tuple(way for way in ways if way != answer),
        thinking=f"The first burst is {described[0]}; the second is {described[1]}. The same signal in both "
        f"channels is mono. So: {answer.lower()}.",
        cue=("difference between the channels in the first burst", "and in the second"),
        notice="whether the two channels carry the same signal or different ones",
        measure="compares the first burst of rain with the second",
        infer="calls equal channels mono and different channels stereo",
        sheet=Sheet(3.0, tuple(events), channels=2),
    )


def fault(draw: Draw) -> Scene:
    """A recording of bells with one fault, or none."""
    dice = draw.dice
    faults = {
        "Mains hum": "a deep, steady tone under everything, the hum of the mains",
        "Background hiss": "an even hiss that goes on between the strokes",
        "Overload distortion": "strokes that are harsh and cut off at a fixed height, as when overdriven",
        "Dropouts": "moments in which the sound vanishes and comes back at once",
        "No fault": "nothing but clean strokes that die away into silence",
    }
    answer = draw.each(tuple(faults))
    events = [
        Event(Note("bell", 440.0 + dice.below(200)), 0.15 + 0.85 * stroke, 1.1, 0.4) for stroke in range(3)
    ]
    changes: tuple[Change, ...] = ()
    if answer == "Mains hum":
        events.append(Event(Texture("hum", 0), 0.0, 3.2, 0.1))
    elif answer == "Background hiss":
        events.append(Event(Texture("hiss", dice.bits()), 0.0, 3.2, 0.05))
    elif answer == "Overload distortion":
        changes = (Overload(0.0, 3.2, 6.0),)
    elif answer == "Dropouts":
        changes = tuple(Dropout(at, at + 0.05) for at in (0.45, 0.72, 1.3, 1.55, 2.1, 2.4))
    others = [other for other in faults if other != answer]
    return Scene(
        kind=draw.kind,
        modality="sound",
        category="Signal Layer",
        sub_category="Acoustic Quality Analysis",
        question="What is wrong with this recording of a bell?",
        answer=answer,
        others=tuple(others if draw.turn % 2 == 0 else dice.shuffled(others)[:3]),
        thinking=f"Three strokes of a bell are heard, and with them {faults[answer]}. That is: "
        f"{answer.lower()}.",
        cue=("three strokes of a bell", faults[answer]),
        notice=faults[answer],
        measure="listens to the pauses and the tails as well as to the strokes",
        infer=f"gives what is heard its name, {answer.lower()}",
        sheet=Sheet(3.2, tuple(events), changes),
    )


def room(draw: Draw) -> Scene:
    """Claps, dry or in a hall."""
    answer = draw.each(("Large room", "Small room"))
    large = answer == "Large room"
    events = tuple(Event(Hit("clap"), 0.2 + 1.1 * clap, 0.25, 0.5) for clap in range(2))
    changes = (Hall(0.9, 0.5, draw.dice.bits()),) if large else (Hall(0.05, 0.2, draw.dice.bits()),)
    tail = "a long tail of echoes" if large else "hardly any tail"
    return Scene(
        kind=draw.kind,
        modality="sound",
        category="Perception Layer",
        sub_category="Spatial Analysis",
        question="Two claps test a room. Is it a large room or a small room?",
        answer=answer,
        others=("Small room" if large else "Large room",),
        thinking=f"Each clap is followed by {tail}. Echoes last long where walls are far away, so it is a "
        f"{answer.lower()}.",
        cue=("two claps", tail),
        notice=f"that each clap has {tail}",
        measure="says how long the echoes last after a clap",
        infer="links the length of the echoes to the size of the room",
        sheet=Sheet(2.4, events, changes),
    )


_ROWS, _COLUMNS = (697.0, 770.0, 852.0, 941.0), (1209.0, 1336.0, 1477.0)
_KEYS = ("123", "456", "789", "*0#")


def keypad(draw: Draw) -> Scene:
    """The two tones of a telephone key (ITU-T Recommendation Q.23)."""
    dice = draw.dice
    digits = [key for row in _KEYS for key in row if key.isdigit()]
    key = dice.pick(digits)
    row = next(number for number, keys in enumerate(_KEYS) if key in keys)
    column = _KEYS[row].index(key)
    events = tuple(Event(Note("sine", pitch), 0.3, 0.9, 0.3) for pitch in (_ROWS[row], _COLUMNS[column]))
    return Scene(
        kind=draw.kind,
        modality="sound",
        category="Cultural Layer",
        sub_category="Professional Knowledge and Reasoning",
        question="Which key of a touch-tone telephone was pressed?",
        answer=f"Key {key}",
        others=tuple(f"Key {other}" for other in dice.shuffled([one for one in digits if one != key])[:5]),
        thinking=f"A touch-tone key sounds two tones at once, one for its row and one for its column. Here "
        f"they are "
        f"{_ROWS[row]:.0f} Hz and {_COLUMNS[column]:.0f} Hz, which is row {row + 1}, column {column + 1}: "
        f"key {key}.",
        cue=("two tones at once", f"{_ROWS[row]:.0f} Hz", f"{_COLUMNS[column]:.0f} Hz"),
        notice="that two steady tones sound at the same time",
        measure=f"places them near {_ROWS[row]:.0f} Hz and {_COLUMNS[column]:.0f} Hz, or in the keypad's "
        f"row and column",
        infer="finds the key where that row and that column cross",
        sheet=Sheet(1.5, events),
    )


_MORSE = {
    "A": ".-", "D": "-..", "E": ".", "G": "--.", "I": "..", "K": "-.-",
    "M": "--", "N": "-.", "O": "---", "R": ".-.", "S": "...", "T": "-",
}  # fmt: skip


def morse(draw: Draw) -> Scene:
    """A word in international Morse code (ITU-R Recommendation M.1677-1), a dot of 70 ms."""
    dice = draw.dice
    words = ("SOS", "OK", "TEN", "DOG", "RAIN")
    word = draw.each(words)
    dot, at, events = 0.07, 0.25, []
    for letter in word:
        for sign in _MORSE[letter]:
            length = dot if sign == "." else 3 * dot
            events.append(Event(Note("sine", 720.0), at, length, 0.45))
            at += length + dot
        at += 2 * dot
    # Raised dots and long dashes, which no full stop can be taken for.
    signs = " / ".join(_MORSE[letter].replace(".", "·").replace("-", "–") for letter in word)
    return Scene(
        kind=draw.kind,
        modality="sound",
        category="Cultural Layer",
        sub_category="Professional Knowledge and Reasoning",
        question="Which word is sent in Morse code?",
        answer=word,
        others=tuple(dice.shuffled([other for other in words if other != word])[:3]),
        thinking=f"Short and long tones come in groups: {signs}. In international Morse code these groups "
        f"spell "
        f"{word}.",
        cue=("short and long tones", signs),
        notice="that the tones are of two lengths and come in groups",
        measure=f"writes the groups down as dots and dashes: {signs}",
        infer="reads the groups as letters of international Morse code",
        sheet=Sheet(at + 0.25, tuple(events)),
    )
