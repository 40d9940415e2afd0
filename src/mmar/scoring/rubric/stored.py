"""The judgements that `mmar judge` left beside a run or a file, scored again without asking anybody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mmar.errors import InputError, MmarError
from mmar.runs.spec import RunSpec
from mmar.scoring.rubric.judge import SEED, JudgePlan, judge
from mmar.scoring.rubric.submissions import Gate, load_submissions
from mmar.scoring.rubric.template import SCRIPT, JudgeTemplate

if TYPE_CHECKING:
    from mmar.items import Benchmark
    from mmar.scoring.rubric.result import RubricResult

__all__ = ["stored_judgements"]


class _Described(msgspec.Struct, frozen=True):
    """What `judge.json` says of how it was judged."""

    judge: str
    raters: str
    seeds: str
    template: str
    gate: Gate
    template_text: str


def stored_judgements(path: Path, benchmark: Benchmark) -> Iterator[tuple[str, RubricResult]]:
    """The rubric scores of a run or a file, one for each judge whose judgements are beside it.

    Args:
        path: the run's folder or the file.
        benchmark: the questions with their rubrics.

    Yields:
        The judge's name and its result. Folders that are not readable as judgements are passed over.
    """
    folder = path / "judge" if path.is_dir() else path.with_name(f"{path.name}.judge")
    for description in sorted(folder.glob("*/judge.json")):
        try:
            said = msgspec.json.decode(description.read_bytes(), type=_Described)
            template = JudgeTemplate(
                said.template, said.template_text, strips_lines=said.template == SCRIPT.name
            )
            plan = JudgePlan(template, int(said.raters), "same" if said.seeds == str(SEED) else "distinct")
            plan = msgspec.structs.replace(plan, gate=said.gate)
            submissions = load_submissions(path, benchmark, gate=plan.gate)
            spec = RunSpec.create(said.judge, submissions.benchmark, out=description.parent)
            yield said.judge, judge(submissions, spec, None, plan)
        except (OSError, ValueError, msgspec.DecodeError, InputError):
            continue
        except MmarError as error:
            if error.code != "no-rubrics":
                raise
            return
