"""GRIM against decimal rounding by definition and the published MMAR table."""

from __future__ import annotations

import csv
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expect import raises
from mmar.errors import UsageError
from mmar.stats.grim import average, grim

PUBLISHED = Path(__file__).parents[2] / "../shared/published/mmar_accuracy.csv"
MODALITIES = {
    "sound": 165,
    "music": 206,
    "speech": 294,
    "mix-sound-music": 11,
    "mix-sound-speech": 218,
    "mix-music-speech": 82,
    "mix-sound-music-speech": 24,
}


def printed(k: int, n: int, decimals: int, rule: str) -> str:
    """A percentage as Python's decimal module prints it under a rule."""
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(100 * k) / n
        last = Decimal(1).scaleb(-decimals)
        if rule == "twice":
            exact = exact.quantize(last / 10, ROUND_HALF_UP)
        rounding = {"half_even": ROUND_HALF_EVEN, "truncated": ROUND_DOWN}.get(rule, ROUND_HALF_UP)
        return str(exact.quantize(last, rounding))


@given(
    st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.integers(0, 3),
    st.sampled_from(["half_up", "half_even", "twice", "truncated"]),
)
def test_counts_are_exactly_those_that_print_so(counts: tuple[int, int], decimals: int, rule: str) -> None:
    k, n = counts
    text = printed(k, n, decimals, rule)
    expected = tuple(other for other in range(n + 1) if printed(other, n, decimals, rule) == text)
    result = grim(text, n)
    assert result.by_rule[rule] == expected
    assert k in result.counts


@given(st.integers(0, 1000), st.integers(1, 60))
def test_an_impossible_percentage_is_printed_by_no_count(tenths: int, n: int) -> None:
    text = f"{tenths // 10}.{tenths % 10}"
    rules = ("half_up", "half_even", "twice", "truncated")
    possible = any(printed(k, n, 1, rule) == text for k in range(n + 1) for rule in rules)
    assert bool(grim(text, n).counts) == possible


def test_the_impossible_cell() -> None:
    result = grim("63.4", 11)
    assert result.counts == ()
    assert result.neighbours == ((6, "54.5"), (7, "63.6"))


def test_ways_of_printing_are_distinguished() -> None:
    # 19/24 is 79.1666…, 23/82 is 28.0488, 1/8 to one decimal is a tie.
    assert grim("79.2", 24).by_rule.get("half_up", ()) == (19,)
    assert tuple(grim("79.1", 24).by_rule) == ("truncated",)
    assert tuple(grim("28.1", 82).by_rule) == ("twice",)
    assert tuple(grim("12.5", 8).by_rule) == ("half_up", "half_even", "twice", "truncated")
    assert grim("6.3", 16).by_rule.get("half_up", ()) == (1,)
    assert grim("6.2", 16).by_rule.get("half_even", ()) == (1,)
    assert grim("6.2", 16).by_rule.get("half_up", ()) == ()


def test_precision_is_what_was_printed() -> None:
    assert grim("33", 3).by_rule.get("half_up", ()) == (1,)
    assert grim("33.3", 3).by_rule.get("half_up", ()) == (1,)
    assert not grim("33.0", 3).counts
    assert grim("9.09", 11).by_rule.get("half_up", ()) == (1,)
    assert grim("100.0 %", 11).neighbours == ((11, "100.0"),)
    assert grim(" 0% ", 5).by_rule.get("half_up", ()) == (0,)
    # Coarse printing of many items leaves several counts.
    assert grim("50", 1000).by_rule.get("half_up", ()) == tuple(range(495, 505))


@pytest.mark.parametrize("text", ["", "-", "abc", "100.1", "-5", "1e1", "63,4", "63.4.1", "nan", "٦٣"])
def test_invalid_percentages_are_refused(text: str) -> None:
    with raises("not-a-percentage"):
        grim(text, 10)


def test_a_percentage_needs_items() -> None:
    with pytest.raises(UsageError):
        grim("50.0", 0)
    with pytest.raises(UsageError):
        average([], "50.0")


def test_an_average_is_the_sum_of_its_parts() -> None:
    assert average([("50.0", 10), ("33.3", 3)], "46.2").consistent
    off = average([("50.0", 10), ("33.3", 3)], "41.7")
    assert not off.consistent
    # 41.7 is the plain mean of 50.0 and 33.3, as a table that forgot the weights would print.
    assert off.unweighted
    assert (off.low, off.high, off.n) == (6, 6, 13)


def test_an_average_says_what_an_impossible_part_must_have_been() -> None:
    result = average([("50.0", 10), ("63.4", 11)], "57.1")
    assert result.consistent
    assert result.implied == (7,)
    assert average([("50.0", 10), ("63.6", 11)], "57.1").implied == ()


@pytest.mark.skipif(not PUBLISHED.exists(), reason="../shared/published is not beside the checkout")
def test_the_published_table_holds_one_impossible_cell() -> None:
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["model_class"] != "baseline"]
    cells = {
        (row["model"], row["size"], modality): grim(row[modality], n)
        for row in rows
        for modality, n in MODALITIES.items()
    }
    assert len(cells) == 36 * 7
    assert [key for key, cell in cells.items() if not cell.counts] == [
        ("Qwen3-Omni-Thinking", "30B-A3B", "mix-sound-music")
    ]
    # Printed once more from two decimals, which the paper's own table has, or cut off.
    assert sum(tuple(cell.by_rule) == ("twice",) for cell in cells.values()) == 11
    assert [key[0] for key, cell in cells.items() if tuple(cell.by_rule) == ("truncated",)] == [
        "Qwen3-Omni-Thinking"
    ]
    for row in rows:
        check = average([(row[modality], n) for modality, n in MODALITIES.items()], row["avg"])
        assert check.consistent, row["model"]
        # The row with the impossible cell still adds up if that cell was 7 of 11, which is 63.6.
        assert check.implied == ((7,) if row["model"] == "Qwen3-Omni-Thinking" else ())
