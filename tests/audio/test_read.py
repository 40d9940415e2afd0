"""Reading audio files: samples, facts, and what is refused."""

from __future__ import annotations

import math
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from expect import raises
from mmar.audio import Clip, decode_blocks, describe, read_clip, wav_bytes
from mmar.errors import InputError


def tone(frames: int = 1600, channels: int = 1) -> np.ndarray:
    wave = 0.5 * np.sin(2 * math.pi * 440 * np.arange(frames) / 16000)
    return np.stack([wave * (1 - 0.3 * channel) for channel in range(channels)], axis=1).astype(np.float32)


def saved(path: Path, samples: np.ndarray, rate: int = 16000, **options: str) -> Path:
    soundfile.write(path, samples, rate, **options)
    return path


@pytest.mark.parametrize(
    ("name", "subtype"),
    [("a.wav", "PCM_16"), ("a.wav", "PCM_24"), ("a.flac", "PCM_16"), ("a.aiff", "PCM_16")],
)
def test_samples_channels_and_rate_are_read_unchanged(tmp_path: Path, name: str, subtype: str) -> None:
    pcm = np.rint(tone(channels=2) * 32768).astype(np.int16)
    clip = read_clip(saved(tmp_path / name, pcm, 22050, subtype=subtype))
    assert clip.rate == 22050
    assert clip.samples.dtype == np.float32
    assert np.array_equal(clip.samples, pcm / 32768)
    assert clip.path == tmp_path / name
    assert (clip.frames, clip.channels, clip.duration) == (1600, 2, 1600 / 22050)


def test_a_float_file_keeps_values_beyond_full_scale(tmp_path: Path) -> None:
    samples = 4 * tone()
    assert np.array_equal(read_clip(saved(tmp_path / "a.wav", samples, subtype="FLOAT")).samples, samples)


def test_describe_agrees_with_read_clip(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.flac", tone(4800, 2), 48000)
    facts, clip = describe(path), read_clip(path)
    assert (facts.frames, facts.channels, facts.rate) == (clip.frames, clip.channels, clip.rate)
    assert facts.duration == 0.1
    assert (facts.container, facts.encoding) == ("FLAC", "PCM_16")
    assert facts.size == path.stat().st_size


def test_lossy_files_are_read(tmp_path: Path) -> None:
    for name in ("a.ogg", "a.mp3"):
        clip = read_clip(saved(tmp_path / name, tone(16000)))
        assert clip.rate == 16000
        assert abs(clip.frames - 16000) < 1600


def refused(path: Path, code: str) -> InputError:
    for read in (describe, read_clip):
        with raises(code, InputError, file=str(path)) as caught:
            read(path)
    error = caught.value
    assert isinstance(error, InputError)
    return error


def test_missing_files_folders_and_empty_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    refused(tmp_path / "absent.wav", "file-not-found")
    refused(tmp_path, "is-a-folder")
    refused(tmp_path / "empty.wav", "not-audio")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    refused(tmp_path / "pipe.wav", "not-a-file")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<!DOCTYPE html><title>404</title>", "a web page"),
        (b'{"error": "not found"}', "JSON"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "a Git LFS pointer"),
        (b"PK\x03\x04" + bytes(100), "a ZIP archive"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", "a WAV file that is damaged"),
        (bytes(range(256)), "unknown binary format"),
    ],
)
def test_files_that_are_not_audio_are_refused(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "clip.wav"
    path.write_bytes(content)
    assert kind in refused(path, "not-audio").problem


@pytest.mark.parametrize("size", [45, 500, 3243])
def test_a_wav_that_was_cut_short_is_refused(tmp_path: Path, size: int) -> None:
    data = wav_bytes(Clip(tone(), 16000))
    path = tmp_path / "cut.wav"
    path.write_bytes(data[:size])
    assert f"{len(data) - size:,} bytes" in refused(path, "cut-short").problem


def test_a_flac_or_mp3_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    for name in ("a.flac", "a.mp3"):
        path = saved(tmp_path / name, tone(32000))
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(InputError) as caught:
            read_clip(path)
        assert caught.value.code in ("cut-short", "cannot-decode")


@pytest.mark.parametrize("size", [0, 1, 5, 0xFFFFFFFF])
def test_implausible_headers_are_refused(tmp_path: Path, size: int) -> None:
    data = bytearray(wav_bytes(Clip(tone(), 16000)))
    struct.pack_into("<I", data, 24, 800_000 + size % 1000)
    path = tmp_path / "absurd.wav"
    path.write_bytes(data)
    refused(path, "not-audio")


def test_a_clip_may_not_take_more_than_a_gibibyte(tmp_path: Path) -> None:
    data = bytearray(wav_bytes(Clip(tone(), 16000)))[:44]
    struct.pack_into("<I", data, 40, 1 << 30)
    path = tmp_path / "long.wav"
    with path.open("wb") as stream:  # a sparse file
        stream.write(data)
        stream.truncate(44 + (1 << 30))
    assert describe(path).frames == 1 << 29
    with raises("too-long", InputError):
        read_clip(path)
    assert next(decode_blocks(path, block=100)).shape == (100, 1)


def test_blocks_are_the_samples_of_the_clip(tmp_path: Path) -> None:
    for name in ("a.flac", "a.mp3", "a.wav"):
        path = saved(tmp_path / name, tone(20000, 2))
        samples = read_clip(path).samples
        for start, end in ((0, None), (5000, 12345), (19000, 30000)):
            blocks = list(decode_blocks(path, start=start, end=end, block=777))
            assert all(len(block) == 777 for block in blocks[:-1])
            assert np.allclose(np.concatenate(blocks), samples[start:end], atol=1e-6)


def test_chunks_before_the_samples_are_skipped(tmp_path: Path) -> None:
    whole = wav_bytes(Clip(tone(), 16000))
    odd = b"LIST" + struct.pack("<I", 5) + b"hello\0"  # odd sizes are padded
    path = tmp_path / "list.wav"
    path.write_bytes(whole[:12] + odd + whole[12:])
    assert read_clip(path).frames == 1600
    path.write_bytes((whole[:12] + odd + whole[12:])[:-10])
    assert "10 bytes" in refused(path, "cut-short").problem


@pytest.mark.parametrize("offset", [20, 22, 24, 36])
def test_a_corrupt_header_is_refused(tmp_path: Path, offset: int) -> None:
    whole = bytearray(wav_bytes(Clip(tone(), 16000)))
    whole[offset : offset + 2] = b"\0\0"
    path = tmp_path / "corrupt.wav"
    path.write_bytes(whole)
    with pytest.raises(InputError):
        read_clip(path)


def test_no_frames_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "none.wav"
    path.write_bytes(wav_bytes(Clip(np.zeros((0, 1), np.float32), 16000)))
    refused(path, "no-frames")


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_samples_that_are_not_finite_are_refused_with_their_time(tmp_path: Path, bad: float) -> None:
    samples = tone(16000, 2)
    samples[8000, 1] = bad
    path = saved(tmp_path / "nan.wav", samples, subtype="FLOAT")
    with raises("not-finite", InputError) as caught:
        read_clip(path)
    assert "0.500 s" in caught.value.message


def test_a_clip_refuses_samples_of_another_shape() -> None:
    for samples in (np.zeros(5, np.float32), np.zeros((5, 1)), np.zeros((5, 0), np.float32)):
        with pytest.raises(ValueError):
            Clip(samples, 16000)
    with pytest.raises(ValueError):
        Clip(np.zeros((5, 1), np.float32), 0)
