"""The handbook's list of checks, made of the registry: `python -m mmar.audit.page docs/audit.md`.

What stands between the two marks of the page is replaced; a test holds page and registry together.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from mmar.audit.check import Check
from mmar.audit.registry import CHECKS, FAMILIES, PUBLISHED_CHECKS
from mmar.errors import InputError

__all__ = ["BEGIN", "END", "checks_as_markdown", "with_checks"]

BEGIN = "<!-- checks: begin (python -m mmar.audit.page docs/audit.md) -->"
END = "<!-- checks: end -->"


def checks_as_markdown() -> str:
    """The list of all checks, by family."""
    return "\n".join(_lines()) + "\n"


def with_checks(page: str) -> str:
    """A page with the list between its marks made anew.

    Raises:
        InputError: the marks are not there.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise InputError(f"expected the marks “{BEGIN}” and “{END}”")
    return f"{before}{begin}\n\n{checks_as_markdown()}\n{end}{after}"


def _lines() -> Iterator[str]:
    everything: tuple[Check[object], ...] = (*CHECKS, *PUBLISHED_CHECKS)  # type: ignore[arg-type]
    yield from ("| code | severity | finds |", "| --- | --- | --- |")
    yield from (
        f"| [{each.code}](#{each.code.lower()}) | {each.severity} | {each.title} |" for each in everything
    )
    for letter, title in FAMILIES.items():
        yield from ("", f"### {letter}: {title}")
        for each in everything:
            if each.family == letter:
                yield from ("", f"#### {each.code}", "", f"*{each.severity}*: {each.title}.", "")
                yield each.explanation


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(with_checks(path.read_text("utf-8")), "utf-8")
