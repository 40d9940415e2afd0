"""A project with an admin, two annotators and two inspectors."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from mmar.studio.data import Database
from mmar.studio.data.item_tables import Item
from mmar.studio.store import inspection, item_lists, items, people, projects
from mmar.studio.workflow import Action, Actor, Command, ItemContent, Rejection, Role
from studio_content import GOOD

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
SPOT = Rejection("wrong_key", "answer", "it is a viola", 1.0, 2.5)


class Team:
    """A database with one project and four people."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.write() as session:
            self.admin_person = people.add_person(session, "admin", "Admin", NOW, site_admin=True)
            self.project = projects.add_project(session, "demo", "Demo", self.admin_person, NOW)
            self.admin = people.actor_in(session, self.project.id, self.admin_person)
            self.project.settings = msgspec.structs.replace(self.project.settings, needs_audio=False)
        self.anna = self._add("anna", Role.ANNOTATOR)
        self.ben = self._add("ben", Role.ANNOTATOR)
        self.ina = self._add("ina", Role.INSPECTOR)
        self.ivo = self._add("ivo", Role.INSPECTOR)

    def _add(self, login: str, role: Role) -> Actor:
        with self.database.write() as session:
            person = people.add_person(session, login, login.title(), NOW)
            project = projects.find_project(session, "demo")
            assert project is not None
            people.set_roles(session, project, person, frozenset({role}), self.admin)
            session.flush()
            return people.actor_in(session, project.id, person)

    def write_item(self, content: ItemContent = GOOD) -> int:
        with self.database.write() as session:
            item = items.new_item(session, self.project, self.anna, NOW)
            items.save(session, self.project, item.id, self.anna, content, version=0, base=0, why="", now=NOW)
            return item.id

    def act(self, item: int, actor: Actor, action: Action, **more: object) -> Item:
        with self.database.write() as session:
            return items.act(session, self.project, item, actor, Command(action, **more), NOW)  # type: ignore[arg-type]

    def send_to_inspection(self, content: ItemContent = GOOD) -> int:
        item = self.write_item(content)
        self.act(item, self.anna, Action.SUBMIT)
        self.act(item, self.anna, Action.FORWARD)
        return item

    def take(self, actor: Actor, queue: str = "inspection", now: datetime = NOW) -> int | None:
        with self.database.write() as session:
            item = item_lists.take_next(session, self.project, actor, queue, now)
            return item.id if item else None

    def answer_blind(self, item: int, actor: Actor, choice: int | None) -> None:
        with self.database.write() as session:
            inspection.answer_blind(session, self.project, item, actor, choice, NOW)
