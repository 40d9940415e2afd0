"""The signature: one line that says everything a number depends on, printed with every number.

Parts are `name:value` in a fixed order, joined by `|`, as sacrebleu has them. A value that is not known is
`?`, never left out: a file of predictions does not say which prompt was used, and its signature says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from mmar._version import __version__
from mmar.items.digest import DIGEST_VERSION
from mmar.protocols import READING_VERSION

__all__ = ["PARTS", "run_parts", "signature_line"]

PARTS = (
    "bench",  # name#first 8 digits of the content digest
    "n",  # size of the benchmark
    "model",
    "protocol",  # name@version
    "audio",  # full, or the control condition
    "settings",  # generation settings that were sent
    "seed",
    "reading",  # version of the reading cascade, with the protocol it read for
    "scorers",
    "mmar",  # version of this program
)


def signature_line(parts: Mapping[str, str]) -> str:
    """Join parts in the fixed order."""
    return "|".join(f"{name}:{_plain(parts.get(name, '?'))}" for name in PARTS)


def _plain(value: str) -> str:
    # A model's name comes from outside; it must not be able to write parts of its own.
    return "".join("_" if mark in "|\n\r\t" else mark for mark in value) or "?"


def run_parts(bench: str, digest: str, n: int) -> dict[str, str]:
    """The parts that are known of any number."""
    return {
        "bench": f"{bench}#{digest[:8]}.{DIGEST_VERSION}",
        "n": str(n),
        "reading": f"cascade@{READING_VERSION}",
        "mmar": __version__,
    }
