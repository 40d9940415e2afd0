"""The content digest of a benchmark: one SHA-256 over what a score depends on, independent of the file format.

Definition, version 1. The canonical form of an item is the JSON array

    [id, question, choices, answer, modality, category, sub-category]

without white space, as UTF-8, non-ASCII characters not escaped, an absent value as null. The benchmark's
digest is SHA-256 over the concatenation of the items' entries in ascending order, an entry
being the first 8 bytes of SHA-256(id as UTF-8) followed by the 32 bytes of SHA-256(canonical form). So it is
the same for any order of items and of keys, for JSON and JSONL, plain and gzip, and for the MMAU spelling.
Audio paths, links, time stamps, thinking, cues and rubrics are left out: no score depends on them.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256 as _sha256
from itertools import islice
from operator import eq
from struct import unpack

import msgspec

from mmar.items.item import Item, Question

DIGEST_VERSION = 1
_KEY = 8
_ENTRY = _KEY + 32
_encode = msgspec.json.Encoder().encode


class DigestBuilder:
    """Computes the digest of items that are added in any order, at 40 bytes per item."""

    def __init__(self) -> None:
        # By the first byte, so that small lists are sorted, in little memory beside the bytes themselves.
        self._buckets = [bytearray() for _ in range(256)]

    def add(self, item_id: str, question: Question) -> None:
        """Add one item."""
        key = _sha256(item_id.encode()).digest()[:_KEY]
        form = _encode((item_id, *scored_content(question)))
        self._buckets[key[0]] += key + _sha256(form).digest()

    def merge(self, other: DigestBuilder) -> None:
        """Add the items of another builder."""
        for mine, others in zip(self._buckets, other._buckets, strict=True):
            mine.extend(others)

    def finish(self) -> tuple[str, bool]:
        """The digest of all items, and whether two of them seem to have the same id, which must be confirmed.

        It seems so if 8 bytes of the hashes of two ids agree.
        """
        whole = _sha256()
        twice = False
        for bucket in self._buckets:
            entries = b"".join(sorted(unpack(f"{_ENTRY}s" * (len(bucket) // _ENTRY), bucket)))
            whole.update(entries)
            # An entry is five numbers of eight bytes, of which the first is its key; equal keys are neighbours.
            keys = memoryview(entries).cast("Q")[:: _ENTRY // _KEY].tolist()
            twice = twice or any(map(eq, keys, islice(keys, 1, None)))
        return whole.hexdigest(), twice


def scored_content(question: Question) -> tuple[object, ...]:
    """The fields that a score depends on, in the order of the canonical form, without the id."""
    return (
        question.question,
        question.choices,
        question.answer,
        question.modality,
        question.category,
        question.sub_category,
    )


def benchmark_digest(items: Iterable[Item]) -> str:
    """The digest of items in any order, 64 hexadecimal digits."""
    builder = DigestBuilder()
    for item in items:
        builder.add(item.id, item)
    return builder.finish()[0]
