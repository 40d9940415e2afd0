"""Reading: which choice an answer names. See `mmar.protocols.reading.cascade` for the steps."""

from __future__ import annotations

from mmar.protocols.reading.cascade import read, read_known
from mmar.protocols.reading.choices import ChoiceTable, choice_table
from mmar.protocols.reading.rules import (
    CURRENT_VERSION,
    SHAPES,
    VERSIONS,
    Marker,
    Reading,
    ReadingRule,
    State,
    shape_of,
)
from mmar.protocols.reading.thinking import split_thinking

__all__ = [
    "CURRENT_VERSION",
    "SHAPES",
    "VERSIONS",
    "ChoiceTable",
    "Marker",
    "Reading",
    "ReadingRule",
    "State",
    "choice_table",
    "read",
    "read_known",
    "shape_of",
    "split_thinking",
]
