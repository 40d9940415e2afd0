"""Templates: one environment with automatic escaping, and the values that every page needs."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from mmar.studio.data.tables import Job, Person
from mmar.studio.store.proposals import KINDS
from mmar.studio.web import labels
from mmar.studio.web.context import ProjectContext, is_fragment_request, studio_of
from mmar.studio.web.flash import Flash
from mmar.studio.workflow import REASONS, Role, State
from mmar.studio.workflow.content import FIELD_NAMES
from mmar.studio.workflow.diff import shown
from mmar.studio.workflow.limits import LONGEST_NAME, LONGEST_TEXT, LONGEST_TITLE

__all__ = ["STATIC", "job_marker", "render_page", "static_digest", "time_element"]

_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"

_TIME_FORMS = {"day": "%d %b %Y, %H:%M UTC", "hour": "%H:%M UTC", "second": "%H:%M:%S UTC"}
_HTMX = {"includeIndicatorStyles": False, "allowEval": False, "selfRequestsOnly": True, "historyCacheSize": 0}


@cache
def static_digest() -> str:
    """A short digest of all static files, so that browsers keep them until they change."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:10]


def time_element(value: datetime | None, form: str = "day") -> str:
    """A UTC time that `studio.js` shows in local time; `form` is `day`, `hour` or `second`."""
    if value is None:
        return ""
    return Markup('<time datetime="{}" data-local="{}">{}</time>').format(
        value.isoformat(), form, value.strftime(_TIME_FORMS[form])
    )


def job_marker(job: Job | None) -> str:
    """The state of a job that a page shows; a request for news carries it."""
    return "" if job is None else f"{job.id}-{job.state}-{job.attempts}"


def render_page(
    request: Request, template: str, ctx: ProjectContext | None = None, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """A page, or a part of one. Without a context, `person`, `csrf` and `project` may be among the values."""
    person: Person | None = values.pop("person", None) or (ctx.person if ctx else None)
    project = values.pop("project", None) or (ctx.project if ctx else None)
    text = (
        _environment()
        .get_template(template)
        .render(
            nonce=request.scope.get("state", {}).get("nonce", ""),
            person=person,
            csrf=values.pop("csrf", None) or (ctx.csrf if ctx else ""),
            project=project,
            actor=ctx.actor if ctx else None,
            path=request.url.path,
            status=status,
            section=labels.section_of(request.url.path, project.slug) if project else None,
            flash=_take_flash(request, person),
            **values,
        )
    )
    return HTMLResponse(text, status)


def _take_flash(request: Request, person: Person | None) -> Flash | None:
    key = request.query_params.get("message", "")
    if not key or person is None or request.method != "GET" or is_fragment_request(request):
        return None
    studio = studio_of(request)
    return studio.flashes.take(key, person.id, studio.clock())


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates", encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        moment=time_element,
        clock=_clock,
        letter=lambda index: chr(65 + index),
        initials=_initials,
        shown=shown,
        percent=_percent,
        count=labels.count,
        job_marker=job_marker,
    )
    environment.globals.update(
        reasons=REASONS,
        fields=FIELD_NAMES,
        kinds=KINDS,
        states=labels.STATE_NAMES,
        event_names=labels.EVENT_NAMES,
        job_names=labels.JOB_NAMES,
        role_names=labels.ROLE_NAMES,
        decisions=labels.DECISIONS,
        pipeline=labels.PIPELINE,
        navigation=labels.NAVIGATION,
        withheld_fields=labels.WITHHELD_FIELDS,
        Role=Role,
        State=State,
        static=static_digest(),
        htmx_config=json.dumps(_HTMX),
        text_max=LONGEST_TEXT,
        title_max=LONGEST_TITLE,
        name_max=LONGEST_NAME,
    )
    return environment


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return ""
    whole, tenths = divmod(round(seconds * 10), 10)
    hours, minutes = divmod(whole // 60, 60)
    text = f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"
    return f"{text}.{tenths}" if tenths else text


def _initials(name: str) -> str:
    parts = name.split()
    return (parts[0][:1] + parts[-1][:1] if len(parts) > 1 else name[:2]).upper()


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}%"
