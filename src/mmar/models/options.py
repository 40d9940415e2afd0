"""The options that adapters share, read from `ModelOptions.extra` and checked before anything is sent.

A value that is not valid is a `UsageError` that names the option and what was expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeVar

import msgspec

from mmar.errors import UsageError, did_you_mean
from mmar.models.audio_bytes import AudioForm

AUDIO_OPTIONS = ("audio_format", "audio_rate", "audio_channels", "audio_seconds")

_CONTAINERS: dict[str | None, Literal["WAV", "FLAC"] | None] = {None: None, "wav": "WAV", "flac": "FLAC"}
_Word = TypeVar("_Word", bound=str)


def check_known(extra: Iterable[str], known: tuple[str, ...], adapter: str, more: str = "") -> None:
    """Refuse an option that the adapter does not know: a misspelt one would silently change the number."""
    for name in extra:
        if name not in known:
            message = f'{adapter} has no option "{name}"; it has {", ".join(sorted(known)) or "none"}{more}'
            hint = did_you_mean(name, known) or None
            raise UsageError(message, code="unknown-option", argument="options", hint=hint)


def get_choice(extra: Mapping[str, str], name: str, words: tuple[_Word, ...], default: _Word) -> _Word:
    """One of a few words."""
    value = extra.get(name, default)
    for word in words:
        if word == value:
            return word
    raise _invalid(name, " or ".join(words), value)


def get_switch(extra: Mapping[str, str], name: str) -> bool:
    """A switch, `yes` or `no`; no where it is not given."""
    return get_choice(extra, name, ("yes", "no"), "no") == "yes"


def audio_form(extra: Mapping[str, str]) -> AudioForm:
    """The form in which audio is wanted."""
    container = extra.get("audio_format")
    if container not in _CONTAINERS:
        raise _invalid("audio_format", "wav or flac", container or "")
    channels = extra.get("audio_channels")
    if channels not in (None, "1"):
        raise _invalid("audio_channels", "1 (leave it out to keep all channels)", channels)
    return AudioForm(
        _CONTAINERS[container],
        get_int(extra, "audio_rate", 1000, 768_000),
        channels == "1",
        get_number(extra, "audio_seconds", 0.01, 1e6),
    )


def server_audio_options(extra: Mapping[str, str]) -> dict[str, str]:
    """The options with the form in which clips are sent to servers that are started here."""
    return {"audio_rate": "16000", "audio_channels": "1", **extra}


def get_number(extra: Mapping[str, str], name: str, least: float, most: float) -> float | None:
    """A number within bounds; `None` where it is not given."""
    text = extra.get(name)
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        raise _invalid(name, f"a number from {least:g} to {most:g}", text)
    return number


def get_int(extra: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    """A whole number within bounds; `None` where it is not given."""
    number = get_number(extra, name, least, most)
    if number is not None and number != int(number):
        raise _invalid(name, f"a whole number from {least} to {most}", extra[name])
    return None if number is None else int(number)


def get_object(extra: Mapping[str, str], name: str, reserved: tuple[str, ...]) -> dict[str, Any]:
    """An option that is a JSON object, empty where it is not given; `reserved` fields may not be in it."""
    text = extra.get(name)
    if text is None:
        return {}
    try:
        fields = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        # The text is not shown: it may hold a credential.
        raise option_error(f"{name}: expected a JSON object")
    for field in reserved:
        if field in fields:
            raise option_error(f'{name}: "{field}" is filled by the program and cannot be set')
    return fields


def _invalid(name: str, expected: str, value: str) -> UsageError:
    return option_error(f'{name}: expected {expected}, got "{value}"')


def option_error(message: str) -> UsageError:
    """The error of an adapter's option whose value is not valid."""
    return UsageError(message, code="invalid-option", argument="options")


def deep_merge(ground: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Two JSON objects as one; where both hold an object it is merged too, else `over` counts."""
    result = dict(ground)
    for name, value in over.items():
        below: Any = result.get(name)
        both = isinstance(below, dict) and isinstance(value, dict)
        result[name] = deep_merge(below, value) if both else value
    return result
