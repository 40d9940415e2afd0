"""Templates: one environment with automatic escaping, the values that every page needs, and names for codes."""

from __future__ import annotations

import hashlib
import json
import re
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
from mmar.studio.web.context import Flash, ProjectContext, is_fragment_request, studio_of
from mmar.studio.workflow import REASONS, Action, Role, State
from mmar.studio.workflow.content import FIELD_NAMES, LONGEST_NAME, LONGEST_TEXT, LONGEST_TITLE
from mmar.studio.workflow.diff import field_text
from mmar.studio.workflow.states import PARTICIPLES

STATE_NAMES: dict[str, str] = {
    State.DRAFT: "Draft",
    State.PREPARATION: "In preparation",
    State.INSPECTION: "In inspection",
    State.CORRECTION: "Needs correction",
    State.APPROVED: "Approved",
    State.WITHDRAWN: "Withdrawn",
    State.TAKEN_DOWN: "Taken down",
}

PIPELINE = (
    (State.DRAFT, "drafts"),
    (State.PREPARATION, "in preparation"),
    (State.INSPECTION, "awaiting inspection"),
    (State.CORRECTION, "need correction"),
    (State.APPROVED, "approved"),
)
"""The states that an item passes, as the overview counts them."""

EVENT_NAMES: dict[str, str] = {action: words.capitalize() for action, words in PARTICIPLES.items()}
EVENT_NAMES |= {"assign": "Assigned"}

ITEM_ACTIONS = (
    (Action.SUBMIT, "Submit", True),
    (Action.FORWARD, "Send to inspection", True),
    (Action.RESUBMIT, "Resubmit", True),
    (Action.RECALL, "Return to draft", False),
    (Action.RESTORE, "Restore", False),
)
"""Actions without further questions: action, label, and whether it is the usual next step."""

ROLE_NAMES: dict[str, str] = {
    Role.ANNOTATOR: "writes items",
    Role.INSPECTOR: "listens and reviews items",
    Role.LEAD: "can write and inspect; manages settings",
    Role.ADMIN: "lead, and manages people",
}

JOB_NAMES = {"clip": "Cut the clip", "fetch": "Fetch the recording", "propose": "Ask the model"}

DECISIONS = {
    "open": "to review",
    "accepted": "accepted",
    "edited": "accepted with edits",
    "refused": "rejected",
    "outdated": "replaced by a newer one",
}
"""What became of a suggestion."""

WITHHELD_FIELDS = (("thinking", "reasoning"), ("cue", "cues"), ("rubric", "rubric"))
"""Fields that a release can leave out: the publisher's name and the label."""

NAVIGATION = (
    ("", "Overview", ""),
    ("/ideas", "Ideas", "1"),
    ("/taxonomy", "Taxonomy", "2"),
    ("/items", "Items", "3"),
    ("/preparation", "Preparation", "4"),
    ("/inspection", "Inspection", "5"),
    ("/release", "Release", ""),
    ("/people", "People", ""),
)
"""The pages of a project: address, name, and the number of the stage."""


def section_of(path: str, slug: str) -> str:
    """The navigation link that a page belongs to."""
    rest = path.removeprefix(f"/p/{slug}")
    if rest.endswith("/inspect"):
        return "/inspection"
    first = "/".join(rest.split("/")[:2])
    return "/taxonomy" if first == "/coverage" else first


def count(number: int, word: str, plural: str = "") -> str:
    """A number with its noun, e.g. `1 item` or `1,200 items`."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}"


def sentence(text: str, hint: str | None = None) -> str:
    """A message as a sentence, and its hint as another. The name of a file keeps its spelling."""
    parts = [part.strip() for part in (text, hint or "") if part.strip()]
    ended = [part if part[-1] in ".!?" else f"{part}." for part in parts]
    return " ".join(part if _is_file_name(part) else part[0].upper() + part[1:] for part in ended)


def _is_file_name(text: str) -> bool:
    """Whether a message begins with the name of a file, such as `clips.zip: ...`."""
    return re.match(r"[^:]*\.\w{1,5}:", text) is not None


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
            section=section_of(request.url.path, project.slug) if project else None,
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
        field_text=field_text,
        percent=_percent,
        count=count,
        job_marker=job_marker,
    )
    environment.globals.update(
        reasons=REASONS,
        fields=FIELD_NAMES,
        kinds=KINDS,
        states=STATE_NAMES,
        event_names=EVENT_NAMES,
        job_names=JOB_NAMES,
        role_names=ROLE_NAMES,
        decisions=DECISIONS,
        pipeline=PIPELINE,
        navigation=NAVIGATION,
        withheld_fields=WITHHELD_FIELDS,
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
