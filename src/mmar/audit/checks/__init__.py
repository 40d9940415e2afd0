"""All checks, one module per family, in the order of their codes."""

from __future__ import annotations

from mmar.audit import published
from mmar.audit.check import Check
from mmar.audit.checks import choices, key, languages, records, sounds, sources, systems
from mmar.audit.published import Table
from mmar.audit.subject import Subject

__all__ = ["CHECKS", "FAMILIES", "PUBLISHED_CHECKS"]

FAMILIES: dict[str, str] = {
    "S": "Records",
    "C": "Choices",
    "A": "Answer key",
    "I": "Ids and files",
    "T": "Timestamps",
    "U": "Addresses",
    "L": "Languages",
    "V": "Videos",
    "R": "Rubrics",
    "D": "Clips (needs the audio)",
    "N": "Answers without hearing (needs a run without audio)",
    "M": "Items over several systems (needs runs)",
    "G": "Published tables (`--grim`)",
}
"""Title of each family, by the letter of its codes."""

CHECKS: tuple[Check[Subject], ...] = tuple(
    sorted(
        (
            value
            for module in (records, choices, key, sources, languages, sounds, systems)
            for value in vars(module).values()
            if isinstance(value, Check)
        ),
        key=lambda each: (list(FAMILIES).index(each.family), each.code),
    )
)
"""The checks of a benchmark."""

PUBLISHED_CHECKS: tuple[Check[Table], ...] = tuple(
    value for value in vars(published).values() if isinstance(value, Check)
)
"""The checks of a published table."""
