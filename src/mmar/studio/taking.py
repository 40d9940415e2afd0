"""Taking over many proposals at once, in the name of whoever says so; what anybody wrote meanwhile stands.

Each is decided as if alone: with the same rules, as a revision of its own. Left open, to be looked at one by
one, is what would undo words: where the question, the key or the same field was changed since the model was
asked, or where the author is writing that field now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from mmar.errors import InputError
from mmar.studio.bulk import Outcome
from mmar.studio.data import Database
from mmar.studio.data.item_tables import Proposal
from mmar.studio.data.tables import Project
from mmar.studio.store.deciding import applied, decide
from mmar.studio.store.drafts import find_draft
from mmar.studio.store.people import trace
from mmar.studio.store.proposals import TAKEABLE, find_proposal
from mmar.studio.store.revisions import content_at, content_of, find_item
from mmar.studio.workflow import Actor, Refused, three_way

__all__ = ["take_over_many"]

_AT_ONCE = 25


def take_over_many(
    database: Database,
    project: Project,
    numbers: Sequence[int],
    actor: Actor,
    clock: Callable[[], datetime],
) -> Outcome:
    """Take proposals over as they are; those that a rule forbids or that would undo words stay open.

    Args:
        database: for writing; many short transactions.
        project: where.
        numbers: the proposals', in the order in which they are taken over.
        actor: in whose name.
        clock: the moment, UTC.

    Returns:
        How many were taken over, and why others were left.
    """
    done, left = 0, Counter[str]()
    for first in range(0, len(numbers), _AT_ONCE):
        with database.write() as session:
            row = session.get_one(Project, project.id)
            for number in numbers[first : first + _AT_ONCE]:
                try:
                    _take(session, row, find_proposal(session, row, number), actor, clock())
                except (Refused, InputError) as caught:
                    left[caught.problem if isinstance(caught, InputError) else str(caught)] += 1
                    continue
                done += 1
    if done:
        with database.write() as session:
            said = f"{done} proposals"
            trace(
                session, clock(), actor.person, "took over", project.slug, detail=said, project_id=project.id
            )
    return Outcome(done, dict(left.most_common()))


def _take(session: Session, project: Project, proposal: Proposal, actor: Actor, now: datetime) -> None:
    if proposal.kind not in TAKEABLE or proposal.item_id is None:
        raise Refused("state", "they change no item; decide on them one by one")
    if proposal.state != "open":
        raise Refused("stale", "they were decided meanwhile")
    # Locked before it is read, so that nobody saves between the look and the decision.
    item = find_item(session, project, proposal.item_id, lock=True)
    content = content_of(session, item)
    asked = content_at(session, item.id, proposal.revision or item.revision)
    if (asked.question, asked.key) != (content.question, content.key):
        raise Refused(
            "stale", "question or key were changed since the model was asked; look at them one by one"
        )
    if three_way(asked, content, applied(proposal.kind, asked, proposal.content)).both:
        raise Refused(
            "stale", "the same field was changed since the model was asked; look at them one by one"
        )
    draft = find_draft(session, item.id, item.author_id) if item.author_id is not None else None
    if draft is not None:
        began, new = (
            content_at(session, item.id, draft.revision),
            applied(proposal.kind, content, proposal.content),
        )
        if three_way(began, new, draft.content).both:
            raise Refused("stale", "their author is writing the same field now; look at them one by one")
    decide(session, project, proposal.id, actor, "accepted", now, version=item.version)
