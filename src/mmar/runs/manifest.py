"""The manifest: what a run is, so that it can be continued, scored and repeated.

A run is identified by what its answers depend on: benchmark digest, model, protocol, condition, settings and
seed. Which items a session asked is not part of it: a run of ten items can be continued to the whole benchmark.
It never holds a credential.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from mmar._version import __version__
from mmar.errors import InputError, UsageError
from mmar.files.atomic import write_atomic
from mmar.files.typed import decode_json
from mmar.protocols import Protocol, Settings
from mmar.runs.signature import Signature, run_parts

__all__ = ["MANIFEST_NAME", "BenchmarkRef", "Manifest", "Session", "now", "read_manifest", "write_manifest"]

MANIFEST_NAME = "manifest.json"
_FORMAT = 1


class BenchmarkRef(msgspec.Struct, frozen=True):
    """The benchmark of a run.

    Attributes:
        name: as it stands in the signature.
        origin: the name or path by which it can be loaded again.
        revision: the publisher's revision, or empty.
        digest: content digest.
        n: number of questions, with those whose records could not be read (`--lenient`).
        audio_dir: the folder of the clips, where one was named.
    """

    name: str
    origin: str
    revision: str
    digest: str
    n: int
    audio_dir: str | None = None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One process's work on a run.

    Attributes:
        started: UTC, ISO 8601.
        ended: `None` while it works, and for ever where it was killed.
        selected: number of requests it was to make.
        answered: number of answers it wrote.
        failed: number of failures it wrote.
        rotations: number of rotations of the choices, 0 for all.
        repeats: number of samples of each request.
        limit: most items asked.
        shard: which part of the items was asked, and of how many.
        sample: number of items drawn, where it was given.
        filter: values of the fields by which items were selected.
        retry: `failed` or `unresolved`, where only those were asked again.
        concurrency: most requests in flight, where it was given.
        base_urls: the servers asked.
        environment: what the model ran on, where it says so.
    """

    started: str
    ended: str | None = None
    selected: int = 0
    answered: int = 0
    failed: int = 0
    rotations: int = 1
    repeats: int = 1
    limit: int | None = None
    shard: tuple[int, int] | None = None
    sample: int | None = None
    filter: dict[str, tuple[str, ...]] = {}
    retry: str | None = None
    concurrency: int | None = None
    base_urls: tuple[str, ...] = ()
    environment: dict[str, str] = {}


class Manifest(msgspec.Struct, frozen=True):
    """What a run is.

    Attributes:
        benchmark: the questions.
        model: name of the model.
        protocol: how questions are put, in full, so that a changed recipe cannot change an old run's reading.
        condition: `full`, or the control condition (`none` for a model that takes no audio).
        settings: generation settings that were sent.
        options: options of the adapter that can change an answer.
        facts: what the model found out about itself that its answers depend on, such as its weights' commit.
        seed: random seed.
        versions: of this program, Python and the packages that touch an answer.
        signature: the signature of the whole run, for people; `parts` is what it is made from.
        sessions: the processes that worked on it.
        format: version of this file's format.
    """

    benchmark: BenchmarkRef
    model: str
    protocol: Protocol
    condition: str
    settings: Settings
    options: dict[str, str]
    seed: int
    versions: dict[str, str]
    signature: str = ""
    facts: dict[str, str] = {}
    sessions: tuple[Session, ...] = ()
    format: int = _FORMAT

    @property
    def parts(self) -> dict[str, str]:
        """The signature's parts that the run decides."""
        settings = {**msgspec.to_builtins(self.settings), **self.options, **self.facts}
        return {
            **run_parts(self.benchmark.name, self.benchmark.digest, self.benchmark.n),
            "model": self.model,
            "protocol": self.protocol.label,
            "condition": self.condition,
            "settings": ",".join(f"{key}={settings[key]}" for key in sorted(settings)) or "default",
            "seed": str(self.seed),
        }

    def signature_of(self) -> Signature:
        """The signature of the whole run, before any scorer."""
        return Signature(self.parts)

    def with_session(self, session: Session) -> Manifest:
        """The manifest with one more session."""
        return msgspec.structs.replace(self, sessions=(*self.sessions, session))

    def check_same_run(self, other: Manifest, folder: Path) -> None:
        """Check that a command means this run.

        Args:
            other: the manifest that the command would write.
            folder: of this run.

        Raises:
            UsageError: naming each part that differs.
        """
        mine, its = self.parts, other.parts
        if mine["protocol"] == its["protocol"]:
            # Two protocols of the user's own with one name.
            mine["protocol text"], its["protocol text"] = (
                msgspec.json.encode(one.protocol).decode() for one in (self, other)
            )
        differ = [name for name in mine if mine[name] != its[name] and name != "mmar"]
        if differ:
            lines = "".join(f"\n  {name}: {mine[name]} there, {its[name]} now" for name in differ)
            raise UsageError(
                f"{folder} holds another run:{lines}",
                code="another-run",
                argument="out",
                hint="choose another folder",
            )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a run's manifest atomically.

    Raises:
        ExternalError: the file cannot be written.
    """
    text = json.dumps(msgspec.to_builtins(manifest), ensure_ascii=False, indent=2)
    write_atomic(folder / MANIFEST_NAME, f"{text}\n")


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
            "cannot be a folder: a part of its path is a file",
            file=str(folder),
            code="not-a-folder",
            hint="choose another folder",
        ) from None
    try:
        manifest = decode_json(data, Manifest)
    except InputError as error:
        raise InputError(
            f"is not a manifest of mmar {__version__}: {error.summary}",
            file=str(path),
            code="bad-manifest",
            hint="restore the file if it was edited",
        ) from None
    if manifest.format != _FORMAT:
        raise InputError(
            f"has format {manifest.format}, expected {_FORMAT}",
            file=str(path),
            code="bad-manifest",
            hint="use the version that wrote it",
        )
    return manifest


def now() -> str:
    """The current time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
