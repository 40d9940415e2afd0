"""The clips of a page."""

from __future__ import annotations

import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mmar.audio import Clip, read_clip
from mmar.reports.page.clips import HEIGHT, PEAKS, WIDTH, copy_clips, peaks, png, spectrogram


def clip_of(samples: np.ndarray, rate: int = 16_000) -> Clip:
    return Clip(samples.astype(np.float32).reshape(len(samples), -1), rate)


def test_peaks_are_relative_to_the_loudest_stretch() -> None:
    samples = np.repeat([0.5, 0.25, 0.0], 4000)
    values = np.frombuffer(peaks(clip_of(samples)), np.uint8)
    assert len(values) == PEAKS
    assert values[:40].tolist() == [63] * 40
    assert values[40:80].tolist() == [32] * 40
    assert values[80:].tolist() == [0] * 40


@pytest.mark.parametrize("frames", [1, 7, 119, 121, 5000])
def test_short_and_silent_clips_have_a_waveform_and_a_picture(frames: int) -> None:
    clip = clip_of(np.zeros((frames, 2)))
    assert peaks(clip) == bytes(PEAKS)
    assert spectrogram(clip).shape == (HEIGHT, WIDTH)
    assert not spectrogram(clip).any()


def test_a_higher_tone_stands_higher_in_the_picture() -> None:
    time_s = np.arange(48_000) / 16_000
    rows = [
        int(spectrogram(clip_of(np.sin(2 * np.pi * pitch * time_s))).sum(axis=1).argmax())
        for pitch in (200, 1000, 5000)
    ]
    assert rows[0] > rows[1] > rows[2]


def test_a_tone_that_begins_late_is_drawn_late() -> None:
    samples = np.sin(2 * np.pi * 1000 * np.arange(32_000) / 16_000)
    samples[:16_000] = 0
    columns = spectrogram(clip_of(samples)).max(axis=0)
    assert columns[: WIDTH // 2 - 10].max() == 0
    assert columns[WIDTH // 2 + 10 : -10].min() == 15


def test_the_picture_is_a_png_of_four_bits() -> None:
    levels = np.arange(HEIGHT * WIDTH, dtype=np.uint8).reshape(HEIGHT, WIDTH) % 16
    data = png(levels)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">IIBB", data[16:26]) == (WIDTH, HEIGHT, 4, 3)
    chunk = data[data.index(b"IDAT") + 4 : data.index(b"IEND") - 8]
    rows = np.frombuffer(zlib.decompress(chunk), np.uint8).reshape(HEIGHT, WIDTH // 2 + 1)[:, 1:]
    assert np.stack([rows >> 4, rows & 15], axis=-1).reshape(HEIGHT, WIDTH).tolist() == levels.tolist()


def test_a_clip_is_copied_once_however_many_paths_lead_to_it(
    tone: Callable[..., Path], tmp_path: Path
) -> None:
    first, other = tone("a.wav", 440.0), tone("other.wav", 880.0)
    again = tmp_path / "again.wav"
    shutil.copy(first, again)
    placed = copy_clips([first, again, other, first], tmp_path / "page")
    assert placed[first] == placed[again] != placed[other]
    assert sorted(path.suffix for path in (tmp_path / "page" / "audio").iterdir()) == [
        ".png",
        ".png",
        ".wav",
        ".wav",
    ]
    assert (tmp_path / "page" / placed[first].file).read_bytes() == first.read_bytes()
    assert placed[first].seconds == pytest.approx(0.1)


def test_formats_that_browsers_cannot_play_are_copied_as_wav(tmp_path: Path) -> None:
    source = tmp_path / "clip.wav"  # whatever its name says
    samples = np.sin(np.arange(8000) / 10).astype(np.float32) / 2
    soundfile.write(source, samples, 16_000, format="AIFF", subtype="PCM_16")
    clip = copy_clips([source], tmp_path / "page")[source]
    assert clip.file.endswith(".wav")
    copied = read_clip(tmp_path / "page" / clip.file)
    assert np.abs(copied.samples[:, 0] - samples).max() < 1e-3


def test_a_clip_that_cannot_be_read_has_a_problem_and_no_file(tmp_path: Path) -> None:
    bad, missing = tmp_path / "bad.wav", tmp_path / "missing.wav"
    bad.write_bytes(b"no sound")
    placed = copy_clips([bad, missing], tmp_path / "page")
    assert placed[bad].problem
    assert placed[missing].problem
    assert not placed[bad].file
    assert not (tmp_path / "page").exists()
