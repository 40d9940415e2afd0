"""Items: reading and writing records without loss, and errors that name the field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expect import raises
from mmar.errors import InputError, UsageError
from mmar.items import Benchmark, Item, load_benchmark, write_benchmark
from mmar.items.item import FIELDS
from real_data import MMAR, MMAU, needs_real_data

RECORD: dict[str, Any] = {
    "id": "a",
    "audio_path": "./audio/a.wav",
    "question": "Which?",
    "choices": ["one", "two", ""],
    "answer": "two",
    "modality": "sound",
    "category": "Signal Layer",
    "sub-category": None,
    "rubric": [{"name": "n", "scoring_point": "p", "note": "", "choices": [0, 1]}],
}

text = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=12)
json_value = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=5,
)
criterion = st.fixed_dictionaries(
    {"name": text, "scoring_point": text},
    optional={"note": text, "choices": st.just([0, 1]), "weight": st.integers()},
)


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    choices = draw(st.lists(text, min_size=2, max_size=26))
    audio = draw(st.sampled_from(["audio_path", "audio_id"]))
    modality = draw(st.sampled_from(["modality", "task"]))
    record = {
        "id": draw(text.filter(bool)),
        audio: draw(text),
        "question": draw(text),
        "choices": choices,
        "answer": draw(st.sampled_from(choices)),
        modality: draw(text),
        "category": draw(text | st.lists(text, min_size=1, max_size=1)),
    }
    nullable = st.none() | text
    for name in ("sub-category", "language", "source", "url", "timestamp", "thinking"):
        if draw(st.booleans()):
            record[name] = draw(nullable)
    if draw(st.booleans()):
        record["cue"] = draw(st.none() | st.lists(text, max_size=3))
    if draw(st.booleans()):
        record["rubric"] = draw(st.none() | st.lists(criterion, max_size=2))
    record |= draw(st.dictionaries(text.filter(lambda name: name not in FIELDS), json_value, max_size=3))
    order = draw(st.permutations(list(record)))
    return {name: record[name] for name in order}


@given(records())
@settings(max_examples=100, deadline=None)
def test_a_record_is_written_as_it_was_read(record: dict[str, Any]) -> None:
    item = Item.from_record(record)
    assert item.to_record() == record
    assert list(item.to_record()) == list(record)
    assert item.choices[item.answer_index] == item.answer


@given(records=st.lists(records(), min_size=1, max_size=4, unique_by=lambda record: record["id"]))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("name", ["b.jsonl", "b.json", "b.jsonl.gz", "b.json.gz"])
def test_a_benchmark_is_read_as_it_was_written(
    tmp_path: Path, name: str, records: list[dict[str, Any]]
) -> None:
    items = [Item.from_record(record) for record in records]
    path = tmp_path / name
    write_benchmark(items, path)
    again = load_benchmark(path)
    assert list(again) == items
    assert [item.to_record() for item in again] == records


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"id": None}, "id", "wrong-type"),
        ({"id": 5}, "id", "wrong-type"),
        ({"id": ""}, "id", "empty-id"),
        ({"question": ["x"]}, "question", "wrong-type"),
        ({"choices": "one"}, "choices", "wrong-type"),
        ({"choices": ["one", 2]}, "choices[1]", "wrong-type"),
        ({"choices": ["two"]}, "choices", "number-of-choices"),
        ({"choices": [str(number) for number in range(27)], "answer": "1"}, "choices", "number-of-choices"),
        ({"answer": "Two"}, "answer", "answer-not-a-choice"),
        ({"modality": True}, "modality", "wrong-type"),
        ({"sub-category": 3}, "sub-category", "wrong-type"),
        ({"rubric": [{"name": 1, "scoring_point": "p"}]}, "rubric[0].name", "wrong-type"),
        ({"category": ["a", "b"]}, "category", "wrong-type"),
    ],
)
def test_an_error_names_the_field(change: dict[str, Any], field: str, code: str) -> None:
    with raises(code, InputError, field=field, file="f.jsonl", line=7):
        Item.from_record(RECORD | change, file="f.jsonl", line=7)


@pytest.mark.parametrize(
    "field", ["id", "audio_path", "question", "choices", "answer", "modality", "category"]
)
def test_a_missing_field_is_named(field: str) -> None:
    with raises("missing-field", InputError) as caught:
        Item.from_record({name: value for name, value in RECORD.items() if name != field})
    assert field in str(caught.value.field)


@pytest.mark.parametrize("record", [None, [], "text", 5, True])
def test_a_record_that_is_not_an_object_is_refused(record: object) -> None:
    with raises("not-an-object"):
        Item.from_record(record)


def test_lenient_lists_the_skipped_records(tmp_path: Path) -> None:
    path = tmp_path / "b.jsonl"
    lines = [RECORD, RECORD | {"id": "b", "answer": "three"}, RECORD, RECORD | {"id": "c"}]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines) + "{broken\n")
    with raises("answer-not-a-choice"):
        load_benchmark(path)
    seen: list[InputError] = []
    benchmark = load_benchmark(path, lenient=True, report=seen.append)
    assert [item.id for item in benchmark] == ["a", "c"]
    assert [error.line for error in seen] == [2, 3, 5]
    assert [error.code for error in seen] == ["answer-not-a-choice", "duplicate-id", "invalid-json"]
    assert benchmark.errors == tuple(seen)


@needs_real_data
def test_the_published_file_is_written_again_byte_for_byte(tmp_path: Path) -> None:
    benchmark = load_benchmark(MMAR)
    assert len(benchmark) == 1000
    write_benchmark(benchmark, tmp_path / "again.jsonl")
    # The publisher's last line has no line end.
    assert (tmp_path / "again.jsonl").read_bytes() == MMAR.read_bytes() + b"\n"


@needs_real_data
def test_mmau_is_read_under_its_own_names() -> None:
    benchmark = load_benchmark(MMAU)
    assert len(benchmark) == 1000
    assert {item.modality for item in benchmark} == {"sound", "music", "speech"}
    assert {item.category for item in benchmark} == {"Reasoning", "Information Extraction"}
    assert [item.to_record() for item in benchmark] == json.loads(MMAU.read_text("utf-8"))


def test_a_changed_rubric_is_written_changed() -> None:
    item = Item.from_record(RECORD)
    assert item.extra == {}
    assert item.rubric is not None
    better = msgspec.structs.replace(item.rubric[0], note="why")
    changed = msgspec.structs.replace(item, rubric=(better,)).to_record()
    assert changed["rubric"] == [{"name": "n", "scoring_point": "p", "note": "why", "choices": [0, 1]}]


def test_deeply_nested_json_is_an_error_with_a_line(tmp_path: Path) -> None:
    path = tmp_path / "b.jsonl"
    path.write_text('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}\n")
    with raises("too-deep", InputError, line=1):
        load_benchmark(path)


def test_several_clips_no_choices_and_no_answer_are_read() -> None:
    several = RECORD | {"audio_path": ["a.wav", "b.wav"]}
    item = Item.from_record(several)
    assert (item.audio_path, item.clips) == ("a.wav", ("a.wav", "b.wav"))
    assert item.to_record() == several
    for choices in ([], None):
        record = RECORD | {"choices": choices, "answer": "a bell"}
        item = Item.from_record(record)
        assert (item.choices, item.answer) == ((), "a bell")
        assert item.to_record() == record
    without = {name: value for name, value in RECORD.items() if name != "answer"} | {
        "choices": ["one", "two"]
    }
    item = Item.from_record(without, withheld=True)
    assert item.answer is None
    assert item.to_record() == without


def test_a_benchmark_whose_answers_are_withheld_can_be_read_and_not_scored(tmp_path: Path) -> None:
    path = tmp_path / "held-back.jsonl"
    without = [{**RECORD, "id": str(number), "answer": ""} for number in range(3)]
    for record in without:
        record["choices"] = ["one", "two"]
    path.write_text("".join(f"{json.dumps(record)}\n" for record in without))
    benchmark = load_benchmark(path)
    assert [item.answer for item in benchmark] == [None] * 3
    with raises("answers-withheld", UsageError):
        benchmark.check_scorable()
    path.write_text(path.read_text() + json.dumps({**RECORD, "id": "x"}) + "\n")
    with raises("answer-not-a-choice", line=1):  # one answer is there, so the others are missing
        load_benchmark(path)
    path.write_text(json.dumps({**RECORD, "choices": []}) + "\n")
    with raises("open-questions", UsageError):
        load_benchmark(path).check_scorable()


def test_a_notebook_shows_counts_by_modality(tmp_path: Path) -> None:
    path = tmp_path / "x-2.5-one.jsonl"
    path.write_text("".join(json.dumps({**RECORD, "id": name}) + "\n" for name in "abc"))
    benchmark = load_benchmark(path)
    assert benchmark.name == "x-2.5-one"
    assert repr(benchmark) == "Benchmark('x-2.5-one', 3 items)"
    assert (benchmark[0].id, benchmark["b"].id, benchmark[-1].id) == ("a", "b", "c")
    assert [item.id for item in benchmark[1:]] == ["b", "c"]
    assert "a" in benchmark
    assert "<td>sound</td><td>3</td>" in benchmark._repr_html_()
    assert benchmark.to_dict()["items"][0] == {**RECORD, "id": "a"}
    with raises("no-audio", UsageError):
        benchmark.clip("./audio/a.wav")
    pytest.importorskip("pandas")
    assert list(benchmark.to_frame()["id"]) == ["a", "b", "c"]


def test_annotations_can_be_left_out(tmp_path: Path) -> None:
    record = {**RECORD, "thinking": "t", "cue": ["c"], "url": "u", "other": 1}
    (item,) = load_benchmark_of(tmp_path, record, annotations=False)
    assert (item.thinking, item.cue, item.rubric, item.extra) == (None, None, None, {})
    assert (item.url, item.question) == ("u", "Which?")
    assert (
        load_benchmark_of(tmp_path, record, annotations=False).digest
        == load_benchmark_of(tmp_path, record).digest
    )


def load_benchmark_of(folder: Path, record: dict[str, Any], **options: bool) -> Benchmark:
    path = folder / "b.jsonl"
    path.write_text(json.dumps(record) + "\n")
    return load_benchmark(path, **options)
