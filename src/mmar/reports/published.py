"""The published results on MMAR as data (`published.csv`): facts with their sources, checked by GRIM.

A row is one value that somebody reported for one system on the whole benchmark: the benchmark's own table
(`by` is `benchmark`), the system's authors, or others. A system may have many rows. Values are kept as printed,
because their number of decimals is part of what was printed; nothing was corrected. `GROUP_SIZES` are the numbers of
items by modality, which never changed between editions.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from mmar.errors import UsageError
from mmar.stats.grim import grim

__all__ = ["GROUP_SIZES", "ITEMS", "PublishedResult", "impossible_cells", "published_results"]

ITEMS = 1000
GROUP_SIZES = {
    "sound": 165,
    "music": 206,
    "speech": 294,
    "mix-sound-music": 11,
    "mix-sound-speech": 218,
    "mix-music-speech": 82,
    "mix-sound-music-speech": 24,
}


class PublishedResult(msgspec.Struct, frozen=True):
    """One reported result of a system.

    Attributes:
        id: canonical name of the system, the same for all its results.
        name: the system as the source calls it.
        model_class: LALM, LARM, OLM, LLM, LRM or baseline; empty if not known.
        size: number of parameters, such as `8.4B`; empty if not known.
        open_weights: `None` if not known.
        by: who reported it.
        average: percent over all items, as printed.
        groups: percent by modality, as printed; groups that were not reported are left out.
        reader: how the answers were read, if the source states it.
        source: where it was published.
        date: when, `YYYY-MM` or `YYYY-MM-DD`; empty if not known.
        note: what else the source says about the value.
    """

    id: str
    name: str
    model_class: str
    size: str
    open_weights: bool | None
    by: Literal["benchmark", "authors", "others"]
    average: str
    groups: dict[str, str]
    reader: str
    source: str
    date: str
    note: str


@cache
def published_results() -> tuple[PublishedResult, ...]:
    """All reported results, those of the benchmark's own table first."""
    text = resources.files("mmar.reports").joinpath("published.csv").read_text("utf-8")
    return tuple(_result(row) for row in csv.DictReader(text.splitlines()))


def _result(row: dict[str, str]) -> PublishedResult:
    record = {
        **row,
        "model_class": row["class"],
        "open_weights": {"yes": True, "no": False}.get(row["open"]),
        "groups": {name: row[name] for name in GROUP_SIZES if row[name]},
    }
    return msgspec.convert(record, PublishedResult)


def impossible_cells(result: PublishedResult) -> dict[str, str]:
    """The values of a result that no count of right answers gives.

    Returns:
        By column (`average` or a modality), a sentence with the nearest values that are possible. Nothing for a
        baseline, whose value is an expectation.
    """
    if result.model_class == "baseline":
        return {}
    cells = {"average": (result.average, ITEMS)}
    cells |= {name: (text, GROUP_SIZES[name]) for name, text in result.groups.items()}
    problems = {}
    for column, (text, n) in cells.items():
        try:
            check = grim(text, n)
        except UsageError as error:
            problems[column] = str(error)
            continue
        if not check.counts:
            nearest = " and ".join(f"{count}/{n} is {printed}" for count, printed in check.neighbours)
            problems[column] = f"{text} is impossible on {n:,} items: {nearest}"
    return problems
