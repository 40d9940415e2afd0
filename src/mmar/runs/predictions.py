"""What is derived from a ledger: the publisher's records with the run's answers added, a valid submission."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from mmar.items import Benchmark, Item
from mmar.items.benchmark import write_records
from mmar.models import Answer
from mmar.runs.ledger import LEDGER_NAME

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

    The answers are looked up in the ledger one by one, so that only their places are held in memory.

    Raises:
        WorldError: the disk refuses.
    """
    mixed = about_channels = cut = 0

    def records() -> Iterator[dict[str, Any]]:
        nonlocal mixed, about_channels, cut
        ledger = folder / LEDGER_NAME
        places = _places(ledger)
        with ledger.open("rb") as stream:
            for item in benchmark:
                answer = None
                if (place := places.get(item.id)) is not None:
                    stream.seek(place)
                    answer = _decode(stream.readline())
                    if answer.sent is not None:
                        mixed += answer.sent.mixed_down
                        about_channels += answer.sent.mixed_down and _asks_about_channels(item)
                        cut += answer.sent.cut
                yield _prediction(item, answer)

    write_records(records(), folder / PREDICTIONS_NAME)
    return Heard(mixed, about_channels, cut)


class _Head(msgspec.Struct):
    """As much of an answer as says whether it counts."""

    id: str
    failure: dict[str, str] | None = None
    rotation: int = 0
    repeat: int = 0


_decode = msgspec.json.Decoder(Answer).decode
_decode_head = msgspec.json.Decoder(_Head).decode


def _places(ledger: Path) -> dict[str, int]:
    """Where in the ledger the answer of each item begins: unrotated, the first sample, the last one written."""
    found: dict[str, int] = {}
    with ledger.open("rb") as stream:
        at = 0
        for line in stream:
            if line.endswith(b"\n"):
                head = _decode_head(line)
                if not (head.failure or head.rotation or head.repeat):
                    found[head.id] = at
            at += len(line)
    return found


def _prediction(item: Item, answer: Answer | None) -> dict[str, Any]:
    record = item.to_record()
    if answer is not None and answer.failure is None:
        record["answer_prediction"] = answer.text
        record["thinking_prediction"] = answer.thinking
    return record


def _asks_about_channels(item: Item) -> bool:
    return any(_CHANNELS.search(text) for text in (item.question, *item.choices))
