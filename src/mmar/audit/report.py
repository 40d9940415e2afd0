"""Running checks and collecting their results."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET

from mmar.audit.baseline import Accepted
from mmar.audit.check import SEVERITIES, Check, Finding, Measure, Need, Severity

__all__ = ["Audit", "Outcome", "run_checks"]

S = TypeVar("S")


class Outcome(msgspec.Struct, frozen=True):
    """The result of one check.

    Attributes:
        code: the check's code.
        severity: how bad its findings are.
        title: what it finds.
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
        counts: dict[str, int] = {}
        for finding in self.findings:
            counts[finding.kind] = counts.get(finding.kind, 0) + 1
        return {} if set(counts) <= {""} else dict(sorted(counts.items(), key=lambda pair: -pair[1]))


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
            "checks": [_check_json(each) for each in self.outcomes],
            "findings": [
                {"code": each.code, "severity": each.severity, **_finding_json(finding)}
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
            "corrections": [{"code": code, **_finding_json(finding)} for code, finding in self.findings],
        }


def run_checks(
    subject: S, checks: Sequence[Check[S]], has: Collection[str], accepted: Accepted | None = None
) -> tuple[tuple[Outcome, ...], int]:
    """Run checks.

    Args:
        subject: the benchmark or table.
        checks: the checks to run.
        has: what is available; a check that needs something else is skipped.
        accepted: findings to leave out.

    Returns:
        One outcome per check, and the number of accepted findings that did not occur.
    """
    accepted = accepted or Accepted()
    used: set[tuple[str, ...]] = set()
    outcomes = [_outcome(subject, each, has, accepted, used) for each in checks]
    ran = {each.code for each in outcomes if each.skipped is None}
    stale = sum(1 for key in accepted.keys if key[0] in ran and key not in used)
    return tuple(outcomes), stale


def _outcome(
    subject: S, check: Check[S], has: Collection[str], accepted: Accepted, used: set[tuple[str, ...]]
) -> Outcome:
    if check.needs not in has:
        return Outcome(check.code, check.severity, check.title, skipped=check.needs)
    found = list(check.find(subject))
    findings = [each for each in found if isinstance(each, Finding)]
    kept = []
    for finding in findings:
        key = accepted.key(check.code, finding)
        if key in accepted.keys:
            used.add(key)
        else:
            kept.append(finding)
    measures = tuple(each for each in found if isinstance(each, Measure))
    return Outcome(
        check.code, check.severity, check.title, tuple(kept), measures, len(findings) - len(kept), None
    )


def _check_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "code": outcome.code,
        "severity": outcome.severity,
        "title": outcome.title,
        "findings": len(outcome.findings),
        "items": outcome.items,
        "kinds": outcome.kinds,
        "accepted": outcome.accepted,
        "skipped_for_want_of": outcome.skipped,
        "measures": [{"text": each.text, "values": each.values} for each in outcome.measures],
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    record: dict[str, Any] = {
        "item": finding.item,
        "field": finding.field,
        "message": finding.message,
        "kind": finding.kind,
        "others": list(finding.others),
        "current": finding.current,
    }
    if finding.proposed is not UNSET:
        record["proposed"] = finding.proposed
    return record
