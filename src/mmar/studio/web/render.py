"""Templates: one environment, everything escaped, what templates may call beside the values they are given."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from mmar.studio.data.media_tables import Job
from mmar.studio.data.tables import Person
from mmar.studio.store.proposals import KINDS
from mmar.studio.web.context import ProjectContext
from mmar.studio.workflow import REASONS, Role, State
from mmar.studio.workflow.content import FIELD_NAMES
from mmar.studio.workflow.diff import shown

__all__ = ["STATIC", "job_marker", "render_page", "static_digest", "time_element"]

HERE = Path(__file__).parent
STATIC = HERE / "static"

STATE_NAMES: dict[str, str] = {
    "draft": "Draft",
    "preparation": "In preparation",
    "inspection": "In inspection",
    "correction": "To correct",
    "approved": "Approved",
    "withdrawn": "Withdrawn",
    "taken_down": "Taken down",
}

EVENT_NAMES: dict[str, str] = {
    "save": "Saved",
    "submit": "Handed in",
    "recall": "Taken back",
    "forward": "Passed on to inspection",
    "approve": "Approved",
    "reject": "Sent back",
    "resubmit": "Handed in again",
    "reopen": "Sent back after approval",
    "withdraw": "Withdrawn",
    "restore": "Restored",
    "take_down": "Taken down",
    "assign": "Given to somebody",
}
"""What was done to an item, as its page tells it."""


@cache
def static_digest() -> str:
    """A short digest of all static files, so that browsers keep them until they change."""
    whole = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            whole.update(path.read_bytes())
    return whole.hexdigest()[:10]


_MOMENTS = {"day": "%d %b %Y, %H:%M UTC", "hour": "%H:%M UTC", "second": "%H:%M:%S UTC"}


def time_element(value: datetime | None, form: str = "day") -> str:
    """A moment as an element that says it in UTC; `studio.js` lets it say the reader's own time.

    Args:
        value: in UTC; nothing gives nothing.
        form: `day`, or `hour` or `second` for the time of day alone.
    """
    if value is None:
        return ""
    return Markup('<time datetime="{}" data-local="{}">{}</time>').format(
        value.isoformat(), form, value.strftime(_MOMENTS[form])
    )


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return ""
    whole, rest = divmod(round(seconds * 10), 10)
    hours, minutes = divmod(whole // 60, 60)
    text = f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"
    return f"{text}.{rest}" if rest else text


def _letter(at: int) -> str:
    return chr(65 + at)


def _initials(name: str) -> str:
    parts = name.split()
    return (parts[0][:1] + parts[-1][:1] if len(parts) > 1 else name[:2]).upper()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates", encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        moment=time_element,
        clock=_clock,
        letter=_letter,
        initials=_initials,
        shown=shown,
        percent=_percent,
        job_marker=job_marker,
    )
    environment.globals.update(
        reasons=REASONS,
        fields=FIELD_NAMES,
        states=STATE_NAMES,
        did=EVENT_NAMES,
        kinds=KINDS,
        Role=Role,
        State=State,
        static=static_digest(),
    )
    return environment


def job_marker(job: Job | None) -> str:
    """What a page that shows how far a job is tells when it asks again."""
    return "" if job is None else f"{job.id}-{job.state}-{job.attempts}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} %"


def render_page(
    request: Request, name: str, where: ProjectContext | None = None, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """A whole page.

    Args:
        request: what is answered.
        name: the template.
        where: who asks and in which project, if anybody and any.
        status: HTTP status.
        values: for the template.
    """
    person: Person | None = values.pop("person", None) or (where.person if where else None)
    text = (
        _environment()
        .get_template(name)
        .render(
            nonce=request.scope.get("state", {}).get("nonce", ""),
            person=person,
            csrf=values.pop("csrf", None) or (where.csrf if where else ""),
            project=values.pop("project", None) or (where.project if where else None),
            actor=where.actor if where else None,
            path=request.url.path,
            **values,
        )
    )
    return HTMLResponse(text, status)
