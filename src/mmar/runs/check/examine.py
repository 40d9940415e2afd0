"""Asking the probes: requests about generated clips, in a temporary folder."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from mmar.errors import MmarError
from mmar.items import Item
from mmar.items.predictions import is_cut_off
from mmar.models import Answer, Model
from mmar.protocols import Request, Settings
from mmar.protocols.reading import Reading, read
from mmar.runs.auxiliary_run import ask_requests, current_answers
from mmar.runs.check.probes import PROBES, Probe, write_clips
from mmar.runs.check.verdicts import ProbeReply, Verdict, evaluate_replies
from mmar.runs.engine import Counts
from mmar.runs.spec import RunSpec


class CheckReport(msgspec.Struct, frozen=True):
    """Result of the check of a model.

    Attributes:
        protocol: name and version of the protocol by which the questions were put.
        uses_audio: whether the model is given clips.
        replies: one for each probe.
        verdicts: one for each property.
    """

    model: str
    protocol: str
    settings: Settings
    uses_audio: bool
    replies: tuple[ProbeReply, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return all(verdict.state != "failed" for verdict in self.verdicts)

    def __repr__(self) -> str:
        words = {verdict.name: verdict.state for verdict in self.verdicts}
        return f"<CheckReport {self.model}: {', '.join(f'{name} {state}' for name, state in words.items())}>"


def examine(
    spec: RunSpec,
    model: Model,
    *,
    quick: bool = False,
    progress: Callable[[int, Counts], None] = lambda *_: None,
) -> CheckReport:
    """Ask the probes and judge the replies.

    Args:
        spec: how to ask: protocol, settings, limits. Its benchmark and folder are not used.
        model: closed at the end.
        quick: ask only the first probe.
        progress: called with the number of requests and the counts so far.

    Raises:
        UsageError: the model cannot be used as its options say.
        ExternalError: the temporary folder cannot be written, or the model's program does not start.
    """
    probes = PROBES[:1] if quick else PROBES
    with tempfile.TemporaryDirectory(prefix="mmar-check-") as name:
        folder = Path(name)
        clips = write_clips(probes, folder)
        requests = [_request(spec, probe, clips[probe.id] if model.uses_audio else ()) for probe in probes]
        try:
            run = ask_requests(msgspec.structs.replace(spec, out=folder), model, requests, progress=progress)
            if run.counts.stopped == "interrupted":
                raise KeyboardInterrupt
        except MmarError as error:
            if error.code == "deaf":  # local weights examine themselves when they start
                verdicts = (Verdict("hears", "failed", error.message),)
                return CheckReport(model.name, spec.protocol.label, spec.settings, True, (), verdicts)
            if error.code != "given-up":  # the failures that led to it are in the ledger
                raise
        answers = {key.item_id: answer for key, answer in current_answers(folder, requests).items()}
    replies = tuple(
        _reply(spec, probe, request, answers.get(probe.id))
        for probe, request in zip(probes, requests, strict=True)
    )
    return CheckReport(
        model.name,
        spec.protocol.label,
        spec.settings,
        model.uses_audio,
        replies,
        evaluate_replies(replies, uses_audio=model.uses_audio, max_tokens=spec.settings.max_tokens),
    )


def _request(spec: RunSpec, probe: Probe, clips: tuple[Path, ...]) -> Request:
    item = Item(probe.id, "", probe.question, probe.choices, probe.answer, "sound", "")
    return spec.protocol.request(item, clips[0] if clips else None, spec.settings, clips[1:])


def _reply(spec: RunSpec, probe: Probe, request: Request, answer: Answer | None) -> ProbeReply:
    reading: Reading | None = None
    if answer is not None and answer.failure is None and probe.choices:
        rule, cut_off = spec.protocol.reading, is_cut_off(answer.finish_reason)
        reading = read(answer.text, probe.choices, rule, cut_off=cut_off)
    return ProbeReply(probe, request.messages, answer, reading)
