"""Judging the reasoning of a run by its rubrics (MMAR-Rubrics; `code/evaluation_rubrics.py` of ddlBoJack/MMAR at 3bce090).

An answer that the gate finds wrong scores 0 and is not judged. A right one is judged by several raters, that
is, by the same model asked several times; each rater's score is the sum of the criteria's scores over the sum
of the highest allowed ones. Of five raters the lowest and the highest are dropped; the mean of the rest is
the item's score, and the mean over all items the run's. An item whose judgements failed is *unjudged*: it
stays in the denominator, as 0, and the upper bound says what it could add.

The judgements that `mmar judge` left beside a run or a file can be scored again without asking anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from mmar.errors import InputError, MmarError, UsageError
from mmar.files.atomic import write_atomic
from mmar.models import Answer, Model
from mmar.models.batch import BatchService
from mmar.protocols import Request, Settings
from mmar.protocols.protocol import Message
from mmar.runs.auxiliary_run import Accept, AuxiliaryRun, ask_requests, current_answers
from mmar.runs.batch_run import BatchRun, batch_requests
from mmar.runs.engine import Counts
from mmar.runs.ledger import RequestKey
from mmar.runs.spec import RunSpec
from mmar.scoring.rubric.reply import InvalidReplyError, JudgedItem, read_reply
from mmar.scoring.rubric.submissions import Gate, Submission, Submissions, load_submissions
from mmar.scoring.rubric.template import FENCED, SCRIPT, SYSTEM_PROMPT, JudgeTemplate

if TYPE_CHECKING:
    from mmar.items import Benchmark
    from mmar.scoring.rubric.result import RubricResult

JUDGE = "openai/gpt-4o-2024-11-20"
"""The judge of the published script."""

SEED = 42
"""Its seed, for all five raters; here rater r has the seed 42 + r unless `seeds` is `same`."""

Seeds = Literal["distinct", "same"]


class JudgePlan(msgspec.Struct, frozen=True):
    """How to judge.

    Attributes:
        raters: how often the judge is asked about each answer; 5 in the published protocol.
        seeds: `distinct` for each rater, or the `same` for all as the published script has it.
        gate: which verdict decides what is judged.
    """

    template: JudgeTemplate = FENCED
    raters: int = 5
    seeds: Seeds = "distinct"
    gate: Gate = "official"

    def __post_init__(self) -> None:
        if not 1 <= self.raters <= 99:
            raise UsageError(f"expected 1 to 99 raters, got {self.raters}", code="invalid-value")

    def requests(self, submissions: Sequence[Submission]) -> list[Request]:
        """The requests for every answer that passes the gate, all raters of an item together."""
        requests = []
        for each in submissions:
            if not each.passes or each.prediction is None:
                continue
            messages = (
                Message("system", SYSTEM_PROMPT),
                Message("user", self.template.prompt(each.item, each.reasoning, each.prediction)),
            )
            for rater in range(self.raters):
                seed = SEED if self.seeds == "same" else SEED + rater
                settings = Settings(temperature=0.0, seed=seed)
                requests.append(Request(each.item.id, messages, "", (), None, settings, repeat=rater))
        return requests


def judge(
    submissions: Submissions,
    spec: RunSpec,
    model: Model | None,
    plan: JudgePlan,
    *,
    progress: Callable[[int, Counts], None] = lambda *_: None,
) -> RubricResult:
    """Judge the reasoning, or go on with it, and score it; arguments and errors as `judge_items`."""
    from mmar.scoring.rubric.result import rubric_result  # numpy, which the published layout does without

    items, run = judge_items(submissions, spec, model, plan, progress=progress)
    return rubric_result(items, plan.raters, submissions, signature_parts(spec.model, plan), run)


def judge_items(
    submissions: Submissions,
    spec: RunSpec,
    model: Model | None,
    plan: JudgePlan,
    *,
    progress: Callable[[int, Counts], None] = lambda *_: None,
) -> tuple[tuple[JudgedItem, ...], AuxiliaryRun]:
    """Judge the reasoning, or go on with it; what has a judgement of exactly this request is not asked again.

    Without a model only what is in the folder is used. `spec`, `model`, `progress` and errors as
    `mmar.runs.auxiliary_run.ask_requests`.
    """
    assert spec.out is not None
    requests = plan.requests(submissions.items)
    if model is None:
        run = AuxiliaryRun(current_answers(spec.out, requests), Counts())
    else:
        run = ask_requests(spec, model, requests, accept=reply_check(submissions), progress=progress)
        _describe(spec, plan)
    return _judged_items(submissions, plan, run), run


def collect_batches(
    submissions: Submissions, spec: RunSpec, service: BatchService, plan: JudgePlan
) -> tuple[tuple[JudgedItem, ...], BatchRun]:
    """Judge by a batch service: collect what is finished, submit what is neither judged nor waiting."""
    assert spec.out is not None
    batches = batch_requests(
        spec.out, service, plan.requests(submissions.items), accept=reply_check(submissions)
    )
    _describe(spec, plan)
    return _judged_items(submissions, plan, batches.run), batches


def reply_check(submissions: Submissions) -> Accept:
    """A check of the judge's replies."""
    rubrics = {each.item.id: each.item.rubric or () for each in submissions.items}

    def accept(request: Request, answer: Answer) -> str | None:
        try:
            read_reply(answer.text, rubrics[request.item_id])
        except InvalidReplyError as error:
            return f"the judge's reply cannot be used: {error}"
        return None

    return accept


def _describe(spec: RunSpec, plan: JudgePlan) -> None:
    """Write beside the ledger how it was judged."""
    assert spec.out is not None
    text = msgspec.json.encode(
        {
            **signature_parts(spec.model, plan),
            "template_text": plan.template.text,
            "options": spec.recorded_options,
        }
    )
    write_atomic(spec.out / "judge.json", msgspec.json.format(text, indent=2))


def _judged_items(submissions: Submissions, plan: JudgePlan, run: AuxiliaryRun) -> tuple[JudgedItem, ...]:
    """The judgements of every item, in the benchmark's order."""
    return tuple(_judged_item(each, plan, run) for each in submissions.items)


def _judged_item(each: Submission, plan: JudgePlan, run: AuxiliaryRun) -> JudgedItem:
    if not each.passes or each.prediction is None:
        return JudgedItem(each.item.id, each.passes)
    answers = [run.answers.get(RequestKey(each.item.id, 0, rater)) for rater in range(plan.raters)]
    usable = [None if answer is None or answer.failure is not None else answer.text for answer in answers]
    failures = [
        "not asked" if answer is None or answer.failure is None else answer.failure.message
        for answer, text in zip(answers, usable, strict=True)
        if text is None
    ]
    return JudgedItem(
        each.item.id,
        each.passes,
        tuple(None if text is None else read_reply(text, each.item.rubric or ()) for text in usable),
        tuple(text for text in usable if text is not None),
        failures[0] if failures else None,
    )


def signature_parts(judge_name: str, plan: JudgePlan) -> dict[str, str]:
    """What a rubric score depends on besides the run."""
    seeds = f"{SEED}" if plan.seeds == "same" else f"{SEED}..{SEED + plan.raters - 1}"
    return {
        "judge": judge_name,
        "raters": str(plan.raters),
        "seeds": seeds,
        "template": plan.template.name,
        "gate": plan.gate,
    }


class _JudgeRecord(msgspec.Struct, frozen=True):
    """The record `judge.json` of how it was judged."""

    judge: str
    raters: str
    seeds: str
    template: str
    gate: Gate
    template_text: str


def stored_judgements(path: Path, benchmark: Benchmark) -> Iterator[tuple[str, RubricResult]]:
    """Name and rubric score of each judge whose judgements are beside a run or a file.

    Folders that are not readable as judgements are passed over.
    """
    folder = path / "judge" if path.is_dir() else path.with_name(f"{path.name}.judge")
    for description in sorted(folder.glob("*/judge.json")):
        try:
            described = msgspec.json.decode(description.read_bytes(), type=_JudgeRecord)
            template = JudgeTemplate(
                described.template, described.template_text, strips_lines=described.template == SCRIPT.name
            )
            plan = JudgePlan(
                template, int(described.raters), "same" if described.seeds == str(SEED) else "distinct"
            )
            plan = msgspec.structs.replace(plan, gate=described.gate)
            submissions = load_submissions(path, benchmark, gate=plan.gate)
            spec = RunSpec.create(described.judge, submissions.benchmark, out=description.parent)
            yield described.judge, judge(submissions, spec, None, plan)
        except (OSError, ValueError, msgspec.DecodeError, InputError):
            continue
        except MmarError as error:
            if error.code != "no-rubrics":
                raise
            return
