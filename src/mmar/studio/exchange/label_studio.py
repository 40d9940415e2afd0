"""Items as Label Studio tasks, and reading Label Studio's exports."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from string import ascii_uppercase
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from mmar.errors import InputError
from mmar.files.typed import decode_json
from mmar.items import Item
from mmar.items.item import FIELDS
from mmar.studio.workflow.content import CUE_REGIONS, cue_regions

CONFIG = """<View>
  <Header value="Listen, then choose the answer"/>
  <Labels name="heard" toName="audio"><Label value="Cue"/></Labels>
  <Audio name="audio" value="$audio"/>
  <TextArea name="cue_heard" toName="audio" perRegion="true" maxSubmissions="1" editable="true" placeholder="What is heard here"/>
  <Header value="$question"/>
  <Choices name="answer" toName="audio" value="$options" choice="single" required="true"/>
  <TextArea name="thinking" toName="audio" rows="4" maxSubmissions="1" editable="true" placeholder="Reasoning"/>
  <TextArea name="cue" toName="audio" editable="true" placeholder="What can be heard, one cue at a time"/>
</View>
"""
"""The labelling configuration for these tasks."""


def label_studio_tasks(items: Iterable[Item], audio_url: Callable[[Item], str]) -> list[dict[str, Any]]:
    """Items as tasks to import into Label Studio, with their keys."""
    return [_task(item, audio_url(item)) for item in items]


def labelled_choices(choices: Sequence[str]) -> list[str]:
    """Choices as Label Studio shows them, by letter."""
    return [f"{letter}. {text}" for letter, text in zip(ascii_uppercase, choices, strict=False)]


def _task(item: Item, url: str) -> dict[str, Any]:
    labels = labelled_choices(item.choices)
    data = {
        "audio": url,
        "question": item.question,
        "options": [{"value": each} for each in labels],
        "mmar": item.to_record(),
    }
    results = [_result("answer", "choices", {"choices": [labels[item.answer_index]]})]
    if item.thinking is not None:
        results.append(_result("thinking", "textarea", {"text": [item.thinking]}))
    cues = item.cue or ()
    regions = cue_regions(item) or [None] * len(cues)
    if anywhere := [cue for cue, region in zip(cues, regions, strict=True) if region is None]:
        results.append(_result("cue", "textarea", {"text": anywhere}))
    for index, (cue, region) in enumerate(zip(cues, regions, strict=True)):
        if region is not None:
            span = {"start": region[0], "end": region[1], "channel": 0}
            results.append(_result("heard", "labels", {**span, "labels": ["Cue"]}, f"cue{index}"))
            results.append(_result("cue_heard", "textarea", {**span, "text": [cue]}, f"cue{index}"))
    return {"data": data, "annotations": [{"result": results}]}


def _result(name: str, kind: str, value: dict[str, Any], number: str = "") -> dict[str, Any]:
    return {"id": number or name, "from_name": name, "to_name": "audio", "type": kind, "value": value}


_HINT = 'export the project from Label Studio as "JSON"'
_FLAT = frozenset({"annotation_id", "annotator", "lead_time"})
"""Label Studio's own columns in its export "JSON-MIN", which is not read."""

_SINGLE = frozenset(FIELDS) - {
    "answer", "thinking", "cue", "choices", "rubric", "id", "audio_path", "audio_id",
}  # fmt: skip
"""Fields that an annotation may set to one text."""

_Cue = tuple[str, list[float] | None]


def is_label_studio(data: bytes) -> bool:
    """Whether a file is an export of Label Studio, by its first record."""
    try:
        tasks = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    first = tasks[0] if isinstance(tasks, list) and tasks else None
    if not isinstance(first, dict):
        return False
    return (isinstance(first.get("data"), dict) and "question" not in first) or len(_FLAT & set(first)) > 1


def read_label_studio(data: bytes, *, file: str | None = None) -> tuple[Item, ...]:
    """The items of an export "JSON" of Label Studio, in the order of the tasks.

    A record is `data.mmar`, or else the publisher's names in `data`: choices may be in `options`, a missing id is
    the task's, a missing path is the name of the audio file. The last annotation that is not empty is applied to
    it: its `answer` by letter or text, its `thinking`, its cues, and any other result with the name of a field. A
    cue on a region of the waveform (`start` and `end`, in seconds) keeps it. Predictions, cancelled annotations
    and everything else are ignored.

    Raises:
        InputError: it is not an export, a task is not an item, several choices are ticked (`several-choices`), or
            two tasks have one id. The error's file is `task 3` for the third task.
    """
    tasks = decode_json(data.removeprefix(b"\xef\xbb\xbf"), file=file, hint=_HINT)
    if not isinstance(tasks, list):
        raise InputError("expected a list of tasks", file=file, code="not-label-studio", hint=_HINT)
    items: dict[str, Item] = {}
    for number, task in enumerate(tasks, start=1):
        location = f"{file}: task {number}" if file else f"task {number}"
        item = Item.from_record(_record(task, location), file=location)
        if item.id in items:
            raise InputError(
                f'the id "{item.id}" is in an earlier task already',
                file=location,
                field="id",
                code="duplicate-id",
            )
        items[item.id] = item
    return tuple(items.values())


def _record(task: object, location: str) -> dict[str, Any]:
    if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
        raise InputError("expected a task with data", file=location, code="not-label-studio", hint=_HINT)
    return _apply_results(_own(task), _results(task.get("annotations")), location)


def _own(task: Mapping[str, Any]) -> dict[str, Any]:
    """The item's record in a task's data."""
    data = task["data"]
    own = data.get("mmar")
    if isinstance(own, dict):
        return dict(own)
    record = {name: data[name] for name in data if name in FIELDS}
    options = data.get("options")
    if "choices" not in record and isinstance(options, list):
        labels = [each.get("value") if isinstance(each, dict) else each for each in options]
        texts = [each for each in labels if isinstance(each, str)]
        bare = [re.sub(r"^[A-Z]\. ", "", each) for each in texts]
        record["choices"] = bare if labelled_choices(bare) == texts else texts
    if isinstance(number := task.get("id"), int | str) and "id" not in record:
        record["id"] = str(number)
    if "audio_path" not in record and "audio_id" not in record and isinstance(data.get("audio"), str):
        record["audio_path"] = f"./audio/{_file_name(data['audio'])}"
    return record


def _file_name(address: str) -> str:
    """The name of the file at an address; Label Studio has the path of a local file in the query, `?d=PATH`."""
    parts = urlsplit(address)
    path = unquote(parts.path)
    if path.rstrip("/").endswith("/local-files"):
        path = parse_qs(parts.query).get("d", [""])[0]
    return path.rpartition("/")[2]


def _apply_results(
    record: dict[str, Any], results: Iterable[Mapping[str, Any]], location: str
) -> dict[str, Any]:
    cues: list[_Cue] = []
    labels: dict[Any, _Cue] = {}
    single: dict[str, list[str]] = {}
    for result in results:
        name, value = result.get("from_name"), result.get("value")
        if not isinstance(value, dict):
            continue
        texts = list(_texts(value))
        if name == "thinking" and texts:
            record["thinking"] = "\n".join(texts)
        elif name in ("cue", "cue_heard"):
            cues += [(each, _region(value)) for each in texts]
        elif isinstance(name, str) and (name == "answer" or name in _SINGLE):
            single.setdefault(name, []).extend(texts)
        elif texts and (region := _region(value)) is not None:
            labels[result.get("id"), *region] = texts[0], region
    for name, texts in single.items():
        if name == "answer":
            texts = [_chosen(text, record.get("choices"), location) for text in texts]  # noqa: PLW2901
        if len(set(texts)) > 1:
            raise InputError(
                f"{len(set(texts))} choices are ticked: {', '.join(texts)[:200]}",
                file=location,
                field=name,
                code="several-choices",
                hint="tick one choice in Label Studio and export the project again",
            )
        if texts:
            record[name] = texts[0]
    spoken = {tuple(region) for _, region in cues if region is not None}
    # A region without a text is a cue with the name of its label.
    cues += [each for each in labels.values() if tuple(each[1] or ()) not in spoken]
    if cues:
        _set_cues(record, cues)
    return record


def _set_cues(record: dict[str, Any], cues: list[_Cue]) -> None:
    """The annotation's cues, in the record's order where they are the same cues."""
    before = record.get("cue")
    if isinstance(before, list) and Counter(map(str, before)) == Counter(text for text, _ in cues):
        left = list(cues)
        cues = [
            left.pop(next(index for index, each in enumerate(left) if each[0] == text)) for text in before
        ]
    record["cue"] = [text for text, _ in cues]
    record.pop(CUE_REGIONS, None)
    if any(region is not None for _, region in cues):
        record[CUE_REGIONS] = [region for _, region in cues]


def _results(annotations: object) -> list[dict[str, Any]]:
    """The results of the last annotation that is neither cancelled nor empty."""
    for annotation in reversed(annotations if isinstance(annotations, list) else []):
        if not isinstance(annotation, dict) or annotation.get("was_cancelled"):
            continue
        result = annotation.get("result")
        results = [each for each in result if isinstance(each, dict)] if isinstance(result, list) else []
        values = [each["value"] for each in results if isinstance(each.get("value"), dict)]
        if any(text.strip() for value in values for text in _texts(value)):
            return results
    return []


def _texts(value: Mapping[str, Any]) -> Iterator[str]:
    # Label Studio writes a single text as a string and several as a list.
    for name in ("choices", "text", "labels"):
        if name in value:
            texts = value[name] if isinstance(value[name], list) else [value[name]]
            yield from (each for each in texts if isinstance(each, str))
            return


def _region(value: Mapping[str, Any]) -> list[float] | None:
    start, end = value.get("start"), value.get("end")
    if isinstance(start, int | float) and isinstance(end, int | float) and 0 <= start <= end:
        return [start, end]
    return None


def _chosen(labels: str, choices: object, location: str) -> str:
    """The choice with this letter and text, this text, or this letter."""
    texts = [each for each in choices if isinstance(each, str)] if isinstance(choices, list) else []
    options = labelled_choices(texts)
    if labels in options:
        return texts[options.index(labels)]
    if labels in texts:
        return labels
    letters = [option[0] for option in options]
    if labels in letters:
        return texts[letters.index(labels)]
    raise InputError(
        f'"{labels[:120]}" is not one of the choices',
        file=location,
        field="answer",
        code="answer-not-a-choice",
        hint="correct the annotation",
    )
