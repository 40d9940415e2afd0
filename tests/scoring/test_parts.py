"""Parts of a run: items never asked, samples, letters, answers cut off, answers withheld."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from expect import raises
from mmar.api import load, run, score
from mmar.items import Benchmark
from mmar.models import Answer
from mmar.reports.score_table import score_table
from mmar.scoring import score_answer
from mmar.scoring.compare import compare
from mmar.stats.interval import wilson
from runs.made_up import Scripted
from scoring.several import answers_file, answers_run, questions, side_by_side

RIGHT = [index % 5 > 1 for index in range(60)]


@pytest.fixture
def known(tmp_path: Path) -> Benchmark:
    return questions(tmp_path, [f"v{index // 2}" for index in range(60)])


def test_the_items_asked_come_first_with_their_own_interval(known: Benchmark, tmp_path: Path) -> None:
    result = score(answers_run(tmp_path / "run", known, RIGHT, limit=20))
    right = sum(RIGHT[:20])
    assert result.asked is not None
    assert (result.asked.n, result.asked.choice.correct) == (20, right)
    assert result.asked.choice.interval == wilson(right, 20)
    assert result.asked.choice.clustered is not None
    assert result.asked.choice.clustered.clusters == 10
    assert (result.choice.correct, result.choice.interval, result.choice.clustered) == (right, None, None)
    assert result.choice.accuracy == pytest.approx(100 * right / 60)
    assert "|part:20/60|" in result.signature
    table = score_table(result)
    assert f"of the 20 asked: official {100 * right / 20:.1f}" in " ".join(table.split())
    assert result.to_dict()["asked"]["n"] == 20


def test_a_group_that_was_never_asked_has_a_dash(known: Benchmark, tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    records = [
        {"id": f"id-{index}", "answer_prediction": "yes"} for index in range(0, 60, 3)
    ]  # all of them sound
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    result = score(path, known)
    assert result.groups["modality"]["music"].asked is not None
    assert result.groups["modality"]["music"].asked.n == 0
    assert result.groups["modality"]["sound"].asked is None
    (line,) = (line for line in score_table(result).splitlines() if line.strip().startswith("music"))
    assert line.split() == ["music", "–", "–", "–"]


def test_two_parts_are_compared_on_the_items_asked(known: Benchmark, tmp_path: Path) -> None:
    """Items never asked were counted as known zeros: the difference of six points in sixty was 2.0 [0.7, 3.3]."""
    runs = [
        answers_run(tmp_path / name, known, hits, limit=20)
        for name, hits in (("one", [True] * 60), ("two", [index % 2 == 0 for index in range(60)]))
    ]
    result = compare(side_by_side(known, *runs))
    assert (result.n, result.asked, result.clusters) == (60, 20, 10)
    assert result.pairs[0].all.difference == pytest.approx(50)
    assert [run.accuracy for run in result.runs] == [100, 50]
    assert [run.of_all for run in result.runs] == pytest.approx([100 / 3, 50 / 3])
    assert any("40 of 60 items were not asked" in note for note in result.notes)


def test_a_sample_estimates_the_whole(known: Benchmark, tmp_path: Path) -> None:
    whole = answers_run(tmp_path / "whole", known, RIGHT)

    def say(request: msgspec.Struct, _: int) -> Answer:
        item_id = request.item_id  # type: ignore[attr-defined]
        return Answer(item_id, "yes" if RIGHT[int(item_id.removeprefix("id-"))] else "no", "")

    run(Scripted(say), known, out=tmp_path / "sample", sample=24, seed=4)
    result = score(tmp_path / "sample")
    assert result.sample is not None
    assert (result.sample.n, result.sample.population, result.sample.seed) == (24, 60, 4)
    low, high = result.sample.choice.interval
    assert low <= 100 * sum(RIGHT) / 60 <= high
    assert "|part:sample-24/60|" in result.signature
    assert "of all 60, from a sample of 24" in " ".join(score_table(result).split())
    # An earlier run that knows every answer leaves no doubt.
    sharp = score(tmp_path / "sample", earlier=[whole]).sample
    assert sharp is not None
    assert sharp.choice.accuracy == pytest.approx(100 * sum(RIGHT) / 60)
    assert sharp.choice.explained == pytest.approx(1)
    with raises("not-a-sample"):
        score(whole, earlier=[whole])
    with raises("incomplete-run"):
        score(tmp_path / "sample", earlier=[tmp_path / "sample"])


def test_a_sample_is_not_of_a_selection(known: Benchmark, tmp_path: Path) -> None:
    model = Scripted(lambda request, _: Answer(request.item_id, "yes", ""))
    with raises("incompatible-options"):
        run(model, known, out=tmp_path / "run", sample=5, filter={"modality": "sound"})
    with raises("invalid-value"):
        run(model, known, out=tmp_path / "run", sample=61)


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("A", True),
        ("(a)", True),
        ("The answer is A.", True),
        ("yes", False),
        ("A. yes", False),
        ("perhaps", False),
    ],
)
def test_answers_that_are_letters_are_counted(
    known: Benchmark, tmp_path: Path, text: str, letter: bool
) -> None:
    result = score([{"id": "id-0", "answer_prediction": text}], known)
    assert result.letters == letter
    assert any("1 answer is a letter" in note for note in result.notes) == letter


def test_answers_cut_off_are_counted(known: Benchmark, tmp_path: Path) -> None:
    def say(request: msgspec.Struct, _: int) -> Answer:
        item_id = request.item_id  # type: ignore[attr-defined]
        reason = "length" if item_id in ("id-3", "id-4") else "stop"
        return msgspec.structs.replace(Answer(item_id, "yes", ""), finish_reason=reason)

    run(Scripted(say), known, out=tmp_path / "run")
    result = score(tmp_path / "run")
    assert result.cut_off == 2
    assert any("2 answers were cut off" in note for note in result.notes)


def test_a_file_without_a_usable_record_is_refused(known: Benchmark, tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"id": "stranger", "answer_prediction": "yes"}\n{"id": 5}\n')
    with raises("no-usable-records") as caught:
        score(path, known, lenient=True)
    assert "--lenient" not in str(caught.value)
    path.write_text('{"broken\n{"id": "a", "choices": ["x"]}\n')
    with raises("no-usable-records"):
        score(path, lenient=True)


def test_results_as_text_html_frame_and_json(known: Benchmark, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    one, two = (
        answers_file(tmp_path / name, hits) for name, hits in (("a.jsonl", RIGHT), ("b.jsonl", RIGHT[::-1]))
    )
    result = score(one, known)
    assert [item.choice for item in result.items] == RIGHT
    assert repr(result) == "<Score official=60.0 choice=60.0 n=60>"
    comparison = compare(side_by_side(known, one, two))
    for each in (result, comparison):
        assert "\n" not in repr(each)
        assert each._repr_html_().startswith("<table>")
        assert isinstance(each.to_frame(), pandas.DataFrame)
        json.dumps(each.to_dict())
    assert len(result.to_frame()) == 60


def test_one_answer_is_scored_by_both_scorers(known: Benchmark) -> None:
    item = known["id-0"]
    by_letter = score_answer(item, "(A)")
    assert (by_letter.choice, by_letter.official, by_letter.named) == (True, False, "yes")
    assert score_answer(item, None).state == "failed"
    assert score_answer(item, "It is not yes").official


def test_withheld_answers_cannot_be_scored(known: Benchmark, tmp_path: Path) -> None:
    items = [msgspec.structs.replace(item, answer=None) for item in known]
    withheld = Benchmark(tuple(items), "withheld")
    with raises("answers-withheld"):
        score([{"id": "id-0", "answer_prediction": "yes"}], withheld)
    assert load(tmp_path / "made-up-meta.jsonl").digest == known.digest
