"""Opening a studio (data folder, migrations, the first admin's link), and its application: middleware, pages, API, workers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

from anyio import to_thread
from fastapi import FastAPI, Request
from sqlalchemy import select
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from mmar._version import __version__
from mmar.errors import ExternalError, UsageError
from mmar.studio.backup.restore import finish_studio
from mmar.studio.config import StudioConfig
from mmar.studio.data import open_database
from mmar.studio.data.database import migrate
from mmar.studio.data.tables import Person
from mmar.studio.jobs.worker import Worker, kinds_for
from mmar.studio.security.middleware import ANONYMOUS_LIMIT, BodyLimits, SecureHeaders
from mmar.studio.security.passwords import Passwords
from mmar.studio.security.sessions import make_link
from mmar.studio.store.people import add_person, log_action
from mmar.studio.web import api, pages
from mmar.studio.web.context import Studio, is_logged_in
from mmar.studio.web.error_handlers import add_error_handlers, error_response, fault_response
from mmar.studio.web.render import STATIC

_THREADS = 12
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "testserver")


def open_studio(config: StudioConfig) -> Studio:
    """Open a studio; its data folder and tables are created if they are missing.

    Raises:
        ExternalError: the data folder cannot be written.
        UsageError: the database was made by a newer program, or a restore was not finished.
    """
    try:
        config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        # A restore that was cut off is finished before anybody reads the database or makes a folder in its way.
        finish_studio(config)
        config.media.mkdir(exist_ok=True)
        config.releases.mkdir(exist_ok=True)
    except OSError as error:
        raise ExternalError(
            f"{config.data}: cannot be used as the data folder ({error.strerror})", code="not-writable"
        ) from None
    if not os.access(config.data, os.W_OK):
        raise ExternalError(f"{config.data}: cannot be written", code="not-writable")
    database = open_database(config.url)
    try:
        migrate(database)
    except BaseException:
        database.close()
        raise
    return Studio(config, database, Passwords())


def setup_link(studio: Studio, base: str) -> str | None:
    """The link of the first admin while nobody has a password; a new one at each start."""
    now = datetime.now(UTC)
    with studio.database.write() as session:
        if session.scalar(select(Person.id).where(Person.password.is_not(None)).limit(1)) is not None:
            return None
        admin = session.scalar(select(Person).where(Person.site_admin).limit(1))
        if admin is None:
            admin = add_person(session, "admin", "Admin", now, site_admin=True)
            log_action(session, now, None, "first admin", admin.login)
        token = make_link(session, admin.id, "setup", now)
    return f"{base}/welcome/{token}"


def link_for(studio: Studio, login: str, base: str, *, name: str = "", site_admin: bool = False) -> str:
    """A single-use link for a new person, or a new link for an existing one, from the command line.

    Raises:
        UsageError: an existing person would become an admin of the site.
    """
    now = datetime.now(UTC)
    with studio.database.write() as session:
        person = session.scalar(select(Person).where(Person.login == login.strip().casefold()))
        if person is None:
            person = add_person(session, login, name, now, site_admin=site_admin)
        elif site_admin and not person.site_admin:
            raise UsageError(f"{person.login} exists and is not an admin of the site", code="not-site-admin")
        log_action(session, now, None, "link made on the console", person.login)
        token = make_link(session, person.id, "password" if person.password else "invite", now)
    return f"{base}/welcome/{token}"


def create_app(studio: Studio, *, work: bool = True) -> FastAPI:
    """The application of a studio; with `work` it also runs background jobs in this process."""

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        # More threads than this only wait for each other: rendering holds the interpreter, writing the database.
        to_thread.current_default_thread_limiter().total_tokens = _THREADS
        # One for each kind, so that a clip is cut while a video comes in or a model thinks.
        workers = [
            Worker(studio.config, studio.database, studio.clock, {kind: do})
            for kind, do in kinds_for(studio.config).items()
            if work
        ]
        for worker in workers:
            worker.start()
        yield
        for worker in workers:
            worker.stop()
        studio.database.close()

    app = FastAPI(
        title="mmar studio",
        version=__version__,
        summary="Everything that the pages do, for programs.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=life,
    )
    app.state.studio = studio
    # Against DNS rebinding: such a page sends its own host name.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*_LOOPBACK, *studio.config.hosts])
    app.add_middleware(
        BodyLimits,
        known=partial(is_logged_in, studio),
        respond=lambda scope, *refusal: error_response(Request(scope), *refusal),
        largest_upload=studio.config.max_upload + ANONYMOUS_LIMIT,  # the form around the file
    )
    app.add_middleware(SecureHeaders, fault=fault_response, https=studio.config.https)
    app.mount("/static", CachedFiles(directory=STATIC), name="static")
    for router in pages.ROUTERS:
        app.include_router(router, include_in_schema=False)
    for router in api.ROUTERS:
        app.include_router(router, prefix="/api/v1", responses=api.ERRORS)
    add_error_handlers(app)
    return app


class CachedFiles(StaticFiles):
    """Static files under an address that changes when they do, so browsers need not ask again."""

    async def get_response(self, path: str, scope: object) -> Response:
        """One file."""
        response = await super().get_response(path, scope)  # type: ignore[arg-type]
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response
