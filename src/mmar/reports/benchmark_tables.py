"""Console output of benchmarks: what one contains, how two editions differ, and what that does to runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from mmar.errors import strip_control_chars
from mmar.items import Benchmark
from mmar.items.diff import BenchmarkDiff
from mmar.items.editions import edition_of
from mmar.reports.describe import Description, Durations
from mmar.reports.tables import PLAIN, Display, Fact, count, draw, facts, join_blocks, p_value, paint
from mmar.scoring.both_editions import EditionScore, RunOnBoth

_MAX_LISTED = 12


def describe_table(description: Description, display: Display = PLAIN) -> str:
    """Draw a description of a benchmark."""
    revision = f", revision {description.revision[:7]}" if description.revision else ""
    items = count(description.items, "item")
    title = strip_control_chars(f"{description.name}: {items}{revision}, digest {description.digest[:8]}")
    return join_blocks(
        [paint(title, "bold", display)],
        facts(_facts(description), display),
        draw(("", ">n", ">%"), _groups(description), display),
    )


def _facts(description: Description) -> Iterator[Fact]:
    if (edition := edition_of(description.digest)) is not None:
        yield "edition", edition.label
    shared = ""
    if description.shared_videos:
        shared = f"; {description.shared_videos:,} of them give {count(description.sharing_items, 'item')}"
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


def _groups(description: Description) -> Iterator[Sequence[str]]:
    def counted(name: str, n: int) -> Sequence[str]:
        return (name, f"{n:,}", f"{100 * n / description.items:.1f}")

    yield ("modality",)
    yield from (counted(f"  {name}", n) for name, n in description.modality.items())
    yield ("category",)
    for category, n in description.category.items():
        yield counted(f"  {category}", n)
        yield from (counted(f"    {name}", n) for name, n in description.sub_category[category].items())


def _listed(counts: Mapping[str, int]) -> str:
    first = list(counts.items())[:_MAX_LISTED]
    more = len(counts) - len(first)
    listed = ", ".join(f"{name} {n:,}" for name, n in first)
    return f"{listed}, and {more} more" if more else listed


def _duration(durations: Durations | None, items: int) -> str:
    if durations is None:
        return "unknown: neither clips nor timestamps are available"
    minutes = round(durations.total / 60)
    total = f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{durations.total / 60:.1f} min"
    from_clips = durations.measured_from == "clips"
    origin = "from the clips" if from_clips else "from the timestamps, without the clips"
    known = "" if durations.n == items else f"; known for {count(durations.n, 'item')}"
    return (
        f"{total} in total, mean {durations.mean:.1f} s, median {durations.median:.1f} s, "
        f"{durations.shortest:.1f} to {durations.longest:.1f} s ({origin}{known})"
    )


_MAX_CHANGES = 20
_WIDTH = 60


def diff_lines(diff: BenchmarkDiff, one: Benchmark, other: Benchmark, names: tuple[str, str]) -> list[str]:
    """The differences between two benchmarks, which are called `names`."""
    lines = [
        f"{letter} {name}: {len(benchmark):,} items, digest {benchmark.digest[:8]}"
        for letter, name, benchmark in zip("AB", names, (one, other), strict=True)
    ]
    if diff.same_score:
        lines.append("every run scores the same on both")
    for title, ids in (("only in B", diff.added), ("only in A", diff.removed)):
        if ids:
            more = f" and {len(ids) - _MAX_CHANGES:,} more" if len(ids) > _MAX_CHANGES else ""
            lines.append(f"{title}: {len(ids):,} ({', '.join(ids[:_MAX_CHANGES])}{more})")
    lines += [f"{name} differs: {count(items, 'item')}" for name, items in diff.by_field.items()]
    for change in diff.scored_changes[:_MAX_CHANGES]:
        lines.append(f"  {change.id} {change.field}")
        lines += [f"    A {_short(change.before)}", f"    B {_short(change.after)}"]
    if len(diff.scored_changes) > _MAX_CHANGES:
        lines.append(f"  and {len(diff.scored_changes) - _MAX_CHANGES:,} more; --json lists all")
    return lines


def run_lines(runs: Sequence[RunOnBoth], diff: BenchmarkDiff, display: Display = PLAIN) -> list[str]:
    """Runs on both editions, the items whose verdict differs with the reason, and who answers the old keys."""
    fields: dict[str, list[str]] = {}
    for change in diff.scored_changes:
        fields.setdefault(change.id, []).append(change.field)
    lines: list[str] = []
    for run in runs:
        lines += ["", run.path, _score("A", run.first), _score("B", run.second)]
        lines += _verdicts(run, fields)
    if any(run.old_keys is not None for run in runs):
        lines += ["", *_old_keys(runs, display)]
    return lines


def _score(letter: str, edition: EditionScore) -> str:
    score = edition.score
    part = "" if edition.asked == edition.n else f" of the {edition.asked:,} of {edition.n:,} items asked"
    left_out = ""
    if edition.left_out:
        left_out = f"; {count(edition.left_out, 'answer')} left out (other question, choices or item)"
    return f"  on {letter}: official {score.official.accuracy:.1f}, choice {score.choice.accuracy:.1f}{part}{left_out}"


def _verdicts(run: RunOnBoth, fields: Mapping[str, list[str]]) -> Iterator[str]:
    yield f"  verdict differs on {count(len(run.changes), 'item')}"
    for change in run.changes[:_MAX_CHANGES]:
        if change.official == change.choice:
            differs = [_verdict(*change.official)]
        else:
            pairs = (("official", change.official), ("choice", change.choice))
            differs = [f"{name} {_verdict(*pair)}" for name, pair in pairs if pair[0] != pair[1]]
        yield f"    {change.id}: {'; '.join(differs)} ({', '.join(fields.get(change.id, ['?']))} changed)"
    if len(run.changes) > _MAX_CHANGES:
        yield f"    and {len(run.changes) - _MAX_CHANGES:,} more; --json lists all"


def _old_keys(runs: Sequence[RunOnBoth], display: Display) -> Iterator[str]:
    yield "Old keys: items whose key B corrected, with the same question and choices in both"
    columns = (
        "run",
        ">n",
        ">old key %",
        ">95 % CI",
        ">guessing %",
        ">new key %",
        ">of wrong %",
        ">guessing %",
        ">p",
    )
    rows = []
    for run in runs:
        keys = run.old_keys
        if keys is not None and keys.n:
            of_wrong = 100 * keys.old / keys.wrong if keys.wrong else 0.0
            shares = (keys.chance, 100 * keys.new / keys.n, of_wrong, keys.chance_of_wrong)
            p = "–" if keys.p_value is None else p_value(keys.p_value)
            old_key = (f"{keys.share:.1f}", str(keys.interval))
            rows.append((run.path, f"{keys.n:,}", *old_key, *(f"{share:.1f}" for share in shares), p))
    yield from draw(columns, rows, display)
    yield "of wrong: share of the old key among answers other than the new one, and what guessing among"
    yield "the wrong choices gives; p: probability of so many or more by such guesses. An old key that is"
    yield "no choice counts where the answer repeats it word for word, which guessing never does."


def _verdict(before: bool, after: bool) -> str:  # noqa: FBT001 - the verdicts on A and B
    first, second = ("right" if right else "wrong" for right in (before, after))
    return f"{first} on A, {second} on B"


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"
