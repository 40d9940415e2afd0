"""Errors of the rooms below in the words of the library: arguments instead of options of the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from mmar.errors import InputError, MmarError

__all__ = ["library_errors"]

_FLAGS = ("lenient", "partial")
_ARGUMENTS = ("audio-dir", "benchmark", "draws", "key", "margin", "protocol")
_OPTION = re.compile(rf"--({'|'.join((*_FLAGS, *_ARGUMENTS))})\b(?: ([A-Za-z0-9_./-]+)(?=[,;.)]|$))?")
# A command line in a message stays as it is.
_COMMAND = re.compile(r"\bmmar [a-z]+ [^;,\n]*")


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


def _translate(text: str) -> str:
    parts = []
    end = 0
    for command in _COMMAND.finditer(text):
        parts += [_OPTION.sub(_argument, text[end : command.start()]), command[0]]
        end = command.end()
    return "".join((*parts, _OPTION.sub(_argument, text[end:])))


def _argument(match: re.Match[str]) -> str:
    name, value = match[1], match[2]
    if name in _FLAGS:
        return f"{name}=True{f' {value}' if value else ''}"
    return f"{name.replace('-', '_')}=" + (f'"{value}"' if value else "...")
