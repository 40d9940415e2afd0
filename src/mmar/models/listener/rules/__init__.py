"""From a question to the measurement that settles it, in the order in which the rules are asked.

A rule looks at the words of the question and of its choices, never at anything else about the item, and
either measures or passes. The first that measures decides.
"""

from __future__ import annotations

from mmar.models.listener.heard import Rule
from mmar.models.listener.rules import (
    comparing,
    counting,
    course,
    harmony,
    place,
    quality,
    signs,
    sources,
    timing,
    voices,
)

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    *signs.RULES,
    *counting.RULES,
    *quality.RULES,
    *place.RULES,
    *timing.RULES,
    *voices.RULES,
    *harmony.RULES,
    *comparing.RULES,
    *course.RULES,
    *sources.RULES,
)
