"""Audits: checks with stable codes, as of a linter, of a benchmark or a published table.

    from mmar.audit import audit
    result = audit(benchmark)
    [each.code for each in result.outcomes if each.findings]

A check is one function (`mmar.audit.check`); `mmar.audit.checks` lists them. Nothing is changed. Verdicts of runs are
arguments (`Unheard`, `SystemRun`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mmar.audit.check import Check, Finding, Measure, Severity, choose
from mmar.audit.checks import CHECKS, FAMILIES, PUBLISHED_CHECKS
from mmar.audit.links import Link
from mmar.audit.published import Table
from mmar.audit.report import Accepted, Audit, Outcome, read_baseline, run_checks, write_baseline
from mmar.audit.sounds import Sound
from mmar.audit.subject import Subject, SystemRun, Unheard
from mmar.items import Benchmark

__all__ = [
    "CHECKS",
    "FAMILIES",
    "PUBLISHED_CHECKS",
    "Accepted",
    "Audit",
    "Check",
    "Finding",
    "Link",
    "Measure",
    "Outcome",
    "Severity",
    "Sound",
    "Subject",
    "SystemRun",
    "Table",
    "Unheard",
    "audit",
    "audit_table",
    "choose",
    "read_baseline",
    "write_baseline",
]


def audit(
    benchmark: Benchmark,
    *,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    sounds: Mapping[str, Sound] | None = None,
    unheard: Iterable[Unheard] = (),
    links: Mapping[str, Link] | None = None,
    systems: Iterable[SystemRun] = (),
    accepted: Accepted | None = None,
) -> Audit:
    """Audit a benchmark.

    Args:
        benchmark: loaded leniently, if records that cannot be read are to be findings too.
        select: codes or families to carry out; all when empty.
        ignore: codes or families to leave out.
        sounds: the result of `mmar.audit.sounds.measure_clips`; without it the checks of the clips are skipped.
        unheard: runs without audio; without one the checks of family N are skipped.
        links: the result of `mmar.audit.links.check_links`; without it links are not checked.
        systems: runs of different models; without two the checks of family M are skipped.
        accepted: findings to leave out (`read_baseline`).

    Raises:
        UsageError: an unknown code.
    """
    checks = choose(CHECKS, select, ignore)
    subject = Subject(tuple(benchmark), benchmark.errors, sounds, tuple(unheard), links, tuple(systems))
    outcomes, stale = run_checks(subject, checks, subject.has, accepted)
    about = {
        "kind": "benchmark",
        "name": benchmark.name,
        "revision": benchmark.revision,
        "digest": benchmark.digest,
        "items": len(benchmark),
        "unreadable_records": len(benchmark.errors),
    }
    return Audit(about, outcomes, stale)


def audit_table(
    table: Table,
    *,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    accepted: Accepted | None = None,
) -> Audit:
    """Audit a published table (`mmar.audit.published.read_table`); other arguments and errors as `audit`."""
    checks = choose(PUBLISHED_CHECKS, select, ignore)
    outcomes, stale = run_checks(table, checks, ("records",), accepted)
    about = {
        "kind": "published table",
        "name": table.name,
        "rows": len({cell.row for cell in table.cells}),
        "percentages": len(table.cells),
        "columns_without_number": list(table.ignored),
    }
    return Audit(about, outcomes, stale)
