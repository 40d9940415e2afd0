"""One answer in another program's log, and the parts that the readers of several programs share."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

__all__ = [
    "LogRecord",
    "PredictionLog",
    "content_of",
    "finish_reason_of",
    "ids_of",
    "lookup",
    "message_text",
    "options_in_prompt",
    "text_or_none",
    "unlettered",
]

Row = Mapping[str, Any]


class LogRecord(msgspec.Struct, frozen=True):
    """One answer, as the log has it. What the log does not say is `None`.

    Attributes:
        line: 1-based line, row or position in the log.
        text: the model's answer; `None` where none came.
        id: the item's id.
        audio: path or name of the clip.
        question: the question's text, or the whole prompt where the log does not tell them apart.
        choices: the choices in the order in which the prompt showed them.
        thinking: the reasoning, where it is told apart from the answer.
        finish_reason: `length` where the token limit cut the answer off.
        failure: why no answer came.
        verdict: whether the program itself scored the answer as right.
        extracted: what the program itself read from the answer.
        other_ids: further values that may be the item's id, such as those of nested records.
        position: 0-based place of the item in the data set, where the log has it.
        repeat: place among several answers to one item, of which the lowest counts; `None` where there is one.
        further: answers to the item that stand in the same record and are left out.
        file: the file that holds the record, where a log is a folder of several.
    """

    line: int
    text: str | None
    id: str | None = None
    audio: str | None = None
    question: str | None = None
    choices: tuple[str, ...] | None = None
    thinking: str = ""
    finish_reason: str | None = None
    failure: str | None = None
    verdict: bool | None = None
    extracted: str | None = None
    other_ids: tuple[str, ...] = ()
    position: int | None = None
    repeat: int | None = None
    further: int = 0
    file: str = ""


class PredictionLog(msgspec.Struct, frozen=True):
    """A log that was recognised.

    Attributes:
        program: the program that wrote it, such as `lmms-eval`.
        file: path of the log.
        records: reads the log from its beginning, one record at a time.
        notes: what a reader of the scores must know, one sentence each.
        answer_field: name of the field with the answer, for records without a known program.
        files: the files of a folder that are read together.
    """

    program: str
    file: str
    records: Callable[[], Iterator[LogRecord]]
    notes: tuple[str, ...] = ()
    answer_field: str = ""
    files: tuple[str, ...] = ()


def lookup(row: Any, path: str) -> Any:
    """The value at a dotted path such as `doc.id` or `resps.0.0`; `None` where there is none.

    A key that itself holds dots is found too.

    Example:
        >>> lookup({"doc": {"id": 7}, "resps": [["B"]]}, "resps.0.0")
        'B'
    """
    if isinstance(row, Mapping) and path in row:
        return row[path]
    head, _, rest = path.partition(".")
    if isinstance(row, Mapping):
        value = row.get(head)
    elif isinstance(row, list) and head.isdecimal() and int(head) < len(row):
        value = row[int(head)]
    else:
        return None
    return lookup(value, rest) if rest else value


def text_or_none(value: object) -> str | None:
    """A string or a finite number as text; anything else, such as an empty list, `null` or NaN, as `None`.

    A whole number is written without `.0`, which tables add to a column of integers with gaps.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf:
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return None


_IDS = ("id", "item_id", "sample_id", "question_id", "qid", "custom_id", "uid", "key")
_NESTED = ("metadata", "meta", "doc", "sample", "item", "extra_info", "info")


def ids_of(row: Any, *nested: str) -> tuple[str, ...]:
    """The values of a record that may be its item's id, those of the record itself first.

    Args:
        row: decoded object.
        nested: names of further objects in it that may hold the id.
    """
    places = [row, *(row.get(name) for name in (*nested, *_NESTED))] if isinstance(row, Mapping) else []
    values = (
        text_or_none(place.get(name)) for place in places if isinstance(place, Mapping) for name in _IDS
    )
    return tuple(dict.fromkeys(value for value in values if value not in (None, "", "unknown")))


def content_of(content: object) -> tuple[str, str]:
    """Text and reasoning of a chat message's content: a string, or a list of typed parts."""
    if isinstance(content, str):
        return content, ""
    text: list[str] = []
    reasoning: list[str] = []
    for part in content if isinstance(content, list) else ():
        if isinstance(part, str):
            text.append(part)
        elif isinstance(part, Mapping):
            kind = str(part.get("type", ""))
            value = part.get("reasoning" if kind == "reasoning" else "text", part.get("value"))
            if kind in ("reasoning", "thinking"):
                reasoning.append(str(value or part.get("thinking") or part.get("text") or ""))
            elif isinstance(value, str) and not kind.startswith(("audio", "input_audio", "image")):
                text.append(value)
    return "\n".join(text), "\n".join(reasoning)


def message_text(messages: object, role: str = "user") -> str | None:
    """Text of the last message of a role; of several parts only those that are text."""
    for message in reversed(messages if isinstance(messages, list) else []):
        if isinstance(message, Mapping) and message.get("role") == role:
            return content_of(message.get("content", message.get("contents")))[0]
    return None


def finish_reason_of(value: object) -> str | None:
    """A finish reason in the words of the chat-completions format: `length` for every name of the token limit."""
    if not isinstance(value, str):
        return None
    return (
        "length" if value.lower() in ("length", "max_tokens", "model_length", "max_output_tokens") else value
    )


_OPTION = re.compile(r"^[ \t]*(?:[(\[]([A-Z])[)\]]|([A-Z])[.)\]:：、．])[.:]?[ \t]*(.*\S|)[ \t]*$")


def options_in_prompt(prompt: str | None) -> tuple[str, ...] | None:
    r"""The choices that a prompt shows as lettered lines, in their order; the last such list counts.

    Example:
        >>> options_in_prompt("Which?\nA) left\nB) right\nAnswer with a letter.")
        ('left', 'right')
    """
    lists: list[list[str]] = []
    for line in (prompt or "").splitlines():
        match = _OPTION.match(line)
        if match is None:
            continue
        letter = match[1] or match[2]
        if letter == "A":
            lists.append([match[3]])
        elif lists and letter == chr(ord("A") + len(lists[-1])):
            lists[-1].append(match[3])
    return tuple(lists[-1]) if lists and len(lists[-1]) > 1 else None


_LETTERED = re.compile(r"^\s*(?:\(([A-Z])\)|([A-Z])[.):：、．])\s*(.*)$", re.DOTALL)


def unlettered(choices: Sequence[str]) -> tuple[str, ...]:
    """Choices without the letters that a log put before them; unchanged unless every choice has its own.

    Example:
        >>> unlettered(["A. 3", "B. 4"])
        ('3', '4')
    """
    matches = [_LETTERED.match(choice) for choice in choices]
    letters = [match[1] or match[2] if match else "" for match in matches]
    if letters == [chr(ord("A") + index) for index in range(len(choices))]:
        return tuple(match[3] for match in matches if match)
    return tuple(choices)
