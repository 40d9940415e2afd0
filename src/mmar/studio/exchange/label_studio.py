"""Items as Label Studio tasks, out and in.

The mapping, in the JSON that Label Studio imports and exports (a list of tasks, each with `data`,
`annotations`):

    data.audio       where Label Studio finds the sound; the caller says it data.question    the question's
    text data.options     the choices as shown: [{"value": "A. text"}, …], lettered, so that no two are equal
    or empty data.mmar        the item's record under the publisher's names; without the key if answers are
    left out annotations[0]   the key as it stands: `answer` (choices), `thinking` (textarea), `cue`
    (textarea, one a cue)

    the labelling configuration that goes with it is `label_studio_config`

Reading takes `data.mmar`, or where that is missing (a project that was not made here) the same names in
`data` itself. Then the last annotation that was not cancelled is laid over it: its `answer` by letter or by
text, its `thinking`, its `cue`; a field that it does not have stays. Predictions, regions on the waveform and
everything else of Label Studio are left out. All of it is text of strangers and taken as data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from string import ascii_uppercase
from typing import Any
from xml.sax.saxutils import quoteattr

import msgspec

from mmar.errors import InputError
from mmar.items import Item
from mmar.items.item import FIELDS

__all__ = ["label_studio_config", "label_studio_tasks", "read_label_studio"]

_KEY = ("answer", "thinking", "cue", "rubric")
_HINT = "export the project from Label Studio as “JSON”"


def label_studio_tasks(
    items: Iterable[Item], audio_url: Callable[[Item], str], *, answers: bool = True
) -> list[dict[str, Any]]:
    """Items as tasks to import into Label Studio.

    Args:
        items: in the order of the tasks.
        audio_url: where Label Studio will find an item's sound.
        answers: whether the key goes with it (answer, thinking, cue, rubric); leave it out for people who are
            to answer by ear.

    Returns:
        A list that `msgspec.json.encode` or `json.dump` writes.
    """
    return [_task(item, audio_url(item), answers=answers) for item in items]


def label_studio_config(title: str = "Listen, then choose the answer") -> str:
    """The labelling configuration for these tasks.

    Args:
        title: the line above the player.
    """
    return f"""<View>
  <Header value={quoteattr(title)}/> <Audio name="audio" value="$audio"/> <Header value="$question"/> <Choices
  name="answer" toName="audio" value="$options" choice="single" required="true"/> <TextArea name="thinking"
  toName="audio" rows="4" maxSubmissions="1" editable="true" placeholder="Reasoning"/> <TextArea name="cue"
  toName="audio" editable="true" placeholder="What can be heard, one cue at a time"/>
</View>
"""


def read_label_studio(data: bytes, *, file: str | None = None) -> tuple[Item, ...]:
    """Read a Label Studio export.

    Args:
        data: the exported JSON.
        file: the name to put into an error.

    Returns:
        The items in the order of the tasks.

    Raises:
        InputError: it is no such export, a task is no item, or an id stands twice; `task 3` is the third.
    """
    try:
        tasks = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InputError(f"is no JSON ({error})", file=file, hint=_HINT) from None
    if not isinstance(tasks, list):
        raise InputError("expected a list of tasks", file=file, hint=_HINT)
    items: dict[str, Item] = {}
    for number, task in enumerate(tasks, start=1):
        place = f"{file}: task {number}" if file else f"task {number}"
        item = Item.from_record(_record(task, place), file=place)
        if item.id in items:
            raise InputError(f"“{item.id}” stands in an earlier task already", file=place, field="id")
        items[item.id] = item
    return tuple(items.values())


def _task(item: Item, url: str, *, answers: bool) -> dict[str, Any]:
    record = item.to_record()
    data: dict[str, Any] = {
        "audio": url,
        "question": item.question,
        "options": [{"value": shown} for shown in _options(item.choices)],
        "mmar": record if answers else {name: value for name, value in record.items() if name not in _KEY},
    }
    if not answers:
        return {"data": data}
    results = [_result("answer", "choices", {"choices": [_options(item.choices)[item.answer_index]]})]
    if item.thinking is not None:
        results.append(_result("thinking", "textarea", {"text": [item.thinking]}))
    if item.cue:
        results.append(_result("cue", "textarea", {"text": list(item.cue)}))
    return {"data": data, "annotations": [{"result": results}]}


def _result(name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "from_name": name, "to_name": "audio", "type": kind, "value": value}


def _options(choices: Sequence[str]) -> list[str]:
    return [f"{letter}. {text}" for letter, text in zip(ascii_uppercase, choices, strict=False)]


def _record(task: object, place: str) -> dict[str, Any]:
    """The record of one task, its annotation laid over it."""
    if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
        raise InputError("expected a task with data", file=place, hint=_HINT)
    data = task["data"]
    own = data.get("mmar")
    record = dict(own) if isinstance(own, dict) else {name: data[name] for name in data if name in FIELDS}
    for result in _results(task.get("annotations")):
        name, value = result.get("from_name"), result.get("value")
        if not isinstance(value, dict):
            continue
        if name == "answer" and (chosen := _texts(value.get("choices"))):
            record["answer"] = _chosen(chosen[0], record.get("choices"), place)
        elif name == "thinking" and (written := _texts(value.get("text"))):
            record["thinking"] = "\n".join(written)
        elif name == "cue" and (written := _texts(value.get("text"))):
            record["cue"] = written
    return record


def _results(annotations: object) -> list[dict[str, Any]]:
    """The results of the last annotation that counts."""
    if not isinstance(annotations, list):
        return []
    counted = [each for each in annotations if isinstance(each, dict) and not each.get("was_cancelled")]
    results = counted[-1].get("result") if counted else None
    return [each for each in results if isinstance(each, dict)] if isinstance(results, list) else []


def _texts(value: object) -> list[str]:
    # Label Studio writes a single text as a text and several as a list.
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str)]


def _chosen(shown: str, choices: object, place: str) -> str:
    """The choice that is meant, by its letter and text, or by its text alone."""
    texts = [each for each in choices if isinstance(each, str)] if isinstance(choices, list) else []
    options = _options(texts)
    if shown in options:
        return texts[options.index(shown)]
    if shown in texts:
        return shown
    raise InputError(
        f"“{shown[:120]}” is not one of the choices",
        file=place,
        field="answer",
        hint="correct the annotation",
    )
