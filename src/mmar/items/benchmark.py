"""A benchmark: a sequence of items with a name, a revision and a content digest; reading and writing it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from mmar.errors import InputError
from mmar.files.atomic import write_atomic
from mmar.items.decoding import decode_record
from mmar.items.digest import benchmark_digest
from mmar.items.item import Item
from mmar.items.records import raw_records
from mmar.items.stored import StoredItems

__all__ = ["Benchmark", "duplicate_id", "load_benchmark", "write_benchmark"]

# Records of this size in all are quicker to hold than to read again, and cost little.
_HELD_BYTES = 4 << 20


class Benchmark(msgspec.Struct, frozen=True, dict=True):
    """Items with a name.

    Attributes:
        items: in published order, ids unique; held in memory, or read from disk one by one.
        name: e.g. `mmar`, or the file's stem.
        revision: the publisher's revision, or empty.
        audio_dir: the folder that the items' `audio_path` is relative to, if known.
        missing: records that were left out under `lenient`.
        lost: how many questions were lost with them; a second record of one id is no question more.
        origin: the name or absolute path by which it can be loaded again, or empty.
    """

    items: Sequence[Item]
    name: str
    revision: str = ""
    audio_dir: Path | None = None
    missing: tuple[InputError, ...] = ()
    origin: str = ""
    lost: int = 0

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __getitem__(self, item_id: str) -> Item:
        return self.by_id[item_id]

    @cached_property
    def by_id(self) -> dict[str, Item]:
        """The items by their id."""
        return {item.id: item for item in self.items}

    @cached_property
    def digest(self) -> str:
        """See `mmar.items.digest`."""
        return benchmark_digest(self.items)


def load_benchmark(
    path: Path | str,
    *,
    name: str | None = None,
    revision: str = "",
    audio_dir: Path | None = None,
    origin: str = "",
    lenient: bool = False,
    report: Callable[[InputError], None] | None = None,
    stored: bool = False,
) -> Benchmark:
    """Read a benchmark's metadata.

    Args:
        path: JSONL or JSON array, plain or `.gz`, in the MMAR (2025, 2026) or MMAU layout.
        name: what to call it; the file's stem without `-meta` when not given.
        revision: the publisher's revision, if known.
        audio_dir: the folder that `audio_path` is relative to.
        origin: the name by which it can be loaded again; the path when not given.
        lenient: go on after a bad record instead of raising; the record is left out.
        report: called with each error that `lenient` passes over.
        stored: leave the items of a large file on disk, for what takes them one by one; see `mmar.items.stored`.

    Raises:
        InputError: a record cannot be read, or an id stands twice (unless `lenient`), or no record is good.
    """
    path = Path(path)
    held: list[Item] = []
    left = StoredItems(path) if stored and path.is_file() and path.stat().st_size > _HELD_BYTES else None
    lines: dict[str, int] = {}
    errors: list[InputError] = []
    lost = 0
    for line, text in raw_records(path) if left is None else left.records():
        try:
            item, problem = Item.from_record(decode_record(text, path, line), file=str(path), line=line), None
            if item.id in lines:
                problem = duplicate_id(item.id, path, lines[item.id], line)
        except InputError as error:
            problem = error
            lost += 1
        if problem is not None:
            if not lenient:
                raise problem
            errors.append(problem)
            if report is not None:
                report(problem)
            continue
        lines[item.id] = line
        if left is None:
            held.append(item)
        else:
            left.keep()
    if not lines:
        raise InputError(
            "no usable record", file=str(path), hint="expected records with id, question, choices, …"
        )
    stem = path.name.split(".")[0].removesuffix("-meta")
    return Benchmark(
        tuple(held) if left is None else left,
        name or stem,
        revision,
        audio_dir,
        tuple(errors),
        origin or str(path.resolve()),
        lost,
    )


def duplicate_id(item_id: str, path: Path | str, first: int, second: int) -> InputError:
    """The error for an id that stands twice in one file."""
    return InputError(
        f"“{item_id}” stands on line {first} already",
        file=str(path),
        line=second,
        field="id",
        hint="keep one of the two; with --lenient the first counts",
    )


def write_benchmark(items: Iterable[Item], path: Path | str) -> None:
    """Write items in the publisher's format, whole or not at all.

    Args:
        items: in the order to write.
        path: `.jsonl` for one record a line, `.json` for an array; `.gz` behind either compresses.

    Raises:
        ExternalError: the disk refuses; a file that stood there stays as it was.
    """
    write_records((item.to_record() for item in items), path)


def write_records(records: Iterable[dict[str, Any]], path: Path | str) -> None:
    """As `write_benchmark`, for records that are plain dictionaries; they are taken one at a time."""
    import json

    path = Path(path)
    suffixes = path.name.lower().split(".")[1:]
    texts = (json.dumps(record, ensure_ascii=False) for record in records)
    lines = _array_lines(texts) if "json" in suffixes else (f"{text}\n" for text in texts)
    pieces: Iterator[bytes] = (line.encode() for line in lines)
    if suffixes[-1:] == ["gz"]:
        import gzip

        pieces = iter((gzip.compress(b"".join(pieces), mtime=0),))
    write_atomic(path, pieces)


def _array_lines(texts: Iterable[str]) -> Iterator[str]:
    lead = "[\n"
    for text in texts:
        yield f"{lead}{text}"
        lead = ",\n"
    yield "[\n]\n" if lead == "[\n" else "\n]\n"
