"""Where fetched benchmarks lie, and what is known of each: folders, the receipt, the lock.

Below the cache directory:

    benchmarks/mmar/3bce090a967d/     one folder a benchmark and pinned revision
        MMAR-meta.jsonl               the publisher's file, byte for byte
        audio/*.wav                   put there in one step, whole
        receipt.json                  what each part is, where it came from, what it was verified against
    benchmarks/mmar/.work/            downloads and unpacking under way; gone when all is well
    benchmarks/mmar/.lock             held while `mmar get` works; the system frees it if the process dies

A part is present when the receipt says so; the receipt is written after the part is in place. Whatever a kill
leaves is therefore either whole or not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from mmar.benchmarks.catalogue import Entry, RemoteFile
from mmar.files.atomic import write_atomic
from mmar.files.locks import lock

__all__ = [
    "AudioPart",
    "Part",
    "Receipt",
    "State",
    "Store",
    "Witness",
    "default_cache_dir",
]

RECEIPT = "receipt.json"

State = Literal["ready", "clips missing", "without audio", "begun", "not fetched", "made when used"]
"""`clips missing`: the archive lacked some; `begun`: a download can be gone on with."""

Witness = Literal["catalogue", "host"]
"""Who says what a file's SHA-256 is: this program's catalogue, or the host of the file as it announced it."""


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file that was obtained.

    Attributes:
        url: where it came from, without user, password and query; or the path of a local file.
        size: bytes of the file as obtained.
        sha256: of the file as obtained.
        when: UTC, ISO 8601.
        verified_by: whose word the digest was compared with; empty where nobody gives one.
    """

    url: str
    size: int
    sha256: str
    when: str
    verified_by: tuple[Witness, ...] = ()


class AudioPart(Part, frozen=True, kw_only=True, omit_defaults=True):
    """The clips of an archive.

    Attributes:
        clips: how many of the benchmark's clips are in place.
        clip_bytes: their size together.
        missing: the `audio_path` of clips that the archive did not hold.
        left_out: how many files of the archive no item names; they were not unpacked.
    """

    clips: int
    clip_bytes: int
    missing: tuple[str, ...] = ()
    left_out: int = 0


class Receipt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a benchmark's folder holds.

    Attributes:
        benchmark: its name in the catalogue.
        revision: of the metadata.
        written_by: this program and its version.
        metadata: the questions.
        audio: the clips, once they are there.
    """

    benchmark: str
    revision: str
    written_by: str
    metadata: Part
    audio: AudioPart | None = None


class Store(msgspec.Struct, frozen=True):
    """The places of one benchmark in a cache directory.

    Attributes:
        cache_dir: the program's cache directory.
        entry: the benchmark; one that is made here has a `home` and no published folder.
    """

    cache_dir: Path
    entry: Entry

    @property
    def home(self) -> Path:
        """What belongs to the benchmark, all revisions."""
        return self.cache_dir / "benchmarks" / self.entry.name

    @property
    def folder(self) -> Path:
        """What belongs to the pinned revision."""
        return self.home / self._published.revision[:12]

    @property
    def work(self) -> Path:
        """What is under way."""
        return self.home / ".work"

    @property
    def staged(self) -> Path:
        """What is unpacked and not in place yet."""
        return self.work / "unpacked"

    @property
    def metadata(self) -> Path:
        """The questions' file."""
        return self.folder / self._published.filename

    @property
    def _published(self) -> RemoteFile:
        if self.entry.metadata is None:
            raise ValueError(f"{self.entry.name} has no published files")
        return self.entry.metadata

    @property
    def state(self) -> State:
        """How far the benchmark is, from the receipt alone."""
        receipt = self.receipt() if self.entry.metadata else None
        if self.entry.metadata is None:
            return "made when used"
        if receipt is not None:
            if receipt.audio is None:
                return "without audio"
            return "clips missing" if receipt.audio.missing else "ready"
        return "begun" if any(self.work.glob("*.part")) else "not fetched"

    def receipt(self) -> Receipt | None:
        """What is in place, or `None` if nothing is (or what is there was not written by this program)."""
        try:
            return msgspec.json.decode((self.folder / RECEIPT).read_bytes(), type=Receipt)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None

    def write_receipt(self, receipt: Receipt) -> None:
        """Say what is in place; the very last step of putting it there.

        Raises:
            ExternalError: the disk refuses.
        """
        write_atomic(
            self.folder / RECEIPT,
            msgspec.json.format(msgspec.json.encode(receipt), indent=2) + b"\n",
            sync=True,
        )

    @contextmanager
    def locked(self, wait: Callable[[], None]) -> Iterator[None]:
        """Keep every other process out of the benchmark's folders.

        Args:
            wait: called once if another process is at work and this one has to wait for it.

        Raises:
            ExternalError: the cache directory cannot be written.
        """
        with lock(self.home / ".lock", wait):
            yield


def default_cache_dir(environ: Mapping[str, str], platform: str, home: Path) -> Path:
    r"""Where this system keeps what a program can fetch again.

    Args:
        environ: the process's environment.
        platform: as `sys.platform`.
        home: the user's home folder.

    Returns:
        `MMAR_CACHE_DIR` where set; else `~/Library/Caches/mmar` on macOS, `%LOCALAPPDATA%\mmar\Cache` on
        Windows, and `$XDG_CACHE_HOME/mmar` or `~/.cache/mmar` elsewhere. A relative `XDG_CACHE_HOME` is
        ignored, as the XDG base directory specification asks.
    """
    if own := environ.get("MMAR_CACHE_DIR"):
        return Path(own).expanduser()
    if platform == "darwin":
        return home / "Library" / "Caches" / "mmar"
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "mmar" / "Cache"
    xdg = Path(environ.get("XDG_CACHE_HOME") or "")
    return (xdg if xdg.is_absolute() else home / ".cache") / "mmar"
