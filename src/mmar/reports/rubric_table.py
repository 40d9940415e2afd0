"""Console output of a judged run and of a judge's exam."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mmar.reports.tables import PLAIN, Display, Fact, Row, Style, coefficient, count, draw, facts, join_blocks
from mmar.scoring.rubric.exam import ExamResult, JudgeAgreement
from mmar.scoring.rubric.result import RubricGroup, RubricResult

_KINDS = {
    "cue": "cues heard",
    "reasoning": "reasoning",
    "elimination": "other choices eliminated",
    "selection": "right answer selected",
}


def rubric_table(result: RubricResult, display: Display = PLAIN) -> str:
    """Draw the scores of a judged run."""
    whole = RubricGroup(result.n, result.score, result.interval, result.accuracy)
    rows: list[Row | Sequence[str]] = [_row("all", whole, "bold")]
    for dimension, groups in result.groups.items():
        rows.append((dimension,))
        rows += [_row(f"  {name}", group) for name, group in groups.items()]
    columns = ("", ">n", ">score", "95 % interval", ">% right")
    return join_blocks(draw(columns, rows, display), facts(_facts(result), display))


def _row(name: str, group: RubricGroup, style: Style = "") -> Row:
    score, accuracy = f"{group.score:.2f}", f"{group.accuracy:.1f}"
    return Row((name, f"{group.n:,}", score, str(group.interval), accuracy), style)


def _facts(result: RubricResult) -> Iterator[Fact]:
    yield (
        "score",
        f"{result.score:.2f} by the published script (raters trimmed for each item); {result.run_trimmed:.2f} as its "
        f"README says (trimmed over runs); {result.plain:.2f} untrimmed",
    )
    judged = count(sum(item.passes for item in result.items), "right answer")
    yield "judged", f"{judged}, {result.unjudged:,} unjudged, {result.incomplete:,} incomplete"
    if result.alpha is not None:
        alpha = coefficient(result.alpha, result.alpha_interval)
        yield "agreement", f"Krippendorff's alpha of the raters {alpha}"
    for kind in result.kinds:
        flips = "" if kind.flipped is None else f", raters differ on {kind.flipped:.1f} %"
        yield "criteria", f"{_KINDS[kind.kind]}: {kind.met:.1f} % met over {kind.criteria:,}{flips}"
    if result.cues is not None:
        right, wrong = (
            "-" if share is None else f"{share:.1f} %" for share in (result.cues.right, result.cues.wrong)
        )
        yield "cues", f"mentioned by right answers {right}, by wrong ones {wrong} (a measure of this program)"
    if result.seconds is not None:
        spent = f"{result.tokens:,} tokens" + (f", {result.cost:.2f}" if result.cost else "")
        yield "cost", f"{spent} in this session; {result.seconds:.1f} s a judgement"
    yield "signature", result.signature
    for note in result.notes:
        yield "note", note


def exam_table(result: ExamResult, display: Display = PLAIN) -> str:
    """Draw a judge's exam."""
    columns = ("reasoning", ">n", ">score", "95 % interval", ">full marks %", ">unjudged")
    rows = []
    for one in result.kinds:
        score, full = f"{one.score:.1f}", f"{one.full_marks:.1f}"
        rows.append((one.kind, str(one.n), score, str(one.interval), full, str(one.unjudged)))
    sentence = f"{result.told_apart:.1f} % of the items have their reference reasoning above all three others"
    pairs = [("judge", result.judge), ("told apart", sentence)]
    return join_blocks(draw(columns, rows, display), facts(pairs, display))


def agreement_lines(result: JudgeAgreement, display: Display = PLAIN) -> str:
    """Draw how far two judges agree."""
    kappa, criteria = result.kappa, count(result.kappa.n, "criterion", "criteria")
    parts = [
        f"kappa {coefficient(kappa.kappa, kappa.interval)}, equal on {kappa.agreement:.1f} % of {criteria}"
    ]
    parts += [f"{first:g} and {second:g}: {n:,}" for (first, second), n in sorted(result.confusion.items())]
    return join_blocks(
        facts([("judges", f"{result.first} and {result.second}: {'; '.join(parts)}")], display)
    )
