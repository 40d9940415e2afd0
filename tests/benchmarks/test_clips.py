"""Clips found by name, wherever an archive keeps them."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from mmar.benchmarks.clips import clips_of, places, present
from mmar.errors import InputError

WANTED = ("./audio/a.wav", "./audio/b.wav")


@pytest.mark.parametrize("folder", ["audio", "MMAR/audio", "some/where", ""])
def test_the_archives_own_folders_do_not_matter(folder: str) -> None:
    place = places(WANTED)
    for name in ("a.wav", "b.wav"):
        assert place(PurePosixPath(folder, name)) == PurePosixPath("audio", name)


def test_what_no_item_names_has_no_place() -> None:
    place = places(WANTED)
    for name in ("audio/._a.wav", "audio/c.wav", "README.md", ".DS_Store"):
        assert place(PurePosixPath(name)) is None
    assert place(PurePosixPath("audio/a.wav")) is not None


def test_all_clips_come_from_one_folder() -> None:
    place = places(WANTED)
    assert place(PurePosixPath("old/a.wav")) == PurePosixPath("audio/a.wav")
    assert place(PurePosixPath("audio/a.wav")) is None
    assert place(PurePosixPath("old/b.wav")) == PurePosixPath("audio/b.wav")


def test_clips_of_one_name_are_told_apart_by_their_path() -> None:
    place = places(("x/a.wav", "y/a.wav"))
    assert place(PurePosixPath("x/a.wav")) == PurePosixPath("x/a.wav")
    assert place(PurePosixPath("y/a.wav")) == PurePosixPath("y/a.wav")
    assert place(PurePosixPath("a.wav")) is None


def test_present_counts_what_is_there_and_names_what_is_not(tmp_path: Path) -> None:
    (tmp_path / "audio").mkdir()
    (tmp_path / "audio" / "a.wav").write_bytes(b"12345")
    found = present(tmp_path, WANTED)
    assert (found.clips, found.size, found.missing) == (1, 5, ("./audio/b.wav",))
    (tmp_path / "audio" / "b.wav").write_bytes(b"")  # an empty file is no clip
    assert present(tmp_path, WANTED) == found
    with pytest.raises(InputError):
        present(tmp_path, ("../a.wav",))


def test_every_clip_once_in_order(metadata: bytes, clips: dict[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_bytes(metadata)
    assert clips_of(path) == tuple(f"./{name}" for name in clips)
