"""The baseline listener: signal processing that answers from the sound alone.

It proves the way of the audio from a file to a number without any download, and marks what can be had without
understanding. It measures onsets, pitch, level, stereo balance and spectrum, on a grid of 10 ms frames. Where no
measurement applies, and where the clip is silent, it guesses.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mmar.audio import Clip, resample

Array = npt.NDArray[np.float64]

_RATE, _HOP, _WINDOW = 16_000, 160, 640
_HZ = np.fft.rfftfreq(2 * _WINDOW, 1 / _RATE)
_LOWEST, _HIGHEST = 70.0, 1600.0  # Hz, of the pitch


def _semitones(hz: float, reference: float) -> float:
    """The interval between two frequencies."""
    return float(12 * np.log2(hz / reference))


def _between(low: float, high: float) -> npt.NDArray[np.bool_]:
    inside: npt.NDArray[np.bool_] = np.greater_equal(_HZ, low) & np.less_equal(_HZ, high)
    return inside


class Sound:
    """Measurements of one clip at 16 kHz: `channels` has shape (frames, channels), `mono` is their mean."""

    def __init__(self, clip: Clip) -> None:
        """Resample the clip, of any rate and number of channels."""
        self.channels: Array = resample(clip, _RATE).samples.astype(np.float64)
        self.mono: Array = self.channels.mean(axis=1)

    @property
    def is_audible(self) -> bool:
        """Whether the clip lasts 0.2 s and is more than digital silence (two steps of 16 bits)."""
        return len(self.mono) >= _RATE // 5 and bool(np.abs(self.channels).max() > 2 / 32768)

    @cached_property
    def frames(self) -> Array:
        """Windows of 40 ms, of shape (frames, samples)."""
        padded = np.pad(self.mono, (_WINDOW // 2, _WINDOW))
        return np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[: max(1, len(self.mono)) : _HOP]

    @cached_property
    def power(self) -> Array:
        """Power spectrum of each frame."""
        power: Array = np.abs(np.fft.rfft(self.frames * np.hanning(_WINDOW), 2 * _WINDOW)) ** 2 / _WINDOW**2
        return power

    def band(self, low: float = 0.0, high: float = _RATE / 2) -> Array:
        """Level of each frame between two frequencies, in dB."""
        level: Array = 10 * np.log10(self.power[:, _between(low, high)].sum(axis=1) + 1e-12)
        return level

    def flatness(self, part: slice, low: float, high: float) -> float:
        """Geometric over arithmetic mean of the spectrum of some frames: near 1 for noise, near 0 for tones."""
        spectrum = self.power[part].mean(axis=0)[_between(low, high)] + 1e-15
        return float(np.exp(np.log(spectrum).mean()) / spectrum.mean())

    def strongest(self, low: float, high: float) -> float:
        """Frequency of the strongest line between two frequencies, in Hz."""
        inside = np.flatnonzero(_between(low, high))
        return float(_HZ[inside[self.power.mean(axis=0)[inside].argmax()]])

    @cached_property
    def pitch(self) -> Array:
        """Pitch of each frame in Hz by autocorrelation; NaN where there is none."""
        transform = (
            np.abs(np.fft.rfft(self.frames - self.frames.mean(axis=1, keepdims=True), 2 * _WINDOW)) ** 2
        )
        similarity = np.fft.irfft(transform)[:, : int(_RATE / _LOWEST) + 2]
        similarity /= np.maximum(similarity[:, :1], 1e-9) * (1 - np.arange(similarity.shape[1]) / _WINDOW)
        shortest = int(_RATE / _HIGHEST)
        inner = similarity[:, shortest:-1]
        peaks = (inner >= similarity[:, shortest - 1 : -2]) & (inner >= similarity[:, shortest + 1 :])
        best = np.where(peaks, inner, 0).max(axis=1, keepdims=True)
        # The first peak that is nearly as high as the highest: not a multiple of the period.
        lags = (peaks & (inner > 0.9 * best)).argmax(axis=1) + shortest
        level = self.band()
        return np.where((best[:, 0] > 0.6) & (level > level.max() - 25), _RATE / lags, np.nan)

    def onsets(
        self, low: float = 0.0, high: float = _RATE / 2, *, rise: float = 8.0, apart: int = 15
    ) -> list[int]:
        """Frames at which the level of a band rises by `rise` dB within 50 ms, at least `apart` frames apart."""
        level = self.band(low, high)
        growth = level[5:] - level[:-5]
        onsets: list[int] = []
        for index in np.flatnonzero((growth > rise) & (level[5:] > level.max() - 20)):
            if not onsets or index - onsets[-1] > apart:
                onsets.append(int(index))
            elif growth[index] > growth[onsets[-1]]:
                onsets[-1] = int(index)
        return [index + 5 for index in onsets]


_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ORDINALS = ("zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")

Scores = Mapping[str, float]
_Rule = Callable[[Sound, str], Scores | None]


@dataclass(frozen=True, slots=True)
class Finding:
    """The listener's answer, the reason for it, and whether a measurement decided."""

    choice: str
    reason: str
    measured: bool


def answer_from_audio(clip: Clip, question: str, choices: Sequence[str], seed: int = 0) -> Finding:
    """Choose by measurement; where none applies, guess by `seed`, question and set of choices.

    Neither the file's name nor the order of the choices matters. A `ValueError` if there are no choices.
    """
    if not choices:
        raise ValueError("choices must not be empty")
    offered = sorted(set(choices))
    sound = Sound(clip)
    if sound.is_audible:
        for rule in _RULES:
            scores = _matched(rule(sound, question.lower()), offered)
            if scores and max(scores) > min(scores):
                best = offered[scores.index(max(scores))]
                return Finding(best, f"Measured {rule.__name__.strip('_')}: {best} fits best.", measured=True)
    key = "\x1f".join([str(seed), question, *offered])
    guess = random.Random(key).choice(offered)  # noqa: S311 - a baseline's guess, not a secret
    return Finding(guess, f"No measurement settles this; {guess} is a guess.", measured=False)


def _matched(scores: Scores | None, offered: Sequence[str]) -> list[float] | None:
    """The score of each choice, by the first key that stands in it; None unless every choice has one."""
    if scores is None:
        return None
    matched = []
    for choice in offered:
        number = _number(choice)
        key = f"{number:g}" if number is not None and f"{number:g}" in scores else None
        key = key or next((key for key in scores if re.search(rf"\b{key}", choice.lower())), None)
        if key is None:
            return None
        matched.append(scores[key])
    return matched


def _number(text: str) -> float | None:
    words = {**{word: n for n, word in enumerate(_NUMBERS)}, "once": 1, "twice": 2}
    number = re.search(r"\d+(\.\d+)?", text)
    if number:
        return float(number[0])
    return next((float(words[word]) for word in re.findall("[a-z]+", text.lower()) if word in words), None)


def _near(value: float) -> Scores:
    """Every number up to 300, scored by its distance from a value."""
    return {f"{number}": -abs(number - value) for number in range(300)}


def _speed(sound: Sound, question: str) -> Scores | None:
    starts = sound.onsets(high=200)
    if "per minute" not in question or len(starts) < 3:
        return None
    return _near(6000 / float(np.median(np.diff(starts))))


def _entry_time(sound: Sound, question: str) -> Scores | None:
    level, width = sound.band(150, 1500), 60
    if "second" not in question or "how many" not in question or len(level) < 2 * width:
        return None
    totals = np.concatenate([[0.0], np.cumsum(level)])
    means = (totals[width:] - totals[:-width]) / width
    return _near((float(np.argmax(means[width:] - means[:-width])) + width) / 100)


def _number_of_events(sound: Sound, question: str) -> Scores | None:
    if "how many" not in question and "how often" not in question:
        return None
    if "knock" in question:
        return _near(len(sound.onsets(120, 230, rise=12, apart=25)))
    if "syllable" in question:
        return _near(len(sound.onsets(200, 3000, apart=20)))
    line = sound.strongest(700, 3000)
    return _near(len(sound.onsets(line - 60, line + 60, apart=40 if "ring" in question else 20)))


def _side(sound: Sound, _: str) -> Scores | None:
    if sound.channels.shape[1] != 2:
        return None
    quarter = len(sound.channels) // 4 or 1
    energy = [
        np.sum(part**2, axis=0) + 1e-9 for part in (sound.channels[:quarter], sound.channels[-quarter:])
    ]
    start, end = (float(np.log(right / left)) for left, right in energy)
    return {
        "from left": end - start,
        "from right": start - end,
        "staying on the left": min(-start, -end),
        "staying on the right": min(start, end),
    }


def _course_of_pitch(sound: Sound, question: str) -> Scores | None:
    pitch = sound.pitch[~np.isnan(sound.pitch)]
    if len(pitch) < 20 or not re.search("pitch|tone|melody of the voice", question):
        return None
    tenth = len(pitch) // 8
    start, middle, end = (
        float(np.median(part)) for part in (pitch[:tenth], pitch[3 * tenth : 5 * tenth], pitch[-tenth:])
    )
    rise, bend = _semitones(end, start), _semitones(middle, float(np.sqrt(start * end)))
    return {
        "it rises, then": bend - 3,
        "it falls, then": -bend - 3,
        "dipping": -2 * bend - 3,
        "it rises": rise - abs(bend),
        "rising": rise + min(bend, 0),
        "it falls": -rise - abs(bend),
        "falling": -rise - abs(bend),
        "it stays": 3 - abs(rise) - abs(bend),
        "high and level": 2 - abs(rise) - abs(bend),
        "asking": rise,
        "making": -rise,
    }


def _change(sound: Sound, _: str) -> Scores:
    """Level and pitch of the second half against the first."""
    half = len(sound.power) // 2
    louder = float(np.percentile(sound.band()[half:], 80) - np.percentile(sound.band()[:half], 80))
    first, second = (part[~np.isnan(part)] for part in (sound.pitch[:half], sound.pitch[half:]))
    higher = (
        _semitones(float(np.median(second)), float(np.median(first))) if len(first) and len(second) else 0.0
    )
    same = 4 - abs(louder)
    return {
        **dict.fromkeys(("louder", "it grows louder", "nearer", "it comes"), louder - 2),
        **dict.fromkeys(("softer", "it grows softer", "farther", "it drives"), -louder - 2),
        **dict.fromkeys(("it stays", "equally"), same),
        "higher": higher - 2,
        "lower": -higher - 2,
        "no different": same - abs(higher),
    }


def _height_of_voice(sound: Sound, _: str) -> Scores | None:
    with np.errstate(invalid="ignore"):
        heights = sound.pitch[(sound.pitch > 75) & (sound.pitch < 430)]
    if len(heights) < 8:
        return None
    height = float(np.median(heights))
    return {
        name: -abs(_semitones(height, usual))
        for name, usual in (("a man", 120), ("a woman", 215), ("a child", 300))
    }


def _ambience(sound: Sound, _: str) -> Scores:
    low, middle, high = sound.band(20, 150), sound.band(200, 700), sound.band(2200, 5000)
    quiet = slice(0, 100)
    shares = {
        name: float(np.mean(level[quiet]))
        for name, level in (("low", low), ("middle", middle), ("high", high))
    }
    swing = float(np.percentile(high, 90) - np.percentile(high, 10))
    loudest = max(shares, key=lambda name: shares[name])
    tonal = sound.flatness(quiet, 2000, 6000) < 0.25
    return {
        "out in the rain": 2.0 * (loudest == "high" and not tonal and swing < 14),
        "on a windy": 1.5 * (loudest == "middle" and shares["high"] < shares["middle"] - 25),
        "beside a running": 2.0 * (loudest == "low"),
        "at the sea": 1.0 * (swing >= 8 and not tonal),
        "in a wood": 2.0 * tonal * (swing > 14) * (loudest == "high"),
    }


def _late_event(sound: Sound, question: str) -> Scores | None:
    starts = sound.onsets(rise=10)
    if "late" not in question or len(starts) < 4:
        return None
    late = int(np.argmax(np.diff(starts))) + 2
    return {f"the {name}": -abs(index - late) for index, name in enumerate(_ORDINALS)}


_RULES: tuple[_Rule, ...] = (
    *(_speed, _entry_time, _number_of_events, _late_event, _side, _course_of_pitch),
    *(_change, _height_of_voice, _ambience),
)
