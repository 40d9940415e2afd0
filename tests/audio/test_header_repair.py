"""Files whose headers do not state their length are read completely, whatever program wrote them."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from expect import raises
from mmar.audio import Clip, describe, read_clip, wav_bytes
from mmar.errors import InputError
from real_data import SHARED

CASES = SHARED / "cases" / "audio"


def loud_then_quiet(rate: int, channels: int, seconds: float = 8.0) -> np.ndarray:
    """Sound whose first second needs many more bits than the rest, so that estimates of the length go wrong."""
    rng = np.random.default_rng(1)
    time = np.arange(round(rate * seconds)) / rate
    wave = 0.5 * np.sin(2 * np.pi * 440 * time) + 0.3 * rng.standard_normal(len(time))
    wave *= np.where(time < 1, 1.0, 0.02)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


@pytest.mark.parametrize("size", [0, 0x7FFF0010, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFDB, 0xFFFFFFFF])
def test_wav_with_a_placeholder_length_is_read_whole(tmp_path: Path, size: int) -> None:
    samples = loud_then_quiet(16000, 1, 0.5)
    data = bytearray(wav_bytes(Clip(samples, 16000)))
    expected = read_clip_of(tmp_path / "whole.wav", bytes(data))
    struct.pack_into("<I", data, 40, size)
    for riff_size in (0, size, min(size + 36, 0xFFFFFFFF)):
        struct.pack_into("<I", data, 4, riff_size)
        clip = read_clip_of(tmp_path / "piped.wav", bytes(data))
        assert np.array_equal(clip.samples, expected.samples)
    assert describe(tmp_path / "piped.wav").frames == 8000


def read_clip_of(path: Path, data: bytes) -> Clip:
    path.write_bytes(data)
    return read_clip(path)


def test_an_empty_data_chunk_before_another_chunk_has_no_frames(tmp_path: Path) -> None:
    data = bytearray(wav_bytes(Clip(np.zeros((1, 1), np.float32), 16000)))[:44]
    struct.pack_into("<I", data, 40, 0)
    (tmp_path / "a.wav").write_bytes(bytes(data) + b"LIST" + struct.pack("<I", 4) + b"INFO")
    with raises("no-frames", InputError):
        describe(tmp_path / "a.wav")


@pytest.mark.parametrize("size", [0x7FFE0000, 0x90000000, 5000])
def test_other_wrong_lengths_are_errors(tmp_path: Path, size: int) -> None:
    data = bytearray(wav_bytes(Clip(np.zeros((1000, 1), np.float32), 16000)))
    struct.pack_into("<I", data, 40, size)
    (tmp_path / "a.wav").write_bytes(data)
    with raises("cut-short", InputError):
        describe(tmp_path / "a.wav")


@pytest.mark.parametrize(("rate", "channels"), [(16000, 1), (44100, 2), (96000, 1), (12345, 2)])
def test_flac_without_a_length_is_read_whole(tmp_path: Path, rate: int, channels: int) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, loud_then_quiet(rate, channels, 0.7), rate)
    expected = read_clip(path)
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    path.write_bytes(data)
    assert np.array_equal(read_clip(path).samples, expected.samples)
    path.write_bytes(data[:-3])
    with raises("cut-short", InputError):
        describe(path)


@pytest.mark.skipif(shutil.which("lame") is None, reason="lame is not installed")
@pytest.mark.parametrize("rate", [44100, 32000, 22050, 16000, 11025, 8000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    "options", [["-t", "-V", "4"], ["-V", "4"], ["-t", "--abr", "48"], ["-t", "-b", "64"], ["-b", "64", "-p"]],
    ids=["vbr-bare", "vbr", "abr-bare", "cbr-bare", "cbr-crc"],
)  # fmt: skip
def test_mp3_files_of_lame_have_their_length(
    tmp_path: Path, rate: int, channels: int, options: list[str]
) -> None:
    soundfile.write(tmp_path / "x.wav", loud_then_quiet(rate, channels), rate)
    command = ["lame", "--quiet", *options, tmp_path / "x.wav", tmp_path / "x.mp3"]
    subprocess.run(command, check=True, capture_output=True)
    assert read_clip(tmp_path / "x.mp3").duration == pytest.approx(8.0, abs=0.2)
    assert describe(tmp_path / "x.mp3").duration == read_clip(tmp_path / "x.mp3").duration


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("vbr.mp3", ["-q:a", "5", "-write_xing", "0"]),
        ("abr.mp3", ["-b:a", "48k", "-abr", "1", "-write_xing", "0", "-id3v2_version", "3"]),
        ("cbr.mp3", ["-b:a", "64k"]),
        ("aac.m4a", ["-c:a", "aac"]),
        ("aac.aac", ["-c:a", "aac"]),
        ("alac.m4a", ["-c:a", "alac"]),
        ("opus.webm", ["-c:a", "libopus"]),
        ("vorbis.ogg", ["-c:a", "libvorbis"]),
        ("opus.opus", ["-c:a", "libopus"]),
        ("wma.wma", ["-c:a", "wmav2"]),
        ("mp2.mp2", ["-c:a", "mp2"]),
    ],
)
def test_files_of_ffmpeg_have_their_length(tmp_path: Path, name: str, options: list[str]) -> None:
    soundfile.write(tmp_path / "x.wav", loud_then_quiet(48000, 2), 48000)
    command = ["ffmpeg", "-v", "error", "-i", tmp_path / "x.wav", *options, tmp_path / name]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this ffmpeg cannot write the format")
    assert read_clip(tmp_path / name).duration == pytest.approx(8.0, abs=0.2)
    assert describe(tmp_path / name).duration == pytest.approx(8.0, abs=0.3)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize("options", [["-f", "wav"], ["-f", "flac"], ["-f", "mp3", "-q:a", "5"]])
def test_files_that_ffmpeg_writes_into_a_pipe(tmp_path: Path, options: list[str]) -> None:
    soundfile.write(tmp_path / "x.wav", loud_then_quiet(16000, 1), 16000)
    command = ["ffmpeg", "-v", "error", "-i", tmp_path / "x.wav", *options, "-"]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    assert read_clip_of(tmp_path / "piped", data).duration == pytest.approx(8.0, abs=0.1)


def test_without_ffmpeg_the_message_names_codec_and_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "clip one.m4a"
    path.write_bytes(b"\0\0\0\x1cftypM4A \0\0\0\0mp4a")
    for read in (describe, read_clip):
        with raises("needs-ffmpeg", InputError, file=str(path)) as caught:
            read(path)
        assert "MPEG-4" in caught.value.message
        assert "AAC" in caught.value.message
        assert "ffmpeg -i 'clip one.m4a' 'clip one.wav'" in str(caught.value.hint)


@pytest.mark.skipif(not CASES.is_dir(), reason="the shared cases (../shared) are not here")
@pytest.mark.parametrize(
    ("name", "seconds", "tolerance"),
    [
        ("sox-pipe.wav", 2.0, 0.0),
        ("length-not-written.wav", 2.0, 0.0),
        ("ffmpeg-pipe.flac", 2.0, 0.0),
        ("vbr-without-xing.mp3", 12.0, 0.1),
    ],
)
def test_shared_cases_have_their_length(name: str, seconds: float, tolerance: float) -> None:
    assert read_clip(CASES / name).duration == pytest.approx(seconds, abs=tolerance)
    assert describe(CASES / name).duration == pytest.approx(seconds, abs=tolerance)


@pytest.mark.skipif(not CASES.is_dir(), reason="the shared cases (../shared) are not here")
def test_the_shared_absurd_header_is_refused() -> None:
    with raises("not-audio", InputError):
        describe(CASES / "absurd-rate.wav")
