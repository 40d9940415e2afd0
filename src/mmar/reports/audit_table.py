"""The console table of an audit: what each check found, how often, and the first examples."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from mmar.audit import Audit, Outcome, Severity
from mmar.audit.finding import SEVERITIES
from mmar.audit.wording import printable

__all__ = ["audit_table"]

_COLOURS: dict[Severity, str] = {"error": "31", "warning": "33", "note": "36"}
_WANT = {
    "audio": "the clips were not heard; --audio-dir names their folder",
    "unheard": "no run without audio; make one with mmar run --condition none and name it with --without-audio",
    "network": "addresses were not tried; --online does",
}
_MOST_KINDS = 8


def audit_table(audit: Audit, *, examples: int | None = 3, colour: bool = False) -> str:
    """Draw an audit.

    Args:
        audit: what was found.
        examples: how many findings of each check to show; all when `None`.
        colour: whether the terminal shows colours.

    Returns:
        Lines, each ended.
    """
    return "".join(f"{line}\n".replace(" \n", "\n") for line in _lines(audit, examples, colour=colour))


def _lines(audit: Audit, examples: int | None, *, colour: bool) -> Iterator[str]:
    def paint(text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if colour else text

    yield paint(_head(audit), "1")
    yield ""
    found = [each for each in audit.outcomes if each.findings]
    unit = "items" if audit.subject["kind"] == "benchmark" else "rows"
    if found:
        yield paint(f"code  severity  found  {unit}", "2")
    for each in found:
        items = f"{each.items:,}" if each.items else ""
        severity = paint(f"{each.severity:<8}", _COLOURS[each.severity])
        yield f"{each.code}  {severity}  {len(each.findings):>5,}  {items:>5}  {each.title}"
        if kinds := _kinds(each):
            yield f"      {'':8}  {'':5}  {'':5}  {paint(kinds, '2')}"
        shown = each.findings if examples is None else each.findings[:examples]
        width = max((len(finding.item or "") for finding in shown), default=0)
        field = max((len(finding.field or "") for finding in shown), default=0)
        for finding in shown:
            item = f"{finding.item or '':<{width}}  " if width else ""
            yield printable(f"        {item}{finding.field or '':<{field}}  {finding.message}")
        if len(each.findings) > len(shown) > 0:
            yield paint(f"        … and {len(each.findings) - len(shown):,} more", "2")
    if found:
        yield ""
    yield from _measures(audit)
    yield from _skipped(audit)
    yield _summary(audit)


def _head(audit: Audit) -> str:
    about: dict[str, Any] = {
        key: printable(value) if isinstance(value, str) else value for key, value in audit.subject.items()
    }
    if about["kind"] != "benchmark":
        return (
            f"{about['name']}: {_count(about['rows'], 'row')}, {_count(about['percentages'], 'percentage')}"
        )
    bad = about["unreadable_records"]
    unreadable = f" and {_count(bad, 'record')} that cannot be used" if bad else ""
    revision = f", revision {about['revision'][:7]}" if about["revision"] else ""
    return f"{about['name']}: {_count(about['items'], 'item')}{unreadable}{revision}, digest {about['digest'][:8]}"


def _kinds(outcome: Outcome) -> str:
    kinds = list(outcome.kinds.items())
    if len(kinds) < 2 or len(kinds) == len(outcome.findings):
        return ""
    listed = printable(", ".join(f"{name or 'others'} {count:,}" for name, count in kinds[:_MOST_KINDS]))
    return f"{listed}, …" if len(kinds) > _MOST_KINDS else listed


def _measures(audit: Audit) -> Iterator[str]:
    for each in audit.outcomes:
        said = {finding.message for finding in each.findings}
        for measure in each.measures:
            if measure.text not in said:
                yield printable(f"measured    {each.code}  {measure.text}")


def _skipped(audit: Audit) -> Iterator[str]:
    skipped = [each for each in audit.outcomes if each.skipped is not None]
    for need, group in groupby(skipped, key=lambda each: each.skipped or "records"):
        codes = [each.code for each in group]
        listed = codes[0] if len(codes) == 1 else f"{codes[0]} to {codes[-1]}"
        yield f"left out    {listed}: {_WANT[need]}"


def _summary(audit: Audit) -> str:
    ran = [each for each in audit.outcomes if each.skipped is None]
    clean = sum(not each.findings for each in ran)
    counts = ", ".join(_count(audit.count(severity), severity) for severity in SEVERITIES)
    accepted = sum(each.accepted for each in audit.outcomes)
    extra = f"; {accepted:,} accepted by the baseline" if accepted else ""
    if audit.stale:
        extra += f"; {audit.stale:,} entries of the baseline no longer occur"
    return f"found       {counts}; {clean} of {len(ran)} checks found nothing{extra}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"
