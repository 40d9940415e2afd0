"""A benchmark: items with a name, a revision and a content digest; reading and writing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import msgspec

from mmar._display import frame
from mmar.errors import InputError, UsageError
from mmar.files.atomic import encode_text, write_atomic
from mmar.files.safe_paths import find_clip
from mmar.files.typed import decode_json
from mmar.items.digest import benchmark_digest
from mmar.items.item import Item, is_blank_answer, published_rank
from mmar.items.layouts import Rows, find_layout
from mmar.items.mapping import FieldMap, read_field_map
from mmar.items.records import first_records, raw_records

_SUFFIXES = frozenset({".json", ".jsonl", ".ndjson", ".gz", ".toml"})


class Benchmark(msgspec.Struct, frozen=True, dict=True):
    """Items with a name. Iterating gives the items; `benchmark[0]` and `benchmark["id"]` give one.

    Attributes:
        items: in published order, ids unique.
        name: e.g. `mmar`, or the file's name without its ending.
        revision: the publisher's revision, or empty.
        audio_dir: the folder that the items' `audio_path` is relative to, if known.
        errors: one for each record that was left out under `lenient`.
        origin: the name or absolute path by which it can be loaded again, or empty.
        unreadable: how many questions were left out; a second record of one id is not another question.
        groups: further fields of the records by which scores are grouped (`Item.extra`).
    """

    items: tuple[Item, ...]
    name: str
    revision: str = ""
    audio_dir: Path | None = None
    errors: tuple[InputError, ...] = ()
    origin: str = ""
    unreadable: int = 0
    groups: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __contains__(self, item: object) -> bool:
        return item in self.by_id if isinstance(item, str) else item in self.items

    @overload
    def __getitem__(self, key: int | str) -> Item: ...

    @overload
    def __getitem__(self, key: slice) -> tuple[Item, ...]: ...

    def __getitem__(self, key: int | str | slice) -> Item | tuple[Item, ...]:
        return self.by_id[key] if isinstance(key, str) else self.items[key]

    def __repr__(self) -> str:
        revision = f" at {self.revision[:12]}" if self.revision else ""
        return f"Benchmark({self.name!r}{revision}, {len(self):,} items)"

    def _repr_html_(self) -> str:
        from html import escape

        counts = Counter(item.modality for item in self.items)
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{counts[name]:,}</td></tr>"
            for name in sorted(counts, key=lambda name: (published_rank(name), name))
        )
        return (
            f"<p><b>{escape(self.name)}</b>: {len(self):,} items, digest {self.digest[:12]}</p>"
            f"<table><tr><th>modality</th><th>items</th></tr>{rows}</table>"
        )

    @cached_property
    def by_id(self) -> dict[str, Item]:
        """The items by their id."""
        return {item.id: item for item in self.items}

    @cached_property
    def digest(self) -> str:
        """Content digest; see `mmar.items.digest`."""
        return benchmark_digest(self.items)

    @cached_property
    def closed(self) -> Benchmark:
        """The questions with choices; the benchmark itself where all have them."""
        closed = tuple(item for item in self.items if item.choices)
        return self if len(closed) == len(self.items) else msgspec.structs.replace(self, items=closed)

    def check_scorable(self) -> None:
        """Check that answers can be compared with a key: none is withheld, and some question has choices.

        Raises:
            UsageError: codes `answers-withheld`, `open-questions`.
        """
        # Instructions that are verified by their form have no answer.
        withheld = sum(item.answer is None for item in self.closed)
        if withheld:
            raise UsageError(
                f'"{self.name}" cannot be scored: its publisher withholds {withheld:,} of {len(self.closed):,} answers',
                code="answers-withheld",
                hint="run it, and submit its predictions to the publisher: mmar submit RUN --out FILE",
            )
        if not any(item.choices for item in self.items):
            raise UsageError(
                f'no question of "{self.name}" has choices, so answers cannot be scored by comparing choices',
                code="open-questions",
                hint="let a judge score them: mmar score --judge MODEL",
            )

    def clip(self, audio_path: str) -> Path:
        """The file of an item's clip below the audio folder; whether it exists is not checked.

        Raises:
            UsageError: the benchmark has no audio folder.
            InputError: the path would leave the folder.
        """
        if self.audio_dir is None:
            raise UsageError(
                f'the audio of "{self.name}" is not here',
                code="no-audio",
                hint="name its folder with --audio-dir, or download it with mmar get",
            )
        return find_clip(self.audio_dir, audio_path)

    def to_dict(self) -> dict[str, Any]:
        """Name, revision, digest and records, as plain data."""
        return {
            "name": self.name,
            "revision": self.revision,
            "digest": self.digest,
            "items": [item.to_record() for item in self.items],
        }

    def to_frame(self) -> Any:
        """The items as a pandas data frame, one row per item.

        Raises:
            UsageError: pandas is not installed.
        """
        return frame([item.to_record() for item in self.items])


def load_benchmark(
    path: Path | str,
    *,
    name: str | None = None,
    revision: str = "",
    audio_dir: Path | None = None,
    origin: str = "",
    lenient: bool = False,
    report: Callable[[InputError], None] | None = None,
    annotations: bool = True,
) -> Benchmark:
    """Read a benchmark's metadata.

    The file is JSONL or a JSON array, plain or `.gz`, in the layout of MMAR (2025, 2026) or MMAU; or it is in another
    published layout (`mmar.items.layouts`), also Parquet; or a TOML file that maps the fields of any other
    (`mmar.items.mapping`). `name` is by default `benchmark_name(path)`, and `origin` the path. With `lenient`, bad
    records are left out, and `report` is called with the error of each. For `annotations` see `Item.from_record`.

    Raises:
        InputError: a record cannot be read, or two have one id (unless `lenient`), or no record is usable.
    """
    path, mapping = Path(path), None
    source = path
    rows: Rows = raw_records
    if path.suffix.lower() == ".toml":
        mapping = read_field_map(path)
        source = path.parent / mapping.file
        name = name or mapping.name
        if audio_dir is None and mapping.audio_dir:
            audio_dir = path.parent / mapping.audio_dir
    elif (layout := find_layout(path)) is not None:
        mapping, rows = layout.fields, layout.rows
        if not name or name == benchmark_name(path):
            name = layout.name or name
    items: list[Item] = []
    lines: dict[str, int] = {}
    errors: list[InputError] = []
    unreadable = 0
    withheld = _withholds_answers(source, mapping, rows)
    for line, row in rows(source):
        try:
            record = row
            if isinstance(row, bytes):
                hint = "correct it, or leave it out with --lenient"
                record = decode_json(row, line=line, hint=hint)
            item = Item.from_record(
                record if mapping is None else mapping.apply(record),
                annotations=annotations,
                withheld=withheld,
                key_may_differ=mapping is not None and mapping.key_may_differ,
            )
            if mapping is not None:  # to be written again as it came
                item = msgspec.structs.replace(item, names=tuple(record), extra=record)
            problem = duplicate_id(item.id, source, lines[item.id], line) if item.id in lines else None
        except InputError as error:
            problem = error.located(str(source), line)
            unreadable += 1
        if problem is None:
            lines[item.id] = line
            items.append(item)
            continue
        if not lenient:
            raise problem
        errors.append(problem)
        if report is not None:
            report(problem)
    if not items:
        raise InputError(
            "no usable record",
            file=str(source),
            code="no-records",
            hint="expected records with id, audio_path, question, choices, answer, modality and category",
        )
    return Benchmark(
        tuple(items),
        name or benchmark_name(path),
        revision,
        audio_dir,
        tuple(errors),
        origin or str(path.resolve()),
        unreadable,
        mapping.groups if mapping is not None else (),
    )


def _withholds_answers(path: Path, mapping: FieldMap | None, rows: Rows) -> bool:
    """Whether none of a file's first records has an answer."""
    seen = False
    for record in first_records(rows(path)):
        try:
            mapped = record if mapping is None else mapping.apply(record)
        except InputError:
            continue
        seen = True
        if mapped.get("answer") is not None and not is_blank_answer(mapped):
            return False
    return seen


def benchmark_name(path: Path | str) -> str:
    """The name of a benchmark in a file: the file's name without format endings and `-meta`.

    Example:
        >>> benchmark_name("MMAR-meta.jsonl"), benchmark_name("rain-1.5-noisy.json.gz")
        ('MMAR', 'rain-1.5-noisy')
    """
    name = Path(path).name
    while (ending := Path(name).suffix).lower() in _SUFFIXES and name != ending:
        name = name.removesuffix(ending)
    return name.removesuffix("-meta") or name


def duplicate_id(item_id: str, path: Path | str, first: int, second: int) -> InputError:
    """The error for an id that two records of a file have."""
    return InputError(
        f'"{item_id}" is the id of line {first} already',
        file=str(path),
        line=second,
        field="id",
        code="duplicate-id",
        hint="keep one of the two records; with --lenient the first counts",
    )


def write_benchmark(items: Iterable[Item], path: Path | str) -> None:
    """Write items in the publisher's format, in one step.

    The file's ending decides: `.jsonl` for one record per line, `.json` for an array; a further `.gz` compresses.

    Raises:
        InputError: a text has a character that no file can hold (`lone-surrogate`).
        ExternalError: the disk cannot be written; an existing file stays unchanged.
    """
    write_records((item.to_record() for item in items), path)


def write_records(records: Iterable[dict[str, Any]], path: Path | str) -> None:
    """As `write_benchmark`, for records that are plain dictionaries; they are taken one at a time."""
    import json  # few commands write a benchmark

    path = Path(path)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    texts = map(json.JSONEncoder(ensure_ascii=False).encode, records)
    lines = _array_lines(texts) if ".json" in suffixes[-2:] else (f"{text}\n" for text in texts)
    if suffixes[-1:] != [".gz"]:
        write_atomic(path, lines)
        return
    import gzip

    write_atomic(path, gzip.compress(b"".join(encode_text(line, path) for line in lines), mtime=0))


def _array_lines(texts: Iterable[str]) -> Iterator[str]:
    lead = "[\n"
    for text in texts:
        yield f"{lead}{text}"
        lead = ",\n"
    yield "[\n]\n" if lead == "[\n" else "\n]\n"
