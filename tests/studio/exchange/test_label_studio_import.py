"""Exports "JSON" of Label Studio, in the form that its documentation gives."""

import json
from typing import Any

import pytest

from expect import raises
from mmar.items import Item
from mmar.studio.exchange.label_studio import is_label_studio, read_label_studio
from mmar.studio.workflow.content import cue_regions

DATA = {
    "audio": "/data/upload/83/ab12cd34-take%202.wav",
    "question": "Which animal?",
    "options": [{"value": "A. cat"}, {"value": "B. dog"}, {"value": "C. cow"}],
    "modality": "sound",
    "category": "Semantic Layer",
}


def result(name: str, kind: str, number: str = "x", **value: Any) -> dict[str, Any]:
    return {
        "original_length": 12.0,
        "value": value,
        "id": number,
        "from_name": name,
        "to_name": "audio",
        "type": kind,
        "origin": "manual",
    }


def task(number: int, *results: dict[str, Any], **data: Any) -> dict[str, Any]:
    """A task with its keys in the order in which Label Studio writes them: annotations first."""
    annotation = {"id": 1000 + number, "completed_by": 1, "result": list(results), "was_cancelled": False}
    guess = {"model_version": "m", "score": 0.9, "result": [result("answer", "choices", choices=["A. cat"])]}
    return {
        "id": number,
        "annotations": [annotation],
        "file_upload": "ab12cd34-take.wav",
        "drafts": [],
        "predictions": [guess],
        "data": DATA | data,
        "meta": {},
        "created_at": "2026-03-09T21:52:49.513742Z",
        "project": 83,
    }


def read(tasks: object) -> tuple[Item, ...]:
    data = json.dumps(tasks).encode()
    assert is_label_studio(data)
    return read_label_studio(data, file="export.json")


def test_a_project_that_was_made_in_label_studio() -> None:
    (item,) = read(
        [
            task(
                71,
                result("thinking", "textarea", text=["reasoning " * 900]),  # longer than any look at the head
                result("answer", "choices", choices=["B. dog"]),
                result("language", "choices", choices=["en"]),
                result("heard", "labels", "r1", start=1.25, end=2.5, channel=0, labels=["Bark"]),
                result("heard", "labels", "r2", start=4.0, end=5.0, channel=0, labels=["Cue"]),
                result("cue_heard", "textarea", "r2", start=4.0, end=5.0, channel=0, text=["nearer now"]),
            )
        ]
    )
    assert (item.id, item.audio_path) == ("71", "./audio/ab12cd34-take 2.wav")
    assert (item.choices, item.answer, item.language) == (("cat", "dog", "cow"), "dog", "en")
    assert item.thinking == "reasoning " * 900
    assert item.cue == ("nearer now", "Bark")
    assert cue_regions(item) == [(4.0, 5.0), (1.25, 2.5)]


def test_predictions_are_ignored() -> None:
    with raises("missing-field", field="answer", file="export.json: task 1"):
        read([task(71) | {"annotations": []}])


def test_duplicate_ids_and_other_formats_are_errors() -> None:
    chosen = result("answer", "choices", choices=["A. cat"])
    with raises("duplicate-id", field="id"):
        read([task(5, chosen), task(6, chosen, id="5")])
    with raises("not-label-studio"):
        read([{**DATA, "id": 5, "answer": "A. cat", "annotator": 1, "annotation_id": 1}])


@pytest.mark.parametrize(
    "data",
    [
        b'[{"id": "a", "question": "Which \\"data\\"?", "data": {"x": 1}}]',
        b'{"id": "a", "data": {}}',
        b"id,audio_path,question,annotator\n",
        b"",
        b"[",
        b"[]",
        b"[1]",
        b"<html>",
    ],
)
def test_other_files_are_not_recognised_as_label_studio(data: bytes) -> None:
    assert not is_label_studio(data)


def answered(*choices: str, name: str = "answer") -> dict[str, Any]:
    return result(name, "choices", choices=list(choices))


@pytest.mark.parametrize(
    "results",
    [
        [answered("A. cat", "C. cow")],
        [answered("A. cat"), answered("C. cow")],
        [answered("cat", "B")],
        [answered("A. cat"), answered("sound", "speech", name="modality")],
    ],
)
def test_several_ticked_choices_are_an_error(results: list[dict[str, Any]]) -> None:
    with raises("several-choices", file="export.json: task 1"):
        read([task(71, *results)])


def test_one_choice_that_is_ticked_twice_is_one_choice() -> None:
    (item,) = read([task(71, answered("A. cat"), answered("A"))])
    assert item.answer == "cat"


@pytest.mark.parametrize(
    "empty",
    [
        {"result": []},
        {"result": None},
        {"result": [result("thinking", "textarea", text=[""])]},
        {"result": [answered()]},
        {"result": [answered("B. dog")], "was_cancelled": True},
    ],
)
def test_an_empty_annotation_changes_nothing(empty: dict[str, Any]) -> None:
    made = task(71, answered("C. cow"))
    made["annotations"].append({"id": 2, **empty})
    assert read([made])[0].answer == "cow"


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("https://bucket.example/clips/u2.wav?X-Signature=abcd=ef", "./audio/u2.wav"),
        ("https://bucket.example/clips/a%20b.wav?d=other.wav", "./audio/a b.wav"),
        ("s3://bucket/clips/u2.wav", "./audio/u2.wav"),
        ("/data/local-files/?d=clips/sub/u2.wav", "./audio/u2.wav"),
        ("/data/local-files/?d=clips%2Fu%202.wav&x=1", "./audio/u 2.wav"),
        ("/data/upload/83/ab12-u2.wav", "./audio/ab12-u2.wav"),
        ("u2.wav", "./audio/u2.wav"),
    ],
)
def test_the_path_of_an_audio_address_has_no_query(address: str, path: str) -> None:
    (item,) = read([task(71, answered("A. cat"), audio=address)])
    assert item.audio_path == path
