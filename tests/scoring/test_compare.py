"""Comparisons from files on disk to numbers, held against scipy, statsmodels and the definitions."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from expect import raises
from mmar.scoring.compare import compare, disagreements
from mmar.scoring.comparison import METHODS, Comparison, PairedScores
from mmar.scoring.result import Bounds
from scoring import several
from scoring.several import answers_file, answers_run, questions, side_by_side

N = 90
DRAW = np.random.default_rng(2505)
VIDEOS = [f"v{index}" for index in DRAW.integers(0, 40, N)]
FIRST = (DRAW.random(N) < 0.7).tolist()
SECOND = (DRAW.random(N) < 0.5).tolist()


def compared(folder: Path, *runs: Sequence[bool | None], **options: Any) -> Comparison:
    return several.compared(folder, *runs, **({"videos": VIDEOS} | options))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compared(tmp_path_factory.mktemp("pair"), FIRST, SECOND, draws=20_000, seed=3)


def members(result: Comparison, dimension: str, name: str) -> list[int]:
    key = {"modality": ("sound", "music", "speech"), "category": ("Signal Layer", "Semantic Layer")}.get(
        dimension
    )
    return [index for index in range(N) if (key[index % len(key)] == name if key else index % 2 == 0)]


def parts(result: Comparison) -> list[tuple[PairedScores, list[int]]]:
    """Everything that was compared, with the items' positions."""
    groups = result.pairs[0].groups
    return [(result.pairs[0].all, list(range(N)))] + [
        (group, members(result, dimension, name))
        for dimension in groups
        for name, group in groups[dimension].items()
    ]


def test_the_counts_are_those_of_the_files(pair: Comparison) -> None:
    assert [run.correct for run in pair.runs] == [sum(FIRST), sum(SECOND)]
    assert {dimension: len(groups) for dimension, groups in pair.pairs[0].groups.items()} == {
        "modality": 3,
        "category": 2,
        "sub-category": 1,
    }
    for result, positions in parts(pair):
        assert result.n == len(positions)
        assert result.clusters == len({VIDEOS[index] for index in positions})
        assert result.first == pytest.approx(100 * np.mean([FIRST[index] for index in positions]))
        assert result.difference == pytest.approx(result.first - result.second)
        assert result.only_first == sum(FIRST[index] > SECOND[index] for index in positions)
        assert result.only_second == sum(SECOND[index] > FIRST[index] for index in positions)
    only = [f"id-{index}" for index in range(N) if FIRST[index] and not SECOND[index]]
    assert list(pair.pairs[0].only_first) == only


def test_the_permutation_is_scipys_on_the_sums_of_the_videos(pair: Comparison) -> None:
    result = pair.pairs[0].all
    sums: dict[str, int] = {}
    for index, video in enumerate(VIDEOS):
        sums[video] = sums.get(video, 0) + FIRST[index] - SECOND[index]
    reference = stats.permutation_test(
        (list(sums.values()),),
        np.sum,
        permutation_type="samples",
        n_resamples=20_000,
        rng=np.random.default_rng(1),
    )
    # Two draws of 20,000: both lie within a few standard errors of the same probability.
    error = math.sqrt(2 * reference.pvalue * (1 - reference.pvalue) / 20_000)
    assert result.p == pytest.approx(reference.pvalue, abs=4 * error + 1e-4)


def test_few_videos_are_permuted_by_all_swaps(tmp_path: Path) -> None:
    sizes = [3, -2, 2, 1, -1, 1, 1, 1]  # by how much the first is better on each video
    videos, first, second = [], [], []
    for video, size in enumerate(sizes):
        for _ in range(abs(size)):
            videos.append(f"v{video}")
            first.append(size > 0)
            second.append(size < 0)
    result = compared(tmp_path, first, second, videos=videos, draws=50_000).pairs[0].all
    swaps = [
        abs(sum(s * size for s, size in zip(signs, sizes, strict=True)))
        for signs in product((1, -1), repeat=8)
    ]
    exact = np.mean([total >= abs(sum(sizes)) for total in swaps])
    assert result.p == pytest.approx(exact)
    assert result.verdict == "cannot be told"  # of eight videos


def test_the_error_of_the_difference_is_the_sum_over_pairs_that_share_a_video(pair: Comparison) -> None:
    for result, positions in parts(pair):
        gap = np.array([FIRST[index] - SECOND[index] for index in positions], dtype=float)
        gap -= gap.mean()
        same = np.array([[VIDEOS[a] == VIDEOS[b] for b in positions] for a in positions])
        total = float(gap @ same @ gap) * result.clusters / (result.clusters - 1)
        assert result.standard_error == pytest.approx(100 * math.sqrt(total) / len(positions))


def test_the_error_of_the_difference_equals_a_clustered_regression(pair: Comparison) -> None:
    linear_model = pytest.importorskip(
        "statsmodels.regression.linear_model", reason="statsmodels is not installed"
    )
    labels = {video: number for number, video in enumerate(dict.fromkeys(VIDEOS))}
    fit = linear_model.OLS(np.subtract(FIRST, SECOND, dtype=float), np.ones(N)).fit(
        cov_type="cluster", cov_kwds={"groups": np.array([labels[video] for video in VIDEOS])}
    )
    assert pair.pairs[0].all.standard_error == pytest.approx(100 * fit.bse[0], rel=1e-9)


def step_down(values: Sequence[float]) -> list[float]:
    """Holm's correction by its definition: the smallest of m is multiplied by m, the next by m - 1, …, never falling."""
    return [
        min(1.0, max((len(values) - rank) * p for rank, p in enumerate(sorted(values)) if p <= own))
        for own in values
    ]


def test_each_dimension_is_a_family_of_its_own(pair: Comparison) -> None:
    for groups in pair.pairs[0].groups.values():
        every = list(groups.values())
        assert [one.p_adjusted for one in every] == pytest.approx(step_down([one.p for one in every]))
    assert pair.pairs[0].all.p_adjusted == pair.pairs[0].all.p  # a family of one


def test_several_runs_are_ranked_and_their_pairs_are_a_family(tmp_path: Path) -> None:
    worst = [index % 9 == 0 for index in range(N)]
    result = compared(tmp_path, SECOND, worst, FIRST, FIRST)
    assert [(pair.first, pair.second) for pair in result.pairs] == [
        ("A", "B"), ("A", "C"), ("A", "D"), ("B", "C"), ("B", "D"), ("C", "D"),
    ]  # fmt: skip
    for pair in result.pairs:
        assert pair.all.p <= pair.all.p_adjusted
        better = {"first": pair.first, "second": pair.second}.get(pair.all.verdict)
        tied = next(run.tied_with for run in result.runs if run.label == pair.first)
        assert (better is None) == (pair.second in tied)  # ranks and marks are one decision
    ranks = {run.label: (run.rank, run.worst, run.tied_with) for run in result.runs}
    assert ranks["B"] == (4, 4, ())
    assert ranks["C"][2] == ("D",)
    assert ranks["C"][:2] == ranks["D"][:2] == (1, 2)


def test_items_of_their_own_have_wilsons_interval(tmp_path: Path) -> None:
    result = compared(tmp_path, FIRST, SECOND, videos=[None] * N)
    for run, hits in zip(result.runs, (FIRST, SECOND), strict=True):
        wilson = stats.binomtest(sum(hits), N).proportion_ci(method="wilson")
        assert run.interval == pytest.approx((100 * wilson.low, 100 * wilson.high))


def test_the_minimum_detectable_difference_is_millers_formula(tmp_path: Path) -> None:
    # Ten of a hundred items differ, all videos apart: Miller's formula as it stands.
    first, second = [True] * 5 + [False] * 5 + [True] * 90, [False] * 5 + [True] * 95
    least = compared(tmp_path, first, second, videos=[None] * 100).pairs[0].minimum_detectable
    assert least is not None
    assert least.points == pytest.approx(
        100 * (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) * math.sqrt(0.1 / 100)
    )
    assert (least.discordant, least.possible) == (10, True)
    assert least.effective_n == pytest.approx(100)


def test_items_that_share_videos_detect_less(tmp_path: Path) -> None:
    # The runs differ on two whole videos of ten items: hardly more than two items' worth.
    videos = [f"v{index // 10}" for index in range(100)]
    first, second = [True] * 10 + [False] * 10 + [True] * 80, [False] * 10 + [True] * 90
    least = compared(tmp_path, first, second, videos=videos).pairs[0].minimum_detectable
    assert least is not None
    assert least.effective_n == pytest.approx(10, rel=0.15)
    assert not least.possible


def test_the_same_seed_gives_the_same_result_and_too_few_draws_are_noted(tmp_path: Path) -> None:
    one, again, other = (
        compared(tmp_path / str(index), FIRST, SECOND, draws=500, seed=seed)
        for index, seed in enumerate((1, 1, 2))
    )
    assert one.pairs == again.pairs
    assert one.pairs != other.pairs
    assert (one.draws, other.seed) == (500, 2)
    coarse = compared(tmp_path / "coarse", FIRST, SECOND, draws=30)
    assert [note for note in coarse.notes if "raise --draws" in note]
    assert not one.notes
    with raises("bad-draws"):
        compared(tmp_path / "none", FIRST, SECOND, draws=0)


def test_runs_that_are_identical(tmp_path: Path) -> None:
    for index, hits in enumerate(([True] * N, [False] * N, FIRST)):
        result = compared(tmp_path / str(index), hits, hits).pairs[0]
        assert (result.all.difference, result.all.p, result.all.verdict) == (0, 1, "not shown")
        low, high = result.all.interval
        assert low < 0 < high  # equal on these items is not equal
        assert result.minimum_detectable is None
        assert result.only_first == result.only_second == ()


def test_all_right_against_all_wrong(tmp_path: Path) -> None:
    result = compared(tmp_path, [True] * N, [False] * N).pairs[0]
    assert result.all.difference == 100
    assert result.all.standard_error == 0
    assert result.all.interval[1] == 100
    assert result.all.interval[0] < 100
    assert result.all.verdict == "first"
    assert result.summary.startswith("A is better than B by ")


def test_one_video_decides_nothing(tmp_path: Path) -> None:
    result = compared(tmp_path, FIRST, SECOND, videos=["a"] * N)
    assert (result.clusters, result.pairs[0].all.standard_error) == (1, None)
    assert result.pairs[0].all.interval == (-100, 100)
    assert result.runs[0].interval == (0, 100)
    assert result.pairs[0].minimum_detectable is None
    assert result.pairs[0].all.p == 1  # swapped as one, the size is always the same


def test_one_item(tmp_path: Path) -> None:
    result = compared(tmp_path, [True], [False], videos=[None])
    assert (result.n, result.pairs[0].all.interval, result.pairs[0].all.p) == (1, (-100, 100), 1)


def test_failures_are_wrong_and_bound_the_difference(tmp_path: Path) -> None:
    known = questions(tmp_path, [None] * 10)
    one = answers_run(tmp_path / "one", known, [True] * 6 + [False] * 2 + [None] * 2)
    two = answers_run(tmp_path / "two", known, [True] * 5 + [None] + [False] * 4)
    result = compare(side_by_side(known, one, two))
    assert result.pairs[0].all.difference == pytest.approx(10)
    assert result.pairs[0].bounds == Bounds(pytest.approx(0), pytest.approx(30))
    assert "A: 2 items failed (no answer came), counted as wrong" in result.notes


def test_every_item_failed_in_all_runs(tmp_path: Path) -> None:
    known = questions(tmp_path, [None] * 4)
    runs = [answers_run(tmp_path / name, known, [None] * 4) for name in ("one", "two")]
    result = compare(side_by_side(known, *runs)).pairs[0]
    assert (result.all.first, result.all.difference, result.all.p) == (0, 0, 1)
    assert result.bounds == Bounds(-100, 100)


def test_the_official_scorer(tmp_path: Path) -> None:
    known = questions(tmp_path, [None] * 2)
    file = tmp_path / "letters.jsonl"
    # A letter is never right by the published rule; “It is not yes” always is.
    texts = {"id-0": "A", "id-1": "It is not yes."}
    file.write_text(
        "".join(json.dumps({"id": one, "answer_prediction": text}) + "\n" for one, text in texts.items())
    )
    aligned = side_by_side(known, file, answers_file(tmp_path / "b.jsonl", [True, True]))
    by_choice, official = compare(aligned), compare(aligned, scorer="official")
    assert by_choice.pairs[0].only_second == ("id-1",)
    assert official.pairs[0].only_second == ("id-0",)
    assert [row["id"] for row in disagreements(aligned, "official")] == ["id-0"]


def test_the_items_on_which_the_runs_differ(tmp_path: Path) -> None:
    known = questions(tmp_path, [None] * 3)
    paths = [
        answers_file(tmp_path / f"{index}.jsonl", hits)
        for index, hits in enumerate(([True, True, False], [True, False, False], [True, True, False]))
    ]
    (row,) = disagreements(side_by_side(known, *paths))
    assert row == {
        "id": "id-1", "modality": "music", "category": "Semantic Layer", "sub_category": None,
        "question": "Is it so, 1?", "answer": "yes",
        "A_right": True, "A_state": "choice", "A_named": "yes",
        "B_right": False, "B_state": "choice", "B_named": "no",
        "C_right": True, "C_state": "choice", "C_named": "yes",
    }  # fmt: skip


def test_the_json_form_names_the_methods(pair: Comparison) -> None:
    written = pair.to_dict()
    assert written["methods"] == METHODS
    sources = " ".join(written["methods"].values())
    assert all(name in sources for name in ("Miller", "Mogstad", "Holm", "Phipson"))
    assert written["pairs"][0]["all"]["interval"] == pair.pairs[0].all.interval
