"""Listening from runs on disk to numbers: what falls without the clip, what is solved without it, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from scipy import stats

from expect import raises
from mmar.items import Benchmark
from mmar.reports.reliance_tables import reliance_table
from mmar.scoring.measure_reliance import measure_reliance, solved_items
from mmar.scoring.reliance import METHODS, Reliance
from scoring.several import answers_file, answers_run, questions, side_by_side

N = 60
REAL = [index % 10 != 0 for index in range(N)]  # 54 right
SILENT = [index % 4 == 0 for index in range(N)]  # 15 right, 12 of them of those
NOISY = [index % 6 == 0 for index in range(N)]  # 10 right


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    return questions(tmp_path_factory.mktemp("known"), [None] * N)


@pytest.fixture(scope="module")
def runs(known: Benchmark) -> Path:
    folder = Path(known.origin).parent
    answers_run(folder / "full", known, REAL)
    answers_run(folder / "silence", known, SILENT, audio="silence")
    answers_run(folder / "noise", known, NOISY, audio="noise")
    answers_run(folder / "mono", known, REAL, audio="mono")
    return folder


def measured(known: Benchmark, folder: Path, *names: str) -> Reliance:
    return measure_reliance(side_by_side(known, *(folder / name for name in names)))


def test_the_fall_and_reliance_of_made_up_runs(known: Benchmark, runs: Path) -> None:
    result = measured(known, runs, "silence", "full")  # in any order
    (one,) = result.conditions
    real, silent = sum(REAL) / N, sum(SILENT) / N
    assert (result.accuracy, one.all.under) == pytest.approx((100 * real, 100 * silent))
    assert one.all.reliance == pytest.approx(100 * (real - silent) / (1 - silent))
    assert one.all.p == pytest.approx(1 / 10_001)
    assert one.all.fall == "falls"
    assert one.all.reliance_interval is not None
    assert 0 < one.all.reliance_interval.low < one.all.reliance < one.all.reliance_interval.high
    low, high = one.all.interval
    assert 0 < low < one.all.difference < high
    for share, ends in ((real, result.interval), (silent, one.all.under_interval)):
        wilson = stats.binomtest(round(share * N), N).proportion_ci(method="wilson")
        assert ends == pytest.approx((100 * wilson.low, 100 * wilson.high))


def test_groups_are_families_of_their_own(known: Benchmark, runs: Path) -> None:
    (one,) = measured(known, runs, "full", "silence").conditions
    for groups in one.groups.values():
        by_size = sorted(groups.values(), key=lambda effect: effect.p)
        smallest = by_size[0]
        assert smallest.p_adjusted == pytest.approx(min(1, len(groups) * smallest.p))
        assert all(effect.p_adjusted >= effect.p for effect in by_size)
    assert sum(effect.n for effect in one.groups["modality"].values()) == N


def test_items_solved_without_the_audio(known: Benchmark, runs: Path) -> None:
    result = measured(known, runs, "full", "silence", "noise", "mono")
    assert [one.condition for one in result.conditions] == ["silence", "noise", "mono"]
    assert result.solved is not None
    both = [index for index in range(N) if SILENT[index] and NOISY[index]]
    either = [index for index in range(N) if SILENT[index] or NOISY[index]]
    assert (result.solved.every_condition, result.solved.any_condition) == (len(both), len(either))
    assert result.solved.n == N
    assert result.solved.chance_every == pytest.approx(100 / 9)
    assert result.solved.chance_any == pytest.approx(500 / 9)
    sound = result.solved_groups["modality"]["sound"]
    assert (sound.n, sound.every_condition) == (20, sum(index % 3 == 0 for index in both))
    aligned = side_by_side(known, *(runs / name for name in ("full", "silence", "noise", "mono")))
    rows = list(solved_items(aligned))
    assert [row["id"] for row in rows] == [f"id-{index}" for index in either]
    assert [row["id"] for row in rows if row["solved_under_all"]] == [f"id-{index}" for index in both]
    assert rows[0] == {
        "id": "id-0", "modality": "sound", "category": "Signal Layer", "sub_category": "Counting and Statistics",
        "question": "Is it so, 0?", "choices": 3, "answer": "yes", "solved_under": 2, "solved_under_all": True,
        "full_right": False, "silence_right": True, "noise_right": True, "mono_right": False,
    }  # fmt: skip


def test_a_clip_that_is_only_changed_has_no_reliance(known: Benchmark, runs: Path) -> None:
    result = measured(known, runs, "full", "mono")
    (one,) = result.conditions
    assert (one.hides, one.all.fall, one.all.reliance, result.solved) == (False, "not shown", None, None)
    assert "no run hides the clips" in result.notes[0]
    text = reliance_table(result)
    assert "needs this  not shown: under mono the accuracy falls by 0.0 points" in text


def test_without_answers_no_reliance_is_reported(known: Benchmark, runs: Path, tmp_path: Path) -> None:
    refuses = answers_run(tmp_path / "none", known, [None] * N, audio="none")
    result = measure_reliance(side_by_side(known, runs / "full", refuses))
    assert result.conditions[0].all.interval[0] > 0
    effect = result.conditions[0].all
    assert (effect.fall, effect.decided_by_abstentions, effect.abstained) == ("cannot be told", True, 60)
    assert (effect.p, effect.p_adjusted, effect.reliance, effect.reliance_interval) == (None,) * 4
    assert result.solved is not None
    assert (result.solved.n, result.solved.every_condition) == (0, 0)
    assert "none: 60 items failed (no answer came), counted as wrong" in result.notes
    assert "uses audio  cannot be told: under none" in reliance_table(result)


def test_few_abstentions_leave_a_clear_fall_as_it_is(known: Benchmark, runs: Path, tmp_path: Path) -> None:
    abstaining = answers_run(
        tmp_path / "none",
        known,
        [None if index < 5 else hit for index, hit in enumerate(SILENT)],
        audio="none",
    )
    effect = measure_reliance(side_by_side(known, runs / "full", abstaining)).conditions[0].all
    assert (effect.fall, effect.abstained) == ("falls", 5)
    assert effect.reliance is not None


def test_degenerate_runs_have_a_defined_answer(known: Benchmark, tmp_path: Path) -> None:
    right, wrong = [True] * N, [False] * N
    deaf = measure_reliance(
        side_by_side(
            known,
            answers_run(tmp_path / "full", known, right),
            answers_run(tmp_path / "silence", known, right, audio="silence"),
            answers_run(tmp_path / "noise", known, wrong, audio="noise"),
        )
    )
    silence, noise = deaf.conditions
    # Nothing is missed in silence, so there is nothing that the audio could turn right.
    assert (silence.all.reliance, silence.all.reliance_interval, silence.all.fall) == (
        None,
        None,
        "not shown",
    )
    assert (noise.all.reliance, noise.all.fall) == (100, "falls")
    harmed = measure_reliance(
        side_by_side(
            known,
            answers_run(tmp_path / "worse", known, wrong),
            answers_run(tmp_path / "better", known, right, audio="silence"),
        )
    )
    assert "the accuracy rises by 100.0 points" in reliance_table(harmed)


def test_one_video_shows_no_fall(tmp_path: Path) -> None:
    known = questions(tmp_path, ["a"] * 12)
    result = measure_reliance(
        side_by_side(
            known,
            answers_run(tmp_path / "full", known, [True] * 12),
            answers_run(tmp_path / "silence", known, [False] * 12, audio="silence"),
        )
    )
    assert result.conditions[0].all.interval == (-100, 100)
    assert result.conditions[0].all.reliance_interval is None
    assert result.conditions[0].all.fall == "cannot be told"
    assert "fewer than 10 source videos" in reliance_table(result)


def test_runs_that_differ_in_more_than_the_audio_are_refused(
    known: Benchmark, runs: Path, tmp_path: Path
) -> None:
    with raises("no-real-run"):
        measured(known, runs, "silence", "noise")
    with raises("same-condition"):
        measured(known, runs, "full", "full")
    other = answers_run(tmp_path / "other", known, SILENT, audio="silence", name="test/other", seed=4)
    with raises("more-differs"):
        measure_reliance(side_by_side(known, runs / "full", other))
    with raises("not-a-run"):
        measure_reliance(side_by_side(known, runs / "full", answers_file(tmp_path / "p.jsonl", SILENT)))


def test_the_table_and_the_json_name_the_sources(known: Benchmark, runs: Path) -> None:
    result = measured(known, runs, "full", "silence")
    text = " ".join(reliance_table(result).split())
    assert "uses audio yes: under silence the accuracy falls by 65.0 points [" in text
    assert (
        "solved 15 of 60 items answered (25.0 %) without the audio, under silence; a guesser 33.3 %" in text
    )
    assert all(source in text for source in METHODS.values())
    assert text.count("signature ") == 2
    written = result.to_dict()
    assert written["methods"] == METHODS
    assert written["conditions"][0]["groups"]["modality"]["sound"]["n"] == 20
