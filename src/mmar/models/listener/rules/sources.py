"""What there is: surroundings and backgrounds, and which source comes first."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mmar.models.listener.ear import Ear
from mmar.models.listener.events import SOURCES, event_scores
from mmar.models.listener.heard import Finding
from mmar.models.listener.onsets import onsets
from mmar.models.listener.spectrum import RATE, frequencies
from mmar.models.listener.words import Question

__all__ = ["RULES", "backdrop_scores", "first_source", "surroundings"]

_BACKDROPS: Mapping[str, tuple[str, ...]] = {
    "rain": ("rain", "shower"),
    "wind": ("wind", "storm"),
    "engine": ("engine", "motor", "car", "truck"),
    "siren": ("siren", "ambulance", "police"),
    "waves": ("sea", "wave", "beach", "ocean", "surf"),
    "birds": ("bird", "wood", "forest", "dawn"),
    "clock": ("clock", "tick"),
}


def backdrop_scores(ear: Ear) -> tuple[dict[str, float], str]:
    """How well each kind of surroundings fits what goes on where nothing else is loud.

    Returns:
        A score for each key, and the measured values in words.
    """
    order = np.argsort(ear.levels, kind="stable")
    soft = np.sort(order[len(order) // 20 : max(8, 2 * len(order) // 5)])
    power = np.mean(ear.magnitudes[soft] ** 2, axis=0)
    hertz = frequencies()
    centre = float(np.sum(power * hertz) / max(float(np.sum(power)), 1e-18))
    columns = (hertz > 300) & (hertz < 7000)
    flat = float(np.exp(np.mean(np.log(power[columns] + 1e-15))) / (np.mean(power[columns]) + 1e-15))
    floor = float(np.percentile(ear.levels, 10))
    highs = ear.band(2300.0, 7000.0)
    swing = float(np.percentile(highs, 90) - np.percentile(highs, 10))
    ticks = onsets(highs, rise=12.0, range_db=12.0, apart=15)
    gaps = np.diff(ticks)
    is_even = len(gaps) >= 3 and float(np.std(gaps)) < 0.12 * float(np.mean(gaps))
    high = ear.magnitudes[:, hertz > 500]
    strongest = hertz[hertz > 500][np.argmax(high, axis=1)]
    is_tone = np.max(high, axis=1) > 0.5 * np.sqrt(np.sum(high * high, axis=1) + 1e-12)
    wail = float(np.mean(is_tone & (strongest > 550) & (strongest < 1400)))
    top = ear.magnitudes[:, hertz > 2300]
    share = np.max(top, axis=1) / np.sqrt(np.sum(top * top, axis=1) + 1e-12)
    chirps = float(np.mean((share > 0.6) & (highs > -50)))
    rough = ear.flatness(300.0, 7000.0)
    firing = _low_tones(ear)
    is_there = floor > -60
    noise = flat > 0.25 and is_there
    scores = {
        "rain": 1.0 if noise and swing < 14 and centre > 1800 else 0.0,
        "waves": 0.9 if rough > 0.1 and swing >= 14 and not is_even else 0.3 if noise else 0.0,
        "wind": 0.8 if is_there and not noise and centre < 900 and firing < 0.5 else 0.0,
        "engine": 0.9 if is_there and centre < 420 and firing >= 0.5 else 0.0,
        "siren": 0.95 if is_there and wail > 0.6 and not noise else 0.0,
        "birds": 0.9 if chirps > 0.15 and not noise else 0.0,
        "clock": 0.85 if is_even else 0.0,
    }
    said = (
        f"The softer moments lie at {floor:.0f} dB with their weight at {centre:.0f} Hz and a flatness of {flat:.2f}; "
        f"above 2.3 kHz the level swings by {swing:.0f} dB, {100 * chirps:.0f} % of the time there is a single tone, and "
        f"{'even ticks' if is_even else 'no even ticks'} are found."
    )
    return scores, said


def _low_tones(ear: Ear) -> float:
    """Share of the power from 30 to 400 Hz that lies in narrow lines, as an engine's firing makes them."""
    spectrum = np.abs(np.fft.rfft(ear.mono * np.hanning(len(ear.mono)))) ** 2
    step = RATE / len(ear.mono)
    part = spectrum[int(30 / step) : int(400 / step)]
    part = np.sort(part)[::-1]
    return float(np.sum(part[: max(1, len(part) // 20)]) / max(float(np.sum(part)), 1e-18))


def surroundings(ear: Ear, question: Question) -> Finding | None:
    """The place or the background that fits best."""
    if sum(any(question.offers(*stems)) for stems in _BACKDROPS.values()) < 2:
        return None
    scores, said = backdrop_scores(ear)
    return Finding(question.favouring({stems: scores[name] for name, stems in _BACKDROPS.items()}), said)


def first_source(ear: Ear, question: Question) -> Finding | None:
    """Which of several sources begins."""
    if not question.asks("first", "begin") or not question.between(
        *(stems for stems in SOURCES.values() if any(question.offers(*stems)))
    ):
        return None
    starts = onsets(ear.levels, rise=8.0, range_db=30.0)
    if not starts:
        return None
    scores = event_scores(ear, starts[0])
    likely = max(scores, key=lambda name: scores[name])
    return Finding(
        question.favouring({stems: scores[name] for name, stems in SOURCES.items()}),
        f"The first event begins at {starts[0] / 100:.2f} s; by its length, its spectrum and its pitch it is "
        f"most like a {likely}.",
    )


RULES = (first_source, surroundings)
