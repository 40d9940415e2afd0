"""The data sheet of a release: what is in it, counted, and what its makers say of it.

The order of the sections follows Gebru et al., “Datasheets for datasets” (CACM 64:12, 2021): motivation,
composition, collection, preparation, uses, distribution, maintenance. What can be counted is counted from the
items and sounds as they are published; what people wrote stands as they wrote it, under a heading of ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from mmar.audio import Facts
from mmar.items import Item, benchmark_digest
from mmar.items.source_video import item_video
from mmar.studio.exchange.changes import inline_text
from mmar.studio.exchange.facts import ReleaseFacts

__all__ = ["datasheet"]


def datasheet(items: Sequence[Item], sounds: Mapping[str, Facts], about: ReleaseFacts) -> str:
    """Write the data sheet.

    Args:
        items: as published.
        sounds: what each item's sound is, by the item's id; empty for a release of the questions alone.
        about: what the makers say.

    Returns:
        Markdown; the same for the same arguments.
    """
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
        _section("How to cite", about.citation or None),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _section(title: str, body: str | None) -> str:
    return f"## {title}\n\n{body.strip()}" if body and body.strip() else ""


def _composition(items: Sequence[Item], sounds: Mapping[str, Facts], clip_format: str) -> str:
    videos = [video for item in items if (video := item_video(item)) is not None]
    lines = [
        f"{len(items)} questions with {_span(len(item.choices) for item in items)} choices each.",
    ]
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
        lines.append("The sounds are not part of this release.")
    tables = [
        _table("Modality", (item.modality for item in items)),
        _table("Category", (item.category for item in items)),
        _table("Sub-category", (item.sub_category for item in items)),
        _table("Language", (item.language for item in items)),
        _table("Source", (item.source for item in items)),
    ]
    return " ".join(lines) + "\n\n" + "\n\n".join(tables)


def _table(title: str, values: Iterable[str | None]) -> str:
    """How often each value stands, the most frequent first."""
    counts = Counter("(none)" if value is None else inline_text(value) or "(empty)" for value in values)
    rows = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return "\n".join(
        [f"| {title} | items |", "| --- | ---: |", *(f"| {value} | {count} |" for value, count in rows)]
    )


def _span(numbers: Iterable[int]) -> str:
    found = sorted(set(numbers))
    return str(found[0]) if len(found) == 1 else f"{found[0]} to {found[-1]}"


def _distribution(about: ReleaseFacts) -> str:
    lines = [
        "For evaluation, not for training. The licence is in LICENSE; every file's digest is in SHA256SUMS "
        "(`sha256sum --check SHA256SUMS`).",
    ]
    if about.withheld:
        fields = ", ".join(f"`{field}`" for field in sorted(set(about.withheld)))
        lines.append(f"Withheld, since a question could be answered with them unheard: {fields}.")
    if about.canary:
        lines.append(
            f"Whoever trains models is asked to leave out every document with this text:\n\n    {about.canary}"
        )
    if about.contact:
        lines.append(f"Questions, and requests to take something down: {inline_text(about.contact)}")
    return "\n\n".join(lines)


def _taken_down(about: ReleaseFacts) -> str:
    reasons = Counter(inline_text(entry.reason) or "no reason given" for entry in about.taken_down)
    return "\n".join(f"- {count}: {reason}" for reason, count in sorted(reasons.items()))
