"""`mmar get` from end to end against a real server: what is put in place is verified and whole."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from file_server import FileServer, Serve

from expect import raises
from mmar.benchmarks import CATALOGUE, Entry, Store
from mmar.benchmarks.fetch import Pace, part_of
from mmar.benchmarks.obtain import Obtained, obtain
from mmar.benchmarks.summary import summary
from mmar.errors import ExternalError, InputError, UsageError
from mmar.files.progress import NoProgress
from waiting import until

SWIFT = Pace(connect=2, stall=0.5, tries=3, backoff=0.01)
Make = Callable[..., Entry]


class Notes(NoProgress):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)


def get(entry: Entry, cache: Path, **options: Any) -> Obtained:
    return obtain(entry, cache, pace=SWIFT, **options)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_all_is_there_byte_for_byte_and_the_receipt_says_how_it_was_verified(
    make_entry: Make,
    metadata: bytes,
    archive: bytes,
    clips: dict[str, bytes],
    tmp_path: Path,
    server: FileServer,
) -> None:
    entry = make_entry(metadata, archive)
    done = get(entry, tmp_path)
    held = files_of(done.folder)
    receipt = held.pop("receipt.json")
    assert held == {"little-meta.jsonl": metadata, **clips}
    assert done.changed
    written = msgspec.json.decode(receipt)
    assert written["metadata"] == {
        "url": server.base + "/little-meta.jsonl",
        "size": len(metadata),
        "sha256": hashlib.sha256(metadata).hexdigest(),
        "when": written["metadata"]["when"],
        "verified_by": ["catalogue"],
    }
    assert written["audio"]["sha256"] == hashlib.sha256(archive).hexdigest()
    assert (written["audio"]["clips"], written["audio"]["clip_bytes"]) == (5, 5010)
    assert not (done.folder.parent / ".work").exists()


def test_nothing_is_fetched_twice(
    make_entry: Make, metadata: bytes, archive: bytes, tmp_path: Path, server: FileServer
) -> None:
    entry = make_entry(metadata, archive)
    first = get(entry, tmp_path)
    second = get(entry, tmp_path, sources=["/nowhere/at/all"])
    assert (second.changed, second.receipt) == (False, first.receipt)
    assert {path: len(page.requests) for path, page in server.pages.items()} == {
        "/little-meta.jsonl": 1,
        "/little.tar.gz": 1,
    }
    assert get(entry, tmp_path, force=True).changed
    assert [len(page.requests) for page in server.pages.values()] == [2, 2]


def test_the_clips_can_follow_later(
    make_entry: Make, metadata: bytes, archive: bytes, tmp_path: Path, server: FileServer
) -> None:
    entry = make_entry(metadata, archive)
    assert get(entry, tmp_path, audio=False).receipt.audio is None
    assert Store(tmp_path, entry).state == "without audio"
    assert get(entry, tmp_path).receipt.audio is not None
    assert Store(tmp_path, entry).state == "ready"
    assert len(server.pages["/little-meta.jsonl"].requests) == 1
    assert get(entry, tmp_path, audio=False).receipt.audio is not None  # what is there stays


@pytest.mark.parametrize("damage", ["clip gone", "clip cut", "metadata changed", "receipt gone"])
def test_what_was_lost_or_changed_since_is_fetched_again(
    damage: str, make_entry: Make, metadata: bytes, archive: bytes, clips: dict[str, bytes], tmp_path: Path
) -> None:
    entry = make_entry(metadata, archive)
    folder = get(entry, tmp_path).folder
    match damage:
        case "clip gone":
            (folder / "audio" / "clip-3.wav").unlink()
        case "clip cut":
            (folder / "audio" / "clip-3.wav").write_bytes(b"x")
        case "metadata changed":
            (folder / "little-meta.jsonl").write_bytes(metadata.replace(b"this", b"that"))
        case "receipt gone":
            (folder / "receipt.json").unlink()
    assert get(entry, tmp_path).changed
    held = files_of(folder)
    del held["receipt.json"]
    assert held == {"little-meta.jsonl": metadata, **clips}


def test_a_wrong_file_is_refused_with_both_digests_and_leaves_nothing(
    make_entry: Make, metadata: bytes, archive: bytes, tmp_path: Path, server: FileServer
) -> None:
    entry = make_entry(metadata, archive)
    other = metadata.replace(b"this", b"that")
    server.add("/little-meta.jsonl", other)
    with pytest.raises(InputError) as caught:
        get(entry, tmp_path)
    for content in (metadata, other):
        assert hashlib.sha256(content).hexdigest() in str(caught.value)
    assert files_of(Store(tmp_path, entry).home) == {".lock": b""}
    server.add("/little-meta.jsonl", metadata)
    server.add("/little.tar.gz", archive[:-1] + b"x")
    with pytest.raises(InputError, match=hashlib.sha256(archive).hexdigest()):
        get(entry, tmp_path)
    assert len(server.pages["/little.tar.gz"].requests) == 1  # it came in one piece: asking again is no use
    held = files_of(Store(tmp_path, entry).home)
    assert set(held) == {".lock", "0123456789ab/little-meta.jsonl", "0123456789ab/receipt.json"}


def test_pieces_of_two_versions_are_noticed_and_fetched_anew(
    make_entry: Make,
    metadata: bytes,
    clips: dict[str, bytes],
    pack: Callable[..., bytes],
    tmp_path: Path,
    server: FileServer,
) -> None:
    # The same tag and length for another content: only the digest can tell.
    archive = pack(clips, "w")
    liar = Serve(body=b"#" * 200 + archive[200:], cut=3000, etag='"same"')
    url = server.add("/little.tar.gz", archive, liar, Serve(etag='"same"'))
    entry = make_entry(metadata, archive, audio_url=url)
    progress = Notes()
    assert get(entry, tmp_path, progress=progress).receipt.audio is not None
    assert any("pieces do not fit" in line for line in progress.lines)
    assert len(server.page(url).requests) == 3
    server.page(url).script[:] = [liar, Serve(etag='"same"'), replace(liar, cut=None)]
    with pytest.raises(InputError, match="SHA-256"):
        get(entry, tmp_path, force=True)
    assert not list(Store(tmp_path, entry).home.rglob("*.part"))


def test_a_truthful_but_wrong_mirror_is_not_asked_twice(
    make_entry: Make, metadata: bytes, archive: bytes, tmp_path: Path, server: FileServer
) -> None:
    entry = make_entry(metadata, archive)
    url = server.add("/mirror.tar.gz", archive + bytes(5000), Serve(cut=300), Serve())
    with pytest.raises(InputError, match="SHA-256"):
        get(entry, tmp_path, sources=[url])
    assert len(server.page(url).requests) == 2


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz", "url", "url of gz"])
def test_metadata_from_elsewhere_must_be_the_publishers(
    form: str, make_entry: Make, metadata: bytes, tmp_path: Path, server: FileServer
) -> None:
    def given(content: bytes) -> str:
        content = gzip.compress(content) if "gz" in form else content
        if "url" in form:
            return server.add("/mirror/file?with=query".partition("?")[0], content)
        path = tmp_path / "given.bin"
        path.write_bytes(content)
        return str(path)

    entry = make_entry(metadata)
    for other in (metadata + b"\n", metadata[:-1], metadata.replace(b"\n", b"\r\n"), metadata * 2):
        with pytest.raises(InputError) as caught:
            get(entry, tmp_path / "cache", sources=[given(other)])
        assert hashlib.sha256(metadata).hexdigest() in str(caught.value)
    done = get(entry, tmp_path / "cache", sources=[given(metadata)])
    assert (done.folder / "little-meta.jsonl").read_bytes() == metadata
    assert server.pages["/little-meta.jsonl"].requests == []


def test_both_parts_may_be_given_in_any_order(
    make_entry: Make,
    metadata: bytes,
    archive: bytes,
    clips: dict[str, bytes],
    tmp_path: Path,
    server: FileServer,
) -> None:
    entry = make_entry(metadata, archive)
    (tmp_path / "a").write_bytes(archive)
    (tmp_path / "m").write_bytes(metadata)
    done = get(entry, tmp_path / "cache", sources=[str(tmp_path / "a"), str(tmp_path / "m")])
    assert files_of(done.folder).keys() == {"little-meta.jsonl", "receipt.json", *clips}
    assert all(not page.requests for page in server.pages.values())
    assert (tmp_path / "a").read_bytes() == archive  # a person's file stays where it is


def test_sources_that_do_not_fit_together_are_usage_errors(
    make_entry: Make, metadata: bytes, archive: bytes, tmp_path: Path
) -> None:
    entry = make_entry(metadata, archive)
    (tmp_path / "a").write_bytes(archive)
    (tmp_path / "m").write_bytes(metadata)
    with pytest.raises(UsageError, match="both are metadata"):
        get(entry, tmp_path / "cache", sources=[str(tmp_path / "m")] * 2)
    with pytest.raises(UsageError, match="--no-audio asks for none"):
        get(entry, tmp_path / "cache", sources=[str(tmp_path / "a")], audio=False)
    with pytest.raises(UsageError, match="no http or https address"):
        get(entry, tmp_path / "cache", sources=["ftp://example.org/m"])
    with pytest.raises(UsageError, match="made by this program"):
        get(CATALOGUE["demo"], tmp_path / "cache")


def test_clips_without_a_published_digest_are_called_unverified(
    make_entry: Make, metadata: bytes, archive: bytes, tmp_path: Path
) -> None:
    entry = make_entry(metadata)
    without = get(entry, tmp_path / "cache")
    assert without.receipt.audio is None
    assert "not here: find it yourself" in summary(entry, without, audio_wanted=True)
    (tmp_path / "a").write_bytes(archive)
    done = get(entry, tmp_path / "cache", sources=[str(tmp_path / "a")])
    assert done.receipt.audio is not None
    assert done.receipt.audio.verified_by == ()
    text = summary(entry, done, audio_wanted=True)
    assert (
        f"not verified: nobody publishes a digest of it; its SHA-256 is {hashlib.sha256(archive).hexdigest()}"
        in text
    )


def test_the_digest_that_a_host_announces_is_checked_and_recorded(
    make_entry: Make, metadata: bytes, archive: bytes, tmp_path: Path, server: FileServer
) -> None:
    entry = make_entry(metadata)
    server.add("/object", archive)
    digest = hashlib.sha256(archive).hexdigest()
    linked = {"Location": "/object", "X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(archive))}
    url = server.add("/resolve/audio.tar.gz", b"", Serve(status=302, headers=linked))
    done = get(entry, tmp_path, sources=[url])
    assert done.receipt.audio is not None
    assert done.receipt.audio.verified_by == ("host",)
    assert "verified against what its host announced" in summary(entry, done, audio_wanted=True)
    server.add("/object", archive[:-1] + b"x")
    with pytest.raises(InputError, match=f"its host announced {digest}"):
        get(entry, tmp_path, sources=[url], force=True)


def test_missing_and_extra_files_of_an_archive_are_reported(
    make_entry: Make, metadata: bytes, clips: dict[str, bytes], pack: Callable[..., bytes], tmp_path: Path
) -> None:
    packed = {f"MMAR/{name}": content for name, content in clips.items() if "clip-4" not in name}
    extra = {"MMAR/audio/._clip-1.wav": b"mac", "MMAR/README": b"read me"}
    (tmp_path / "a").write_bytes(pack({**packed, **extra}))
    entry = make_entry(metadata)
    done = get(entry, tmp_path / "cache", sources=[str(tmp_path / "a")])
    assert done.receipt.audio is not None
    assert (done.receipt.audio.clips, done.receipt.audio.missing) == (4, ("./audio/clip-4.wav",))
    assert done.receipt.audio.left_out == 2
    assert set(files_of(done.folder)) == {"little-meta.jsonl", "receipt.json"} | {
        name for name in clips if "clip-4" not in name
    }
    text = summary(entry, done, audio_wanted=True)
    assert "4 of 5" in text
    assert "missing    ./audio/clip-4.wav" in text
    assert "2 other files of the archive left out" in text
    # Asked for again it is what it was: the archive has no more to give, but another one may.
    again = get(entry, tmp_path / "cache")
    assert (again.changed, again.receipt) == (False, done.receipt)
    (tmp_path / "b").write_bytes(pack(clips))
    whole = get(entry, tmp_path / "cache", sources=[str(tmp_path / "b")])
    assert whole.receipt.audio is not None
    assert (whole.changed, whole.receipt.audio.missing) == (True, ())


def test_an_archive_of_something_else_is_refused(
    make_entry: Make, metadata: bytes, pack: Callable[..., bytes], tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(pack({"photos/cat.jpg": b"meow"}))
    entry = make_entry(metadata)
    with pytest.raises(InputError, match=r"holds none of the 5 clips .* photos/cat\.jpg"):
        get(entry, tmp_path / "cache", sources=[str(tmp_path / "a")])
    store = Store(tmp_path / "cache", entry)
    assert not (store.folder / "audio").exists()
    assert not store.staged.exists()


def test_an_evil_archive_with_no_digest_to_hold_it_against_writes_nothing(
    make_entry: Make, metadata: bytes, clips: dict[str, bytes], pack: Callable[..., bytes], tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(pack({**clips, "../../../../evil": b"x"}))
    entry = make_entry(metadata)
    with raises("archive-refused"):
        get(entry, tmp_path / "cache", sources=[str(tmp_path / "a")])
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {
        "a",
        ".lock",
        "little-meta.jsonl",
        "receipt.json",
    }


def test_a_failure_keeps_the_clips_that_were_there(
    make_entry: Make,
    metadata: bytes,
    archive: bytes,
    clips: dict[str, bytes],
    tmp_path: Path,
    server: FileServer,
) -> None:
    entry = make_entry(metadata, archive)
    folder = get(entry, tmp_path).folder
    server.pages["/little.tar.gz"].script[:] = [Serve(status=404)]
    with pytest.raises(ExternalError, match="404"):
        get(entry, tmp_path, force=True)
    assert {name: content for name, content in files_of(folder).items() if name in clips} == clips


def test_two_gets_at_once_fetch_once(
    make_entry: Make, metadata: bytes, archive: bytes, tmp_path: Path, server: FileServer
) -> None:
    url = server.add("/little.tar.gz", archive, Serve(stall=0.3))
    entry = make_entry(metadata, archive, audio_url=url)
    results: list[Obtained] = []
    threads = [threading.Thread(target=lambda: results.append(get(entry, tmp_path))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.changed for result in results) == [False, False, True]
    assert [len(page.requests) for page in server.pages.values()] == [1, 1]


def test_killed_at_every_stage_a_rerun_ends_whole(
    make_entry: Make,
    metadata: bytes,
    archive: bytes,
    clips: dict[str, bytes],
    tmp_path: Path,
    server: FileServer,
) -> None:
    entry = make_entry(metadata, archive)
    (tmp_path / "entry").write_bytes(msgspec.msgpack.encode(entry))
    # A process that kills itself with SIGKILL at the n-th step that changes the disk.
    script = f"""
import os, pathlib, shutil, signal, sys
import msgspec
from mmar.benchmarks import Entry
from mmar.benchmarks.obtain import obtain
entry = msgspec.msgpack.decode(open({str(tmp_path / "entry")!r}, "rb").read(), type=Entry)
left = int(sys.argv[1])
def watch(event, arguments):
    global left
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wxa+")
    if writes or event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
obtain(entry, pathlib.Path({str(tmp_path / "cache")!r}))
"""
    step, ended = 2, False
    while not ended and step < 200:
        child = subprocess.run([sys.executable, "-c", script, str(step)], capture_output=True, check=False)
        assert child.returncode in (0, -9), child.stderr.decode()
        ended = child.returncode == 0
        step += 11
    assert ended
    held = files_of(Store(tmp_path / "cache", entry).home)
    assert {name.partition("/")[2] for name in held} - {""} == {"little-meta.jsonl", "receipt.json", *clips}
    assert get(entry, tmp_path / "cache").changed is False


def test_killed_in_the_download_of_the_archive_only_the_rest_is_fetched(
    make_entry: Make,
    metadata: bytes,
    pack: Callable[..., bytes],
    clips: dict[str, bytes],
    tmp_path: Path,
    server: FileServer,
) -> None:
    archive = pack({**clips, "filler": bytes(range(256)) * 2000}, "w")
    url = server.add("/little.tar.gz", archive, Serve(stall=60))
    entry = make_entry(metadata, archive, audio_url=url)
    (tmp_path / "entry").write_bytes(msgspec.msgpack.encode(entry))
    script = f"""
import pathlib
import msgspec
from mmar.benchmarks import Entry
from mmar.benchmarks.obtain import obtain
entry = msgspec.msgpack.decode(open({str(tmp_path / "entry")!r}, "rb").read(), type=Entry)
obtain(entry, pathlib.Path({str(tmp_path / "cache")!r}))
"""
    store = Store(tmp_path / "cache", entry)
    part = part_of(url, store.work)
    with subprocess.Popen([sys.executable, "-c", script]) as child:
        until(lambda: part.exists() and part.stat().st_size >= len(archive) // 2)
        child.kill()
    assert store.state == "without audio"
    server.page(url).script[:] = [Serve()]
    server.page(url).sent = 0
    done = get(entry, tmp_path / "cache")
    assert server.page(url).sent == len(archive) - len(archive) // 2
    assert {name for name in files_of(done.folder) if name.startswith("audio/")} == set(clips)
