"""What a person is told of a run: before it starts, when it has ended, and instead of it under `--dry-run`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmar.runs.dry_run import Estimate
    from mmar.runs.plan import RunPlan
    from mmar.runs.run import Outcome

__all__ = ["dry_run_lines", "run_plan_lines", "run_summary"]


def run_plan_lines(plan: RunPlan) -> Iterator[str]:
    """What makes a session cost more than one request an item, said before it starts."""
    asking = plan.asking
    if asking.rotations != 1 or asking.repeats != 1:
        choices = [len(item.choices) for item in plan.benchmark]
        rotated = (
            sum(choices) if asking.rotations == 0 else sum(min(asking.rotations, count) for count in choices)
        )
        total = rotated * asking.repeats
        yield f"to ask      {total:,} requests for {len(choices):,} items: {asking.rotations or 'all'} rotations × {asking.repeats}"


def run_summary(outcome: Outcome, folder: Path, n: int, lost: int = 0) -> Iterator[str]:
    """What came of a session, and what to do next.

    Args:
        outcome: of the session.
        folder: of the run.
        n: number of questions that can be asked.
        lost: number of those whose records could not be read.
    """
    counts, heard = outcome.counts, outcome.heard
    if outcome.repaired:
        yield f"repaired    a torn last line ({outcome.repaired} bytes) was cut off; its item was asked again"
    if outcome.before:
        yield f"went on     {outcome.before:,} answers were there already"
    failed = "".join(f", {count:,} failed ({kind})" for kind, count in sorted(counts.failed.items()))
    cached = f" ({counts.cached:,} from the cache)" if counts.cached else ""
    yield f"asked       {outcome.asked:,}: {counts.answered:,} answered{cached}{failed}"
    if lost:
        yield f"left out    {lost:,} questions that cannot be read; mmar score counts them as missing"
    for kind, message in sorted(counts.said.items()):
        yield f"failed      {kind}: {message.splitlines()[0][:200] if message else '(nothing was said)'}"
    if counts.tokens:
        money = f", {counts.money:,.4f} by the price table" if counts.money else ""
        yield f"spent       {counts.tokens:,} tokens in {counts.requests:,} requests{money}"
    if heard.mixed_down:
        yield (
            f"audio       {heard.mixed_down:,} clips were mixed to one channel; "
            f"{heard.about_channels:,} of their questions ask about channels or sides"
        )
    if heard.cut:
        yield f"audio       {heard.cut:,} clips were cut"
    if outcome.stopped:
        left = outcome.asked - counts.done
        yield f"stopped     {counts.stopped}; {left:,} were not asked; the same command goes on"
    elif outcome.failed:
        yield f"to do       {outcome.failed:,} only failed so far; the same command asks them again"
    if outcome.answered < n:
        yield f"so far      {outcome.answered:,} of {n:,} items are answered"
    yield f"run         {folder}"
    yield f"signature   {outcome.manifest.line}"
    yield f"next        mmar score {shlex.quote(str(folder))}"


def dry_run_lines(estimate: Estimate, model: str, folder: Path) -> Iterator[str]:
    """What a session would do."""
    yield f"would ask   {model}, {estimate.requests:,} requests, into {folder}; nothing was sent"
    if estimate.clips:
        minutes, megabytes = estimate.seconds / 60, estimate.bytes / 1e6
        yield f"audio       {estimate.clips:,} clips, {minutes:,.1f} minutes, {megabytes:,.1f} MB before base64"
    if estimate.unreadable:
        yield f"audio       {estimate.unreadable:,} clips are missing or cannot be read; their items would fail"
    usage = estimate.usage
    # A length that nobody knows is not none: 0 would read as a promise that answers are free.
    out = "unknown" if usage.output_tokens is None else f"{usage.output_tokens:,}"
    yield f"tokens      about {usage.input_tokens or 0:,} in, {out} out ({estimate.basis})"
    if estimate.money is not None:
        unknown = ["the answers"] if usage.output_tokens is None else []
        unknown += ["the audio"] if estimate.clips and usage.audio_tokens is None else []
        how = "at least" if unknown else "about"
        without = f", without {' and '.join(unknown)}" if unknown else ""
        yield f"cost        {how} {estimate.money:,.2f} by the price table{without}, retries aside"
