"""Regular expressions that are compiled when they are first used.

Compiling all that a reading may need takes longer than reading a thousand answers, most of which need a few of them.
"""

from __future__ import annotations

import re
from typing import Any, cast

__all__ = ["pattern"]


class _Waiting:
    """An expression that is compiled by the first use of one of its methods."""

    def __init__(self, text: str, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        method = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, method)
        return method


def pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """What `re.compile` gives, at the cost of compiling when a method is first used.

    Example:
        >>> pattern(r"[a-z]+").findall("one two")
        ['one', 'two']
    """
    return cast("re.Pattern[str]", _Waiting(text, flags))
