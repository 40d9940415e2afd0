"""One's own account, for programs: who one is, and the tokens that act for one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request

from mmar.studio.security.sessions import Visitor, make_api_token
from mmar.studio.store.people import log_action, revoke_token, tokens_of
from mmar.studio.web.context import current_visitor, studio_of
from mmar.studio.workflow.states import NotFound

__all__ = ["router"]

router = APIRouter(prefix="/me", tags=["account"])
LoggedIn = Annotated[Visitor, Depends(current_visitor)]


@router.get("", summary="Who you are")
def me(visitor: LoggedIn) -> dict[str, Any]:
    """Number, login, name, and whether you run the site."""
    person = visitor.person
    return {"id": person.id, "login": person.login, "name": person.name, "site_admin": person.site_admin}


@router.get("/tokens", summary="Your tokens that work")
def tokens(request: Request, visitor: LoggedIn) -> list[dict[str, Any]]:
    """What they are for and since when; never the tokens themselves."""
    with studio_of(request).database.read() as session:
        return [
            {"id": one.id, "name": one.name, "created": one.created.isoformat()}
            for one in tokens_of(session, visitor.person.id)
        ]


@router.post("/tokens", summary="Make a token", status_code=201)
def make(
    request: Request, visitor: LoggedIn, name: Annotated[str, Body(embed=True)] = "program"
) -> dict[str, str]:
    """It is in this answer only."""
    studio = studio_of(request)
    kept = name.strip()[:100] or "program"
    with studio.database.write() as session:
        fresh = make_api_token(session, visitor.person.id, kept, studio.clock())
        log_action(session, studio.clock(), visitor.person.id, "token made", kept)
    return {"name": kept, "token": fresh}


@router.delete("/tokens/{token_id}", summary="Revoke a token", status_code=204)
def revoke(request: Request, visitor: LoggedIn, token_id: int) -> None:
    """It stops working at once; it may be the very token that asks."""
    studio = studio_of(request)
    with studio.database.write() as session:
        if not revoke_token(session, visitor.person.id, token_id, studio.clock()):
            raise NotFound(f"you have no token {token_id}")
