"""What a clip is made of, as plain data: a score that can be read without being played.

A `Sheet` lists `Event`s, each a source of sound with its place in time, level and direction, and what
happens to the whole afterwards. Questions are written together with their sheet, so an answer can be
checked against the sheet by anyone, and the records of the benchmark need no sound to be made.

Conventions: times and lengths in seconds, pitches in Hz, levels as amplitude from 0 to 1 (full scale),
directions from −1 (left) over 0 to 1 (right); directions matter only on sheets of two channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "Backwards",
    "Change",
    "Dropout",
    "Event",
    "Hall",
    "Hit",
    "HitKind",
    "Note",
    "Overload",
    "Person",
    "Sheet",
    "Source",
    "Speech",
    "Texture",
    "TextureKind",
    "Timbre",
    "Vowel",
]

Timbre = Literal["sine", "flute", "pluck", "organ", "brass", "bell"]
HitKind = Literal["knock", "tick", "drop", "drum", "clap", "ring"]
TextureKind = Literal["rain", "wind", "engine", "hiss", "hum", "siren", "waves", "birds"]
Person = Literal["man", "woman", "child"]
Vowel = Literal["ah", "ee", "oo", "eh", "aw"]


@dataclass(frozen=True, slots=True)
class Note:
    """A pitched sound.

    Attributes:
        timbre: the instrument.
        pitch: frequency in Hz.
        tune: pitch at evenly spaced moments, as multiples of `pitch`; straight between. A bell has none.
    """

    timbre: Timbre
    pitch: float
    tune: tuple[float, ...] = (1.0,)


@dataclass(frozen=True, slots=True)
class Hit:
    """A short sound with a sharp start."""

    kind: HitKind


@dataclass(frozen=True, slots=True)
class Texture:
    """A sound without end; `grain` seeds what is random in it."""

    kind: TextureKind
    grain: int


@dataclass(frozen=True, slots=True)
class Speech:
    """A voice on vowels, one syllable each.

    Attributes:
        person: whose throat and mouth.
        vowels: one a syllable, spread evenly over the event.
        tune: pitch at evenly spaced moments of the event, as multiples of `pitch`; straight between.
        pitch: fundamental frequency in Hz; None for the person's own.
        joined: True lets one vowel flow into the next, False closes the mouth between them.
        steady: True takes every small unsteadiness out, as a machine would.
    """

    person: Person
    vowels: tuple[Vowel, ...]
    tune: tuple[float, ...] = (1.0, 1.04, 0.94)
    pitch: float | None = None
    joined: bool = False
    steady: bool = False


Source = Note | Hit | Texture | Speech


@dataclass(frozen=True, slots=True)
class Event:
    """A source placed in time, level and direction; `level_to` and `pan_to` make it move evenly."""

    source: Source
    at: float
    length: float
    level: float = 0.5
    level_to: float | None = None
    pan: float = 0.0
    pan_to: float | None = None


@dataclass(frozen=True, slots=True)
class Overload:
    """Driven `gain` times too hard, from `start` to `end`, and cut off at half of full scale."""

    start: float
    end: float
    gain: float


@dataclass(frozen=True, slots=True)
class Dropout:
    """Nothing at all from `start` to `end`."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Backwards:
    """The stretch from `start` to `end`, last sample first."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Hall:
    """The reflections of a room that dies away in `seconds`; `grain` seeds where its walls stand."""

    seconds: float
    level: float
    grain: int


Change = Overload | Dropout | Backwards | Hall


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole clip: how long, how many channels, what sounds, and what is done to it in the end."""

    length: float
    events: tuple[Event, ...]
    changes: tuple[Change, ...] = ()
    channels: Literal[1, 2] = 1
