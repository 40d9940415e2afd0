"""Names on the pages for codes of the workflow, the store and the jobs."""

from __future__ import annotations

import re

from mmar.studio.workflow import Action, Role, State
from mmar.studio.workflow.states import PARTICIPLES

__all__ = [
    "DECISIONS",
    "EVENT_NAMES",
    "ITEM_ACTIONS",
    "JOB_NAMES",
    "NAVIGATION",
    "PIPELINE",
    "ROLE_NAMES",
    "STATE_NAMES",
    "WITHHELD_FIELDS",
    "count",
    "section_of",
    "sentence",
]

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
    """The entry of the navigation that a page belongs to."""
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
