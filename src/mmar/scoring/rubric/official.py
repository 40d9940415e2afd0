"""The published script's files and table (`code/evaluation_rubrics.py` of ddlBoJack/MMAR at 3bce090).

Its output file has each judged record of the input with `new`, `score` (0 to 1), `correct` and `raw_responses` added,
as JSON with ASCII escapes; its table lists modality, category and sub-category in order of appearance. Where the script
drops an item whose judgement failed, the item is left out of file and table here too, and counted in a note.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mmar.items import Item
from mmar.scoring.rubric.reply import JudgedItem, item_score
from mmar.scoring.rubric.submissions import Submissions

__all__ = ["evaluated_lines", "official_table"]

_RULE = "*" * 30
_TABLES = (("Modality", "modality", 25), ("Category", "category", 18), ("Sub-category", "sub_category", 40))


def evaluated_lines(
    submissions: Submissions, judged: Sequence[JudgedItem], *, new: Iterable[str] = ()
) -> Iterable[bytes]:
    """Lines of `<input>.evaluated.jsonl`.

    Args:
        submissions: what was judged.
        judged: the judgements, in the same order.
        new: ids of the items that were judged in this session.
    """
    fresh = set(new)
    for each, item in zip(submissions.items, judged, strict=True):
        score = item_score(item, each.item.rubric or ())
        if each.prediction is None or score is None:
            continue
        record: dict[str, Any] = {
            **each.item.to_record(),
            "thinking_prediction": each.reasoning,
            "answer_prediction": each.prediction,
            "new": each.item.id in fresh,
            "score": score,
            "correct": item.passes,
            "raw_responses": list(item.replies),
        }
        yield json.dumps(record).encode() + b"\n"


def official_table(submissions: Submissions, judged: Sequence[JudgedItem]) -> str:
    """What the published script prints."""
    rows = [
        (each.item, item.passes, score)
        for each, item in zip(submissions.items, judged, strict=True)
        if each.prediction is not None and (score := item_score(item, each.item.rubric or ())) is not None
    ]
    answered = sum(each.prediction is not None for each in submissions.items)
    lines = []
    for title, field, width in _TABLES:
        lines += [_RULE, f"{title}-wise Score & Accuracy:"]
        for name, members in _by(field, rows).items():
            accuracy, score = _means(members)
            lines.append(
                f"{name!s:<{width}}  score={score:3.2f}, acc={accuracy:3.2f}% over {len(members):>3} samples"
            )
    accuracy, score = _means(rows)
    lines += [
        _RULE,
        f"Total Accuracy: {accuracy:.2f}% over {len(rows)} samples",
        f"Total Score: {score:.2f} over {len(rows)} samples",
        _RULE,
        f"No prediction count: {answered - len(rows)}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _by(
    field: str, rows: Sequence[tuple[Item, bool, float]]
) -> Mapping[str | None, list[tuple[Item, bool, float]]]:
    groups: dict[str | None, list[tuple[Item, bool, float]]] = {}
    for row in rows:
        groups.setdefault(getattr(row[0], field), []).append(row)
    return groups


def _means(rows: Sequence[tuple[Item, bool, float]]) -> tuple[float, float]:
    """Accuracy and score in percent, summed in the script's order."""
    if not rows:
        return 0.0, 0.0
    total = 0.0
    for _, _, score in rows:
        total += score
    return sum(passes for _, passes, _ in rows) / len(rows) * 100, total / len(rows) * 100
