"""Waveforms have the extremes of the samples in every window."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from expect import raises
from mmar.studio.media.waveform import Waveform, build_waveform, open_waveform

RATE = 8000
FRAMES = 700_123


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    random = np.random.Generator(np.random.PCG64(2))
    return np.clip(random.normal(0, 0.3, (FRAMES, 2)) * np.linspace(0, 1, FRAMES)[:, None], -1, 1).astype(
        np.float32
    )


@pytest.fixture(scope="module")
def waveform(sound: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Waveform:
    folder = tmp_path_factory.mktemp("waveform")
    soundfile.write(folder / "a.wav", sound, RATE, subtype="FLOAT")
    return build_waveform(folder / "a.wav", folder / "a.peaks")


def extremes(sound: np.ndarray, window: dict[str, Any]) -> np.ndarray:
    """The definition, straight from the samples."""
    size, first = window["samples_per_pixel"], round(window["start"] * RATE)
    points = [sound[index : index + size] for index in range(first, len(sound), size)][: window["length"]]
    both = np.array([[part.min(axis=0), part.max(axis=0)] for part in points])
    return np.rint(both.transpose(0, 2, 1) * 127).astype(np.int8)


@settings(deadline=None)
@given(st.integers(0, FRAMES - 1), st.integers(1, FRAMES), st.integers(1, 3000))
def test_a_window_has_the_extremes_of_its_samples(
    waveform: Waveform, sound: np.ndarray, first: int, length: int, points: int
) -> None:
    last = min(FRAMES, first + length)
    window = waveform.window(first / RATE, last / RATE, points)
    result = np.array(window["data"], np.int8).reshape(-1, 2, 2)
    assert np.array_equal(result, extremes(sound, window))
    begin = round(window["start"] * RATE)
    assert begin <= first < last <= begin + window["length"] * window["samples_per_pixel"]
    assert window["length"] <= 2 * points + 2
    if (last - first) / points >= 256:
        assert window["length"] >= points


def test_neighbouring_windows_show_the_same_points(waveform: Waveform) -> None:
    one, other = waveform.window(10, 20, 50), waveform.window(15, 25, 50)
    assert one["samples_per_pixel"] == other["samples_per_pixel"]
    shift = round((other["start"] - one["start"]) * RATE) // one["samples_per_pixel"]
    common = one["data"][shift * 4 :]
    assert other["data"][: len(common)] == common


def test_a_window_is_audiowaveform_json(waveform: Waveform) -> None:
    window = msgspec.json.decode(msgspec.json.encode(waveform.window(1, 2, 10)))
    assert (window["version"], window["channels"], window["sample_rate"], window["bits"]) == (2, 2, RATE, 8)
    assert len(window["data"]) == 4 * window["length"]


@pytest.mark.parametrize(
    ("start", "end", "points"), [(-1, 2, 10), (2, 2, 10), (0, 1, 0), (0, 1, 10**6), (99, None, 9)]
)
def test_a_window_outside_the_recording(
    waveform: Waveform, start: float, end: float | None, points: int
) -> None:
    with raises("invalid-range"):
        waveform.window(start, end, points)


def test_damaged_files(sound: np.ndarray, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", sound, RATE, subtype="FLOAT")
    built = build_waveform(tmp_path / "a.wav", tmp_path / "whole")
    opened = open_waveform(tmp_path / "whole")
    assert (opened.rate, opened.frames, opened.channels) == (RATE, FRAMES, 2)
    assert np.array_equal(opened.peaks, built.peaks)
    whole = (tmp_path / "whole").read_bytes()
    for content in (b"", whole[:3], whole[:20], whole[:-1], b"<html>", whole[: len(whole) // 2]):
        (tmp_path / "a").write_bytes(content)
        with raises("damaged-waveform"):
            open_waveform(tmp_path / "a")
    with raises("waveform-missing"):
        open_waveform(tmp_path / "absent")
