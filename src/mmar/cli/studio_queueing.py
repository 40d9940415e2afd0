"""What `mmar studio work` queues before it begins: each tells on standard error how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mmar.cli.studio_data import acting
from mmar.errors import UsageError

if TYPE_CHECKING:
    from mmar.studio.web.context import Studio

__all__ = [
    "known_state",
    "queue_conversion",
    "queue_failed",
    "queue_questions",
    "queue_sounds",
    "tell_what_waits_for_a_model",
]


def queue_failed(opened: Studio, slug: str) -> None:
    """Queue every failed job of a project again."""
    from mmar.studio.store.jobs import retry_all

    with opened.database.write() as session:
        project, _ = acting(session, slug, None)
        queued = retry_all(session, project.id)
    click.echo(f"{queued} failed jobs queued again", err=True)


def queue_sounds(opened: Studio, slug: str) -> None:
    """Queue whatever the project's items lack until they can be heard."""
    from mmar.studio.store.bulk import request_audio_for_items
    from mmar.studio.store.item_search import ItemFilter, item_numbers
    from mmar.studio.workflow import State

    with opened.database.read() as session:
        project, actor = acting(session, slug, None)
        items = [
            number
            for state in (State.DRAFT, State.PREPARATION, State.INSPECTION, State.CORRECTION, State.APPROVED)
            for number in item_numbers(session, project.id, ItemFilter(state))
        ]
    outcome = request_audio_for_items(opened.database, project, items, actor.person, opened.clock)
    click.echo(f"the sound of {outcome.done} items is asked for", err=True)
    for why, number in outcome.left.items():
        click.echo(f"  {number} left: {why}", err=True)


def queue_questions(opened: Studio, slug: str, kinds: tuple[str, ...], state: str, *, again: bool) -> None:
    """Queue questions about every item in a state."""
    from mmar.studio.jobs.model_requests import request_proposals
    from mmar.studio.store.item_search import ItemFilter, item_numbers

    with opened.database.read() as session:
        project, actor = acting(session, slug, None)
        items = item_numbers(session, project.id, ItemFilter(state))
    queued, known = request_proposals(
        opened.database, project, items, kinds, actor.person, opened.clock, again=again
    )
    left = f"; {known} were answered before (--ask-again asks them again)" if known else ""
    click.echo(f"{queued} questions queued{left}", err=True)


def queue_conversion(opened: Studio, slug: str, rate: str | None, channels: str | None) -> None:
    """Set what a project's clips are converted to, and queue those that are not so; what is not given stays."""
    from mmar.studio.jobs.clip_format import describe_clip_format, parse_clip_format, request_conversion
    from mmar.studio.store.people import log_action
    from mmar.studio.store.projects import changed_settings, save_settings

    with opened.database.write() as session:
        project, actor = acting(session, slug, None)
        now = (project.settings.clip_rate, project.settings.clip_channels)
        rate, channels = (
            ("" if new == "recorded" else new) if new is not None else str(old or "")
            for new, old in zip((rate, channels), now, strict=True)
        )
        save_settings(project, actor, changed_settings(project, **parse_clip_format(rate, channels)))
        queued = request_conversion(session, project, opened.clock(), person_id=actor.person)
        words = describe_clip_format(project.settings)
        log_action(session, opened.clock(), actor.person, "clip format", words, project_id=project.id)
    click.echo(f"clips are cut {words}; {queued} are cut anew", err=True)


def tell_what_waits_for_a_model(opened: Studio) -> None:
    """Say how many questions a worker without a text model leaves."""
    from mmar.studio.store.jobs import count_unfinished

    with opened.database.read() as session:
        waiting = count_unfinished(session, ["propose"])
    if waiting:
        click.echo(f"{waiting} questions wait for a worker with --text-model", err=True)


def known_state(state: str) -> str:
    """A state of items, or nothing for all.

    Raises:
        UsageError: there is none of that name.
    """
    from mmar.studio.workflow import State

    if state and state not in set(State):
        raise UsageError(f"there is no state “{state}”; there are {', '.join(State)}")
    return state
