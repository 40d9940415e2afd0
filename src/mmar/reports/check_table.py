"""The page of `mmar check`: one request in full, every reply with its reading, and the verdicts."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mmar.reports.tables import Column, Display, Row, Style, draw, facts, paint, wrapped
from mmar.runs.check import CheckReport, ProbeReply, State

__all__ = ["check_lines"]

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
    """The lines of a report.

    Args:
        report: of `examine`.
        display: where it is printed.
    """
    settings = ", ".join(f"{name} {value}" for name, value in msgspec.to_builtins(report.settings).items())
    asked = [reply for reply in report.replies if reply.answer is not None]
    pairs = [
        ("model", report.model),
        ("protocol", report.protocol),
        ("settings", settings or "the model's own"),
    ]
    yield from facts(pairs, display)
    if asked:
        yield ""
        yield from _request(asked[0], display)
    if len(asked) > 1:
        yield ""
        columns = (Column("CLIP"), Column("REPLY"), Column("READ AS"), Column())
        yield from draw(columns, [_row(reply) for reply in asked], display)
    yield ""
    width = max(len(verdict.name) for verdict in report.verdicts)
    for verdict in report.verdicts:
        first, *others = wrapped(
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
        pairs.append(("failed", f"{reply.failure.kind}: {reply.failure.message}"))
    elif reply.answer is not None:
        pairs += [("thinking", _shortened(reply.answer.thinking))] if reply.answer.thinking else []
        pairs.append(("reply", _shortened(reply.text) or "(no text)"))
    if reply.reading is not None:
        right = "right" if reply.right else f"wrong, it is {reply.probe.answer}"
        named = f"{reply.named} ({right})" if reply.named is not None else reply.reading.state
        pairs.append(("read as", f"{named}: {reply.reading.reason}"))
    return facts(pairs, display)


def _row(reply: ProbeReply) -> Row:
    if reply.failure is not None:
        return Row((reply.probe.clip, f"{reply.failure.kind}: {reply.failure.message}", "-", "failed"), "red")
    if reply.reading is None:
        return Row((reply.probe.clip, reply.text, "", ""))
    verdict = "right" if reply.right else "wrong" if reply.named is not None else reply.reading.state
    return Row((reply.probe.clip, reply.text, reply.named or "-", verdict), "" if reply.right else "yellow")


def _shortened(text: str) -> str:
    return text if len(text) <= _REPLY else f"{text[:_REPLY]}... ({len(text):,} characters)"
