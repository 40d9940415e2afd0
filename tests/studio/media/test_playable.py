"""What no browser plays is kept as FLAC with the same sound; what browsers play is kept as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mmar.studio.media.media_store import store_audio

RATE = 16_000
SOUND = (0.4 * np.sin(2 * np.pi * 330 * np.arange(RATE) / RATE)).astype(np.float32)


def kept(tmp_path: Path, name: str, depth: str | None, channels: int = 1):  # type: ignore[no-untyped-def]
    path = tmp_path / name
    soundfile.write(path, np.stack([SOUND] * channels, axis=1), RATE, subtype=depth)
    found = store_audio(tmp_path / "media", path)
    assert list((tmp_path / "media" / "incoming").iterdir()) == []
    return path, found, tmp_path / "media" / found.path


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
def test_what_no_browser_plays_becomes_flac(tmp_path: Path, name: str, depth: str, became: str) -> None:
    path, found, file = kept(tmp_path, name, depth)
    assert (found.media_type, file.suffix, found.rate) == ("audio/flac", ".flac", RATE)
    assert soundfile.info(file).subtype == became
    before, after = soundfile.read(path)[0], soundfile.read(file)[0]
    assert len(before) == len(after)
    assert np.abs(before - after).max() <= 2**-15


@pytest.mark.parametrize("depth", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "ULAW", "ALAW"])
def test_what_browsers_play_is_kept_byte_for_byte(tmp_path: Path, depth: str) -> None:
    path, found, file = kept(tmp_path, "a.wav", depth)
    assert found.media_type == "audio/wav"
    assert file.read_bytes() == path.read_bytes()


def test_more_channels_than_flac_holds_are_kept_as_they_came(tmp_path: Path) -> None:
    path, found, file = kept(tmp_path, "a.aiff", "PCM_16", channels=10)
    assert (found.media_type, found.channels) == ("audio/aiff", 10)
    assert file.read_bytes() == path.read_bytes()
