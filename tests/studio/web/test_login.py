"""Logging in: links, passwords, limits on attempts, sessions."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import argon2
import httpx
import pytest
from actions import Somebody, after, code_of
from sqlalchemy import select, text

from conftest import PASSWORD, Site, listen, serve
from mmar.studio.config import StudioConfig
from mmar.studio.data import Database
from mmar.studio.data.tables import AuditLogEntry, LoginAttempt, LoginSession, Person
from mmar.studio.security.passwords import BY_LOGIN_AND_ADDRESS, WINDOW, clear_login_attempts, login_delay
from mmar.studio.store import projects
from mmar.studio.web.app import open_studio, setup_link
from mmar.studio.web.context import COOKIE

SOURCE = Path(__file__).parents[3] / "src/mmar/studio"


def test_the_first_link_works_once_and_nobody_can_log_in_before(tmp_path: Path) -> None:
    studio = open_studio(StudioConfig(data=tmp_path / "data"))
    first = setup_link(studio, "http://x")
    link = setup_link(studio, "http://x")
    assert first and link and first != link
    with studio.database.read() as session:
        assert session.scalars(select(Person.password)).all() == [None]
    listening, url = listen()
    stop = serve(studio, listening, work=False)
    with httpx.Client(base_url=url, timeout=60) as client:
        for guess in ("", "admin", "password", "mmar"):
            assert client.post("/login", data={"login": "admin", "password": guess}).status_code == 401
        choose = {"password": PASSWORD, "again": PASSWORD}
        assert client.post(first.removeprefix("http://x"), data=choose).status_code == 410
        path = link.removeprefix("http://x")
        assert client.post(path, data={"password": "short", "again": "short"}).status_code == 422
        assert client.post(path, data=choose).status_code == 303
        assert client.post(path, data=choose).status_code == 410
    assert setup_link(studio, "http://x") is None
    stop()


def test_password_guessing_is_limited_and_logged(site: Site) -> None:
    client = site.client()
    codes = [
        client.post("/login", data={"login": "anna", "password": f"guess {n}"}).status_code for n in range(12)
    ]
    assert codes == [401] * 10 + [429] * 2
    # Even the right password has to wait now; somebody else need not.
    assert client.post("/login", data={"login": "anna", "password": PASSWORD}).status_code == 429
    assert Somebody(site, "ben").csrf
    with site.studio.database.read() as session:
        actions = session.scalars(select(AuditLogEntry.action)).all()
    # However often it is limited, a stranger writes a line a minute.
    assert (actions.count("login failed"), actions.count("login limited")) == (10, 1)
    later = site.studio.clock() + timedelta(seconds=61)
    site.studio.clock = lambda: later
    assert client.post("/login", data={"login": "anna", "password": PASSWORD}).status_code == 429
    with site.studio.database.read() as session:
        assert list(session.scalars(select(AuditLogEntry.action))).count("login limited") == 2


def test_changing_a_password_needs_the_old_one_and_ends_other_sessions(site: Site) -> None:
    anna, elsewhere = Somebody(site, "anna"), Somebody(site, "anna")
    fresh = {"password": "five new words for today", "again": "five new words for today"}
    wrong = anna.post("/me/password", {"old": "not this one", **fresh})
    assert code_of(after(anna.client, wrong)) == "wrong-password"
    for bad in ({**fresh, "again": "other"}, {"password": "short", "again": "short"}):
        refused = anna.post("/me/password", {"old": PASSWORD, **bad})
        assert 'class="note bad"' in after(anna.client, refused).text
    before = anna.client.cookies[COOKIE]
    done = anna.post("/me/password", {"old": PASSWORD, **fresh})
    assert code_of(after(anna.client, done)) == "password-changed"
    assert done.cookies[COOKIE] != before  # a new session: the old one's cookie is worth nothing
    assert elsewhere.client.get("/me").status_code == 303
    login = {"login": "anna", "password": PASSWORD}
    assert site.client().post("/login", data=login).status_code == 401
    assert site.client().post("/login", data=login | {"password": fresh["password"]}).status_code == 303
    # A token acts for its person, and is not its person.
    assert (
        site.client("anna").post("/me/password", data={"old": fresh["password"], **fresh}).status_code == 403
    )
    with site.studio.database.read() as session:
        assert list(session.scalars(select(AuditLogEntry.action))).count("password set") == 1


def test_attempts_at_the_current_password_are_limited_too(site: Site) -> None:
    anna = Somebody(site, "anna")
    fresh = {"password": "five new words for today", "again": "five new words for today"}
    codes = [
        code_of(after(anna.client, anna.post("/me/password", {"old": f"guess {n}", **fresh})))
        for n in range(11)
    ]
    assert codes == ["wrong-password"] * 10 + ["too-many-attempts"]


def test_login_attempts_are_counted_across_restarts_and_servers(site: Site) -> None:
    listening, url = listen()
    second = open_studio(site.studio.config)
    stop = serve(second, listening, work=False)
    guess = {"login": "anna", "password": "a guess of many words"}
    try:
        codes = [httpx.post(f"{base}/login", data=guess).status_code for base in (site.url, url) * 6]
        assert codes == [401] * 10 + [429] * 2
    finally:
        stop()
    # Time passes for whoever was limited; what is over is cleared away.
    later = site.studio.clock() + WINDOW + timedelta(seconds=1)
    site.studio.clock = lambda: later
    right = {"login": "anna", "password": PASSWORD}
    assert site.client().post("/login", data=right).status_code == 303
    with site.studio.database.read() as session:
        assert [row.key for row in session.scalars(select(LoginAttempt))] == ["address 127.0.0.1"]


def test_concurrent_login_attempts_are_counted_exactly(database: Database) -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)

    def tried(_: int) -> bool:
        with database.write() as session:
            return not login_delay(session, "anna", "10.0.0.1", now)

    with ThreadPoolExecutor(8) as many:
        assert sum(many.map(tried, range(40))) == BY_LOGIN_AND_ADDRESS
    with database.write() as session:
        assert login_delay(session, "anna", "10.0.0.1", now + WINDOW / 2) == WINDOW / 2
        assert not login_delay(session, "anna", "10.0.0.2", now)
        assert not login_delay(session, "ben", "10.0.0.1", now)
        clear_login_attempts(session, "anna", "10.0.0.1")
        assert not login_delay(session, "anna", "10.0.0.1", now)


def test_a_failed_login_does_not_reveal_whether_the_account_exists(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = site.client()
    verify, hashes = argon2.PasswordHasher.verify, []

    def counted(self: argon2.PasswordHasher, stored: str, password: str) -> bool:
        hashes.append(argon2.extract_parameters(stored))
        return verify(self, stored, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counted)

    def tried(login: str) -> str:
        answer = client.post("/login", data={"login": login, "password": "wrong words here"})
        page = re.sub(r'nonce[="-]+[^"\';]+', "", answer.text)
        return page.replace(f'value="{login}"', 'value="what was typed"')

    assert tried("anna") == tried("nobody")
    # One hash is computed for each, at the same cost, so that the time tells nothing either.
    assert len(hashes) == 2
    assert hashes[0] == hashes[1]


def test_a_login_redirects_only_within_the_site(site: Site) -> None:
    for target in (
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\nb",
    ):
        client = site.client()
        answer = client.post("/login", data={"login": "anna", "password": PASSWORD, "next": target})
        assert answer.headers["location"] == "/", target


def test_a_session_ends_by_logout_by_time_and_by_deactivation(site: Site) -> None:
    anna = Somebody(site, "anna")
    jar = dict(anna.client.cookies)
    anna.post("/logout")
    assert httpx.get(f"{site.url}/p/demo", cookies=jar).status_code == 303
    ben = Somebody(site, "ben")
    with site.studio.database.write() as session:
        session.execute(text("UPDATE login_session SET expires = '2020-01-01 00:00:00'"))
    assert ben.client.get("/p/demo").status_code == 303
    ina = Somebody(site, "ina")
    with site.studio.database.write() as session:
        person = session.scalar(select(Person).where(Person.login == "ina"))
        assert person
        person.active = False
    assert ina.client.get("/p/demo").status_code == 303
    fresh = site.client().post("/login", data={"login": "ivo", "password": PASSWORD})
    assert fresh.status_code == 303
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(fresh.headers["set-cookie"].split("; "))


def test_sessions_are_stored_as_hashes(site: Site) -> None:
    anna = Somebody(site, "anna")
    with site.studio.database.read() as session:
        stored = session.scalars(select(LoginSession.token_hash)).all()
    assert stored
    assert anna.client.cookies[COOKIE] not in stored


def test_a_failed_login_keeps_the_name_and_not_the_password(site: Site) -> None:
    answer = site.client().post(
        "/login", data={"login": "anna", "password": "not hers at all"}, headers={"origin": site.url}
    )
    assert answer.status_code == 401
    assert 'value="anna"' in answer.text
    assert "not hers" not in answer.text


def test_the_admin_of_one_project_cannot_take_over_an_account_of_another(site: Site) -> None:
    from mmar.studio.data.tables import Membership
    from mmar.studio.workflow import Role

    site.add("pia", Role.ADMIN)
    with site.studio.database.write() as session:
        root = session.get_one(Person, 1)
        other = projects.add_project(session, "other", "Other", root, site.studio.clock())
        ben = session.scalar(select(Person.id).where(Person.login == "ben"))
        ina = session.scalar(select(Person.id).where(Person.login == "ina"))
        session.add(Membership(project_id=other.id, person_id=ben, role="lead"))
    pia = Somebody(site, "pia")
    assert pia.post(f"/p/demo/people/{ben}/link").status_code == 403
    assert pia.post("/p/demo/people/1/link").status_code == 403
    assert "/welcome/" in after(pia.client, pia.post(f"/p/demo/people/{ina}/link")).text
