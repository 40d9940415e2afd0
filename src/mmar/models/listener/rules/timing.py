"""When something comes: in seconds, before or after, in time or out of it."""

from __future__ import annotations

import numpy as np

from mmar.models.listener.ear import Ear
from mmar.models.listener.events import loudest_stroke, voiced_stretch
from mmar.models.listener.heard import Finding
from mmar.models.listener.onsets import onsets
from mmar.models.listener.words import Question, moment_in

__all__ = ["RULES", "before_after", "in_time", "moment"]


def moment(ear: Ear, question: Question) -> Finding | None:
    """The offered moment at which the sound changes most."""
    moments = [moment_in(choice) for choice in question.choices]
    if not question.asks("when", "which", "what", "at") or any(at is None for at in moments):
        return None
    spectrum = 20 * np.log10(ear.magnitudes + 1e-4)
    scores = []
    for at in moments:
        frame = round((at or 0.0) * 100)
        before, after = spectrum[max(0, frame - 35) : frame - 2], spectrum[frame + 2 : frame + 35]
        if len(before) < 10 or len(after) < 10:
            scores.append(0.0)
        else:
            scores.append(float(np.mean(np.maximum(np.mean(after, axis=0) - np.mean(before, axis=0), 0.0))))
    best = int(np.argmax(scores))
    return Finding(
        scores,
        f"Comparing the third of a second before and after each moment offered, the spectrum gains most at "
        f"{moments[best]} s, {scores[best]:.1f} dB on average.",
    )


def before_after(ear: Ear, question: Question) -> Finding | None:
    """A voice before, after or during a stroke."""
    before, after, during = ("before",), ("after",), ("while", "during", "same", "simultaneous")
    if not question.between(before, after, during) or not any(question.offers(*before)):
        return None
    voice = voiced_stretch(ear)
    stroke = loudest_stroke(ear)
    if voice is None or stroke is None:
        return None
    start, end = voice
    scores = question.favouring(
        {
            before: 1.0 if end <= stroke + 5 else 0.0,
            after: 1.0 if start >= stroke + 80 else 0.0,
            during: 1.0 if start < stroke + 80 and end > stroke + 5 else 0.0,
        }
    )
    return Finding(
        scores,
        f"A voice is heard from {start / 100:.2f} to {end / 100:.2f} s, the stroke falls at {stroke / 100:.2f} s.",
    )


def in_time(ear: Ear, question: Question) -> Finding | None:
    """Whether high ticks fall together with the starts of lower notes."""
    together, apart = ("in", "on", "yes"), ("out", "off", "not", "no")
    if not (question.asks("time", "beat", "rhythm") and question.between(together, apart)):
        return None
    ticks = onsets(ear.band(3000.0, 7000.0), rise=9.0)
    notes = onsets(ear.band(60.0, 1200.0), rise=5.0)
    if len(ticks) < 3 or len(notes) < 3:
        return None
    distances = [min(abs(tick - note) for note in notes) / 100 for tick in ticks]
    typical = float(np.mean(distances))
    scores = question.favouring({apart: typical - 0.045, together: 0.045 - typical})
    return Finding(
        scores, f"On average the ticks lie {1000 * typical:.0f} ms from the nearest start of a note."
    )


RULES = (moment, before_after, in_time)
