import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mmar.errors import InputError, MmarError
from mmar.files.hashing import sha256_file
from mmar.studio.media.uploads import inspect_upload

RATE = 8000


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    sound = 0.25 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)
    soundfile.write(tmp_path / "upload", sound, RATE, format="WAV")
    return tmp_path / "upload"


def test_an_upload_is_what_its_content_is_and_not_its_name(wav: Path, tmp_path: Path) -> None:
    named = wav.rename(tmp_path / "evil.html")
    facts = inspect_upload(named, tmp_path)
    assert (facts.container, facts.media_type, facts.readable) == ("WAV", "audio/wav", named)
    assert (facts.rate, facts.channels, facts.frames, facts.duration) == (RATE, 1, 2 * RATE, 2.0)
    assert (facts.size, facts.sha256) == (named.stat().st_size, sha256_file(named))
    assert facts.peak == pytest.approx(0.25, abs=0.001)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_a_video_is_taken_for_its_sound(wav: Path, tmp_path: Path) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-i", wav, tmp_path / "a.m4a"], check=True)
    facts = inspect_upload(tmp_path / "a.m4a", tmp_path)
    assert (facts.container, facts.media_type) == ("MP4", "audio/mp4")
    assert facts.readable.suffix == ".flac"
    assert facts.sha256 == sha256_file(tmp_path / "a.m4a")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty file"),
        (b"<html><script>alert(1)</script>", "a web page"),
        (b"\x7fELF" + bytes(200), "unknown binary format"),
        (b"PK\x03\x04" + bytes(200), "a ZIP archive"),
        (b"RIFF\x24\0\0\0WAVE" + bytes(30), "upload"),
        (b"ID3\x03\0\0\0\0\0\0" + bytes(4000), "upload"),
        (b"OggS" + bytes(4000), "upload"),
        (b"fLaC" + bytes(4000), "upload"),
    ],
)
def test_what_is_no_sound_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "upload").write_bytes(content)
    with pytest.raises(InputError, match=said):
        inspect_upload(tmp_path / "upload", tmp_path)


def test_a_header_that_promises_more_than_is_there_is_refused(wav: Path, tmp_path: Path) -> None:
    whole = wav.read_bytes()
    wav.write_bytes(whole[:-1000])
    with pytest.raises(InputError, match="cut short"):
        inspect_upload(wav, tmp_path)
    samples, rate = soundfile.read(tmp_path / "upload", frames=0), RATE
    assert rate == RATE
    assert len(samples[0]) == 0
    soundfile.write(tmp_path / "a.flac", np.zeros(RATE * 4), RATE)
    flac = bytearray((tmp_path / "a.flac").read_bytes())
    # STREAMINFO: 36 bits of total samples begin in the low half of byte 21.
    assert struct.unpack(">I", flac[22:26])[0] == RATE * 4
    flac[22:26] = struct.pack(">I", RATE * 400)
    (tmp_path / "a.flac").write_bytes(flac)
    with pytest.raises(InputError):
        inspect_upload(tmp_path / "a.flac", tmp_path)


def test_size_length_and_channels_are_bounded(wav: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="more than the 1,000 that are allowed"):
        inspect_upload(wav, tmp_path, max_bytes=1000)
    with pytest.raises(InputError, match=r"more than the 1\.5 s"):
        inspect_upload(wav, tmp_path, max_seconds=1.5)
    soundfile.write(tmp_path / "many.wav", np.zeros((100, 40)), RATE)
    with pytest.raises(InputError, match="found 40 channels"):
        inspect_upload(tmp_path / "many.wav", tmp_path)
    soundfile.write(tmp_path / "bomb.flac", np.zeros(RATE * 600), RATE)
    assert (tmp_path / "bomb.flac").stat().st_size < 50_000
    with pytest.raises(InputError, match="found 600 s of sound"):
        inspect_upload(tmp_path / "bomb.flac", tmp_path, max_bytes=50_000, max_seconds=60)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(MmarError):
            inspect_upload(path, tmp_path)
