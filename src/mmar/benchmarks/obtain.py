"""`mmar get`: bring a benchmark into the cache, verified, whole, in as many goes as the network needs.

The order of steps is what makes a kill harmless (see `store`): fetch to a working file, verify it, unpack it
to a working folder, rename into place, write the receipt, clear the working files away. A second run looks at
the receipt and at what is really there, and does only the steps that are left.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from mmar._version import __version__
from mmar.benchmarks.catalogue import Entry, RemoteFile
from mmar.benchmarks.clips import clips_of, places, present
from mmar.benchmarks.fetch import Pace, fetch
from mmar.benchmarks.offer import Wanted
from mmar.benchmarks.part import discard
from mmar.benchmarks.replies import public_url
from mmar.benchmarks.store import (
    AudioPart,
    Part,
    Receipt,
    Store,
)
from mmar.benchmarks.verify import Source, compare_archive, published_content
from mmar.errors import ExternalError, InputError, UsageError
from mmar.files.archives import Limits, unpack
from mmar.files.atomic import disk_error, require_space, write_atomic
from mmar.files.hashing import sha256_file
from mmar.files.progress import NoProgress, Progress
from mmar.files.sniff import sniff_file

__all__ = ["Obtained", "obtain"]

_T = TypeVar("_T")


class Obtained(msgspec.Struct, frozen=True):
    """What `obtain` leaves.

    Attributes:
        folder: where the benchmark lies.
        receipt: what is in it.
        changed: whether anything had to be done.
    """

    folder: Path
    receipt: Receipt
    changed: bool


def obtain(
    entry: Entry,
    cache_dir: Path,
    *,
    sources: Sequence[str] = (),
    audio: bool = True,
    force: bool = False,
    pace: Pace | None = None,
    progress: Progress | None = None,
) -> Obtained:
    """Fetch what is not there yet of a benchmark.

    Args:
        entry: from the catalogue.
        cache_dir: the program's cache directory.
        sources: files or addresses to take instead of the publisher's: metadata, an archive of clips, or one
            of each, in any order. What has a digest in the catalogue must have it wherever it comes from.
        audio: whether the clips are wanted; they are also left where they cannot be fetched (the entry says
            what to do then).
        force: fetch even what is there.
        pace: how patient to be with the network.
        progress: who listens.

    Raises:
        UsageError: the sources do not fit the request.
        InputError: a file is not what it should be; nothing of it was used.
        ExternalError: network or disk stood in the way; the same call goes on where this one stopped.
    """
    if entry.metadata is None:
        raise UsageError(f"“{entry.name}” is made by this program when it is used; there is nothing to get")
    store, progress = Store(cache_dir, entry), progress or NoProgress()
    with store.locked(lambda: progress.note(f"another `mmar get {entry.name}` is at work; waiting for it")):
        try:
            store.folder.mkdir(parents=True, exist_ok=True)
            store.work.mkdir(exist_ok=True)
            shutil.rmtree(store.staged, ignore_errors=True)
        except OSError as error:
            raise disk_error(error, store.work) from None
        return _Getting(store, entry.metadata, sources, pace or Pace(), progress).get(
            audio=audio, force=force
        )


class _Getting:
    """One call of `obtain`, holding the lock."""

    def __init__(
        self, store: Store, metadata: RemoteFile, sources: Sequence[str], pace: Pace, progress: Progress
    ) -> None:
        self._store, self._entry, self._metadata = store, store.entry, metadata
        self._sources, self._pace, self._progress = sources, pace, progress

    def get(self, *, audio: bool, force: bool) -> Obtained:
        """Do the steps that are left."""
        receipt = None if force else self._sound_receipt()
        given: dict[str, Source] = {}
        # What an archive lacks, fetching it again cannot bring; another source may.
        lacking = receipt is None or receipt.audio is None or bool(receipt.audio.missing and self._sources)
        if receipt is None or (audio and lacking):
            given = self._given()
            if "clips" in given and not audio:
                raise UsageError(
                    f"{given['clips'].shown}: is an archive of clips, and --no-audio asks for none"
                )
        before = receipt
        if receipt is None:
            receipt = self._get_metadata(given.get("metadata"))
        if audio and lacking and ("clips" in given or (receipt.audio is None and self._entry.audio)):
            receipt = self._get_audio(receipt, given.get("clips"))
        if receipt.audio is not None or not any(self._store.work.iterdir()):
            shutil.rmtree(self._store.work, ignore_errors=True)
        return Obtained(self._store.folder, receipt, receipt != before)

    def _sound_receipt(self) -> Receipt | None:
        """The receipt without what is no longer so."""
        receipt = self._store.receipt()
        try:
            if receipt is None or sha256_file(self._store.metadata) != self._metadata.sha256:
                return None
        except ExternalError:
            return None
        audio = receipt.audio
        if audio is None:
            return receipt
        found = present(self._store.folder, clips_of(self._store.metadata))
        as_written = (found.clips, found.size, found.missing) == (
            audio.clips,
            audio.clip_bytes,
            audio.missing,
        )
        pinned = self._entry.audio is None or audio.sha256 == self._entry.audio.sha256
        return receipt if as_written and pinned else msgspec.structs.replace(receipt, audio=None)

    def _given(self) -> dict[str, Source]:
        """The person's sources by what they turn out to be."""
        given: dict[str, Source] = {}
        for text in self._sources:
            if "://" in text:
                source = self._fetched(text, public_url(text).rpartition("/")[2] or "mirror", Wanted())
            else:
                path = Path(text).expanduser()
                source = Source(text, path)
            what = _kind_of(source)
            if what in given:
                raise UsageError(f"--from: {given[what].shown} and {source.shown} both are {what}; give one")
            given[what] = source
        return given

    def _fetched(self, url: str, label: str, wanted: Wanted) -> Source:
        download = fetch(url, self._store.work, wanted, label=label, pace=self._pace, progress=self._progress)
        return Source(public_url(url), download.path, url, download)

    def _used(self, source: Source, label: str, size: int | None, use: Callable[[Source], _T]) -> _T:
        """Use a file; if it is wrong, of the right size, and came in pieces, fetch it anew in one piece."""
        try:
            return use(source)
        except InputError as error:
            if source.download is None or source.url is None:
                raise
            discard(source.path)
            if not source.download.spliced or size not in (None, source.download.size):
                raise
            self._progress.note(f"{label}: {error.problem}; the pieces do not fit, fetching it anew")
        again = self._fetched(source.url, label, Wanted())
        try:
            return use(again)
        except InputError:
            discard(again.path)
            raise

    def _get_metadata(self, source: Source | None) -> Receipt:
        published = self._metadata
        if source is None:
            source = self._fetched(
                published.url, "metadata", Wanted(size=published.size, sha256=published.sha256)
            )
        content = self._used(source, "metadata", None, lambda file: published_content(file, self._entry))
        write_atomic(self._store.metadata, content)
        receipt = Receipt(
            benchmark=self._entry.name,
            revision=published.revision,
            written_by=f"mmar {__version__}",
            metadata=Part(
                url=source.shown,
                size=len(content),
                sha256=published.sha256,
                when=_now(),
                verified_by=("catalogue",),
            ),
        )
        self._store.write_receipt(receipt)
        if source.download is not None:
            discard(source.path)
        return receipt

    def _get_audio(self, receipt: Receipt, source: Source | None) -> Receipt:
        published = self._entry.audio
        clips = clips_of(self._store.metadata)
        if source is None:
            assert published is not None
            wanted = Wanted(size=published.size, sha256=published.sha256, afterwards=published.unpacked_about)
            source = self._fetched(published.url, "audio", wanted)
        size = published.size if published else None
        part = self._used(source, "audio", size, lambda file: self._unpacked(file, clips))
        try:
            self._put_in_place()
        except OSError as error:
            raise disk_error(error, self._store.folder) from None
        receipt = msgspec.structs.replace(receipt, audio=part)
        self._store.write_receipt(receipt)
        return receipt

    def _unpacked(self, source: Source, clips: tuple[str, ...]) -> AudioPart:
        """Verify an archive and unpack it into the working folder."""
        published, staged = self._entry.audio, self._store.staged
        shutil.rmtree(staged, ignore_errors=True)
        size = source.path.stat().st_size
        with self._progress.task("audio: verifying", size) as advance:
            digest = sha256_file(source.path, advance)
        verified_by = compare_archive(source, self._entry, digest, size)
        expected = published.unpacked_about if published else 2 * size
        require_space(self._store.home, expected)
        bounds = Limits(total=2 * published.unpacked_about) if published else Limits()
        try:
            about = published.unpacked_about if published else None
            with self._progress.task("audio: unpacking", about) as advance:
                done = unpack(
                    source.path, staged, places(clips), limits=bounds, advance=advance, name=source.shown
                )
            found = present(staged, clips)
            if not found.clips:
                held = f", but {done.skipped[0]}" if done.skipped else ""
                raise InputError(
                    f"holds none of the {len(clips):,} clips that the metadata names: no {clips[0]}{held}",
                    file=source.shown,
                    hint=f"give the archive of {self._entry.title}'s clips",
                )
        except (InputError, ExternalError):
            shutil.rmtree(staged, ignore_errors=True)
            raise
        return AudioPart(
            url=source.shown,
            size=size,
            sha256=digest,
            when=_now(),
            verified_by=verified_by,
            clips=found.clips,
            clip_bytes=found.size,
            missing=found.missing,
            left_out=len(done.skipped),
        )

    def _put_in_place(self) -> None:
        """Rename what was unpacked into the benchmark's folder; what stood there becomes working files."""
        replaced = self._store.work / "replaced"
        shutil.rmtree(replaced, ignore_errors=True)
        replaced.mkdir()
        for fresh in self._store.staged.iterdir():
            target = self._store.folder / fresh.name
            if target.exists():
                target.rename(replaced / fresh.name)
            fresh.rename(target)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _kind_of(source: Source) -> str:
    """Whether a file is metadata or an archive of clips, by its content."""
    kind = sniff_file(source.path, decompress=True)
    if kind.group == "records":
        return "metadata"
    if kind.group == "archive":
        return "clips"
    raise InputError(
        f"is {kind.label}, expected metadata (.json, .jsonl or .gz) or clips (.tar, .tar.gz, .zip)",
        file=source.shown,
        code="wrong-file-type",
        hint="give the publisher's file as it is",
    )
