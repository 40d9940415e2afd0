"""Start of a studio: data folder, migrations, and the first admin's link."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from sqlalchemy import select

from mmar.errors import ExternalError, UsageError
from mmar.studio.config import StudioConfig
from mmar.studio.data import open_database
from mmar.studio.data.migrate import migrate
from mmar.studio.data.tables import Person
from mmar.studio.exchange.restore import finish_studio
from mmar.studio.security.passwords import Passwords
from mmar.studio.security.sessions import make_link
from mmar.studio.store.people import add_person, log_action
from mmar.studio.web.context import Studio

__all__ = ["open_studio", "setup_link"]


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
            raise UsageError(f"{person.login} exists and is no admin of the site", code="not-site-admin")
        log_action(session, now, None, "link made on the console", person.login)
        token = make_link(session, person.id, "password" if person.password else "invite", now)
    return f"{base}/welcome/{token}"
