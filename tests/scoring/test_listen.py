"""Listening from runs on disk to numbers: what falls without the clip, what is solved without it, what is refused."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from scipy import stats

from mmar.errors import UsageError
from mmar.items import Benchmark
from mmar.reports.reliance_table import reliance_table
from mmar.scoring.listen import listen, solved_items
from mmar.scoring.listening import METHODS, Listening
from scoring.several import answers_file, answers_run, questions, side_by_side

N = 60
REAL = [at % 10 != 0 for at in range(N)]  # 54 right
SILENT = [at % 4 == 0 for at in range(N)]  # 15 right, 12 of them of those
NOISY = [at % 6 == 0 for at in range(N)]  # 10 right


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


def heard(known: Benchmark, folder: Path, *names: str) -> Listening:
    return listen(side_by_side(known, *(folder / name for name in names)))


def test_the_fall_and_reliance_of_made_up_runs(known: Benchmark, runs: Path) -> None:
    found = heard(known, runs, "silence", "full")  # in any order
    (one,) = found.conditions
    real, silent = sum(REAL) / N, sum(SILENT) / N
    assert (found.accuracy, one.all.under) == pytest.approx((100 * real, 100 * silent))
    assert one.all.reliance == pytest.approx(100 * (real - silent) / (1 - silent))
    only_real = sum(r and not s for r, s in zip(REAL, SILENT, strict=True))
    only_silent = sum(s and not r for r, s in zip(REAL, SILENT, strict=True))
    assert one.all.mcnemar == pytest.approx(stats.binomtest(only_real, only_real + only_silent).pvalue)
    assert one.falls is True
    low, high = one.all.interval
    assert 0 < low < one.all.difference < high
    for share, ends in ((real, found.interval), (silent, one.all.under_interval)):
        wilson = stats.binomtest(round(share * N), N).proportion_ci(method="wilson")
        assert ends == pytest.approx((100 * wilson.low, 100 * wilson.high))


def test_groups_are_families_of_their_own(known: Benchmark, runs: Path) -> None:
    (one,) = heard(known, runs, "full", "silence").conditions
    for groups in one.groups.values():
        by_size = sorted(groups.values(), key=lambda effect: effect.mcnemar)
        smallest = by_size[0]
        assert smallest.mcnemar_holm == pytest.approx(min(1, len(groups) * smallest.mcnemar))
        assert all(effect.mcnemar_holm >= effect.mcnemar for effect in by_size)
    assert sum(effect.n for effect in one.groups["modality"].values()) == N


def test_what_is_solved_without_hearing(known: Benchmark, runs: Path) -> None:
    found = heard(known, runs, "full", "silence", "noise", "mono")
    assert [one.audio for one in found.conditions] == ["silence", "noise", "mono"]
    assert found.solved is not None
    both = [at for at in range(N) if SILENT[at] and NOISY[at]]
    either = [at for at in range(N) if SILENT[at] or NOISY[at]]
    assert (found.solved.every_condition, found.solved.any_condition) == (len(both), len(either))
    assert found.solved.chance == pytest.approx(100 / 3)
    sound = found.solved_groups["modality"]["sound"]
    assert (sound.n, sound.every_condition) == (20, sum(at % 3 == 0 for at in both))
    verdicts = side_by_side(known, *(runs / name for name in ("full", "silence", "noise", "mono")))
    rows = list(solved_items(verdicts))
    assert [row["id"] for row in rows] == [f"id-{at}" for at in either]
    assert [row["id"] for row in rows if row["solved_under_all"]] == [f"id-{at}" for at in both]
    assert rows[0] == {
        "id": "id-0", "modality": "sound", "category": "Signal Layer", "sub_category": "Counting and Statistics",
        "question": "Is it so, 0?", "choices": 3, "answer": "yes", "solved_under": 2, "solved_under_all": True,
        "full_right": False, "silence_right": True, "noise_right": True, "mono_right": False,
    }  # fmt: skip


def test_a_clip_that_is_only_changed_has_no_reliance(known: Benchmark, runs: Path) -> None:
    found = heard(known, runs, "full", "mono")
    (one,) = found.conditions
    assert (one.hides, one.falls, one.all.reliance, found.solved) == (False, False, None, None)
    assert "no run hides the clips" in found.notes[0]
    shown = reliance_table(found)
    assert "needs this  not shown: under mono the accuracy falls by 0.0 points" in shown


def test_a_model_that_gave_no_answer_is_not_said_to_listen(
    known: Benchmark, runs: Path, tmp_path: Path
) -> None:
    refuses = answers_run(tmp_path / "none", known, [None] * N, audio="none")
    found = listen(side_by_side(known, runs / "full", refuses))
    assert found.conditions[0].all.interval[0] > 0
    assert found.conditions[0].falls is None
    assert "none: 60 items failed (no answer came) and count as wrong" in found.notes
    assert "uses audio  unknown: under none" in reliance_table(found)


def test_degenerate_runs_have_a_defined_answer(known: Benchmark, tmp_path: Path) -> None:
    right, wrong = [True] * N, [False] * N
    deaf = listen(
        side_by_side(
            known,
            answers_run(tmp_path / "full", known, right),
            answers_run(tmp_path / "silence", known, right, audio="silence"),
            answers_run(tmp_path / "noise", known, wrong, audio="noise"),
        )
    )
    silence, noise = deaf.conditions
    # Nothing is missed in silence, so there is nothing that the audio could turn right.
    assert (silence.all.reliance, silence.all.reliance_interval, silence.falls) == (None, None, False)
    assert (noise.all.reliance, noise.falls) == (100, True)
    assert noise.all.mcnemar == pytest.approx(math.ldexp(2, -N))
    harmed = listen(
        side_by_side(
            known,
            answers_run(tmp_path / "worse", known, wrong),
            answers_run(tmp_path / "better", known, right, audio="silence"),
        )
    )
    assert "it does better there" in reliance_table(harmed)


def test_one_video_shows_no_fall(tmp_path: Path) -> None:
    known = questions(tmp_path, ["a"] * 12)
    found = listen(
        side_by_side(
            known,
            answers_run(tmp_path / "full", known, [True] * 12),
            answers_run(tmp_path / "silence", known, [False] * 12, audio="silence"),
        )
    )
    assert found.conditions[0].all.interval == (-100, 100)
    assert found.conditions[0].all.reliance_interval is None
    assert found.conditions[0].falls is False
    assert "not shown" in reliance_table(found)


def test_what_cannot_be_told_apart_from_the_audio_is_refused(
    known: Benchmark, runs: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"heard the real clips \(audio: silence, noise\)"):
        heard(known, runs, "silence", "noise")
    with pytest.raises(UsageError, match="both under “full”"):
        heard(known, runs, "full", "full")
    other = answers_run(tmp_path / "other", known, SILENT, audio="silence", name="test/other", seed=4)
    with pytest.raises(UsageError, match=r"(?s)model: test/scripted, test/other.*seed: 0, 4"):
        listen(side_by_side(known, runs / "full", other))
    with pytest.raises(UsageError, match="does not say what was heard"):
        listen(side_by_side(known, runs / "full", answers_file(tmp_path / "p.jsonl", SILENT)))


def test_the_table_and_the_json_name_the_sources(known: Benchmark, runs: Path) -> None:
    found = heard(known, runs, "full", "silence")
    shown = " ".join(reliance_table(found).split())
    assert "uses audio yes: under silence the accuracy falls by 65.0 points [" in shown
    assert "solved 15 items (25.0 %) without the audio, under silence; a guesser scores 33.3 %" in shown
    assert all(text in shown for text in METHODS.values())
    assert shown.count("signature ") == 2
    written = found.to_json()
    assert written["methods"] == METHODS
    assert written["conditions"][0]["groups"]["modality"]["sound"]["n"] == 20
