"""Reading forms: values of fields, and the content of an item. What a form does not hold stays as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.datastructures import FormData

from mmar.errors import InputError
from mmar.items import Criterion
from mmar.items.timestamps import format_timestamp, parse_timestamp
from mmar.studio.workflow import Cue, ItemContent, Rejection
from mmar.studio.workflow.content import LONGEST_NAME, LONGEST_TEXT, LONGEST_TITLE, check_length

_CONTENT_TEXTS = ("question", "modality", "category", "sub_category", "language", "source", "url", "thinking")


def text(form: FormData, name: str, default: str = "", *, limit: int = LONGEST_TEXT) -> str:
    """A field's text with newlines as line breaks; an `InputError` if it is too long, or a file."""
    value = form.get(name, default)
    if not isinstance(value, str):
        raise InputError("expected text", field=name, code="not-text")
    return _checked(value, name, limit)


def name_text(form: FormData, name: str) -> str:
    """The name of a person or project in a form, without white space around it."""
    return text(form, name, limit=LONGEST_NAME).strip()


def texts(form: FormData, name: str) -> list[str]:
    """All texts of a field that occurs several times."""
    return [_checked(value, name, LONGEST_TEXT) for value in form.getlist(name) if isinstance(value, str)]


def _checked(value: str, name: str, limit: int) -> str:
    value = value.replace("\r\n", "\n").replace("\x00", "")
    check_length(value, name, limit, label=name.replace("_", " "))
    return value


def number(form: FormData, name: str) -> int | None:
    """A whole number; `None` if the field is empty."""
    value = text(form, name).strip()
    if not value:
        return None
    if not value.removeprefix("-").isdecimal() or len(value) > 12:
        raise InputError(f'"{value[:20]}" is not a whole number', field=name, code="not-a-number")
    return int(value)


def numbers(form: FormData, name: str) -> list[int]:
    """All whole numbers of a field that occurs several times."""
    return [int(value) for value in texts(form, name) if value.isdecimal() and len(value) <= 12]


def _seconds(value: str, name: str) -> float | None:
    if not value.strip():
        return None
    try:
        seconds = float(value)
    except ValueError:
        raise InputError(
            f'"{value[:20]}" is not a number of seconds', field=name, code="not-a-number"
        ) from None
    if not 0 <= seconds < 1e6:
        raise InputError("a time must be 0 seconds or more", field=name, code="out-of-range")
    return round(seconds, 3)


def content_from_form(form: FormData, base: ItemContent) -> ItemContent:
    """The content of an item in an annotator's form; everything that the form does not contain is as in `base`."""
    values: dict[str, object] = {}
    for name in _CONTENT_TEXTS:
        if name in form:
            values[name] = _changed(text(form, name), getattr(base, name))
    if "timestamp" in form:
        values["timestamp"] = _time_ranges(text(form, "timestamp"), base.timestamp)
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
    """Why an item is sent back."""
    return Rejection(
        text(form, "reason"),
        text(form, "field"),
        text(form, "comment"),
        _seconds(text(form, "start"), "start"),
        _seconds(text(form, "end"), "end"),
    )


def selected_ideas(form: FormData, proposed: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The suggested ideas that somebody selected, with their edits."""
    selected = set(numbers(form, "take"))
    ideas = []
    for index, row in enumerate(proposed):
        if index not in selected:
            continue
        idea = dict(row)
        for name, limit in (("title", LONGEST_TITLE), ("detail", LONGEST_TEXT)):
            if f"{name}-{index}" in form:
                idea[name] = text(form, f"{name}-{index}", limit=limit).strip()
        if f"tags-{index}" in form:
            tags = text(form, f"tags-{index}").split(",")
            idea["tags"] = [tag.strip() for tag in tags if tag.strip()]
        ideas.append(idea)
    return ideas


def selected_categories(form: FormData, proposed: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The suggested categories of ideas that somebody selected, with their edits."""
    selected = set(numbers(form, "take"))
    return [
        {**row, "category": text(form, f"category-{index}").strip() or row["category"]}
        for index, row in enumerate(proposed)
        if index in selected
    ]


def positive_numbers(form: FormData, prefix: str) -> Mapping[str, int]:
    """Numbers of fields whose names begin with a prefix, by the rest of the name; zeros are left out."""
    values = {}
    for name in form:
        if name.startswith(prefix):
            value = number(form, name)
            if value:
                values[name.removeprefix(prefix)] = value
    return values


def _changed(new: str, old: str) -> str:
    # White space around an imported text is the publisher's; saving a form must not change it.
    return old if new.strip() == old.strip() else new.strip()


def _time_ranges(new: str, old: str) -> str:
    """Ranges are edited one per line, and stored as `HH:MM:SS,HH:MM:SS` with semicolons between them once they can be read.

    Unchanged ones stay in the spelling of their import.
    """
    ranges, unchanged = (
        [part.strip() for part in value.replace("\n", ";").split(";") if part.strip()] for value in (new, old)
    )
    if ranges == unchanged:
        return old
    try:
        return format_timestamp(parse_timestamp(";".join(ranges)))
    except InputError:
        return ";".join(ranges)


def _choices(form: FormData, base: ItemContent) -> tuple[tuple[str, ...], int | None]:
    """The choices, and the index of the key among them; rows that were left empty are dropped."""
    marked = number(form, "answer")
    choices: list[str] = []
    answer = None
    for index, row in enumerate(texts(form, "choice")):
        old = base.choices[index] if index < len(base.choices) else None
        # An imported choice may be the empty text.
        if not row.strip() and old != "":
            continue
        if index == marked:
            answer = len(choices)
        choices.append(_changed(row, old or ""))
    return tuple(choices), answer


def _cues(form: FormData, base: ItemContent) -> list[Cue]:
    starts, ends = texts(form, "cue_start"), texts(form, "cue_end")
    cues = []
    for index, row in enumerate(texts(form, "cue_text")):
        if not row.strip():
            continue
        start = _seconds(starts[index], "cue_start") if index < len(starts) else None
        end = _seconds(ends[index], "cue_end") if index < len(ends) else None
        old = base.cues[index].text if index < len(base.cues) else ""
        cues.append(Cue(_changed(row, old), start, end))
    return cues


def _rubric(form: FormData, base: ItemContent) -> list[Criterion]:
    names, points, notes = (texts(form, f"rubric_{part}") for part in ("name", "point", "note"))
    criteria = []
    for index, name in enumerate(names):
        point = points[index] if index < len(points) else ""
        note = notes[index] if index < len(notes) else ""
        if not name.strip() and not point.strip():
            continue
        old = base.rubric[index] if index < len(base.rubric) else Criterion("", "")
        criteria.append(
            msgspec.structs.replace(
                old,
                name=_changed(name, old.name),
                scoring_point=_changed(point, old.scoring_point),
                note=_changed(note, old.note),
            )
        )
    return criteria
