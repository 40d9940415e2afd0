"""Errors for callers of the library: `--option` in a message becomes `option=`; and validation of arguments."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from mmar.errors import InputError, MmarError, UsageError, did_you_mean, lone_surrogate_error

_FLAGS = ("lenient", "partial")
_ARGUMENTS = ("audio-dir", "benchmark", "draws", "key", "margin", "protocol")
_OPTION = rf"--({'|'.join((*_FLAGS, *_ARGUMENTS))})\b(?: ([A-Za-z0-9_./-]+)(?=[,;.)]|$))?"
# A command line in a message stays as it is.
_COMMAND = r"\bmmar [a-z]+ [^;,\n]*"


@contextmanager
def library_errors() -> Iterator[None]:
    """Name arguments of the library in the message and the hint of an error that passes through."""
    try:
        yield
    except MmarError as error:
        error.message = _translate(error.message)
        if isinstance(error, InputError):
            error.problem = _translate(error.problem)
        if error.hint:
            error.hint = _translate(error.hint)
        error.args = (error.message,)
        raise
    except UnicodeEncodeError as error:  # files are checked when they are read; values of the caller are not
        raise lone_surrogate_error(error) from None


_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def library_function(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Give a public function errors in its own words, also for an argument that it does not have."""
    parameters = inspect.signature(function).parameters.values()
    takes_any = any(each.kind is each.VAR_KEYWORD for each in parameters)
    known = [each.name for each in parameters]

    @functools.wraps(function)
    def call(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        for name in kwargs:
            if name not in known and not takes_any:
                raise UsageError(
                    f'{function.__name__} has no argument "{name}"',
                    code="unknown-argument",
                    argument=name,
                    hint=did_you_mean(name, known, f"its arguments are {', '.join(known)}"),
                )
        with library_errors():
            return function(*args, **kwargs)

    return call


def _translate(text: str) -> str:
    parts = []
    end = 0
    for command in re.finditer(_COMMAND, text):
        parts += [re.sub(_OPTION, _argument, text[end : command.start()]), command[0]]
        end = command.end()
    return "".join((*parts, re.sub(_OPTION, _argument, text[end:])))


def _argument(match: re.Match[str]) -> str:
    name, value = match[1], match[2]
    if name in _FLAGS:
        return f"{name}=True{f' {value}' if value else ''}"
    return f"{name.replace('-', '_')}=" + (f'"{value}"' if value else "...")


def validate_path(argument: str, value: Any) -> Any:
    """A path or name that an argument holds; a run's as a `Path`."""
    if not isinstance(value, str | Path):
        raise _invalid(argument, "a path", type(value).__name__)
    return Path(value) if argument == "runs" else value


def validate_choice(argument: str, value: Any, words: tuple[str, ...]) -> Any:
    """One of the words that an argument may hold."""
    if value not in words:
        raise _invalid(argument, " or ".join(words), repr(value))
    return value


def validate_int(argument: str, value: Any, least: int) -> int:
    """A whole number that an argument holds, from a minimum."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise _invalid(argument, f"a whole number from {least}", repr(value))
    return value


def _invalid(argument: str, expected: str, value: str) -> UsageError:
    return UsageError(f"expected {expected}, got {value}", code="invalid-value", argument=argument)
