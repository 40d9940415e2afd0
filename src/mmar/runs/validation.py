"""Checks of the arguments of a run: a value of the right type and within bounds, or an error that names the argument.

Numbers of numpy are numbers; truth values and texts are not.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Mapping
from typing import Any

from mmar.errors import UsageError


def invalid(argument: str, expected: str, value: object) -> UsageError:
    """The error of an argument whose value is not valid."""
    text = f'"{value}"' if isinstance(value, str) else repr(value)
    if len(text) > 100:
        text = f"{text[:100]}..."
    return UsageError(f"expected {expected}, got {text}", code="invalid-value", argument=argument)


def _bounds(least: float | None, most: float | None) -> str:
    if least is None:
        return ""
    return f" from {least:g}" + ("" if most is None else f" to {most:g}")


def check_int(value: Any, argument: str, least: int | None = None, most: int | None = None) -> int:
    """A whole number within bounds."""
    try:
        result = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        result = None
    if result is None or (least is not None and result < least) or (most is not None and result > most):
        raise invalid(argument, f"a whole number{_bounds(least, most)}", value)
    return result


def check_number(value: Any, argument: str, least: float = -math.inf, most: float = math.inf) -> float:
    """A finite number within bounds."""
    try:
        result = math.nan if isinstance(value, bool | str | bytes) else float(value)
    except (TypeError, ValueError, OverflowError):
        result = math.nan
    if not least <= result <= most or math.isinf(result):
        raise invalid(argument, f"a number{_bounds(least, None if math.isinf(most) else most)}", value)
    return result


def check_positive(value: Any, argument: str) -> float:
    """A number above 0."""
    result = check_number(value, argument, 0)
    if result == 0:
        raise invalid(argument, "a number above 0", value)
    return result


def check_word(value: Any, argument: str, words: tuple[Any, ...]) -> Any:
    """One of a few words."""
    if value not in words:
        raise invalid(argument, f"one of {', '.join(words)}", value)
    return value


def check_texts(value: str | Iterable[str], argument: str) -> tuple[str, ...]:
    """One text or several, none of them empty."""
    values = (value,) if isinstance(value, str) else tuple(value)
    for text in values:
        if not isinstance(text, str) or not text:
            raise invalid(argument, "text, or several texts", text)
    return values


def check_text_values(options: Mapping[str, str], argument: str) -> dict[str, str]:
    """Texts by name."""
    for name, value in options.items():
        if not isinstance(name, str) or not isinstance(value, str):
            # The value is not shown: it may be a credential.
            raise UsageError(
                f"the value of {name} must be text, got {type(value).__name__}",
                code="invalid-value",
                argument=argument,
            )
    return dict(options)


def check_shard(value: Any, argument: str) -> tuple[int, int]:
    """A part `I/N` of the items."""
    index, _, count = value.partition("/") if isinstance(value, str) else ("", "", "")
    if not (index.isdecimal() and count.isdecimal() and int(index) < int(count)):
        raise invalid(argument, "I/N with I from 0 to N-1, such as 0/8", value)
    return int(index), int(count)
