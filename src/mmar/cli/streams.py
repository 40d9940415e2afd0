"""Standard output and error in any encoding. Apart from `terminal`, so that `mmar --help` imports little."""

from __future__ import annotations

import codecs
import io
import sys

__all__ = ["prepare_streams"]

_REPLACEMENTS = {
    "−": "-", "–": "-", "…": "...", "“": '"', "”": '"', "‘": "'", "’": "'", "→": "->", "×": "x", "·": ".", "─": "-",
}  # fmt: skip


def prepare_streams() -> None:
    """Let standard output and error replace what their encoding cannot express, instead of failing."""
    codecs.register_error("mmar-replace", _replace)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="mmar-replace")


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_REPLACEMENTS.get(char, "?") for char in text), error.end
