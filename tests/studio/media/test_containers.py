import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mmar.audio import describe, read_clip
from mmar.errors import ExternalError, InputError, UsageError
from mmar.studio.media.containers import container_of, ffmpeg_version, readable_audio

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
RATE = 16_000


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    time = np.arange(3 * RATE) / RATE
    soundfile.write(tmp_path / "tone.wav", 0.5 * np.sin(2 * np.pi * 440 * time), RATE)
    return tmp_path / "tone.wav"


def ffmpeg(*arguments: str | Path) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *arguments], check=True)


def stand_in(folder: Path, text: str) -> str:
    """A program in ffmpeg's place."""
    program = folder / "stand-in"
    program.write_text(f"#!{sys.executable}\n{text}\n", encoding="utf-8")
    program.chmod(0o755)
    return str(program)


def test_what_libsndfile_reads_is_left_as_it_is(tone: Path, tmp_path: Path) -> None:
    samples, rate = soundfile.read(tone)
    for name in ("a.wav", "a.flac", "a.mp3", "a.ogg", "a.aiff", "a.au", "a.caf"):
        soundfile.write(tmp_path / name, samples, rate)
        kind = container_of(tmp_path / name)
        assert kind is not None
        assert kind.demuxer is None
        assert readable_audio(tmp_path / name, tmp_path, ffmpeg="no such program") == tmp_path / name


def test_an_mp3_is_known_with_and_without_a_tag(tone: Path, tmp_path: Path) -> None:
    samples, rate = soundfile.read(tone)
    soundfile.write(tmp_path / "a.mp3", samples, rate)
    plain = (tmp_path / "a.mp3").read_bytes()
    assert container_of(tmp_path / "a.mp3").name == "MP3"  # type: ignore[union-attr]
    (tmp_path / "a.mp3").write_bytes(b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + plain)
    assert container_of(tmp_path / "a.mp3").name == "MP3"  # type: ignore[union-attr]


@needs_ffmpeg
@pytest.mark.parametrize("name", ["a.m4a", "a.webm", "a.mkv", "a.ts", "a.aac", "a.flv", "a.avi", "a.wma"])
def test_the_webs_formats_are_converted_whole(name: str, tone: Path, tmp_path: Path) -> None:
    coding = {"a.webm": ["-c:a", "libopus"], "a.flv": ["-c:a", "aac"]}.get(name, [])
    ffmpeg("-i", tone, *coding, tmp_path / name)
    (tmp_path / "work").mkdir()
    made = readable_audio(tmp_path / name, tmp_path / "work")
    assert made.parent == tmp_path / "work"
    facts = describe(made)
    assert (facts.container, facts.encoding) == ("FLAC", "PCM_16")
    assert facts.duration == pytest.approx(3, abs=0.15)
    sound = read_clip(made).samples[facts.rate : 2 * facts.rate, 0]
    assert np.abs(np.fft.rfft(sound)).argmax() == 440  # one second: bins are hertz


@needs_ffmpeg
def test_what_is_damaged_cut_short_silent_or_too_long_is_refused_and_nothing_left(
    tone: Path, tmp_path: Path
) -> None:
    ffmpeg("-i", tone, "-c:a", "libopus", tmp_path / "a.webm")
    ffmpeg("-i", tone, "-movflags", "+faststart", tmp_path / "a.m4a")
    ffmpeg("-f", "lavfi", "-i", "color=d=0.2:s=16x16", tmp_path / "picture.mp4")
    work = tmp_path / "work"
    work.mkdir()
    for name, said in (("a.webm", "cut short"), ("a.m4a", "cannot be decoded")):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) // 3])
        with pytest.raises(InputError, match=said):
            readable_audio(tmp_path / name, work)
        (tmp_path / name).write_bytes(whole)
    with pytest.raises(InputError, match="without sound"):
        readable_audio(tmp_path / "picture.mp4", work)
    with pytest.raises(InputError, match="more than 1 s"):
        readable_audio(tmp_path / "a.webm", work, max_seconds=1)
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
            readable_audio(tmp_path / name, tmp_path)
    assert not list(tmp_path.glob("*.flac"))


@needs_ffmpeg
def test_a_name_like_an_option_or_an_address_is_a_name(tone: Path, tmp_path: Path) -> None:
    for name in ("-version", "a;b $(c).mp4"):
        ffmpeg("-y", "-i", tone, "-f", "mp4", "-c:a", "aac", tmp_path / "made")
        (tmp_path / "made").rename(tmp_path / name)
        assert describe(readable_audio(tmp_path / name, tmp_path)).duration == pytest.approx(3, abs=0.2)


def test_without_ffmpeg_the_person_is_told_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.webm").write_bytes(b"\x1a\x45\xdf\xa3" + bytes(100))
    with pytest.raises(UsageError, match="apt install ffmpeg"):
        readable_audio(tmp_path / "a.webm", tmp_path, ffmpeg=str(tmp_path / "no such program"))
    assert ffmpeg_version(str(tmp_path / "no such program")) is None


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script")
def test_a_conversion_that_hangs_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "a.webm").write_bytes(b"\x1a\x45\xdf\xa3" + bytes(100))
    with pytest.raises(ExternalError, match=r"stopped after 0\.3 s"):
        readable_audio(
            tmp_path / "a.webm",
            tmp_path,
            timeout=0.3,
            ffmpeg=stand_in(tmp_path, "import time; time.sleep(60)"),
        )


def test_other_files_are_refused_in_words(tmp_path: Path) -> None:
    page = tmp_path / "a.mp4"
    page.write_bytes(b"<!DOCTYPE html><script>alert(1)</script>")
    assert container_of(page) is None
    with pytest.raises(InputError, match="web page"):
        readable_audio(page, tmp_path)
    with pytest.raises(InputError, match="could not be read"):
        container_of(tmp_path / "absent")
