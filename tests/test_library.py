"""The library: arguments, results and errors of `load`, `run`, `score`, `compare` and `reliance`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

import mmar
from expect import raises
from mmar.items import write_benchmark

pytestmark = pytest.mark.usefixtures("in_own_folder")


@pytest.fixture
def demo(in_own_folder: None) -> mmar.Benchmark:
    return mmar.load("demo")


def first_choice(request: dict[str, Any]) -> str:
    """A model: the first choice."""
    return str(request["choices"][0])


def test_from_a_run_to_a_comparison(demo: mmar.Benchmark) -> None:
    for model in ("baseline/random", "baseline/longest"):
        result = mmar.run(model, demo, out=model)
        assert result.complete and result.selected == len(demo)
    score = mmar.score("baseline/longest")
    assert score.n == len(demo) == len(score.items)
    compared = mmar.compare("baseline/random", "baseline/longest", draws=100)
    assert compared.n == len(demo)
    mmar.run("baseline/listener", demo, out="real", limit=20)
    mmar.run("baseline/listener", demo, out="silent", limit=20, condition="silence")
    assert mmar.reliance("real", "silent", partial=True).conditions[0].hides


def test_a_function_is_a_model(demo: mmar.Benchmark) -> None:
    async def last_choice(request: dict[str, Any]) -> str:
        await asyncio.sleep(0)
        return str(request["choices"][-1])

    expected = sum(item.answer == item.choices[0] for item in demo)
    mmar.run(first_choice, demo, out="first")
    assert mmar.score("first").choice.correct == expected
    mmar.run(last_choice, "demo", out="last", limit=5)
    assert mmar.score("last").asked is not None


def test_run_works_inside_a_running_event_loop_and_arun_is_awaited(demo: mmar.Benchmark) -> None:
    async def service() -> tuple[mmar.RunResult, mmar.RunResult]:
        blocking = mmar.run(first_choice, demo, out="one")
        return blocking, await mmar.arun(first_choice, demo, out="two")

    one, two = asyncio.run(service())
    assert one.complete and two.complete
    assert mmar.score("one").choice == mmar.score("two").choice


def test_run_takes_the_folder_of_the_clips(demo: mmar.Benchmark, tmp_path: Path) -> None:
    from mmar.items import write_benchmark

    assert demo.audio_dir is not None
    write_benchmark(demo.items, tmp_path / "elsewhere" / "set.jsonl")
    with raises("no-audio"):
        mmar.run("baseline/listener", tmp_path / "elsewhere" / "set.jsonl", out="x", limit=2)
    result = mmar.run(
        "baseline/listener", tmp_path / "elsewhere" / "set.jsonl", out="y", limit=2, audio_dir=demo.audio_dir
    )
    assert result.selected_answered == 2
    with raises("no-such-folder", argument="audio_dir"):
        mmar.load("demo", audio_dir="absent")


def predictions(kind: str, demo: mmar.Benchmark) -> Any:
    answers = {item.id: item.answer for item in demo}
    records = [{"id": item_id, "answer_prediction": text} for item_id, text in answers.items()]
    if kind == "mapping":
        return answers
    if kind == "mapping of records":
        return {item_id: {"answer_prediction": text} for item_id, text in answers.items()}
    if kind == "records":
        return records
    if kind == "generator":
        return (record for record in records)
    if kind == "pandas":
        return pytest.importorskip("pandas").DataFrame(records)
    return pytest.importorskip("polars").DataFrame(records)


@pytest.mark.parametrize(
    "kind", ["mapping", "mapping of records", "records", "generator", "pandas", "polars"]
)
def test_score_takes_predictions_in_memory(kind: str, demo: mmar.Benchmark) -> None:
    score = mmar.score(predictions(kind, demo), demo)
    assert score.official.accuracy == score.choice.accuracy == 100.0
    assert "/" not in "".join(score.notes)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_missing_values_of_a_frame_are_missing_answers(library: str, demo: mmar.Benchmark) -> None:
    frames = pytest.importorskip(library)
    rows = [{"id": item.id, "answer_prediction": item.answer} for item in demo]
    rows[0]["answer_prediction"] = None  # type: ignore[typeddict-item]
    score = mmar.score(frames.DataFrame(rows), demo)
    assert score.choice.correct == len(demo) - 1
    assert score.states["failed"] + score.states["missing"] == 1


def test_whole_records_with_arrays_need_no_benchmark(demo: mmar.Benchmark) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame([{**item.to_record(), "answer_prediction": item.answer} for item in demo])
    assert mmar.score(frame).choice.accuracy == 100.0


def test_errors_about_records_name_their_number(demo: mmar.Benchmark) -> None:
    records: list[Any] = [{"id": item.id, "answer_prediction": item.answer} for item in demo]
    records[2] = {**records[2], "answer_prediction": [5]}
    with raises(
        "wrong-type", mmar.InputError, file="predictions", line=3, field="answer_prediction"
    ) as caught:
        mmar.score(records, demo)
    assert "--" not in str(caught.value)
    records[2] = object()
    with raises("not-a-record", mmar.InputError, line=3):
        mmar.score(records, demo)
    with raises("no-records"):
        mmar.score([], demo)


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ({"condition": "silense"}, "condition"),
        ({"seed": "x"}, "seed"),
        ({"repeats": 0}, "repeats"),
        ({"rotations": -2}, "rotations"),
        ({"retry": "faild"}, "retry"),
        ({"filter": "speech"}, "filter"),
        ({"filter": {"modality": "speach"}}, "filter"),
        ({"limit": 0}, "limit"),
        ({"temperature": "hot"}, "temperature"),
        ({"temprature": 1.0}, "temprature"),
    ],
)
def test_run_checks_its_arguments(demo: mmar.Benchmark, arguments: Any, argument: str) -> None:
    with pytest.raises(mmar.UsageError) as caught:
        mmar.run("baseline/longest", demo, out="x", **arguments)
    assert caught.value.argument == argument
    assert "--" not in str(caught.value)
    assert not Path("x").exists()


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda demo: mmar.score(5, demo), "predictions"),
        (lambda demo: mmar.score(b"x", demo), "predictions"),
        (lambda demo: mmar.score({"a": "b"}, 5), "benchmark"),
        (lambda demo: mmar.compare("a", "b", draws=0, benchmark=demo), None),
        (lambda demo: mmar.compare("a", "b", benchmark=7), "benchmark"),
        (lambda demo: mmar.compare(3, "b"), "runs"),
    ],
)
def test_score_and_compare_check_their_arguments(
    demo: mmar.Benchmark, call: Any, argument: str | None
) -> None:
    with pytest.raises(mmar.MmarError) as caught:
        call(demo)
    assert getattr(caught.value, "argument", None) == argument
    assert "--" not in str(caught.value)


def test_an_unknown_argument_is_an_error_that_suggests_a_similar_one(demo: mmar.Benchmark) -> None:
    arguments: Any = {"protocl": "mmar"}
    for call in (lambda: mmar.score({}, demo, **arguments), lambda: mmar.compare("a", "b", **arguments)):
        with raises("unknown-argument", argument="protocl") as caught:
            call()
        assert caught.value.hint == 'did you mean "protocol"?'


def test_a_lone_surrogate_is_an_error_in_every_function(demo: mmar.Benchmark, tmp_path: Path) -> None:
    item = msgspec.structs.replace(demo[0], question="Which \ud800?")
    made = mmar.Benchmark((item,), "made", audio_dir=demo.audio_dir)
    for name in ("a.jsonl", "a.json", "a.jsonl.gz"):
        with raises("lone-surrogate"):
            write_benchmark(made, tmp_path / name)
        assert not (tmp_path / name).exists()
    for call in (
        lambda: mmar.run("baseline/random", made, out=tmp_path / "run"),
        lambda: mmar.run("baseline/random", demo, out=tmp_path / "\udc00"),
        lambda: mmar.score({item.id: "x"}, made),
        lambda: mmar.score(tmp_path / "\udc00.jsonl"),
    ):
        with raises("lone-surrogate") as caught:
            call()
        str(caught.value).encode()  # can be printed


def test_a_filter_value_may_be_a_text(demo: mmar.Benchmark) -> None:
    result = mmar.run("baseline/longest", demo, out="x", filter={"modality": "speech"})
    assert result.selected == sum(item.modality == "speech" for item in demo)


def test_results_are_one_line_and_tables_for_notebooks(demo: mmar.Benchmark) -> None:
    pytest.importorskip("pandas")
    result = mmar.run("baseline/longest", demo, out="one")
    mmar.run("baseline/random", demo, out="two")
    mmar.run("baseline/listener", demo, out="silence", condition="silence")
    mmar.run("baseline/listener", demo, out="real")
    results = [demo, result, mmar.score("one"), mmar.compare("one", "two"), mmar.reliance("real", "silence")]
    for each in results:
        assert len(repr(each)) < 250 and "\n" not in repr(each)
        assert "<table" in each._repr_html_()
        assert isinstance(each.to_dict(), dict)
        assert len(each.to_frame()) >= 1
    scored = mmar.score_answer(demo[0], demo[0].answer)
    assert scored.choice and scored.official
    assert demo[demo[0].id] is demo[0]
