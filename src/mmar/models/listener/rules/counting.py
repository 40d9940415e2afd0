"""“How many …?”: starts of sound in the band where the thing counted has its energy."""

from __future__ import annotations

import numpy as np

from mmar.models.listener.ear import Ear
from mmar.models.listener.heard import Finding
from mmar.models.listener.onsets import onsets
from mmar.models.listener.pitch import semitones
from mmar.models.listener.spectrum import Array, band_level, frequencies, smoothed
from mmar.models.listener.words import Question, number_in

__all__ = ["RULES", "beats_in_bar", "events", "pitches", "strong_line"]

_VOICE = (250.0, 3500.0)

# Words for things that are counted, and the band in Hz in which they start most clearly.
_BANDS: tuple[tuple[tuple[str, ...], tuple[float, float]], ...] = (
    (("knock", "thump", "drum", "step", "footstep", "bang", "shot"), (120.0, 230.0)),
    (("tick", "click", "keystroke"), (2500.0, 7000.0)),
    (("clap", "snap"), (900.0, 2600.0)),
    (("drop", "drip"), (600.0, 2000.0)),
    (("syllable", "word"), _VOICE),
)

# Words for what is counted wherever in the spectrum it lies. People, words and meanings are not counted.
_ANYTHING = ("times", "note", "beat", "sound", "stroke", "strike", "hit", "pluck", "bell", "bounce")


def strong_line(ear: Ear, lowest: float = 500.0) -> float:
    """The highest frequency, above `lowest` Hz, at which a tone nearly as strong as the strongest sounds."""
    peaks = np.percentile(ear.magnitudes, 99, axis=0)
    columns = np.flatnonzero(frequencies() >= lowest)
    strong = columns[peaks[columns] > 0.25 * peaks[columns].max()]
    tops = [column for column in strong if peaks[column] >= peaks[max(column - 2, 0) : column + 3].max()]
    return float(frequencies()[tops[-1] if tops else strong[-1]])


def _named(question: Question) -> list[float] | None:
    """The number in each choice, if the question asks for a number and every choice has one."""
    if "how many" not in question.text:
        return None
    numbers = [number_in(choice) for choice in question.choices]
    found = [number for number in numbers if number is not None]
    return found if len(found) == len(numbers) and len(set(found)) > 1 else None


def _nearest(numbers: list[float], value: float, because: str) -> Finding:
    return Finding([-abs(number - value) for number in numbers], because)


def events(ear: Ear, question: Question) -> Finding | None:
    """Beeps, knocks, rings, drops, notes, syllables and the like."""
    numbers = _named(question)
    if numbers is None:
        return None
    if question.asks("beep", "ring", "chime", "beeps"):
        line = strong_line(ear)
        track: Array = ear.band(line - 50, line + 50)
        if question.asks("ring", "chime"):
            # A ring is itself a quick alternation, which is not to be counted.
            track = smoothed(track, 14)
        found = onsets(track, rise=8.0, range_db=12.0, apart=14)
        where = f"at its strongest high line, {line:.0f} Hz"
    elif band := next((band for stems, band in _BANDS if question.asks(*stems)), None):
        track = band_level(ear.foreground, *band)
        if band == _VOICE:
            found = onsets(track, rise=4.0, range_db=16.0, apart=14, smooth=5)
        else:
            found = onsets(track, rise=9.0, range_db=16.0, apart=10, smooth=2, dying=9.0)
        where = f"between {band[0]:.0f} and {band[1]:.0f} Hz"
    elif question.asks(*_ANYTHING):
        found = onsets(ear.levels)
        where = "over the whole spectrum"
    else:
        return None
    if not found:
        return None
    times = ", ".join(f"{at / 100:.2f}" for at in found[:12])
    return _nearest(
        numbers,
        len(found),
        f"The question asks for a number. Looking {where}, the level rises steeply {len(found)} times, "
        f"at {times} s.",
    )


def pitches(ear: Ear, question: Question) -> Finding | None:
    """Different pitches in a melody."""
    numbers = _named(question)
    if numbers is None or not (question.asks("differ") and question.asks("pitch", "note", "tone")):
        return None
    heights = sorted(tone.hertz for tone in ear.tones)
    if not heights:
        return None
    different = [heights[0]]
    for height in heights[1:]:
        if semitones(height, different[-1]) > 0.6:
            different.append(height)
    listed = ", ".join(f"{height:.0f}" for height in different)
    return _nearest(
        numbers,
        len(different),
        f"The question asks for different pitches. {len(heights)} steady tones are heard, and they lie at "
        f"{len(different)} pitches: {listed} Hz.",
    )


def beats_in_bar(ear: Ear, question: Question) -> Finding | None:
    """Distance of accents, in beats."""
    if not (question.asks("bar", "measure", "metre", "meter") and question.asks("beat")):
        return None
    numbers = _named(question)
    beats = onsets(ear.levels, rise=5.0, range_db=30.0)
    if numbers is None or len(beats) < 4:
        return None
    low = ear.band(40.0, 200.0)
    weights = np.array([low[at : at + 8].max() for at in beats])
    accents = np.flatnonzero(weights > (weights.max() + weights.min()) / 2)
    if len(accents) < 2:
        return None
    bar = float(np.median(np.diff(accents)))
    return _nearest(
        numbers,
        bar,
        f"{len(beats)} beats are heard, of which {len(accents)} are strong in the bass; from one strong beat "
        f"to the next it is {bar:.0f} beats.",
    )


RULES = (pitches, beats_in_bar, events)
