"""The probes of `mmar check`: clips made by numpy, and questions whose answers are known.

Four sounds that are easy to distinguish (rain, a telephone, knocking, nothing) are put in different places: in both
channels or in one, at the end of a clip of 40 seconds, behind the fifth and sixth choice. All but the questions about
sides and the longer list share one prompt, so that only the clip differs between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from mmar.benchmarks.demo.sounds import Wave


Group = Literal["sounds", "silence", "left", "right", "sides", "long", "letters", "clips", "description"]
Channels = Literal["both", "left", "right"]

SHORT_S, LONG_S = 5.0, 40.0  # seconds; every sound lasts the former

DESCRIBE = "Describe in one sentence what is heard in this recording."
_SOUND = "Which sound is heard in this recording?"
_SECOND = "Two recordings are given. Which sound is heard in the second one?"
_SIDE = "From which side is the telephone heard in this recording?"
_FOUR = ("rain", "a telephone ringing", "knocking on a door", "silence")
_SIX = (
    "birds singing",
    "a melody on a guitar",
    "silence",
    "knocking on a door",
    "a telephone ringing",
    "rain",
)
_SIDES = ("left", "right", "both sides equally")
_ANSWERS = dict(zip(("rain", "telephone", "knocking", "silence"), _FOUR, strict=True))


class Probe(msgspec.Struct, frozen=True):
    """One clip with a question.

    Attributes:
        group: the property that it is about.
        sound: rain, telephone, knocking or silence.
        clip: the clip in words.
        choices: empty for the open question.
        answer: the right choice; `None` for the open question.
        channels: where the sound is.
        seconds: length of the clip; the sound is at its end.
        second: what is heard in a second clip; empty where there is none.
    """

    id: str
    group: Group
    sound: str
    clip: str
    question: str = _SOUND
    choices: tuple[str, ...] = _FOUR
    answer: str | None = None
    channels: Channels = "both"
    seconds: float = SHORT_S
    second: str = ""


def _probe(group: Group, sound: str, clip: str, **fields: Any) -> Probe:
    values = {"id": f"{group}-{sound}", "answer": _ANSWERS[sound], **fields}
    return Probe(group=group, sound=sound, clip=clip, **values)


def _side(channels: Channels, answer: str) -> Probe:
    clip = f"side of phone: {channels}"
    return Probe(f"sides-{channels}", "sides", "telephone", clip, _SIDE, _SIDES, answer, channels)


def _clips(first: str, second: str, clip: str) -> Probe:
    return Probe(
        f"clips-{first}-{second}", "clips", first, clip, _SECOND, _FOUR, _ANSWERS[second], second=second
    )


def _description(name: str, sound: str, clip: str) -> Probe:
    return Probe(f"description-{name}", "description", sound, clip, DESCRIBE, ())


PROBES: tuple[Probe, ...] = (
    _probe("sounds", "telephone", "phone"),
    _probe("sounds", "rain", "rain"),
    _probe("sounds", "knocking", "knocks"),
    _probe("silence", "silence", "silence"),
    _probe("silence", "silence", "silence, of six", id="silence-six", choices=_SIX),
    _probe("left", "rain", "rain, left only", channels="left"),
    _probe("left", "telephone", "phone, left only", channels="left"),
    _probe("right", "telephone", "phone, right only", channels="right"),
    _probe("right", "knocking", "knocks, right only", channels="right"),
    _probe("long", "telephone", "phone after 35 s", seconds=LONG_S),
    _probe("long", "rain", "rain after 35 s", seconds=LONG_S),
    _probe("letters", "telephone", "phone as E of six", choices=_SIX),
    _probe("letters", "rain", "rain as F of six", choices=_SIX),
    _side("left", "left"),
    _side("right", "right"),
    _side("both", "both sides equally"),
    _clips("rain", "telephone", "rain, then phone"),
    _clips("telephone", "knocking", "phone, then knocks"),
    _description("rain", "rain", "rain, described"),
    _description("again", "rain", "rain, described again"),
    _description("telephone", "telephone", "phone, described"),
)
"""In the order in which they are asked; `mmar check --quick` asks the first."""


def write_clips(probes: tuple[Probe, ...], folder: Path) -> dict[str, tuple[Path, ...]]:
    """Write the clips of probes as 16-bit stereo WAV files of 16 kHz; the files by the probe's id, some shared."""
    names = {name for probe in probes for name in (probe.sound, probe.second) if name}
    waves = {name: _wave(name) for name in names - {"silence"}}
    return {
        probe.id: (
            _written(folder, waves, probe.sound, probe.channels, probe.seconds),
            *([_written(folder, waves, probe.second, "both", SHORT_S)] if probe.second else []),
        )
        for probe in probes
    }


def _written(folder: Path, waves: Mapping[str, Wave], sound: str, channels: Channels, seconds: float) -> Path:
    """The file of a clip, made if it is not there."""
    import numpy as np

    from mmar.audio import Clip, wav_bytes
    from mmar.benchmarks.demo.sounds import RATE

    path = folder / f"{sound}-{channels}-{seconds:g}s.wav"
    if not path.exists():
        samples = np.zeros((round(seconds * RATE), 2), np.float32)
        if sound != "silence":
            wave = waves[sound][:, None].astype(np.float32)
            where = {"both": slice(None), "left": slice(0, 1), "right": slice(1, 2)}[channels]
            samples[-len(wave) :, where] = wave
        path.write_bytes(wav_bytes(Clip(samples, RATE)))
    return path


def _wave(sound: str) -> Wave:
    """A sound of `SHORT_S` seconds, with its peak at a half."""
    import numpy as np

    from mmar.benchmarks.demo.sounds import ambience, event, mix

    rng = np.random.default_rng(14)
    if sound == "rain":
        wave = ambience("rain", SHORT_S, rng)
    else:
        kind, step = ("knock", 0.35) if sound == "knocking" else ("telephone", 0.75)
        wave = mix(SHORT_S, [(start, event(kind, rng)) for start in np.arange(0.1, SHORT_S - 0.3, step)])
    loud: Wave = 0.5 * wave / np.abs(wave).max()
    return loud
