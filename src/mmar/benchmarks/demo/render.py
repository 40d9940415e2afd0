"""From a sheet to samples: play each event, mix, change, and round to 16 bits.

Everything is added in the order of the sheet, element by element (see `signal` for why).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from mmar.benchmarks.demo.dice import Dice
from mmar.benchmarks.demo.events import (
    Backwards,
    Change,
    Dropout,
    Event,
    Hall,
    Hit,
    Note,
    Overload,
    Sheet,
    Source,
    Texture,
)
from mmar.benchmarks.demo.hits import strike
from mmar.benchmarks.demo.signal import Wave, fade, frames, line
from mmar.benchmarks.demo.textures import weave
from mmar.benchmarks.demo.timbres import play
from mmar.benchmarks.demo.voices import speak

__all__ = ["render"]

# Speech and music at this level leave room for several at once.
_LIMIT = 0.5


def render(sheet: Sheet) -> npt.NDArray[np.int16]:
    """Play a sheet.

    Args:
        sheet: what to play.

    Returns:
        int16 of shape (frames, channels), the same bits on every machine.
    """
    bus = [np.zeros(frames(sheet.length)) for _ in range(sheet.channels)]
    for event in sheet.events:
        _add(event, bus)
    for change in sheet.changes:
        bus = [_changed(change, wave) for wave in bus]
    scaled = np.stack([np.rint(wave * 32767.0) for wave in bus], axis=1)
    pcm: npt.NDArray[np.int16] = np.clip(scaled, -32767, 32767).astype(np.int16)
    return pcm


def _sound(source: Source, count: int) -> Wave:
    if isinstance(source, Note):
        return play(source, count)
    if isinstance(source, Hit):
        return strike(source, count)
    if isinstance(source, Texture):
        return weave(source, count)
    return speak(source, count)


def _add(event: Event, bus: list[Wave]) -> None:
    start = frames(event.at)
    count = min(frames(event.length), len(bus[0]) - start)
    sound = _sound(event.source, count)
    sound *= event.level if event.level_to is None else line((event.level, event.level_to), count)
    if len(bus) == 1:
        bus[0][start : start + count] += sound
        return
    pan = line((event.pan, event.pan if event.pan_to is None else event.pan_to), count)
    for wave, side in zip(bus, (-1.0, 1.0), strict=True):
        # Equal power: the squares of both gains add up to one.
        wave[start : start + count] += sound * np.sqrt((1.0 + side * pan) * 0.5)


def _changed(change: Change, wave: Wave) -> Wave:
    if isinstance(change, Hall):
        return _in_hall(change, wave)
    made = wave.copy()
    start, end = frames(change.start), min(frames(change.end), len(wave))
    part = wave[start:end]
    if isinstance(change, Overload):
        made[start:end] = np.clip(part * change.gain, -_LIMIT, _LIMIT)
    elif isinstance(change, Dropout):
        # A millisecond's fade on either side keeps the gap from clicking.
        made[start:end] = part * (1.0 - fade(end - start, 0.001, 0.001))
    elif isinstance(change, Backwards):
        made[start:end] = part[::-1]
    return made


def _in_hall(hall: Hall, wave: Wave) -> Wave:
    """Sparse early reflections and a thick tail that dies away by the fourth power."""
    made = wave.copy()
    dice = Dice(hall.grain, "hall")
    reflections = 60
    for number in range(reflections):
        share = (number + 1 + dice.below(1000) * 0.001) / (reflections + 1)
        delay = frames(0.012 + hall.seconds * share)
        if delay >= len(wave):
            break
        rest = 1.0 - share
        gain = hall.level * rest * rest * (1.0 if dice.below(2) else -1.0) / math.sqrt(1.0 + 12.0 * share)
        made[delay:] += wave[:-delay] * gain
    return made
