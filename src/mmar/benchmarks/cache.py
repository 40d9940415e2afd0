"""The cache of downloaded benchmarks: folders, the receipt, the lock.

Below the cache directory:

    benchmarks/mmar/3bce090a967d/     one folder per benchmark and pinned revision
        MMAR-meta.jsonl               the publisher's file, unchanged
        audio/*.wav                   renamed into place when complete
        receipt.json                  what each part is, where it came from, how it was verified
    benchmarks/mmar/.work/            downloads and unpacking in progress; removed when all is complete
    benchmarks/mmar/.lock             held while "mmar get" works

A part is present if the receipt says so; the receipt is written after the part is in place. So an
interruption leaves no part that is incomplete and counts as present.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

import msgspec

from mmar.benchmarks.catalogue import CatalogueEntry
from mmar.errors import InputError
from mmar.files.atomic import write_atomic
from mmar.files.locks import lock
from mmar.files.typed import decode_json

RECEIPT = "receipt.json"

State = Literal["ready", "clips missing", "without audio", "incomplete", "not downloaded", "generated"]
"""`clips missing`: the archive did not contain all clips; `incomplete`: a download can be continued."""


class DownloadedFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file that was downloaded or given.

    Attributes:
        url: where it came from, without user, password and query; or the path of a local file.
        when: UTC, ISO 8601.
        verified: whether the digest equals the one in the catalogue; false where the catalogue has none.
    """

    url: str
    size: int
    sha256: str
    when: str
    verified: bool = False


class DownloadedAudio(DownloadedFile, frozen=True, kw_only=True, omit_defaults=True):
    """The clips of an archive.

    Attributes:
        clips: how many of the benchmark's clips are in place; `clip_bytes` is their total size.
        missing: the `audio_path` of clips that the archive did not contain.
        skipped: how many files of the archive no item names; they were not unpacked.
    """

    clips: int
    clip_bytes: int
    missing: tuple[str, ...] = ()
    skipped: int = 0


class Receipt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The content of a benchmark's folder: the files of questions in the catalogue's order, and the clips."""

    benchmark: str
    revision: str
    written_by: str
    metadata: tuple[DownloadedFile, ...]
    audio: DownloadedAudio | None = None


class Cache(msgspec.Struct, frozen=True):
    """The folders of one benchmark in the program's cache directory."""

    cache_dir: Path
    entry: CatalogueEntry

    @property
    def home(self) -> Path:
        """The folder of the benchmark, all revisions."""
        return self.cache_dir / "benchmarks" / self.entry.name

    @property
    def folder(self) -> Path:
        """The folder of the pinned revision."""
        return self.home / self.entry.metadata[0].revision[:12]

    @property
    def work(self) -> Path:
        """The folder of work in progress."""
        return self.home / ".work"

    @property
    def metadata(self) -> Path:
        """The file of questions, or the folder that has several."""
        files = self.entry.metadata
        return self.folder / files[0].filename if len(files) == 1 else self.folder

    @property
    def state(self) -> State:
        """How far the download is, from the receipt alone."""
        if not self.entry.metadata:
            return "generated"
        receipt = self.receipt()
        if receipt is not None:
            if receipt.audio is None:
                return "without audio"
            return "clips missing" if receipt.audio.missing else "ready"
        return "incomplete" if self.work.is_dir() and any(self.work.iterdir()) else "not downloaded"

    def receipt(self) -> Receipt | None:
        """The receipt; `None` if there is none that this version can read."""
        try:
            return decode_json((self.folder / RECEIPT).read_bytes(), Receipt)
        except (OSError, InputError):
            return None

    def write_receipt(self, receipt: Receipt) -> None:
        """Record what is in place, as the last step of putting it there."""
        data = msgspec.json.format(msgspec.json.encode(receipt), indent=2) + b"\n"
        write_atomic(self.folder / RECEIPT, data, sync=True)

    def lock(self, on_wait: Callable[[], None] | None = None) -> AbstractContextManager[None]:
        """Keep other processes out of the benchmark's folders; see `mmar.files.locks.lock`."""
        return lock(self.home / ".lock", on_wait)


def default_cache_dir(environ: Mapping[str, str]) -> Path:
    """The cache directory: `MMAR_CACHE_DIR` if set, otherwise the user's cache directory on this system."""
    if own := environ.get("MMAR_CACHE_DIR"):
        return Path(own).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("mmar", appauthor=False)
