"""The clips: real files, each with the fault that its check is for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mmar.audio import Clip, write_wav
from mmar.audit import CHECKS, Outcome, Subject
from mmar.audit.report import run_checks
from mmar.audit.sounds import measure_clips
from mmar.errors import InputError
from mmar.files.safe_paths import find_clip
from mmar.items import Item

RATE = 8000
NAMES = ("good", "copy", "missing", "torn", "silent", "clipped", "short")


def melody(seed: int, seconds: float) -> np.ndarray:
    """Plucked notes of random pitches, five a second, so that a fingerprint has something to hold."""
    pitches = np.random.default_rng(seed).uniform(300, 3000, round(seconds * 5))
    time = np.arange(round(seconds * RATE)) / RATE
    phase = np.cumsum(pitches[np.minimum((time * 5).astype(int), len(pitches) - 1)]) / RATE
    note = sum(np.sin(2 * np.pi * phase * part) / part for part in (1, 2, 3))
    return (0.2 * note * np.exp(-6 * (5 * time % 1))).astype(np.float32)[:, None]


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    sounds = {name: melody(index, 10) for index, name in enumerate(NAMES)}
    sounds["copy"] = np.concatenate((melody(99, 3), 0.5 * sounds["good"][: 7 * RATE]))
    sounds["silent"] = np.zeros_like(sounds["silent"])
    sounds["clipped"] = np.clip(8 * sounds["clipped"], -1, 1)
    sounds["short"] = sounds["short"][: 7 * RATE]
    (tmp_path / "audio").mkdir()
    for name, samples in sounds.items():
        if name != "missing":
            write_wav(tmp_path / "audio" / f"{name}.wav", Clip(samples, RATE))
    torn = tmp_path / "audio" / "torn.wav"
    torn.write_bytes(torn.read_bytes()[:5000])
    return tmp_path


@pytest.fixture
def items(item: Callable[..., Item]) -> list[Item]:
    return [item(index, id=name, audio_path=f"./audio/{name}.wav") for index, name in enumerate(NAMES)]


def run_check(code: str, items: list[Item], folder: Path) -> Outcome:
    subject = Subject(tuple(items), sounds=measure_clips(items, folder))
    (result,), _ = run_checks(subject, [check for check in CHECKS if check.code == code], subject.has)
    return result


@pytest.mark.parametrize(
    ("code", "who"),
    [
        ("D001", "missing"),
        ("D002", "torn"),
        ("D003", "silent"),
        ("D004", "clipped"),
        ("D005", "short"),
        ("D006", "good"),
    ],
)
def test_each_fault_is_found_and_no_other(code: str, who: str, items: list[Item], clips: Path) -> None:
    assert [finding.item for finding in run_check(code, items, clips).findings] == [who]
    clean = [each for each in items if each.id not in ("copy", who)]
    assert run_check(code, clean, clips).findings == ()


def test_the_messages_of_faulty_clips(items: list[Item], clips: Path) -> None:
    def message_of(code: str) -> str:
        return run_check(code, items, clips).findings[0].message

    assert "cut short" in message_of("D002")
    assert message_of("D003") == "digital silence"
    assert message_of("D005") == "7.0 s, the timestamp states 10 s"
    # Seven of ten seconds are in the copy, three seconds later.
    copy = run_check("D006", items, clips).findings[0]
    assert copy.others == ("copy",)
    assert copy.message.endswith("-3.0 s apart")
    assert run_check("D001", items, clips).measures[0].values == {"8000 Hz 1 ch": 5}


def test_a_copy_that_the_timestamps_name_is_left_to_them(
    items: list[Item], clips: Path, item: Callable[..., Item]
) -> None:
    url = "https://www.bilibili.com/video/BV1000000000/"
    items[1] = item(1, id="copy", audio_path="./audio/copy.wav", url=url, timestamp="00:00:57,00:01:07")
    assert run_check("D006", items, clips).findings == ()


def test_without_clips_the_checks_are_skipped(items: list[Item]) -> None:
    subject = Subject(tuple(items))
    outcomes, _ = run_checks(subject, CHECKS, subject.has)
    assert {each.code for each in outcomes if each.skipped == "audio"} == {
        f"D00{index}" for index in range(1, 7)
    }


def test_the_folder_may_be_that_of_the_files_themselves(clips: Path) -> None:
    assert find_clip(clips / "audio", "./audio/good.wav") == clips / "audio" / "good.wav"
    with pytest.raises(InputError):
        find_clip(clips, "../good.wav")


def test_a_clip_of_several_items_is_measured_once(
    items: list[Item], clips: Path, item: Callable[..., Item]
) -> None:
    calls: list[tuple[int, int]] = []
    both = [items[0], item(7, audio_path="./audio/good.wav"), item(8, audio_path="/etc/passwd")]
    assert list(measure_clips(both, clips, progress=lambda *counts: calls.append(counts))) == [
        "./audio/good.wav"
    ]
    assert calls == [(1, 1)]


def test_several_processes_measure_the_same(
    items: list[Item], clips: Path, item: Callable[..., Item]
) -> None:
    more = [item(index, audio_path=f"./audio/not-here/{index}.wav") for index in range(40)]
    assert measure_clips([*items, *more], clips, workers=2) == measure_clips([*items, *more], clips)
