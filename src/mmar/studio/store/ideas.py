"""The board of ideas: cards, votes, merging."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from mmar.errors import InputError, UsageError
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Idea, IdeaVote, Project
from mmar.studio.store.projects import row_in
from mmar.studio.workflow import Actor, NotAllowed
from mmar.studio.workflow.content import LONGEST_NAME, LONGEST_TEXT, LONGEST_TITLE, check_length


class Card(msgspec.Struct, frozen=True):
    """An idea on the board, with its votes, whether this person voted, titles of merged ideas, and its items."""

    idea: Idea
    votes: int
    mine: bool
    merged: tuple[str, ...]
    items: int


def add_idea(
    session: Session,
    project: Project,
    actor: Actor,
    title: str,
    detail: str,
    tags: Sequence[str],
    now: datetime,
    *,
    model: str = "",
) -> Idea:
    """Add a card to the board."""
    actor.require_membership()
    idea = Idea(
        project_id=project.id,
        title=_title(title),
        detail=_detail(detail),
        tags=_tags(tags),
        author_id=actor.person,
        model=model,
        created=now,
    )
    session.add(idea)
    session.flush()
    return idea


def change_idea(
    session: Session,
    project: Project,
    idea_id: int,
    actor: Actor,
    *,
    version: int | None = None,
    title: str | None = None,
    detail: str | None = None,
    tags: Sequence[str] | None = None,
    category: str | None = None,
    dropped: bool | None = None,
) -> Idea:
    """Change a card, unless it was changed since `version` (`stale`); anybody of the team may."""
    actor.require_membership()
    idea = row_in(session, project, Idea, idea_id)
    if version is not None and version != idea.version:
        raise NotAllowed("stale", "someone else changed this idea; reload the page to see the change")
    if title is not None:
        idea.title = _title(title)
    if detail is not None:
        idea.detail = _detail(detail)
    if tags is not None:
        idea.tags = _tags(tags)
    if category is not None:
        check_length(category, "category", LONGEST_NAME)
        idea.category = category
    if dropped is not None:
        idea.dropped = dropped
    idea.version += 1
    session.flush()
    return idea


def vote(session: Session, project: Project, idea_id: int, actor: Actor) -> None:
    """Vote for an idea, or withdraw the vote."""
    actor.require_membership()
    idea = row_in(session, project, Idea, idea_id)
    own_vote = session.get(IdeaVote, (idea.id, actor.person))
    if own_vote is None:
        session.add(IdeaVote(idea_id=idea.id, person_id=actor.person))
    else:
        session.delete(own_vote)
    session.flush()


def merge_ideas(session: Session, project: Project, source: int, target: int, actor: Actor) -> None:
    """Merge one card into another, with its votes (one per person) and tags."""
    actor.require_membership()
    source_idea, target_idea = (row_in(session, project, Idea, each) for each in (source, target))
    if (
        source_idea.id == target_idea.id
        or target_idea.merged_into is not None
        or source_idea.merged_into is not None
    ):
        raise UsageError("merge two different cards that are both on the board", code="cannot-merge")
    voters = set(session.scalars(select(IdeaVote.person_id).where(IdeaVote.idea_id == target_idea.id)))
    moving = set(session.scalars(select(IdeaVote.person_id).where(IdeaVote.idea_id == source_idea.id)))
    session.execute(delete(IdeaVote).where(IdeaVote.idea_id == source_idea.id))
    session.add_all(IdeaVote(idea_id=target_idea.id, person_id=person) for person in sorted(moving - voters))
    session.execute(update(Idea).where(Idea.merged_into == source_idea.id).values(merged_into=target_idea.id))
    source_idea.merged_into = target_idea.id
    target_idea.tags = _tags([*target_idea.tags, *source_idea.tags])
    target_idea.version += 1
    source_idea.version += 1
    session.flush()


def idea_board(session: Session, project_id: int, person: int) -> list[Card]:
    """The cards on the board, those with most votes first."""
    ideas = session.scalars(select(Idea).where(Idea.project_id == project_id, ~Idea.dropped)).all()
    votes = dict(
        session.execute(
            select(IdeaVote.idea_id, func.count())
            .join(Idea, Idea.id == IdeaVote.idea_id)
            .where(Idea.project_id == project_id)
            .group_by(IdeaVote.idea_id)
        ).all()
    )
    mine = set(session.scalars(select(IdeaVote.idea_id).where(IdeaVote.person_id == person)))
    grown = dict(
        session.execute(
            select(Item.idea_id, func.count())
            .where(Item.project_id == project_id, Item.idea_id.is_not(None))
            .group_by(Item.idea_id)
        ).all()
    )
    merged: dict[int, list[str]] = {}
    for idea in ideas:
        if idea.merged_into is not None:
            merged.setdefault(idea.merged_into, []).append(idea.title)
    cards = [
        Card(
            idea,
            votes.get(idea.id, 0),
            idea.id in mine,
            tuple(merged.get(idea.id, ())),
            grown.get(idea.id, 0),
        )
        for idea in ideas
        if idea.merged_into is None
    ]
    return sorted(cards, key=lambda card: (-card.votes, -card.idea.id))


def _title(title: str) -> str:
    if not title.strip():
        raise InputError(
            "an idea needs a title",
            field="title",
            hint="e.g. Replay identification",
            code="title-missing",
        )
    check_length(title, "title", LONGEST_TITLE)
    return " ".join(title.split())


def _detail(detail: str) -> str:
    check_length(detail, "detail", LONGEST_TEXT)
    return detail.strip()


def _tags(tags: Sequence[str]) -> tuple[str, ...]:
    for tag in tags:
        check_length(tag, "tags", 40, label="tag")
    return tuple(dict.fromkeys(" ".join(tag.split()).casefold() for tag in tags if tag.strip()))[:12]
