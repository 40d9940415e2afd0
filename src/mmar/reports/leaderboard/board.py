"""The leaderboard's data: a row for each system, with what was reproduced here and what was published by whom."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from mmar.errors import UsageError
from mmar.items import Benchmark
from mmar.reports.leaderboard.entries import (
    RunEntry,
    check_one_benchmark,
    measure_without_audio,
    pair_with_control_runs,
    rank_ranges_of,
    run_entry,
)
from mmar.reports.leaderboard.items import BoardItems, board_items
from mmar.reports.leaderboard.names import KnownSystem, find_system, known_systems, new_id, plain_name
from mmar.reports.published import PublishedResult, impossible_cells
from mmar.reports.scored_source import ScoredSource, align_sources
from mmar.reports.systems_table import parameters
from mmar.scoring.editions import OldKeys

Kind = Literal["reproduced", "benchmark", "challenge", "authors", "others"]
_KINDS: tuple[Kind, ...] = ("reproduced", "benchmark", "challenge", "authors", "others")


class PublishedValue(msgspec.Struct, frozen=True):
    """A published accuracy of a system: parts of its `PublishedResult`, and what follows from them.

    Attributes:
        value: percent.
        printed: the same as printed.
        in_spread: whether it is over all items, so that it can be compared with the others.
        problem: why it is impossible; empty if it is possible.
    """

    value: float
    printed: str
    by: str
    name: str
    source: str
    date: str
    reader: str
    n: int
    mean: str
    edition: str
    approximate: bool
    in_spread: bool
    problem: str
    note: str


class BoardRow(msgspec.Struct, frozen=True, kw_only=True):
    """A system; facts that are not known are empty or `None`.

    Attributes:
        id: canonical name.
        aliases: other spellings.
        kind: where its number comes from: the first of reproduced, benchmark, challenge, authors, others that
            there is.
        number: percent; of others, the middle of what they report.
        billions: number of parameters.
        weights: `open` or `closed`.
        thinks: whether it is a reasoning model.
        lowest: of the published values over all items, as `highest`.
        runs: in the order of the arguments.
    """

    id: str
    name: str
    aliases: tuple[str, ...]
    kind: Kind
    number: float
    model_class: str
    size: str
    billions: float | None
    weights: str
    hub_id: str
    thinks: bool
    lowest: float | None
    highest: float | None
    values: tuple[PublishedValue, ...]
    runs: tuple[RunEntry, ...]


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """A leaderboard; without runs the facts of the benchmark are empty.

    Attributes:
        n: number of questions with choices.
        date: of the newest run or published value.
        systems: the rows, the highest number first.
        runs: ids of the runs in the order of the columns of `items`, with the id of their system.
        old_keys: of each run; empty if no earlier edition was named.
    """

    title: str
    benchmark: str
    digest: str
    n: int
    date: str
    systems: tuple[BoardRow, ...]
    runs: tuple[tuple[str, str], ...]
    items: BoardItems | None
    old_keys: tuple[OldKeys, ...]
    notes: tuple[str, ...]

    def content_digest(self) -> str:
        """SHA-256 of everything on it, 64 hexadecimal digits."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


def build_board(
    sources: Sequence[ScoredSource],
    *,
    title: str = "",
    published: bool = True,
    prices: str | Path | None = None,
    earlier: Benchmark | None = None,
    names: Mapping[str, str] | None = None,
    reports: Mapping[str, str] | None = None,
    partial: bool = False,
    draws: int = 10_000,
) -> Board:
    """Put runs and published results on one leaderboard; arguments and errors as `mmar.leaderboard`.

    Runs under control conditions give the reliance of the run that they belong to. `reports` has the addresses of
    reports by the path of a run, `draws` is the largest number of swaps of each test.
    """
    benchmark = check_one_benchmark(sources)
    real, controls = pair_with_control_runs(sources)
    ranks = (
        rank_ranges_of(align_sources(real, partial=partial), draws) if len(real) > 1 else [None for _ in real]
    )
    entries = [
        msgspec.structs.replace(
            run_entry(source, prices), rank=rank, report=(reports or {}).get(str(source.path), "")
        )
        for source, rank in zip(real, ranks, strict=True)
    ]
    right_without_audio = []
    notes: list[str] = []
    for index, others in sorted(controls.items()):
        try:
            result = measure_without_audio(align_sources([real[index], *others], partial=partial), draws)
        except UsageError as error:  # more than the condition differs
            notes.append(f"{real[index].model}: its reliance on the audio is left out: {error.summary}")
            continue
        if result is not None:
            reliance, condition, right = result
            right_without_audio.append(right)
            entries[index] = msgspec.structs.replace(entries[index], reliance=reliance, hidden_by=condition)
    owners = [_owner(entry.model, names or {}) for entry in entries]
    is_mmar = not real or real[0].bench.partition("@")[0] == "mmar"
    rows = _rows(entries, owners, published=published and is_mmar)
    items: BoardItems | None = None
    old_keys: tuple[OldKeys, ...] = ()
    if benchmark is not None:
        items, old_keys = board_items(benchmark.closed, real, right_without_audio, earlier)
    dates = [entry.date for entry in entries] or [value.date for row in rows for value in row.values]
    return Board(
        title=title or (f"{real[0].bench} leaderboard" if real else "MMAR leaderboard"),
        benchmark=real[0].bench if real else "",
        digest="" if benchmark is None else benchmark.digest,
        n=0 if benchmark is None else len(benchmark.closed),
        date=max(dates, default=""),
        systems=tuple(rows),
        runs=tuple((entry.id, owner) for entry, owner in zip(entries, owners, strict=True)),
        items=items,
        old_keys=old_keys,
        notes=(*_notes(entries, is_mmar=is_mmar, published=published), *notes),
    )


def _owner(model: str, names: Mapping[str, str]) -> str:
    """The id of a model's system, which is also the name of its files."""
    if (name := names.get(model)) is not None:
        if not re.fullmatch(r"\w[\w.+-]*", name):
            raise UsageError(
                f'"{name}" cannot be an id',
                code="invalid-value",
                argument="names",
                hint="use letters, digits, and . + - _ behind the first",
            )
        return name
    system = find_system(model)
    return new_id(model) if system is None else system.id


def _rows(entries: Sequence[RunEntry], owners: Sequence[str], *, published: bool) -> list[BoardRow]:
    runs: dict[str, list[RunEntry]] = {}
    for entry, owner in zip(entries, owners, strict=True):
        runs.setdefault(owner, []).append(entry)
    names = dict.fromkeys((*runs, *(known_systems() if published else ())))
    rows = [_row(name, runs.get(name, []), published=published) for name in names]
    return sorted(rows, key=lambda row: (-row.number, row.name))


def _row(name: str, runs: list[RunEntry], *, published: bool) -> BoardRow:
    aliases = tuple(dict.fromkeys(run.model for run in runs))
    system = known_systems().get(name) or KnownSystem(name, plain_name(aliases[0]), aliases, ())
    values = tuple(_value(result) for result in system.results) if published else ()
    whole = [value.value for value in values if value.in_spread]
    by: dict[str, list[float]] = {}
    for value in values:
        if value.in_spread:
            by.setdefault(value.by, []).append(value.value)
    if runs:
        by["reproduced"] = [runs[0].official.value]
    if not by:
        by = {"others": [value.value for value in values]}
    kind = next(kind for kind in _KINDS if kind in by)
    numbers = sorted(by[kind])
    number = numbers[0] if kind in ("reproduced", "benchmark") else (numbers[0] + numbers[-1]) / 2
    model_class = system.fact("model_class")
    return BoardRow(
        id=system.id,
        name=system.name,
        aliases=system.aliases,
        kind=kind,
        number=number,
        model_class=model_class,
        size=system.fact("size"),
        billions=parameters(system.fact("size")),
        weights={"True": "open", "False": "closed"}.get(str(system.fact("open_weights")), ""),
        hub_id=system.fact("hub_id"),
        thinks=model_class in ("LARM", "LRM"),
        lowest=min(whole, default=None),
        highest=max(whole, default=None),
        values=values,
        runs=tuple(runs),
    )


def _value(result: PublishedResult) -> PublishedValue:
    problems = impossible_cells(result)
    same = ("value", "by", "name", "source", "date", "reader", "n", "mean", "edition", "approximate", "note")
    return PublishedValue(
        printed=result.average,
        in_spread=result.is_whole and result.mean == "items",
        problem="; ".join(f"{column}: {text}" for column, text in problems.items()),
        **{name: getattr(result, name) for name in same},
    )


def _notes(entries: Sequence[RunEntry], *, is_mmar: bool, published: bool) -> list[str]:
    notes = [
        f"{entry.model}: only {entry.asked:,} of {entry.n:,} items were asked"
        for entry in entries
        if entry.asked < entry.n
    ]
    if published and not is_mmar:
        notes.append("Published results are of MMAR. These runs are not, so published results are left out.")
    return notes
