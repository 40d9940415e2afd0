import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from expect import raises
from mmar.audio import describe, read_clip
from mmar.audio.read import convert_media
from mmar.errors import ExternalError, InputError
from mmar.files.sniff import sniff_file

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
RATE = 16_000


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    time = np.arange(3 * RATE) / RATE
    soundfile.write(tmp_path / "tone.wav", 0.5 * np.sin(2 * np.pi * 440 * time), RATE)
    return tmp_path / "tone.wav"


def ffmpeg(*arguments: str | Path) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *arguments], check=True)


def test_files_that_libsndfile_reads_are_not_converted(
    tone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    samples, rate = soundfile.read(tone)
    for name in ("a.wav", "a.flac", "a.mp3", "a.ogg", "a.aiff", "a.au", "a.caf"):
        soundfile.write(tmp_path / name, samples, rate)
        assert sniff_file(tmp_path / name).group == "audio"
        assert convert_media(tmp_path / name, tmp_path) == tmp_path / name


def test_an_mp3_is_known_with_and_without_a_tag(tone: Path, tmp_path: Path) -> None:
    samples, rate = soundfile.read(tone)
    soundfile.write(tmp_path / "a.mp3", samples, rate)
    plain = (tmp_path / "a.mp3").read_bytes()
    assert sniff_file(tmp_path / "a.mp3").format == "mp3"
    (tmp_path / "a.mp3").write_bytes(b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + plain)
    assert sniff_file(tmp_path / "a.mp3").format == "mp3"


@needs_ffmpeg
@pytest.mark.parametrize("name", ["a.m4a", "a.webm", "a.mkv", "a.ts", "a.aac", "a.flv", "a.avi", "a.wma"])
def test_media_files_are_converted(name: str, tone: Path, tmp_path: Path) -> None:
    coding = {"a.webm": ["-c:a", "libopus"], "a.flv": ["-c:a", "aac"]}.get(name, [])
    ffmpeg("-i", tone, *coding, tmp_path / name)
    (tmp_path / "work").mkdir()
    made = convert_media(tmp_path / name, tmp_path / "work")
    assert made.parent == tmp_path / "work"
    facts = describe(made)
    assert (facts.container, facts.encoding) == ("FLAC", "PCM_16")
    assert facts.duration == pytest.approx(3, abs=0.15)
    sound = read_clip(made).samples[facts.rate : 2 * facts.rate, 0]
    assert np.abs(np.fft.rfft(sound)).argmax() == 440  # one second: bins are hertz


@needs_ffmpeg
def test_damaged_cut_silent_and_long_files_are_refused(tone: Path, tmp_path: Path) -> None:
    ffmpeg("-i", tone, "-c:a", "libopus", tmp_path / "a.webm")
    ffmpeg("-i", tone, "-movflags", "+faststart", tmp_path / "a.m4a")
    ffmpeg("-f", "lavfi", "-i", "color=d=0.2:s=16x16", tmp_path / "picture.mp4")
    work = tmp_path / "work"
    work.mkdir()
    for name, code in (("a.webm", "cut-short"), ("a.m4a", "cannot-decode")):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) // 3])
        with raises(code, InputError):
            convert_media(tmp_path / name, work)
        (tmp_path / name).write_bytes(whole)
    with raises("no-audio-stream", InputError):
        convert_media(tmp_path / "picture.mp4", work)
    with raises("too-long", InputError):
        convert_media(tmp_path / "a.webm", work, max_seconds=1)
    assert list(work.iterdir()) == []


@needs_ffmpeg
def test_a_playlist_opens_no_other_file(tone: Path, tmp_path: Path) -> None:
    playlist = f"#EXTM3U\n#EXTINF:3,\n{tone}\n#EXT-X-ENDLIST\n"
    disguises = {
        "plain.m4a": playlist.encode(),
        "mp4.m4a": b"\0\0\0\x10ftypM4A \0\0\0\0" + playlist.encode(),
        "adts.aac": b"\xff\xf1" + playlist.encode(),
        "concat.mp4": f"ffconcat version 1.0\nfile {tone}\n".encode(),
    }
    for name, data in disguises.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError):
            convert_media(tmp_path / name, tmp_path)
    assert not list(tmp_path.glob("*.flac"))


@needs_ffmpeg
def test_a_name_like_an_option_or_an_address_is_a_name(tone: Path, tmp_path: Path) -> None:
    for name in ("-version", "a;b $(c).mp4"):
        ffmpeg("-y", "-i", tone, "-f", "mp4", "-c:a", "aac", tmp_path / "made")
        (tmp_path / "made").rename(tmp_path / name)
        assert describe(convert_media(tmp_path / name, tmp_path)).duration == pytest.approx(3, abs=0.2)


def test_without_ffmpeg_the_error_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    (tmp_path / "a.webm").write_bytes(b"\x1a\x45\xdf\xa3" + bytes(100))
    with raises("needs-ffmpeg", InputError):
        convert_media(tmp_path / "a.webm", tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="the program is a script")
def test_a_program_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ffprobe"
    program.write_text(f"#!{sys.executable}\nimport time; time.sleep(600)\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("mmar.audio.ffmpeg._PROBE_S", 0.3)
    (tmp_path / "a.webm").write_bytes(b"\x1a\x45\xdf\xa3" + bytes(100))
    with raises("ffmpeg-timeout", ExternalError):
        convert_media(tmp_path / "a.webm", tmp_path)


def test_other_files_are_refused_with_a_code(tmp_path: Path) -> None:
    page = tmp_path / "a.mp4"
    page.write_bytes(b"<!DOCTYPE html><script>alert(1)</script>")
    with raises("not-audio", InputError):
        convert_media(page, tmp_path)
    with raises("file-not-found", InputError):
        convert_media(tmp_path / "absent", tmp_path)
