"""Errors that are shown to the user as one message instead of a traceback.

    MmarError            root; exit status 2
    ├─ InputError        a file or a record is not valid
    ├─ UsageError        an argument or option is not valid, or a combination of them
    └─ ExternalError     network, disk or another process failed; answers already received are kept

Every error has a stable `code`, in kebab case, for programs and tests; the message is for people and may change.
A message says what is wrong, where (file, line, field) and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

__all__ = [
    "ExternalError",
    "InputError",
    "MmarError",
    "UsageError",
    "did_you_mean",
    "lone_surrogate_error",
    "strip_control_chars",
]

# Control characters and bidirectional overrides, which a terminal would act on, and lone surrogates, which cannot be
# printed. Newlines stay.
_CONTROL_RANGES = (
    (0, 0x09),
    (0x0B, 0x1F),
    (0x7F, 0x9F),
    (0x202A, 0x202E),
    (0x2066, 0x2069),
    (0xD800, 0xDFFF),
)
_REPLACED = {code: "\ufffd" for first, last in _CONTROL_RANGES for code in range(first, last + 1)}


def strip_control_chars(text: str) -> str:
    r"""Replace control characters by U+FFFD, so that text from a file can be printed to a terminal.

    Example:
        >>> strip_control_chars("starts with \x1b[2J雨")
        'starts with �[2J雨'
    """
    return text.translate(_REPLACED)


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "", *, prefix: str = "") -> str:
    """The hint of an error about an unknown name: the known one that is close, else `otherwise`.

    Example:
        >>> did_you_mean("listner", ["listener", "random"])
        'did you mean "listener"?'
    """
    import difflib  # slow to import, and only errors need it

    by_lower = {each.casefold(): each for each in known}
    close = difflib.get_close_matches(name.casefold(), by_lower, n=1)
    return f'did you mean "{prefix}{by_lower[close[0]]}"?' if close else otherwise


class MmarError(Exception):
    """Root of every error that is shown to the user.

    The message is one line: what is wrong and where. `code` is stable, by default the class's own; `hint`
    says what to do.
    """

    default_code: ClassVar[str] = "error"

    def __init__(self, message: str, *, code: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.hint = hint

    @property
    def summary(self) -> str:
        """The message without the hint, safe to print."""
        return strip_control_chars(self.message)

    def __str__(self) -> str:
        return f"{self.summary}\n  → {strip_control_chars(self.hint)}" if self.hint else self.summary

    def __reduce__(self) -> tuple[object, ...]:
        # Raised in worker processes too; the default protocol would lose the keyword arguments.
        return (_rebuild, (type(self), self.message, self.__dict__))


class UsageError(MmarError):
    """An argument or option is not valid.

    `argument` is its name in the library, such as `max_attempts`; the command line shows its option.
    """

    default_code = "usage"

    def __init__(
        self, message: str, *, argument: str | None = None, code: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.argument = argument

    @property
    def summary(self) -> str:
        """The argument and the message without the hint, safe to print."""
        return strip_control_chars(f"{self.argument}: {self.message}" if self.argument else self.message)


class ExternalError(MmarError):
    """The network, the disk or another process failed."""

    default_code = "external"


class InputError(MmarError):
    """A file or a record is not valid.

    Args:
        problem: what was found and what was expected, without a full stop at the end.
        file: path or name of the input.
        line: 1-based line on which the record starts.
        field: the publisher's name of the field.
        code: as for `MmarError`.
        hint: as for `MmarError`.
    """

    default_code = "input"

    def __init__(
        self,
        problem: str,
        *,
        file: str | None = None,
        line: int | None = None,
        field: str | None = None,
        code: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(problem, code=code, hint=hint)
        self.problem = problem
        self.file = file
        self.line = line
        self.field = field

    def located(self, file: str | None, line: int | None) -> InputError:
        """This error, with a file and a line where it had none."""
        self.file = self.file or file
        self.line = self.line or line
        return self

    @property
    def summary(self) -> str:
        """File, line, field and problem, without the hint, safe to print."""
        location = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        field = f'field "{self.field}": ' if self.field else ""
        text = f"{location}: {field}{self.problem}" if location else f"{field}{self.problem}"
        return strip_control_chars(text)


def lone_surrogate_error(
    error: UnicodeEncodeError, *, file: str | None = None, line: int | None = None, hint: str | None = None
) -> InputError:
    """The error for a text that UTF-8 cannot hold, since half of a surrogate pair is not a character."""
    text, start = error.object, error.start
    before = f" after {text[max(0, start - 40) : start]!r}" if start else ""
    return InputError(
        f"contains half of a surrogate pair (\\u{ord(text[start]):04x}){before}, which is not a character",
        file=file,
        line=line,
        code="lone-surrogate",
        hint=hint or "write the text again, with whole characters",
    )


def _rebuild(kind: type[MmarError], message: str, state: dict[str, object]) -> MmarError:
    error = kind(message)
    error.__dict__.update(state)
    return error
