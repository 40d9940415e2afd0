"""The manifest: what a run is, so that it can be continued, scored and repeated.

A run is identified by what its answers depend on: benchmark digest, model, protocol, condition, settings and
seed. Which items a session requested is not part of it: a run of ten items can be continued to the whole benchmark.
It never holds a credential.

The signature is one line that says everything a number depends on, printed with every number. Parts are `name:value` in
a fixed order, joined by `|`, as sacrebleu writes them. A value that is not known is `?` and never left out: a file of
predictions does not say which prompt was used, and its signature says so. Only `part` (a number is of some of the
questions only) and `repeats` are left out where they do not apply.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from mmar._version import __version__
from mmar.errors import InputError, UsageError
from mmar.files.atomic import write_atomic
from mmar.files.typed import decode_json
from mmar.items.digest import DIGEST_VERSION
from mmar.items.editions import edition_of
from mmar.protocols import CURRENT_VERSION, Protocol, Settings

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
    """One process's work on a run, with the options of it that are named as in `RunOptions`.

    Attributes:
        started: UTC, ISO 8601.
        ended: `None` while it works, and for ever where it was killed.
        selected: number of requests it was to make.
        answered: number of answers it wrote.
        failed: number of failures it wrote.
        shard: which part of the items, and of how many.
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
    """The identity of a run, and its sessions.

    Attributes:
        protocol: in full, so that a changed protocol cannot change an old run's reading.
        condition: `full`, or the control condition (`none` for a model that takes no audio).
        settings: generation settings that were sent.
        options: options of the adapter that can change an answer.
        facts: what the model found out about itself that its answers depend on, such as its weights' commit.
        versions: of this program, Python and the packages that touch an answer.
        signature: the signature of the whole run, for people; `parts` is what it is made from.
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
    def finished(self) -> bool:
        """Whether the last session came to its end."""
        return not self.sessions or self.sessions[-1].ended is not None

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
        """Check that the manifest that a command would write is of this run.

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
    """Write a run's manifest atomically."""
    import json  # reading needs none

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


PARTS = (
    "bench",  # name#first 8 digits of the content digest
    "n",  # size of the benchmark
    "part",  # requested/size, where only some of the questions were requested
    "model",
    "protocol",  # name@version
    "condition",  # full, or the control condition
    "settings",  # generation settings and adapter options
    "seed",
    "repeats",  # answers to each question, where there are several
    "reading",  # version of the reading, with the protocol it read for
    "scorers",
    "mmar",  # version of this program
)
_OPTIONAL = ("part", "repeats")


class Signature(msgspec.Struct, frozen=True):
    """Everything that a number depends on: the values of `PARTS` by name."""

    parts: Mapping[str, str]

    @property
    def long(self) -> str:
        """All parts in their order, `bench:demo#1c9a343e.2|n:87|model:...`."""
        names = (name for name in PARTS if name in self.parts or name not in _OPTIONAL)
        return "|".join(f"{name}:{_escaped(self.parts.get(name, '?'))}" for name in names)

    @property
    def short(self) -> str:
        """The main parts and a digest of all: `demo#1c9a343e.2|openai/x|mmar@1|part:5/87|sig:5f0c21aa`."""
        values = [_escaped(self.parts[name]) for name in ("bench", "model", "protocol") if name in self.parts]
        if self.parts.get("condition", "full") != "full":
            values.append(_escaped(self.parts["condition"]))
        if "part" in self.parts:
            values.append(f"part:{self.parts['part']}")
        return "|".join([*values, f"sig:{hashlib.sha256(self.long.encode()).hexdigest()[:8]}"])

    def __str__(self) -> str:
        return self.long

    def for_part(self, requested: int, n: int) -> Signature:
        """The signature of a number over so many of `n` questions; without `part` where it is over all."""
        rest = {name: value for name, value in self.parts.items() if name != "part"}
        return Signature({**rest, "part": f"{requested}/{n}"} if requested < n else rest)


def _escaped(value: str) -> str:
    # A model's name comes from outside; it must not be able to write parts of its own.
    return "".join("_" if mark in "|\n\r\t" else mark for mark in value) or "?"


def run_parts(bench: str, digest: str, n: int) -> dict[str, str]:
    """The parts that are known of any number; the benchmark is `NAME@EDITION` where the digest is that of an edition."""
    edition = edition_of(digest)
    return {
        "bench": f"{edition.label if edition else bench}#{digest[:8]}.{DIGEST_VERSION}",
        "n": str(n),
        "reading": f"cascade@{CURRENT_VERSION}",
        "mmar": __version__,
    }
