import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from hypothesis import given, settings
from item_strategies import BENCHMARKS, as_json

from mmar.errors import InputError
from mmar.items import Item, load_benchmark
from mmar.studio.exchange.label_studio import CONFIG, label_studio_tasks, read_label_studio
from real_data import MMAR, needs_real_data

ITEM = Item(
    "x", "./audio/x.wav", "Which?", ("Yes", "No"), "No", "sound", "Signal Layer", thinking="t", cue=("c",)
)


def tasks(*items: Item) -> list[dict[str, Any]]:
    return json.loads(json.dumps(label_studio_tasks(items, lambda item: f"/sound/{item.id}")))


def read(exported: object) -> tuple[Item, ...]:
    return read_label_studio(json.dumps(exported).encode(), file="export.json")


@settings(deadline=None, max_examples=30)
@given(BENCHMARKS)
def test_written_tasks_are_read_back(items: list[Item]) -> None:
    assert [item.to_record() for item in read(tasks(*items))] == [as_json(item) for item in items]


@needs_real_data
def test_mmar_is_read_back_unchanged() -> None:
    benchmark = load_benchmark(MMAR)
    back = read(tasks(*benchmark))
    assert [item.to_record() for item in back] == [item.to_record() for item in benchmark]


def test_a_task_has_the_variables_of_the_configuration() -> None:
    (task,) = tasks(ITEM)
    config = ET.fromstring(CONFIG)
    variables = {
        element.get("value", "")[1:] for element in config if element.get("value", "").startswith("$")
    }
    assert variables <= set(task["data"])
    names = {element.get("name"): element for element in config}
    for result in task["annotations"][0]["result"]:
        assert names[result["from_name"]].tag.lower() == result["type"]
        assert result["to_name"] in names
    assert task["data"]["options"] == [{"value": "A. Yes"}, {"value": "B. No"}]
    assert task["annotations"][0]["result"][0]["value"] == {"choices": ["B. No"]}


def test_options_are_distinct_and_not_empty_whatever_the_choices_are() -> None:
    (task,) = tasks(Item("x", "x.wav", "?", ("", "a", "a"), "a", "sound", "S"))
    assert [option["value"] for option in task["data"]["options"]] == ["A. ", "B. a", "C. a"]


def test_the_last_annotation_that_was_not_cancelled_is_applied() -> None:
    (task,) = tasks(ITEM)

    def annotation(*results: tuple[str, str, Any], **more: Any) -> dict[str, Any]:
        result = [
            {"from_name": name, "to_name": "audio", "value": {kind: value}} for name, kind, value in results
        ]
        return {"result": result, "completed_by": 7} | more

    task["annotations"] = [
        annotation(("answer", "choices", ["B. No"])),
        annotation(
            ("answer", "choices", ["A. Yes"]),
            ("thinking", "text", "a single text"),
            ("cue", "text", ["d", "e"]),
        ),
        annotation(("answer", "choices", ["B. No"]), was_cancelled=True),
    ]
    (item,) = read([task])
    assert (item.answer, item.thinking, item.cue) == ("Yes", "a single text", ("d", "e"))
    assert item.question == ITEM.question


def test_a_foreign_project_is_read_by_the_publishers_names() -> None:
    data = {
        "audio": "s3://x",
        "id": "y",
        "audio_path": "y.wav",
        "question": "?",
        "choices": ["a", "b"],
        "modality": "m",
    }
    chosen = {"from_name": "answer", "value": {"choices": ["b"]}}
    (item,) = read(
        [{"id": 1, "data": data | {"category": "c", "other": 1}, "annotations": [{"result": [chosen]}]}]
    )
    assert (item.id, item.answer, dict(item.extra)) == ("y", "b", {})


def test_markup_stays_text() -> None:
    item = Item("x", "x.wav", "<img src=x onerror=alert(1)>", ("<b>", "b"), "<b>", "sound", "S")
    assert read(tasks(item)) == (item,)


@pytest.mark.parametrize(
    ("exported", "file", "field"),
    [
        ({"tasks": []}, "export.json", None),
        ([1], "export.json: task 1", None),
        ([{"data": []}], "export.json: task 1", None),
        ([{"data": {"audio": "x"}}], "export.json: task 1", "id"),
        ([*tasks(ITEM), *tasks(ITEM)], "export.json: task 2", "id"),
        (
            [
                tasks(ITEM)[0]
                | {"annotations": [{"result": [{"from_name": "answer", "value": {"choices": ["Z"]}}]}]}
            ],
            "export.json: task 1",
            "answer",
        ),
        (
            [{"data": {"mmar": {n: v for n, v in ITEM.to_record().items() if n != "answer"}}}],
            "export.json: task 1",
            "answer",
        ),
    ],
)
def test_other_json_is_an_error_with_task_and_field(exported: object, file: str, field: str | None) -> None:
    with pytest.raises(InputError) as caught:
        read(exported)
    assert (caught.value.file, caught.value.field) == (file, field)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"<html>", b"[" * 5000])
def test_invalid_json_is_an_error(data: bytes) -> None:
    with pytest.raises(InputError):
        read_label_studio(data)


@pytest.mark.parametrize(
    "annotations", [None, 1, [], [1], [{}], [{"result": 1}], [{"result": [1, {}, {"value": 1}]}]]
)
def test_odd_annotations_change_nothing(annotations: object) -> None:
    (task,) = tasks(ITEM)
    assert read([task | {"annotations": annotations}]) == (ITEM,)
