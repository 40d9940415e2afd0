"""The fields of a decoded record: each read into the type that an item keeps it in, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from mmar.errors import InputError
from mmar.items.decoding import types_in_words

__all__ = ["READERS", "Criterion", "Place", "kind_of", "plain", "says_all"]


class Criterion(msgspec.Struct, frozen=True):
    """One criterion of an item's rubric.

    Attributes:
        name: a short title.
        scoring_point: what earns the point.
        note: why it matters.
        choices: the scores that a judge may give, `(0, 1)` throughout MMAR.
    """

    name: str
    scoring_point: str
    note: str = ""
    choices: tuple[int | float, ...] = (0, 1)


class Place(msgspec.Struct, frozen=True):
    """Where a record stands, for the errors about it.

    Attributes:
        file: the name to put into an error.
        line: the 1-based line to put into an error.
    """

    file: str | None
    line: int | None

    def error(self, problem: str, field: str | None = None, hint: str | None = None) -> InputError:
        """An error about this record; arguments as for `InputError`."""
        return InputError(problem, file=self.file, line=self.line, field=field, hint=hint)


def _text(where: Place, name: str, value: object) -> str:
    if not isinstance(value, str):
        raise where.error(f"expected text, found {kind_of(value)}", name, "write it as a JSON string")
    return value


def _identifier(where: Place, name: str, value: object) -> str:
    text = _text(where, name, value)
    if not text:
        raise where.error("expected an id, found empty text", name, "give every record an id of its own")
    return text


def _optional_text(where: Place, name: str, value: object) -> str | None:
    return None if value is None else _text(where, name, value)


def _texts(where: Place, name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise where.error(
            f"expected a list of texts, found {kind_of(value)}", name, "write it as a JSON array"
        )
    return tuple(_text(where, f"{name}[{at}]", element) for at, element in enumerate(value))


def _label(where: Place, name: str, value: object) -> str:
    # MMAU test-mini writes 13 of its 1,000 categories as a list of one.
    return _text(where, name, value[0] if isinstance(value, list) and len(value) == 1 else value)


def _optional_label(where: Place, name: str, value: object) -> str | None:
    return None if value is None else _label(where, name, value)


def _optional_texts(where: Place, name: str, value: object) -> tuple[str, ...] | None:
    return None if value is None else _texts(where, name, value)


def _rubric(where: Place, name: str, value: object) -> tuple[Criterion, ...] | None:
    if value is None:
        return None
    try:
        return msgspec.convert(value, tuple[Criterion, ...])
    except msgspec.ValidationError as error:
        raise where.error(
            types_in_words(str(error)), name, "each criterion has name, scoring_point, note and choices"
        ) from None


READERS: dict[str, Callable[[Place, str, object], Any]] = {
    "id": _identifier,
    "audio_path": _text,
    "question": _text,
    "choices": _texts,
    "answer": _text,
    "modality": _label,
    "category": _label,
    "sub_category": _optional_label,
    "language": _optional_text,
    "source": _optional_text,
    "url": _optional_text,
    "timestamp": _optional_text,
    "thinking": _optional_text,
    "cue": _optional_texts,
    "rubric": _rubric,
}
"""By attribute, what makes its value of a decoded one: from the place, the field's name and the value."""


_CRITERION = frozenset(Criterion.__struct_fields__)


def says_all(read: object, value: list[Any]) -> bool:
    """Whether a list can be written again from what was made of it.

    Not so is a label that stood in a list, nor a criterion with other keys than ours.
    """
    return isinstance(read, tuple) and all(type(row) is not dict or row.keys() == _CRITERION for row in value)


def plain(value: Any) -> Any:
    """A value as the JSON decoder gives it."""
    if isinstance(value, tuple):
        return [plain(element) for element in value]
    if isinstance(value, Criterion):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    return value


def kind_of(value: object) -> str:
    """What a decoded value is, in words for a person."""
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(
        type(value), f"the number {value!r}" if isinstance(value, int | float) else type(value).__name__
    )
