"""Scorers: `official` (the published rule, exact) and `choice` (what was really named), side by side.

`mmar.scoring.layout` prints as the published script does.
"""

from __future__ import annotations

from mmar.scoring.choice import CHOICE_VERSION, is_right
from mmar.scoring.official import OFFICIAL_VERSION, official_match, official_reason
from mmar.scoring.result import Accuracy, Bounds, GroupScore, ItemScore, Score, accuracy

__all__ = [
    "CHOICE_VERSION",
    "OFFICIAL_VERSION",
    "Accuracy",
    "Bounds",
    "GroupScore",
    "ItemScore",
    "Score",
    "accuracy",
    "is_right",
    "official_match",
    "official_reason",
]
