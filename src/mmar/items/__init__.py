"""Items and benchmarks: the questions, and how they are read and written.

The publisher's field names and their order are the interchange format; see `item.FIELDS`.
"""

from __future__ import annotations

from mmar.items.benchmark import Benchmark, load_benchmark, write_benchmark
from mmar.items.digest import DigestBuilder, benchmark_digest, scored_content
from mmar.items.item import Criterion, Item, Question
from mmar.items.predictions import (
    PREDICTION_KEYS,
    Prediction,
    PredictionField,
    PredictionReader,
    choose_field,
)
from mmar.items.records import first_field_names, raw_records

__all__ = [
    "PREDICTION_KEYS",
    "Benchmark",
    "Criterion",
    "DigestBuilder",
    "Item",
    "Prediction",
    "PredictionField",
    "PredictionReader",
    "Question",
    "benchmark_digest",
    "choose_field",
    "first_field_names",
    "load_benchmark",
    "raw_records",
    "scored_content",
    "write_benchmark",
]
