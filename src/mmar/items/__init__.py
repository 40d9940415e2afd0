"""Items and benchmarks: what is asked, and how it lies on disk.

The publisher's own field names and their order are the interchange format; see `item.FIELDS`.
"""

from __future__ import annotations

from mmar.items.benchmark import Benchmark, load_benchmark, write_benchmark
from mmar.items.digest import DigestBuilder, benchmark_digest
from mmar.items.item import Criterion, Item
from mmar.items.predictions import PREDICTION_KEYS, Prediction, PredictionReader

__all__ = [
    "PREDICTION_KEYS",
    "Benchmark",
    "Criterion",
    "DigestBuilder",
    "Item",
    "Prediction",
    "PredictionReader",
    "benchmark_digest",
    "load_benchmark",
    "write_benchmark",
]
