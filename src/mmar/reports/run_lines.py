"""The output of `mmar check` and `mmar run`: requests with their readings and verdicts, plans and results of sessions."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mmar.reports.tables import Display, Row, Style, count, draw, facts, paint, wrap
from mmar.runs.check import CheckReport, ProbeReply, State
from mmar.runs.dry_run import Estimate
from mmar.runs.requests import selected_items
from mmar.runs.run import RunResult
from mmar.runs.spec import RunSpec

_WORDS: dict[State, str] = {
    "passed": "passed",
    "failed": "FAILED",
    "limited": "limited",
    "unknown": "could not tell",
    "skipped": "not checked",
}
_STYLES: dict[State, Style] = {"failed": "red", "limited": "yellow", "unknown": "yellow", "skipped": "dim"}
_REPLY = 300  # characters of the reply that is shown in full


def check_lines(report: CheckReport, display: Display) -> Iterator[str]:
    """The result of `mmar check`."""
    settings = ", ".join(f"{name} {value}" for name, value in msgspec.to_builtins(report.settings).items())
    replies = [reply for reply in report.replies if reply.answer is not None]
    pairs = [
        ("model", report.model),
        ("protocol", report.protocol),
        ("settings", settings or "the model's own"),
    ]
    yield from facts(pairs, display)
    if replies:
        yield ""
        yield from _request(replies[0], display)
    if len(replies) > 1:
        yield ""
        columns = ("CLIP", "REPLY", "READ AS", "")
        yield from draw(columns, [_row(reply) for reply in replies], display)
    yield ""
    width = max(len(verdict.name) for verdict in report.verdicts)
    for verdict in report.verdicts:
        first, *others = wrap(
            verdict.reason, f"{verdict.name:{width}}  {_WORDS[verdict.state]:14}  ", display
        )
        yield paint(first, _STYLES.get(verdict.state, ""), display)
        yield from others


def _request(reply: ProbeReply, display: Display) -> list[str]:
    """A request, its raw reply and the reading, in full."""
    lines = []
    for message in reply.messages:
        clip = [f"[{reply.probe.clip}]"] if message.audio else []
        texts = message.text.splitlines()
        lines += [*clip, *texts] if message.audio == "before" else [*texts, *clip]
    pairs = [("request" if not index else "", line) for index, line in enumerate(lines)]
    if reply.failure is not None:
        pairs.append(("failed", str(reply.failure)))
    elif reply.answer is not None:
        pairs += [("thinking", _shorten(reply.answer.thinking))] if reply.answer.thinking else []
        pairs.append(("reply", _shorten(reply.text) or "(no text)"))
    if reply.reading is not None:
        right = "right" if reply.right else f"wrong, it is {reply.probe.answer}"
        named = f"{reply.named} ({right})" if reply.named is not None else reply.reading.state
        pairs.append(("read as", f"{named}: {reply.reading.reason}"))
    return facts(pairs, display)


def _row(reply: ProbeReply) -> Row:
    if reply.failure is not None:
        return Row((reply.probe.clip, str(reply.failure), "-", "failed"), "red")
    if reply.reading is None:
        return Row((reply.probe.clip, reply.text, "", ""))
    verdict = "right" if reply.right else "wrong" if reply.named is not None else reply.reading.state
    return Row((reply.probe.clip, reply.text, reply.named or "-", verdict), "" if reply.right else "yellow")


def _shorten(text: str) -> str:
    return text if len(text) <= _REPLY else f"{text[:_REPLY]}... ({len(text):,} characters)"


def run_plan_lines(spec: RunSpec) -> Iterator[str]:
    """The number of requests of a session that sends more than one an item, printed before it starts."""
    if spec.rotations != 1 or spec.repeats != 1:
        requests = [len(list(spec.keys_of(item))) for item in selected_items(spec)]
        yield (
            f"to ask      {count(sum(requests), 'request')} for {count(len(requests), 'item')}: "
            f"{spec.rotations or 'all'} rotations x {spec.repeats}"
        )


def run_summary(
    result: RunResult, folder: Path, n: int, unreadable: int = 0, *, withheld: bool = False
) -> Iterator[str]:
    """The result of a session, and the next command.

    Args:
        result: of the session.
        folder: of the run.
        n: number of questions that can be asked.
        unreadable: number of questions whose records could not be read.
        withheld: whether the publisher withholds answers, so that the run is submitted and not scored.
    """
    counts, audio = result.counts, result.audio
    if result.repaired:
        yield f"repaired    a torn last line ({result.repaired} bytes) was cut off; its item was asked again"
    if result.answered_before:
        yield f"continued   {count(result.answered_before, 'answer')} from before"
    failed = "".join(f", {n:,} failed ({kind})" for kind, n in sorted(counts.failed.items()))
    cached = f" ({counts.cached:,} from the cache)" if counts.cached else ""
    yield f"asked       {result.requested:,}: {counts.answered:,} answered{cached}{failed}"
    if unreadable:
        yield f"left out    {count(unreadable, 'question')} that cannot be read; mmar score counts them as missing"
    for kind, message in sorted(counts.reasons.items()):
        if kind in counts.failed:
            yield f"failed      {kind}: {message.splitlines()[0][:200] if message else '(no message)'}"
    for warning in counts.warnings:
        yield f"warning     {warning}"
    if counts.tokens:
        money = f", {counts.money:,.4f} by the price table" if counts.money else ""
        yield f"spent       {counts.tokens:,} tokens in {count(counts.requests, 'request')}{money}"
    if audio.mixed_down:
        yield (
            f"audio       {count(audio.mixed_down, 'clip')} mixed to one channel; "
            f"{audio.about_channels:,} of the questions ask about channels or sides"
        )
    if audio.cut:
        yield f"audio       {count(audio.cut, 'clip')} cut to the longest duration that was sent"
    left = result.requested - counts.done
    if result.stopped:
        yield f"stopped     {counts.stopped}; {left:,} not asked; the same command continues"
    elif result.selected_failed:
        yield f"to do       {count(result.selected_failed, 'request')} failed; the same command asks again"
    if result.answered < n:
        yield f"so far      {result.answered:,} of {count(n, 'item')} answered"
    yield f"run         {folder}"
    yield f"signature   {result.signature.long}"
    name = shlex.quote(str(folder))
    yield f"next        mmar {f'submit {name} --out submission.json' if withheld else f'score {name}'}"


def dry_run_lines(estimate: Estimate, model: str, folder: Path) -> Iterator[str]:
    """The plan of a session."""
    yield f"would ask   {model}, {estimate.requests:,} requests, into {folder}; nothing was sent"
    if estimate.clips:
        minutes, megabytes = estimate.seconds / 60, estimate.bytes / 1e6
        yield f"audio       {estimate.clips:,} clips, {minutes:,.1f} minutes, {megabytes:,.1f} MB before base64"
    if estimate.unreadable:
        yield f"audio       {estimate.unreadable:,} clips are missing or cannot be read; their items would fail"
    usage = estimate.usage
    # An unknown length of the answers is printed as such, and not as 0 tokens.
    out = "unknown" if usage.output_tokens is None else f"{usage.output_tokens:,}"
    yield f"tokens      about {usage.input_tokens or 0:,} in, {out} out ({estimate.basis})"
    if estimate.money is not None:
        unknown = ["the answers"] if usage.output_tokens is None else []
        unknown += ["the audio"] if estimate.clips and usage.audio_tokens is None else []
        how = "at least" if unknown else "about"
        without = f", without {' and '.join(unknown)}" if unknown else ""
        yield f"cost        {how} {estimate.money:,.2f} by the price table{without}, retries aside"
