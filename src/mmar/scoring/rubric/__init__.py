"""Rubric scores of reasoning: prompt, judgements, scores, and the published script's files."""

from mmar.scoring.rubric.judge import JUDGE, JudgePlan, judge, judge_items
from mmar.scoring.rubric.reply import JudgedItem
from mmar.scoring.rubric.submissions import Submissions, load_submissions
from mmar.scoring.rubric.template import FENCED, SCRIPT, JudgeTemplate, load_template

__all__ = [
    "FENCED",
    "JUDGE",
    "SCRIPT",
    "JudgePlan",
    "JudgeTemplate",
    "JudgedItem",
    "Submissions",
    "judge",
    "judge_items",
    "load_submissions",
    "load_template",
]
