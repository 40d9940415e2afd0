"""The leaderboard: canonical systems, kinds of numbers, ranges, items, exports."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from boards import CHOICES, N, board_of, made_run, questions, row_of

import mmar
from expect import raises
from mmar.items import load_benchmark
from mmar.models import Answer
from mmar.reports import scored_source
from mmar.reports.leaderboard.names import find_system, known_systems, new_id
from mmar.reports.published import published_results
from mmar.scoring import align_runs
from mmar.scoring.inputs import Task
from mmar.scoring.score import ScoringResult, score_task
from real_data import GOLDEN, MMAR, SHARED, needs_real_data
from runs.made_up import Scripted


@pytest.mark.parametrize(
    ("spelling", "system"),
    [
        ("Gemini 2.5 Flash", "gemini-2.5-flash"),
        ("Gemini-2.5-Flash", "gemini-2.5-flash"),
        ("gemini/gemini-2.5-flash", "gemini-2.5-flash"),
        ("hf/Qwen/Qwen2.5-Omni-7B", "qwen2.5-omni-7b"),
        ("Qwen2.5-Omni-7B", "qwen2.5-omni-7b"),
        ("vllm/Qwen/Qwen2.5-Omni-3B", "qwen2.5-omni-3b"),
        ("Qwen3-Omni-30B-A3B-Thinking", "qwen3-omni-thinking"),
        ("openai/gpt-4o-audio-preview", "gpt-4o-audio"),
        ("hf/me/My-Model", None),
        ("Audio Flamingo 2", None),
    ],
)
def test_spellings_of_a_system_mean_one_system(spelling: str, system: str | None) -> None:
    system_or_none = find_system(spelling)
    assert (system_or_none and system_or_none.id) == system


def test_an_unknown_system_is_named_by_its_model() -> None:
    assert new_id("hf/me/My Model!") == "me-my-model"
    assert new_id("baseline/random") == "baseline-random"
    assert new_id("hf/团队/模型一") == "团队-模型一"
    assert len(known_systems()) == len({result.id for result in published_results()})


def test_the_published_leaderboard_has_the_benchmarks_rows_and_flags(tmp_path: Path) -> None:
    page = mmar.leaderboard(out=tmp_path / "board")
    board = board_of(page.parent)
    values = [value for row in board["systems"] for value in row["values"]]
    assert len(values) == len(published_results())
    ours = sorted(value["printed"] for value in values if value["by"] == "benchmark")
    assert len(ours) == 37
    if MMAR.exists():
        with (SHARED / "published" / "mmar_accuracy.csv").open(encoding="utf-8") as file:
            assert ours == sorted(row["avg"] for row in csv.DictReader(file))
        with (SHARED / "published" / "challenge_2026.csv").open(encoding="utf-8") as file:
            entered = sorted((row["accuracy"], row["rubrics"]) for row in csv.DictReader(file))
        results = [result for result in published_results() if result.by == "challenge"]
        assert sorted((result.average, result.rubric) for result in results) == entered
    qwen = row_of(board, "qwen2.5-omni-7b")
    assert (qwen["lowest"], qwen["highest"], qwen["kind"], qwen["number"]) == (30.0, 64.0, "benchmark", 56.7)
    thinking = row_of(board, "qwen3-omni-thinking")
    assert "63.4 is impossible on 11 items" in thinking["values"][0]["problem"]
    echo = row_of(board, "echo-7b")["values"][0]
    assert (echo["mean"], echo["in_spread"]) == ("groups", False)
    (music,) = row_of(board, "music-flamingo")["values"]
    assert (music["n"], music["in_spread"]) == (206, False)
    assert "48.66 is impossible on 206 items" in music["problem"]
    assert not any(row["runs"] for row in board["systems"])
    assert "rank" not in board["systems"][0]


def test_reproduced_numbers_equal_score_compare_and_reliance(tmp_path: Path, runs: list[Path]) -> None:
    folder = mmar.leaderboard(*runs, out=tmp_path / "board", published=False).parent
    board = board_of(folder)
    assert [row["id"] for row in board["systems"]] == [
        "gpt-4o-audio",
        "gemini-2.5-flash",
        "qwen2.5-omni-7b",
        "me-my-model",
    ]
    compared = mmar.compare(*runs[:4], scorer="official")
    for path, one in zip(runs[:4], compared.runs, strict=True):
        (run,) = (
            run
            for row in board["systems"]
            for run in row["runs"]
            if run["signature"] == mmar.score(path).signature
        )
        score = mmar.score(path)
        assert run["official"]["value"] == score.official.accuracy
        assert [run["official"]["low"], run["official"]["high"]] == list(score.official.clustered.interval)
        assert run["choice"]["value"] == score.choice.accuracy
        assert run["rank"] == [one.rank, one.worst]
        assert run["tokens"] == 10
    qwen = row_of(board, "qwen2.5-omni-7b")["runs"][0]
    reliance = mmar.reliance(runs[0], runs[4], scorer="official").conditions[0].all
    assert (qwen["reliance"]["value"], qwen["hidden_by"]) == (reliance.reliance, "silence")
    rotations = mmar.score(runs[0]).rotations
    assert rotations is not None
    assert qwen["order_agreement"] == rotations.agreement


def test_the_figure_of_reliance_is_drawn(
    command: Callable[..., Any], tmp_path: Path, runs: list[Path]
) -> None:
    pytest.importorskip("matplotlib")
    folder = tmp_path / "figures"
    assert command("reliance", runs[0], runs[4], "--figures", folder, "--draws", 100).status == 0
    assert sorted(path.name for path in folder.iterdir()) == ["reliance.pdf", "reliance.png", "reliance.svg"]


def test_runs_without_a_shown_difference_share_a_range_of_ranks(tmp_path: Path, runs: list[Path]) -> None:
    board = board_of(mmar.leaderboard(*runs, out=tmp_path / "board").parent)
    ranks = {row["id"]: row["runs"][0]["rank"] for row in board["systems"] if row["runs"]}
    assert ranks["gpt-4o-audio"] == ranks["gemini-2.5-flash"]
    assert ranks["me-my-model"] == [4, 4]


def test_two_protocols_of_one_system_are_one_row_with_two_runs(tmp_path: Path) -> None:
    first = made_run(tmp_path, "hf/Qwen/Qwen2.5-Omni-7B", range(10))
    second = made_run(tmp_path, "vllm/Qwen/Qwen2.5-Omni-7B", range(20))
    (row,) = board_of(mmar.leaderboard(first, second, out=tmp_path / "b", published=False).parent)["systems"]
    assert [run["model"] for run in row["runs"]] == ["hf/Qwen/Qwen2.5-Omni-7B", "vllm/Qwen/Qwen2.5-Omni-7B"]
    named = mmar.leaderboard(
        first, second, out=tmp_path / "c", published=False, names={"vllm/Qwen/Qwen2.5-Omni-7B": "mine"}
    )
    assert {row["id"] for row in board_of(named.parent)["systems"]} == {"qwen2.5-omni-7b", "mine"}


def test_items_list_the_runs_that_solve_them_and_disputed_keys(tmp_path: Path, runs: list[Path]) -> None:
    board = board_of(
        mmar.leaderboard(*runs, out=tmp_path / "b", earlier=questions(tmp_path, old=True)).parent
    )
    items = board["items"]
    assert len(board["runs"]) == len(items["picks"]) == 4
    index = items["ids"].index("id-7")
    assert items["solved"][index] == 0
    assert items["disputed"][index] == CHOICES.index("no")
    assert items["disputed"][items["ids"].index("id-58")] == -1
    assert sum(items["without_audio"]) == 10
    assert items["old_keys"] == {"0": "no", "1": "no"}
    answered = dict(zip((owner for _, owner in board["runs"]), board["old_keys"], strict=True))
    assert (answered["qwen2.5-omni-7b"]["old"], answered["gemini-2.5-flash"]["old"]) == (2, 0)


def test_rubric_cost_and_time_stand_beside_a_run(
    tmp_path: Path, runs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Judged:
        score, interval, alpha, signature = 61.5, (55.0, 68.0), 0.71, "bench:x"

    def judgements(path: Path, _: Any) -> Iterator[tuple[str, Any]]:
        if path == runs[0]:
            yield "judge", Judged

    monkeypatch.setattr("mmar.reports.leaderboard.entries.stored_judgements", judgements)
    prices = tmp_path / "prices.toml"
    prices.write_text('[[price]]\nmodel = "hf/Qwen/*"\ninput = 10.0\noutput = 100.0\n')
    board = board_of(mmar.leaderboard(*runs, out=tmp_path / "b", prices=prices).parent)
    run = row_of(board, "qwen2.5-omni-7b")["runs"][0]
    assert (run["rubric"]["score"], run["rubric"]["alpha"]) == (61.5, 0.71)
    assert run["cost"] == pytest.approx(N * (100 * 10 + 10 * 100) / 1e6)
    assert run["seconds"] is not None
    assert row_of(board, "gemini-2.5-flash")["runs"][0]["cost"] is None
    assert row_of(board, "gemini-2.5-flash")["runs"][0]["rubric"] is None


def test_the_folder_is_the_same_to_the_byte_and_lists_what_changed(tmp_path: Path, runs: list[Path]) -> None:
    folder = tmp_path / "board"

    def write(*paths: Path) -> dict[Path, bytes]:
        mmar.leaderboard(*paths, out=folder, published=False)
        return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    first = write(*runs[:2])
    assert write(*runs[:2]) == first
    write(*runs[:3])
    changes = json.loads((folder / "changes.json").read_text("utf-8"))
    assert [change["added"] for change in changes] == [
        ["gpt-4o-audio"],
        ["gemini-2.5-flash", "qwen2.5-omni-7b"],
    ]
    assert len({change["digest"] for change in changes}) == 2
    (folder / "changes.json").write_text("{")
    with raises("invalid-json"):
        write(*runs[:2])


def test_exports_stand_beside_each_row(tmp_path: Path, runs: list[Path]) -> None:
    folder = mmar.leaderboard(*runs, out=tmp_path / "board").parent
    text = (folder / "systems" / "qwen2.5-omni-7b.csv").read_text("utf-8")
    (row,) = csv.DictReader(text.splitlines())
    assert (row["kind"], row["system"]) == ("run", "hf/Qwen/Qwen2.5-Omni-7B")
    assert r"\begin{tabular}" in (folder / "systems" / "qwen2.5-omni-7b.tex").read_text("utf-8")
    assert json.loads((folder / "systems" / "me-my-model.json").read_text("utf-8"))
    assert len(list((folder / "every-eval-ever" / "data").rglob("*_samples.jsonl"))) == 5


@needs_real_data
def test_a_file_of_predictions_stands_beside_what_was_published_of_its_system(tmp_path: Path) -> None:
    file = tmp_path / "Qwen2.5-Omni-7B.jsonl"
    shutil.copy(GOLDEN / "predictions_full.jsonl", file)
    folder = mmar.leaderboard(file, out=tmp_path / "board", benchmark=MMAR).parent
    row = row_of(board_of(folder), "qwen2.5-omni-7b")
    assert (row["kind"], len(row["runs"])) == ("reproduced", 1)
    assert row["number"] == mmar.score(file, MMAR).official.accuracy
    assert (row["lowest"], row["highest"]) == (30.0, 64.0)
    rows = csv.DictReader((folder / "systems" / "qwen2.5-omni-7b.csv").read_text("utf-8").splitlines())
    assert {each["kind"] for each in rows} == {"run", "benchmark", "others"}


def test_runs_that_do_not_belong_are_refused(tmp_path: Path, runs: list[Path]) -> None:
    with raises("no-real-run"):
        mmar.leaderboard(runs[1], runs[4], out=tmp_path / "b")
    other = tmp_path / "other"
    other.mkdir()
    old = load_benchmark(questions(other, old=True))
    out = tmp_path / "old-run"
    mmar.run(Scripted(lambda request, _: Answer(request.item_id, "yes", "")), old, out=out)
    with raises("other-benchmark"):
        mmar.leaderboard(runs[0], out, out=tmp_path / "b")
    other_items = made_run(tmp_path, "hf/me/Part", range(5), limit=20)
    with raises("other-items-asked"):
        mmar.leaderboard(runs[0], other_items, out=tmp_path / "b")
    with raises("invalid-value", argument="runs"):
        mmar.leaderboard(runs[0], runs[1], runs[0], out=tmp_path / "b")
    with raises("invalid-value", argument="names"):
        mmar.leaderboard(runs[3], out=tmp_path / "b", names={"hf/me/My-Model": "../../outside"})
    assert not (tmp_path / "b").exists()
    (tmp_path / "notes.txt").write_text("mine")
    for folder in (tmp_path, mmar.report(runs[0], out=tmp_path / "report", audio="none").path.parent):
        with raises("not-empty", argument="out"):
            mmar.leaderboard(out=folder)


def test_each_run_is_scored_once(tmp_path: Path, runs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    scored = []

    def count(task: Task) -> ScoringResult:
        scored.append(task.path)
        return score_task(task)

    for module in (scored_source, align_runs):
        monkeypatch.setattr(module, "score_task", count)
    mmar.leaderboard(*runs, out=tmp_path / "board")
    assert sorted(scored) == sorted(runs)
    assert (tmp_path / "board" / "report" / "index.html").is_file()


def test_every_published_value_names_its_source() -> None:
    for result in published_results():
        assert result.source
        assert "not recorded" not in result.source


def test_the_command_says_where_the_page_is(command: Callable[..., Any], tmp_path: Path) -> None:
    result = command("leaderboard", "--out", tmp_path / "board", "--language", "zh")
    assert (result.status, f"wrote {tmp_path / 'board' / 'index.html'}" in result.err) == (0, True)
    assert '<html lang="zh-Hans">' in (tmp_path / "board" / "index.html").read_text("utf-8")
    assert command("leaderboard", "--out", tmp_path / "board", "--name", "x").code == "not-a-pair"
    assert command("leaderboard", tmp_path / "none", "--out", tmp_path / "board").status == 2
