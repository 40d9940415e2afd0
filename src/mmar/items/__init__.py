"""Items and benchmarks: what is asked, and how it lies on disk.

The publisher's own field names and their order are the interchange format; see `item.FIELDS`.
"""

from __future__ import annotations

from mmar.items.benchmark import Benchmark, load_benchmark, write_benchmark
from mmar.items.digest import DigestBuilder, benchmark_digest
from mmar.items.item import Criterion, Item, Question
from mmar.items.predictions import PREDICTION_KEYS, KeyChoice, Prediction, PredictionReader, choose_key
from mmar.items.records import first_names, raw_records
from mmar.items.spans import Block, Span, blocks, read_span, spans

__all__ = [
    "PREDICTION_KEYS",
    "Benchmark",
    "Block",
    "Criterion",
    "DigestBuilder",
    "Item",
    "KeyChoice",
    "Prediction",
    "PredictionReader",
    "Question",
    "Span",
    "benchmark_digest",
    "blocks",
    "choose_key",
    "first_names",
    "load_benchmark",
    "raw_records",
    "read_span",
    "spans",
    "write_benchmark",
]
