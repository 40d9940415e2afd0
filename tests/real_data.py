"""Paths of the real MMAR metadata and golden verdicts, which are next to the checkout and not part of it."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"
MMAR = SHARED / "mmar" / "MMAR-meta.jsonl"
MMAU = SHARED / "mmau" / "mmau-test-mini.json"
GOLDEN = SHARED / "golden"

needs_real_data = pytest.mark.skipif(
    not MMAR.exists(), reason="the real MMAR metadata (../shared) is not here"
)
