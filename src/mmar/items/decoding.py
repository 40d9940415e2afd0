"""Decoding one record's JSON text, and saying in words what is wrong with it.

The decoder (msgspec) speaks of bytes and of Python's types; the person has a file open.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from mmar.errors import InputError

__all__ = ["broken_json", "decode_python_json", "decode_record", "not_utf8", "types_in_words", "wrong_shape"]

_TYPES = {
    "str": "text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_SHOWN = 60


def decode_record(text: bytes, path: Path | str, line: int) -> Any:
    """Decode one record's JSON text.

    Raises:
        InputError: it is not JSON, or not UTF-8.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        return decode_python_json(text, error, path, line)
    except UnicodeDecodeError as error:
        raise not_utf8(error, path, line) from None


def decode_python_json(text: bytes, error: Exception, path: Path | str, line: int) -> Any:
    """Decode a record that is JSON but for NaN and Infinity, which Python's own writer makes of such numbers.

    Args:
        text: the record.
        error: what the decoder said of it.
        path: the record's file.
        line: on which it begins.

    Raises:
        InputError: it is broken in another way.
    """
    if b"NaN" in text or b"Infinity" in text:
        import json

        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass  # what the quicker decoder said is what is wrong
    raise broken_json(text, error, path, line) from None


def broken_json(text: bytes, error: Exception, path: Path | str, line: int) -> InputError:
    """The error for a record that is not JSON.

    Args:
        text: the record.
        error: what the decoder said.
        path: the record's file.
        line: on which it begins.
    """
    begin = text[:_SHOWN].decode("utf-8", "replace").strip()
    if begin in ("{", "}"):
        return InputError(
            f"the line is only “{begin}”, expected a whole JSON object",
            file=str(path),
            line=line,
            hint="write each record on one line, or all of them as one array: [ … ]",
        )
    found = re.search(r" \(byte (\d+)\)$", str(error))
    # The decoder counts to the byte that it cannot use, or to the one behind it.
    start = max(0, int(found[1]) - 1) if found else len(text)
    place = text[start : start + 20].decode("utf-8", "replace").strip()
    at = f", at “{place}”" if place else ""
    return InputError(
        f"broken JSON: {error}{at}; the record starts “{begin}”",
        file=str(path),
        line=line,
        hint="correct the line, or leave it out with --lenient",
    )


def not_utf8(error: UnicodeDecodeError, path: Path | str, line: int) -> InputError:
    """The error for a record in another encoding."""
    return InputError(
        f"byte 0x{error.object[error.start]:02x} is not UTF-8",
        file=str(path),
        line=line,
        hint="save it as UTF-8",
    )


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
