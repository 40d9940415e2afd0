"""Takedowns: what no later release may contain, and the items that they name."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.errors import InputError
from mmar.items import Item as PublicItem
from mmar.items.source_video import addresses, canonical_url, find_video, item_video
from mmar.studio.data.item_tables import Item, Revision
from mmar.studio.data.tables import Clip, Project, Release, ReleasedClip, Takedown
from mmar.studio.store.people import log_action
from mmar.studio.workflow import Actor, NotFound, Role, State


def taken_down(session: Session, project_id: int) -> frozenset[str]:
    """The takedowns of a project, in every spelling that `is_taken_down` compares."""
    result: set[str] = set()
    for what in session.scalars(select(Takedown.what).where(Takedown.project_id == project_id)):
        result |= _spellings(what)
    return frozenset(result)


def is_taken_down(banned: Set[str], public_id: str, url: str, sha256: str | None = None) -> bool:
    """Whether a takedown in `banned` (see `taken_down`) names an item, one of its videos, or its clip by SHA-256."""
    return bool(banned) and not (_names(public_id, url) | {sha256}).isdisjoint(banned)


def _names(public_id: str, url: str) -> set[str | None]:
    """Everything by which a takedown may name an item: its id, and each of its videos in any spelling."""
    item = PublicItem(public_id, "", "", (), "", "", "", url=url)
    names = {public_id, item_video(item), url, *addresses(url), *canonical_url(url).split("\n")} - {"", None}
    for video in filter(None, map(find_video, addresses(url))):
        names |= {video.key, video.id}
    return names


def items_named(session: Session, project_id: int, what: str) -> list[str]:
    """Public ids of the items that a takedown names, in the order of their ids."""
    return _named(session, project_id, _spellings(what))


def approved_but_taken_down(session: Session, project_id: int) -> list[str]:
    """Public ids of approved items that a takedown names."""
    banned = taken_down(session, project_id)
    return _named(session, project_id, banned, State.APPROVED) if banned else []


def _named(session: Session, project_id: int, banned: Set[str], state: State | None = None) -> list[str]:
    query = (
        select(Item.public_id, Revision.content, Clip.sha256)
        .join(Revision, (Revision.item_id == Item.id) & (Revision.number == Item.revision))
        .join(Clip, (Clip.project_id == Item.project_id) & (Clip.key == Item.clip_key), isouter=True)
        .where(Item.project_id == project_id)
        .order_by(Item.id)
    )
    if state is not None:
        query = query.where(Item.state == state.value)
    return [
        public_id
        for public_id, content, sha in session.execute(query)
        if is_taken_down(banned, public_id, content.url, sha)
    ]


def add_takedown(
    session: Session, project: Project, actor: Actor, what: str, why: str, now: datetime
) -> list[str]:
    """Exclude an item (public id), a video (URL or id) or a clip (SHA-256) from all future releases.

    Returns the public ids of the items that match now.

    Raises:
        InputError: what or why is missing, or it is taken down already.
    """
    actor.require(Role.LEAD, "take something down")
    what, why = what.strip(), why.strip()
    if not what or not why or len(what) > 300 or "\x00" in what + why:
        raise InputError(
            "enter what is taken down (at most 300 characters) and the reason",
            field="what",
            code="takedown-incomplete",
        )
    listed = select(Takedown.id).where(Takedown.project_id == project.id, Takedown.what == what)
    if session.scalar(listed.limit(1)) is not None:
        raise InputError(f'"{what}" is taken down already', field="what", code="already-taken-down")
    session.add(Takedown(project_id=project.id, what=what, why=why, person_id=actor.person, created=now))
    log_action(session, now, actor.person, "takedown", what, detail=why, project_id=project.id)
    session.flush()
    return items_named(session, project.id, what)


def lift_takedown(
    session: Session, project: Project, actor: Actor, number: int, why: str, now: datetime
) -> tuple[str, list[str]]:
    """Lift a takedown. The audit log keeps both entries, and existing releases stay as they are.

    Returns:
        What was taken down, and public ids of the items that can be released again.

    Raises:
        NotFound: there is no such takedown.
        InputError: no reason.
    """
    actor.require(Role.LEAD, "take something down")
    why = why.strip()
    if not why or "\x00" in why:
        raise InputError("enter the reason for lifting the takedown", field="why", code="reason-missing")
    line = session.scalar(
        select(Takedown).where(Takedown.id == number, Takedown.project_id == project.id).with_for_update()
    )
    if line is None:
        raise NotFound("there is no such takedown; it may have been lifted already")
    what = line.what
    named = items_named(session, project.id, what)
    session.delete(line)
    log_action(session, now, actor.person, "lifted a takedown", what, detail=why, project_id=project.id)
    session.flush()
    still = set(_named(session, project.id, taken_down(session, project.id)))
    return what, [one for one in named if one not in still]


def taken_down_since(session: Session, release: Release) -> list[str]:
    """Public ids of a release's items that were taken down after it was written."""
    banned = taken_down(session, release.project_id)
    rows = session.execute(
        select(Item.id, Item.public_id, Item.state).where(Item.project_id == release.project_id)
    ).all()
    names = {number: (public_id, state) for number, public_id, state in rows}
    text = _addresses(session, release) if banned else {}
    clips = release.clips
    result = []
    for number, revision in release.items:
        public_id, state = names[number]
        clip: ReleasedClip | None = clips.get(public_id)
        if state == State.TAKEN_DOWN.value or is_taken_down(
            banned, public_id, text.get((number, revision), ""), clip.sha256 if clip else None
        ):
            result.append(public_id)
    return result


def _addresses(session: Session, release: Release) -> dict[tuple[int, int], str]:
    rows = session.execute(
        select(Revision.item_id, Revision.number, Revision.content)
        .join(Item, Item.id == Revision.item_id)
        .where(Item.project_id == release.project_id)
    )
    return {(number, revision): content.url for number, revision, content in rows}


def _spellings(what: str) -> frozenset[str]:
    return frozenset({what.strip(), canonical_url(what.strip())} - {""})
