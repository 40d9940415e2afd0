import json
import math
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mmar.audio import Clip, read_clip, silence
from mmar.benchmarks.demo import build, records
from mmar.benchmarks.demo.dice import Dice
from mmar.models.listener import listen
from mmar.models.listener.answering import _blind

MMAR = Path(__file__).parents[2] / "../shared/mmar/MMAR-meta.jsonl"

Pair = tuple[dict[str, Any], Clip]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> list[Pair]:
    """The demo's records with their clips, read from the files that it writes."""
    folder = tmp_path_factory.mktemp("listener") / "demo"
    build(folder)
    return [(item, read_clip(folder / item["audio_path"])) for item in records()]


@pytest.fixture(scope="module")
def texts(demo: list[Pair]) -> list[str]:
    """What the listener answers to each, heard once for all tests."""
    return [listen(clip, item["question"], item["choices"]).text for item, clip in demo]


def blind_range(items: list[dict[str, Any]], share: float = 0.95) -> tuple[int, int]:
    """The central range of right answers when every item is picked blindly (exact)."""
    chances = np.array([1.0])
    for item in items:
        rate = 1 / len(item["choices"])
        chances = np.convolve(chances, [1 - rate, rate])
    total = np.cumsum(chances)
    return int(np.searchsorted(total, (1 - share) / 2)), int(np.searchsorted(total, (1 + share) / 2))


def test_it_answers_most_of_the_demo_and_not_all(demo: list[Pair], texts: list[str]) -> None:
    right = sum(text == item["answer"] for (item, _), text in zip(demo, texts, strict=True))
    assert 0.65 <= right / len(demo) < 1.0


def test_it_beats_chance_in_every_modality(demo: list[Pair], texts: list[str]) -> None:
    right: defaultdict[str, list[float]] = defaultdict(list)
    for (item, _), text in zip(demo, texts, strict=True):
        right[item["modality"]].append((text == item["answer"]) - 1 / len(item["choices"]))
    assert len(right) == 7
    assert min(sum(gains) / len(gains) for gains in right.values()) > 0.2


def test_with_silence_it_falls_to_chance(demo: list[Pair]) -> None:
    right = 0
    for item, clip in demo:
        heard = listen(silence(clip), item["question"], item["choices"])
        assert not heard.evidence
        assert "silent" in heard.thinking
        right += heard.text == item["answer"]
    low, high = blind_range([item for item, _ in demo])
    assert low <= right <= high


def test_blind_picks_are_worth_chance_over_many_seeds() -> None:
    items = records()
    chance = sum(1 / len(item["choices"]) for item in items)
    right = [
        sum(
            _blind(item["question"], sorted(item["choices"]), seed, "").text == item["answer"]
            for item in items
        )
        for seed in range(100)
    ]
    assert abs(np.mean(right) - chance) < 4 * np.std(right) / math.sqrt(len(right))


def test_with_another_items_clip_it_falls_towards_chance(demo: list[Pair]) -> None:
    right = 0
    for place, (item, _) in enumerate(demo):
        _, foreign = demo[(place + 31) % len(demo)]
        right += listen(foreign, item["question"], item["choices"]).text == item["answer"]
    assert right <= blind_range([item for item, _ in demo], 0.999)[1]


def test_the_order_of_the_choices_changes_nothing(demo: list[Pair], texts: list[str]) -> None:
    for (item, clip), text in zip(demo, texts, strict=True):
        shuffled = Dice(1, item["id"]).shuffled(item["choices"])
        assert listen(clip, item["question"], shuffled).text == text
        assert listen(silence(clip), item["question"], shuffled) == listen(
            silence(clip), item["question"], item["choices"]
        )


def test_it_hears_the_samples_and_not_the_files_name(demo: list[Pair]) -> None:
    for item, clip in demo[::9]:
        elsewhere = Clip(clip.samples, clip.rate, Path("answer is elsewhere.wav"))
        unnamed = Clip(clip.samples, clip.rate)
        question, choices = item["question"], item["choices"]
        assert listen(elsewhere, question, choices) == listen(unnamed, question, choices)


def test_it_says_why(demo: list[Pair]) -> None:
    for item, clip in demo[::5]:
        heard = listen(clip, item["question"], item["choices"])
        assert heard.text in item["choices"]
        assert f"“{heard.text}”" in heard.thinking
        if heard.evidence:
            assert any(mark.isdigit() for mark in heard.thinking), heard.thinking
        else:
            assert "blindly" in heard.thinking


def test_a_seed_decides_only_where_nothing_was_heard(demo: list[Pair], texts: list[str]) -> None:
    changed = 0
    for (item, clip), text in zip(demo, texts, strict=True):
        other = listen(clip, item["question"], item["choices"], seed=7)
        if other.evidence and "equally well" not in other.thinking:
            assert other.text == text
        changed += other.text != text
    assert changed > 0


def test_what_it_does_not_understand_it_admits() -> None:
    rng = np.random.default_rng(0)
    clip = Clip(rng.normal(0, 0.1, (16000, 1)).astype(np.float32), 16000)
    heard = listen(clip, "Why did the committee adjourn?", ["Hunger", "A quarrel", "Late hour"])
    assert not heard.evidence
    assert "No measurement" in heard.thinking


def test_the_same_choice_twice_and_an_empty_choice_do_not_trouble_it() -> None:
    clip = Clip(np.zeros((100, 1), np.float32), 8000)
    assert listen(clip, "Which?", ["", ""]).text == ""
    assert listen(clip, "Which?", ["only"]).text == "only"
    with pytest.raises(ValueError, match="choices"):
        listen(clip, "Which?", [])


def test_importing_it_loads_no_numerical_library() -> None:
    program = (
        "import sys, mmar.models.listener; print(sorted({'numpy', 'soxr', 'soundfile'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


QUESTIONS = [
    ("How many times does the bell ring?", ["Twice", "3", "11 times"]),
    ("Is the train arriving or departing?", ["Arriving", "Departing"]),
    ("What is the sequence of mono and stereo?", ["Mono first, stereo later", "Stereo first, mono later"]),
    ("From which side does it come?", ["Left", "Right"]),
    ("At which second does the music start?", ["1 second", "00:02", "20 seconds"]),
    ("Is the chord major or minor?", ["Major", "Minor"]),
    ("What is wrong with it?", ["Hum", "Hiss", "Clipping", "Dropouts", "Nothing"]),
    ("Which phrase is louder, the first or the second?", ["First", "Second", "Same"]),
    ("Is it a large room or a small room?", ["Large", "Small"]),
    ("Who speaks?", ["A man", "A woman", "A child"]),
    ("Which vowel?", ["ah", "ee"]),
    ("Where is it?", ["Rain", "Sea", "Forest", "Engine"]),
    ("What is the mood?", ["Happy", "Sad"]),
    ("Which scale is it?", ["Major scale", "Whole-tone scale"]),
]


@settings(max_examples=60, deadline=None)
@given(
    samples=arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 3000), st.integers(1, 3)),
        elements=st.floats(-1.5, 1.5, width=32),
        fill=st.just(0.0),
    ),
    rate=st.sampled_from([8000, 16000, 44100]),
    asked=st.sampled_from(QUESTIONS),
)
@example(samples=np.array([[1, 0], [0, 0]], np.float32), rate=44100, asked=QUESTIONS[2])  # found by search
def test_any_sound_gets_an_answer(samples: np.ndarray, rate: int, asked: tuple[str, list[str]]) -> None:
    assert listen(Clip(samples, rate), *asked).text in asked[1]


def strange_clips() -> Iterator[Clip]:
    rng = np.random.default_rng(3)
    time = np.arange(24000) / 16000
    yield Clip(np.full((1, 1), 0.5, np.float32), 16000)
    yield Clip(rng.normal(0, 0.2, (4000, 6)).astype(np.float32), 8000)
    yield Clip(np.full((8000, 2), 0.3, np.float32), 22050)
    yield Clip((0.3 * np.sin(2 * np.pi * (150 + 200 * time) * time)).astype(np.float32)[:, None], 16000)
    pulses = (np.sin(2 * np.pi * 3 * time) > 0.8) * rng.normal(0, 0.3, len(time))
    yield Clip(np.stack([pulses, 0.2 * pulses], axis=1).astype(np.float32), 16000)


@pytest.mark.skipif(not MMAR.is_file(), reason="needs ../shared/mmar/MMAR-meta.jsonl")
def test_no_question_of_mmar_troubles_it() -> None:
    items = [json.loads(line) for line in MMAR.read_text(encoding="utf-8").splitlines()]
    clips = list(strange_clips())
    for place, item in enumerate(items):
        heard = listen(clips[place % len(clips)], item["question"], item["choices"])
        assert heard.text in item["choices"]
