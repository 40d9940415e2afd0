"""`mmar get`: download a benchmark, verify it and unpack its clips.

The order of steps makes an interruption harmless (see `mmar.benchmarks.cache`): download to a working file, verify,
unpack to a working folder, rename into place, write the receipt, remove the working files. A second call does only
what is left to do.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

import msgspec

from mmar._version import __version__
from mmar.benchmarks.cache import AudioPart, Cache, Part, Receipt
from mmar.benchmarks.catalogue import Entry, RemoteFile
from mmar.benchmarks.clips import count_clips, placement, write_parquet_clips
from mmar.benchmarks.download import download, download_url, hub_parquet, public_url
from mmar.benchmarks.sources import Source, check_layout, discard, has_parquet, kind_of, read_metadata
from mmar.errors import ExternalError, InputError, UsageError
from mmar.files.archives import Limits, unpack
from mmar.files.atomic import disk_error, require_space, write_atomic
from mmar.files.hashing import sha256_bytes, sha256_file
from mmar.files.progress import NoProgress, Progress
from mmar.items import Benchmark, load_benchmark


class Obtained(msgspec.Struct, frozen=True):
    """Result of `obtain`.

    Attributes:
        folder: where the benchmark is.
        receipt: what it contains.
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
    progress: Progress | None = None,
    endpoint: str | None = None,
) -> Obtained:
    """Download what is missing of a benchmark.

    Args:
        entry: from the catalogue.
        cache_dir: the program's cache directory.
        sources: files or addresses to use instead of the publisher's: metadata, an archive of clips, or one of each, in
            any order. What has a digest in the catalogue must have it wherever it comes from.
        audio: whether the clips are wanted. Where the catalogue has no archive, they have to be among the sources.
        force: download again what is present.
        progress: where to report to.
        endpoint: see `mmar.benchmarks.download.download`.

    Raises:
        UsageError: the sources do not fit the request.
        InputError: a file is not the expected one; nothing of it was used.
        ExternalError: network or disk; the same call continues where this one stopped.
    """
    if not entry.metadata:
        raise UsageError(
            f'"{entry.name}" is not downloaded',
            code="not-downloadable",
            hint="it is generated when it is used",
        )
    cache, progress = Cache(cache_dir, entry), progress or NoProgress()
    with cache.locked(lambda: progress.note(f'waiting for another "mmar get {entry.name}"')):
        try:
            cache.folder.mkdir(parents=True, exist_ok=True)
            cache.work.mkdir(exist_ok=True)
        except OSError as error:
            raise disk_error(error, cache.work) from None
        return _Get(cache, progress, endpoint).run(sources, audio=audio, force=force)


class _Get:
    """One call of `obtain`, holding the lock."""

    def __init__(self, cache: Cache, progress: Progress, endpoint: str | None) -> None:
        self._cache, self._entry = cache, cache.entry
        self._progress, self._endpoint = progress, endpoint

    def run(self, sources: Sequence[str], *, audio: bool, force: bool) -> Obtained:
        """Do what is left to do."""
        before = receipt = None if force else self._valid_receipt()
        # Clips that an archive lacks are not in a second copy of it, but may be in another source.
        wants_audio = audio and (
            receipt is None or receipt.audio is None or bool(receipt.audio.missing and sources)
        )
        by_kind: dict[str, Source] = {}
        if receipt is None or wants_audio:
            by_kind = self._sort(sources)
            unwanted = by_kind.get("parquet", by_kind.get("clips"))
            if unwanted is not None and not audio:
                raise UsageError(
                    f"{unwanted.name}: contains clips, and --no-audio asks for none",
                    code="unwanted-source",
                )
        if receipt is None:
            receipt = self._get_metadata(by_kind.get("metadata"))
        clips = by_kind.get("parquet", by_kind.get("clips"))
        if wants_audio and (clips or (receipt.audio is None and self._has_published_audio())):
            receipt = self._get_audio(receipt, clips)
        if receipt.audio is not None or not any(self._cache.work.iterdir()):
            shutil.rmtree(self._cache.work, ignore_errors=True)
        return Obtained(self._cache.folder, receipt, receipt != before)

    def _valid_receipt(self) -> Receipt | None:
        """The receipt, without the parts that are no longer as it says."""
        receipt = self._cache.receipt()
        files = self._entry.metadata
        if receipt is None or len(receipt.metadata) != len(files):
            return None
        try:
            for remote, part in zip(files, receipt.metadata, strict=True):
                if sha256_file(self._cache.folder / remote.filename) != (remote.sha256 or part.sha256):
                    return None
        except (InputError, ExternalError):
            return None
        audio = receipt.audio
        if audio is None:
            return receipt
        present = count_clips(self._cache.folder, self._clips())
        unchanged = present == (audio.clips, audio.clip_bytes, audio.missing)
        pinned = self._entry.audio is None or audio.sha256 == self._entry.audio.sha256
        return receipt if unchanged and pinned else msgspec.structs.replace(receipt, audio=None)

    def _clips(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(path for item in self._items() for path in item.clips))

    def _items(self) -> Benchmark:
        return load_benchmark(self._cache.metadata)

    def _has_published_audio(self) -> bool:
        """Whether the publisher's clips can be fetched: an archive, or Parquet files and the library to read them."""
        return self._entry.audio is not None or bool(self._entry.parquet and find_spec("pyarrow"))

    def _sort(self, sources: Sequence[str]) -> dict[str, Source]:
        """The user's sources by what they contain: `metadata` and `clips`."""
        by_kind: dict[str, Source] = {}
        for text in sources:
            if "://" in text:
                name = public_url(text)
                target = self._cache.work / (PurePosixPath(name).name or "mirror")
                download_url(text, target, label=target.name, progress=self._progress)
                source = Source(name, target, downloaded=True)
            else:
                source = Source(text, Path(text).expanduser())
            kind = kind_of(source, self._entry)
            most = {"clips": 1, "metadata": len(self._entry.metadata)}.get(kind)
            if (first := by_kind.get(kind)) is None:
                by_kind[kind] = source
            elif most is None or len(first.files) < most:
                by_kind[kind] = msgspec.structs.replace(first, more=(*first.more, source))
            else:
                raise UsageError(
                    f"--from: {first.name} and {source.name} are both {kind}; give one of them",
                    code="duplicate-source",
                )
        return by_kind

    def _published(self, remote: RemoteFile, label: str) -> Source:
        try:
            path = download(
                remote, self._cache.work, label=label, progress=self._progress, endpoint=self._endpoint
            )
        except ExternalError as error:
            command = f"mmar get {self._entry.label} --from {PurePosixPath(remote.filename).name}"
            error.hint = f"{error.hint or 'check the disk'}; or get the file elsewhere and give it: {command}"
            raise
        return Source(public_url(remote.url), path, downloaded=True)

    def _get_metadata(self, own: Source | None) -> Receipt:
        parts: dict[str, Part] = {}
        for source in () if own is None else (msgspec.structs.replace(own, more=()), *own.more):
            self._put_metadata(source, self._entry.metadata, parts)
        files = self._entry.metadata
        for place, remote in enumerate(files, 1):
            if remote.filename not in parts:
                label = "metadata" if len(files) == 1 else f"metadata {place}/{len(files)}"
                self._put_metadata(self._published(remote, label), (remote,), parts)
        receipt = Receipt(
            benchmark=self._entry.name,
            revision=files[0].revision,
            written_by=f"mmar {__version__}",
            metadata=tuple(parts[remote.filename] for remote in files),
        )
        self._cache.write_receipt(receipt)
        return receipt

    def _put_metadata(self, source: Source, remotes: Sequence[RemoteFile], parts: dict[str, Part]) -> None:
        """Put a file into the cache if it is one of the publisher's, and note what it is."""
        try:
            remote, content = read_metadata(source, self._entry, remotes)
        finally:
            discard(source)
        target = self._cache.folder / remote.filename
        write_atomic(target, content, sync=True)
        verified = bool(remote.sha256 or remote.git_blob)
        if not verified:
            check_layout(target, self._entry)
        parts[remote.filename] = Part(
            url=source.name, size=len(content), sha256=sha256_bytes(content), when=_now(), verified=verified
        )

    def _get_audio(self, receipt: Receipt, source: Source | None) -> Receipt:
        if source is None:
            published = self._entry.audio
            if published is None:
                source = self._published_parquet()
            else:
                require_space(self._cache.home, published.size + published.unpacked_size)
                source = self._published(published, "audio")
        unpacked = self._cache.work / "unpacked"
        try:
            unpack_source = self._unpack_parquet if has_parquet(source.path) else self._unpack
            part = unpack_source(source, unpacked)
            self._put_in_place(unpacked)
        except InputError:
            discard(source)
            raise
        except OSError as error:
            raise disk_error(error, self._cache.folder) from None
        finally:
            shutil.rmtree(unpacked, ignore_errors=True)
        receipt = msgspec.structs.replace(receipt, audio=part)
        self._cache.write_receipt(receipt)
        discard(source)
        return receipt

    def _published_parquet(self) -> Source:
        """The Parquet files of the publisher's data set, each with the Hub's own digest."""
        remotes = hub_parquet(self._entry.parquet, self._cache.work, endpoint=self._endpoint)
        require_space(self._cache.home, 2 * sum(remote.size for remote in remotes))
        sources = []
        for place, remote in enumerate(remotes, 1):
            source = self._published(remote, f"audio {place}/{len(remotes)}")
            if remote.sha256 and sha256_file(source.path) != remote.sha256:
                discard(source)
                raise ExternalError(
                    f"{remote.url}: its SHA-256 is not the one that the Hub names", code="wrong-digest"
                )
            sources.append(source)
        name = f"{self._entry.parquet} at {remotes[0].revision[:12]}"
        return msgspec.structs.replace(sources[0], name=name, more=tuple(sources[1:]))

    def _unpack_parquet(self, source: Source, into: Path) -> AudioPart:
        """Write the clips of Parquet files to where the metadata says."""
        shutil.rmtree(into, ignore_errors=True)
        items = self._items()
        digests = [sha256_file(path) for path in source.files]
        with self._progress.task("audio: unpacking", len(items)) as advance:
            skipped = write_parquet_clips(source.files, items, into, advance)
        digest = digests[0] if len(digests) == 1 else sha256_bytes("".join(digests).encode())
        return self._part(source, into, digest, skipped, f"give the Parquet files of {self._entry.title}")

    def _unpack(self, source: Source, into: Path) -> AudioPart:
        """Verify an archive and unpack its clips."""
        published = self._entry.audio
        shutil.rmtree(into, ignore_errors=True)
        size = source.path.stat().st_size
        with self._progress.task("audio: verifying", size) as advance:
            digest = sha256_file(source.path, advance)
        if published is not None and digest != published.sha256:
            raise InputError(
                f"has SHA-256 {digest} ({size:,} bytes); the publisher's archive has {published.sha256} "
                f"({published.size:,} bytes)",
                file=source.name,
                code="wrong-digest",
                hint="run the same command again; or, to use these clips anyway, unpack them and name the folder with "
                "--audio-dir",
            )
        expected = published.unpacked_size if published else 2 * size
        require_space(self._cache.home, expected)
        limits = Limits(total=2 * published.unpacked_size if published else max(Limits().total, 2 * size))
        with self._progress.task("audio: unpacking", expected if published else None) as advance:
            skipped = unpack(
                source.path, into, placement(self._clips()), limits=limits, advance=advance, name=source.name
            )
        hint = f"give the archive of the clips of {self._entry.title}"
        part = self._part(source, into, digest, len(skipped), hint, *skipped[:1])
        return msgspec.structs.replace(part, verified=published is not None)

    def _part(
        self, source: Source, into: Path, digest: str, skipped: int, hint: str, other: str = ""
    ) -> AudioPart:
        """What was unpacked; `other` is a file that no item names."""
        clips = self._clips()
        count, clip_bytes, missing = count_clips(into, clips)
        if not count:
            instead = f", but {other}" if other else ""
            raise InputError(
                f"contains none of the {len(clips):,} clips that the metadata names: not {clips[0]}{instead}",
                file=source.name,
                code="wrong-archive",
                hint=hint,
            )
        return AudioPart(
            url=source.name,
            size=sum(path.stat().st_size for path in source.files),
            sha256=digest,
            when=_now(),
            clips=count,
            clip_bytes=clip_bytes,
            missing=missing,
            skipped=skipped,
        )

    def _put_in_place(self, unpacked: Path) -> None:
        """Rename the unpacked files into the benchmark's folder; what they replace is removed."""
        replaced = self._cache.work / "replaced"
        shutil.rmtree(replaced, ignore_errors=True)
        replaced.mkdir()
        for fresh in unpacked.iterdir():
            target = self._cache.folder / fresh.name
            if target.exists():
                target.rename(replaced / fresh.name)
            fresh.rename(target)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
