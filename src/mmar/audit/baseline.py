"""Findings that were looked at and accepted, in a file that lies beside the benchmark.

An accepted finding is known by its code, item, field, the other items and what stood in the field, so it
comes back when the value changes, and it does not matter how a message is worded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from mmar.audit.finding import Finding
from mmar.errors import ExternalError, InputError
from mmar.files.atomic import write_atomic

__all__ = ["Accepted", "read_baseline", "write_baseline"]

_FORMAT = 1


class Accepted(msgspec.Struct, frozen=True):
    """What a baseline file accepts.

    Attributes:
        keys: what tells one finding from all others.
    """

    keys: frozenset[tuple[str, ...]] = frozenset()

    @staticmethod
    def key(code: str, finding: Finding) -> tuple[str, ...]:
        """What tells a finding from all others, whatever its message says."""
        value = "" if finding.current is None else _digest(finding.current)
        return (code, finding.item or "", finding.field or "", finding.kind, " ".join(finding.others), value)


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One accepted finding as it lies in the file."""

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
        InputError: it is none.
        ExternalError: the system cannot read it.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_File)
    except FileNotFoundError:
        raise InputError(
            "no such file", file=str(path), hint="make one with --write-baseline, or check the path"
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"is no baseline file of this program ({error})", file=str(path)) from None
    except OSError as error:
        raise ExternalError(f"{path}: cannot be read ({error.strerror or error})") from None
    if found.format != _FORMAT:
        raise InputError(
            f"has format {found.format}, expected {_FORMAT}", file=str(path), hint="write it anew"
        )
    return Accepted(frozenset(entry.key for entry in found.accepted))


def write_baseline(path: Path, findings: Iterable[tuple[str, Finding]]) -> int:
    """Write a baseline file that accepts some findings.

    Args:
        path: where.
        findings: each with its check's code.

    Returns:
        How many it accepts.

    Raises:
        ExternalError: the disk refuses.
    """
    entries = [_entry(code, finding) for code, finding in findings]
    # One entry a line: a change of what is accepted can be read in a diff.
    lines = ",\n".join(f"    {json.dumps(entry, ensure_ascii=False)}" for entry in entries)
    text = f'{{\n  "format": {_FORMAT},\n  "accepted": [\n{lines}\n  ]\n}}\n'
    write_atomic(path, text.encode())
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
    return hashlib.sha256(text.encode()).hexdigest()[:12]
