"""Regular expressions that are compiled when first used.

Compiling all that the reading cascade may need takes longer than reading a thousand answers, and most runs need a
few of them: a pattern that no answer asks for costs nothing here.
"""

from __future__ import annotations

import re
from typing import Any, cast

__all__ = ["pattern"]

_METHODS = ("match", "search", "fullmatch", "finditer", "findall", "sub")


class _Compiled:
    """The methods of a compiled expression, bound to the object so that a call costs what it costs on the expression."""


class _Waiting(_Compiled):
    """An expression that nobody asked for yet."""

    def __init__(self, text: str, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        if name not in _METHODS:
            raise AttributeError(name)
        compiled = re.compile(self._text, self._flags)
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        self.__class__ = _Compiled  # type: ignore[assignment]  # without this hook, look-ups are quick again
        return getattr(self, name)


def pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """What `re.compile` gives, but for its time: the work is done by the first call of a method.

    Args:
        text: the expression.
        flags: as for `re.compile`.

    Example:
        >>> pattern(r"[a-z]+").findall("one two")
        ['one', 'two']
    """
    return cast("re.Pattern[str]", _Waiting(text, flags))
