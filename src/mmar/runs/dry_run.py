"""What a session would ask and cost, before anything is sent."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from mmar.audio import describe
from mmar.errors import MmarError
from mmar.models import Model, Usage
from mmar.runs.clips import clip_of
from mmar.runs.ledger import LEDGER_NAME, read_ledger, written_in
from mmar.runs.plan import RunPlan
from mmar.runs.selection import Selection

__all__ = ["Estimate", "dry_run"]

_CHARACTERS_A_TOKEN = 4


class Estimate(msgspec.Struct, frozen=True):
    """What a session would do.

    Attributes:
        requests: how many would be put, retries aside.
        clips: how many of them have a clip that can be read.
        unreadable: how many have a clip that cannot; they would fail without being asked.
        seconds: duration of the audio in all.
        bytes: size of the clips' files in all, each counted as often as it is sent.
        usage: tokens expected, all requests together; audio and answer only where they can be known.
        basis: where the tokens come from, one sentence.
        money: cost expected, where there is a price.
    """

    requests: int
    clips: int
    unreadable: int
    seconds: float
    bytes: int
    usage: Usage
    basis: str
    money: float | None


def dry_run(plan: RunPlan, model: Model) -> Estimate:
    """Estimate a session; nothing is sent and nothing is written.

    Args:
        plan: what to do.
        model: who would be asked; closed without being asked.

    Raises:
        UsageError: as the run itself would.
    """
    try:
        ledger = plan.out / LEDGER_NAME
        return _estimate(plan, model, Selection(plan, ledger, written_in(ledger)))
    finally:
        asyncio.run(model.close())


def _estimate(plan: RunPlan, model: Model, pairs: Selection) -> Estimate:
    seconds, size, clips, unreadable, characters = 0.0, 0, 0, 0, 0
    for item, slot in pairs:
        request = plan.asking.request(plan.benchmark, item, slot, uses_audio=False, others={})
        characters += sum(len(message.text) for message in request.messages)
        if model.uses_audio and plan.asking.condition != "none":
            try:
                path = clip_of(plan.benchmark, item.audio_path)
                facts = describe(path)
            except MmarError:
                unreadable += 1
            else:
                clips += 1
                seconds += facts.duration
                size += path.stat().st_size
    usage, basis = _tokens(plan.out, len(pairs), characters, seconds, plan)
    money = None if plan.budget.price is None else plan.budget.price.cost(usage)
    return Estimate(len(pairs), clips, unreadable, seconds, size, usage, basis, money)


def _tokens(folder: Path, requests: int, characters: int, seconds: float, plan: RunPlan) -> tuple[Usage, str]:
    ledger = folder / LEDGER_NAME
    seen = [answer.usage for _, answer in read_ledger(ledger) if answer.usage] if ledger.exists() else []
    if seen:

        def mean(name: str) -> int:
            return round(requests * sum(getattr(usage, name) or 0 for usage in seen) / len(seen))

        basis = f"the mean of this run's {len(seen):,} answers so far"
        return Usage(mean("input_tokens"), mean("output_tokens"), mean("audio_tokens"), None), basis
    per_second = plan.budget.price.audio_tokens_a_second if plan.budget.price else None
    audio = round(seconds * per_second) if per_second else None
    most = plan.asking.settings.max_tokens
    said = [f"{_CHARACTERS_A_TOKEN} characters of the prompt a token"]
    said.append(
        f"{per_second:g} audio tokens a second" if per_second else "audio not counted, its price is not known"
    )
    said.append(
        f"at most {most} tokens an answer" if most else "answers not counted, their length is not known"
    )
    text = characters // _CHARACTERS_A_TOKEN
    return Usage(text + (audio or 0), requests * most if most else None, audio, None), ", ".join(said)
