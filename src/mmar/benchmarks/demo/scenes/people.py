"""The people who speak, as choices name them."""

from __future__ import annotations

from collections.abc import Mapping

from mmar.benchmarks.demo.events import Person

__all__ = ["PERSONS"]

PERSONS: Mapping[str, Person] = {"A man": "man", "A woman": "woman", "A child": "child"}
