"""Checks of family R: reference reasoning and rubrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mmar.audit.check import Check, Finding, check
from mmar.audit.subject import Subject
from mmar.audit.wording import key_of, names, quoted

__all__ = ["CHECKS"]


@check("R001", "note", "rubrics that name the answer")
def names_answer(subject: Subject) -> Iterator[Finding]:
    """A criterion that contains the answer's text as words of its own.

    In a scoring point, or only in a name or note. No fault of a rubric, whose judge may know the answer; but
    who shows such a rubric to the model under test shows it the answer. "No" inside "not" does not count.
    """
    for item in subject.keyed:
        criteria = item.rubric or ()
        points = [at for at, each in enumerate(criteria) if names(each.scoring_point, key_of(item))]
        if points:
            listed = ", ".join(str(at + 1) for at in points)
            message = f"{quoted(key_of(item))} in criterion {listed}"
            yield Finding(item.id, "rubric", message, "scoring point")
        elif any(names(f"{each.name}\n{each.note}", key_of(item)) for each in criteria):
            yield Finding(item.id, "rubric", f"{quoted(key_of(item))} in a name or note", "name or note")


@check("R002", "warning", "rubrics unlike the others")
def unlike(subject: Subject) -> Iterator[Finding]:
    """Another number of criteria than most items have, other scores, or two criteria of one name.

    Scores are added up, so an item with another number of points weighs differently.
    """
    sizes = Counter(len(item.rubric) for item in subject.items if item.rubric)
    given = Counter(each.choices for item in subject.items for each in item.rubric or ())
    if not sizes or not given:
        return
    usual, scores = sizes.most_common(1)[0][0], given.most_common(1)[0][0]
    for item in subject.items:
        if not item.rubric:
            continue
        if len(item.rubric) != usual:
            yield Finding(item.id, "rubric", f"{len(item.rubric)} criteria where most have {usual}", "number")
        odd = [each.choices for each in item.rubric if each.choices != scores]
        if odd:
            shown, common = (" or ".join(map(str, each)) for each in (odd[0], scores))
            yield Finding(item.id, "rubric", f"scores {shown} where most have {common}", "scores")
        repeated = [name for name, count in Counter(each.name for each in item.rubric).items() if count > 1]
        if repeated:
            yield Finding(item.id, "rubric", f"two criteria are called {quoted(repeated[0])}", "names")


@check("R003", "warning", "items without rubric or reference reasoning")
def missing(subject: Subject) -> Iterator[Finding]:
    """No `rubric`, `thinking` or `cue`, in a set of which most items have one."""
    for field in ("rubric", "thinking", "cue"):
        without = [item for item in subject.items if not getattr(item, field)]
        if 2 * len(without) <= len(subject.items):
            for item in without:
                yield Finding(item.id, field, f"{field} is empty", field)


CHECKS: tuple[Check[Subject], ...] = (names_answer, unlike, missing)
