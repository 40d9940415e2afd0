"""A fake model that hears: scripts for `FakeModels`, and a function for `python:`, with one fault each.

It tells the sounds of `mmar check` apart by the decoded samples alone (level, and the share of low and high
frequencies), and finds the choices in the prompt, as lines or as lettered lines.
"""

from __future__ import annotations

import functools
import io
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soundfile

WORDS = {
    "rain": "rain",
    "telephone": "a telephone ringing",
    "knocking": "knocking on a door",
    "silence": "silence",
}


@dataclass(frozen=True)
class Ears:
    """What a model hears of a clip.

    Attributes:
        seconds: of the clip, from its beginning.
        channels: the first channel and the one after the last.
        sides: whether it tells sides apart.
    """

    seconds: float = 1e9
    channels: tuple[int, int] = (0, 2)
    sides: bool = True


@functools.lru_cache(maxsize=200)  # each check sends the same clips
def recognise(data: bytes | None, ears: Ears) -> tuple[str, str]:
    """The sound of a clip and its side."""
    if data is None:
        return "silence", "both sides equally"
    samples, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    samples = samples[: round(min(ears.seconds, 1e4) * rate), slice(*ears.channels)]
    levels = np.sqrt(np.mean(samples**2, axis=0))
    side = "both sides equally"
    if ears.sides and samples.shape[1] == 2 and levels.min() < 0.1 * levels.max():
        side = "left" if levels[0] > levels[1] else "right"
    mono = samples.mean(axis=1)
    if np.abs(mono).max() < 1e-4:
        return "silence", side
    power = np.abs(np.fft.rfft(mono)) ** 2
    hz = np.fft.rfftfreq(len(mono), 1 / rate)
    centre = float((power * hz).sum() / power.sum())
    return ("knocking" if centre < 700 else "telephone" if centre < 1500 else "rain"), side


def choices_of(prompt: str) -> tuple[list[str], bool]:
    """The choices of a prompt, and whether they bear letters."""
    lettered = re.findall(r"^\(?([A-Z])[).] (.+)$", prompt, re.MULTILINE)
    if lettered:
        return [text for _, text in lettered], True
    return prompt.splitlines()[2:], False


def right_choice(prompt: str, choices: list[str], sound: str, side: str) -> int:
    """The index of the right choice, or 0 if it is none."""
    answer = side if "side" in prompt.splitlines()[0] else WORDS[sound]
    return choices.index(answer) if answer in choices else 0


def reply(
    prompt: str,
    clips: Sequence[bytes],
    ears: Ears,
    *,
    most_clips: int = 2,
    letters: int = 26,
    rng: random.Random | None = None,
    skill: float = 1.0,
    silence_is: str = "silence",
) -> str:
    """The answer of a model with these ears.

    Args:
        prompt: the text of the request.
        clips: the clips.
        ears: what it hears.
        most_clips: how many of them it hears.
        letters: it never chooses an index from this one on.
        rng: where a weak model draws its guesses.
        skill: share of the questions that it answers by what it hears.
        silence_is: what it takes silence for.
    """
    last = [*clips[:most_clips]][-1:] or [None]
    sound, side = recognise(last[0] if "second" in prompt else clips[0] if clips else None, ears)
    sound = silence_is if sound == "silence" else sound
    if "Describe" in prompt:
        return f"This is the sound of {sound}, I believe."
    choices, lettered = choices_of(prompt)
    index = right_choice(prompt, choices, sound, side)
    if rng is not None and rng.random() >= skill:
        index = rng.randrange(len(choices))
    if index >= letters:
        index %= letters
    return "ABCDEFGH"[index] if lettered else choices[index]
