"""The context of a request: the running studio, who is logged in, and the project that the address names.

Messages that are shown once, after the redirect that answers a form, stay in the server's memory for a few minutes and
belong to one person. So a new token or link never reaches the database or a cookie, and reloading a page neither repeats
the action nor shows the secret again.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Annotated, Any, Literal

from fastapi import Depends, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response

from mmar.studio.config import StudioConfig
from mmar.studio.data import Database, DatabaseUnavailableError
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Person, Project
from mmar.studio.security.passwords import Passwords
from mmar.studio.security.sessions import Visitor, find_visitor, person_of_token, touch_session
from mmar.studio.store.inspection import answers_version, blind_ratings, knows_key, mark_key_seen
from mmar.studio.store.people import log_action, project_and_actor
from mmar.studio.store.revisions import find_item
from mmar.studio.workflow import Actor, NotFound
from mmar.studio.workflow.statistics import HumanPerformance, human_performance

COOKIE = "mmar_studio"
_MAX_FIELDS = 2_000
_MAX_FIELD_BYTES = 4 << 20
# With more blind answers than this, the score is computed again only after so many seconds.
_MANY_ANSWERS, _SCORE_LIFE_S = 100, 15.0


class LoginRequiredError(Exception):
    """Nobody is logged in; pages redirect to the login page, the API answers 401."""


class FragmentOnlyError(Exception):
    """A part of a page was requested by itself; `args[0]` is the address of its page."""


class ForgedRequestError(Exception):
    """A form without the session's token, or one of another site."""


def _now() -> datetime:
    return datetime.now(UTC)


Level = Literal["good", "warn", "bad"]

_MESSAGE_LIFE = timedelta(minutes=10)
_MAX_MESSAGES = 2_000


@dataclass(frozen=True)
class Flash:
    """A message after a redirect.

    `code` is for programs and tests. `secret` is a token or link that is shown only here, `link` a page to
    continue at.
    """

    code: str
    text: str
    level: Level = "good"
    details: tuple[str, ...] = ()
    secret: str = ""
    link: str = ""
    link_text: str = ""


@dataclass
class FlashStore:
    """The messages that no page has shown yet, by key."""

    _messages: dict[str, tuple[int, datetime, Flash]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, person_id: int, flash: Flash, now: datetime) -> str:
        """Store a message for a person; returns the key for the address that they are redirected to."""
        key = secrets.token_urlsafe(12)
        with self._lock:
            for old, (_, added, _) in list(self._messages.items()):
                if added + _MESSAGE_LIFE < now or len(self._messages) >= _MAX_MESSAGES:
                    del self._messages[old]
            self._messages[key] = person_id, now, flash
        return key

    def take(self, key: str, person_id: int, now: datetime) -> Flash | None:
        """The message of a key, once, for the person it belongs to."""
        with self._lock:
            owner, added, flash = self._messages.get(key, (None, now, None))
            if owner != person_id or added + _MESSAGE_LIFE < now:
                return None
            del self._messages[key]
            return flash


def with_message(path: str, key: str) -> str:
    """A path with the key of its message, before its fragment."""
    address, mark, fragment = path.partition("#")
    return f"{address}{'&' if '?' in address else '?'}message={key}{mark}{fragment}"


@dataclass
class Studio:
    """A running studio. `scores` caches human performance by project id."""

    config: StudioConfig
    database: Database
    passwords: Passwords
    clock: Callable[[], datetime] = _now
    flashes: FlashStore = field(default_factory=FlashStore)
    scores: dict[int, tuple[tuple[int, int], datetime, int, HumanPerformance]] = field(default_factory=dict)

    def performance(self, session: Session, project_id: int) -> HumanPerformance:
        """Human performance in a project, computed again after new answers; with many answers after a few seconds."""
        newest = answers_version(session, project_id)
        cached = self.scores.get(project_id)
        if cached is not None:
            last, computed, answers, _ = cached
            age_s = (self.clock() - computed).total_seconds()
            if last == newest or (answers > _MANY_ANSWERS and age_s < _SCORE_LIFE_S):
                return cached[3]
        score = human_performance(blind_ratings(session, project_id))
        self.scores[project_id] = newest, self.clock(), score.answers, score
        return score


@dataclass(frozen=True)
class ProjectContext:
    """Who sends a request, in which project, and the form that was sent. `csrf` is empty for programs."""

    studio: Studio
    person: Person
    csrf: str
    project: Project
    actor: Actor
    form: FormData

    @property
    def root(self) -> str:
        """The address of the project's pages."""
        return f"/p/{self.project.slug}"

    def clock(self) -> datetime:
        """The current time, UTC."""
        return self.studio.clock()

    def read(self) -> AbstractContextManager[Session]:
        """A reading transaction."""
        return self.studio.database.read()

    @contextmanager
    def write(self) -> Iterator[tuple[Session, Project]]:
        """A writing transaction, and the project as a row of it."""
        with self.studio.database.write() as session:
            yield session, current_project(session, self.project)

    @contextmanager
    def read_item(self, item_id: int) -> Iterator[tuple[Session, Item]]:
        """A reading transaction, and an item of the project (or `NotFound`)."""
        with self.read() as session:
            yield session, find_item(session, self.project, item_id)

    @contextmanager
    def write_item(self, item_id: int, *, lock: bool = False) -> Iterator[tuple[Session, Project, Item]]:
        """A writing transaction, the project, and an item of it; with `lock` nobody else can change the item."""
        with self.write() as (session, project):
            yield session, project, find_item(session, project, item_id, lock=lock)

    def log(self, session: Session, action: str, subject: str, detail: str = "") -> None:
        """Write an entry of the audit log."""
        log_action(
            session, self.clock(), self.person.id, action, subject, detail=detail, project_id=self.project.id
        )

    def redirect(self, path: str, flash: Flash | None = None) -> Response:
        """The answer to a form: a redirect to a page below the project, with a message if there is one."""
        return redirect_with(self.studio, self.person.id, self.root + path, flash)


def redirect_with(studio: Studio, person_id: int, address: str, flash: Flash | None = None) -> Response:
    """A redirect after a form (status 303), and the message that the next page shows once."""
    if flash is not None:
        address = with_message(address, studio.flashes.add(person_id, flash, studio.clock()))
    return RedirectResponse(address, 303)


def studio_of(request: Request) -> Studio:
    """The running studio."""
    studio = request.app.state.studio
    assert isinstance(studio, Studio)
    return studio


def is_fragment_request(request: Request) -> bool:
    """Whether htmx asks for a part of a page."""
    return "hx-request" in request.headers


async def read_form(request: Request) -> AsyncIterator[FormData]:
    """The form that was sent; empty for none. Uploads go to a file as they arrive, closed with the request."""
    kind = request.headers.get("content-type", "")
    is_form = kind.startswith(("multipart/form-data", "application/x-www-form-urlencoded"))
    if request.method in ("GET", "HEAD") or not is_form:
        yield FormData()
        return
    # The middleware has checked the size and who may send as much.
    form = await request.form(max_files=1, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD_BYTES)
    try:
        yield form
    finally:
        await form.close()


SentForm = Annotated[FormData, Depends(read_form)]


def is_logged_in(studio: Studio, headers: Mapping[str, str]) -> bool:
    """Whether a request with these headers comes from somebody who is logged in."""
    with studio.database.read() as session:
        cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        return _find_visitor(session, headers.get("authorization", ""), cookie, studio.clock()) is not None


def _find_visitor(session: Session, authorization: str, cookie: str, now: datetime) -> Visitor | None:
    if authorization.lower().startswith("bearer "):
        person = person_of_token(session, authorization[7:].strip())
        return Visitor(person, "") if person is not None else None
    return find_visitor(session, cookie, now) if cookie else None


def visitor_of(request: Request, *, query: bool = True) -> Visitor | None:
    """Who sends a request, for an error page. Without `query` only if that was established before the error."""
    visitor = getattr(request.state, "visitor", None)
    if isinstance(visitor, Visitor) or not query:
        return visitor
    studio = studio_of(request)
    try:
        with studio.database.read() as session:
            return _find_visitor(session, "", request.cookies.get(COOKIE, ""), studio.clock())
    except DatabaseUnavailableError:
        return None


def context_of(request: Request) -> ProjectContext | None:
    """The project context of a request, if it was established before the error."""
    context = getattr(request.state, "context", None)
    return context if isinstance(context, ProjectContext) else None


def current_visitor(request: Request, form: SentForm) -> Visitor:
    """Who is logged in; a request that changes something must carry their session's token.

    Raises:
        LoginRequiredError: nobody is.
        ForgedRequestError: the token is missing or wrong, or the form is another site's.
    """
    studio = studio_of(request)
    authorization, cookie = request.headers.get("authorization", ""), request.cookies.get(COOKIE, "")
    with studio.database.read() as session:
        visitor = _find_visitor(session, authorization, cookie, studio.clock())
    if visitor is None:
        raise LoginRequiredError
    # A program's token needs no csrf: browsers never send that header by themselves, so no other site can use it.
    if visitor.csrf and request.method not in ("GET", "HEAD"):
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise ForgedRequestError
        sent = request.headers.get("x-csrf-token") or form.get("csrf") or ""
        if not isinstance(sent, str) or not compare_digest(sent.encode(), visitor.csrf.encode()):
            raise ForgedRequestError
    request.state.visitor = visitor
    if visitor.stale:
        with studio.database.write() as session:
            touch_session(session, cookie, studio.clock())
    return visitor


LoggedIn = Annotated[Visitor, Depends(current_visitor)]


def project_context(request: Request, slug: str, visitor: LoggedIn, form: SentForm) -> ProjectContext:
    """Who is logged in, and the project that the address names.

    Raises:
        NotFound: there is no such project, or the person has no role in it; the two are not told apart.
    """
    studio = studio_of(request)
    with studio.database.read() as session:
        result = project_and_actor(session, slug, visitor.person)
    if result is None or not result[1].roles:
        raise NotFound(f'there is no project "{slug}", or you are not a member of it')
    context = request.state.context = ProjectContext(studio, visitor.person, visitor.csrf, *result, form)
    return context


Context = Annotated[ProjectContext, Depends(project_context)]


def fragment_of(address: str) -> Any:
    """A dependency of a part of a page: whoever opens its address is redirected to the page at `address`."""

    def requested_by_page(request: Request, _ctx: Context) -> None:
        if not is_fragment_request(request):
            raise FragmentOnlyError(address.format(**request.path_params))

    return Depends(requested_by_page)


def record_key_view(ctx: ProjectContext, item: Item) -> None:
    """Record that a page showed somebody the key of an item that they did not write; once per person."""
    with ctx.studio.database.read() as session:
        known = knows_key(session, item, ctx.person.id)
    if not known:
        with ctx.studio.database.write() as session:
            mark_key_seen(session, item, ctx.person.id, ctx.studio.clock())


def current_project(session: Session, project: Project) -> Project:
    """The same project as a row of this transaction."""
    return session.get_one(Project, project.id)
