"""Items as Label Studio tasks; `label_studio_reading` takes them in again.

The mapping, in the JSON that Label Studio imports (a list of tasks, each with `data`, `annotations`):

    data.audio       where Label Studio finds the sound; the caller says it
    data.question    the question's text
    data.options     the choices as shown: [{"value": "A. text"}, …], lettered, so that no two are equal or empty
    data.mmar        the item's record under the publisher's names; without the key if answers are left out
    annotations[0]   the key as it stands: `answer` (choices), `thinking` (textarea), `cue` (textarea, one a
                     cue), and for each cue that points at a part of the clip a region with its label
                     (`heard`) and its text (`cue_heard`)

    the labelling configuration that goes with it is `label_studio_config`
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from string import ascii_uppercase
from typing import Any
from xml.sax.saxutils import quoteattr

from mmar.items import Item
from mmar.studio.workflow.content import CUE_REGIONS, cue_regions

__all__ = ["label_studio_config", "label_studio_tasks", "shown_choices"]

_KEY = ("answer", "thinking", "cue", "rubric", CUE_REGIONS)


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
  <Header value={quoteattr(title)}/>
  <Labels name="heard" toName="audio"><Label value="Cue"/></Labels>
  <Audio name="audio" value="$audio"/>
  <TextArea name="cue_heard" toName="audio" perRegion="true" maxSubmissions="1" editable="true" placeholder="What is heard here"/>
  <Header value="$question"/>
  <Choices name="answer" toName="audio" value="$options" choice="single" required="true"/>
  <TextArea name="thinking" toName="audio" rows="4" maxSubmissions="1" editable="true" placeholder="Reasoning"/>
  <TextArea name="cue" toName="audio" editable="true" placeholder="What can be heard, one cue at a time"/>
</View>
"""


def shown_choices(choices: Sequence[str]) -> list[str]:
    """Choices as Label Studio shows them, by letter."""
    return [f"{letter}. {text}" for letter, text in zip(ascii_uppercase, choices, strict=False)]


def _task(item: Item, url: str, *, answers: bool) -> dict[str, Any]:
    record = item.to_record()
    shown = shown_choices(item.choices)
    data: dict[str, Any] = {
        "audio": url,
        "question": item.question,
        "options": [{"value": each} for each in shown],
        "mmar": record if answers else {name: value for name, value in record.items() if name not in _KEY},
    }
    if not answers:
        return {"data": data}
    results = [_result("answer", "choices", {"choices": [shown[item.answer_index]]})]
    if item.thinking is not None:
        results.append(_result("thinking", "textarea", {"text": [item.thinking]}))
    cues = item.cue or ()
    regions = cue_regions(item) or [None] * len(cues)
    if anywhere := [cue for cue, region in zip(cues, regions, strict=True) if region is None]:
        results.append(_result("cue", "textarea", {"text": anywhere}))
    for at, (cue, region) in enumerate(zip(cues, regions, strict=True)):
        if region is not None:
            span = {"start": region[0], "end": region[1], "channel": 0}
            results.append(_result("heard", "labels", {**span, "labels": ["Cue"]}, f"cue{at}"))
            results.append(_result("cue_heard", "textarea", {**span, "text": [cue]}, f"cue{at}"))
    return {"data": data, "annotations": [{"result": results}]}


def _result(name: str, kind: str, value: dict[str, Any], number: str = "") -> dict[str, Any]:
    return {"id": number or name, "from_name": name, "to_name": "audio", "type": kind, "value": value}
