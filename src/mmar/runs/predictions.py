"""What is derived from a ledger: the publisher's records with the run's answers added, a valid submission."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from mmar.items import Benchmark, Item
from mmar.items.benchmark import write_records
from mmar.models import Answer
from mmar.runs.ledger import LEDGER_NAME, latest, read_ledger

__all__ = ["PREDICTIONS_NAME", "Heard", "write_predictions"]

PREDICTIONS_NAME = "predictions.jsonl"

_CHANNELS = re.compile(
    r"\b(?:stereo|mono|monaural|channels?|left|right|panning|panned|binaural|surround)\b", re.IGNORECASE
)


class Heard(msgspec.Struct, frozen=True):
    """What the model was really given, over the whole ledger.

    Attributes:
        mixed_down: answers for which channels were mixed into one.
        about_channels: of these, the items whose question or choices speak of channels or sides.
        cut: answers for which the clip was cut.
    """

    mixed_down: int
    about_channels: int
    cut: int


def write_predictions(folder: Path, benchmark: Benchmark) -> Heard:
    """Make `predictions.jsonl` of a run; an item without an answer has no prediction.

    Raises:
        WorldError: the disk refuses.
    """
    answers = {
        item_id: answer
        for (item_id, rotation, repeat), (_, answer) in latest(read_ledger(folder / LEDGER_NAME)).items()
        if not rotation and not repeat
    }
    write_records((_prediction(item, answers.get(item.id)) for item in benchmark), folder / PREDICTIONS_NAME)
    sent = {item_id: answer.sent for item_id, answer in answers.items() if answer.sent is not None}
    mixed = [item_id for item_id, one in sent.items() if one.mixed_down]
    return Heard(
        len(mixed),
        sum(
            1 for item_id in mixed if item_id in benchmark.by_id and _asks_about_channels(benchmark[item_id])
        ),
        sum(1 for one in sent.values() if one.cut),
    )


def _prediction(item: Item, answer: Answer | None) -> dict[str, Any]:
    record = item.to_record()
    if answer is not None and answer.failure is None:
        record["answer_prediction"] = answer.text
        record["thinking_prediction"] = answer.thinking
    return record


def _asks_about_channels(item: Item) -> bool:
    return any(_CHANNELS.search(text) for text in (item.question, *item.choices))
