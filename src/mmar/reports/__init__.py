"""Reports: what a person reads of a score."""

from __future__ import annotations

from mmar.reports.score_table import models_table, score_table

__all__ = ["models_table", "score_table"]
