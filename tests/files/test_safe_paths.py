"""Untrusted relative paths never leave their folder."""

from __future__ import annotations

import os.path
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expect import raises
from mmar.files.safe_paths import UnsafePathError, check_relative, clip_path

PIECES = st.sampled_from(
    ["..", ".", "", "a", "audio", "x.wav", "...", " ", "C:", "\\", "~", "\0", "é", "CON", "-rf"]
)
PATHS = st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=8).map("/".join))


@given(PATHS)
def test_a_path_is_refused_or_stays_strictly_inside(text: str) -> None:
    try:
        path = check_relative(text)
    except UnsafePathError:
        return
    root = "/srv/data/audio"
    joined = os.path.normpath(f"{root}/{path}")  # computed a second way
    assert joined == f"{root}/{path}"
    assert joined.startswith(root + "/")
    assert check_relative(str(path)) == path
    assert os.path.normpath(text.lstrip("/")) == str(path)


@given(
    st.lists(st.from_regex(r"[A-Za-z0-9_ -][A-Za-z0-9_. -]{0,10}", fullmatch=True), min_size=1, max_size=5)
)
def test_safe_paths_are_kept(parts: list[str]) -> None:
    assert check_relative("/".join(parts)) == PurePosixPath(*parts)
    assert check_relative("./" + "//".join(parts)) == PurePosixPath(*parts)


@pytest.mark.parametrize(
    "path",
    [
        "../x.wav",
        "audio/../../x.wav",
        "audio/..",
        "/etc/passwd",
        "//host/share/x.wav",
        "C:/x.wav",
        "audio/C:x.wav",
        "..\\x.wav",
        "audio\\x.wav",
        "a\0.wav",
        "a\nb.wav",
        "",
        ".",
        "./",
        "a/" * 3000,
    ],
)
def test_unsafe_paths_are_refused(path: str) -> None:
    with pytest.raises(UnsafePathError):
        check_relative(path)
    with raises("unsafe-path", field="audio_path"):
        clip_path(Path("/data"), path)


def test_a_sibling_with_the_same_beginning_is_not_inside() -> None:
    with raises("unsafe-path"):
        clip_path(Path("/data/audio"), "../audio-secret/x.wav")


def test_a_clip_lies_below_its_folder() -> None:
    assert clip_path(Path("/data"), "./audio/x.wav") == Path("/data/audio/x.wav")
