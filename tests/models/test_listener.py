"""The listener answers from the audio, and falls to chance without it."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mmar.audio import Clip, noise, read_clip, silence
from mmar.benchmarks.demo import build
from mmar.models.listener import answer_from_audio
from real_data import MMAR, needs_real_data

Pair = tuple[dict[str, Any], Clip]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[Pair]:
    """The demonstration set: records with their clips."""
    metadata = build(tmp_path_factory.mktemp("listener"))
    items = [json.loads(line) for line in metadata.read_text("utf-8").splitlines()]
    return [(item, read_clip(metadata.parent / item["audio_path"])) for item in items]


@pytest.fixture(scope="module")
def chosen(pairs: list[Pair]) -> list[str]:
    return [answer_from_audio(clip, item["question"], item["choices"]).choice for item, clip in pairs]


def right(pairs: list[Pair], choices: list[str]) -> int:
    return sum(choice == item["answer"] for (item, _), choice in zip(pairs, choices, strict=True))


def guessing_range(items: list[dict[str, Any]]) -> tuple[int, int]:
    """The central 99 % of the number of right guesses (exact)."""
    chances = np.array([1.0])
    for item in items:
        chances = np.convolve(chances, [1 - 1 / len(item["choices"]), 1 / len(item["choices"])])
    total = np.cumsum(chances)
    return int(np.searchsorted(total, 0.005)), int(np.searchsorted(total, 0.995))


def test_most_of_the_demonstration_set_is_right_and_not_all(pairs: list[Pair], chosen: list[str]) -> None:
    assert 0.6 < right(pairs, chosen) / len(pairs) < 0.97


def test_every_modality_is_above_chance(pairs: list[Pair], chosen: list[str]) -> None:
    gains: defaultdict[str, list[float]] = defaultdict(list)
    for (item, _), choice in zip(pairs, chosen, strict=True):
        gains[item["modality"]].append((choice == item["answer"]) - 1 / len(item["choices"]))
    assert len(gains) == 7
    assert min(np.mean(gain) for gain in gains.values()) > 0.15


def test_silence_leaves_guesses_at_chance(pairs: list[Pair]) -> None:
    low, high = guessing_range([item for item, _ in pairs])
    findings = [answer_from_audio(silence(clip), item["question"], item["choices"]) for item, clip in pairs]
    assert not any(finding.measured for finding in findings)
    assert low <= right(pairs, [finding.choice for finding in findings]) <= high


def test_noise_leaves_accuracy_at_chance(pairs: list[Pair]) -> None:
    low, high = guessing_range([item for item, _ in pairs])
    answers = [
        answer_from_audio(noise(clip, 1), item["question"], item["choices"]).choice for item, clip in pairs
    ]
    assert low <= right(pairs, answers) <= high


def test_clip_of_another_item_leaves_little(pairs: list[Pair]) -> None:
    answers = [
        answer_from_audio(pairs[(index + 31) % len(pairs)][1], item["question"], item["choices"]).choice
        for index, (item, _) in enumerate(pairs)
    ]
    assert right(pairs, answers) <= guessing_range([item for item, _ in pairs])[1]


def test_order_of_choices_and_name_of_file_do_not_matter(pairs: list[Pair], chosen: list[str]) -> None:
    for (item, clip), choice in [*zip(pairs, chosen, strict=True)][::2]:
        renamed = Clip(clip.samples, clip.rate, Path("other.wav"))
        assert answer_from_audio(renamed, item["question"], item["choices"][::-1]).choice == choice


def test_seed_decides_guesses_only(pairs: list[Pair]) -> None:
    for item, clip in pairs[::3]:
        one, other = (answer_from_audio(clip, item["question"], item["choices"], seed) for seed in (0, 1))
        assert one.measured == other.measured
        if one.measured:
            assert one == other


def test_question_without_a_measurement_is_guessed_and_says_so() -> None:
    clip = Clip(np.random.default_rng(0).normal(0, 0.1, (16000, 1)).astype(np.float32), 16000)
    finding = answer_from_audio(clip, "Why did the committee adjourn?", ["Hunger", "A quarrel", "Late hour"])
    assert not finding.measured
    assert "guess" in finding.reason


def test_no_choices_is_an_error() -> None:
    with pytest.raises(ValueError):
        answer_from_audio(Clip(np.zeros((100, 1), np.float32), 8000), "Which?", [])


QUESTIONS = [
    ("How many times does the bell ring?", ["Twice", "3", "11 times"]),
    ("How many seconds pass?", ["1 second", "00:02", "20 seconds"]),
    ("How many beats per minute?", ["60", "120"]),
    ("From which side to which?", ["From left to right", "From right to left"]),
    ("How does the pitch change?", ["It rises", "It falls", "It rises, then falls"]),
    ("Which phrase is louder?", ["Louder", "Softer", "No different"]),
    ("Who speaks?", ["A man", "A woman", "A child"]),
    ("Where is it?", ["Out in the rain", "At the seaside"]),
    ("Which one is late?", ["The third tick", "The fifth tick"]),
]


@settings(max_examples=40, deadline=None)
@given(
    samples=arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 9000), st.integers(1, 3)),
        elements=st.floats(-1.5, 1.5, width=32),
        fill=st.just(0.0),
    ),
    rate=st.sampled_from([8000, 16000, 44100]),
    question=st.sampled_from(QUESTIONS),
)
def test_any_sound_gets_an_answer(samples: np.ndarray, rate: int, question: tuple[str, list[str]]) -> None:
    assert answer_from_audio(Clip(samples, rate), *question).choice in question[1]


@needs_real_data
def test_every_question_of_mmar_gets_an_answer() -> None:
    clip = Clip(np.random.default_rng(3).normal(0, 0.2, (3400, 2)).astype(np.float32), 16000)
    for line in MMAR.read_text("utf-8").splitlines():
        item = json.loads(line)
        assert answer_from_audio(clip, item["question"], item["choices"]).choice in item["choices"]
