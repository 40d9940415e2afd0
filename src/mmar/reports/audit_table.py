"""Console output of an audit: what each check found, how often, with the first examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from mmar.audit import Audit, Outcome, Severity
from mmar.audit.check import SEVERITIES
from mmar.errors import strip_control_chars
from mmar.items.editions import edition_of, editions
from mmar.reports.tables import (
    PLAIN,
    Display,
    Fact,
    Style,
    count,
    facts,
    join_blocks,
    paint,
    text_width,
    wrap,
)

_STYLES: dict[Severity, Style] = {"error": "red", "warning": "yellow", "note": "cyan"}
_NEEDS = {
    "audio": "the clips were not decoded; --audio-dir names their folder",
    "systems": "fewer than two runs; name runs of different models with --runs",
    "unheard": "no run without audio; make one with mmar run --condition none and name it with --without-audio",
    "network": "addresses were not requested; use --online",
}
_MAX_KINDS = 8


def audit_table(audit: Audit, *, examples: int | None = 3, display: Display = PLAIN) -> str:
    """Draw an audit, with so many findings of each check as `examples`; with all of them when it is `None`."""
    findings = [
        line
        for check in audit.outcomes
        if check.findings
        for line in _findings(check, audit.subject["kind"] == "benchmark", examples, display)
    ]
    return join_blocks(
        [paint(strip_control_chars(_title(audit)), "bold", display)],
        findings,
        facts(_summary(audit), display),
    )


def _title(audit: Audit) -> str:
    about: Mapping[str, Any] = audit.subject
    if about["kind"] != "benchmark":
        return f"{about['name']}: {count(about['rows'], 'row')}, {count(about['percentages'], 'percentage')}"
    bad = about["unreadable_records"]
    unreadable = f" and {count(bad, 'unreadable record')}" if bad else ""
    revision = f", revision {about['revision'][:7]}" if about["revision"] else ""
    return f"{about['name']}: {count(about['items'], 'item')}{unreadable}{revision}, digest {about['digest'][:8]}"


def _findings(check: Outcome, of_items: bool, examples: int | None, display: Display) -> Iterator[str]:  # noqa: FBT001
    number = count(len(check.findings), "finding")
    items = f" on {count(check.items, 'item' if of_items else 'row')}" if check.items else ""
    severity = f"{check.severity}:"
    title, *rest = wrap(f"{severity} {check.title} ({number}{items})", f"{check.code}  ", display)
    yield title.replace(severity, paint(severity, _STYLES[check.severity], display), 1)
    yield from rest
    if kinds := _kinds(check):
        yield from (paint(line, "dim", display) for line in wrap(kinds, " " * 6, display))
    findings = check.findings if examples is None else check.findings[:examples]
    item_width = max((text_width(finding.item or "") for finding in findings), default=0)
    field_width = max((text_width(finding.field or "") for finding in findings), default=0)
    for finding in findings:
        item = f"{finding.item or '':<{item_width}}  " if item_width else ""
        prefix = strip_control_chars(f"      {item}{finding.field or '':<{field_width}}  ")
        if text_width(prefix) > display.width // 2:
            yield prefix.rstrip()
            prefix = " " * 8
        yield from wrap(finding.message, prefix, display)
    if len(check.findings) > len(findings) > 0:
        yield paint(
            f"      … and {len(check.findings) - len(findings):,} more; --all shows them", "dim", display
        )


def _kinds(check: Outcome) -> str:
    kinds = list(check.kinds.items())
    if len(kinds) < 2 or len(kinds) == len(check.findings):
        return ""
    listed = ", ".join(f"{name or 'others'} {number:,}" for name, number in kinds[:_MAX_KINDS])
    return f"{listed}, …" if len(kinds) > _MAX_KINDS else listed


def _summary(audit: Audit) -> Iterator[Fact]:
    for check in audit.outcomes:
        messages = {finding.message for finding in check.findings}
        for measure in check.measures:
            if measure.text not in messages:
                yield "measured", f"{check.code}  {measure.text}"
    skipped = [check for check in audit.outcomes if check.skipped is not None]
    for need, group in groupby(skipped, key=lambda check: check.skipped or "records"):
        codes = [check.code for check in group]
        listed = codes[0] if len(codes) == 1 else f"{codes[0]} to {codes[-1]}"
        yield "skipped", f"{listed}: {_NEEDS[need]}"
    ran = [check for check in audit.outcomes if check.skipped is None]
    clean = sum(not check.findings for check in ran)
    counts = ", ".join(count(audit.count(severity), severity) for severity in SEVERITIES)
    accepted = sum(check.accepted for check in audit.outcomes)
    extra = f"; {accepted:,} accepted by the baseline" if accepted else ""
    if audit.stale:
        extra += f"; {count(audit.stale, 'baseline entry', 'baseline entries')} no longer found"
    edition = edition_of(str(audit.subject.get("digest", "")))
    if edition is not None and (newest := editions()[edition.benchmark][0]).digest != edition.digest:
        yield (
            "edition",
            f"{edition.label}; {newest.label} corrects {count(len(edition.corrected), 'key')} with the same question and "
            f"choices. Who answers the old ones: mmar diff {edition.label} {newest.label} --runs RUN",
        )
    yield "result", f"{counts}; {clean} of {count(len(ran), 'check')} found nothing{extra}"
