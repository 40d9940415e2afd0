import hashlib
import json
from pathlib import Path

import pytest
import soundfile

from mmar.benchmarks.demo import AUDIO_SHA256, METADATA_NAME, METADATA_SHA256, assembly, build, plan, records
from mmar.errors import ExternalError, UsageError


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cache") / "not yet" / "demo"
    assert build(folder) == folder / METADATA_NAME
    return folder


def snapshot(folder: Path) -> dict[str, tuple[str, int]]:
    """Digest and time of the last change of every file."""
    return {
        path.relative_to(folder).as_posix(): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_folder_holds_the_records_and_a_clip_for_each(made: Path) -> None:
    lines = (made / METADATA_NAME).read_text(encoding="utf-8").splitlines()
    items = [json.loads(line) for line in lines]
    assert items == records()
    assert {path.name for path in made.iterdir()} == {METADATA_NAME, "audio"}
    assert {f"./audio/{path.name}" for path in (made / "audio").iterdir()} == {
        item["audio_path"] for item in items
    }
    for item in items:
        facts = soundfile.info(made / item["audio_path"])
        assert (facts.format, facts.subtype, facts.samplerate) == ("WAV", "PCM_16", 16000)


def test_it_is_the_same_to_the_last_bit_everywhere(made: Path) -> None:
    metadata = (made / METADATA_NAME).read_bytes()
    assert hashlib.sha256(metadata).hexdigest() == METADATA_SHA256
    audio = hashlib.sha256()
    for item in records():
        audio.update((made / item["audio_path"]).read_bytes())
    assert audio.hexdigest() == AUDIO_SHA256


def test_a_whole_folder_is_left_alone_and_nothing_lies_beside_it(made: Path) -> None:
    before = snapshot(made)
    build(made)
    assert snapshot(made) == before
    assert [path.name for path in made.parent.iterdir()] == ["demo"]


@pytest.mark.parametrize("damage", ["one bit of a clip", "a clip too many"])
def test_a_damaged_folder_is_made_whole(made: Path, damage: str) -> None:
    before = {name: digest for name, (digest, _) in snapshot(made).items()}
    clip = made / records()[5]["audio_path"]
    if damage == "one bit of a clip":
        content = bytearray(clip.read_bytes())
        content[5000] ^= 1
        clip.write_bytes(content)
    else:
        (clip.parent / "demo-999-old.wav").write_bytes(b"RIFF")
    build(made)
    assert {name: digest for name, (digest, _) in snapshot(made).items()} == before
    assert [path.name for path in made.parent.iterdir()] == ["demo"]


def test_another_seed_is_another_benchmark_and_an_empty_folder_may_be_used(tmp_path: Path) -> None:
    lines = build(tmp_path, seed=1).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == records(1)
    assert len(list((tmp_path / "audio").iterdir())) == len(lines)


@pytest.mark.parametrize("name", ["thesis.txt", "audio/holiday.wav", "audio/demo-001.mp3"])
def test_a_folder_with_anything_else_in_it_is_not_touched(tmp_path: Path, name: str) -> None:
    stranger = tmp_path / name
    stranger.parent.mkdir(exist_ok=True)
    stranger.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="nothing was touched"):
        build(tmp_path)
    assert stranger.read_text(encoding="utf-8") == "mine"


def test_a_file_in_the_way_and_a_folder_that_cannot_be_made_are_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="found a file"):
        build(tmp_path / "file")
    with pytest.raises(ExternalError, match="could not make the demo"):
        build(tmp_path / "file" / "demo")


def test_arithmetic_that_gives_other_bits_is_not_passed_off_as_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A few scenes are enough to stand for a processor that computes otherwise.
    monkeypatch.setattr(assembly, "scenes", lambda seed: plan.scenes(seed)[:3])
    with pytest.raises(ExternalError, match="not demo"):
        build(tmp_path / "demo")
    assert list(tmp_path.iterdir()) == []
