"""Chance and habits against the published row and by hand."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmar.errors import UsageError
from mmar.stats.chance import always_first, always_longest, always_slot, guessing

SHARED = Path(__file__).parents[2] / "../shared"
MMAR, PUBLISHED = SHARED / "mmar/MMAR-meta.jsonl", SHARED / "published/mmar_accuracy.csv"


@pytest.mark.skipif(not SHARED.exists(), reason="../shared is not beside the checkout")
def test_the_random_guess_row_of_the_mmar_table() -> None:
    items = [json.loads(line) for line in MMAR.read_text(encoding="utf-8").splitlines()]
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        published = next(row for row in csv.DictReader(file) if row["model_class"] == "baseline")
    assert f"{guessing([len(item['choices']) for item in items]).accuracy:.1f}" == published["avg"]
    for modality in {item["modality"] for item in items}:
        counts = [len(item["choices"]) for item in items if item["modality"] == modality]
        assert f"{guessing(counts).accuracy:.1f}" == published[modality]


def test_a_thousand_guessers() -> None:
    counts = [2] * 30 + [4] * 60 + [6] * 10
    found = guessing(counts)
    right = np.random.default_rng(0).random((4_000, 100)) < 1 / np.array(counts)
    accuracies = 100 * right.mean(axis=1)
    assert found.accuracy == pytest.approx(accuracies.mean(), abs=4 * accuracies.std() / np.sqrt(4_000))
    assert found.standard_deviation == pytest.approx(accuracies.std(), rel=0.05)


def test_always_a_slot() -> None:
    counts, answers = [2, 4, 4, 3], [0, 3, 0, 2]
    assert always_first(counts, answers).accuracy == 50.0
    assert always_slot(counts, answers, 2).right == 1
    assert always_slot(counts, answers, 2).open_to == 3
    assert always_slot(counts, answers, -1).accuracy == 50.0
    # Slot 3 exists in two items only; in the others the rule is wrong, not left out.
    fourth = always_slot(counts, answers, 3)
    assert (fourth.accuracy, fourth.n, fourth.open_to) == (25.0, 4, 2)
    assert always_slot(counts, answers, -4).open_to == 2


@given(
    st.lists(st.integers(1, 6).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1))), min_size=1)
)
def test_the_slots_share_out_all_items(items: list[tuple[int, int]]) -> None:
    counts, answers = [n for n, _ in items], [slot for _, slot in items]
    assert sum(always_slot(counts, answers, slot).right for slot in range(6)) == len(items)


def test_always_the_longest() -> None:
    choices = [("a", "bbb"), ("cc", "dd", "e"), ("f", "gg"), ("", "")]
    # Right; one of two longest; wrong; one of two that are both empty.
    found = always_longest(choices, [1, 0, 0, 1])
    assert found.right == 2.0
    assert found.accuracy == 50.0


@pytest.mark.parametrize(("counts", "answers"), [([], []), ([2], [2]), ([2], [-1]), ([2, 2], [0])])
def test_keys_that_do_not_fit_are_refused(counts: list[int], answers: list[int]) -> None:
    with pytest.raises(UsageError):
        always_first(counts, answers)
    with pytest.raises(UsageError):
        always_longest([("x",) * count for count in counts], answers)


def test_items_without_choices_cannot_be_guessed() -> None:
    for counts in ([], [4, 0]):
        with pytest.raises(UsageError):
            guessing(counts)
