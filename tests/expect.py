"""Assertions about errors by their code and fields, so that messages can be reworded freely."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mmar.errors import MmarError

__all__ = ["raises"]


@contextmanager
def raises(
    code: str, kind: type[MmarError] = MmarError, **fields: object
) -> Iterator[pytest.ExceptionInfo[MmarError]]:
    """Expect an error of mmar with this code, and with these attributes (`file`, `line`, `field`, ...)."""
    with pytest.raises(kind) as caught:
        yield caught
    assert caught.value.code == code, f"{caught.value.code}: {caught.value}"
    for name, value in fields.items():
        assert getattr(caught.value, name) == value, f"{name}: {caught.value}"
