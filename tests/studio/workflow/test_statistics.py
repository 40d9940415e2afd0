"""Coverage against targets, and human accuracy from blind answers."""

from __future__ import annotations

import pytest

from mmar.studio.workflow import State
from mmar.studio.workflow.statistics import ItemCount, Rating, coverage, human_performance


def test_the_board_counts_items_and_lists_the_biggest_gaps() -> None:
    counts = [
        ItemCount("Signal", "sound", "", State.APPROVED),
        ItemCount("Signal", "sound", "", State.INSPECTION),
        ItemCount("Signal", "speech", "zh|en", State.CORRECTION),
        ItemCount("Signal", "speech", "en", State.DRAFT),  # not handed in: does not count
        ItemCount("Signal", "speech", "en", State.WITHDRAWN),
    ]
    result = coverage(
        counts,
        ["Signal", "Culture"],
        ["sound", "speech"],
        {"Signal|sound": 2, "Signal|speech": 4, "Culture|sound": 3, "language:ja": 5},
    )
    cell = result.cells["Signal", "sound"]
    assert (cell.approved, cell.coming, cell.short) == (1, 1, 0)
    assert [(c.layer, c.modality, c.short) for c in result.next] == [
        ("Culture", "sound", 3),
        ("Signal", "speech", 3),
    ]
    assert {code: (done, coming, target) for code, done, coming, target in result.languages} == {
        "-": (1, 1, 0),
        "en": (0, 1, 0),
        "zh": (0, 1, 0),
        "ja": (0, 0, 5),
    }
    assert coverage(counts, [], [], {}, language="en").cells["Signal", "speech"].coming == 1


def test_human_accuracy_counts_cannot_tell_as_wrong_and_agreement_needs_two() -> None:
    answers = [
        Rating(1, 1, 7, 0, 0),
        Rating(1, 1, 8, 0, 0),
        Rating(2, 1, 7, 1, 1),
        Rating(2, 1, 8, 1, 1),
        Rating(3, 1, 7, 0, 2),
        Rating(3, 1, 8, 1, 2),
        Rating(4, 1, 7, None, 0),
        Rating(4, 2, 8, 0, 0),  # another revision is another question
    ]
    score = human_performance(answers)
    assert (score.answers, score.right, score.units) == (8, 5, 3)
    assert score.accuracy == pytest.approx(62.5)
    # The published example of METHODS.md: 5/8 → [30.6, 86.3].
    assert (round(score.low or 0, 1), round(score.high or 0, 1)) == (30.6, 86.3)
    # Alpha by its definition: ratings 0,0 | 1,1 | 0,1; D_o = 2/6, D_e = 2·3·3/(6·5).
    assert score.alpha == pytest.approx(1 - (2 / 6) / (18 / 30))
    assert [(pair.first, pair.second, pair.n) for pair in score.pairs] == [(7, 8, 3)]
    assert score.pairs[0].kappa == pytest.approx((2 / 3 - 4 / 9) / (1 - 4 / 9))


def test_without_answers_there_are_no_numbers() -> None:
    score = human_performance([])
    assert (score.accuracy, score.alpha, score.pairs) == (None, None, ())


def test_a_cell_has_targets_by_language_or_one_target() -> None:
    counts = [
        ItemCount("Signal", "sound", "", State.APPROVED, 2),
        ItemCount("Signal", "speech", "zh|en", State.CORRECTION),
        ItemCount("Signal", "speech", "zh", State.APPROVED, 2),
    ]
    targets = {"Signal|speech|zh": 4, "Signal|speech|en": 6, "Signal|sound": 5}
    result = coverage(counts, ["Signal"], ["sound", "speech"], targets)
    # No target of its own: it aims at the sum; one of its own stands whatever its languages say.
    assert (result.cells["Signal", "speech"].target, result.cells["Signal", "speech"].short) == (10, 7)
    assert result.cells["Signal", "sound"].target == 5
    both = coverage(counts, ["Signal"], ["speech"], {**targets, "Signal|speech": 3})
    assert both.cells["Signal", "speech"].target == 3
    # Most wanted by the share that is there: en 1 of 6, sound 2 of 5, zh 3 of 4.
    assert [(cell.modality, cell.language, cell.short) for cell in result.next] == [
        ("speech", "en", 5),
        ("sound", "", 3),
        ("speech", "zh", 1),
    ]
    chinese = coverage(counts, ["Signal"], ["sound", "speech"], targets, language="zh")
    cell = chinese.cells["Signal", "speech"]
    assert (cell.approved, cell.coming, cell.target, cell.language) == (2, 1, 4, "zh")
    assert chinese.cells["Signal", "sound"].target == 0
    assert [one.language for one in chinese.next] == ["zh"]
    # A language that is only aimed at can be chosen.
    assert "ja" in {row[0] for row in coverage([], [], [], {"Signal|speech|ja": 1}).languages}
