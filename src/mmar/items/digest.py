"""The digest of a benchmark: one SHA-256 over what a score depends on, whatever file it stands in.

Definition, version 1. The canonical form of an item is the JSON array

    [id, question, choices, answer, modality, category, sub-category]

without white space, as UTF-8, non-ASCII characters written as themselves, an absent value as null. The
benchmark's digest is SHA-256 over the concatenation of the items' entries in ascending order, an entry
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

__all__ = ["DIGEST_VERSION", "DigestBuilder", "benchmark_digest"]

DIGEST_VERSION = 1
_KEY = 8
_ENTRY = _KEY + 32
_encode = msgspec.json.Encoder().encode


class DigestBuilder:
    """Collects items in any order and in several processes, 40 bytes each, and gives the digest."""

    def __init__(self) -> None:
        # Apart by the first byte: small lists are sorted quicker, and with little memory beside the bytes themselves.
        self._buckets = [bytearray() for _ in range(256)]

    def add(self, item_id: str, question: Question) -> None:
        """Add one item."""
        key = _sha256(item_id.encode()).digest()[:_KEY]
        form = _encode(
            (
                item_id,
                question.question,
                question.choices,
                question.answer,
                question.modality,
                question.category,
                question.sub_category,
            )
        )
        self._buckets[key[0]] += key + _sha256(form).digest()

    def merge(self, other: DigestBuilder) -> None:
        """Add what another builder has."""
        for mine, others in zip(self._buckets, other._buckets, strict=True):
            mine.extend(others)

    def finish(self) -> tuple[str, bool]:
        """The digest of everything added, and whether two items seem to have one id.

        Returns:
            64 hexadecimal digits; and whether 8 bytes of the hash of two ids agree, which the ids themselves
            must confirm.
        """
        whole = _sha256()
        twice = False
        for bucket in self._buckets:
            entries = b"".join(sorted(unpack(f"{_ENTRY}s" * (len(bucket) // _ENTRY), bucket)))
            whole.update(entries)
            # The keys, read as numbers of eight bytes, of which an entry has five; equal ones stand side by side.
            keys = memoryview(entries).cast("Q")[:: _ENTRY // _KEY].tolist()
            twice = twice or any(map(eq, keys, islice(keys, 1, None)))
        return whole.hexdigest(), twice


def benchmark_digest(items: Iterable[Item]) -> str:
    """The digest of some items, 64 hexadecimal digits.

    Args:
        items: in any order.
    """
    builder = DigestBuilder()
    for item in items:
        builder.add(item.id, Question.of(item))
    return builder.finish()[0]
