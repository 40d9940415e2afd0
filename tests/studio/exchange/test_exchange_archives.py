import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from mmar.errors import InputError
from mmar.files.archives import Limits
from mmar.files.safe_paths import clip_path
from mmar.items import Item, write_benchmark
from mmar.studio.exchange.item_files import unpacked
from mmar.studio.releases.release_files import zipped

ITEMS = [Item(name, f"./audio/{name}.wav", "?", ("a", "b"), "a", "sound", "S") for name in ("x", "y")]
SOUND = b"RIFF\x04\0\0\0WAVE"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "tones"
    (folder / "audio").mkdir(parents=True)
    write_benchmark(ITEMS, folder / "tones-meta.jsonl")
    (folder / "audio" / "x.wav").write_bytes(SOUND)
    (folder / "release.json").write_text("{}", encoding="utf-8")
    return folder


def test_a_zipped_release_is_unpacked(release: Path, tmp_path: Path) -> None:
    archive = tmp_path / "tones.zip"
    archive.write_bytes(b"".join(zipped(release, "tones-1.0")))
    with unpacked(archive, tmp_path / "media", "tones.zip") as (items, folder):
        assert items == tuple(ITEMS)
        assert folder is not None
        assert clip_path(folder, ITEMS[0].audio_path).read_bytes() == SOUND
    assert list((tmp_path / "media" / "incoming").iterdir()) == []
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
    (release / "audio" / "x.wav").write_bytes(SOUND)  # another time, the same content
    assert archive.read_bytes() == b"".join(zipped(release, "tones-1.0"))


def test_a_tar_file_and_an_archive_without_clips(release: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        tar.add(release, "some/tones")
    with unpacked(tmp_path / "a.tar.gz", tmp_path / "media", "a.tar.gz") as (items, folder):
        assert (len(items), folder is not None) == (2, True)
    bare = archive_of(tmp_path / "b.zip", **{"m.jsonl": (release / "tones-meta.jsonl").read_bytes()})
    with unpacked(bare, tmp_path / "media", "b.zip") as (items, folder):
        assert (len(items), folder) == (2, None)


def archive_of(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as out:
        for name, data in members.items():
            out.writestr(name, data)
    return path


def link(name: str, target: str) -> tuple[tarfile.TarInfo, None]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    return info, None


def test_dangerous_archives_are_refused_and_leave_nothing(release: Path, tmp_path: Path) -> None:
    metadata = (release / "tones-meta.jsonl").read_bytes()
    cases: list[dict[str, bytes]] = [
        {"../evil.jsonl": metadata},
        {"/etc/evil.jsonl": metadata},
        {"a\\..\\evil": b"", "m.jsonl": metadata},
        {"m.jsonl": metadata, "bomb": bytes(2_000_000)},
        {"a.txt": b""},
        {"a.jsonl": metadata, "b.jsonl": metadata},
        {"a.jsonl": metadata.replace(b"./audio/x", b"../../x")},
        {"a.jsonl": b"{}"},
    ]
    archives = [archive_of(tmp_path / f"{number}.zip", **case) for number, case in enumerate(cases)]
    with tarfile.open(tmp_path / "link.tar", "w") as tar:
        tar.addfile(link("audio", "/etc")[0])
        info = tarfile.TarInfo("audio/passwd")
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
    (tmp_path / "damaged.zip").write_bytes(b"PK\x03\x04 broken")
    for archive in (*archives, tmp_path / "link.tar", tmp_path / "damaged.zip"):
        limits = Limits(total=1_000_000, member=1_000_000)
        with pytest.raises(InputError) as caught, unpacked(archive, tmp_path / "media", "x.zip", limits):
            pass
        assert (caught.value.file or "").startswith("x.zip"), archive
        assert list((tmp_path / "media" / "incoming").iterdir()) == []
