"""Console output of a comparison: each run, each pair of runs, the verdict, and the source of every number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mmar.reports.tables import PLAIN, Display, Fact, count, draw, facts, group_rows, join_blocks, p_value
from mmar.scoring.comparison import METHODS, ComparedRun, Comparison, Pair, PairedScores

_MARKS = {"first": " *", "second": " *", "cannot be told": " ?", "not shown": ""}


def compare_table(comparison: Comparison, display: Display = PLAIN) -> str:
    """Draw a comparison."""
    if len(comparison.pairs) == 1:
        pair = comparison.pairs[0]
        results = (facts(_pair(pair, comparison), display), _groups(pair, comparison.parents, display))
    else:
        explanations = [
            ("MDD", "minimum detectable difference, points"),
            ("p", f"permutation test {_permutation(comparison)}"),
            ("groups", "in --json, or compare two runs"),
        ]
        results = (_pairs(comparison, display), facts(explanations, display))
    items = count(comparison.asked, "item")
    if comparison.asked < comparison.n:
        items = f"of the {comparison.asked:,} asked"
    sources = count(comparison.clusters, "source")
    return join_blocks(
        _runs(comparison, display),
        facts([("items", f"{items}, from {sources}, scorer {comparison.scorer}")], display),
        *results,
        facts(_sources(comparison), display),
        facts([("verdict", _verdict(comparison))], display),
    )


def _runs(comparison: Comparison, display: Display) -> list[str]:
    ranked, partial = len(comparison.runs) > 2, comparison.asked < comparison.n
    optional = [*([">% of all"] if partial else []), *([">rank"] if ranked else [])]
    columns = ("", ">right", ">%", "95 % interval", *optional, "model")
    order = sorted(comparison.runs, key=lambda run: -run.accuracy) if ranked else comparison.runs
    rows = []
    for run in order:
        right = f"{run.correct:,.0f}" if run.repeats == 1 else f"{run.correct:,.1f}"
        cells = [run.label, right, f"{run.accuracy:.1f}", str(run.interval)]
        cells += [f"{run.of_all:.1f}"] if partial else []
        cells += [_rank(run)] if ranked else []
        repeats = f" ({run.repeats} answers to an item)" if run.repeats > 1 else ""
        rows.append((*cells, (run.path if run.model == "?" else run.model) + repeats))
    return draw(columns, rows, display)


def _permutation(comparison: Comparison) -> str:
    return f"by source video, up to {count(comparison.draws, 'draw')}, seed {comparison.seed}"


def _rank(run: ComparedRun) -> str:
    return str(run.rank) if run.rank == run.worst else f"{run.rank}–{run.worst}"


def _pair(pair: Pair, comparison: Comparison) -> Iterator[Fact]:
    scores, one, two = pair.all, pair.first, pair.second
    yield f"{one} − {two}", f"{scores.difference:+.1f} points {scores.interval}"
    p = f"p = {scores.p:.4f}" if scores.p >= 0.0001 else "p < 0.0001"
    yield "permutation", f"{p}, {_permutation(comparison)}"
    yield (
        "only right",
        f"{one} on {count(scores.only_first, 'item')}, {two} on {scores.only_second:,}; --items FILE lists them",
    )
    low, high = pair.bounds.low, pair.bounds.high
    if low < high:
        yield (
            "bounds",
            f"{low:+.1f} to {high:+.1f} points if all items without an answer were wrong, or right",
        )
    least = pair.minimum_detectable
    if least is None:
        why = "all items are of one video" if scores.clusters == 1 else "the runs differ on no item"
        yield "detectable", f"minimum detectable difference unknown: {why}"
    else:
        note = "" if least.possible else "; too few items to show any difference"
        yield (
            "detectable",
            f"minimum detectable difference {least.points:.1f} points (n = {scores.n:,}, the runs differ on "
            f"{least.discordant:.1f} %){note}",
        )
    if pair.noise is not None:
        yield (
            "noise",
            f"standard error {pair.noise.prediction:.1f} points from sampled answers (more repeats help), "
            f"{pair.noise.data:.1f} from the choice of items (more items help)",
        )
    if pair.monitored is not None:
        decided = "decided" if pair.monitored.decided else "not decided yet"
        yield (
            "monitored",
            f"{decided} (e-value {pair.monitored.e_value:.3g} of 20), valid however often it is looked at; a run that "
            "is not finished may be stopped once decided",
        )
    if pair.equivalence is not None:
        result = {True: "yes", False: "not shown", None: "cannot be told"}[pair.equivalence.equivalent]
        yield (
            "equivalent",
            f"{result}, within {pair.equivalence.margin:g} points (90 % interval {pair.equivalence.interval})",
        )


def _groups(pair: Pair, parents: Mapping[str, str], display: Display) -> list[str]:
    difference = f">{pair.first} − {pair.second}"
    columns = ("", ">n", f">{pair.first}", f">{pair.second}", difference, "95 % interval", "p, Holm")

    def cells(scores: PairedScores) -> Sequence[str]:
        shares = (f"{scores.first:.1f}", f"{scores.second:.1f}", f"{scores.difference:+.1f}")
        return (f"{scores.n:,}", *shares, str(scores.interval), _mark(scores))

    return draw(columns, group_rows(pair.groups, parents, cells), display)


def _mark(scores: PairedScores) -> str:
    p = "–" if scores.p_adjusted is None else p_value(scores.p_adjusted)
    return f"{p}{_MARKS[scores.verdict]}"


def _pairs(comparison: Comparison, display: Display) -> list[str]:
    tested = any(pair.equivalence is not None for pair in comparison.pairs)
    optional = ["equivalent"] if tested else []
    columns = ("", ">points", "95 % interval", "only right", ">p", "adjusted", ">MDD", *optional)
    rows = []
    for pair in comparison.pairs:
        scores, least = pair.all, pair.minimum_detectable
        cells = [
            f"{pair.first} − {pair.second}",
            f"{scores.difference:+.1f}",
            str(scores.interval),
            f"{scores.only_first:,} : {scores.only_second:,}",
            p_value(scores.p),
            _mark(scores),
            "–" if least is None else f"{least.points:.1f}",
        ]
        if tested:
            cells.append("yes" if pair.equivalence is not None and pair.equivalence.equivalent else "")
        rows.append(cells)
    return draw(columns, rows, display)


def _sources(comparison: Comparison) -> Iterator[Fact]:
    yield "*", "shown: adjusted p below 0.05"
    yield "?", "cannot be told: items without an answer decide, or there are fewer than 10 source videos"
    for run in comparison.runs:
        yield f"run {run.label}", run.path if run.model == "?" else f"{run.model}, {run.path}"
    for part in comparison.differing:
        values = ", ".join(
            f"{'unknown' if value == '?' else value} ({run.label})"
            for run, value in zip(comparison.runs, part.values, strict=True)
        )
        yield "differ in", f"{part.part}: {values}"
    for note in comparison.notes:
        yield "note", note
    for key, text in METHODS.items():
        yield "method", f"{key}: {text}"
    for run in comparison.runs:
        yield "signature", f"{run.label}  {run.signature}"


def _verdict(comparison: Comparison) -> str:
    """The verdict in words; of many runs the ranks, best first."""
    if len(comparison.pairs) == 1:
        return comparison.pairs[0].summary
    order = sorted(comparison.runs, key=lambda run: (run.rank, run.worst, -run.accuracy))
    return "ranks that the data allow, all together: " + ", ".join(
        f"{run.label} {_rank(run)}" for run in order
    )
