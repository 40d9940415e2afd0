"""The texts of a release: its data sheet, and the changes since the previous release.

The data sheet has counts from the published items, statements of the team, and results of the audit. The order of its
sections follows Gebru et al., "Datasheets for datasets" (CACM 64:12, 2021).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec

from mmar.audio import Facts
from mmar.audit import Audit
from mmar.items import Benchmark, Item, benchmark_digest
from mmar.items.diff import FieldChange, diff_benchmarks
from mmar.items.source_video import item_video
from mmar.studio.workflow.statistics import NO_LANGUAGE, split_targets

_LONGEST = 200
_NEEDS: Mapping[str, str] = {
    "audio": "the clips, which `mmar audit META --audio-dir .` reads",
    "unheard": "runs of models without the audio",
    "network": "the network, with which `mmar audit META --online` checks the videos",
}


class ReleaseFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about a release. Longer texts are Markdown.

    Attributes:
        name: the project's short name, which the files are named after.
        date: of this release, e.g. `2026-11-30`.
        title: the benchmark's name for people.
        description: its subject and purpose.
        how_made: how items were collected, written, prepared and inspected.
        people: who made it, with their roles.
        licence_name: short name of the licence of questions and clips.
        canary: a text that finds the benchmark in training data; each record has it too. Empty for none.
        withheld: fields that stay private.
        takedown_reasons: the reason of each takedown.
        agreement: agreement of the inspectors.
        human_accuracy: accuracy of the inspectors' blind answers.
        contact: where to write, for a takedown above all.
        clip_format: what the clips were converted to.
        written_by: the program that wrote it first; empty for this one.
    """

    name: str
    version: str
    date: str
    title: str
    description: str
    how_made: str
    people: tuple[str, ...]
    licence_name: str
    licence_text: str
    canary: str
    withheld: tuple[str, ...] = ()
    takedown_reasons: tuple[str, ...] = ()
    agreement: str = ""
    human_accuracy: str = ""
    audit_report: str = ""
    bias_report: str = ""
    contact: str = ""
    clip_format: str = ""
    written_by: str = ""


def inline_text(text: str) -> str:
    """Text from outside on one line of Markdown, in which it can open no markup, no table cell and no HTML."""
    escaped = "".join(f"\\{sign}" if sign in "\\`*_[]<>|#&~" else sign for sign in " ".join(text.split()))
    return escaped if len(escaped) <= _LONGEST else f"{escaped[:_LONGEST].rstrip(chr(92))}…"


def audit_text(audit: Audit) -> str:
    """The findings of an audit by code, the worst first, what was accepted, and what was not checked, as Markdown."""
    ran = [result for result in audit.outcomes if result.skipped is None]
    accepted = sum(result.accepted for result in ran)
    summary = ", ".join(f"{audit.count(severity)} {severity}s" for severity in ("error", "warning", "note"))
    parts = [f"{len(ran)} checks of {audit.subject['items']} records: {summary}; {accepted} accepted."]
    rows = [result for result in ran if result.findings or result.accepted]
    if rows:
        order = {"error": 0, "warning": 1, "note": 2}
        rows.sort(key=lambda result: (order[result.severity], result.code))
        cells = [
            (result.code, result.severity, result.title, len(result.findings), result.items, result.accepted)
            for result in rows
        ]
        parts.append(_markdown(("check", "severity", "what"), ("findings", "items", "accepted"), cells))
    if accepted:
        parts.append("Accepted findings were reviewed by the makers and left as they are.")
    if clean := [result.code for result in ran if not result.findings and not result.accepted]:
        parts.append(f"Nothing found: {', '.join(clean)}.")
    skipped: defaultdict[str, list[str]] = defaultdict(list)
    for result in audit.outcomes:
        if result.skipped is not None:
            skipped[result.skipped].append(result.code)
    parts += [
        f"Not carried out, since this is missing: {_NEEDS.get(need, need)}: {', '.join(codes)}."
        for need, codes in sorted(skipped.items())
    ]
    return "\n\n".join(parts)


def bias_text(audit: Audit, items: Sequence[Item], targets: Mapping[str, int]) -> str:
    """Positions and lengths of the keys, and each group against its target, as Markdown.

    The measures of the audit's checks of the key (family A) are repeated. `targets` are as in `ProjectSettings`.
    """
    measured = [
        f"- {result.code}: {inline_text(measure.text)}"
        for result in audit.outcomes
        if result.code.startswith("A")
        for measure in result.measures
    ]
    parts = [_positions(items), "\n".join(measured), _cells(items, targets), _languages(items, targets)]
    return "\n\n".join(part for part in parts if part)


def _markdown(texts: Sequence[str], numbers: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """A table with columns of texts, then of numbers, which are aligned right."""
    rule = ["---"] * len(texts) + ["---:"] * len(numbers)
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in ([*texts, *numbers], rule, *rows))


def _positions(items: Sequence[Item]) -> str:
    """How often the answer has each position among the choices, by the number of choices."""
    counts: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for item in items:
        counts[len(item.choices)][item.answer_index] += 1
    most = max(counts)
    rows = []
    for size, positions in sorted(counts.items()):
        cells = [positions[index] if index < size else "" for index in range(most)]
        rows.append((size, *cells, f"{positions.total() / size:.1f}"))
    head = [f"answer is {index + 1}" for index in range(most)]
    return _markdown((), ("choices", *head, "each, if even"), rows)


def _cells(items: Sequence[Item], targets: Mapping[str, int]) -> str:
    """Layer by modality, and by language where a target names one; an item counts in each of its languages."""
    counts = Counter((item.category, item.modality, "") for item in items)
    spoken = Counter((item.category, item.modality, code) for item in items for code in _codes(item))
    targets_by_cell = {
        (*cell, code): target
        for cell, codes in split_targets(targets)[0].items()
        for code, target in codes.items()
    }
    rows = []
    for cell in sorted({*counts, *targets_by_cell}):
        layer, modality, language = map(inline_text, cell)
        count = (spoken if language else counts)[cell]
        rows.append((layer, modality, language or "all", count, targets_by_cell.get(cell, "–")))
    return _markdown(("layer", "modality", "language"), ("items", "target"), rows)


def _languages(items: Sequence[Item], targets: Mapping[str, int]) -> str:
    counts = Counter(code for item in items for code in _codes(item))
    targets_by_language = split_targets(targets)[1]
    rows = [
        (inline_text(code), counts[code], targets_by_language.get(code, "–"))
        for code in sorted({*counts, *targets_by_language})
    ]
    return _markdown(("language",), ("items", "target"), rows)


def _codes(item: Item) -> list[str]:
    return (item.language or NO_LANGUAGE).split("|")


def datasheet(items: Sequence[Item], sounds: Mapping[str, Facts], about: ReleaseFacts) -> str:
    """The data sheet as Markdown, with facts of each clip by item id (none for a release without audio)."""
    sections = [
        f"# {inline_text(about.title)}\n\nVersion {about.version}, {about.date}. Licence: {inline_text(about.licence_name)}.\n\n"
        f"Digest `{benchmark_digest(items)}` ({len(items)} items).",
        _section("What it is for", about.description),
        _section("What is in it", _composition(items, sounds, about.clip_format)),
        _section("How it was made", about.how_made),
        _section("Who made it", "\n".join(f"- {inline_text(person)}" for person in about.people)),
        _section("Agreement of the inspectors", about.agreement),
        _section("Human accuracy", about.human_accuracy),
        _section("Audit", about.audit_report),
        _section("Known biases", about.bias_report),
        _section("Use and distribution", _distribution(about)),
        _section("Taken down", _taken_down(about)),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body.strip()}" if body.strip() else ""


def _composition(items: Sequence[Item], sounds: Mapping[str, Facts], clip_format: str) -> str:
    videos = [video for item in items if (video := item_video(item)) is not None]
    lines = [f"{len(items)} questions with {_span(len(item.choices) for item in items)} choices each."]
    if videos:
        lines.append(
            f"{len(videos)} of them come from {len(set(videos))} videos; errors on items of one video belong together."
        )
    if sounds:
        seconds = [facts.duration for facts in sounds.values()]
        rates = ", ".join(f"{rate:,} Hz" for rate in sorted({facts.rate for facts in sounds.values()}))
        lines.append(
            f"{len(seconds)} sounds of {min(seconds):.1f} to {max(seconds):.1f} s, {sum(seconds) / 3600:.2f} hours together, "
            f"{rates}, {_span(facts.channels for facts in sounds.values())} channels."
        )
        if clip_format:
            lines.append(clip_format)
    else:
        lines.append("The clips are not part of this release.")
    tables = [
        _table("Modality", (item.modality for item in items)),
        _table("Category", (item.category for item in items)),
        _table("Sub-category", (item.sub_category for item in items)),
        _table("Language", (item.language for item in items)),
        _table("Source", (item.source for item in items)),
    ]
    return " ".join(lines) + "\n\n" + "\n\n".join(tables)


def _table(title: str, values: Iterable[str | None]) -> str:
    """The number of items per value, the most frequent first."""
    counts = Counter("(none)" if value is None else inline_text(value) or "(empty)" for value in values)
    rows = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return _markdown((title,), ("items",), rows)


def _span(numbers: Iterable[int]) -> str:
    result = sorted(set(numbers))
    return str(result[0]) if len(result) == 1 else f"{result[0]} to {result[-1]}"


def _distribution(about: ReleaseFacts) -> str:
    lines = [
        "For evaluation, not for training. The licence is in LICENSE; every file's digest is in SHA256SUMS "
        "(`sha256sum --check SHA256SUMS`)."
    ]
    if about.withheld:
        fields = ", ".join(f"`{field}`" for field in sorted(set(about.withheld)))
        lines.append(f"Withheld, since a question could be answered with them unheard: {fields}.")
    if about.canary:
        lines.append(
            f"Whoever trains models is asked to exclude every document with this text:\n\n    {about.canary}"
        )
    if about.contact:
        lines.append(f"Questions, and requests to take something down: {inline_text(about.contact)}")
    return "\n\n".join(lines)


def _taken_down(about: ReleaseFacts) -> str:
    reasons = Counter(inline_text(reason) or "no reason given" for reason in about.takedown_reasons)
    return "\n".join(f"- {count}: {reason}" for reason, count in sorted(reasons.items()))


_MANY = 10
_TITLE = "# Changes\n\n"


class Previous(msgspec.Struct, frozen=True):
    """The release before: items as published, digests of clips by item id, and the text of its CHANGES.md."""

    items: tuple[Item, ...]
    audio: Mapping[str, str]
    changes: str


def changes_text(
    items: Sequence[Item],
    audio: Mapping[str, str],
    about: ReleaseFacts,
    previous: Previous | None,
    taken_down: AbstractSet[str],
) -> str:
    """The changes since the previous release as Markdown, followed by its own changes.

    Lines of earlier releases that quote items in `taken_down` are left out. `audio` has the digest of each clip by
    item id; clips are compared where both releases have one.
    """
    head = f"{_TITLE}## {about.version} ({about.date})\n\n"
    if previous is None:
        return f"{head}First release: {len(items)} items.\n"
    diff = diff_benchmarks(_bare(previous.items), _bare(items))
    clips = [
        FieldChange(name, "audio", before, audio[name])
        for name, before in previous.audio.items()
        if name in audio and audio[name] != before
    ]
    lines = []
    for ids, word in ((diff.added, "added"), (diff.removed, "removed")):
        if ids:
            lines.append(f"- {len(ids)} {word}: {_ids(ids)}")
    by_field: dict[str, list[FieldChange]] = {}
    for change in (*clips, *diff.changes):
        by_field.setdefault(change.field, []).append(change)
    for field, changes in by_field.items():
        lines += _field_lines(inline_text(field), changes)
    lines = lines or ["Nothing."]
    if removed := [item_id for item_id in diff.removed if item_id in taken_down]:
        lines.append(f"- Taken down, to be deleted from every copy of earlier releases: {_ids(removed)}")
    body = "".join(f"{line}\n" for line in lines)
    return f"{head}{body}\n{_without_quotes(previous.changes.removeprefix(_TITLE), taken_down)}"


def _field_lines(field: str, changes: Sequence[FieldChange]) -> list[str]:
    """One line per item; a single one for a field that many items gained or lost."""
    for side, word in ((0, "added"), (1, "removed")):
        if len(changes) > _MANY and all((change.before, change.after)[side] is None for change in changes):
            return [f"- {field}: {word} in {len(changes)} items"]
    return [
        f"- {field} of {inline_text(change.id)}: {_quoted(change.before)} → {_quoted(change.after)}"
        for change in changes
    ]


def _ids(ids: Sequence[str]) -> str:
    return ", ".join(map(inline_text, ids))


def _quoted(value: Any) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return f'"{inline_text(text)}"'


def _without_quotes(earlier: str, taken_down: AbstractSet[str]) -> str:
    """Earlier changes without the lines that say how an item that was taken down changed."""
    of = tuple(f" of {inline_text(item_id)}" for item_id in taken_down)
    return "".join(
        line
        for line in earlier.splitlines(keepends=True)
        if not (line.startswith("- ") and re.split(r': (?="|nothing)', line, maxsplit=1)[0].endswith(of))
    )


def _bare(items: Sequence[Item]) -> Benchmark:
    """Without the canary, which every record has."""
    records = (
        {name: value for name, value in item.to_record().items() if name != "canary"} for item in items
    )
    return Benchmark(tuple(map(Item.from_record, records)), "")
