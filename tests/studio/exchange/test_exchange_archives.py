import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from mmar.errors import InputError, MmarError, UsageError
from mmar.files.archives import Limits
from mmar.files.safe_paths import clip_path
from mmar.items import Item, write_benchmark
from mmar.studio.exchange.archives import below, open_package, pack, zipped

ITEMS = [Item(name, f"./audio/{name}.wav", "?", ("a", "b"), "a", "sound", "S") for name in ("x", "y")]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "tones"
    (folder / "audio").mkdir(parents=True)
    write_benchmark(ITEMS, folder / "tones-meta.jsonl")
    (folder / "audio" / "x.wav").write_bytes(b"sound")
    (folder / "release.json").write_text("{}", encoding="utf-8")
    return folder


def test_what_is_packed_is_opened(release: Path, tmp_path: Path) -> None:
    pack(release, tmp_path / "tones.zip")
    package = open_package(tmp_path / "tones.zip", tmp_path / "in")
    assert tuple(package.benchmark) == tuple(ITEMS)
    assert package.missing == ("y",)
    assert package.metadata == tmp_path / "in" / "tones-meta.jsonl"
    assert package.benchmark.audio_dir is not None
    path = clip_path(package.benchmark.audio_dir, ITEMS[0].audio_path)
    assert path.read_bytes() == b"sound"


def test_the_same_content_packs_to_the_same_bytes(release: Path, tmp_path: Path) -> None:
    pack(release, tmp_path / "one.zip")
    (release / "audio" / "x.wav").write_bytes(b"sound")  # written anew: another time, the same content
    pack(release, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.testzip() is None
    with pytest.raises(UsageError, match="there already"):
        pack(release, tmp_path / "one.zip")


def test_a_folder_within_the_archive_and_a_tar_are_fine(release: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        tar.add(release, "some/tones")
    package = open_package(tmp_path / "a.tar.gz", tmp_path / "in")
    assert package.metadata == tmp_path / "in" / "some" / "tones" / "tones-meta.jsonl"


def archive_of(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as out:
        for name, data in members.items():
            out.writestr(name, data)
    return path


def link(name: str, target: str) -> tuple[tarfile.TarInfo, None]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    return info, None


def test_what_is_dangerous_is_refused_and_leaves_nothing(release: Path, tmp_path: Path) -> None:
    metadata = (release / "tones-meta.jsonl").read_bytes()
    cases: list[tuple[Path, str]] = [
        (archive_of(tmp_path / "1.zip", **{"../evil.jsonl": metadata}), "leaves its folder"),
        (archive_of(tmp_path / "2.zip", **{"/etc/evil.jsonl": metadata}), "absolute"),
        (archive_of(tmp_path / "3.zip", **{"a\\..\\evil": b"", "m.jsonl": metadata}), ""),
        (archive_of(tmp_path / "4.zip", **{"m.jsonl": metadata, "bomb": bytes(2_000_000)}), "more than"),
        (archive_of(tmp_path / "5.zip", **{"a.txt": b""}), "expected one metadata file"),
        (
            archive_of(tmp_path / "6.zip", **{"a.jsonl": metadata, "b.jsonl": metadata}),
            "found a.jsonl, b.jsonl",
        ),
        (
            archive_of(tmp_path / "7.zip", **{"a.jsonl": metadata.replace(b"./audio/x", b"../../x")}),
            "leaves its folder",
        ),
        (archive_of(tmp_path / "8.zip", **{"a.jsonl": b"{}"}), "missing"),
    ]
    with tarfile.open(tmp_path / "9.tar", "w") as tar:
        info, _ = link("audio", "/etc")
        tar.addfile(info)
        info = tarfile.TarInfo("audio/passwd")
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
    cases.append((tmp_path / "9.tar", "which is a link"))
    (tmp_path / "10.zip").write_bytes(b"PK\x03\x04 broken")
    cases.append((tmp_path / "10.zip", "damaged"))
    before = sorted(path.name for path in tmp_path.iterdir())
    for archive, said in cases:
        with pytest.raises(MmarError) as caught:
            open_package(archive, tmp_path / "in", bounds=Limits(total=1_000_000, member=1_000_000))
        assert said in str(caught.value), archive
        assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_folder_that_is_there_is_not_touched(release: Path, tmp_path: Path) -> None:
    pack(release, tmp_path / "a.zip")
    with pytest.raises(UsageError, match="there already"):
        open_package(tmp_path / "a.zip", release)


def test_below_means_below(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "sub").mkdir(parents=True)
    (tmp_path / "data-old").mkdir()
    (tmp_path / "data-old" / "secret").write_bytes(b"")
    assert below(data, "sub/./a.wav") == (data / "sub" / "a.wav").resolve()
    for path in (
        "../data-old/secret",
        "sub/../../data-old/secret",
        "/etc/passwd",
        "..",
        ".",
        "",
        "a\0b",
        "a\\b",
        "C:/x",
    ):
        with pytest.raises(InputError):
            below(data, path)
    (data / "link").symlink_to(tmp_path / "data-old")
    with pytest.raises(InputError, match="by a link"):
        below(data, "link/secret")
    (data / "inner").symlink_to(data / "sub")
    assert below(data, "inner/a") == (data / "sub" / "a").resolve()


def test_a_folder_goes_out_in_pieces_as_the_same_archive_each_time(tmp_path: Path) -> None:
    (tmp_path / "r/audio").mkdir(parents=True)
    for name, size in (("audio/a.wav", 3_500_000), ("audio/ü.wav", 0), ("z.txt", 5)):
        (tmp_path / "r" / name).write_bytes(bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    pieces = list(zipped(tmp_path / "r", "r-1.0"))
    assert max(map(len, pieces)) < 1_100_000
    assert b"".join(zipped(tmp_path / "r", "r-1.0")) == b"".join(pieces)
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["r-1.0/audio/a.wav", "r-1.0/audio/ü.wav", "r-1.0/z.txt"]
        for name in archive.namelist():
            assert archive.read(name) == (tmp_path / "r" / name.removeprefix("r-1.0/")).read_bytes()
