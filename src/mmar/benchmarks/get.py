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
from mmar.benchmarks.cache import Cache, DownloadedAudio, DownloadedFile, Receipt
from mmar.benchmarks.catalogue import CatalogueEntry, RemoteFile
from mmar.benchmarks.clips import clip_path_map, count_clips, write_parquet_clips
from mmar.benchmarks.download import download, download_url, hub_parquet, public_url
from mmar.benchmarks.verification import Source, check_layout, discard, read_metadata, source_kind
from mmar.errors import ExternalError, InputError, UsageError
from mmar.files.archives import Limits, unpack
from mmar.files.atomic import disk_error, require_space, write_atomic
from mmar.files.hashing import sha256_bytes, sha256_file
from mmar.files.progress import NoProgress, Progress
from mmar.files.sniff import sniff_file
from mmar.items import Benchmark, load_benchmark


class DownloadResult(msgspec.Struct, frozen=True):
    """Where a benchmark is, what its folder contains, and whether anything had to be done."""

    folder: Path
    receipt: Receipt
    changed: bool


def download_benchmark(
    entry: CatalogueEntry,
    cache_dir: Path,
    *,
    sources: Sequence[str] = (),
    audio: bool = True,
    force: bool = False,
    progress: Progress | None = None,
    endpoint: str | None = None,
) -> DownloadResult:
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
    with cache.lock(lambda: progress.note(f'waiting for another "mmar get {entry.name}"')):
        try:
            cache.folder.mkdir(parents=True, exist_ok=True)
            cache.work.mkdir(exist_ok=True)
        except OSError as error:
            raise disk_error(error, cache.work) from None
        return _Download(cache, progress, endpoint).run(sources, audio=audio, force=force)


class _Download(msgspec.Struct, frozen=True):
    """One call of `download_benchmark`, holding the lock."""

    cache: Cache
    progress: Progress
    endpoint: str | None

    @property
    def entry(self) -> CatalogueEntry:
        return self.cache.entry

    def run(self, sources: Sequence[str], *, audio: bool, force: bool) -> DownloadResult:
        """Download, verify and unpack what is missing."""
        before = receipt = None if force else self._valid_receipt()
        # Clips that an archive lacks are not in a second copy of it, but may be in another source.
        wants_audio = audio and (
            receipt is None or receipt.audio is None or bool(receipt.audio.missing and sources)
        )
        by_kind = self._sort_sources(sources) if receipt is None or wants_audio else {}
        clips = by_kind.get("parquet") or by_kind.get("clips") or []
        if clips and not audio:
            raise UsageError(
                f"{clips[0].name}: contains clips, and --no-audio asks for none", code="unwanted-source"
            )
        if receipt is None:
            receipt = self._get_metadata(by_kind.get("metadata", []))
        # The publisher's Parquet files are of use only with the library that reads them.
        published = self.entry.audio is not None or bool(self.entry.parquet and find_spec("pyarrow"))
        if wants_audio and (clips or (receipt.audio is None and published)):
            receipt = self._get_audio(receipt, clips)
        if receipt.audio is not None or not any(self.cache.work.iterdir()):
            shutil.rmtree(self.cache.work, ignore_errors=True)
        return DownloadResult(self.cache.folder, receipt, receipt != before)

    def _valid_receipt(self) -> Receipt | None:
        """The receipt, without the parts that are no longer as it says."""
        receipt = self.cache.receipt()
        files = self.entry.metadata
        if receipt is None or len(receipt.metadata) != len(files):
            return None
        try:
            for remote, part in zip(files, receipt.metadata, strict=True):
                if sha256_file(self.cache.folder / remote.filename) != (remote.sha256 or part.sha256):
                    return None
        except (InputError, ExternalError):
            return None
        audio = receipt.audio
        if audio is None:
            return receipt
        present = count_clips(self.cache.folder, _clips(load_benchmark(self.cache.metadata)))
        unchanged = present == (audio.clips, audio.clip_bytes, audio.missing)
        pinned = self.entry.audio is None or audio.sha256 == self.entry.audio.sha256
        return receipt if unchanged and pinned else msgspec.structs.replace(receipt, audio=None)

    def _sort_sources(self, sources: Sequence[str]) -> dict[str, list[Source]]:
        """The user's sources by what they contain: `metadata`, `clips` or `parquet`."""
        by_kind: dict[str, list[Source]] = {}
        for text in sources:
            if "://" in text:
                name = public_url(text)
                target = self.cache.work / (PurePosixPath(name).name or "mirror")
                with self.progress.task(target.name, None) as advance:
                    download_url(text, target, advance)
                source = Source(name, target, downloaded=True)
            else:
                source = Source(text, Path(text).expanduser())
            kind = source_kind(source, self.entry)
            same = by_kind.setdefault(kind, [])
            most = {"clips": 1, "metadata": len(self.entry.metadata)}.get(kind)
            if len(same) == most:
                raise UsageError(
                    f"--from: {same[0].name} and {source.name} are both {kind}; give one of them",
                    code="duplicate-source",
                )
            same.append(source)
        return by_kind

    def _download(self, remote: RemoteFile, label: str) -> Source:
        try:
            with self.progress.task(label, remote.size or None) as advance:
                path = download(remote, self.cache.work, advance, endpoint=self.endpoint)
        except ExternalError as error:
            command = f"mmar get {self.entry.label} --from {PurePosixPath(remote.filename).name}"
            error.hint = f"{error.hint or 'check the disk'}; or get the file elsewhere and give it: {command}"
            raise
        return Source(public_url(remote.url), path, downloaded=True)

    def _get_metadata(self, own: Sequence[Source]) -> Receipt:
        parts: dict[str, DownloadedFile] = {}
        for source in own:
            self._put_metadata(source, self.entry.metadata, parts)
        files = self.entry.metadata
        for number, remote in enumerate(files, 1):
            if remote.filename not in parts:
                label = "metadata" if len(files) == 1 else f"metadata {number}/{len(files)}"
                self._put_metadata(self._download(remote, label), (remote,), parts)
        receipt = Receipt(
            benchmark=self.entry.name,
            revision=files[0].revision,
            written_by=f"mmar {__version__}",
            metadata=tuple(parts[remote.filename] for remote in files),
        )
        self.cache.write_receipt(receipt)
        return receipt

    def _put_metadata(
        self, source: Source, remotes: Sequence[RemoteFile], parts: dict[str, DownloadedFile]
    ) -> None:
        """Put a file into the cache if it is one of the publisher's, and note what it is."""
        try:
            remote, content = read_metadata(source, self.entry, remotes)
        finally:
            discard([source])
        target = self.cache.folder / remote.filename
        write_atomic(target, content, sync=True)
        if not remote.pinned:
            check_layout(target, self.entry)
        parts[remote.filename] = DownloadedFile(
            url=source.name,
            size=len(content),
            sha256=sha256_bytes(content),
            when=_now(),
            verified=remote.pinned,
        )

    def _get_audio(self, receipt: Receipt, sources: Sequence[Source]) -> Receipt:
        published = self.entry.audio
        if not sources and published is None:
            sources = self._download_parquet()
        elif not sources and published is not None:
            require_space(self.cache.home, published.size + published.unpacked_size)
            sources = [self._download(published, "audio")]
        unpacked = self.cache.work / "unpacked"
        shutil.rmtree(unpacked, ignore_errors=True)
        try:
            part = self._unpack(sources, unpacked)
            self._put_in_place(unpacked)
        except InputError:
            discard(sources)
            raise
        except OSError as error:
            raise disk_error(error, self.cache.folder) from None
        finally:
            shutil.rmtree(unpacked, ignore_errors=True)
        receipt = msgspec.structs.replace(receipt, audio=part)
        self.cache.write_receipt(receipt)
        discard(sources)
        return receipt

    def _download_parquet(self) -> list[Source]:
        """The Parquet files of the publisher's data set, each with the Hub's own digest."""
        remotes = hub_parquet(self.entry.parquet, self.cache.work, endpoint=self.endpoint)
        require_space(self.cache.home, 2 * sum(remote.size for remote in remotes))
        name = f"{self.entry.parquet} at {remotes[0].revision[:12]}"
        sources = []
        for number, remote in enumerate(remotes, 1):
            path = self._download(remote, f"audio {number}/{len(remotes)}").path
            sources.append(Source(name, path, downloaded=True))
            if remote.sha256 and sha256_file(path) != remote.sha256:
                discard(sources[-1:])
                raise ExternalError(
                    f"{remote.url}: its SHA-256 is not the one that the Hub names", code="wrong-digest"
                )
        return sources

    def _unpack(self, sources: Sequence[Source], into: Path) -> DownloadedAudio:
        """Verify an archive or Parquet files of clips, and write the clips to where the metadata says."""
        files = [source.path for source in sources]
        size = sum(file.stat().st_size for file in files)
        parquet = sniff_file(files[0]).format == "parquet"
        published = None if parquet else self.entry.audio
        with self.progress.task("audio: verifying", size) as advance:
            digests = [sha256_file(file, advance) for file in files]
        digest = digests[0] if len(digests) == 1 else sha256_bytes("".join(digests).encode())
        if published is not None and digest != published.sha256:
            raise InputError(
                f"has SHA-256 {digest} ({size:,} bytes); the publisher's archive has {published.sha256} "
                f"({published.size:,} bytes)",
                file=sources[0].name,
                code="wrong-digest",
                hint="run the same command again; or, to use these clips anyway, unpack them and name the folder with "
                "--audio-dir",
            )
        expected = published.unpacked_size if published else 2 * size
        require_space(self.cache.home, expected)
        limits = Limits(total=2 * expected if published else max(Limits().total, expected))
        items = load_benchmark(self.cache.metadata)
        clips = _clips(items)
        with self.progress.task("audio: unpacking", expected if published else None) as advance:
            if parquet:
                skipped = write_parquet_clips(files, items, into, advance)
            else:
                map_path = clip_path_map(clips)
                skipped = unpack(
                    files[0], into, map_path, limits=limits, advance=advance, name=sources[0].name
                )
        count, clip_bytes, missing = count_clips(into, clips)
        if not count:
            instead = f", but {skipped[0]}" if skipped else ""
            raise InputError(
                f"contains none of the {len(clips):,} clips that the metadata names: not {clips[0]}{instead}",
                file=sources[0].name,
                code="wrong-archive",
                hint=f"give the archive or the Parquet files of the clips of {self.entry.title}",
            )
        return DownloadedAudio(
            url=sources[0].name,
            size=size,
            sha256=digest,
            when=_now(),
            verified=published is not None,
            clips=count,
            clip_bytes=clip_bytes,
            missing=missing,
            skipped=len(skipped),
        )

    def _put_in_place(self, unpacked: Path) -> None:
        """Rename the unpacked files into the benchmark's folder; what they replace is removed."""
        replaced = self.cache.work / "replaced"
        shutil.rmtree(replaced, ignore_errors=True)
        replaced.mkdir()
        for fresh in unpacked.iterdir():
            target = self.cache.folder / fresh.name
            if target.exists():
                target.rename(replaced / fresh.name)
            fresh.rename(target)


def _clips(benchmark: Benchmark) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for item in benchmark for path in item.clips))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
