"""Requests to the text model about one item, many items, or the whole board: queueing them, and asking the model.

Annotators may ask about their own items, leads about every item. What people who do not lead may ask in an hour is
limited, since every request may cost money. The replies are stored as proposals beside the item.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mmar.errors import ExternalError, InputError, UsageError
from mmar.models import ModelOptions, RequestFailed, open_model
from mmar.protocols import Message, Request, Settings
from mmar.studio.config import StudioConfig
from mmar.studio.data import Database
from mmar.studio.data.item_tables import Item, Proposal
from mmar.studio.data.tables import Idea, Job, Project
from mmar.studio.jobs import JobContext
from mmar.studio.jobs.prompts import SYSTEM, grouping_prompt, ideas_prompt, item_prompt, read_reply
from mmar.studio.store.drafts import find_draft
from mmar.studio.store.item_lists import project_coverage
from mmar.studio.store.jobs import enqueue
from mmar.studio.store.projects import newest_taxonomy
from mmar.studio.store.proposals import add_proposal
from mmar.studio.store.revisions import content_of, find_item, load_case, load_cases
from mmar.studio.workflow import Actor, NotAllowed, Role
from mmar.studio.workflow.case import is_own

ITEM_KINDS = ("thinking", "distractors", "sub_category", "rubric", "guess")
"""Kinds of proposals for one item."""

REQUESTS_PER_HOUR = 300
"""Requests of one person who is not a lead."""

_BATCH = 100


def request_proposal(
    session: Session,
    project: Project,
    item_id: int,
    kind: str,
    actor: Actor,
    now: datetime,
    *,
    unsaved: bool = False,
) -> None:
    """Queue a request of one of `ITEM_KINDS` about an item, or with `unsaved` about the actor's draft of it.

    Raises:
        UsageError: unknown kind (`unknown-kind`), or too many requests (`too-many-requests`).
    """
    _check_kinds([kind])
    item = find_item(session, project, item_id)
    actor.require(Role.ANNOTATOR, "ask the model")
    if not is_own(load_case(session, project, item), actor):
        raise NotAllowed("own", "only its author or a lead may ask the model about this item")
    _check_rate(session, project, actor, now)
    _enqueue(session, project, item_id, kind, actor, now, unsaved=unsaved)


def request_board_proposal(
    session: Session, project: Project, kind: str, actor: Actor, now: datetime
) -> None:
    """Queue a request about the whole board: `ideas` for more ideas, `grouping` for their categories.

    Raises:
        UsageError: too many requests (`too-many-requests`).
    """
    actor.require_membership()
    _check_rate(session, project, actor, now)
    missing = project_coverage(session, project).next[:5]
    payload = {"kind": kind, "gaps": [f"{cell.layer}, {cell.modality}" for cell in missing]}
    enqueue(session, project.id, "propose", kind, payload, now, person_id=actor.person)


def request_proposals(
    database: Database,
    project: Project,
    items: Sequence[int],
    kinds: Sequence[str],
    actor: Actor,
    clock: Callable[[], datetime],
    *,
    include_answered: bool = False,
) -> tuple[int, int]:
    """Queue requests about many items, in short transactions.

    Items of other projects, without content, or not the actor's own are skipped; so are those that have a proposal
    of that kind, unless `include_answered`.

    Returns:
        Number of requests queued, and number skipped because they were answered before.

    Raises:
        UsageError: unknown kind (`unknown-kind`), or too many requests (`too-many-requests`).
    """
    _check_kinds(kinds)
    actor.require(Role.ANNOTATOR, "ask the model")
    queued = answered = 0
    for first in range(0, len(items), _BATCH):
        with database.write() as session:
            rows = session.scalars(
                select(Item)
                .where(
                    Item.project_id == project.id,
                    Item.revision > 0,
                    Item.id.in_(items[first : first + _BATCH]),
                )
                .order_by(Item.id)
            ).all()
            cases = load_cases(session, project, rows)
            known = set(
                session.execute(
                    select(Proposal.item_id, Proposal.kind).where(
                        Proposal.item_id.in_(list(cases)), Proposal.kind.in_(kinds)
                    )
                )
            )
            for item_id, case in cases.items():
                if not is_own(case, actor):
                    continue
                for kind in dict.fromkeys(kinds):
                    if not include_answered and (item_id, kind) in known:
                        answered += 1
                        continue
                    _check_rate(session, project, actor, clock())
                    _enqueue(session, project, item_id, kind, actor, clock())
                    queued += 1
    return queued, answered


def _enqueue(
    session: Session,
    project: Project,
    item_id: int,
    kind: str,
    actor: Actor,
    now: datetime,
    *,
    unsaved: bool = False,
) -> None:
    enqueue(
        session,
        project.id,
        "propose",
        f"{kind}:{item_id}" + (f":{actor.person}" if unsaved else ""),
        {"kind": kind, "item": item_id} | ({"writer": actor.person} if unsaved else {}),
        now,
        person_id=actor.person,
        item_id=item_id,
    )


def _check_kinds(kinds: Sequence[str]) -> None:
    for kind in kinds:
        if kind not in ITEM_KINDS:
            raise UsageError(
                f'unknown kind "{kind}"', code="unknown-kind", hint=f"choose from {', '.join(ITEM_KINDS)}"
            )


def _check_rate(session: Session, project: Project, actor: Actor, now: datetime) -> None:
    if actor.has(Role.LEAD):
        return
    recent = (
        select(func.count())
        .select_from(Job)
        .where(
            Job.project_id == project.id,
            Job.kind == "propose",
            Job.person_id == actor.person,
            Job.created > now - timedelta(hours=1),
        )
    )
    if (session.scalar(recent) or 0) >= REQUESTS_PER_HOUR:
        raise UsageError(
            f"you have asked the model {REQUESTS_PER_HOUR} times within an hour",
            code="too-many-requests",
            hint="try again later, or ask a lead",
        )


def propose(work: JobContext) -> None:
    """Ask for what `payload["kind"]` names, about `payload["item"]` or the whole board.

    With `payload["writer"]` it asks about what that person has typed, even if it is not saved.

    Raises:
        UsageError: no text model is configured.
        InputError: the model's answer cannot be used.
        ExternalError: the service failed in a way that may pass.
    """
    kind = str(work.payload["kind"])
    item_id = work.payload.get("item")
    with work.database.read() as session:
        item = session.get(Item, int(item_id)) if item_id is not None else None
        content = content_of(session, item) if item is not None else None
        writer = work.payload.get("writer")
        if item is not None and writer is not None:
            # Requested while writing: about that person's page, saved or not.
            draft = find_draft(session, item.id, int(writer))
            content = draft.content if draft is not None else content
        tree = newest_taxonomy(session, work.project_id).tree
        ideas = session.scalars(
            select(Idea).where(Idea.project_id == work.project_id, ~Idea.dropped, Idea.merged_into.is_(None))
        ).all()
    if kind == "ideas":
        prompt = ideas_prompt(ideas, [str(gap) for gap in work.payload.get("gaps", ())])
    elif kind == "grouping":
        prompt = grouping_prompt(ideas, tree)
    elif content is not None:
        prompt = item_prompt(kind, content, tree)
    else:
        raise UsageError("the item does not exist any more", code="item-missing")
    name = f"{kind}-{item_id or work.project_id}"
    for last in (False, True):
        work.advance(0.5 if last else 0.1, "asking the model once more" if last else "asking the model")
        text, model = asyncio.run(ask_model(work.config, prompt, name))
        try:
            result = read_reply(kind, text, content, taxonomy=tree, ideas={idea.id for idea in ideas})
            break
        except InputError:
            # A second answer is often usable; there is no third, since each one may cost money.
            if last:
                raise
    with work.database.write() as session:
        work.check_owned(session)
        add_proposal(
            session,
            work.project_id,
            kind,
            result,
            model=model,
            prompt=f"{SYSTEM}\n\n{prompt}",
            now=work.clock(),
            item=session.get(Item, item.id) if item is not None else None,
            # The revision of the request; another one may have been saved since.
            revision=item.revision if item is not None else None,
            job_id=work.id,
        )


async def ask_model(config: StudioConfig, prompt: str, name: str) -> tuple[str, str]:
    """Ask the configured text model once; returns the answer's text, and the name of the model.

    Raises:
        UsageError: no text model is configured.
        ExternalError: the service failed in a way that may pass.
    """
    if not config.text_model:
        raise UsageError(
            "no text model is configured; start the studio with --text-model text/NAME", code="no-text-model"
        )
    options = ModelOptions(base_urls=config.base_urls, timeout_s=120, environment=config.environment)
    model = open_model(config.text_model, options)
    try:
        answer = await model.ask(
            Request(
                name,
                (Message("system", SYSTEM), Message("user", prompt)),
                prompt,
                (),
                None,
                Settings(temperature=0.7, max_tokens=2_000),
            )
        )
    except RequestFailed as error:
        if error.retryable:
            raise ExternalError(error.message, code="model-failed") from None
        raise UsageError(f"the text model did not answer: {error.message}", code="model-failed") from None
    finally:
        await model.close()
    return answer.text, answer.model or model.name
