"""The console page of a description."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mmar.errors import strip_control_chars
from mmar.reports.describe import Description, Durations
from mmar.reports.tables import Column, Display, Row, count, draw, facts, grouped, paint

__all__ = ["describe_table"]

_MAX_LISTED = 12


def describe_table(description: Description, display: Display | None = None) -> str:
    """Draw a description.

    Args:
        description: the result of `mmar describe`.
        display: where it is printed.

    Returns:
        Lines, each ended.
    """
    display = display or Display()
    revision = f", revision {description.revision[:7]}" if description.revision else ""
    items = count(description.items, "item")
    title = strip_control_chars(f"{description.name}: {items}{revision}, digest {description.digest[:8]}")
    lines = [
        paint(title, "bold", display),
        "",
        *facts(_facts(description), display),
        "",
        *_groups(description, display),
    ]
    return "".join(f"{line}\n" for line in lines)


def _facts(description: Description) -> Iterator[tuple[str, str]]:
    shared = (
        f"; {description.shared_videos:,} of them give {count(description.sharing_items, 'item')}"
        if description.shared_videos
        else ""
    )
    yield "sources", f"{count(description.videos, 'recording')}{shared}"
    yield "duration", _duration(description.durations, description.items)
    yield "choices", ", ".join(f"{n:,} with {size}" for size, n in description.choices.items())
    if description.chance is not None:
        yield "chance", f"{description.chance:.1f} % by guessing"
    if description.source:
        yield "platform", _listed(description.source)
    languages = dict(description.language)
    if description.without_language:
        languages["none"] = description.without_language
    yield "language", _listed(dict(sorted(languages.items(), key=lambda pair: -pair[1])))


def _groups(description: Description, display: Display) -> list[str]:
    groups: dict[str, Mapping[str, int]] = {"modality": description.modality}
    rows = [
        Row((name,), "dim") if n is None else Row((name, f"{n:,}", f"{100 * n / description.items:.1f}"))
        for name, n in grouped(groups)
    ]
    rows.append(Row(("category",), "dim"))
    for category, n in description.category.items():
        below = description.sub_category[category]
        for name, number in (
            (f"  {category}", n),
            *((f"    {sub}", number) for sub, number in below.items()),
        ):
            rows.append(Row((name, f"{number:,}", f"{100 * number / description.items:.1f}")))
    return draw((Column(), Column("n", "right"), Column("%", "right")), rows, display)


def _listed(counts: Mapping[str, int]) -> str:
    shown = list(counts.items())[:_MAX_LISTED]
    more = len(counts) - len(shown)
    listed = ", ".join(f"{name} {n:,}" for name, n in shown)
    return f"{listed}, and {more} more" if more else listed


def _duration(durations: Durations | None, items: int) -> str:
    if durations is None:
        return "unknown: neither clips nor timestamps are available"
    minutes = round(durations.total / 60)
    total = f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{durations.total / 60:.1f} min"
    origin = (
        "from the clips" if durations.measured_from == "clips" else "from the timestamps, without the clips"
    )
    known = "" if durations.n == items else f"; known for {count(durations.n, 'item')}"
    return (
        f"{total} in total, mean {durations.mean:.1f} s, median {durations.median:.1f} s, "
        f"{durations.shortest:.1f} to {durations.longest:.1f} s ({origin}{known})"
    )
