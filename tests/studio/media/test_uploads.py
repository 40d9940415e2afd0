"""Uploads are recognised by decoding; formats that browsers cannot play are converted to FLAC; size and time are limited."""

from __future__ import annotations

import shutil
import struct
import subprocess
from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

from expect import raises
from mmar.errors import MmarError
from mmar.files.hashing import sha256_file
from mmar.items.timestamps import Segment
from mmar.studio.media import decoder as decoder_module
from mmar.studio.media.decoder import ClipTask, Decoder
from mmar.studio.media.media_store import store_audio
from mmar.studio.media.uploads import LIMITS, process_upload
from mmar.studio.media.waveform import open_waveform

RATE = 8000
SOUND = (0.4 * np.sin(2 * np.pi * 330 * np.arange(2 * RATE) / RATE)).astype(np.float32)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "upload", SOUND, RATE, format="WAV")
    return tmp_path / "upload"


def test_an_upload_is_recognised_by_its_content(wav: Path, tmp_path: Path, work: Path) -> None:
    named = wav.rename(tmp_path / "evil.html")
    made = process_upload(named, work)
    assert (made.path, made.media_type) == (str(named), "audio/wav")
    assert (made.rate, made.channels, made.duration) == (RATE, 1, 2.0)
    assert (made.size, made.sha256) == (named.stat().st_size, sha256_file(named))
    assert open_waveform(Path(made.waveform)).frames == 2 * RATE
    assert list(work.iterdir()) == [Path(made.waveform)]


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_the_audio_of_a_video_becomes_flac(wav: Path, tmp_path: Path, work: Path) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-i", wav, tmp_path / "a.m4a"], check=True)
    made = process_upload(tmp_path / "a.m4a", work)
    assert (made.media_type, Path(made.path).parent) == ("audio/flac", work)
    assert made.sha256 == sha256_file(Path(made.path))


@pytest.mark.parametrize(
    ("name", "depth", "became"),
    [
        ("a.aiff", "PCM_16", "PCM_16"),
        ("a.aiff", "PCM_24", "PCM_24"),
        ("a.au", "FLOAT", "PCM_24"),
        ("a.caf", "PCM_16", "PCM_16"),
        ("a.wav", "DOUBLE", "PCM_24"),
        ("a.wav", "IMA_ADPCM", "PCM_16"),
        ("a.wav", "GSM610", "PCM_16"),
    ],
)
def test_formats_that_browsers_cannot_play_become_flac(
    tmp_path: Path, work: Path, name: str, depth: str, became: str
) -> None:
    soundfile.write(tmp_path / name, SOUND, RATE, subtype=depth)
    made = process_upload(tmp_path / name, work)
    assert (made.media_type, made.rate, soundfile.info(made.path).subtype) == ("audio/flac", RATE, became)
    before, after = soundfile.read(tmp_path / name)[0], soundfile.read(made.path)[0]
    assert len(before) == len(after)
    assert np.abs(before - after).max() <= 2**-15


@pytest.mark.parametrize("depth", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "ULAW", "ALAW"])
def test_formats_that_browsers_play_are_stored_unchanged(tmp_path: Path, depth: str) -> None:
    soundfile.write(tmp_path / "a.wav", SOUND, RATE, subtype=depth)
    stored = store_audio(tmp_path / "media", tmp_path / "a.wav")
    assert stored.media_type == "audio/wav"
    assert (tmp_path / "media" / stored.path).read_bytes() == (tmp_path / "a.wav").read_bytes()
    assert list((tmp_path / "media/incoming").iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><script>alert(1)</script>",
        b"\x7fELF" + bytes(200),
        b"PK\x03\x04" + bytes(200),
        b"RIFF\x24\0\0\0WAVE" + bytes(30),
        b"ID3\x03\0\0\0\0\0\0" + bytes(4000),
        b"OggS" + bytes(4000),
        b"fLaC" + bytes(4000),
    ],
)
def test_a_file_without_audio_is_refused_and_leaves_nothing(
    content: bytes, tmp_path: Path, work: Path
) -> None:
    (tmp_path / "upload").write_bytes(content)
    with pytest.raises(MmarError):
        process_upload(tmp_path / "upload", work)
    assert list(work.iterdir()) == []


def test_a_header_with_a_wrong_length_is_an_error(wav: Path, tmp_path: Path, work: Path) -> None:
    wav.write_bytes(wav.read_bytes()[:-1000])
    with pytest.raises(MmarError):
        process_upload(wav, work)
    soundfile.write(tmp_path / "a.flac", np.zeros(RATE * 4), RATE)
    flac = bytearray((tmp_path / "a.flac").read_bytes())
    # STREAMINFO: 36 bits of total samples begin in the low half of byte 21.
    assert struct.unpack(">I", flac[22:26])[0] == RATE * 4
    flac[22:26] = struct.pack(">I", RATE * 400)
    (tmp_path / "a.flac").write_bytes(flac)
    with pytest.raises(MmarError):
        process_upload(tmp_path / "a.flac", work)


def test_size_length_rate_channels_and_samples_are_limited(wav: Path, tmp_path: Path, work: Path) -> None:
    with raises("file-too-large"):
        process_upload(wav, work, max_bytes=1000)
    for limit in ({"seconds": 1.5}, {"rate": 7999}, {"samples": 15_999}):
        with raises("audio-too-large"):
            process_upload(wav, work, limits=msgspec.structs.replace(LIMITS, **limit))
    soundfile.write(tmp_path / "many.wav", np.zeros((100, 40)), RATE)
    with raises("audio-too-large"):
        process_upload(tmp_path / "many.wav", work)
    soundfile.write(tmp_path / "bomb.flac", np.zeros(RATE * 600), RATE)
    assert (tmp_path / "bomb.flac").stat().st_size < 50_000
    with raises("audio-too-large"):
        process_upload(tmp_path / "bomb.flac", work, limits=msgspec.structs.replace(LIMITS, seconds=60))
    soundfile.write(tmp_path / "fast.flac", np.zeros((655_350, 8)), 655_350)
    with raises("audio-too-large"):
        process_upload(tmp_path / "fast.flac", work)
    assert list(work.iterdir()) == []


def test_the_decoder_does_several_tasks_and_passes_errors_on(wav: Path, tmp_path: Path, work: Path) -> None:
    with closing(Decoder()) as decoder:
        made = decoder.process_upload(wav, work, 1 << 20)
        assert made.duration == 2.0
        with raises("file-too-large", file=str(wav)):
            decoder.process_upload(wav, work, 10)
        task = ClipTask(
            str(wav),
            (Segment(0.5, 1.0), Segment(0.0, 0.25)),
            str(tmp_path / "c.wav"),
            str(tmp_path / "c.peaks"),
        )
        clip = decoder.prepare_clip(task)
        assert (clip.frames, clip.sha256) == (RATE * 3 // 4, sha256_file(tmp_path / "c.wav"))
        with raises("segment-outside"):
            decoder.prepare_clip(msgspec.structs.replace(task, segments=(Segment(1.0, 9.0),)))


def test_a_task_that_takes_too_long_is_stopped_and_the_next_one_is_done(wav: Path, work: Path) -> None:
    with closing(Decoder(timeout=0.01)) as decoder:
        with raises("decoding-timeout", file=str(wav)):
            decoder.process_upload(wav, work, 1 << 20)
        decoder._timeout = 60
        assert decoder.process_upload(wav, work, 1 << 20).duration == 2.0


def test_a_crash_of_the_decoder_is_an_input_error(
    wav: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder_module, "__name__", "no_such_module")
    with closing(Decoder()) as decoder, raises("decoding-failed"):
        decoder.process_upload(wav, work, 1 << 20)
