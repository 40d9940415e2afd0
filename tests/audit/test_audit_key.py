"""Checks of the answer key: its place, its length, its number, what recurs, and questions that name it."""

from __future__ import annotations

import pytest
from scipy import stats
from single_check import Maker, many, run_check

from mmar.items import Item


def test_position_bias(item: Maker) -> None:
    choices = ["North", "East", "South", "West"]
    fair = many(item, 80, choices=lambda _: choices, answer=lambda index: choices[index % 4])
    assert run_check("A001", fair).findings == ()
    assert run_check("A001", fair).measures[0].values["answers_by_slot"] == {"4": [20, 20, 20, 20]}
    # 35, 15, 15 and 15 of 80: χ² = (15² + 3·5²)/20 = 15, 3 degrees of freedom.
    unfair = many(
        item, 80, choices=lambda _: choices, answer=lambda index: choices[0 if index < 20 else index % 4]
    )
    (measure,) = run_check("A001", unfair).measures
    assert measure.values["chi_squared"] == pytest.approx(15)
    assert measure.values["p"] == pytest.approx(stats.chi2.sf(15, 3))
    assert len(run_check("A001", unfair).findings) == 1


def test_length_bias(item: Maker) -> None:
    texts = ["Short", "Brief", "A good deal longer"]

    def answers(longest: int) -> list[Item]:
        return many(
            item, 30, choices=lambda _: texts, answer=lambda index: texts[2 if index < longest else index % 2]
        )

    assert run_check("A002", answers(10)).findings == ()
    long, *_ = run_check("A002", answers(22)).measures
    assert (long.values["longest"], long.values["n"]) == (22, 30)
    assert long.values["p"] == pytest.approx(2 * stats.binom.sf(21, 30, 1 / 3))
    (finding,) = run_check("A002", answers(22)).findings
    assert finding.kind == "longest"


def test_bias_towards_the_middle_of_numbers(item: Maker) -> None:
    numbers = ["2 times", "Three times", "4 times", "5 times"]
    fair = many(item, 40, choices=lambda _: numbers, answer=lambda index: numbers[index % 4])
    assert run_check("A003", fair).findings == ()
    assert run_check("A003", fair).measures[0].values["inner"] == 20
    middle = many(item, 40, choices=lambda _: numbers, answer=lambda index: numbers[1 + index % 2])
    assert len(run_check("A003", middle).findings) == 1
    assert run_check("A003", middle).measures[0].values["p"] == pytest.approx(0.5**40)


def test_bias_in_a_recurring_set_of_choices(item: Maker) -> None:
    def answers(yes: int, count: int = 40) -> list[Item]:
        shuffled = (["Yes", "No"], ["no", "yes"])
        return many(
            item,
            count,
            choices=lambda index: shuffled[index % 2],
            answer=lambda index: shuffled[index % 2][index % 2 if index < yes else 1 - index % 2],
        )

    assert run_check("A004", answers(20)).findings == ()
    assert run_check("A004", answers(19, 19)).measures == ()  # too few to say anything
    (finding,) = run_check("A004", answers(32)).findings
    assert len(finding.others) == 40
    (measure,) = run_check("A004", answers(32)).measures
    assert measure.values["p"] == pytest.approx(stats.binomtest(32, 40).pvalue)
    assert list(measure.values["answers"].values()) == [32, 8]


def test_a_polar_question_does_not_name_its_answer(item: Maker) -> None:
    polar = item(question="Is he drunk?", choices=["Drunk", "Not drunk"], answer="Drunk")
    assert run_check("A005", [polar]).findings == ()
    both = item(question="Is it a flute or a horn?", choices=["Flute", "Horn"], answer="Flute")
    assert run_check("A005", [both]).findings == ()
