"""Agreement against Krippendorff's published examples, the coincidence matrix, and hand-made tables."""

from __future__ import annotations

import random
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expect import raises
from mmar.stats.agreement import Scale, cohen_kappa, flip_rate, krippendorff_alpha

N = None
# Krippendorff 2011, section C: four observers, twelve units, missing values.
FOUR_OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
    [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
]
# The worked example of the Wikipedia article on Krippendorff's alpha: three coders, fifteen units.
THREE_CODERS = [
    [N, N, N, N, N, 3, 4, 1, 2, 1, 1, 3, 3, N, 3],
    [1, N, 2, 1, 3, 3, 4, 3, N, N, N, N, N, N, N],
    [N, N, 2, 1, 3, 4, 4, N, 2, 1, 1, 3, 3, N, 4],
]
units_of_ratings = st.lists(
    st.lists(st.one_of(st.none(), st.integers(-3, 6)), min_size=0, max_size=5), min_size=1, max_size=15
).filter(lambda units: any(sum(value is not None for value in unit) > 1 for unit in units))


def by_coincidences(units: list[list[int | None]], scale: Scale) -> float | None:
    """Alpha as Krippendorff writes it: a coincidence matrix and a metric between its values."""
    coincidences: dict[tuple[int, int], float] = defaultdict(float)
    for unit in units:
        values = [value for value in unit if value is not None]
        for i, one in enumerate(values):
            for j, two in enumerate(values):
                if i != j:
                    coincidences[one, two] += 1 / (len(values) - 1)
    margins: dict[int, float] = defaultdict(float)
    for (one, _), weight in coincidences.items():
        margins[one] += weight
    n = sum(margins.values())

    def metric(one: int, two: int) -> float:
        if scale == "nominal":
            return float(one != two)
        if scale == "interval":
            return float(one - two) ** 2
        between = sum(weight for value, weight in margins.items() if min(one, two) <= value <= max(one, two))
        return (between - (margins[one] + margins[two]) / 2) ** 2 if one != two else 0.0

    observed = sum(weight * metric(*pair) for pair, weight in coincidences.items()) / n
    expected = sum(margins[one] * margins[two] * metric(one, two) for one in margins for two in margins)
    return None if expected == 0 else 1 - observed / (expected / (n * (n - 1)))


@pytest.mark.parametrize(
    ("data", "scale", "alpha"),
    [
        (FOUR_OBSERVERS, "nominal", 0.743),
        (FOUR_OBSERVERS, "ordinal", 0.815),
        (FOUR_OBSERVERS, "interval", 0.849),
        (THREE_CODERS, "nominal", 0.691),
        (THREE_CODERS, "ordinal", 0.807),
        (THREE_CODERS, "interval", 0.811),
        # Krippendorff 2011, sections A and B: two observers, binary and nominal.
        ([[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]], "nominal", 0.095),
        (["aabbdcccedda", "babbbccceddd"], "nominal", 0.692),
    ],
)
def test_the_published_examples(data: list[list[int | None]], scale: Scale, alpha: float) -> None:
    result = krippendorff_alpha(list(zip(*data, strict=True)), scale, draws=0).alpha
    assert result is not None
    assert round(result, 3) == alpha


@pytest.mark.parametrize("scale", ["nominal", "ordinal", "interval"])
@given(units=units_of_ratings)
def test_alpha_equals_its_coincidence_matrix(scale: Scale, units: list[list[int | None]]) -> None:
    expected = by_coincidences(units, scale)
    result = krippendorff_alpha(units, scale, draws=0).alpha
    assert (result is None) == (expected is None)
    if expected is not None:
        assert result == pytest.approx(expected, abs=1e-9)


def test_alpha_reports_its_units_and_ratings() -> None:
    result = krippendorff_alpha(list(zip(*FOUR_OBSERVERS, strict=True)), draws=0)
    assert (result.units, result.ratings, result.skipped) == (11, 40, 1)
    assert result.interval is None


def test_alpha_does_not_mind_who_rated_or_a_shift_of_scale() -> None:
    shuffler = random.Random(3)
    units = [[shuffler.randint(0, 5) for _ in range(5)] for _ in range(30)]
    shuffled = [shuffler.sample(unit, 5) for unit in units]
    assert krippendorff_alpha(shuffled, "interval", draws=0) == krippendorff_alpha(units, "interval", draws=0)
    far = [[value + 1e6 for value in unit] for unit in units]
    assert krippendorff_alpha(far, "interval", draws=0).alpha == pytest.approx(
        krippendorff_alpha(units, "interval", draws=0).alpha, abs=1e-9
    )


def test_ratings_that_never_vary_leave_alpha_and_kappa_undefined() -> None:
    alpha = krippendorff_alpha([[1, 1, 1]] * 5)
    assert alpha.alpha is None
    assert alpha.interval is None
    assert alpha.undefined == alpha.draws == 2000
    kappa = cohen_kappa(["yes"] * 5, ["yes"] * 5)
    assert kappa.kappa is None
    assert kappa.interval is None
    assert kappa.agreement == 100.0


@pytest.mark.parametrize("scale", ["nominal", "ordinal", "interval"])
def test_the_bootstrap_is_alpha_on_resampled_items(scale: Scale) -> None:
    # The fast path against the plain one: the same draws, each computed from its own list of units.
    shuffler = random.Random(5)
    units = [
        [min(5, max(0, round(shuffler.gauss(m, 1)))) for _ in range(3)] for m in range(6) for _ in range(3)
    ]
    generator = np.random.Generator(np.random.PCG64(17))
    slow = []
    for _ in range(60):
        taken = generator.integers(0, len(units), size=(1, len(units)))[0]
        slow.append(by_coincidences([units[k] for k in taken], scale))
    low, high = np.quantile(np.array(slow, dtype=float), [0.025, 0.975])
    result = krippendorff_alpha(units, scale, draws=60, seed=17)
    assert result.interval is not None
    assert (result.interval.low, result.interval.high) == pytest.approx((low, high))
    assert result == krippendorff_alpha(units, scale, draws=60, seed=17)
    assert result.interval != krippendorff_alpha(units, scale, draws=60, seed=18).interval


def test_alphas_interval_covers_the_truth() -> None:
    # Two raters who each see a fair coin through 10 % noise: alpha is 1 - 0.18/0.5.
    generator = np.random.default_rng(2)
    hits = 0
    for seed in range(150):
        truth = generator.random((80, 1)) < 0.5
        ratings = (truth ^ (generator.random((80, 2)) < 0.1)).astype(int).tolist()
        end = krippendorff_alpha(ratings, draws=300, seed=seed).interval
        assert end is not None
        hits += end.low <= 0.64 <= end.high
    assert hits / 150 > 0.95 - 4 * np.sqrt(0.95 * 0.05 / 150)


def test_kappa_worked_by_hand() -> None:
    # 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: observed 0.7, expected 0.5·0.6 + 0.5·0.4 = 0.5.
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    result = cohen_kappa(first, second)
    assert result.kappa == pytest.approx(0.4)
    assert (result.agreement, result.expected) == pytest.approx((70.0, 50.0))
    assert result.interval is not None
    assert result.interval.low < 0.4 < result.interval.high


def test_kappas_interval_is_near_statsmodels() -> None:
    inter_rater = pytest.importorskip("statsmodels.stats.inter_rater", reason="statsmodels is not installed")
    table = np.array([[80, 12, 3], [9, 60, 11], [4, 7, 90]])
    first, second = [], []
    for (row, column), count in np.ndenumerate(table):
        first += [row] * int(count)
        second += [column] * int(count)
    expected = inter_rater.cohens_kappa(table)
    result = cohen_kappa(first, second, draws=4000)
    assert result.kappa == pytest.approx(expected.kappa)
    assert result.interval is not None
    assert (result.interval.low, result.interval.high) == pytest.approx(
        (expected.kappa_low, expected.kappa_upp), abs=0.01
    )


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=30))
def test_kappa_is_symmetric_and_at_most_one(rows: list[tuple[str, str]]) -> None:
    first, second = [one for one, _ in rows], [two for _, two in rows]
    forward, backward = cohen_kappa(first, second, draws=0), cohen_kappa(second, first, draws=0)
    assert forward == backward
    if forward.kappa is not None:
        assert forward.kappa <= 1
        assert (forward.kappa == 1) == (first == second)


def test_missing_ratings_are_left_out_and_counted() -> None:
    result = cohen_kappa([1, None, 0, 1], [1, 1, float("nan"), 0], draws=0)
    assert (result.n, result.skipped) == (2, 2)
    assert result.agreement == 50.0


def test_flips_worked_by_hand() -> None:
    result = flip_rate([(1, 1, 1, 1, 1), (1, 0, 1, 1, 1), (0, 0, 1, 1, 0), (1, None), ()])
    assert result == pytest.approx(200 / 3)


def test_ratings_without_pairs_are_refused() -> None:
    for units in ([], [[1], [2]], [[1, None]]):
        with raises("no-items"):
            krippendorff_alpha(units)
        with raises("no-items"):
            flip_rate(units)
    with raises("no-items"):
        cohen_kappa([1, None], [None, 1])
    with raises("different-lengths"):
        cohen_kappa([1, 0], [1])


@pytest.mark.parametrize("value", ["good", float("inf"), (1,)])
def test_names_have_neither_order_nor_distance(value: object) -> None:
    assert krippendorff_alpha([[1, value], [1, 1]], draws=0).units == 2
    for scale in ("ordinal", "interval"):
        with raises("not-numbers"):
            krippendorff_alpha([[1, value], [1, 1]], scale)
