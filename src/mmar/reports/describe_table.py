"""The console page of a description."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mmar.audit.wording import printable
from mmar.reports.describe import Description, Durations

__all__ = ["describe_table"]

_MOST = 12


def describe_table(found: Description, *, colour: bool = False) -> str:
    """Draw a description.

    Args:
        found: the counts.
        colour: whether the terminal shows bold and dim.

    Returns:
        Lines, each ended.
    """
    return "".join(f"{line}\n" for line in _lines(found, colour=colour))


def _lines(found: Description, *, colour: bool) -> Iterator[str]:
    def paint(text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if colour else text

    revision = f", revision {found.revision[:7]}" if found.revision else ""
    yield paint(f"{found.name}: {found.items:,} items{revision}, digest {found.digest[:8]}", "1")
    yield ""
    shared = (
        f"; {found.shared_videos:,} of them give {found.sharing_items:,} items" if found.shared_videos else ""
    )
    yield f"sources     {found.videos:,} recordings{shared}"
    yield f"duration    {_duration(found.durations, found.items)}"
    sizes = [f"{n:,} with {size}" for size, n in found.choices.items()]
    yield f"choices     {', '.join(sizes)}"
    yield f"chance      {found.chance:.1f} % by guessing"
    if found.source:
        yield f"platform    {_listed(found.source)}"
    languages = (
        {**found.language, "none": found.without_language} if found.without_language else found.language
    )
    ordered = dict(sorted(languages.items(), key=lambda pair: -pair[1]))
    yield f"language    {_listed(ordered)}"
    yield ""
    names = [
        *found.modality,
        *found.category,
        *(f"  {n}" for subs in found.sub_category.values() for n in subs),
    ]
    width = 2 + max(map(len, names))
    yield paint(f"{'':{width}}  {'n':>6}  {'%':>5}", "2")
    yield paint("modality", "2")
    for name, n in found.modality.items():
        yield _row(f"  {name}", n, width, found.items)
    yield paint("category", "2")
    for name, n in found.category.items():
        yield _row(f"  {name}", n, width, found.items)
        for sub, count in found.sub_category[name].items():
            yield _row(f"    {sub}", count, width, found.items)


def _row(name: str, n: int, width: int, items: int) -> str:
    return f"{printable(name):{width}}  {n:>6,}  {100 * n / items:5.1f}"


def _listed(counts: Mapping[str, int]) -> str:
    shown = list(counts.items())[:_MOST]
    more = len(counts) - len(shown)
    listed = ", ".join(f"{name} {n:,}" for name, n in shown)
    return printable(f"{listed}, and {more} more" if more else listed)


def _duration(found: Durations | None, items: int) -> str:
    if found is None:
        return "not known: neither clips nor timestamps are here"
    minutes = round(found.total / 60)
    total = f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{found.total / 60:.1f} min"
    origin = (
        "by the clips" if found.measured_from == "clips" else "by the timestamps, as the clips are not here"
    )
    known = "" if found.n == items else f"; known of {found.n:,} items"
    return (
        f"{total} in all, {found.mean:.1f} s on average, median {found.median:.1f}, "
        f"{found.shortest:.1f} to {found.longest:.1f} ({origin}{known})"
    )
