"""From a form to content, and other readings of forms. A form can only ever say what is in it; the rest stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.datastructures import FormData

from mmar.errors import InputError
from mmar.items import Criterion
from mmar.studio.workflow import Cue, ItemContent, Rejection
from mmar.studio.workflow.limits import LONGEST_TEXT

__all__ = [
    "content_from_form",
    "number",
    "numbers",
    "rejection_from_form",
    "selected_ideas",
    "selected_places",
    "text",
    "texts",
]


def text(form: FormData, name: str, default: str = "") -> str:
    r"""A field's text, line breaks as `\\n`.

    Raises:
        InputError: too long.
    """
    value = form.get(name, default)
    if not isinstance(value, str):
        raise InputError("expected text", field=name)
    if len(value) > LONGEST_TEXT:
        raise InputError(f"more than {LONGEST_TEXT} characters", field=name, hint="shorten it")
    return value.replace("\r\n", "\n").replace("\x00", "")


def texts(form: FormData, name: str) -> list[str]:
    """All texts of a field that stands several times."""
    return [
        value.replace("\r\n", "\n").replace("\x00", "")
        for value in form.getlist(name)
        if isinstance(value, str)
    ]


def number(form: FormData, name: str) -> int | None:
    """A whole number, `None` for nothing.

    Raises:
        InputError: something else.
    """
    value = text(form, name).strip()
    if not value:
        return None
    if not value.removeprefix("-").isdecimal() or len(value) > 12:
        raise InputError(f"“{value[:20]}” is not a whole number", field=name)
    return int(value)


def numbers(form: FormData, name: str) -> list[int]:
    """All whole numbers of a field that stands several times."""
    return [int(value) for value in texts(form, name) if value.isdecimal() and len(value) <= 12]


def seconds(value: str, name: str) -> float | None:
    """A time in seconds, `None` for nothing.

    Raises:
        InputError: something else, or below 0.
    """
    if not value.strip():
        return None
    try:
        found = float(value)
    except ValueError:
        raise InputError(f"“{value[:20]}” is not a number of seconds", field=name) from None
    if not 0 <= found < 1e6:
        raise InputError("expected 0 seconds or more", field=name)
    return round(found, 3)


def content_from_form(form: FormData, base: ItemContent) -> ItemContent:
    """The content that an annotator's form says, everything that it does not hold as in `base`.

    Args:
        form: with `choice` and `cue_text`, `cue_start`, `cue_end` each as often as there are rows.
        base: the revision or draft that the form began with.
    """
    values: dict[str, object] = {}
    for name in (
        "question",
        "modality",
        "category",
        "sub_category",
        "language",
        "source",
        "url",
        "thinking",
        "timestamp",
    ):
        if name in form:
            values[name] = _kept(text(form, name), getattr(base, name))
    if "recording" in form:
        values["recording"] = number(form, "recording")
    if "idea" in form:
        values["idea"] = number(form, "idea")
    if "choice" in form:
        values["choices"], values["answer"] = _choices(form, base)
    if "cue_text" in form:
        values["cues"] = tuple(_cues(form, base))
    if "rubric_name" in form:
        values["rubric"] = tuple(_rubric(form, base))
    return msgspec.structs.replace(base, **values)


def rejection_from_form(form: FormData) -> Rejection:
    """Why an item goes back."""
    return Rejection(
        text(form, "reason"),
        text(form, "field"),
        text(form, "comment"),
        seconds(text(form, "start"), "start"),
        seconds(text(form, "end"), "end"),
    )


def selected_ideas(form: FormData, proposed: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The proposed cards that somebody ticked, in the words that they gave them."""
    kept = set(numbers(form, "take"))
    found = []
    for at, row in enumerate(proposed):
        if at in kept:
            new = dict(row)
            for name in ("title", "detail"):
                if f"{name}-{at}" in form:
                    new[name] = text(form, f"{name}-{at}").strip()
            if f"tags-{at}" in form:
                new["tags"] = [tag.strip() for tag in text(form, f"tags-{at}").split(",") if tag.strip()]
            found.append(new)
    return found


def selected_places(form: FormData, proposed: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The proposed places of ideas that somebody ticked, changed where they changed them."""
    kept = set(numbers(form, "take"))
    return [
        {**row, "place": text(form, f"place-{at}").strip() or row["place"]}
        for at, row in enumerate(proposed)
        if at in kept
    ]


def positive_numbers(form: FormData, prefix: str) -> Mapping[str, int]:
    """Numbers of fields that begin with a prefix, by the rest of their names; zeros left out."""
    found = {}
    for name in form:
        if name.startswith(prefix):
            value = number(form, name)
            if value:
                found[name.removeprefix(prefix)] = value
    return found


def _kept(new: str, old: str) -> str:
    # White space around an imported text is the publisher's; saving a form must not change it.
    return old if new.strip() == old.strip() else new.strip()


def _choices(form: FormData, base: ItemContent) -> tuple[tuple[str, ...], int | None]:
    rows = texts(form, "choice")
    marked = number(form, "answer")
    kept: list[str] = []
    answer = None
    for at, row in enumerate(rows):
        old = base.choices[at] if at < len(base.choices) else None
        if not row.strip() and at != marked and old != "":
            continue
        if at == marked and (row.strip() or old == ""):
            answer = len(kept)
        elif at == marked:
            continue
        kept.append(_kept(row, old or ""))
    return tuple(kept), answer


def _cues(form: FormData, base: ItemContent) -> list[Cue]:
    rows = texts(form, "cue_text")
    starts, ends = texts(form, "cue_start"), texts(form, "cue_end")
    found = []
    for at, row in enumerate(rows):
        if not row.strip():
            continue
        start = seconds(starts[at], "cue_start") if at < len(starts) else None
        end = seconds(ends[at], "cue_end") if at < len(ends) else None
        old = base.cues[at].text if at < len(base.cues) else ""
        found.append(Cue(_kept(row, old), start, end))
    return found


def _rubric(form: FormData, base: ItemContent) -> list[Criterion]:
    names, points, notes = (texts(form, f"rubric_{part}") for part in ("name", "point", "note"))
    found = []
    for at, name in enumerate(names):
        point = points[at] if at < len(points) else ""
        note = notes[at] if at < len(notes) else ""
        if not name.strip() and not point.strip():
            continue
        old = base.rubric[at] if at < len(base.rubric) else Criterion("", "")
        found.append(
            msgspec.structs.replace(
                old,
                name=_kept(name, old.name),
                scoring_point=_kept(point, old.scoring_point),
                note=_kept(note, old.note),
            )
        )
    return found
