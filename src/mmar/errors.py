"""What can go wrong for a person, and how it is said.

The tree, from the root:

    MmarError            anything that mmar says instead of a traceback; exit status 2
    ├─ InputError        a file or a record is not what it should be
    ├─ UsageError        the request itself cannot be carried out as put
    └─ WorldError        network, disk or another process stood in the way; nothing paid for is lost

`cli` prints the message and nothing else. A message names the file, the line, the field, what was found,
what was expected and what to do, as far as each is known.
"""

from __future__ import annotations

import re

__all__ = ["InputError", "MmarError", "UsageError", "WorldError", "shown"]

_OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def shown(text: str) -> str:
    r"""A text with what stands in somebody else's file, for a terminal, which must obey nothing of it.

    Example:
        >>> shown("starts with “\x1b[2J雨”")
        'starts with “�[2J雨”'
    """
    return _OBEYED.sub("�", text)


class MmarError(Exception):
    """Root of every error that is meant for the person at the keyboard."""


class UsageError(MmarError):
    """The request cannot be carried out as it was put; the message says what to change."""


class WorldError(MmarError):
    """The network, the disk or another process failed; the message says how to go on."""


class InputError(MmarError):
    """A file or record that is not what it should be.

    Args:
        problem: what was found and what was expected, one sentence without a full stop at the end.
        file: path or name of the input.
        line: 1-based line on which the record starts.
        field: the publisher's name of the field.
        hint: what to do about it.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str | None = None,
        line: int | None = None,
        field: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.file = file
        self.line = line
        self.field = field
        self.hint = hint

    @property
    def without_hint(self) -> str:
        """Where it is and what is wrong; for a list of what was passed over, where the hint says nothing new."""
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        field = f"field “{self.field}”: " if self.field else ""
        said = f"{place}: {field}{self.problem}" if place else f"{field}{self.problem}"
        return shown(said)

    def __str__(self) -> str:
        return f"{self.without_hint}\n  → {self.hint}" if self.hint else self.without_hint

    def __reduce__(self) -> tuple[object, ...]:
        # Raised in worker processes too; the default protocol would lose the keyword arguments.
        return (_rebuild, (self.problem, self.file, self.line, self.field, self.hint))


def _rebuild(
    problem: str, file: str | None, line: int | None, field: str | None, hint: str | None
) -> InputError:
    return InputError(problem, file=file, line=line, field=field, hint=hint)
