"""One answer in another program's log, and the parts of a record that several layouts share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from mmar.errors import InputError
from mmar.files.typed import text_or_none

Row = Mapping[str, Any]
OnError = Callable[[InputError], None] | None
"""What is done with the error of a bad record, which is then left out; raised where it is `None`."""


class LogRecord(msgspec.Struct, frozen=True):
    """One answer, as the log has it. What the log does not say is `None`.

    Attributes:
        line: 1-based line, row or position in the log.
        text: the model's answer; `None` where none came.
        ids: values that may be the item's id, the most likely first.
        question: the question's text, or the whole prompt where the log does not tell them apart.
        choices: the choices in the order of the prompt.
        finish_reason: `length` where the token limit cut the answer off.
        verdict: whether the program itself scored the answer as right.
        extracted: what the program itself read from the answer.
        position: 0-based position of the item in the data set.
        repeat: position among several answers to one item, of which the lowest counts; `None` where there is one.
        further: answers to the item that stand in the same record and are left out.
        file: the file that has the record, where a log is a folder of several.
    """

    line: int
    text: str | None
    ids: tuple[str, ...] = ()
    audio: str | None = None
    question: str | None = None
    choices: tuple[str, ...] | None = None
    thinking: str = ""
    finish_reason: str | None = None
    failure: str | None = None
    verdict: bool | None = None
    extracted: str | None = None
    position: int | None = None
    repeat: int | None = None
    further: int = 0
    file: str = ""


class PredictionLog(msgspec.Struct, frozen=True):
    """A log that was recognised.

    Attributes:
        program: the program that wrote it, such as `lmms-eval`.
        records: reads the log from its beginning, one record at a time, with what is done about bad ones.
        notes: what a reader of the scores must know, one sentence each.
        answer_field: name of the field with the answer, where a record has it under its own name.
        files: the files of a folder that are read together.
    """

    program: str
    file: str
    records: Callable[[OnError], Iterator[LogRecord]]
    notes: tuple[str, ...] = ()
    answer_field: str = ""
    files: tuple[str, ...] = ()


def lookup(row: Any, path: str) -> Any:
    """The value at a dotted path such as `doc.id` or `resps.0.0`, also of a key with dots; `None` where there is none."""
    head, _, rest = path.partition(".")
    if isinstance(row, Mapping):
        if path in row:
            return row[path]
        value = row.get(head)
    elif isinstance(row, list) and head.isdecimal() and int(head) < len(row):
        value = row[int(head)]
    else:
        return None
    return lookup(value, rest) if rest else value


def verdict_of(value: object) -> bool | None:
    """A program's verdict: a truth value, 0 or 1, or one of the words for them; `None` for anything else."""
    if isinstance(value, Mapping):
        value = next((value[name] for name in ("score", "overall", "correct", "acc") if name in value), None)
    if isinstance(value, str):
        words = {"true": 1, "correct": 1, "c": 1, "false": 0, "incorrect": 0, "i": 0, "n": 0}
        try:
            value = words[value.casefold()] if value.casefold() in words else float(value)
        except ValueError:
            return None
    return bool(value) if isinstance(value, int | float) and value in (0, 1) else None


_IDS = ("id", "item_id", "sample_id", "question_id", "qid", "custom_id", "uid", "key")
_NESTED = ("metadata", "meta", "doc", "sample", "item", "extra_info", "info")


def ids_of(row: Any) -> tuple[str, ...]:
    """The values of a record that may be its item's id, those of the record itself first."""
    objects = [row, *(row.get(name) for name in _NESTED)] if isinstance(row, Mapping) else []
    values = (text_or_none(each.get(name)) for each in objects if isinstance(each, Mapping) for name in _IDS)
    return tuple(dict.fromkeys(value for value in values if value not in (None, "", "unknown")))


class Content(msgspec.Struct, frozen=True):
    """The answer in a value of a log, reasoning that is marked as such, and the number of other answers beside it."""

    text: str | None = None
    thinking: str = ""
    further: int = 0


# Where an object has the answer: replies of chat APIs from the outside in, then usual names.
_INSIDE = (
    "choices", "candidates", "message", "content", "contents", "parts", "output_text", "output", "text",
    "generated_text", "completion", "response", "answer", "prediction", "value",
)  # fmt: skip
_REASONING = ("reasoning_content", "reasoning", "thinking")


def read_content(value: object, *, joined: bool = False) -> Content:
    """The answer in a text, a number, a chat message or its parts, a conversation, or the reply of an API.

    With `joined`, the members of a list are parts of one answer; otherwise they are several, unless they have a `type`.
    """
    if isinstance(value, Mapping):
        for name in _INSIDE:
            result = read_content(value.get(name), joined=name == "parts")
            if result.text is not None:
                own = next((text for each in _REASONING if (text := text_or_none(value.get(each)))), "")
                return msgspec.structs.replace(result, thinking=result.thinking or own)
        return Content()
    if not isinstance(value, list):
        return Content(text_or_none(value))
    members = [each for each in value if isinstance(each, Mapping)]
    if any("role" in each and "type" not in each for each in members):
        replies = [each for each in members if each.get("role") == "assistant"]
        return read_content(replies[-1]) if replies else Content()
    if not joined and not any("type" in each for each in members):
        first = read_content(value[0]) if value else Content()
        return msgspec.structs.replace(first, further=max(len(value) - 1, first.further))
    return _read_parts(value)


def _read_parts(parts: Sequence[object]) -> Content:
    """Text and reasoning of the typed parts of one message."""
    text: list[str] = []
    thinking: list[str] = []
    typed = False
    for part in parts:
        kind = str(part.get("type", "")) if isinstance(part, Mapping) else ""
        typed = typed or bool(kind)
        if kind.startswith(("audio", "input_audio", "image")):
            continue
        if isinstance(part, Mapping) and (kind in _REASONING or part.get("thought")):
            thinking.append(next((str(part[name]) for name in (*_REASONING, "text") if part.get(name)), ""))
        elif (own := read_content(part).text) is not None:
            text.append(own)
    separator = "\n" if typed else ""
    return Content(separator.join(text) if text else None, separator.join(thinking))


def message_text(messages: object, role: str = "user") -> str | None:
    """Text of the last message of a role; of several parts only those that are text."""
    for message in reversed(messages if isinstance(messages, list) else []):
        if isinstance(message, Mapping) and message.get("role") == role:
            return read_content(message).text
    return None


def message_clip(messages: object) -> str | None:
    """Path of the first clip among the typed parts of messages; `None` where the clip itself is there."""
    for message in messages if isinstance(messages, list) else ():
        parts = message.get("content", message.get("contents")) if isinstance(message, Mapping) else None
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, Mapping) and part.get("type") == "audio":
                return text_or_none(part.get("audio", part.get("value")))
    return None


_TOKEN_LIMIT = ("length", "max_tokens", "model_length", "max_output_tokens")


def finish_reason_of(value: object) -> str | None:
    """A finish reason in the words of the chat-completions format: `length` for every name of the token limit."""
    if not isinstance(value, str):
        return None
    return "length" if value.lower() in _TOKEN_LIMIT else value


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
    """Choices without letters before them, as in "A. 3"; unchanged unless every choice has its own."""
    matches = [_LETTERED.match(choice) for choice in choices]
    letters = [match[1] or match[2] if match else "" for match in matches]
    if letters == [chr(ord("A") + index) for index in range(len(choices))]:
        return tuple(match[3] for match in matches if match)
    return tuple(choices)
