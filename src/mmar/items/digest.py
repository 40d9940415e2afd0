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

import hashlib
from collections.abc import Iterable, Iterator

import msgspec

from mmar.items.item import Item, Question

__all__ = ["DIGEST_VERSION", "DigestBuilder", "benchmark_digest"]

DIGEST_VERSION = 1
_ENTRY = 40
_encode = msgspec.json.Encoder().encode


class DigestBuilder:
    """Collects items in any order and in several processes, 40 bytes each, and gives the digest."""

    def __init__(self) -> None:
        # Apart by the first byte: sorting 256 small lists needs little memory beside the bytes themselves.
        self._buckets = [bytearray() for _ in range(256)]

    def add(self, item_id: str, question: Question) -> None:
        """Add one item."""
        key = hashlib.sha256(item_id.encode()).digest()[:8]
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
        self._buckets[key[0]] += key + hashlib.sha256(form).digest()

    def merge(self, entries: bytes) -> None:
        """Add what another builder's `entries` gave."""
        for at in range(0, len(entries), _ENTRY):
            self._buckets[entries[at]] += entries[at : at + _ENTRY]

    def entries(self) -> bytes:
        """Everything added so far, for `merge`."""
        return b"".join(self._buckets)

    def hexdigest(self) -> str:
        """The digest of everything added, 64 hexadecimal digits."""
        whole = hashlib.sha256()
        for bucket in self._sorted():
            whole.update(b"".join(bucket))
        return whole.hexdigest()

    def has_duplicates(self) -> bool:
        """Whether two items seem to have one id: 8 bytes of its hash agree; the ids themselves decide."""
        for bucket in self._sorted():
            keys = [entry[:8] for entry in bucket]
            if len(set(keys)) < len(keys):
                return True
        return False

    def _sorted(self) -> Iterator[list[bytes]]:
        for bucket in self._buckets:
            yield sorted(bytes(bucket[at : at + _ENTRY]) for at in range(0, len(bucket), _ENTRY))


def benchmark_digest(items: Iterable[Item]) -> str:
    """The digest of some items, 64 hexadecimal digits.

    Args:
        items: in any order.
    """
    builder = DigestBuilder()
    for item in items:
        builder.add(item.id, Question.of(item))
    return builder.hexdigest()
