"""Unpacking of archives: safe members are written, anything else is refused as a whole."""

from __future__ import annotations

import contextlib
import gzip
import io
import random
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expect import raises
from mmar.errors import ExternalError, InputError
from mmar.files.archives import Limits, unpack

FILES = {"audio/a.wav": b"a" * 3000, "audio/b.wav": b"b" * 10, "audio/deep/c.wav": b""}


def member(name: str, content: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def tar(*members: tuple[tarfile.TarInfo, bytes], mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def unchanged(path: PurePosixPath) -> PurePosixPath:
    return path


def run(data: bytes, folder: Path, **options: object) -> tuple[str, ...]:
    archive = folder / "archive"
    archive.write_bytes(data)
    return unpack(archive, folder / "out" / "new", unchanged, **options)  # type: ignore[arg-type]


def written(folder: Path) -> dict[str, bytes]:
    root = folder / "out" / "new"
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("wrap", [bytes, gzip.compress], ids=["tar", "tar.gz"])
@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_tar_form_is_read(form: int, wrap: Callable[[bytes], bytes], tmp_path: Path) -> None:
    buffer = io.BytesIO()
    files = (
        FILES if form == tarfile.USTAR_FORMAT else {**FILES, f"audio/{'ü' * 100}/{'é' * 100}.wav": b"long"}
    )
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        archive.addfile(member("audio", type=tarfile.DIRTYPE)[0])
        for name, content in files.items():
            archive.addfile(member(name, content, mode=0o777)[0], io.BytesIO(content))
    assert run(wrap(buffer.getvalue()), tmp_path) == ()
    assert written(tmp_path) == files
    assert all(not path.stat().st_mode & 0o111 for path in (tmp_path / "out").rglob("*.wav"))


def test_zip_is_read(tmp_path: Path) -> None:
    run(zipped(FILES), tmp_path)
    assert written(tmp_path) == FILES


def test_files_without_a_target_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(tar(*(member(name, content) for name, content in FILES.items())))

    def only_b(path: PurePosixPath) -> PurePosixPath | None:
        return PurePosixPath("there/b") if path.name == "b.wav" else None

    skipped = unpack(tmp_path / "archive", tmp_path / "out" / "new", only_b)
    assert written(tmp_path) == {"there/b": FILES["audio/b.wav"]}
    assert skipped == ("audio/a.wav", "audio/deep/c.wav")


EVIL_NAMES = {
    "climbs": "../evil.wav",
    "climbs later": "audio/../../evil.wav",
    "sibling prefix": "../new-evil/x.wav",
    "absolute": "/tmp/evil.wav",
    "backslash": "..\\evil.wav",
    "drive": "C:/evil.wav",
    "line end": "a\nb.wav",
}


@pytest.mark.parametrize("name", EVIL_NAMES.values(), ids=EVIL_NAMES)
@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.DIRTYPE], ids=["file", "folder"])
def test_a_path_that_leaves_the_folder_is_refused(name: str, kind: bytes, tmp_path: Path) -> None:
    with raises("archive-refused"):
        run(tar(member(name, type=kind)), tmp_path)
    assert {path.name for path in tmp_path.rglob("*")} <= {"archive", "out", "new"}


@pytest.mark.parametrize("name", ["../evil.wav", "/tmp/evil.wav", "audio/../../evil.wav"])
def test_a_zip_path_that_leaves_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    with raises("archive-refused"):
        run(zipped({name: b"evil"}), tmp_path)
    assert {path.name for path in tmp_path.rglob("*")} == {"archive", "out", "new"}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (tarfile.SYMTYPE, "a symbolic link"),
        (tarfile.LNKTYPE, "a hard link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"),
        (tarfile.FIFOTYPE, "a pipe"),
    ],
)
def test_links_and_devices_are_refused(kind: bytes, words: str, tmp_path: Path) -> None:
    link = member("audio/\x1b[2Jx.wav", type=kind, linkname="/etc/passwd", devmajor=1, devminor=3)
    with raises("archive-refused") as caught:
        run(tar(member("audio/a.wav", b"fine"), link), tmp_path)
    assert "\x1b" not in str(caught.value)  # a terminal would obey it


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("audio/x.wav")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with raises("archive-refused"):
        run(buffer.getvalue(), tmp_path)


def test_a_file_behind_a_link_is_not_reached(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    link = member("audio", type=tarfile.SYMTYPE, linkname=str(target))
    with raises("archive-refused"):
        run(tar(link, member("audio/x.wav", b"evil")), tmp_path)
    assert list(target.iterdir()) == []


def test_one_path_twice_is_refused(tmp_path: Path) -> None:
    with raises("archive-refused"):
        run(tar(member("audio/a.wav", b"one"), member("./audio//a.wav", b"two")), tmp_path)


def test_a_file_where_a_folder_must_be_is_refused(tmp_path: Path) -> None:
    with raises("archive-refused"):
        run(tar(member("audio", b"file"), member("audio/a.wav", b"two")), tmp_path)


def test_a_bomb_stops_at_the_bound(tmp_path: Path) -> None:
    bomb = gzip.compress(tar(member("audio/a.wav", bytes(50_000_000))))
    assert len(bomb) < 100_000
    with raises("archive-refused"):
        run(bomb, tmp_path, limits=Limits(total=1_000_000))
    assert sum(map(len, written(tmp_path).values())) <= 1_000_000


def test_the_bound_counts_skipped_files(tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(gzip.compress(tar(member("README", bytes(50_000_000)))))
    with raises("archive-refused"):
        unpack(tmp_path / "archive", tmp_path / "new", lambda path: None, limits=Limits(total=1_000_000))


def test_the_bound_counts_many_small_files(tmp_path: Path) -> None:
    with raises("archive-refused"):
        run(
            zipped({f"{number}.wav": bytes(400_000) for number in range(5)}),
            tmp_path,
            limits=Limits(total=1_000_000),
        )


def test_size_and_number_of_files_are_bounded(tmp_path: Path) -> None:
    data = tar(*(member(f"audio/{number}.wav", bytes(100)) for number in range(20)))
    with raises("archive-refused"):
        run(data, tmp_path, limits=Limits(count=19))
    (tmp_path / "second").mkdir()
    with raises("archive-refused"):
        run(data, tmp_path / "second", limits=Limits(member=99))
    zip_bomb = zipped({"audio/a.wav": bytes(10_000_000)})
    (tmp_path / "third").mkdir()
    with raises("archive-refused"):
        run(zip_bomb, tmp_path / "third", limits=Limits(member=1_000_000))


def test_a_stated_size_over_a_limit_is_refused_before_anything_is_unpacked(tmp_path: Path) -> None:
    # The stated size alone counts: there is no data behind it.
    header = tarfile.TarInfo("audio/a.wav")
    header.size = 900 << 20
    for name, data in {
        "tar": header.tobuf() + bytes(1024),
        "zip": zipped({"a.txt": b"text", "audio/a.wav": bytes(70 << 20)}),
    }.items():
        folder = tmp_path / name
        folder.mkdir()
        with raises("archive-refused"):
            run(data, folder)
        assert written(folder) == {}


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_header_that_would_fill_the_memory_is_refused(kind: bytes, tmp_path: Path) -> None:
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = kind, 60_000_000
    data = gzip.compress(header.tobuf() + bytes(60_000_000))
    with raises("archive-refused"):
        run(data, tmp_path)


def test_a_damaged_archive_has_its_own_error(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(100_000)
    whole = gzip.compress(tar(member("audio/a.wav", noise)))
    broken = bytearray(whole)
    broken[-6] ^= 1  # in gzip's own checksum
    padded = bytearray(gzip.compress(tar(member("audio/a.wav", noise)) + bytes(2_000_000)))
    padded[-6] ^= 1
    cut_tar = tar(member("a", noise))[:50_000]
    for number, data in enumerate((whole[:-20_000], whole[:-4], bytes(broken), bytes(padded), cut_tar)):
        folder = tmp_path / str(number)
        folder.mkdir()
        with raises("archive-damaged"):
            run(data, folder)
    cut = zipped({"audio/a.wav": noise})[:50_000]
    with raises("archive-damaged"):
        run(cut, tmp_path)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_damage_leads_out_of_the_folder(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    archive = bytearray(tar(*(member(name, content) for name, content in FILES.items())))
    for _ in range(data.draw(st.integers(1, 4))):
        archive[data.draw(st.integers(0, 512 * 3))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(InputError):
        run(bytes(archive), folder)
    outside = [path for path in folder.rglob("*") if folder / "out" / "new" not in (path, *path.parents)]
    assert {path.name for path in outside} <= {"archive", "out"}
    assert not any(
        path.is_symlink() or path.stat().st_mode & 0o111 for path in folder.rglob("*") if not path.is_dir()
    )


def test_the_folder_must_be_new(tmp_path: Path) -> None:
    (tmp_path / "out" / "new").mkdir(parents=True)
    with raises("not-writable", ExternalError):
        run(tar(member("a.wav", b"x")), tmp_path)


def test_a_zip_directory_that_points_before_the_file_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "x")
    data = bytearray(path.read_bytes())
    data[-22 + 16 : -22 + 20] = (0x7FFFFFFF).to_bytes(4, "little")  # where the directory begins
    path.write_bytes(data)
    with raises("archive-damaged"):
        unpack(path, tmp_path / "out")
