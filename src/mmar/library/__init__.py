"""What a notebook needs, and what the commands are made of: `load`, `run`, `score`, `compare`.

import mmar

benchmark = mmar.load("demo")
outcome = mmar.run("baseline/listener", benchmark, out="runs/listener")
print(mmar.score("runs/listener").choice.accuracy)
"""

from __future__ import annotations

from mmar.library.loading import cache_dir, load
from mmar.library.running import open_for, plan_run, run
from mmar.library.scoring import compare, score, score_path, task_for

__all__ = [
    "cache_dir",
    "compare",
    "load",
    "open_for",
    "plan_run",
    "run",
    "score",
    "score_path",
    "task_for",
]
