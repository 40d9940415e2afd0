"""Benchmarks whose records have other fields, through one TOML file that maps them.

    file = "mmsu.jsonl"                 # JSONL or JSON array, plain or .gz, relative to the TOML file
    name = "mmsu"                       # optional
    audio_dir = "audio"                 # optional, relative to the TOML file
    audio_prefix = "/"                  # optional, removed from the beginning of each audio path
    answer = "text"                     # or "letter" (A, B, ...), or "index" (from 0)
    groups = ["task_name"]              # optional, further fields by which scores are grouped; text or lists of it

    [fields]                            # this program's name = the file's name; a.b is b within a
    id = "id"
    audio_path = "audio_path"
    question = "question"
    choices = ["choice_a", "choice_b"]  # several fields, or the name of one with a list
    answer = "answer_gt"
    category = "category"
    sub-category = "sub-category"

    [values]                            # the same value for every record
    modality = "speech"

Other fields of the file are kept as they are. Published layouts (`mmar.items.layouts`) need no such file.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any, Literal

import msgspec

from mmar.errors import InputError
from mmar.files.typed import convert, json_type, read_toml
from mmar.items.item import FIELDS

_MISSING = object()


class FieldMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the records of a file are mapped to items, as in the example above.

    Attributes:
        values: fields that are the same for every record; of one that is mapped too, what stands for a missing value.
        key_may_differ: whether an answer that equals no choice is kept, as in published files with faulty keys.
        id_is_path: whether the id is the stem of a path.
    """

    file: str
    fields: dict[str, str | list[str]]
    name: str = ""
    audio_dir: str = ""
    audio_prefix: str = ""
    answer: Literal["text", "letter", "index"] = "text"
    values: dict[str, str] = {}
    groups: tuple[str, ...] = ()
    key_may_differ: bool = False
    id_is_path: bool = False

    def apply(self, record: Any) -> Any:
        """The record with this program's field names; anything but an object is returned as it is.

        Raises:
            InputError: the answer is not a letter or an index of a choice.
        """
        if not isinstance(record, dict):
            return record
        mapped: dict[str, Any] = dict(self.values)
        used: set[str] = set()
        for name, source in self.fields.items():
            if isinstance(source, list):
                values = [_look_up(record, each) for each in source]
                mapped[name] = [_text(value) for value in values if value not in (_MISSING, None, "")]
                used.update(source)
            elif (value := _look_up(record, source)) is not _MISSING:
                used.add(source)
                missing = value is None or value == "nan" or value != value  # noqa: PLR0124 - NaN, as pandas writes
                if not missing or name not in self.values:
                    mapped[name] = (
                        [_text(each) for each in value] if isinstance(value, list) else _text(value)
                    )
        if self.id_is_path and isinstance(path := mapped.get("id"), str):
            mapped["id"] = PurePosixPath(path).stem
        if self.key_may_differ:
            _normalise_answer(mapped)
        if self.audio_prefix and isinstance(path := mapped.get("audio_path"), str):
            mapped["audio_path"] = path.removeprefix(self.audio_prefix)
        if self.answer != "text" and mapped.get("answer") is not None:
            mapped["answer"] = self._choice_of(mapped)
        others = {name: value for name, value in record.items() if name not in used and name not in mapped}
        return {**mapped, **{name: value for name, value in others.items() if name not in FIELDS}}

    def _choice_of(self, record: dict[str, Any]) -> Any:
        answer, choices = record["answer"], record.get("choices")
        index: int | None = None
        if self.answer == "index" and str(answer).isdigit():
            index = int(answer)
        elif (
            self.answer == "letter"
            and isinstance(answer, str)
            and len(letter := answer.strip("(). ").upper()) == 1
        ):
            index = ord(letter) - ord("A")
        if index is None or not isinstance(choices, list) or not 0 <= index < len(choices):
            actual = f'"{answer}"' if isinstance(answer, str) else json_type(answer)
            raise InputError(
                f"expected the {self.answer} of a choice, found {actual}",
                field=str(self.fields.get("answer")),
                code="answer-not-a-choice",
                hint=f'the field map says answer = "{self.answer}"',
            )
        return choices[index]


def read_field_map(path: Path | str) -> FieldMap:
    """Read a field map.

    Raises:
        InputError: the file is missing or not a field map; it maps a field that items do not have.
    """
    mapping = convert(read_toml(path), FieldMap, file=str(path), hint="see docs/benchmarks.md")
    for name in (*mapping.fields, *mapping.values):
        if name not in FIELDS:
            raise InputError(
                f'"{name}" is not a field of an item',
                file=str(path),
                field=f"fields.{name}",
                code="unknown-field",
                hint=f"the fields are {', '.join(FIELDS)}",
            )
    return mapping


def _normalise_answer(mapped: dict[str, Any]) -> None:
    """Remove the choices of an open question, and replace a key that equals a choice but for case and white space.

    MMAU-Pro's open questions have their reference answer as the only choice.
    """
    choices, answer = mapped.get("choices"), mapped.get("answer")
    if isinstance(choices, list) and (len(choices) < 2 or mapped.get("modality") == "open"):
        mapped["choices"] = choices = []
    if isinstance(choices, list) and isinstance(answer, str) and answer not in choices:
        expected = answer.strip().casefold()
        same = [each for each in choices if isinstance(each, str) and each.strip().casefold() == expected]
        if len(same) == 1:
            mapped["answer"] = same[0]


def _text(value: Any) -> Any:
    """A number as text, since some benchmarks write choices and answers that are numbers without quotes."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _look_up(record: dict[str, Any], path: str) -> Any:
    """A field by its name, or by a path such as `meta.question`."""
    if path in record:
        return record[path]
    value: Any = record
    for part in path.split("."):
        if not isinstance(value, dict) or part not in value:
            return _MISSING
        value = value[part]
    return value
