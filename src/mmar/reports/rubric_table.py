"""The console pages of a judged run and of a judge's exam."""

from __future__ import annotations

from collections.abc import Iterator

from mmar.reports.tables import Display, Row, columns_of, count, draw, facts, row
from mmar.scoring.rubric.exam import ExamResult, JudgeAgreement
from mmar.scoring.rubric.result import RubricGroup, RubricResult

_COLUMNS = columns_of("", ">n", ">score", "95 % interval", ">% right")


_KINDS = {
    "cue": "cues heard",
    "reasoning": "reasoning",
    "elimination": "other choices eliminated",
    "selection": "right answer selected",
}


def rubric_table(result: RubricResult, display: Display | None = None) -> str:
    """Draw the scores of a judged run.

    Returns:
        Lines, each ended.
    """
    display = display or Display()
    rows = [_row("all", RubricGroup(result.n, result.score, result.interval, result.accuracy), "bold")]
    for dimension, groups in result.groups.items():
        rows.append(row(dimension, style="dim"))
        rows += [_row(f"  {name}", group) for name, group in groups.items()]
    lines = [*draw(_COLUMNS, rows, display), "", *facts(_facts(result), display)]
    return "".join(f"{line}\n" for line in lines)


def _row(name: str, group: RubricGroup, style: str = "") -> Row:
    cells = (name, f"{group.n:,}", f"{group.score:.2f}", str(group.interval), f"{group.accuracy:.1f}")
    return Row(cells, "bold" if style else "")


def _facts(result: RubricResult) -> Iterator[tuple[str, str]]:
    yield (
        "score",
        f"{result.score:.2f} by the published script (raters trimmed for each item); {result.run_trimmed:.2f} as its "
        f"README says (trimmed over runs); {result.plain:.2f} untrimmed",
    )
    judged = sum(item.passes for item in result.items)
    yield (
        "judged",
        f"{count(judged, 'right answer')}, {result.unjudged:,} unjudged, {result.incomplete:,} incomplete",
    )
    if result.alpha is not None:
        between = (
            ""
            if result.alpha_interval is None
            else f" [{result.alpha_interval.low:.2f}, {result.alpha_interval.high:.2f}]"
        )
        yield "agreement", f"Krippendorff's alpha of the raters {result.alpha:.2f}{between}"
    for kind in result.kinds:
        flips = "" if kind.flipped is None else f", raters differ on {kind.flipped:.1f} %"
        yield "criteria", f"{_KINDS[kind.kind]}: {kind.met:.1f} % met over {kind.criteria:,}{flips}"
    if result.cues is not None:
        right, wrong = (
            "-" if share is None else f"{share:.1f} %" for share in (result.cues.right, result.cues.wrong)
        )
        yield "cues", f"mentioned by right answers {right}, by wrong ones {wrong} (a measure of this program)"
    spent = f"{result.tokens:,} tokens" + (f", {result.cost:.2f}" if result.cost else "")
    if result.seconds is not None:
        yield "cost", f"{spent} in this session; {result.seconds:.1f} s a judgement"
    yield "signature", result.signature
    for note in result.notes:
        yield "note", note


def exam_table(result: ExamResult, display: Display | None = None) -> str:
    """Draw a judge's exam."""
    display = display or Display()
    columns = columns_of("reasoning", ">n", ">score", "95 % interval", ">full marks %", ">unjudged")
    rows = [
        row(
            each.kind,
            f"{each.n}",
            f"{each.score:.1f}",
            str(each.interval),
            f"{each.full_marks:.1f}",
            f"{each.unjudged}",
        )
        for each in result.kinds
    ]
    sentence = f"{result.told_apart:.1f} % of the items have their reference reasoning above all three others"
    lines = [
        *draw(columns, rows, display),
        "",
        *facts([("judge", result.judge), ("told apart", sentence)], display),
    ]
    return "".join(f"{line}\n" for line in lines)


def agreement_lines(result: JudgeAgreement, display: Display | None = None) -> str:
    """Draw how far two judges agree."""
    display = display or Display()
    kappa = "undefined" if result.kappa is None else f"{result.kappa:.2f}"
    if result.interval is not None:
        kappa += f" [{result.interval.low:.2f}, {result.interval.high:.2f}]"
    text = (
        f"kappa {kappa}, equal on {result.agreement:.1f} % of {count(result.n, 'criterion', 'criteria')}; "
        + "; ".join(
            f"{first:g} and {second:g}: {number:,}"
            for (first, second), number in sorted(result.confusion.items())
        )
    )
    lines = facts([("judges", f"{result.first} and {result.second}: {text}")], display)
    return "".join(f"{line}\n" for line in lines)
