"""Scorers: `official` (the published rule, exact) and `choice` (the choice really named), side by side.

score              a run or a predictions file
align_runs         several runs on the same items
compare            whether their accuracies differ (types in comparison)
measure_reliance   audio ablation: how much of an accuracy needs the audio (types in reliance)
robustness         choice-order permutation, and repeated sampling
layout             the published script's output

A file or record that is not valid raises `InputError` with file, line and field; inputs and arguments that do
not fit each other raise `UsageError`.
"""

from __future__ import annotations

from mmar.scoring.official import OFFICIAL_VERSION, official_match, official_reason
from mmar.scoring.result import Accuracy, Bounds, GroupScore, ItemScore, Score
from mmar.scoring.tally import CHOICE_VERSION, score_answer

__all__ = [
    "CHOICE_VERSION",
    "OFFICIAL_VERSION",
    "Accuracy",
    "Bounds",
    "GroupScore",
    "ItemScore",
    "Score",
    "official_match",
    "official_reason",
    "score_answer",
]
