"""`mmar check`: a short examination of a model with generated clips, before money or hours are spent on a run.

`probes` holds the clips and questions, `examine` asks them, `verdicts` says what the replies show.
"""

from __future__ import annotations

from mmar.runs.check.examine import CheckReport, examine
from mmar.runs.check.probes import PROBES, Probe
from mmar.runs.check.verdicts import ProbeReply, State, Verdict

__all__ = ["PROBES", "CheckReport", "Probe", "ProbeReply", "State", "Verdict", "examine"]
