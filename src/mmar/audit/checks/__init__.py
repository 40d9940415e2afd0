"""All checks, one module per family, in the order of their codes."""

from __future__ import annotations

from mmar.audit import published
from mmar.audit.check import Check
from mmar.audit.checks import (
    choices,
    ids,
    key,
    languages,
    records,
    rubrics,
    sounds,
    systems,
    timestamps,
    unheard,
    urls,
    videos,
)
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
"""What the letter of a code stands for."""

CHECKS: tuple[Check[Subject], ...] = (
    *records.CHECKS,
    *choices.CHECKS,
    *key.CHECKS,
    *ids.CHECKS,
    *timestamps.CHECKS,
    *urls.CHECKS,
    *languages.CHECKS,
    *videos.CHECKS,
    *rubrics.CHECKS,
    *sounds.CHECKS,
    *unheard.CHECKS,
    *systems.CHECKS,
)
"""The checks of a benchmark."""

PUBLISHED_CHECKS: tuple[Check[Table], ...] = published.CHECKS
"""The checks of a published table."""
