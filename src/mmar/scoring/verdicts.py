"""Several runs or predictions files judged on the same items, so that they can be set side by side.

Runs are comparable when they answer the same questions: one content digest, and the same items asked. What
else differs between them (protocol, audio, settings) is said, not refused; that is what a comparison may be
about. An item that was asked and got no answer counts as wrong in its run, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from mmar.errors import InputError, UsageError
from mmar.items import Benchmark, Question, first_names, load_benchmark
from mmar.protocols import Protocol
from mmar.runs.signature import PARTS
from mmar.scoring.clusters import clusters_of
from mmar.scoring.result import ItemScore
from mmar.scoring.score import Task, score_task
from mmar.scoring.sources import find_run, run_of
from mmar.scoring.tally import DIMENSIONS

if TYPE_CHECKING:
    from mmar.runs.manifest import Manifest

__all__ = [
    "Differing",
    "Judged",
    "Scorer",
    "Verdicts",
    "differing",
    "judge",
    "only_some",
    "right",
    "unanswered",
]

Scorer = Literal["choice", "official"]

# Which model it was is the question; the other two are made equal by judging all runs here and now.
_NOT_COMPARED = frozenset({"model", "scorers", "mmar"})


class Judged(msgspec.Struct, frozen=True):
    """One run or predictions file with a verdict on every item.

    Attributes:
        label: a letter to call it by in tables.
        path: the run's folder, or the file.
        manifest: of a run; `None` for a file.
        parts: the parts of its signature.
        signature: everything its verdicts depend on, one line.
        states: number of items in each state.
        rows: one verdict an item, in the benchmark's order.
    """

    label: str
    path: Path
    manifest: Manifest | None
    parts: Mapping[str, str]
    signature: str
    states: Mapping[str, int]
    rows: tuple[ItemScore, ...]

    @property
    def name(self) -> str:
        """Label and path, for messages."""
        return f"{self.label} ({self.path})"


class Verdicts(msgspec.Struct, frozen=True):
    """Runs on the same items.

    Attributes:
        benchmark: the questions.
        clusters: a label of each item's source video, in the benchmark's order.
        groups: by dimension and name the places of the items in a group, names in the published order.
        runs: in the order given.
        errors: records that were left out under `lenient`.
    """

    benchmark: Benchmark
    clusters: tuple[str, ...]
    groups: Mapping[str, Mapping[str, tuple[int, ...]]]
    runs: tuple[Judged, ...]
    errors: tuple[InputError, ...] = ()


class Differing(msgspec.Struct, frozen=True):
    """A part of the signature that is not the same in all runs.

    Attributes:
        part: its name, as in the signature.
        values: one a run; `?` where it is not known.
    """

    part: str
    values: tuple[str, ...]


def judge(
    paths: Sequence[Path],
    load: Callable[[str], Benchmark],
    *,
    benchmark: Benchmark | None = None,
    key: str | None = None,
    protocol: Protocol | None = None,
    partial: bool = False,
    lenient: bool = False,
) -> Verdicts:
    """Judge runs and files item by item, after making sure that they can be compared.

    Args:
        paths: runs' folders and predictions files, at least two.
        load: finds a benchmark by the name that a run's manifest gives.
        benchmark: the questions; without it each run's own, and a file must hold whole records.
        key: the field of the files that holds the prediction.
        protocol: read all answers as this protocol says, instead of each run's own.
        partial: count an item that only some runs were asked as wrong in the others, instead of refusing.
        lenient: leave bad records of files out instead of raising.

    Raises:
        InputError: an input is not what it should be.
        UsageError: fewer than two, or they are not of the same items.
    """
    if len(paths) < 2:
        raise UsageError("name at least two runs, or predictions files, of the same benchmark")
    paths = [run_of(path) for path in paths]
    manifests = [find_run(path) for path in paths]
    _check_named_benchmarks(paths, manifests)
    known: dict[str, Benchmark] = {}
    judged, benchmarks, groups = [], [], None
    errors: dict[tuple[str | None, int | None], InputError] = {}
    for place, (path, manifest) in enumerate(zip(paths, manifests, strict=True)):
        own = benchmark or _own_benchmark(path, manifest, load, known, lenient=lenient)
        rule, label = (protocol.reading, protocol.label) if protocol else (None, None)
        found = score_task(Task(path, own, key, rule, label, keep="all", lenient=lenient, clustered=False))
        for error in found.errors:
            # A bad record of a file that is its own benchmark is met twice.
            errors.setdefault((error.file, error.line), error)
        groups = groups or found.score.groups
        run = Judged(
            _letters(place),
            path,
            manifest,
            found.parts,
            found.score.signature,
            found.score.states,
            found.rows,
        )
        judged.append(run)
        benchmarks.append(own)
        if own.digest != benchmarks[0].digest:
            raise _other_benchmark((judged[0], benchmarks[0]), (run, own))
    if not partial:
        _check_same_items_asked(judged)
    # The digest leaves addresses out: take the benchmark that knows most of them.
    common = max(benchmarks, key=lambda one: sum(item.url is not None for item in one))
    return Verdicts(
        common,
        clusters_of(common),
        {
            dimension: {name: tuple(_members(common, dimension, name)) for name in (groups or {})[dimension]}
            for dimension in DIMENSIONS
        },
        tuple(_in_order(run, common) for run in judged),
        tuple(errors.values()),
    )


def right(run: Judged, scorer: Scorer) -> list[bool]:
    """Whether each item is right, in the benchmark's order."""
    return [row.official if scorer == "official" else row.choice for row in run.rows]


def unanswered(run: Judged) -> list[bool]:
    """Whether no answer came to each item: its request failed, or it was never asked."""
    return [row.state in ("failed", "missing") for row in run.rows]


def differing(runs: Sequence[Judged]) -> tuple[Differing, ...]:
    """The parts of the signatures that are not the same in all runs, the model aside."""
    found = []
    for part in PARTS:
        values = tuple(run.parts.get(part, "?") for run in runs)
        if part not in _NOT_COMPARED and len(set(values)) > 1:
            found.append(Differing(part, values))
    texts = {msgspec.json.encode(run.manifest.protocol) for run in runs if run.manifest is not None}
    labels = {run.manifest.protocol.label for run in runs if run.manifest is not None}
    if len(texts) > len(labels):
        # Two recipes of one's own that are called the same.
        digests = tuple("?" if run.manifest is None else f"#{_digest(run.manifest.protocol)}" for run in runs)
        found.append(Differing("protocol text", digests))
    return tuple(found)


def only_some(runs: Sequence[Judged]) -> tuple[int, int]:
    """How many items were asked in some of the runs only, and how many in none."""
    never = [
        sum(row.state == "missing" for row in rows) for rows in zip(*(run.rows for run in runs), strict=True)
    ]
    return sum(0 < count < len(runs) for count in never), never.count(len(runs))


def _digest(protocol: Protocol) -> str:
    import hashlib

    return hashlib.sha256(msgspec.json.encode(protocol)).hexdigest()[:8]


def _letters(place: int) -> str:
    """The label at a place, counting from 0: A to Z, then AA, AB and so on."""
    before, here = divmod(place, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + here)


def _own_benchmark(
    path: Path,
    manifest: Manifest | None,
    load: Callable[[str], Benchmark],
    known: dict[str, Benchmark],
    *,
    lenient: bool,
) -> Benchmark:
    if manifest is not None:
        given = manifest.benchmark.origin
        if given not in known:
            known[given] = load(given)
        return known[given]
    if "choices" not in first_names(path):
        raise InputError(
            "the records hold no choices, so they cannot be judged by themselves",
            file=str(path),
            hint="name the benchmark that they answer: --benchmark mmar, or a path",
        )
    return load_benchmark(path, name="file", lenient=lenient)


def _check_named_benchmarks(paths: Sequence[Path], manifests: Sequence[Manifest | None]) -> None:
    """Refuse runs of different benchmarks before any is loaded."""
    named = [(path, manifest.benchmark) for path, manifest in zip(paths, manifests, strict=True) if manifest]
    for path, ref in named[1:]:
        if ref.digest != named[0][1].digest:
            lines = "".join(
                f"\n  {where}: {one.name}#{one.digest[:8]}, {one.n:,} items"
                for where, one in (named[0], (path, ref))
            )
            raise UsageError(f"the runs are of different benchmarks, so they cannot be compared:{lines}")


def _other_benchmark(first: tuple[Judged, Benchmark], second: tuple[Judged, Benchmark]) -> UsageError:
    """Say how two sets of questions differ: in their items, or in what an item asks."""
    (one, mine), (two, its) = first, second
    head = f"{one.name} and {two.name} cannot be compared: "
    only = [
        (run, [item.id for item in a if item.id not in b.by_id])
        for run, a, b in ((one, mine, its), (two, its, mine))
    ]
    if any(ids for _, ids in only):
        said = "; ".join(
            f"{len(ids):,} items only in {run.label}, such as {ids[0]}" for run, ids in only if ids
        )
        return UsageError(
            f"{head}they hold other items ({said})\n"
            "  → name the benchmark with --benchmark where a file leaves items out"
        )
    changed = [item.id for item in mine if Question.of(item) != Question.of(its[item.id])]
    return UsageError(
        f"{head}{len(changed):,} items ask something else, such as {changed[0]}: two revisions of the benchmark\n"
        f"  content digests {mine.digest[:8]} and {its.digest[:8]}"
    )


def _check_same_items_asked(runs: Sequence[Judged]) -> None:
    asked = [{row.id for row in run.rows if row.state != "missing"} for run in runs]
    if not any(asked):
        raise UsageError("no item was asked in any of these; there is nothing to compare")
    for run, own in zip(runs[1:], asked[1:], strict=True):
        if own != asked[0]:
            lines = "".join(
                f"\n  {one.name}: asked {len(mine):,} items, {len(mine - other):,} of them only here"
                for one, mine, other in ((runs[0], asked[0], own), (run, own, asked[0]))
            )
            raise UsageError(
                f"not the same items were asked:{lines}\n"
                "  → go on with the run that lacks items (the same mmar run command), or count them as wrong with --partial"
            )


def _in_order(run: Judged, benchmark: Benchmark) -> Judged:
    by_id = {row.id: row for row in run.rows}
    return msgspec.structs.replace(run, rows=tuple(by_id[item.id] for item in benchmark))


def _members(benchmark: Benchmark, dimension: str, name: str) -> Iterator[int]:
    attribute = dimension.replace("-", "_")
    return (at for at, item in enumerate(benchmark) if getattr(item, attribute) == name)
