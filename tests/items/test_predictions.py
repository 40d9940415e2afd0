"""Prediction files: which key is read, and errors in records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from expect import raises
from mmar.errors import InputError, UsageError
from mmar.items import PredictionReader, choose_field, first_field_names

WHOLE = {"id": "a", "choices": ["x", "y"], "answer": "y", "modality": "sound", "category": "Signal Layer"}


def read(record: object, key: str = "answer_prediction", **options: bool):
    return PredictionReader(key, "p.jsonl", **options).read(json.dumps(record).encode(), 3)


def test_the_newer_key_is_preferred_with_a_reason() -> None:
    choice = choose_field(["id", "model_prediction", "answer_prediction", "model_output"])
    assert choice.key == "answer_prediction"
    assert "model_prediction" in choice.reason
    assert "--key" in choice.reason
    assert choose_field(["id", "model_prediction"]).key == "model_prediction"
    assert choose_field(["id", "model_output"]).reason == ""
    assert choose_field(["id"]).key == "answer_prediction"
    assert choose_field(["answer_prediction"], "raw").key == "raw"


def test_a_key_of_the_question_is_refused() -> None:
    with raises("not-a-prediction-key", UsageError):
        PredictionReader("answer", "p.jsonl")


def test_text_is_kept_byte_for_byte() -> None:
    text = '  {"answer": "B"}\n\u00e9\t'
    assert read({"id": "a", "raw": text}, "raw").text == text


def test_null_missing_and_failure_are_different_states() -> None:
    assert not read({"id": "a"}).has_prediction
    empty = read({"id": "a", "answer_prediction": None})
    assert empty.has_prediction
    assert empty.text is None
    failed = read({"id": "a", "answer_prediction": "", "failure": {"kind": "timeout", "message": "no"}})
    assert (failed.text, failed.failure, failed.has_prediction) == (None, "timeout", True)
    assert read({"id": "a", "answer_prediction": ""}).text == ""


def test_a_number_is_an_answer() -> None:
    assert [read({"id": "a", "answer_prediction": each}).text for each in (3, 3.0, 1.5)] == ["3", "3", "1.5"]


@pytest.mark.parametrize("prediction", [True, ["x"], {"answer": "x"}])
def test_a_prediction_of_another_type_is_an_error(prediction: object) -> None:
    with raises("wrong-type", InputError, file="p.jsonl", line=3, field="answer_prediction") as caught:
        read({"id": "a", "answer_prediction": prediction})
    assert caught.value.message.startswith("expected a string or null, found ")


@pytest.mark.parametrize(
    ("record", "field", "code"),
    [
        ({"answer_prediction": "x"}, "id", "missing-field"),
        ({"id": "", "answer_prediction": "x"}, "id", "missing-field"),
        ({"id": 5}, "id", "wrong-type"),
        ({**WHOLE, "answer": None}, "answer", "missing-field"),
        ({**WHOLE, "modality": None}, "modality", "missing-field"),
        ({**WHOLE, "category": None}, "category", "missing-field"),
        ({**WHOLE, "category": ["x", "y"]}, "category", "invalid-value"),
        ({**WHOLE, "choices": ["y"]}, "choices", "number-of-choices"),
        ({**WHOLE, "answer": "z"}, "answer", "answer-not-a-choice"),
        ({**WHOLE, "choices": [1, 2]}, "choices[0]", "wrong-type"),
        (["id", "a"], None, "not-an-object"),
    ],
)
def test_an_error_names_the_field(record: object, field: str | None, code: str) -> None:
    with raises(code, InputError, field=field):
        read(record)


def test_broken_json_and_other_encodings_are_errors() -> None:
    reader = PredictionReader("answer_prediction", "p.jsonl")
    with raises("invalid-json", line=1):
        reader.read('{"id": “a"}'.encode(), 1)
    with raises("not-utf8", line=1):
        reader.read(b'{"id": "caf\xe9"}', 1)


def test_a_field_may_be_not_a_number(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"id": "a", "score": NaN, "model_prediction": "y"}\n')
    assert first_field_names(path) == ["id", "score", "model_prediction"]
    assert read(WHOLE | {"answer_prediction": "y", "logprob": float("nan")}).text == "y"
    with raises("wrong-type"):
        read({"id": "a", "answer_prediction": float("inf")})


def test_the_spelling_of_mmau_is_read() -> None:
    record = {"id": "a", "choices": ["x", "y"], "answer": "y", "task": "music", "category": ["Reasoning"]}
    whole = read(record).whole
    assert whole is not None
    assert (whole.modality, whole.category) == ("music", "Reasoning")


def test_field_names_come_from_the_first_records(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"id": "a"}\n{broken\n{"id": "b", "model_output": "x"}\n')
    assert first_field_names(path) == ["id", "model_output"]
