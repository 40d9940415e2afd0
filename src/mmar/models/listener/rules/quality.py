"""Faults of a recording, the size of a room, and a beat out of place."""

from __future__ import annotations

import numpy as np

from mmar.models.listener.ear import Ear
from mmar.models.listener.heard import Finding
from mmar.models.listener.onsets import onsets
from mmar.models.listener.words import Question, ordinal_in

__all__ = ["RULES", "fault", "interruption", "late_beat", "noisier_part", "room"]

_HUM = ("hum", "mains", "buzz")
_HISS = ("hiss", "noise", "static")
_CLIPPED = ("clip", "overload", "distort", "overdriv")
_DROPPED = ("dropout", "drop", "gap", "interrupt", "cut")
_CLEAN = ("no", "nothing", "none", "clean")


def fault(ear: Ear, question: Question) -> Finding | None:
    """Hum, hiss, overload, dropouts, or none of them."""
    groups = (_HUM, _HISS, _CLIPPED, _DROPPED)
    if sum(any(question.offers(*stems)) for stems in groups) < 2:
        return None
    floor = float(np.percentile(ear.levels, 5))
    quiet = np.flatnonzero(ear.levels <= np.percentile(ear.levels, 20))
    spectrum = np.mean(ear.magnitudes[quiet] ** 2, axis=0) + 1e-14
    low = 10 * np.log10(np.sum(spectrum[1:9]) / np.sum(spectrum[64:]))
    hum = 1.0 if floor > -55 and low > 15 else 0.0
    hiss = 1.0 if floor > -55 and low < 5 else 0.0
    flat = flat_tops(ear)
    gaps = sudden_gaps(ear)
    overload = 1.0 if flat > 0.002 else 0.0
    dropouts = 1.0 if gaps >= 2 else 0.0
    clean = 0.5
    scores = question.favouring(
        {_HUM: hum, _HISS: hiss, _CLIPPED: 2 * overload, _DROPPED: 1.5 * dropouts, _CLEAN: clean}
    )
    return Finding(
        scores,
        f"The quietest moments lie at {floor:.0f} dB, their bass {low:+.0f} dB against their treble; "
        f"{100 * flat:.2f} % of the samples lie on a flat top, and the sound breaks off {gaps} times.",
    )


def flat_tops(ear: Ear) -> float:
    """Share of samples that stay where they are at the clip's own largest value, as after clipping."""
    wave = np.abs(ear.raw[:, 0])
    top = float(wave.max())
    stays = np.abs(np.diff(wave)) < 1e-4 * top
    return float(np.mean(stays & (wave[1:] > 0.985 * top))) if len(stays) else 0.0


def sudden_gaps(ear: Ear) -> int:
    """How often the sound vanishes from one moment to the next and comes back as it was."""
    levels = ear.levels
    loud = levels > levels.max() - 45
    gaps = 0
    for at in range(3, len(levels) - 20):
        if loud[at - 3] and levels[at] < levels[at - 3] - 25 and levels[at] < -70:
            back = np.flatnonzero(levels[at + 1 : at + 80] > levels[at - 3] - 12)
            if len(back) and not (levels[at - 3 : at] < -70).any() and levels[at + 1] < -70:
                gaps += 1
    return gaps


def interruption(ear: Ear, question: Question) -> Finding | None:
    """Whether something that goes on falls silent for a while."""
    silent, other = ("silent", "mute", "stop", "pause", "disappear"), ("nothing", "normal", "goes")
    if not question.asks("happen", "effect") or not any(question.offers(*silent)):
        return None
    third = len(ear.levels) // 3
    middle = ear.levels[third : 2 * third]
    hush = middle < ear.levels.max() - 50
    longest = max(
        (len(run) for run in "".join("x" if is_soft else " " for is_soft in hush).split()), default=0
    )
    is_hushed = longest >= 30
    scores = question.favouring({silent: 2.0 if is_hushed else -1.0, other: 0.5})
    return Finding(scores, f"In the middle third the longest silence lasts {longest / 100:.2f} s.")


def noisier_part(ear: Ear, question: Question) -> Finding | None:
    """Which half has the louder pauses."""
    if not (question.asks("nois") and any(question.offers("first")) and any(question.offers("second"))):
        return None
    half = len(ear.levels) // 2
    first, second = (float(np.percentile(part, 10)) for part in (ear.levels[5:half], ear.levels[half:-5]))
    scores = question.favouring({("first",): first - second, ("second",): second - first})
    return Finding(
        scores, f"The pauses lie at {first:.0f} dB in the first half and at {second:.0f} dB in the second."
    )


def room(ear: Ear, question: Question) -> Finding | None:
    """How long sound takes to die away after its loudest moments."""
    large, small = ("large", "big", "hall", "church", "cathedral"), ("small", "little", "dry")
    if not question.asks("room", "space", "reverb") or not question.between(large, small):
        return None
    peaks = onsets(ear.levels, rise=15.0, range_db=10.0, apart=40)
    if not peaks:
        return None
    times = []
    for at in peaks:
        top = int(at + np.argmax(ear.levels[at : at + 8]))
        below = np.flatnonzero(ear.levels[top:] < ear.levels[top] - 35.0)
        times.append((below[0] if len(below) else len(ear.levels) - top) / 100)
    seconds = float(np.median(times))
    scores = question.favouring({large: seconds - 0.35, small: 0.35 - seconds})
    return Finding(scores, f"After a stroke it takes {seconds:.2f} s until the sound has died away by 35 dB.")


def late_beat(ear: Ear, question: Question) -> Finding | None:
    """The beat that breaks an even series."""
    ordinals = [ordinal_in(choice) for choice in question.choices]
    if not question.asks("late", "early", "irregular", "uneven") or None in ordinals:
        return None
    track = ear.band(2500.0, 7000.0) if question.asks("tick", "click", "clock") else ear.levels
    beats = onsets(track, rise=9.0, apart=8)
    if len(beats) < 4:
        return None
    gaps = np.diff(beats)
    change = gaps[:-1] - gaps[1:] if question.asks("late") else gaps[1:] - gaps[:-1]
    odd = int(np.argmax(change)) + 2
    listed = ", ".join(f"{gap / 100:.2f}" for gap in gaps)
    return Finding(
        [-abs((ordinal or 0) - odd) for ordinal in ordinals],
        f"The beats are {listed} s apart. The pause before beat {odd} and the one after it differ most.",
    )


RULES = (late_beat, fault, interruption, noisier_part, room)
