"""Superseded by `mmar.files.typed`; deleted once its last callers are."""

from __future__ import annotations

import re

from mmar.errors import InputError

__all__ = ["types_in_words", "wrong_shape"]

_TYPES = {
    "str": "text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def wrong_shape(error: Exception, *, file: str | None = None, hint: str | None = None) -> InputError:
    """The error for a value that is not what it should be: which field, what was found, what was expected.

    Args:
        error: what the decoder said, e.g. "Object missing required field `x` - at `$[0].y`".
        file: the value's file.
        hint: what to do.
    """
    problem, _, place = str(error).partition(" - at `")
    # `$` is the value itself, and a list's numbers count from 0.
    field = re.sub(r"^\$\.?", "", place.rstrip("`"))
    if named := re.fullmatch(r"Object (missing required|contains unknown) field `(.+)`", problem):
        field = f"{field}.{named[2]}" if field else named[2]
        problem = "missing" if named[1].startswith("missing") else "is no field that is known here"
    elif value := re.fullmatch(r"Invalid enum value '?([^']*)'?", problem):
        problem = f"“{value[1]}” is none of the values that it may have"
    # Of a list of one the reader needs no number.
    return InputError(types_in_words(problem), file=file, field=field.removeprefix("[0].") or None, hint=hint)


def types_in_words(message: str) -> str:
    """What the decoder says of a wrong type, in the words of the other errors.

    Example:
        >>> types_in_words("Expected `str | null`, got `int`")
        'expected text or null, found a number'
    """
    words = re.sub(r"`([^`]*)`", lambda quoted: _type_words(quoted[1]), message)
    return (words[:1].lower() + words[1:]).replace(", got ", ", found ")


def _type_words(types: str) -> str:
    names = types.split(" | ")
    return " or ".join(_TYPES[name] for name in names) if set(names) <= set(_TYPES) else f'"{types}"'
