"""The published results on MMAR as data (`published.csv`), with their sources, checked by GRIM.

A row is one value that somebody reported for one system: the benchmark's own table (`by` is `benchmark`), the Audio
Reasoning Challenge of Interspeech 2026 (`challenge`), the system's authors, or others. Values of one modality alone have
its number of items and the edition `subset`. Values stand as printed, since their number of decimals matters; nothing was
corrected. Three averages go by one name: over 1,000 items, over the 992 that letters A to D can express, and the mean of
the seven modalities; `n` and `mean` tell them apart. `GROUP_SIZES` are the numbers of items by modality, in all editions.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from mmar.errors import UsageError
from mmar.stats.grim import grim

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
    """One reported result of a system; texts that are not known are empty.

    Attributes:
        id: canonical name of the system, the same for all its results; `name` is the source's.
        model_class: LALM, LARM, OLM, LLM, LRM, agent or baseline.
        size: number of parameters, such as `8.4B`.
        open_weights: whether the weights are published; `None` if not known.
        hub_id: name of the weights on the Hugging Face Hub.
        average: percent, as printed.
        approximate: whether the source gives a round number.
        mean: over `items`, or of the seven `groups`, in which eleven items weigh as much as 294.
        edition: of the questions, `subset` for a selection of them.
        n: number of items that the average is over.
        groups: percent by modality, as printed; groups that were not reported are left out.
        rubric: score of the reasoning by the benchmark's rubrics, percent, as printed.
        reader: how the answers were read.
        date: of publication, `YYYY-MM` or `YYYY-MM-DD`.
    """

    id: str
    name: str
    model_class: str
    size: str
    open_weights: bool | None
    hub_id: str
    by: Literal["benchmark", "challenge", "authors", "others"]
    average: str
    approximate: bool
    mean: Literal["items", "groups"]
    edition: str
    n: int
    groups: dict[str, str]
    rubric: str
    reader: str
    source: str
    date: str
    note: str

    @property
    def value(self) -> float:
        """The average as a number, percent."""
        return float(self.average)

    @property
    def is_whole(self) -> bool:
        """Return whether the average is over all items, or all but the few that a format could not express."""
        return self.n > 0.95 * ITEMS and self.edition != "subset"


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
        "approximate": row["approximate"] == "yes",
        "n": int(row["n"]),
        "groups": {name: row[name] for name in GROUP_SIZES if row[name]},
    }
    return msgspec.convert(record, PublishedResult)


def impossible_cells(result: PublishedResult) -> dict[str, str]:
    """The values of a result that no count of right answers gives.

    Returns:
        By column (`average` or a modality), a sentence with the nearest values that are possible. Nothing for a
        baseline, whose value is an expectation, and for averages of groups, of a selection or about so much.
    """
    if result.model_class == "baseline":
        return {}
    cells = {}
    if result.mean == "items" and not result.approximate and result.is_whole:
        cells["average"] = (result.average, result.n)
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
