"""`download_benchmark` against a real server: what is put in place is verified and complete, and interruptions cost little."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import msgspec
from file_server import FileServer, Serve

from expect import raises
from mmar.benchmarks import CATALOGUE, Cache, CatalogueEntry, RemoteFile
from mmar.benchmarks.cache import RECEIPT
from mmar.benchmarks.clips import clip_path_map
from mmar.benchmarks.get import download_benchmark
from mmar.cli.get import summary
from mmar.errors import ExternalError, InputError, UsageError
from mmar.items import load_benchmark
from waiting import until

Make = Callable[..., CatalogueEntry]


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_everything_is_put_in_place_and_recorded(
    make_entry: Make,
    metadata: bytes,
    archive: bytes,
    clips: dict[str, bytes],
    tmp_path: Path,
    server: FileServer,
) -> None:
    done = download_benchmark(make_entry(metadata, archive), tmp_path)
    held = files_of(done.folder)
    receipt = msgspec.json.decode(held.pop(RECEIPT))
    assert held == {"little-meta.jsonl": metadata, **clips}
    assert done.changed
    assert receipt["metadata"] == [
        {
            "url": server.base + "/little-meta.jsonl",
            "size": len(metadata),
            "sha256": hashlib.sha256(metadata).hexdigest(),
            "when": receipt["metadata"][0]["when"],
            "verified": True,
        }
    ]
    assert receipt["audio"]["sha256"] == hashlib.sha256(archive).hexdigest()
    assert (receipt["audio"]["clips"], receipt["audio"]["clip_bytes"]) == (5, 5010)
    assert not (done.folder.parent / ".work").exists()


def test_nothing_is_downloaded_twice_unless_it_was_lost_or_changed(
    make_entry: Make,
    metadata: bytes,
    archive: bytes,
    clips: dict[str, bytes],
    tmp_path: Path,
    server: FileServer,
) -> None:
    entry = make_entry(metadata, archive)
    first = download_benchmark(entry, tmp_path, audio=False)
    assert first.receipt.audio is None
    assert download_benchmark(entry, tmp_path).receipt.audio is not None
    assert not download_benchmark(entry, tmp_path).changed
    counts = [len(page.requests) for page in server.pages.values()]
    assert counts == [1, 1]
    (first.folder / next(iter(clips))).unlink()
    assert download_benchmark(entry, tmp_path).changed
    (first.folder / "little-meta.jsonl").write_bytes(b"{}")
    assert download_benchmark(entry, tmp_path).changed
    assert download_benchmark(entry, tmp_path, force=True).changed
    assert files_of(first.folder).keys() == {"little-meta.jsonl", RECEIPT, *clips}


def test_wrong_files_are_refused_and_nothing_of_them_is_used(
    make_entry: Make,
    metadata: bytes,
    archive: bytes,
    pack: Callable[..., bytes],
    tmp_path: Path,
    server: FileServer,
) -> None:
    entry = make_entry(metadata, archive)
    server.add("/little-meta.jsonl", metadata.replace(b"this", b"that"))
    with raises("wrong-digest", InputError):
        download_benchmark(entry, tmp_path)
    server.add("/little-meta.jsonl", metadata)
    server.add("/little.tar.gz", archive[:-1] + b"x")
    with raises("wrong-digest", InputError):
        download_benchmark(entry, tmp_path)
    cache = Cache(tmp_path, entry)
    assert cache.state == "without audio"
    assert not (cache.folder / "audio").exists()
    server.add("/little.tar.gz", archive)
    assert download_benchmark(entry, tmp_path).receipt.audio is not None
    assert cache.state == "ready"


def test_files_of_the_user_are_used_or_refused(
    make_entry: Make, metadata: bytes, archive: bytes, tmp_path: Path, server: FileServer
) -> None:
    entry = make_entry(metadata, archive, metadata_url="http://127.0.0.1:9/", audio_url="http://127.0.0.1:9/")
    (tmp_path / "m.gz").write_bytes(gzip.compress(metadata))
    mirror = server.add("/mirror/clips", archive)
    done = download_benchmark(
        entry, tmp_path / "cache", sources=[f"{mirror}?token=1", str(tmp_path / "m.gz")]
    )
    assert done.receipt.audio is not None
    assert done.receipt.audio.url == mirror
    with raises("duplicate-source", UsageError):
        download_benchmark(
            entry, tmp_path / "other", sources=[str(tmp_path / "m.gz"), str(tmp_path / "m.gz")]
        )
    (tmp_path / "clips.tar").write_bytes(archive)
    with raises("unwanted-source", UsageError):
        download_benchmark(entry, tmp_path / "other", sources=[str(tmp_path / "clips.tar")], audio=False)
    (tmp_path / "table.csv").write_bytes(b"id,answer\n")
    with raises("wrong-file-type", InputError):
        download_benchmark(entry, tmp_path / "other", sources=[str(tmp_path / "table.csv")])
    with raises("file-not-found", InputError):
        download_benchmark(entry, tmp_path / "other", sources=[str(tmp_path / "absent")])


def test_clips_without_a_published_digest(
    make_entry: Make, metadata: bytes, clips: dict[str, bytes], pack: Callable[..., bytes], tmp_path: Path
) -> None:
    entry = make_entry(metadata)
    assert "find it yourself" in summary(entry, download_benchmark(entry, tmp_path), audio_wanted=True)
    names = list(clips)
    partly = {f"set/{name}": clips[name] for name in names[:3]} | {"set/README": b"x"}
    (tmp_path / "partly.tar").write_bytes(pack(partly))
    done = download_benchmark(entry, tmp_path, sources=[str(tmp_path / "partly.tar")])
    assert done.receipt.audio is not None
    assert (done.receipt.audio.clips, done.receipt.audio.skipped, done.receipt.audio.verified) == (
        3,
        1,
        False,
    )
    assert len(done.receipt.audio.missing) == 2
    assert Cache(tmp_path, entry).state == "clips missing"
    text = summary(entry, done, audio_wanted=True)
    assert "not verified" in text
    assert names[4] in text
    (tmp_path / "other.tar").write_bytes(pack({"x.wav": b"x"}))
    with raises("wrong-archive", InputError):
        download_benchmark(entry, tmp_path, sources=[str(tmp_path / "other.tar")])
    (tmp_path / "evil.tar").write_bytes(pack({**clips, "../../../../evil": b"x"}))
    with raises("archive-refused", InputError):
        download_benchmark(entry, tmp_path, sources=[str(tmp_path / "evil.tar")])
    assert Cache(tmp_path, entry).state == "clips missing"
    (tmp_path / "all.tar").write_bytes(pack(clips))
    download_benchmark(entry, tmp_path, sources=[str(tmp_path / "all.tar")])
    assert Cache(tmp_path, entry).state == "ready"


def test_a_killed_call_leaves_what_the_next_one_completes(
    make_entry: Make,
    metadata: bytes,
    archive: bytes,
    clips: dict[str, bytes],
    tmp_path: Path,
    server: FileServer,
) -> None:
    entry = make_entry(metadata, archive)
    (tmp_path / "entry").write_bytes(msgspec.msgpack.encode(entry))
    script = (
        "import msgspec, sys; from pathlib import Path; from mmar.benchmarks import CatalogueEntry\n"
        "from mmar.benchmarks.get import download_benchmark\n"
        f"download_benchmark(msgspec.msgpack.decode(Path({str(tmp_path / 'entry')!r}).read_bytes(), type=CatalogueEntry), Path({str(tmp_path)!r}))"
    )
    server.pages["/little.tar.gz"].script = [Serve(stall=600.0), Serve()]
    work = Cache(tmp_path, entry).work
    with subprocess.Popen([sys.executable, "-c", script]) as child:
        # Of the archive: the metadata is downloaded before it, into a file of its own.
        until(lambda: any(path.stat().st_size for path in work.glob("little.tar.gz.part")))
        child.kill()
    server.pages["/little.tar.gz"].script = [Serve()]
    assert Cache(tmp_path, entry).state == "without audio"
    done = download_benchmark(entry, tmp_path)
    assert files_of(done.folder).keys() == {"little-meta.jsonl", RECEIPT, *clips}


def test_errors_of_the_network_are_one_line(
    make_entry: Make, metadata: bytes, tmp_path: Path, server: FileServer
) -> None:
    entry = make_entry(metadata)
    server.add("/little-meta.jsonl", metadata, Serve(status=403))
    with raises("download-refused", ExternalError) as caught:
        download_benchmark(entry, tmp_path)
    assert "\n" not in caught.value.summary
    with raises("not-downloadable", UsageError):
        download_benchmark(CATALOGUE["demo"], tmp_path)


SAKURA = {
    f"{track}/metadata.json": {
        f"data/{track}/audio/{track}1.wav": {
            "attribute_label": "x",
            "single_instruction": "Which? (a) x (b) y",
            "single_answer": "(a) x",
            "multi_instruction": "How? (a) u (b) v",
            "multi_answer": "(b) v",
        }
    }
    for track in ("Animal", "Emotion")
}


def several_files(server: FileServer) -> CatalogueEntry:
    content = {name: json.dumps(value).encode() for name, value in SAKURA.items()}
    first, second = content
    return CatalogueEntry(
        name="sakura",
        title="Two tracks",
        licence="CC0",
        metadata=(
            RemoteFile(
                url=server.add("/animal", content[first]),
                filename=first,
                revision="0123456789abcdef",
                size=len(content[first]),
                sha256=hashlib.sha256(content[first]).hexdigest(),
            ),
            RemoteFile(
                url=server.add("/emotion", content[second]),
                filename=second,
                revision="0123456789abcdef",
                git_blob=hashlib.sha1(b"blob %d\0" % len(content[second]) + content[second]).hexdigest(),
            ),
        ),
    )


def test_questions_in_several_files_are_joined(tmp_path: Path, server: FileServer) -> None:
    entry = several_files(server)
    done = download_benchmark(entry, tmp_path, audio=False)
    assert [part.verified for part in done.receipt.metadata] == [True, True]
    loaded = load_benchmark(Cache(tmp_path, entry).metadata)
    assert [item.id for item in loaded] == [
        f"{track}/{track}1/{hop}" for track in ("Animal", "Emotion") for hop in ("single", "multi")
    ]
    assert not download_benchmark(entry, tmp_path, audio=False).changed
    assert "2 files" in summary(entry, done, audio_wanted=False)
    own = tmp_path / "own.json"
    own.write_text(json.dumps(SAKURA["Emotion/metadata.json"]))
    server.pages["/emotion"].requests.clear()
    download_benchmark(entry, tmp_path / "other", sources=[str(own)], audio=False)
    assert not server.pages["/emotion"].requests  # the user's file took its place
    own.write_text("{}")
    with raises("wrong-digest", InputError):
        download_benchmark(entry, tmp_path / "third", sources=[str(own)], audio=False)
    server.add("/emotion", b'{"another": 1}')
    with raises("wrong-digest", InputError):
        download_benchmark(entry, tmp_path / "fourth", audio=False)


def test_questions_without_a_known_digest_have_the_right_layout(tmp_path: Path, server: FileServer) -> None:
    content = json.dumps(SAKURA["Animal/metadata.json"]).encode()
    remote = RemoteFile(url=server.add("/q", content), filename="q.json", revision="main")
    entry = CatalogueEntry(name="sakura", title="S", licence="CC0", metadata=(remote,))
    done = download_benchmark(entry, tmp_path, audio=False)
    assert done.receipt.metadata[0].sha256 == hashlib.sha256(content).hexdigest()
    assert "not verified" in summary(entry, done, audio_wanted=False)
    other = msgspec.structs.replace(entry, name="mmsu")
    with raises("wrong-layout", InputError):
        download_benchmark(other, tmp_path, audio=False)
    assert Cache(tmp_path, other).state != "without audio"


def test_files_of_an_archive_are_mapped_to_the_clips_of_the_items() -> None:
    path_of = clip_path_map(["./audio/a.wav", "./audio/b.wav"])
    assert path_of(PurePosixPath("set/audio/README")) is None
    assert path_of(PurePosixPath("set/audio/b.wav")) == PurePosixPath("audio/b.wav")
    assert path_of(PurePosixPath("other/a.wav")) is None
    path_of = clip_path_map(["one/a.wav", "two/a.wav"])  # only the full path tells them apart
    assert path_of(PurePosixPath("two/a.wav")) == PurePosixPath("two/a.wav")
    assert path_of(PurePosixPath("set/a.wav")) is None
