"""What the audit finds in a release, as its data sheet says it: faults by code, and what could bias a score.

Both texts are counted from the items as they are published, so that whoever has the release gets the same
with `mmar audit`. They name no item and quote no question: the same items give the same text.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from mmar.audit import Audit, Outcome
from mmar.items import Item
from mmar.studio.exchange.changes import inline_text

__all__ = ["audit_text", "bias_text"]

_LANGUAGE = "language:"
_WANTING: Mapping[str, str] = {
    "audio": "the sounds, which `mmar audit META --audio-dir .` listens to",
    "unheard": "runs of models without the sounds",
    "network": "the network, on which `mmar audit META --online` asks for the videos",
}


def audit_text(found: Audit) -> str:
    """Findings by code, worst first, with what was accepted and what was not looked at.

    Args:
        found: the audit of the items as published.

    Returns:
        Markdown.
    """
    ran = [outcome for outcome in found.outcomes if outcome.skipped is None]
    accepted = sum(outcome.accepted for outcome in ran)
    summary = ", ".join(f"{found.count(severity)} {severity}s" for severity in ("error", "warning", "note"))
    parts = [f"{len(ran)} checks of {found.subject['items']} records: {summary}; {accepted} accepted."]
    rows = [outcome for outcome in ran if outcome.findings or outcome.accepted]
    if rows:
        order = {"error": 0, "warning": 1, "note": 2}
        rows.sort(key=lambda outcome: (order[outcome.severity], outcome.code))
        parts.append(
            "\n".join(
                [
                    "| check | severity | what | findings | items | accepted |",
                    "| --- | --- | --- | ---: | ---: | ---: |",
                    *map(_row, rows),
                ]
            )
        )
    if accepted:
        parts.append("What was accepted was looked at by the makers and left as it is.")
    if clean := [outcome.code for outcome in ran if not outcome.findings and not outcome.accepted]:
        parts.append(f"Nothing found: {', '.join(clean)}.")
    skipped: defaultdict[str, list[str]] = defaultdict(list)
    for outcome in found.outcomes:
        if outcome.skipped is not None:
            skipped[outcome.skipped].append(outcome.code)
    parts += [
        f"Not carried out, for want of {_WANTING.get(need, need)}: {', '.join(codes)}."
        for need, codes in sorted(skipped.items())
    ]
    return "\n\n".join(parts)


def bias_text(found: Audit, items: Sequence[Item], targets: Mapping[str, int]) -> str:
    """Where the key stands, how long it is, and how groups fill against what was aimed at.

    Args:
        found: the audit of these items; what its checks of the key (family A) measured is repeated.
        items: as published.
        targets: items aimed at, by `layer|modality`, `layer|modality|CODE` and `language:CODE`.

    Returns:
        Markdown.
    """
    measured = [
        f"- {outcome.code}: {inline_text(measure.text)}"
        for outcome in found.outcomes
        if outcome.code.startswith("A")
        for measure in outcome.measures
    ]
    parts = [_places(items), "\n".join(measured), _cells(items, targets), _languages(items, targets)]
    return "\n\n".join(part for part in parts if part)


def _row(outcome: Outcome) -> str:
    return (
        f"| {outcome.code} | {outcome.severity} | {outcome.title} | {len(outcome.findings)} | {outcome.items} "
        f"| {outcome.accepted} |"
    )


def _places(items: Sequence[Item]) -> str:
    """How often each place among the choices holds the answer, by the number of choices."""
    counts: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for item in items:
        counts[len(item.choices)][item.answer_index] += 1
    most = max(counts)
    rows = [
        f"| {size} | "
        + " | ".join(str(places[at]) if at < size else "" for at in range(most))
        + f" | {places.total() / size:.1f} |"
        for size, places in sorted(counts.items())
    ]
    head = " | ".join(f"answer is {at + 1}" for at in range(most))
    rule = " | ".join(["---:"] * (most + 2))
    return "\n".join([f"| choices | {head} | each, if even |", f"| {rule} |", *rows])


def _cells(items: Sequence[Item], targets: Mapping[str, int]) -> str:
    """Layer by modality, and by language where a target names one; an item counts in each of its languages."""
    counts = Counter((item.category, item.modality, "") for item in items)
    spoken = Counter((item.category, item.modality, code) for item in items for code in _codes(item))
    wanted: dict[tuple[str, str, str], int] = {}
    for name, target in targets.items():
        layer, modality, code = (*name.split("|", 2), "", "")[:3]
        if target and not name.startswith(_LANGUAGE):
            wanted[layer, modality, code] = target
    rows = [
        f"| {inline_text(place[0])} | {inline_text(place[1])} | {inline_text(place[2]) or 'all'} "
        f"| {(spoken if place[2] else counts)[place]} | {wanted.get(place, '–')} |"
        for place in sorted({*counts, *wanted})
    ]
    head = ["| layer | modality | language | items | target |", "| --- | --- | --- | ---: | ---: |"]
    return "\n".join([*head, *rows])


def _languages(items: Sequence[Item], targets: Mapping[str, int]) -> str:
    counts = Counter(code for item in items for code in _codes(item))
    wanted = {
        name.removeprefix(_LANGUAGE): target
        for name, target in targets.items()
        if name.startswith(_LANGUAGE) and target
    }
    rows = [
        f"| {inline_text(code)} | {counts[code]} | {wanted.get(code, '–')} |"
        for code in sorted({*counts, *wanted})
    ]
    return "\n".join(["| language | items | target |", "| --- | ---: | ---: |", *rows])


def _codes(item: Item) -> list[str]:
    return (item.language or "-").split("|")
