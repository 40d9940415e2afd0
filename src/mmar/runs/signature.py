"""The signature: one line that says everything a number depends on, printed with every number.

Parts are `name:value` in a fixed order, joined by `|`, as sacrebleu writes them. A value that is not known is `?`
and never left out: a file of predictions does not say which prompt was used, and its signature says so. Only
`part` (a number is of some of the questions only) and `repeats` are left out where they do not apply.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

from mmar._version import __version__
from mmar.items.digest import DIGEST_VERSION
from mmar.items.editions import edition_of
from mmar.protocols import CURRENT_VERSION

__all__ = ["PARTS", "Signature", "run_parts"]

PARTS = (
    "bench",  # name#first 8 digits of the content digest
    "n",  # size of the benchmark
    "part",  # asked/size, where only some of the questions were asked
    "model",
    "protocol",  # name@version
    "condition",  # full, or the control condition
    "settings",  # generation settings and adapter options
    "seed",
    "repeats",  # answers to each question, where there are several
    "reading",  # version of the reading, with the protocol it read for
    "scorers",
    "mmar",  # version of this program
)
_OPTIONAL = ("part", "repeats")


class Signature(msgspec.Struct, frozen=True):
    """What a number depends on.

    Attributes:
        parts: value by name; see `PARTS`.
    """

    parts: Mapping[str, str]

    @property
    def long(self) -> str:
        """All parts in their order, `bench:demo#1c9a343e.2|n:87|model:...`."""
        names = (name for name in PARTS if name in self.parts or name not in _OPTIONAL)
        return "|".join(f"{name}:{_escaped(self.parts.get(name, '?'))}" for name in names)

    @property
    def short(self) -> str:
        """The parts that differ most, and a digest of the whole: `demo#1c9a343e.2|openai/x|mmar@1|part:5/87|sig:5f0c21aa`."""
        values = [_escaped(self.parts[name]) for name in ("bench", "model", "protocol") if name in self.parts]
        if self.parts.get("condition", "full") != "full":
            values.append(_escaped(self.parts["condition"]))
        if "part" in self.parts:
            values.append(f"part:{self.parts['part']}")
        return "|".join([*values, f"sig:{hashlib.sha256(self.long.encode()).hexdigest()[:8]}"])

    def __str__(self) -> str:
        return self.long

    def with_asked(self, asked: int, n: int) -> Signature:
        """The signature of a number over `asked` of `n` questions; without `part` where all were asked."""
        rest = {name: value for name, value in self.parts.items() if name != "part"}
        return Signature({**rest, "part": f"{asked}/{n}"} if asked < n else rest)


def _escaped(value: str) -> str:
    # A model's name comes from outside; it must not be able to write parts of its own.
    return "".join("_" if mark in "|\n\r\t" else mark for mark in value) or "?"


def run_parts(bench: str, digest: str, n: int) -> dict[str, str]:
    """The parts that are known of any number.

    Args:
        bench: the benchmark's name; of a known edition, the signature has `NAME@EDITION`.
        digest: its content digest.
        n: its number of questions.
    """
    edition = edition_of(digest)
    return {
        "bench": f"{edition.label if edition else bench}#{digest[:8]}.{DIGEST_VERSION}",
        "n": str(n),
        "reading": f"cascade@{CURRENT_VERSION}",
        "mmar": __version__,
    }
