"""JSON and TOML into typed records, with errors that name the line, the field and what was expected.

msgspec decodes; when it refuses, the reason is found here by looking at the data again (encoding, syntax, nesting,
then field by field against the record's annotations), so that no message depends on a library's wording.
"""

from __future__ import annotations

import math
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, overload

import msgspec

from mmar.errors import InputError, lone_surrogate_error
from mmar.files.open import open_file

_T = TypeVar("_T")
_MAX_QUOTE = 60
_INVALID = "", "is not valid", "invalid-value"
_LISTS = (list, tuple, set, frozenset)
_NAMES: dict[Any, str] = {
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "true or false",
    NoneType: "null",
    dict: "an object",
    **dict.fromkeys(_LISTS, "a list"),
}


@overload
def decode_json(
    data: bytes, *, file: str | None = None, line: int | None = None, hint: str | None = None
) -> Any: ...


@overload
def decode_json(
    data: bytes, kind: type[_T], *, file: str | None = None, line: int | None = None, hint: str | None = None
) -> _T: ...


def decode_json(
    data: bytes,
    kind: Any = Any,
    *,
    file: str | None = None,
    line: int | None = None,
    hint: str | None = None,
) -> Any:
    """Decode JSON, also with the numbers NaN and Infinity that Python's own writer produces.

    Args:
        data: UTF-8 or UTF-16, with or without a byte order mark.
        kind: the type to decode to; by default whatever is there.
        file: name of the input, for errors.
        line: 1-based line on which the data starts, for errors.
        hint: what to do about an error.

    Raises:
        InputError: codes `not-utf8`, `invalid-json`, `too-deep`, `lone-surrogate`, and those of `convert`.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _decode_carefully(data, kind, file, line, hint)


def convert(
    value: object,
    kind: type[_T],
    *,
    file: str | None = None,
    line: int | None = None,
    field: str = "",
    hint: str | None = None,
    strict: bool = True,
) -> _T:
    """Convert decoded JSON or TOML to a type that msgspec supports.

    In errors, `field` is the name of the value itself, which the names of its fields are joined to; for `file`, `line`
    and `hint` see `decode_json`. Without `strict`, strings are accepted where numbers are expected.

    Raises:
        InputError: codes `wrong-type`, `missing-field`, `unknown-field`, `invalid-value`.
    """
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        where, problem, code = find_mismatch(value, kind, strict=strict) or _INVALID
        if isinstance(error.__cause__, ValueError) and code == "invalid-value":
            problem = str(error.__cause__)  # raised by a record of this program, in __post_init__
        name = _join(field, where) or None
        raise InputError(problem, file=file, line=line, field=name, code=code, hint=hint) from None
    except RecursionError:
        raise _too_deep().located(file, line) from None


def find_mismatch(value: object, kind: Any, *, strict: bool = True) -> tuple[str, str, str] | None:
    """The first place at which a value does not fit a type.

    Returns:
        Path of the field (`choices[1]`, `settings.seed`, or empty for the value itself), what is wrong, and an
        error code; `None` if the value fits.

    Example:
        >>> find_mismatch({"a": [1, "x"]}, dict[str, list[int]])
        ('a[1]', 'expected an integer, found a string', 'wrong-type')
    """
    if _fits(value, kind, strict=strict):
        return None
    origin, arguments = get_origin(kind) or kind, get_args(kind)
    if origin is Annotated:
        range_error = "", f"{_quoted(value)} is outside of what is allowed", "invalid-value"
        return find_mismatch(value, arguments[0], strict=strict) or range_error
    if origin in (Union, UnionType):
        member = next((each for each in arguments if _is_meant(value, each)), None)
        if member is not None:
            return find_mismatch(value, member, strict=strict)
    elif _is_struct(kind) and isinstance(value, dict):
        return _struct_mismatch(value, kind, strict=strict)
    elif origin in _LISTS and isinstance(value, list):
        types = arguments if origin is tuple and Ellipsis not in arguments else arguments[:1] * len(value)
        if len(types) == len(value):
            parts = ((f"[{index}]", each, types[index]) for index, each in enumerate(value))
            return _first(parts, strict=strict)
        return "", f"expected {len(types)} elements, found {len(value)}", "invalid-value"
    elif origin is dict and isinstance(value, dict):
        return _first(((str(key), each, arguments[1]) for key, each in value.items()), strict=strict)
    elif origin is Literal:
        options = ", ".join(map(_json_text, arguments))
        return "", f"{_quoted(value)} is not one of {options}", "invalid-value"
    return "", f"expected {_type_name(kind)}, found {json_type(value)}", "wrong-type"


def text_or_none(value: object) -> str | None:
    """A string or a finite number as text; anything else, such as an empty list, `null` or NaN, as `None`.

    A whole number is written without `.0`, which tables add to a column of integers with gaps.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf:
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return None


def json_type(value: object) -> str:
    """The kind of a JSON value, for messages.

    Example:
        >>> json_type(None), json_type([]), json_type(3)
        ('null', 'a list', 'the number 3')
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"the number {value!r}"
    return _NAMES.get(type(value), f"a {type(value).__name__}")


def text_encoding(data: bytes) -> str:
    """The encoding of a text: UTF-16 where a byte order mark or the first character says so, else UTF-8."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if data[1:2] == b"\0" or data[:1] == b"\0":
        return "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
    return "utf-8-sig"


def decode_text(data: bytes, *, file: str | None = None, line: int = 1) -> str:
    """Decode text in UTF-8 or UTF-16; a byte order mark at its start is left out.

    Raises:
        InputError: it is in another encoding (code `not-utf8`); the line is that of the first wrong byte.
    """
    encoding = text_encoding(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        # The file's line ends may be CR alone.
        before = data[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        raise InputError(
            f"byte 0x{data[error.start]:02x} is not valid {'UTF-8' if encoding == 'utf-8-sig' else 'UTF-16'}",
            file=file,
            line=line + before.count(b"\n"),
            code="not-utf8",
            hint="save the file as UTF-8",
        ) from None


def read_text(path: Path | str) -> str:
    """The content of a UTF-8 file.

    Raises:
        InputError: it is missing, a folder, or not UTF-8.
        ExternalError: it cannot be read.
    """
    with open_file(path) as stream:
        data = stream.read()
    return decode_text(data, file=str(path))


def read_toml(path: Path | str) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        InputError: see `read_text` and `decode_toml`.
        ExternalError: it cannot be read.
    """
    return decode_toml(read_text(path), file=str(path))


def decode_toml(text: str, *, file: str | None = None) -> dict[str, Any]:
    """Decode TOML.

    Raises:
        InputError: codes `invalid-toml`, `too-deep`.
    """
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"not valid TOML: {error}", file=file, code="invalid-toml", hint="correct the file"
        ) from None
    except RecursionError:
        raise _too_deep().located(file, None) from None


def _decode_carefully(data: bytes, kind: Any, file: str | None, line: int | None, hint: str | None) -> Any:
    """Decode what msgspec refused, or raise an error with the reason."""
    try:
        value = _decode_by_json(data, line)
        return value if kind is Any else convert(value, kind)
    except InputError as error:
        if error.code != "not-utf8":  # its own hint says what to do
            error.hint = hint or error.hint
        raise error.located(file, line) from None


def _decode_by_json(data: bytes, line: int | None) -> Any:
    import json  # msgspec decodes nearly all

    text = decode_text(data, line=line or 1)
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise _invalid_json(text, error.pos, line) from None
    except UnicodeEncodeError as error:
        raise lone_surrogate_error(error) from None
    except RecursionError:
        raise _too_deep() from None
    return value


def _invalid_json(text: str, position: int, line: int | None) -> InputError:
    if line is not None:
        line += text.count("\n", 0, position)
    start = text[:_MAX_QUOTE].strip()
    rest = text[position : position + 20].strip()
    where = f'near "{rest}"' if rest else "the text ends too early"
    return InputError(
        f'not valid JSON: {where}; it starts with "{start}"',
        line=line,
        code="invalid-json",
        hint="correct it",
    )


def _too_deep() -> InputError:
    return InputError("lists or objects are nested too deeply", code="too-deep")


def _fits(value: object, kind: Any, *, strict: bool) -> bool:
    try:
        msgspec.convert(value, kind, strict=strict)
    except (msgspec.ValidationError, RecursionError):
        return False
    return True


def _struct_mismatch(
    value: dict[Any, Any], kind: type[msgspec.Struct], *, strict: bool
) -> tuple[str, str, str] | None:
    fields = msgspec.structs.fields(kind)
    if kind.__struct_config__.forbid_unknown_fields:
        known = {field.encode_name for field in fields}
        for name in value:
            if name not in known:
                listed = ", ".join(sorted(known))
                return str(name), f"unknown field; the known ones are {listed}", "unknown-field"
    for field in fields:
        if field.required and field.encode_name not in value:
            return field.encode_name, "missing", "missing-field"
    present = (
        (field.encode_name, value[field.encode_name], field.type)
        for field in fields
        if field.encode_name in value
    )
    return _first(present, strict=strict) or _INVALID


def _first(parts: Any, *, strict: bool) -> tuple[str, str, str] | None:
    """The first mismatch among named parts, with its path."""
    for name, value, kind in parts:
        if (inner := find_mismatch(value, kind, strict=strict)) is not None:
            where, problem, code = inner
            return _join(name, where), problem, code
    return None


def _join(name: str, inner: str) -> str:
    """The path of a field within a value that has a name."""
    return f"{name}.{inner}" if name and inner and not inner.startswith("[") else f"{name}{inner}"


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _is_meant(value: object, member: Any) -> bool:
    """Whether an object, a list or a text was meant for this member of a union."""
    origin = get_origin(member) or member
    if origin is Annotated:
        return _is_meant(value, get_args(member)[0])
    if isinstance(value, dict):
        return origin is dict or _is_struct(origin)
    return origin in _LISTS if isinstance(value, list) else origin is Literal and isinstance(value, str)


def _type_name(kind: Any) -> str:
    origin = get_origin(kind) or kind
    if origin is Annotated:
        return _type_name(get_args(kind)[0])
    if origin in (Union, UnionType):
        return " or ".join(
            dict.fromkeys(_type_name(each) for each in get_args(kind) if each is not msgspec.UnsetType)
        )
    return "an object" if _is_struct(origin) else _NAMES.get(origin, str(getattr(origin, "__name__", origin)))


def _quoted(value: object) -> str:
    text = _json_text(value)
    return text if len(text) <= _MAX_QUOTE else f"{text[:_MAX_QUOTE]}…"


def _json_text(value: object) -> str:
    import json  # only errors need it

    return json.dumps(value, ensure_ascii=False, default=str)
