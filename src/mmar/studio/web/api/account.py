"""API: the account of a token's owner, and API tokens."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Request

from mmar.studio.security.sessions import make_api_token
from mmar.studio.store.people import log_action, revoke_token, tokens_of
from mmar.studio.web.context import LoggedIn, studio_of
from mmar.studio.workflow import NotFound

__all__ = ["router"]

router = APIRouter(prefix="/me", tags=["account"])


@router.get("", summary="Your account")
def me(visitor: LoggedIn) -> dict[str, Any]:
    """Id, login, name, and whether you are an admin of the site."""
    person = visitor.person
    return {"id": person.id, "login": person.login, "name": person.name, "site_admin": person.site_admin}


@router.get("/tokens", summary="Your active API tokens")
def tokens(request: Request, visitor: LoggedIn) -> list[dict[str, Any]]:
    """Names and dates; never the tokens themselves."""
    with studio_of(request).database.read() as session:
        return [
            {"id": token.id, "name": token.name, "created": token.created.isoformat()}
            for token in tokens_of(session, visitor.person.id)
        ]


@router.post("/tokens", summary="Create an API token", status_code=201)
def create_token(
    request: Request,
    visitor: LoggedIn,
    name: Annotated[str, Body(embed=True, max_length=100)] = "program",
) -> dict[str, str]:
    """The token is in this answer only."""
    studio = studio_of(request)
    name = name.strip() or "program"
    with studio.database.write() as session:
        token = make_api_token(session, visitor.person.id, name, studio.clock())
        log_action(session, studio.clock(), visitor.person.id, "token made", name)
    return {"name": name, "token": token}


@router.delete("/tokens/{token_id}", summary="Revoke an API token", status_code=204)
def delete_token(request: Request, visitor: LoggedIn, token_id: int) -> None:
    """Effective at once; also for the token that is used for this request."""
    studio = studio_of(request)
    with studio.database.write() as session:
        if not revoke_token(session, visitor.person.id, token_id, studio.clock()):
            raise NotFound(f"you have no token {token_id}")
