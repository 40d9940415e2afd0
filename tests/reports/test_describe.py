"""What a description counts, on a made-up benchmark and on the real ones."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmar.items import Benchmark, Item, load_benchmark
from mmar.reports.benchmark_tables import describe_table
from mmar.reports.describe import describe_benchmark, in_published_order
from mmar.reports.tables import Display
from real_data import MMAR, MMAU, needs_real_data


def item(number: int, **changes: Any) -> Item:
    record = {
        "id": f"item-{number}",
        "audio_path": f"audio/{number}.wav",
        "question": "What?",
        "choices": ["A", "B", "C", "D"],
        "answer": "A",
        "modality": "sound",
        "category": "Signal Layer",
        "sub-category": "Anomaly Detection",
        "language": None,
        "source": "youtube",
        "url": f"https://youtu.be/abcdefghi{number:02d}",
        "timestamp": "00:00:00,00:00:10",
    }
    return Item.from_record({**record, **changes})


@pytest.fixture
def benchmark() -> Benchmark:
    return Benchmark(
        (
            item(0, language="en|ja"),
            item(1, modality="mix-sound-speech", language="en", timestamp="0:00,0:05;0:10,0:20"),
            item(
                2, modality="speech", category="Other", choices=["A", "B"], url="https://youtu.be/abcdefghi00"
            ),
            item(3, timestamp="unreadable", **{"sub-category": None}),
        ),
        "set",
    )


def test_counts(benchmark: Benchmark) -> None:
    result = describe_benchmark(benchmark)
    assert result.items == 4
    assert result.modality == {"sound": 2, "speech": 1, "mix-sound-speech": 1}
    assert result.category == {"Signal Layer": 3, "Other": 1}
    assert result.sub_category == {
        "Signal Layer": {"Anomaly Detection": 2},
        "Other": {"Anomaly Detection": 1},
    }
    assert result.language == {"en|ja": 1, "en": 1}
    assert result.without_language == 2
    assert result.languages_heard == {"en": 2, "ja": 1}
    assert result.choices == {2: 1, 4: 3}
    assert result.chance == pytest.approx(100 * (3 / 4 + 1 / 2) / 4)
    assert (result.videos, result.shared_videos, result.sharing_items) == (3, 1, 2)


def test_durations_are_those_of_the_timestamps_without_clips(benchmark: Benchmark) -> None:
    durations = describe_benchmark(benchmark).durations
    assert durations is not None
    assert durations.measured_from == "timestamps"
    assert (durations.n, durations.total, durations.median) == (3, 35.0, 10.0)
    assert (durations.shortest, durations.longest) == (10.0, 15.0)
    assert "known for 3 items" in " ".join(describe_table(describe_benchmark(benchmark)).split())
    nothing = Benchmark((item(0, timestamp=None),), "set")
    assert describe_benchmark(nothing).durations is None
    assert "unknown: " in describe_table(describe_benchmark(nothing))


def test_durations_are_those_of_the_clips_where_they_are(
    benchmark: Benchmark, tone: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "audio").mkdir()
    for index in range(3):
        tone(f"audio/{index}.wav", seconds=0.5 + index / 2)
    here = Benchmark(benchmark.items, "set", audio_dir=tmp_path)
    calls: list[tuple[int, int]] = []
    durations = describe_benchmark(here, progress=lambda *call: calls.append(call)).durations
    assert durations is not None
    assert durations.measured_from == "clips"
    assert (durations.n, durations.mean, durations.longest) == (3, 1.0, 1.5)
    assert calls[-1] == (4, 4)


def test_groups_stand_in_the_published_order() -> None:
    counts = {"b": 1, "mix-sound-music": 5, "a": 1, "speech": 2, "c": 9, "sound": 1}
    assert list(in_published_order(counts)) == ["sound", "speech", "mix-sound-music", "c", "a", "b"]


def test_json_has_plain_values(benchmark: Benchmark) -> None:
    record = describe_benchmark(benchmark).to_json()
    assert json.loads(json.dumps(record)) == record
    assert record["choices"] == {"2": 1, "4": 3}
    assert record["durations"]["measured_from"] == "timestamps"


def test_the_page_of_a_benchmark(benchmark: Benchmark) -> None:
    lines = describe_table(describe_benchmark(benchmark)).splitlines()
    assert lines[0].startswith("set: 4 items, digest ")
    assert "sources     3 recordings; 1 of them give 2 items" in lines
    assert "choices     1 with 2, 3 with 4" in lines
    assert "language    none 2, en|ja 1, en 1" in lines
    assert any(line.split() == ["sound", "2", "50.0"] for line in lines)
    assert any(line.split() == ["Anomaly", "Detection", "2", "50.0"] for line in lines)
    assert "\033[1m" in describe_table(describe_benchmark(benchmark), Display(colour=True))


@needs_real_data
def test_the_real_mmar() -> None:
    result = describe_benchmark(load_benchmark(MMAR))
    assert result.modality == {
        "sound": 165,
        "music": 206,
        "speech": 294,
        "mix-sound-music": 11,
        "mix-sound-speech": 218,
        "mix-music-speech": 82,
        "mix-sound-music-speech": 24,
    }
    assert result.category == {
        "Signal Layer": 43,
        "Perception Layer": 404,
        "Semantic Layer": 412,
        "Cultural Layer": 141,
    }
    assert [len(result.sub_category[name]) for name in result.category] == [3, 6, 3, 4]
    assert sum(sum(each.values()) for each in result.sub_category.values()) == 1000
    assert result.source == {"youtube": 593, "bilibili": 407}
    assert result.choices == {2: 171, 3: 10, 4: 815, 5: 3, 6: 1}
    assert result.without_language == 320
    assert (result.language["en"], result.language["zh"], len(result.language)) == (554, 93, 16)
    assert (result.videos, result.shared_videos, result.sharing_items) == (911, 59, 148)
    assert result.chance == pytest.approx(29.3, abs=0.05)
    assert result.durations is not None
    # As many seconds as the timestamps name, counted with nothing but their digits.
    total = 0
    for line in MMAR.read_text("utf-8").splitlines():
        parts = json.loads(line)["timestamp"].replace("\n", ";").split(";")
        for start, end in (part.split(",") for part in parts):
            clock = [sum(int(n) * 60**p for p, n in enumerate(reversed(t.split(":")))) for t in (start, end)]
            total += clock[1] - clock[0]
    assert result.durations.total == total == 19939
    assert (result.durations.shortest, result.durations.longest) == (3, 56)


@needs_real_data
def test_the_real_mmau() -> None:
    result = describe_benchmark(load_benchmark(MMAU))
    records = json.loads(MMAU.read_text("utf-8"))
    assert Counter(result.modality) == Counter(record["task"] for record in records)
    assert result.videos == 1000
    assert result.durations is None
