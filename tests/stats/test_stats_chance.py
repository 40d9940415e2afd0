"""Chance against the published row and by hand."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from mmar.errors import UsageError
from mmar.stats.chance import expected_guess_accuracy

SHARED = Path(__file__).parents[2] / "../shared"
MMAR, PUBLISHED = SHARED / "mmar/MMAR-meta.jsonl", SHARED / "published/mmar_accuracy.csv"


@pytest.mark.skipif(not SHARED.exists(), reason="../shared is not beside the checkout")
def test_the_random_guess_row_of_the_mmar_table() -> None:
    items = [json.loads(line) for line in MMAR.read_text(encoding="utf-8").splitlines()]
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        published = next(row for row in csv.DictReader(file) if row["model_class"] == "baseline")
    assert f"{expected_guess_accuracy([len(item['choices']) for item in items]):.1f}" == published["avg"]
    for modality in {item["modality"] for item in items}:
        counts = [len(item["choices"]) for item in items if item["modality"] == modality]
        assert f"{expected_guess_accuracy(counts):.1f}" == published[modality]


def test_a_thousand_guessers() -> None:
    counts = [2] * 30 + [4] * 60 + [6] * 10
    result = expected_guess_accuracy(counts)
    right = np.random.default_rng(0).random((4_000, 100)) < 1 / np.array(counts)
    accuracies = 100 * right.mean(axis=1)
    assert result == pytest.approx(accuracies.mean(), abs=4 * accuracies.std() / np.sqrt(4_000))


def test_items_without_choices_cannot_be_guessed() -> None:
    for counts in ([], [4, 0]):
        with pytest.raises(UsageError):
            expected_guess_accuracy(counts)
