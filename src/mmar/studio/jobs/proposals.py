"""Requests of proposals from the text model; the replies are stored beside the item."""

from __future__ import annotations

import asyncio

from sqlalchemy import select

from mmar.errors import InputError, UsageError
from mmar.models import ModelOptions, RequestFailed, open_model
from mmar.protocols import Message, Request, Settings
from mmar.studio.config import StudioConfig
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Idea
from mmar.studio.jobs.context import JobContext, RetryJob
from mmar.studio.jobs.prompts import SYSTEM, grouping_prompt, ideas_prompt, item_prompt
from mmar.studio.jobs.replies import read_reply
from mmar.studio.store.drafts import find_draft
from mmar.studio.store.projects import newest_taxonomy
from mmar.studio.store.proposals import add_proposal
from mmar.studio.store.revisions import content_of

__all__ = ["ask_model", "propose"]


def propose(work: JobContext) -> None:
    """Ask for what `payload["kind"]` names, about `payload["item"]` or the whole board.

    With `payload["writer"]` it asks about what that person has typed, saved or not.

    Raises:
        UsageError: no text model is configured.
        InputError: the model's answer cannot be used.
        RetryJob: the service failed in a way that may pass.
    """
    kind = str(work.payload["kind"])
    item_id = work.payload.get("item")
    with work.database.read() as session:
        item = session.get(Item, int(item_id)) if item_id is not None else None
        content = content_of(session, item) if item is not None else None
        writer = work.payload.get("writer")
        if item is not None and writer is not None:
            # Asked while writing: about what stands on that person's page, saved or not.
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
        raise UsageError("the item is gone", code="item-missing")
    name = f"{kind}-{item_id or work.project_id}"
    for last in (False, True):
        work.advance(0.5 if last else 0.1, "asking the model once more" if last else "asking the model")
        text, model = asyncio.run(ask_model(work.config, prompt, name))
        try:
            found = read_reply(kind, text, content, taxonomy=tree, ideas={idea.id for idea in ideas})
            break
        except InputError:
            # Another draw often gives what was asked for; a model that never does is not paid for ever.
            if last:
                raise
    with work.database.write() as session:
        work.check_owned(session)
        add_proposal(
            session,
            work.project_id,
            kind,
            found,
            model=model,
            prompt=f"{SYSTEM}\n\n{prompt}",
            now=work.clock(),
            item=session.get(Item, item.id) if item is not None else None,
            # What was asked about: somebody may have saved while the model was thinking.
            revision=item.revision if item is not None else None,
            job_id=work.id,
        )


async def ask_model(config: StudioConfig, prompt: str, name: str) -> tuple[str, str]:
    """Ask the configured text model once.

    Returns:
        What it said, and which model said it.

    Raises:
        UsageError: no text model is configured.
        RetryJob: the service failed in a way that may pass.
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
            raise RetryJob(error.message) from None
        raise UsageError(f"the text model did not answer: {error.message}", code="model-failed") from None
    finally:
        await model.close()
    return answer.text, answer.model or model.name
