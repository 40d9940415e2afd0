"""The manifest: what a run is, so that it can be gone on with, scored and repeated.

A run is identified by what its answers depend on: benchmark digest, model, protocol, audio condition,
settings and seed. Which items were asked in which session is not part of it: a run of ten items can be gone
on with to the whole benchmark. No credential is ever in it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from mmar._version import __version__
from mmar.errors import InputError, UsageError
from mmar.files.atomic import write_atomic
from mmar.items.decoding import types_in_words
from mmar.protocols import Protocol, Settings
from mmar.runs.signature import run_parts, signature_line

__all__ = ["MANIFEST_NAME", "BenchmarkRef", "Manifest", "Session", "now", "read_manifest", "write_manifest"]

MANIFEST_NAME = "manifest.json"
_FORMAT = 1


class BenchmarkRef(msgspec.Struct, frozen=True):
    """The benchmark of a run.

    Attributes:
        name: as it stands in the signature.
        given: the name or path by which it can be found again.
        revision: the publisher's revision, or empty.
        digest: content digest.
        n: number of questions, with those whose records could not be read (`--lenient`).
        audio_dir: the folder that was given for the audio, if one was.
    """

    name: str
    given: str
    revision: str
    digest: str
    n: int
    audio_dir: str | None = None


class Session(msgspec.Struct, frozen=True):
    """One process's work on a run.

    Attributes:
        started: UTC, ISO 8601.
        ended: `None` while it works, and for ever when it was killed.
        selected: how many items it was to ask.
        answered: how many answers it wrote.
        failed: how many failures it wrote.
        options: limit, selection, concurrency and addresses as given.
    """

    started: str
    ended: str | None = None
    selected: int = 0
    answered: int = 0
    failed: int = 0
    options: dict[str, Any] = msgspec.field(default_factory=dict)


class Manifest(msgspec.Struct, frozen=True):
    """What a run is.

    Attributes:
        benchmark: what was asked.
        model: who was asked.
        protocol: how, in full, so that a changed recipe cannot change an old run's reading.
        audio: `full`, or the control condition (`none` for a model that hears nothing).
        settings: generation settings that were sent.
        options: options of the adapter that can change an answer.
        seed: of everything drawn at random.
        signature: the run's part of every signature.
        versions: of this program, Python and the packages that touch an answer.
        sessions: who worked on it and when.
        format: version of this file's form.
    """

    benchmark: BenchmarkRef
    model: str
    protocol: Protocol
    audio: str
    settings: Settings
    options: dict[str, str]
    seed: int
    signature: dict[str, str]
    versions: dict[str, str]
    sessions: tuple[Session, ...] = ()
    format: int = _FORMAT

    @property
    def parts(self) -> dict[str, str]:
        """The signature's parts that the run decides."""
        settings = {**msgspec.to_builtins(self.settings), **self.options}
        return {
            **run_parts(self.benchmark.name, self.benchmark.digest, self.benchmark.n),
            "model": self.model,
            "protocol": self.protocol.label,
            "audio": self.audio,
            "settings": ",".join(f"{key}={settings[key]}" for key in sorted(settings)) or "default",
            "seed": str(self.seed),
        }

    @property
    def line(self) -> str:
        """The signature of the run, before any scorer."""
        return signature_line(self.parts)

    def check_same_run(self, other: Manifest, folder: Path) -> None:
        """Check that another command means this run.

        Raises:
            UsageError: naming each part that differs.
        """
        mine, its = self.parts, other.parts
        if mine["protocol"] == its["protocol"]:
            # Two recipes of one's own that bear the same name.
            mine["protocol text"], its["protocol text"] = (
                msgspec.json.encode(one.protocol).decode() for one in (self, other)
            )
        differ = [name for name in mine if mine[name] != its[name] and name != "mmar"]
        if differ:
            said = "".join(f"\n  {name}: {mine[name]} there, {its[name]} asked for" for name in differ)
            raise UsageError(f"{folder} holds another run:{said}\n  → choose another folder with --out")


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a run's manifest in one step.

    Raises:
        ExternalError: the disk refuses.
    """
    text = json.dumps(msgspec.to_builtins(manifest), ensure_ascii=False, indent=2)
    write_atomic(folder / MANIFEST_NAME, f"{text}\n".encode())


def read_manifest(folder: Path) -> Manifest | None:
    """A run's manifest, or `None` when the folder has none.

    Raises:
        InputError: it is not a manifest that this version reads.
    """
    path = folder / MANIFEST_NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        raise InputError(
            "cannot be a folder: a part of its path is a file", file=str(folder), hint="choose another folder"
        ) from None
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"is no manifest of mmar {__version__}: {types_in_words(str(error))}",
            file=str(path),
            hint="was it edited? restore it",
        ) from None
    if manifest.format != _FORMAT:
        raise InputError(
            f"format {manifest.format}, expected {_FORMAT}",
            file=str(path),
            hint="use the version that wrote it",
        )
    return manifest


def now() -> str:
    """The time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
