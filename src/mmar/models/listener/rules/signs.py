"""Signs with a meaning of their own: the tones of a telephone key."""

from __future__ import annotations

import numpy as np

from mmar.models.listener.ear import Ear
from mmar.models.listener.heard import Finding
from mmar.models.listener.spectrum import RATE
from mmar.models.listener.words import Question

__all__ = ["RULES", "telephone_key"]

_ROWS, _COLUMNS = (697.0, 770.0, 852.0, 941.0), (1209.0, 1336.0, 1477.0, 1633.0)
_KEYS = ("123a", "456b", "789c", "*0#d")


def telephone_key(ear: Ear, question: Question) -> Finding | None:
    """The key of a row and a column of tones (ITU-T Recommendation Q.23)."""
    if not (
        question.asks("key", "button", "digit", "dtmf")
        and question.asks("telephone", "phone", "touch", "dtmf", "dial")
    ):
        return None
    window = np.hanning(len(ear.mono))
    spectrum = np.abs(np.fft.rfft(ear.mono * window))
    step = RATE / len(ear.mono)

    def strength(hertz: float) -> float:
        centre, reach = round(hertz / step), max(2, round(12.0 / step))
        return float(spectrum[centre - reach : centre + reach + 1].max())

    row = max(_ROWS, key=strength)
    column = max(_COLUMNS, key=strength)
    key = _KEYS[_ROWS.index(row)][_COLUMNS.index(column)]
    scores = [1.0 if key in choice.split() else 0.0 for choice in question.choices]
    return Finding(scores, f"The strongest tones lie at {row:.0f} and {column:.0f} Hz, which is key {key}.")


RULES = (telephone_key,)
