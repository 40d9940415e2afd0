"""Left and right, near and far, mono and stereo."""

from __future__ import annotations

import numpy as np

from mmar.models.listener.ear import Ear
from mmar.models.listener.heard import Finding
from mmar.models.listener.onsets import longest_pause
from mmar.models.listener.spectrum import HOP, Array, band_level, spectrogram
from mmar.models.listener.words import Question

__all__ = ["RULES", "direction", "distance", "nearness", "side", "width"]

# Differences between the channels in dB: below the first the sound is in the middle.
_MIDDLE_DB = 3.0


def _lean(ear: Ear, question: Question) -> tuple[Array, Array]:
    """Frames in which the thing asked for sounds, and how far it leans to the right there, in dB."""
    low, high = 60.0, 7000.0
    if question.asks("engine", "car", "vehicle", "truck", "train", "motor"):
        low, high = 30.0, 260.0
    elif question.asks("voice", "speak", "person", "who", "singer"):
        low, high = 180.0, 1000.0
    left, right = (band_level(spectrogram(ear.channels[:, side]), low, high) for side in (0, 1))
    louder = np.maximum(left, right)
    frames = np.flatnonzero(louder > louder.max() - 25.0)
    return frames.astype(np.float64), (right - left)[frames]


def direction(ear: Ear, question: Question) -> Finding | None:
    """From one side to the other."""
    sides = [
        (
            choice.split().index("left") if "left" in choice.split() else -1,
            choice.split().index("right") if "right" in choice.split() else -1,
        )
        for choice in question.choices
    ]
    if ear.channels.shape[1] != 2 or not any(left >= 0 and right >= 0 for left, right in sides):
        return None
    _, lean = _lean(ear, question)
    fifth = max(1, len(lean) // 5)
    begin, end = float(np.median(lean[:fifth])), float(np.median(lean[-fifth:]))
    scores = []
    for left, right in sides:
        if left >= 0 and right >= 0:
            scores.append((end - begin) if left < right else (begin - end))
        elif left >= 0 or right >= 0:
            both = min(begin, end) if right >= 0 else min(-begin, -end)
            scores.append(2.0 * both - abs(end - begin))
        else:
            scores.append(_MIDDLE_DB - abs(end - begin))
    return Finding(
        scores,
        f"Right minus left is {begin:+.1f} dB at the beginning and {end:+.1f} dB at the end, so the sound goes from "
        f"{_side(begin)} to {_side(end)}.",
    )


def side(ear: Ear, question: Question) -> Finding | None:
    """On which side something is."""
    left, right = question.offers("left"), question.offers("right")
    middle = question.offers("centre", "center", "middle", "front", "both")
    if ear.channels.shape[1] != 2 or not (any(left) and any(right)):
        return None
    frames, lean = _lean(ear, question)
    if question.asks("first"):
        lean = lean[: max(1, int(np.searchsorted(frames, frames[0] + 80)))]
    value = float(np.median(lean))
    scores = [
        value if on_right else -value if on_left else 2 * _MIDDLE_DB - abs(value) if central else -99.0
        for on_left, on_right, central in zip(left, right, middle, strict=True)
    ]
    return Finding(scores, f"While it sounds, right minus left is {value:+.1f} dB: {_side(value)}.")


def _side(lean: float) -> str:
    return "the left" if lean < -_MIDDLE_DB else "the right" if lean > _MIDDLE_DB else "the middle"


def width(ear: Ear, question: Question) -> Finding | None:
    """Where the channels are equal and where they differ."""
    mono, stereo = question.offers("mono"), question.offers("stereo")
    if not (any(mono) and any(stereo)):
        return None
    if ear.channels.shape[1] == 1:
        first = second = False
        found = "The file has a single channel."
    else:
        difference = ear.channels[:, 0] - ear.channels[:, 1]
        pause = longest_pause(ear.levels)
        cut = HOP * (sum(pause) // 2) if pause else len(difference) // 2
        if not 0 < cut < len(difference):
            return None  # a clip of a sample has no before and after
        shares = [
            float(np.mean(difference[part] ** 2) / max(float(np.mean(ear.channels[part] ** 2)), 1e-12))
            for part in (slice(0, cut), slice(cut, None))
        ]
        first, second = (share > 0.01 for share in shares)
        found = (
            f"The channels differ by {100 * shares[0]:.1f} % of the power before {cut / 16000:.1f} s and by "
            f"{100 * shares[1]:.1f} % after it."
        )
    scores = []
    for choice, has_mono, has_stereo in zip(question.choices, mono, stereo, strict=True):
        if has_mono and has_stereo:
            mono_first = choice.index("mono") < choice.index("stereo")
            scores.append(1.0 if (first, second) == ((False, True) if mono_first else (True, False)) else 0.0)
        else:
            scores.append(1.0 if first == second == has_stereo else 0.0)
    return Finding(scores, found)


_CLOSER = ("closer", "approach", "near", "arriv")
_AWAY = ("away", "far", "depart", "leav", "further", "farther")
_STILL = ("still", "fixed", "stationary", "stop", "unchanged", "remain", "same", "equal")


def distance(ear: Ear, question: Question) -> Finding | None:
    """Coming or going, by the level of the whole clip."""
    if question.asks("second", "compare") or not question.between(_CLOSER, _AWAY, _STILL):
        return None
    fifth = max(1, len(ear.levels) // 5)
    begin, end = float(np.max(ear.levels[:fifth])), float(np.max(ear.levels[-fifth:]))
    gain = end - begin
    scores = []
    for choice in question.choices:
        words = choice.split()
        near = next((place for place, word in enumerate(words) if word.startswith(_CLOSER)), -1)
        far = next((place for place, word in enumerate(words) if word.startswith(_AWAY)), -1)
        if near >= 0 and far >= 0:  # “from far to near”
            scores.append(gain if far < near else -gain)
        elif near >= 0 or far >= 0:
            scores.append(gain if near >= 0 else -gain)
        else:
            scores.append(6.0 - abs(gain))
    return Finding(
        scores,
        f"The level goes from {begin:.0f} dB at the beginning to {end:.0f} dB at the end: {_course(gain)}.",
    )


def _course(gain: float) -> str:
    return "it comes closer" if gain > 4 else "it moves away" if gain < -4 else "its distance stays the same"


def nearness(ear: Ear, question: Question) -> Finding | None:
    """How near the second of two sources is, by the levels before and after the pause."""
    pause = longest_pause(ear.levels)
    if (
        pause is None
        or not question.asks("second")
        or not question.between(("closer", "nearer"), _AWAY, _STILL)
    ):
        return None
    cut = sum(pause) // 2
    gain = float(np.percentile(ear.levels[cut:], 95) - np.percentile(ear.levels[:cut], 95))
    scores = question.favouring({_STILL: 6.0 - abs(gain), ("closer", "nearer"): gain, _AWAY: -gain})
    return Finding(scores, f"After the pause the level is {gain:+.1f} dB higher than before it.")


RULES = (width, direction, side, nearness, distance)
