"""The file of predictions derived from a ledger: the publisher's records with the run's answers, a valid submission."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from mmar.items import Benchmark, Item
from mmar.items.benchmark import write_records
from mmar.models import Answer
from mmar.runs.ledger import LEDGER_NAME, answer_places, decode_answer

__all__ = ["PREDICTIONS_NAME", "AudioNotes", "write_predictions"]

PREDICTIONS_NAME = "predictions.jsonl"

_CHANNELS = re.compile(
    r"\b(?:stereo|mono|monaural|channels?|left|right|panning|panned|binaural|surround)\b", re.IGNORECASE
)


class AudioNotes(msgspec.Struct, frozen=True):
    """What happened to the audio on its way to the model, over the whole ledger.

    Attributes:
        mixed_down: answers for which channels were mixed into one.
        about_channels: of these, the items whose question or choices speak of channels or sides.
        cut: answers for which the clip was cut.
    """

    mixed_down: int
    about_channels: int
    cut: int


def write_predictions(folder: Path, benchmark: Benchmark) -> AudioNotes:
    """Write `predictions.jsonl` of a run; an item without an answer has no prediction.

    The answers are looked up in the ledger one by one, so that only their offsets are in memory.

    Raises:
        ExternalError: the file cannot be written.
    """
    mixed = about_channels = cut = 0

    def records() -> Iterator[dict[str, Any]]:
        nonlocal mixed, about_channels, cut
        ledger = folder / LEDGER_NAME
        # Of each item the answer as published: unrotated, the first sample, the last one written.
        places = {
            key.item_id: index for key, index in answer_places(ledger) if not (key.rotation or key.repeat)
        }
        with ledger.open("rb") as stream:
            for item in benchmark:
                answer = None
                if (place := places.get(item.id)) is not None:
                    stream.seek(place)
                    answer = decode_answer(stream.readline())
                    if answer.sent is not None:
                        mixed += answer.sent.mixed_down
                        about_channels += answer.sent.mixed_down and _asks_about_channels(item)
                        cut += answer.sent.cut
                yield _prediction(item, answer)

    write_records(records(), folder / PREDICTIONS_NAME)
    return AudioNotes(mixed, about_channels, cut)


def _prediction(item: Item, answer: Answer | None) -> dict[str, Any]:
    record = item.to_record()
    if answer is not None and answer.failure is None:
        record["answer_prediction"] = answer.text
        record["thinking_prediction"] = answer.thinking
    return record


def _asks_about_channels(item: Item) -> bool:
    return any(_CHANNELS.search(text) for text in (item.question, *item.choices))
