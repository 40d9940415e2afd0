"""From a question and its choices to a measurement, and from the measurement to a choice."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmar.audio import Clip
from mmar.models.listener.measures import Sound, semitones

__all__ = ["Finding", "answer_from_audio"]

_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ORDINALS = ("zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")

Scores = Mapping[str, float]
_Rule = Callable[[Sound, str], Scores | None]


@dataclass(frozen=True, slots=True)
class Finding:
    """The listener's answer.

    Attributes:
        choice: the chosen choice.
        reason: what was measured, or that it is a guess.
        measured: whether a measurement decided.
    """

    choice: str
    reason: str
    measured: bool


def answer_from_audio(clip: Clip, question: str, choices: Sequence[str], seed: int = 0) -> Finding:
    """Choose by measurement; where none applies, guess by `seed`, question and set of choices.

    Neither the file's name nor the order of the choices matters.

    Raises:
        ValueError: there are no choices.
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
    found = []
    for choice in offered:
        number = _number(choice)
        key = f"{number:g}" if number is not None and f"{number:g}" in scores else None
        key = key or next((key for key in scores if re.search(rf"\b{key}", choice.lower())), None)
        if key is None:
            return None
        found.append(scores[key])
    return found


def _number(text: str) -> float | None:
    words = {**{word: n for n, word in enumerate(_NUMBERS)}, "once": 1, "twice": 2}
    found = re.search(r"\d+(\.\d+)?", text)
    if found:
        return float(found[0])
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
    rise, bend = semitones(end, start), semitones(middle, float(np.sqrt(start * end)))
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
        semitones(float(np.median(second)), float(np.median(first))) if len(first) and len(second) else 0.0
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
    heights = sound.voiced()
    if len(heights) < 8:
        return None
    height = float(np.median(heights))
    return {
        name: -abs(semitones(height, usual))
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
