"""Accounts: links, tokens, who may manage them, and limits of login attempts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from expect import raises
from mmar.studio.data import Database
from mmar.studio.data.tables import Person, Project
from mmar.studio.security.passwords import BY_LOGIN, BY_LOGIN_AND_ADDRESS, login_delay
from mmar.studio.security.sessions import (
    begin_session,
    find_link,
    find_visitor,
    make_api_token,
    make_link,
    person_of_token,
    redeem_link,
)
from mmar.studio.store import people, projects
from mmar.studio.workflow import Role

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
INSPECTOR = frozenset({Role.INSPECTOR})


class Two:
    """Two projects, each with an admin of its own."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.root = people.add_person(session, "root", "Root", NOW, site_admin=True)
        self.one, self.two = (
            projects.add_project(session, slug, slug, self.root, NOW) for slug in ("one", "two")
        )
        self.ada, self.bea = self.admin("ada", self.one), self.admin("bea", self.two)

    def admin(self, login: str, project: Project) -> Person:
        by = people.actor_in(self.session, project.id, self.root)
        return people.add_member(
            self.session, project, login, login, frozenset({Role.ADMIN}), by, NOW, existing=False
        )[0]

    def add(self, login: str, project: Project, by: Person, *, existing: bool = False) -> Person:
        actor = people.actor_in(self.session, project.id, by)
        return people.add_member(self.session, project, login, "", INSPECTOR, actor, NOW, existing=existing)[
            0
        ]


def test_a_link_ends_when_its_owner_joins_another_project(database: Database) -> None:
    with database.write() as session:
        two = Two(session)
        ina = two.add("ina", two.one, two.ada)
        link = make_link(session, ina.id, "password", NOW)
        assert find_link(session, link, NOW) is not None
        two.add("ina", two.two, two.bea, existing=True)
        assert redeem_link(session, link, NOW) is None


@pytest.mark.parametrize("roles", [frozenset({Role.LEAD}), frozenset[Role]()])
def test_a_link_ends_when_its_owners_roles_change(database: Database, roles: frozenset[Role]) -> None:
    with database.write() as session:
        two = Two(session)
        ina = two.add("ina", two.one, two.ada)
        link = make_link(session, ina.id, "invite", NOW)
        by = people.actor_in(session, two.one.id, two.ada)
        people.set_roles(session, two.one, ina, INSPECTOR, by)
        assert find_link(session, link, NOW) is not None  # nothing changed
        people.set_roles(session, two.one, ina, roles, by)
        assert find_link(session, link, NOW) is None


def test_a_new_link_replaces_every_older_one_and_none_works_for_the_deactivated(database: Database) -> None:
    with database.write() as session:
        two = Two(session)
        ina = two.add("ina", two.one, two.ada)
        old, new = (make_link(session, ina.id, purpose, NOW) for purpose in ("invite", "password"))
        assert find_link(session, old, NOW) is None
        people.set_person_active(session, ina, two.ada, NOW, active=False)
        again = make_link(session, ina.id, "password", NOW)
        assert find_link(session, new, NOW) is None
        assert redeem_link(session, again, NOW) is None


def test_redeeming_a_link_ends_sessions_and_api_tokens(database: Database) -> None:
    with database.write() as session:
        two = Two(session)
        ina = two.add("ina", two.one, two.ada)
        token = make_api_token(session, ina.id, "program", NOW)
        cookie = begin_session(session, ina.id, NOW).cookie
        assert person_of_token(session, token) is not None
        link = make_link(session, ina.id, "password", NOW)
        assert redeem_link(session, link, NOW) is not None
        assert redeem_link(session, link, NOW) is None
        session.flush()
        session.expire_all()
        assert person_of_token(session, token) is None
        assert find_visitor(session, cookie, NOW) is None


def test_an_account_is_managed_by_the_project_that_invited_it_and_by_the_site(database: Database) -> None:
    with database.write() as session:
        two = Two(session)
        ina = two.add("ina", two.one, two.ada)
        assert people.account_for(session, two.one, ina.id, two.ada) is ina
        two.add("ina", two.two, two.bea, existing=True)
        for project, admin in ((two.one, two.ada), (two.two, two.bea)):
            with raises("role"):
                people.account_for(session, project, ina.id, admin)
        people.set_roles(session, two.one, ina, frozenset(), people.actor_in(session, two.one.id, two.ada))
        with raises("role"):  # the only project that she is in did not invite her
            people.account_for(session, two.two, ina.id, two.bea)
        with raises("not-found"):
            people.account_for(session, two.one, ina.id, two.ada)
        assert people.account_for(session, two.two, ina.id, two.root) is ina


def test_an_existing_login_is_added_on_confirmation_and_keeps_its_roles(database: Database) -> None:
    with database.write() as session:
        two = Two(session)
        ina = two.add("ina", two.one, two.ada)
        by = people.actor_in(session, two.one.id, two.ada)
        for existing in (False, True):
            with raises("already-member", field="login"):
                lead = frozenset({Role.LEAD})
                people.add_member(session, two.one, " INA ", "", lead, by, NOW, existing=existing)
        assert people.actor_in(session, two.one.id, ina).roles == INSPECTOR
        with raises("login-exists", field="login"):
            two.add("ina", two.two, two.bea)
        assert two.add("ina", two.two, two.bea, existing=True) is ina


@pytest.mark.parametrize(
    ("login", "name", "code"),
    [("a b", "", "invalid-login"), ("", "", "invalid-login"), ("x" * 81, "", "invalid-login"),
     ("ina", "n" * 10_000_000, "text-too-long"), ("ina", "a\x00b", "invalid-character")],
)  # fmt: skip
def test_invalid_logins_and_names(database: Database, login: str, name: str, code: str) -> None:
    with database.write() as session, raises(code):
        people.add_person(session, login, name, NOW)


def test_wrong_passwords_from_elsewhere_do_not_lock_an_account(database: Database) -> None:
    with database.write() as session:
        for _ in range(BY_LOGIN_AND_ADDRESS):
            assert not login_delay(session, "anna", "10.0.0.9", NOW)
        assert login_delay(session, "anna", "10.0.0.9", NOW) == timedelta(minutes=15)
        assert not login_delay(session, "anna", "10.0.0.1", NOW)


def test_many_addresses_are_limited_together_but_not_one_that_is_known(database: Database) -> None:
    with database.write() as session:
        people.log_action(session, NOW - timedelta(days=1), None, "login", "anna", address="10.0.0.1")
        session.flush()
        allowed = [not login_delay(session, "anna", f"10.1.{n}.1", NOW) for n in range(BY_LOGIN + 20)]
        assert sum(allowed) == BY_LOGIN
        assert not login_delay(session, "anna", "10.0.0.1", NOW)
        assert not login_delay(session, "ben", "10.1.0.2", NOW)


def test_addresses_of_one_ipv6_network_count_as_one(database: Database) -> None:
    with database.write() as session:
        allowed = [not login_delay(session, "anna", f"2001:db8::{n:x}", NOW) for n in range(1, 30)]
        assert sum(allowed) == BY_LOGIN_AND_ADDRESS
        assert not login_delay(session, "anna", "2001:db8:0:1::1", NOW)
