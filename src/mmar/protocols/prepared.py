"""The choices of a question as the reading of its answers needs them, each part made when first asked for.

Most answers are a choice's own text or name one in a common frame; what the whole cascade compares is needed by few.
"""

from __future__ import annotations

from functools import lru_cache

from mmar.protocols.frames import plain_cores
from mmar.protocols.wording import ChoiceForms, exact_forms, forms

__all__ = ["Prepared", "prepared"]


class Prepared:
    """The choices of one question.

    Args:
        choices: as published, 2 to 26.

    Attributes:
        cores: by what each choice can be told at a glance; see `mmar.protocols.frames`.
    """

    __slots__ = ("_choices", "_exact", "_forms", "cores")

    def __init__(self, choices: tuple[str, ...]) -> None:
        self._choices = choices
        self._exact: dict[str, int] | None = None
        self._forms: ChoiceForms | None = None
        self.cores = plain_cores(choices)

    @property
    def exact(self) -> dict[str, int]:
        """Choice by its text without white space around it; see `mmar.protocols.wording`."""
        if self._exact is None:
            self._exact = exact_forms(self._choices)
        return self._exact

    @property
    def forms(self) -> ChoiceForms:
        """What the cascade compares."""
        if self._forms is None:
            self._forms = forms(self._choices)
        return self._forms


@lru_cache(maxsize=4096)
def prepared(choices: tuple[str, ...]) -> Prepared:
    """Prepare the choices of a question (cached: a benchmark's questions come again and again)."""
    return Prepared(choices)
