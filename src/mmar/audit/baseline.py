"""Baseline files: findings that were reviewed and accepted.

An accepted finding is identified by its code, item, field, other items and the field's value. It appears again if the
value changes; the wording of messages does not matter.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from mmar.audit.check import Finding
from mmar.errors import InputError
from mmar.files.atomic import write_atomic
from mmar.files.hashing import reading, sha256_bytes
from mmar.files.typed import decode_json

__all__ = ["Accepted", "read_baseline", "write_baseline"]

_FORMAT = 1


class Accepted(msgspec.Struct, frozen=True):
    """The findings that a baseline file accepts.

    Attributes:
        keys: the identity of each.
    """

    keys: frozenset[tuple[str, ...]] = frozenset()

    @staticmethod
    def key(code: str, finding: Finding) -> tuple[str, ...]:
        """The identity of a finding, which does not depend on its message."""
        value = "" if finding.current is None else _digest(finding.current)
        return (code, finding.item or "", finding.field or "", finding.kind, " ".join(finding.others), value)


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One accepted finding in the file."""

    code: str
    item: str | None
    field: str | None
    kind: str
    others: tuple[str, ...]
    value: str
    message: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        return (
            self.code,
            self.item or "",
            self.field or "",
            self.kind,
            " ".join(self.others),
            self.value,
        )


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A baseline file."""

    format: int
    accepted: tuple[_Entry, ...]


def read_baseline(path: Path) -> Accepted:
    """Read a baseline file.

    Raises:
        InputError: it is missing, or not a baseline file.
        ExternalError: it cannot be read.
    """
    with reading(path) as stream:
        data = stream.read()
    baseline = decode_json(data, _File, file=str(path), hint="write it again with --write-baseline")
    if baseline.format != _FORMAT:
        raise InputError(
            f"has format {baseline.format}, expected {_FORMAT}",
            file=str(path),
            code="wrong-format",
            hint="write it again with --write-baseline",
        )
    return Accepted(frozenset(entry.key for entry in baseline.accepted))


def write_baseline(path: Path, findings: Iterable[tuple[str, Finding]]) -> int:
    """Write a baseline file.

    Args:
        path: the file.
        findings: the findings to accept, each with its check's code.

    Returns:
        Number of findings.

    Raises:
        ExternalError: the disk cannot be written.
    """
    entries = [_entry(code, finding) for code, finding in findings]
    # One entry per line, so that changes can be read in a diff.
    lines = ",\n".join(f"    {json.dumps(entry, ensure_ascii=False)}" for entry in entries)
    text = f'{{\n  "format": {_FORMAT},\n  "accepted": [\n{lines}\n  ]\n}}\n'
    write_atomic(path, text)
    return len(entries)


def _entry(code: str, finding: Finding) -> dict[str, Any]:
    return {
        "code": code,
        "item": finding.item,
        "field": finding.field,
        "kind": finding.kind,
        "others": list(finding.others),
        "value": "" if finding.current is None else _digest(finding.current),
        "message": finding.message,
    }


def _digest(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return sha256_bytes(text.encode())[:12]
