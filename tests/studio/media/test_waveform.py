import time
import tracemalloc
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from mmar.errors import ExternalError, InputError, UsageError
from mmar.studio.media.waveform import PeakWindow, Waveform, build_waveform, open_waveform

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


def extremes(sound: np.ndarray, window: PeakWindow) -> np.ndarray:
    """The definition, straight from the samples."""
    size = window.samples_per_point
    points = [sound[at : at + size] for at in range(window.first_frame, len(sound), size)][: window.points]
    both = np.array([[part.min(axis=0), part.max(axis=0)] for part in points])
    return np.rint(both.transpose(0, 2, 1) * 127).astype(np.int8)


@settings(deadline=None)
@given(st.integers(0, FRAMES - 1), st.integers(1, FRAMES), st.integers(1, 3000))
def test_every_window_holds_the_extremes_of_its_samples(
    waveform: Waveform, sound: np.ndarray, first: int, length: int, points: int
) -> None:
    last = min(FRAMES, first + length)
    window = waveform.window(first / RATE, last / RATE, points)
    found = np.frombuffer(window.data, np.int8).reshape(window.points, 2, 2)
    assert np.array_equal(found, extremes(sound, window))
    end = window.first_frame + window.points * window.samples_per_point
    assert window.first_frame <= first
    assert end >= last
    assert window.points <= 2 * points + 2
    if (last - first) / points >= 256:
        assert window.points >= points


def test_one_point_is_the_whole(waveform: Waveform, sound: np.ndarray) -> None:
    window = waveform.window(points=1)
    low, high = np.frombuffer(window.data, np.int8).reshape(-1, 2, 2)[:, 0].T
    assert (low.min(), high.max()) == tuple(np.rint(127 * np.array([sound[:, 0].min(), sound[:, 0].max()])))


def test_windows_side_by_side_show_the_same_points(waveform: Waveform) -> None:
    one, other = waveform.window(10, 20, 50), waveform.window(15, 25, 50)
    assert one.samples_per_point == other.samples_per_point
    shift = (other.first_frame - one.first_frame) // one.samples_per_point
    assert other.data.startswith(one.data[shift * 4 :])


def test_a_window_is_served_as_audiowaveform_json(waveform: Waveform) -> None:
    window = waveform.window(1, 2, 10)
    body = msgspec.json.decode(window.to_json())
    assert {name: body[name] for name in ("version", "channels", "sample_rate", "bits", "length")} == {
        "version": 2,
        "channels": 2,
        "sample_rate": RATE,
        "bits": 8,
        "length": window.points,
    }
    assert np.array_equal(np.array(body["data"], np.int8), np.frombuffer(window.data, np.int8))
    assert body["start"] == window.first_frame / RATE <= 1


@pytest.mark.parametrize(
    ("start", "end", "points"), [(-1, 2, 10), (2, 2, 10), (0, 1, 0), (0, 1, 10**6), (99, None, 9)]
)
def test_no_such_window(waveform: Waveform, start: float, end: float | None, points: int) -> None:
    with pytest.raises(UsageError, match="no waveform"):
        waveform.window(start, end, points)


def test_a_file_that_is_none_is_refused(waveform: Waveform, tmp_path: Path) -> None:
    whole = waveform.path.read_bytes()
    for content in (
        b"",
        whole[:3],
        whole[:20],
        whole[:-1],
        whole + b"\0",
        b"MMWF\x02" + whole[5:],
        b"<html>" + whole,
    ):
        (tmp_path / "a").write_bytes(content)
        with pytest.raises(InputError, match="waveform"):
            open_waveform(tmp_path / "a")
    with pytest.raises(InputError, match="no such file"):
        open_waveform(tmp_path / "absent")
    (tmp_path / "a").write_bytes(whole)
    opened = open_waveform(tmp_path / "a")
    (tmp_path / "a").unlink()
    with pytest.raises(ExternalError, match="build it again"):
        opened.window()


def test_half_an_hour_is_built_in_flat_memory_and_served_at_once(tmp_path: Path) -> None:
    block = (0.5 * np.sin(np.arange(60 * RATE) / 9)).astype(np.float32)
    peaks = {}
    for minutes in (3, 30):
        with soundfile.SoundFile(tmp_path / f"{minutes}.wav", "w", RATE, 1, "PCM_16") as out:
            for _ in range(minutes):
                out.write(block)
        tracemalloc.start()
        waveform = build_waveform(tmp_path / f"{minutes}.wav", tmp_path / f"{minutes}.peaks")
        peaks[minutes] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    # Ten times the sound, and only the peaks themselves (a byte for every 100 samples or so) are more.
    assert peaks[30] < peaks[3] + 1_000_000
    begun = time.perf_counter()
    for start in range(0, 1800, 30):
        waveform.window(start, start + 30, 1000).to_json()
    data = waveform.window(points=2000).to_json()
    assert time.perf_counter() - begun < 1
    assert len(data) < 60_000
