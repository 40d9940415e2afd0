"""The demonstration set: its records, its clips, and that its answers cannot be told without the sound."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from expect import raises
from mmar.benchmarks.demo import METADATA_NAME, build, records
from mmar.benchmarks.demo.sounds import RATE, chord, midi_to_hz, note, speak, tone
from mmar.errors import ExternalError
from mmar.items import load_benchmark
from mmar.items.source_video import find_overlaps
from real_data import MMAR, needs_real_data

MODALITIES = {
    *("sound", "music", "speech", "mix-sound-music", "mix-sound-speech", "mix-music-speech"),
    "mix-sound-music-speech",
}
LAYERS = {"Signal Layer", "Perception Layer", "Semantic Layer", "Cultural Layer"}


@pytest.fixture(scope="module")
def items() -> list[dict[str, Any]]:
    return records()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cache") / "new" / "demo"
    assert build(folder) == folder / METADATA_NAME
    return folder


def chance(items: list[dict[str, Any]]) -> tuple[float, float]:
    """Mean and standard deviation of the number of right guesses."""
    rates = [1 / len(item["choices"]) for item in items]
    return sum(rates), math.sqrt(sum(rate * (1 - rate) for rate in rates))


def test_items_cover_all_modalities_layers_and_numbers_of_choices(items: list[dict[str, Any]]) -> None:
    assert len(items) >= 60
    assert set(Counter(item["modality"] for item in items)) == MODALITIES
    assert min(Counter(item["modality"] for item in items).values()) >= 5
    assert {item["category"] for item in items} == LAYERS
    assert {len(item["choices"]) for item in items} == {2, 3, 4, 5, 6}


def test_records_are_complete(items: list[dict[str, Any]]) -> None:
    assert len({item["id"] for item in items}) == len(items)
    for item in items:
        assert item["choices"].count(item["answer"]) == 1
        assert len(set(item["choices"])) == len(item["choices"])
        assert item["audio_path"] == f"./audio/{item['id']}.wav"
        assert item["answer"] in item["thinking"]
        assert item["cue"]
        assert len(item["rubric"]) == 5
        assert all(criterion["choices"] == [0, 1] for criterion in item["rubric"])


@needs_real_data
def test_records_have_the_publishers_fields_and_groups(items: list[dict[str, Any]]) -> None:
    published = [json.loads(line) for line in MMAR.read_text("utf-8").splitlines()]
    assert list(items[0]) == list(published[0])
    assert list(items[0]["rubric"][0]) == list(published[0]["rubric"][0])
    groups = {(item["category"], item["sub-category"]) for item in published}
    assert {(item["category"], item["sub-category"]) for item in items} <= groups
    assert not {item["question"] for item in items} & {item["question"] for item in published}


def test_clips_of_one_recording_do_not_overlap(folder: Path) -> None:
    benchmark = load_benchmark(folder / METADATA_NAME)
    assert find_overlaps(benchmark) == ()
    assert len({item.url for item in benchmark}) < len(benchmark)


def test_folder_holds_the_records_and_their_clips(folder: Path, items: list[dict[str, Any]]) -> None:
    assert [json.loads(line) for line in (folder / METADATA_NAME).read_text("utf-8").splitlines()] == items
    assert {path.name for path in (folder / "audio").iterdir()} == {f"{item['id']}.wav" for item in items}
    for item in items:
        samples, rate = soundfile.read(folder / item["audio_path"], always_2d=True)
        assert rate == RATE
        assert 1 <= len(samples) / rate <= 8
        assert 0.01 < np.sqrt(np.mean(samples**2)) < 0.5
        assert np.abs(samples[:20]).max() < 0.1, f"{item['id']} starts with a click"
        assert np.mean(np.abs(samples) >= 0.999) < 0.01, f"{item['id']} is clipped"


def test_one_seed_gives_the_same_files_and_another_seed_others(folder: Path, tmp_path: Path) -> None:
    build(tmp_path / "again")
    for path in folder.rglob("*.*"):
        assert (tmp_path / "again" / path.relative_to(folder)).read_bytes() == path.read_bytes()
    changed = sum(one["answer"] != other["answer"] for one, other in zip(records(0), records(1), strict=True))
    assert changed > len(records()) / 4


def test_incomplete_folder_is_completed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "audio").mkdir()
    assert build(tmp_path).read_bytes() == (folder / METADATA_NAME).read_bytes()


def test_folder_that_cannot_be_created_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with raises("not-writable", ExternalError):
        build(tmp_path / "file" / "demo")


@pytest.fixture(scope="module")
def several_sets() -> list[list[dict[str, Any]]]:
    return [records(seed) for seed in range(3)]


@pytest.mark.parametrize("position", [0, 1, -1])
def test_position_of_the_answer_is_balanced(position: int, several_sets: list[list[dict[str, Any]]]) -> None:
    for items in several_sets:
        right = sum(item["choices"][position] == item["answer"] for item in items)
        assert abs(right - chance(items)[0]) <= 4


@pytest.mark.parametrize("pick", [max, min])
def test_length_of_the_choices_does_not_tell_the_answer(
    pick: Any, several_sets: list[list[dict[str, Any]]]
) -> None:
    for items in several_sets:
        expected, deviation = chance(items)
        right = sum(pick(item["choices"], key=len) == item["answer"] for item in items)
        assert abs(right - expected) < 3 * deviation


def strongest_line(wave: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 8 * len(wave)))
    return float(np.fft.rfftfreq(8 * len(wave), 1 / RATE)[power.argmax()])


@pytest.mark.parametrize("instrument", ["sine", "flute", "organ", "guitar", "bell"])
def test_instruments_play_in_tune(instrument: str) -> None:
    assert strongest_line(note(69, 1.0, instrument)) == pytest.approx(440, rel=0.01)
    assert midi_to_hz(57) == 220


def test_glide_reaches_its_frequencies() -> None:
    wave = tone((300, 900), 2.0)
    assert strongest_line(wave[:3000]) < 400
    assert strongest_line(wave[-3000:]) > 800


def test_chord_has_its_notes() -> None:
    wave = chord((60, 64, 67), 2.0, "sine")
    power = np.abs(np.fft.rfft(wave))
    hz = np.fft.rfftfreq(len(wave), 1 / RATE)
    for midi in (60, 64, 67):
        near = power[np.abs(hz - midi_to_hz(midi)) < 3].max()
        assert near > 20 * np.median(power)


@pytest.mark.parametrize(
    ("person", "low", "high"), [("man", 100, 140), ("woman", 190, 240), ("child", 270, 330)]
)
def test_voices_have_the_height_of_their_speaker(person: str, low: float, high: float) -> None:
    wave = speak(person, ["ah"], 1.0, np.random.default_rng(0), tune=(1.0,))[4000:12000]
    similarity = np.correlate(wave, wave, "full")[len(wave) - 1 :]
    assert low < RATE / (40 + int(np.argmax(similarity[40:200]))) < high
