"""From the plan to files: the records, and a folder that holds them with their audio."""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import shutil
import wave
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mmar.benchmarks.demo.events import Sheet
from mmar.benchmarks.demo.plan import ordered_choices, scenes
from mmar.benchmarks.demo.scene import Scene
from mmar.benchmarks.demo.wording import record
from mmar.errors import ExternalError, UsageError

__all__ = [
    "AUDIO_SHA256",
    "METADATA_NAME",
    "METADATA_SHA256",
    "VERSION",
    "build",
    "clips",
    "metadata_bytes",
    "records",
    "sheets",
]

# Raised whenever a bit of the benchmark of seed 0 changes; the two digests change with it.
VERSION = "1"

# Of seed 0: SHA-256 of the metadata file, and of all WAV files one after another in the order of the items.
METADATA_SHA256 = "ca93918829d47cf2b64e01062a949ddc9f2f5efd48ab31c249dc1f484b8b1ef0"
AUDIO_SHA256 = "7f0d22574161a28a488698e4e94453e5a8ae352754295b404d47d162e8ab7368"

METADATA_NAME = "demo-meta.jsonl"


def records(seed: int = 0) -> list[dict[str, Any]]:
    """The items as the publisher would release them; no audio is made and numpy is not loaded.

    Args:
        seed: every seed gives another benchmark of the same plan.

    Returns:
        One dictionary an item, keys in the publisher's order.
    """
    made = scenes(seed)
    return [
        record(scene, item_id, choices)
        for scene, item_id, choices in zip(made, _ids(made), ordered_choices(made, seed), strict=True)
    ]


def sheets(seed: int = 0) -> dict[str, Sheet]:
    """What each clip is made of, by item id: the construction that makes the answers true."""
    made = scenes(seed)
    return {item_id: scene.sheet for item_id, scene in zip(_ids(made), made, strict=True)}


def build(folder: Path, seed: int = 0) -> Path:
    """Make the benchmark in a folder: `demo-meta.jsonl` and `audio/*.wav`.

    The whole is made beside the folder and then takes its name, so a folder that exists is complete. A
    complete and unchanged folder of seed 0 is recognised by its digests and left as it is; one that was
    damaged, or is of another seed or version, is made again.

    Args:
        folder: where to; its parents are made. An existing folder must be empty or hold a demo.
        seed: see `records`.

    Returns:
        Path of the metadata file.

    Raises:
        UsageError: if the folder holds anything that a demo does not.
        ExternalError: if the disk refuses, or this machine's arithmetic does not give the known digests.
    """
    metadata = folder / METADATA_NAME
    try:
        _refuse_strangers(folder)
        if seed == 0 and _is_whole(folder):
            return metadata
        folder.parent.mkdir(parents=True, exist_ok=True)
        mark = secrets.token_hex(4)
        part = folder.with_name(f".{folder.name}.{mark}.part")
        try:
            _write(part, seed)
            _replace(folder, part, aside=folder.with_name(f".{folder.name}.{mark}.old"))
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        raise ExternalError(
            f"{folder}: could not make the demo benchmark ({error.strerror or error})\n"
            "  → check that the folder may be written to and has 20 MB of room, then start again"
        ) from None
    return metadata


def _ids(made: list[Scene]) -> list[str]:
    return [f"demo-{place:03d}-{scene.kind}" for place, scene in enumerate(made, start=1)]


def metadata_bytes(seed: int) -> bytes:
    """The metadata file: one record a line, in UTF-8."""
    return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in records(seed)).encode()


def _write(part: Path, seed: int) -> None:
    """Everything into a new folder, and for seed 0 the proof that it is what it should be."""
    (part / "audio").mkdir(parents=True)
    metadata = metadata_bytes(seed)
    (part / METADATA_NAME).write_bytes(metadata)
    audio = hashlib.sha256()
    for item_id, content in clips(seed):
        audio.update(content)
        (part / "audio" / f"{item_id}.wav").write_bytes(content)
    if seed == 0 and (hashlib.sha256(metadata).hexdigest(), audio.hexdigest()) != (
        METADATA_SHA256,
        AUDIO_SHA256,
    ):
        raise ExternalError(
            f"the demo benchmark made on this machine is not demo {VERSION}: its audio has the digest "
            f"{audio.hexdigest()}, not {AUDIO_SHA256}\n"
            "  → its numbers could not stand beside others; please report the processor and numpy's version"
        )


def clips(seed: int) -> Iterator[tuple[str, bytes]]:
    """The WAV files one by one, so that only one clip is held at a time."""
    from mmar.benchmarks.demo.render import render
    from mmar.benchmarks.demo.signal import RATE

    for item_id, sheet in sheets(seed).items():
        pcm = render(sheet)
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setnchannels(sheet.channels)
            file.setsampwidth(2)
            file.setframerate(RATE)
            # The module takes the machine's byte order and writes the format's.
            file.writeframes(pcm.tobytes())
        yield item_id, buffer.getvalue()


def _is_whole(folder: Path) -> bool:
    """Whether the folder holds seed 0 to the last bit, and nothing more."""
    paths = [folder / "audio" / f"{item_id}.wav" for item_id in sheets(0)]
    try:
        if len(list((folder / "audio").iterdir())) != len(paths):
            return False
        return (_digest([folder / METADATA_NAME]), _digest(paths)) == (METADATA_SHA256, AUDIO_SHA256)
    except OSError:
        return False


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _refuse_strangers(folder: Path) -> None:
    """Stop before replacing a folder in which somebody keeps something else."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(
            f"{folder}: expected a folder for the demo benchmark, found a file\n  → name another place"
        )
    audio = folder / "audio"
    held = [*folder.iterdir(), *(audio.iterdir() if audio.is_dir() else ())]
    for path in held:
        is_clip = path.parent == audio and path.name.startswith("demo-") and path.suffix == ".wav"
        if not (is_clip or path in {audio, folder / METADATA_NAME}):
            raise UsageError(
                f"{folder}: found {path.relative_to(folder)}, which is no part of a demo benchmark\n"
                "  → name an empty or a new folder; nothing was touched"
            )


def _replace(folder: Path, part: Path, aside: Path) -> None:
    """Give the new folder its name, the old one out of the way first."""
    try:
        if folder.exists():
            folder.rename(aside)
        part.rename(folder)
    except OSError:
        # Another process may have finished the same benchmark first; a complete folder is what was wanted.
        if not (folder / METADATA_NAME).is_file():
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
