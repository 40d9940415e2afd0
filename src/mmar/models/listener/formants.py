"""Vowels by their resonances.

Linear prediction of order 16 on the pre-emphasised spectrum (Makhoul, Proc. IEEE 63, 1975); the two lowest
narrow poles are taken as F1 and F2 and compared with the averages that Peterson & Barney measured (JASA
24, 1952, table II) for the kind of speaker that the pitch suggests.
"""

from __future__ import annotations

import math

import numpy as np

from mmar.models.listener.ear import Ear
from mmar.models.listener.spectrum import HOP, RATE, WINDOW, Array

__all__ = ["VOWELS", "formants", "resonances", "vowel_distances"]

_ORDER = 16

# F1 and F2 in Hz of men, women and children.
_AVERAGES: dict[str, tuple[tuple[int, int], tuple[int, int], tuple[int, int]]] = {
    "ee": ((270, 2290), (310, 2790), (370, 3200)),
    "eh": ((530, 1840), (610, 2330), (690, 2610)),
    "ah": ((730, 1090), (850, 1220), (1030, 1370)),
    "aw": ((570, 840), (590, 920), (680, 1060)),
    "oo": ((300, 870), (370, 950), (430, 1170)),
}

VOWELS = tuple(_AVERAGES)


def formants(mono: Array) -> list[float]:
    """Resonances of a stretch of voice in Hz, the lowest first, up to 5 kHz."""
    emphasised = np.diff(mono, prepend=0.0)
    padded = np.pad(emphasised, (0, WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[: max(1, len(mono) - WINDOW + 1) : HOP]
    power = np.mean(np.abs(np.fft.rfft(frames * np.hanning(WINDOW), 2 * WINDOW, axis=1)) ** 2, axis=0)
    correlation = np.fft.irfft(power)[: _ORDER + 1]
    rows = np.abs(np.subtract.outer(np.arange(_ORDER), np.arange(_ORDER)))
    # A trace of white noise keeps the system solvable where the spectrum is empty.
    system = correlation[rows] + 1e-6 * correlation[0] * np.eye(_ORDER)
    weights = np.linalg.solve(system, correlation[1:])
    poles = np.roots(np.concatenate([[1.0], -weights]))
    poles = poles[poles.imag > 0]
    hertz = np.angle(poles) * RATE / (2 * math.pi)
    widths = -np.log(np.abs(poles)) * RATE / math.pi
    narrow = (widths < 500) & (hertz > 180) & (hertz < 5000)
    return sorted(hertz[narrow].tolist())


def resonances(ear: Ear, start: int, end: int) -> list[float]:
    """Resonances of the middle of the stretch from frame `start` to `end`, in Hz."""
    margin = (end - start) // 5
    return formants(ear.mono[(start + margin) * HOP : (end - margin) * HOP])


def vowel_distances(found: list[float], height: float) -> dict[str, float]:
    """How far two resonances lie from those of each vowel.

    Args:
        found: resonances in Hz, the lowest first; only two are looked at.
        height: pitch of the voice in Hz, by which the kind of speaker is guessed.

    Returns:
        Distance in octaves for each of `VOWELS`; all the same if there are not two resonances.
    """
    if len(found) < 2:
        return dict.fromkeys(VOWELS, 1.0)
    speaker = 0 if height < 165 else 1 if height < 255 else 2
    return {
        vowel: math.hypot(
            *(math.log2(heard / usual) for heard, usual in zip(found, averages[speaker], strict=False))
        )
        for vowel, averages in _AVERAGES.items()
    }
