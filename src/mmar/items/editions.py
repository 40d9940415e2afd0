"""Editions of a benchmark, its questions as published at one time, and recognition of the edition of a file.

Two editions of MMAR are in use (May 2025, still served by the Hugging Face data set, and February 2026), and MMAU's
test-mini was changed many times. An edition is known by its content digest (`mmar.items.digest`). To recognise files
that contain only a part of an edition, or none exactly, `editions.json` has two short hashes per item: of its id,
question and choices, and of these with the answer. It is written by `tools/make_editions.py`.

Disputed items of published benchmarks, with the reason for each, are in `errata.toml`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from mmar.files.typed import convert, decode_json, read_toml
from mmar.items.records import first_records, raw_records

_HASH = 8  # hexadecimal digits


class EditionFile(msgspec.Struct, frozen=True):
    """One published metadata file of an edition; the date is `YYYY-MM-DD` or `YYYY-MM`."""

    date: str
    commit: str
    filename: str
    size: int
    sha256: str


class _Hashes(
    msgspec.Struct, frozen=True, rename={"added": "with", "removed": "without"}, omit_defaults=True
):
    """Hashes of all items, or the difference from the newest edition of the benchmark."""

    all: str = ""
    added: str = ""
    removed: str = ""

    def resolve(self, base: frozenset[str]) -> frozenset[str]:
        if self.all:
            return frozenset(_hashes(self.all))
        return base.difference(_hashes(self.removed)).union(_hashes(self.added))


class Edition(msgspec.Struct, frozen=True, dict=True):
    """One edition of a benchmark.

    Attributes:
        name: its date, e.g. `2026-02`; the first edition of a benchmark in the list is the default.
        digest: content digest of its questions.
        items: number of questions.
        files: the published files that contain it, the newest first.
        faulty: ids of items whose answer is none of their choices.
        corrected: by item id, hashes of its key here and of its key in the newest edition, where question and choices are
            the same and the key is not.
    """

    name: str
    digest: str
    items: int
    files: tuple[EditionFile, ...]
    faulty: frozenset[str]
    questions: _Hashes
    keys: _Hashes
    corrected: dict[str, tuple[str, str]] = {}
    benchmark: str = ""
    base: Any = None

    @property
    def label(self) -> str:
        """Benchmark and edition, e.g. `mmar@2026-02`."""
        return f"{self.benchmark}@{self.name}"

    @cached_property
    def question_hashes(self) -> frozenset[str]:
        """Hashes of id, question and choices of all items."""
        return self.questions.resolve(self.base.question_hashes if self.base else frozenset())

    @cached_property
    def key_hashes(self) -> frozenset[str]:
        """Hashes of id, question, choices and answer of all items."""
        return self.keys.resolve(self.base.key_hashes if self.base else frozenset())


class EditionMatch(msgspec.Struct, frozen=True):
    """How many records of a file belong to an edition.

    Attributes:
        total: number of records.
        same_questions: records whose id, question and choices are the edition's.
        same_keys: records whose answer is the edition's, too.
        has_keys: whether the records have answers.
    """

    edition: Edition
    total: int
    same_questions: int
    same_keys: int
    has_keys: bool

    @property
    def exact(self) -> bool:
        """Whether every record is the edition's."""
        return self.total > 0 and (self.same_keys if self.has_keys else self.same_questions) == self.total


@lru_cache(maxsize=1)
def editions() -> dict[str, tuple[Edition, ...]]:
    """All known editions by benchmark, the default first."""
    data = Path(__file__).with_name("editions.json").read_bytes()
    known = decode_json(data, dict[str, list[Edition]], file="editions.json")
    return {
        name: tuple(
            msgspec.structs.replace(each, benchmark=name, base=None if each is group[0] else group[0])
            for each in group
        )
        for name, group in known.items()
    }


@lru_cache(maxsize=1)
def corrected_ids() -> frozenset[str]:
    """Ids of the items whose key differs between editions of one benchmark."""
    return frozenset(name for known in editions().values() for each in known for name in each.corrected)


def edition_of(digest: str) -> Edition | None:
    """The edition with a content digest."""
    return next((each for group in editions().values() for each in group if each.digest == digest), None)


def find_edition(benchmark: str, name: str) -> Edition | None:
    """The edition with a name, or with a file of that date or of that date and commit (`2025-05-22-65c0574`)."""
    known = editions().get(benchmark, ())
    named = next((each for each in known if each.name == name), None)
    return named or next(
        (
            each
            for each in known
            for file in each.files
            if name in (file.date, f"{file.date}-{file.commit[: max(7, len(name) - len(file.date) - 1)]}")
        ),
        None,
    )


def key_hash(text: str) -> str:
    """Short hash of the words of a key, whatever their case and spacing."""
    words = text.casefold().strip(" .").split()
    return hashlib.sha256(msgspec.json.encode(words)).hexdigest()[:_HASH]


def item_hash(item_id: str, question: str | None, choices: Sequence[str], answer: str | None = None) -> str:
    """Short hash of an item, with or without its answer."""
    form: list[object] = [item_id, question, list(choices)]
    if answer is not None:
        form.append(answer)
    return hashlib.sha256(msgspec.json.encode(form)).hexdigest()[:_HASH]


def is_published(item_id: str, question: str | None, choices: Sequence[str], answer: str) -> bool:
    """Whether a question with this answer is part of a known edition, exactly."""
    expected = item_hash(item_id, question, choices, answer)
    return any(expected in each.key_hashes for known in editions().values() for each in known)


def match_editions(path: Path | str, most: int | None = None) -> tuple[EditionMatch, ...]:
    """Compare the first `most` records of a benchmark or of predictions, or all, with each known edition.

    Returns:
        The best match first; of equal ones the default edition first. Empty if no record has choices.

    Raises:
        InputError: the file cannot be read; records that are not valid JSON are skipped.
    """
    questions, keys = [], []
    for record in first_records(raw_records(path), most):
        if not isinstance(record.get("choices"), list):
            continue
        # The first states of MMAU have no ids; there the file's name is the id.
        item_id = record.get("id") or PurePosixPath(str(record.get("audio_id", ""))).stem
        if item_id:
            parts = (item_id, record.get("question"), record["choices"])
            try:
                questions.append(item_hash(*parts))
                keys += [item_hash(*parts, record["answer"])] if record.get("answer") else []
            except (TypeError, UnicodeEncodeError):
                continue
    if not questions:
        return ()
    return tuple(
        sorted(
            _compare_editions(questions, keys), key=lambda match: (-match.same_questions, -match.same_keys)
        )
    )


def _compare_editions(questions: list[str], keys: list[str]) -> Iterable[EditionMatch]:
    # Most files are of no edition, which shows without a set of the hashes of each.
    stored = "".join(
        edition.questions.all + edition.questions.added for group in editions().values() for edition in group
    )
    known = not frozenset(questions).isdisjoint(_hashes(stored))
    for group in editions().values():
        for edition in group:
            yield EditionMatch(
                edition,
                len(questions),
                sum(each in edition.question_hashes for each in questions) if known else 0,
                sum(each in edition.key_hashes for each in keys) if known else 0,
                has_keys=len(keys) == len(questions),
            )


def _hashes(text: str) -> list[str]:
    return [text[start : start + _HASH] for start in range(0, len(text), _HASH)]


class Erratum(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One disputed item: the code of the audit's check that finds it, and the reason, a sentence without a full stop."""

    id: str
    check: str
    reason: str


@lru_cache(maxsize=1)
def errata() -> dict[str, Erratum]:
    """All disputed items, by id."""
    path = Path(__file__).with_name("errata.toml")
    items = convert(read_toml(path)["item"], list[Erratum], file=str(path))
    return {item.id: item for item in items}
