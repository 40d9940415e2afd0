"""Estimate of the requests and cost of a session, before anything is sent."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mmar.audio import describe
from mmar.errors import MmarError
from mmar.models import Usage
from mmar.models.model import uses_audio
from mmar.runs.ledger import LEDGER_NAME, progress_of, read_ledger
from mmar.runs.requests import Selection, build_request
from mmar.runs.spec import RunSpec

_CHARACTERS_PER_TOKEN = 4


class Estimate(msgspec.Struct, frozen=True):
    """The requests of a session and their cost.

    Attributes:
        requests: number of requests, retries aside.
        clips: how many of them have clips that can be read.
        unreadable: how many have a clip that cannot; they would fail without being sent.
        seconds: duration of the audio in total.
        bytes: size of the clips' files in total, each counted as often as it is sent.
        usage: tokens expected for all requests; audio and answer only where they can be known.
        basis: where the tokens come from.
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


def dry_run(spec: RunSpec) -> Estimate:
    """Estimate a session; the model is not opened, nothing is sent and nothing is written.

    Raises:
        UsageError: there is no such model.
    """
    folder = spec.out or Path()
    ledger = folder / LEDGER_NAME
    takes_clip = uses_audio(spec.model, spec.options) and spec.condition != "none"
    seconds, size, clips, unreadable, characters = 0.0, 0, 0, 0, 0
    selection = Selection(spec, ledger, progress_of(ledger))
    for item, key in selection:
        request = build_request(spec, item, key, uses_audio=False)
        characters += sum(len(message.text) for message in request.messages)
        if takes_clip:
            try:
                paths = [spec.benchmark.clip(clip) for clip in item.clips]
                facts = [describe(path) for path in paths]
            except MmarError:
                unreadable += 1
            else:
                clips += 1
                seconds += sum(each.duration for each in facts)
                size += sum(path.stat().st_size for path in paths)
    usage, basis = _tokens(spec, ledger, len(selection), characters, seconds)
    money = None if spec.budget.price is None else spec.budget.price.cost(usage)
    return Estimate(len(selection), clips, unreadable, seconds, size, usage, basis, money)


def _tokens(spec: RunSpec, ledger: Path, requests: int, characters: int, seconds: float) -> tuple[Usage, str]:
    usages = [answer.usage for _, answer in read_ledger(ledger) if answer.usage]
    if usages:

        def mean(name: str) -> int:
            return round(requests * sum(getattr(usage, name) or 0 for usage in usages) / len(usages))

        basis = f"the mean of this run's {len(usages):,} answers so far"
        return Usage(mean("input_tokens"), mean("output_tokens"), mean("audio_tokens"), None), basis
    price = spec.budget.price
    per_second = price.audio_tokens_a_second if price else None
    audio = round(seconds * per_second) if per_second else None
    limit = spec.settings.max_tokens
    parts = (
        f"{_CHARACTERS_PER_TOKEN} characters of the prompt a token",
        f"{per_second:g} audio tokens a second"
        if per_second
        else "audio not counted, its price is not known",
        f"at most {limit} tokens an answer" if limit else "answers not counted, their length is not known",
    )
    text = characters // _CHARACTERS_PER_TOKEN
    return Usage(text + (audio or 0), requests * limit if limit else None, audio, None), ", ".join(parts)
