"""What every request needs: the database, the configuration, the clock, and who is asking."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fastapi import Depends, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.requests import cookie_parser

from mmar.studio.config import StudioConfig
from mmar.studio.data import Database, DatabaseAwayError
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Person, Project
from mmar.studio.security.passwords import Passwords
from mmar.studio.security.sessions import Visitor, find_visitor, person_of_token, same, touch_session
from mmar.studio.store.inspection import answers_version, knows_key, mark_key_seen, project_ratings
from mmar.studio.store.people import project_and_actor
from mmar.studio.workflow import Actor, NotFound
from mmar.studio.workflow.agreement import HumanScore, human_score

__all__ = [
    "COOKIE",
    "ForgedRequest",
    "FragmentOnly",
    "LoginRequired",
    "ProjectContext",
    "Studio",
    "context_of",
    "current_visitor",
    "fragment_of",
    "is_logged_in",
    "project_context",
    "read_form",
    "studio_of",
    "visitor_of",
]

COOKIE = "mmar_studio"
_MOST_FIELDS = 2_000
_MANY, _FRESH_S = 100, 15.0


class LoginRequired(Exception):  # noqa: N818 - says what is missing
    """Nobody is logged in; the pages answer with the login page, the API with 401."""


class FragmentOnly(Exception):  # noqa: N818 - says what it is
    """A part of a page was asked for by itself, as when its address is loaded again; `args[0]` is the page's address."""


class ForgedRequest(Exception):  # noqa: N818 - says what it is
    """A form that does not come from one of our own pages."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Studio:
    """One running studio.

    Attributes:
        config: how it was started.
        database: opened and migrated.
        passwords: hashes and checks them.
        clock: the moment, UTC.
        scores: by project the last answer counted, when, how many, and the score.
    """

    config: StudioConfig
    database: Database
    passwords: Passwords
    clock: Callable[[], datetime] = _now
    scores: dict[int, tuple[tuple[int, int], datetime, int, HumanScore]] = field(default_factory=dict)

    def human(self, session: Session, project_id: int) -> HumanScore:
        """What a project's listeners achieve; computed anew after somebody answered, of many not at once."""
        newest = answers_version(session, project_id)
        kept = self.scores.get(project_id)
        settled = kept is not None and kept[2] > _MANY and (self.clock() - kept[1]).total_seconds() < _FRESH_S
        if kept is None or (kept[0] != newest and not settled):
            score = human_score(project_ratings(session, project_id))
            kept = newest, self.clock(), score.answers, score
            self.scores[project_id] = kept
        return kept[3]


@dataclass(frozen=True)
class ProjectContext:
    """Who is asking, and in which project.

    Attributes:
        studio: the running studio.
        person: who.
        csrf: what their forms must carry.
        project: where.
        actor: what they are there.
        form: what was sent; empty for a request that only reads.
    """

    studio: Studio
    person: Person
    csrf: str
    project: Project
    actor: Actor
    form: FormData


def studio_of(request: Request) -> Studio:
    """The running studio."""
    studio = request.app.state.studio
    assert isinstance(studio, Studio)
    return studio


async def read_form(request: Request) -> AsyncIterator[FormData]:
    """The form that was sent; empty for none. Uploads go to a file as they arrive, closed with the request."""
    kind = request.headers.get("content-type", "")
    known = kind.startswith(("multipart/form-data", "application/x-www-form-urlencoded"))
    if request.method in ("GET", "HEAD") or not known:
        yield FormData()
        return
    # How much may come, and from whom, is for `BodyLimits`.
    form = await request.form(max_files=1, max_fields=_MOST_FIELDS, max_part_size=4 << 20)
    try:
        yield form
    finally:
        await form.close()


def is_logged_in(studio: Studio, headers: Mapping[str, str]) -> bool:
    """Whether a request with these headers comes from somebody who is logged in."""
    with studio.database.read() as session:
        cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        return _named(session, headers.get("authorization", ""), cookie, studio.clock()) is not None


def _named(session: Session, authorization: str, cookie: str, now: datetime) -> Visitor | None:
    if authorization.lower().startswith("bearer "):
        person = person_of_token(session, authorization[7:].strip())
        return Visitor(person, "") if person is not None else None
    return find_visitor(session, cookie, now) if cookie else None


def visitor_of(request: Request, *, look: bool = True) -> Visitor | None:
    """Who is asking, for a page that says what went wrong.

    Args:
        request: what is answered.
        look: whether to look whose session it is, where nobody did yet; not for an event loop, which would wait.
    """
    found = getattr(request.state, "current_visitor", None)
    if isinstance(found, Visitor) or not look:
        return found
    studio = studio_of(request)
    try:
        with studio.database.read() as session:
            return _named(session, "", request.cookies.get(COOKIE, ""), studio.clock())
    except DatabaseAwayError:
        return None


def context_of(request: Request) -> ProjectContext | None:
    """In which project a request was, if it came so far."""
    found = getattr(request.state, "place", None)
    return found if isinstance(found, ProjectContext) else None


def _identified(request: Request, form: FormData, session: Session, now: datetime) -> Visitor:
    authorization = request.headers.get("authorization", "")
    found = _named(session, authorization, request.cookies.get(COOKIE, ""), now)
    if found is None:
        raise LoginRequired
    # A program's token has no csrf: a browser never sends that header by itself, so no other site can use it.
    if found.csrf and request.method not in ("GET", "HEAD"):
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise ForgedRequest
        sent = request.headers.get("x-csrf-token") or form.get("csrf") or ""
        if not isinstance(sent, str) or not same(sent, found.csrf):
            raise ForgedRequest
    return found


def _touched(request: Request, studio: Studio, found: Visitor) -> None:
    if found.stale:
        with studio.database.write() as session:
            touch_session(session, request.cookies.get(COOKIE, ""), studio.clock())


def current_visitor(request: Request, form: FormData = Depends(read_form)) -> Visitor:  # noqa: B008 - FastAPI's way
    """Who is logged in; a request that changes something must carry their session's token.

    Raises:
        NeedsLogin: nobody is.
        Forged: the token is missing or another's, or the browser says that the form is another site's.
    """
    studio = studio_of(request)
    with studio.database.read() as session:
        found = request.state.visitor = _identified(request, form, session, studio.clock())
    _touched(request, studio, found)
    return found


def project_context(
    request: Request,
    slug: str,
    form: FormData = Depends(read_form),  # noqa: B008 - FastAPI's way
) -> ProjectContext:
    """Who is asking, in the project that the address names; one look into the database for both.

    Raises:
        NeedsLogin: nobody is logged in.
        Forged: as `visitor`.
        UsageError: there is no such project, or it is not this person's; which of the two is not said.
    """
    studio = studio_of(request)
    with studio.database.read() as session:
        visitor = request.state.visitor = _identified(request, form, session, studio.clock())
        found = project_and_actor(session, slug, visitor.person)
    _touched(request, studio, visitor)
    if found is None or not found[1].roles:
        raise NotFound(f"there is no project “{slug}” that you belong to")
    ctx = request.state.place = ProjectContext(studio, visitor.person, visitor.csrf, *found, form)
    return ctx


def fragment_of(address: str) -> Any:
    """What a part of a page depends on: that a page asks for it; whoever loads its address is sent to the page.

    Args:
        address: the page's, with places such as `{slug}`.
    """

    def asked_by_page(request: Request, _here: ProjectContext = Depends(project_context)) -> None:  # noqa: B008 - FastAPI's way
        if "hx-request" not in request.headers:
            raise FragmentOnly(address.format(**request.path_params))

    return Depends(asked_by_page)


def record_key_view(ctx: ProjectContext, item: Item) -> None:
    """Note, the first time, that a page shows this person the key of an item that they did not write."""
    with ctx.studio.database.read() as session:
        known = knows_key(session, item, ctx.person.id)
    if not known:
        with ctx.studio.database.write() as session:
            mark_key_seen(session, item, ctx.person.id, ctx.studio.clock())


def attached(session: Session, project: Project) -> Project:
    """The same project as a row of this transaction."""
    return session.get_one(Project, project.id)
