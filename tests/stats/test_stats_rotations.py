"""Rotations by hand-made cases and by models whose bias is known."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmar.errors import UsageError
from mmar.stats.repeats import rotation_agreement, slot_shares


def ask_all_rotations(pick_first: bool) -> tuple[list[list[str]], list[int], list[int], list[int]]:
    """Every rotation of 60 items with 2 to 5 choices, answered by slot 0 or by knowing the answer."""
    chooser = random.Random(1)
    named, slots, keys, counts = [], [], [], []
    for _ in range(60):
        choices = list("abcde"[: chooser.randint(2, 5)])
        answer = chooser.choice(choices)
        row = []
        for turn in range(len(choices)):
            order = choices[turn:] + choices[:turn]
            slot = 0 if pick_first else order.index(answer)
            row.append(order[slot])
            slots.append(slot)
            keys.append(order.index(answer))
            counts.append(len(choices))
        named.append(row)
    return named, slots, keys, counts


def test_a_model_that_names_the_first_choice_is_exposed() -> None:
    named, slots, keys, counts = ask_all_rotations(pick_first=True)
    assert rotation_agreement(named) == (0.0, 0.0)
    shares = slot_shares(slots, keys, counts)
    assert shares.slots[0].named == 100.0
    assert shares.slots[0].accuracy == 100.0
    assert shares.slots[1].accuracy == 0.0
    assert shares.distance == pytest.approx(100 - shares.slots[0].key)


def test_a_model_that_knows_the_answer_has_no_favourite_slot() -> None:
    named, slots, keys, counts = ask_all_rotations(pick_first=False)
    assert rotation_agreement(named) == (100.0, 100.0)
    assert slot_shares(slots, keys, counts).distance == 0.0


def test_agreement_counts_no_silence() -> None:
    agreement, unanimous = rotation_agreement([["b", "b", "b"], ["a", None, "a"], [None, None]])
    assert agreement == pytest.approx(100 * (1 + 1 / 3 + 0) / 3)
    assert unanimous == pytest.approx(100 / 3)


def test_one_rotation_says_nothing_of_agreement() -> None:
    assert rotation_agreement([["a"], ["b"]]) == (None, None)


@given(
    st.lists(
        st.lists(st.sampled_from(["a", "b", "c", None]), min_size=2, max_size=5), min_size=1, max_size=20
    )
)
def test_unanimous_items_agree(named: list[list[str | None]]) -> None:
    agreement, unanimous = rotation_agreement(named)
    assert agreement is not None
    assert unanimous is not None
    assert 0 <= unanimous <= agreement + 1e-9 <= 100 + 2e-9


@given(
    st.lists(
        st.integers(2, 6).flatmap(
            lambda n: st.tuples(st.just(n), st.integers(0, n - 1), st.integers(-1, n - 1))
        ),
        min_size=1,
        max_size=30,
    )
)
def test_slots_add_up(rows: list[tuple[int, int, int]]) -> None:
    named = [None if slot < 0 else slot for _, _, slot in rows]
    result = slot_shares(named, [key for _, key, _ in rows], [n for n, _, _ in rows])
    assert sum(slot.named for slot in result.slots) == pytest.approx(
        100 if any(n is not None for n in named) else 0
    )
    assert result.unnamed == named.count(None)
    assert sum(slot.key for slot in result.slots) == pytest.approx(100)
    assert 0 <= result.distance <= 100 + 1e-9
    assert [slot.slot for slot in result.slots] == list(range(1, 1 + max(n for n, _, _ in rows)))


def test_answers_that_name_nothing_show_no_bias() -> None:
    result = slot_shares([None, None], [0, 1], [2, 2])
    assert (result.unnamed, result.distance) == (2, 0.0)
    assert result.slots[0].named == 0.0


def test_a_slot_without_an_answer_has_no_accuracy() -> None:
    assert slot_shares([0, 2], [0, 1], [3, 3]).slots[2].accuracy is None


@pytest.mark.parametrize(
    ("named", "keys", "counts"),
    [([], [], []), ([0], [0, 1], [2]), ([2], [0], [2]), ([0], [2], [2]), ([-1], [0], [2])],
)
def test_slots_outside_their_question_are_refused(
    named: list[int], keys: list[int], counts: list[int]
) -> None:
    with pytest.raises(UsageError):
        slot_shares(named, keys, counts)
