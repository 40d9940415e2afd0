"""Putting the application together: middleware, pages, API, the worker beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from anyio import to_thread
from fastapi import FastAPI, Request
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from mmar._version import __version__
from mmar.studio.jobs.worker import Worker, kinds_for
from mmar.studio.security.middleware import ANONYMOUS_LIMIT, BodyLimits, SecureHeaders
from mmar.studio.web import api, pages
from mmar.studio.web.context import Studio, is_logged_in
from mmar.studio.web.error_handlers import add_error_handlers, error_response, fault_response
from mmar.studio.web.render import STATIC

__all__ = ["create_app"]

_THREADS = 12
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "testserver")


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
