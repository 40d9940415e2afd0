"""Running checks, collecting their results, and baseline files of findings that were reviewed and accepted.

An accepted finding is identified by its code, item, field, other items and the field's value. It appears again if the
value changes; the wording of messages does not matter.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from mmar.audit.check import SEVERITIES, Check, Finding, Measure, Need, Severity
from mmar.errors import InputError
from mmar.files.atomic import write_atomic
from mmar.files.hashing import sha256_bytes
from mmar.files.open import open_file
from mmar.files.typed import decode_json

S = TypeVar("S")


class Outcome(msgspec.Struct, frozen=True):
    """The result of one check.

    Attributes:
        findings: in the order of the items, without those that were accepted.
        measures: numbers about the benchmark.
        accepted: findings that the baseline file accepts.
        skipped: what the check needs and was not given; `None` if it ran.
    """

    code: str
    severity: Severity
    title: str
    findings: tuple[Finding, ...] = ()
    measures: tuple[Measure, ...] = ()
    accepted: int = 0
    skipped: Need | None = None

    @property
    def items(self) -> int:
        """Number of items that the findings are about."""
        named = {finding.item for finding in self.findings} - {None}
        return len(named.union(*(finding.others for finding in self.findings)))

    @property
    def kinds(self) -> dict[str, int]:
        """Number of findings by kind, the most common first; empty if the check has no kinds."""
        counts = Counter(finding.kind for finding in self.findings)
        return {} if set(counts) <= {""} else dict(counts.most_common())


class Audit(msgspec.Struct, frozen=True):
    """The result of an audit.

    Attributes:
        subject: what was audited: its name, revision, digest, number of items; or a table's name and rows.
        outcomes: one for each check, in the order of the codes.
        stale: entries of the baseline file that no longer occur.
    """

    subject: dict[str, Any]
    outcomes: tuple[Outcome, ...]
    stale: int = 0

    @property
    def findings(self) -> tuple[tuple[str, Finding], ...]:
        """All findings, each with its check's code."""
        return tuple((each.code, finding) for each in self.outcomes for finding in each.findings)

    def count(self, severity: Severity) -> int:
        """Number of findings of a severity."""
        return sum(len(each.findings) for each in self.outcomes if each.severity == severity)

    def failed(self, *, strict: bool = False) -> bool:
        """Whether errors remain, or with `strict` warnings."""
        return bool(self.count("error") or (strict and self.count("warning")))

    def to_json(self) -> dict[str, Any]:
        """Plain data with stable keys, for `--json`."""
        return {
            "subject": self.subject,
            "summary": {severity: self.count(severity) for severity in SEVERITIES},
            "checks": [
                {
                    "code": each.code,
                    "severity": each.severity,
                    "title": each.title,
                    "findings": len(each.findings),
                    "items": each.items,
                    "kinds": each.kinds,
                    "accepted": each.accepted,
                    "skipped_for_want_of": each.skipped,
                    "measures": _plain(each.measures),
                }
                for each in self.outcomes
            ],
            "findings": [
                {"code": each.code, "severity": each.severity, **_plain(finding)}
                for each in self.outcomes
                for finding in each.findings
            ],
            "stale_baseline_entries": self.stale,
        }

    def corrections(self) -> dict[str, Any]:
        """What `--fix-report` writes: one record per finding, with a proposed value where there is one."""
        return {
            "subject": self.subject,
            "note": "nothing was changed; apply what you agree with, field by field",
            "corrections": [{"code": code, **_plain(finding)} for code, finding in self.findings],
        }


def run_checks(
    subject: S, checks: Sequence[Check[S]], has: Collection[str], accepted: Accepted | None = None
) -> tuple[tuple[Outcome, ...], int]:
    """Run checks of a benchmark or a table; a check that needs what it does not have is skipped.

    Returns:
        One outcome per check, and the number of accepted findings that did not occur.
    """
    keys = accepted.keys if accepted else frozenset()
    outcomes = []
    used: set[tuple[str, ...]] = set()
    for check in checks:
        result = Outcome(check.code, check.severity, check.title, skipped=check.needs)
        if check.needs in has:
            results = list(check.find(subject))
            identified = [
                (Accepted.key(check.code, each), each) for each in results if isinstance(each, Finding)
            ]
            findings = tuple(finding for key, finding in identified if key not in keys)
            measures = tuple(each for each in results if isinstance(each, Measure))
            used |= {key for key, _ in identified}
            number = len(identified) - len(findings)
            result = Outcome(check.code, check.severity, check.title, findings, measures, number)
        outcomes.append(result)
    ran = {each.code for each in outcomes if each.skipped is None}
    return tuple(outcomes), sum(key[0] in ran for key in keys - used)


_FORMAT = 1
_WRITE_AGAIN = "write it again with --write-baseline"


class Accepted(msgspec.Struct, frozen=True):
    """The findings that a baseline file accepts, each by its `key`."""

    keys: frozenset[tuple[str, ...]] = frozenset()

    @staticmethod
    def key(code: str, finding: Finding) -> tuple[str, ...]:
        """What identifies a finding of a check, which does not depend on its message."""
        return _Entry.of(code, finding).key


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One accepted finding in the file."""

    code: str
    item: str | None
    field: str | None
    kind: str
    others: tuple[str, ...]
    value: str
    message: str = ""

    @classmethod
    def of(cls, code: str, finding: Finding) -> _Entry:
        value = ""
        if finding.current is not None:
            text = json.dumps(finding.current, ensure_ascii=False, sort_keys=True)
            value = sha256_bytes(text.encode())[:12]
        return cls(code, finding.item, finding.field, finding.kind, finding.others, value, finding.message)

    @property
    def key(self) -> tuple[str, ...]:
        return (self.code, self.item or "", self.field or "", self.kind, " ".join(self.others), self.value)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A baseline file."""

    format: int
    accepted: tuple[_Entry, ...]


def read_baseline(path: Path) -> Accepted:
    """Read a baseline file.

    Raises:
        InputError: it is missing, or not a baseline file.
    """
    with open_file(path) as stream:
        data = stream.read()
    baseline = decode_json(data, _File, file=str(path), hint=_WRITE_AGAIN)
    if baseline.format != _FORMAT:
        problem = f"has format {baseline.format}, expected {_FORMAT}"
        raise InputError(problem, file=str(path), code="wrong-format", hint=_WRITE_AGAIN)
    return Accepted(frozenset(entry.key for entry in baseline.accepted))


def write_baseline(path: Path, findings: Iterable[tuple[str, Finding]]) -> int:
    """Write a baseline file that accepts findings, each with its check's code; returns their number."""
    entries = [_plain(_Entry.of(code, finding)) for code, finding in findings]
    # One entry per line, so that changes can be read in a diff.
    lines = ",\n".join(f"    {json.dumps(entry, ensure_ascii=False)}" for entry in entries)
    text = f'{{\n  "format": {_FORMAT},\n  "accepted": [\n{lines}\n  ]\n}}\n'
    write_atomic(path, text)
    return len(entries)


def _plain(value: Any) -> Any:
    """Records as JSON has them; a value that is unset is left out."""
    return msgspec.json.decode(msgspec.json.encode(value))
