"""The layout of the published script: byte for byte what it prints for an input, its faults included.

What it does, as read in MMAR's evaluation script: records without the key `answer_prediction` are passed
over and leave the denominator; duplicate ids count twice; seven modalities and four layers are printed
even where they are empty, sub-categories in order of appearance; "No prediction count" is always 0. Where
the script would stop with a traceback (`null`, an unknown modality, no prediction at all) there is nothing
to reproduce, and the error says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from mmar.errors import InputError
from mmar.items import PREDICTION_KEYS, PredictionReader, Question, raw_records
from mmar.items.groups import LAYERS, MODALITIES
from mmar.scoring.official import official_match

__all__ = ["official_layout", "official_layout_of_file"]

_RULE = "*" * 30
_HINT = "the published script stops with a traceback here; use mmar score without --layout official"


class _Counts(msgspec.Struct):
    right: int = 0
    n: int = 0

    def add(self, right: bool) -> None:  # noqa: FBT001 - the one thing it counts
        self.right += right
        self.n += 1

    def line(self, name: str) -> str:
        # The same operations in the same order as the script, so that rounding agrees in the last digit.
        share = (self.right / self.n) * 100 if self.n > 0 else 0
        return f"{name} : {share:.2f}% over {self.n} samples\n"


def official_layout_of_file(path: Path, key: str = PREDICTION_KEYS[0]) -> str:
    """What the published script prints for a file of whole records.

    Args:
        path: JSON array or JSONL, as for the script.
        key: the field that holds the prediction.

    Raises:
        InputError: the file cannot be read, or the script itself would stop on it.
    """
    return official_layout(_answered(path, key), str(path))


def official_layout(answered: Iterable[tuple[int, Question, str]], file: str) -> str:
    """What the published script prints.

    Args:
        answered: line, question and prediction of each record that has one, in order.
        file: the name to put into errors.
    """
    modalities = {name: _Counts() for name in MODALITIES}
    layers = {name: _Counts() for name in LAYERS}
    sub_categories: dict[str, _Counts] = {}
    total = _Counts()
    for line, question, text in answered:
        right = official_match(question.answer, text, question.choices)
        for known, field, name in (
            (modalities, "modality", question.modality),
            (layers, "category", question.category),
        ):
            if name not in known:
                problem = f"the published script knows {', '.join(known)}; found “{name}”"
                raise InputError(problem, file=file, line=line, field=field, hint=_HINT)
            known[name].add(right)
        if question.sub_category is not None:
            sub_categories.setdefault(question.sub_category, _Counts()).add(right)
        total.add(right)
    if not total.n:
        raise InputError("no record has a prediction", file=file, hint=_HINT)
    parts = [_RULE, "\n"]
    for title, groups in (
        ("Modality-wise Accuracy", modalities),
        ("Category-wise Accuracy", layers),
        ("Sub-category-wise Accuracy", sub_categories),
    ):
        parts += [f"{title}:\n", *(counts.line(name) for name, counts in groups.items()), _RULE, "\n"]
    share = (total.right / total.n) * 100
    parts += [f"Total Accuracy: {share:.2f}% over {total.n} samples\n", _RULE, "\nNo prediction count: 0\n"]
    return "".join(parts)


def _answered(path: Path, key: str) -> Iterator[tuple[int, Question, str]]:
    reader = PredictionReader(key, str(path), ids=False)
    for line, text in raw_records(path):
        prediction = reader.read(text, line)
        if not prediction.asked:
            continue
        if prediction.text is None and prediction.failure is None:
            raise InputError("is null, expected text", file=str(path), line=line, field=key, hint=_HINT)
        if prediction.whole is None:
            raise InputError("missing", file=str(path), line=line, field="choices", hint="give whole records")
        yield line, prediction.whole, prediction.text or ""
