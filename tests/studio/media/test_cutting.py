from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from expect import raises
from mmar.audio import decode_blocks, read_clip
from mmar.audio.fingerprint import similarity
from mmar.errors import InputError
from mmar.files.hashing import sha256_file
from mmar.items.timestamps import Segment, parse_timestamp
from mmar.studio.media.cutting import cut, prepare_clip
from mmar.studio.media.waveform import open_waveform

RATE = 8000
FORMS = [
    ("WAV", "PCM_16"),
    ("FLAC", "PCM_16"),
    ("AIFF", "PCM_24"),
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"),
]


def write(
    path: Path, seconds: float = 10, channels: int = 1, form: str = "WAV", coding: str = "PCM_16"
) -> Path:
    random = np.random.Generator(np.random.PCG64(4))
    sound = np.cumsum(random.normal(0, 0.05, (round(seconds * RATE), channels)), axis=0)
    sound = 0.5 * sound / np.abs(sound).max()
    with soundfile.SoundFile(path, "w", RATE, channels, coding, format=form) as out:
        for index in range(0, len(sound), 4096):  # libsndfile's Vorbis writer takes no long stretch at once
            out.write(sound[index : index + 4096])
    return path


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("cut") / "whole.wav", channels=2)


@pytest.mark.parametrize(("form", "coding"), FORMS)
def test_a_segment_has_exactly_the_samples_of_the_recording(form: str, coding: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a", 6, 1, form, coding)
    whole = read_clip(path).samples
    for start in (0, 1, 999, 4096, 17_777, 30_000):
        part = np.concatenate(list(decode_blocks(path, start=start, end=start + 9000, block=1000)))
        assert_same(part, whole[start : start + 9000], form)
    assert_same(np.concatenate(list(decode_blocks(path, block=4097))), whole, form)


def assert_same(samples: np.ndarray, expected: np.ndarray, form: str) -> None:
    # libmpg123 rounds differently in the last bit by where a read begins: a hundredth of a step of 16 bits.
    assert samples.shape == expected.shape
    assert np.abs(samples - expected).max() <= (3e-7 if form == "MP3" else 0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 900)), min_size=1, max_size=4))
def test_parts_are_joined_in_their_order(recording: Path, parts: list[tuple[int, int]]) -> None:
    segments = [Segment(start / 1000, (start + length) / 1000) for start, length in parts]
    whole = read_clip(recording).samples
    expected = np.concatenate([whole[start * 8 : (start + length) * 8] for start, length in parts])
    assert np.array_equal(cut(recording, segments).samples, expected)


def test_a_prepared_clip_is_written_and_measured(recording: Path, tmp_path: Path) -> None:
    made = prepare_clip(
        recording, parse_timestamp("0:01,0:03;0:07,0:08"), tmp_path / "clip.wav", tmp_path / "clip.peaks"
    )
    clip = read_clip(tmp_path / "clip.wav")
    whole = read_clip(recording).samples
    assert np.array_equal(clip.samples, np.concatenate([whole[8000:24000], whole[56000:64000]]))
    assert (made.rate, made.channels, made.frames, made.duration) == (RATE, 2, 24_000, 3.0)
    assert (made.sha256, made.size) == (sha256_file(tmp_path / "clip.wav"), 44 + 24_000 * 4)
    assert open_waveform(tmp_path / "clip.peaks").frames == 24_000
    assert made.levels.peak is not None
    assert made.loudness.integrated is not None
    assert similarity(made.fingerprint, made.fingerprint) == 1


def test_the_same_request_gives_the_same_bytes(recording: Path, tmp_path: Path) -> None:
    one, other = (
        prepare_clip(recording, [Segment(1, 2)], tmp_path / name, tmp_path / "p", rate=16_000, channels=1)
        for name in ("a.wav", "b.wav")
    )
    assert one.sha256 == other.sha256


def test_rate_and_channels_are_converted(recording: Path, tmp_path: Path) -> None:
    made = prepare_clip(recording, None, tmp_path / "a.wav", tmp_path / "p", rate=16_000, channels=1)
    assert (made.rate, made.channels, made.duration) == (16_000, 1, 10)
    mono = write(tmp_path / "mono.wav", 1)
    prepare_clip(mono, None, tmp_path / "b.wav", tmp_path / "p", channels=2)
    left, right = read_clip(tmp_path / "b.wav").samples.T
    assert np.array_equal(left, right)
    with raises("channels"):
        prepare_clip(recording, None, tmp_path / "c.wav", tmp_path / "p", channels=6)


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([Segment(9, 10.5)], "segment-outside"),
        ([Segment(11, 12)], "segment-outside"),
        ([Segment(1, 1.00001)], "segment-too-short"),
        ([], "no-segments"),
        ([Segment(0, 10)] * 61, "clip-too-long"),
    ],
)
def test_invalid_segments_are_errors(recording: Path, parts: list[Segment], code: str) -> None:
    with raises(code):
        cut(recording, parts)


def test_a_damaged_recording_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", form="FLAC")
    data = bytearray(path.read_bytes())
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError):
        list(decode_blocks(path))
    bad = np.zeros((RATE, 1), np.float32)
    bad[4000] = np.nan
    soundfile.write(tmp_path / "nan.wav", bad, RATE, subtype="FLOAT")
    with raises("not-finite"):
        cut(tmp_path / "nan.wav", None)
