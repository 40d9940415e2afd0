"""A studio in which each cell of the roles table is tried."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import soundfile
from actions import BASE, CONTENT

from conftest import Site
from mmar.studio.data.item_tables import Proposal
from mmar.studio.data.tables import Base, Job, Person, Takedown
from mmar.studio.store import people, projects
from mmar.studio.workflow import Role

REJECTION = {"reason": "wrong_key", "field": "answer", "comment": "It is the bell."}
RECORD = {
    "id": "x", "audio_path": "./audio/x.wav", "question": "Q?", "choices": ["a", "b"], "answer": "a",
    "modality": "sound", "category": "Signal Layer", "sub-category": "Anomaly Detection",
    "url": "https://youtu.be/qx8hrhBZJ98", "timestamp": "00:00:01,00:00:03",
}  # fmt: skip


@dataclass
class Stage:
    """A studio without a worker, and what is needed for one cell of the table."""

    site: Site
    clients: dict[str, httpx.Client]
    numbers: dict[str, int]
    initial: Path
    made: int = 0
    prepared_ids: dict[Path, int] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """The studio's database."""
        return self.site.studio.config.data / "studio.db"

    def ask(self, who: str, method: str, path: str, **sent: Any) -> Any:
        answer = self.clients[who].request(method, BASE + path, **sent)
        assert answer.is_success, (who, method, path, answer.text)
        return answer.json() if answer.content else None

    def state(self) -> dict[str, list[Any]]:
        """All rows of all tables, but those that note when somebody was seen last."""
        with closing(sqlite3.connect(self.file)) as connection:
            return {
                name: connection.execute(f"SELECT * FROM {name} ORDER BY rowid").fetchall()
                for name in Base.metadata.tables
                if name != "login_session"
            }

    def inspector(self, who: str) -> str:
        """Who has the item in hand: this person where they may, else another."""
        return who if who in ("ina", "lea", "ada") else "ina"

    # What an address or a request names, made anew for each cell.

    def idea(self, who: str) -> int:
        return int(self.ask("ben", "POST", "/ideas", json={"title": f"Idea {self.made}"})["id"])

    def somebody(self, who: str) -> int:
        with self.site.studio.database.write() as session:
            project = projects.find_project(session, "demo")
            assert project
            now = self.site.studio.clock()
            person = people.add_person(session, f"p{self.made}", "Somebody", now, project=project)
            admin = people.actor_in(session, project.id, session.get_one(Person, self.numbers["ada"]))
            people.set_roles(session, project, person, frozenset({Role.INSPECTOR}), admin)
            return person.id

    def draft(self, who: str) -> int:
        item = int(self.ask("anna", "POST", "/items")["id"])
        self.ask("anna", "PUT", f"/items/{item}", json={"version": 0, "revision": 0, "content": CONTENT})
        return item

    def conflict(self, who: str) -> int:
        item = self.draft(who)
        theirs = {"version": 1, "revision": 1, "content": {**CONTENT, "thinking": "Drum last."}}
        self.ask("lea", "PUT", f"/items/{item}", json=theirs)
        mine = {"version": 1, "revision": 1, "content": {**CONTENT, "question": "What is last?"}}
        self.ask("anna", "PUT", f"/items/{item}/draft", json=mine)
        return item

    def prepared(self, who: str) -> int:
        item = self.draft(who)
        self.ask("anna", "POST", f"/items/{item}/submit", json={})
        return item

    def inspected(self, who: str) -> int:
        item = self.prepared(who)
        self.ask("anna", "POST", f"/items/{item}/forward", json={})
        return item

    def taken(self, who: str) -> int:
        item = self.inspected(who)
        assert self.ask(self.inspector(who), "POST", "/queue/inspection/next")["id"] == item
        return item

    def answered(self, who: str) -> int:
        item = self.taken(who)
        self.ask(self.inspector(who), "PUT", f"/items/{item}/blind-answer", json={"choice": 1})
        return item

    def corrected(self, who: str) -> int:
        item = self.answered("ina")
        self.ask("ina", "POST", f"/items/{item}/reject", json={"rejection": REJECTION})
        result = self.ask("anna", "GET", f"/items/{item}")
        new = {**CONTENT, "question": "Which is last?"}
        sent = {"version": result["version"], "revision": result["revision"], "content": new}
        self.ask("anna", "PUT", f"/items/{item}", json=sent)
        return item

    def approved(self, who: str) -> int:
        item = self.answered("ina")
        self.ask("ina", "POST", f"/items/{item}/approve", json={})
        return item

    def withdrawn(self, who: str) -> int:
        item = self.draft(who)
        self.ask("anna", "POST", f"/items/{item}/withdraw", json={"why": "a copy"})
        return item

    def imported(self, who: str) -> int:
        record = {**RECORD, "id": f"in{self.made}", "audio_path": f"./audio/in{self.made}.wav"}
        self.ask("ada", "POST", "/import", json={"records": [record]})
        return 0

    def proposal(self, who: str) -> int:
        item = self.draft(who)
        with self.site.studio.database.write() as session:
            made = Proposal(
                project_id=1, item_id=item, revision=1, kind="thinking", content={"thinking": "Hear."},
                model="text/m", prompt="p", prompt_sha256="0" * 64, created=self.site.studio.clock(),
            )  # fmt: skip
            session.add(made)
            session.flush()
            number = made.id
        # Who may still answer it by ear is shown none of them; these leads decided to look.
        if who in ("lea", "ada"):
            self.ask(who, "POST", f"/items/{item}/show-key")
        return number

    def failed(self, who: str) -> int:
        with self.site.studio.database.write() as session:
            made = Job(
                project_id=1, kind="fetch", key=f"k{self.made}", payload={}, state="failed", created=self.site.studio.clock(),
            )  # fmt: skip
            session.add(made)
            session.flush()
            return made.id

    def takedown(self, who: str) -> int:
        with self.site.studio.database.write() as session:
            made = Takedown(
                project_id=1, what=f"t{self.made}", why="asked", person_id=self.numbers["lea"],
                created=self.site.studio.clock(),
            )  # fmt: skip
            session.add(made)
            session.flush()
            return made.id

    def prepare(self, name: str, who: str) -> int:
        """Make what the address names for a person, in the initial database; the id of it.

        What was made once is loaded from a copy of its database.
        """
        copy = self.initial.with_name(f"{name}-{who}.db")
        if copy not in self.prepared_ids:
            self.reset()
            self.prepared_ids[copy] = getattr(self, name)(who)
            copy_database(self.file, copy)
        else:
            copy_database(copy, self.file)
        return self.prepared_ids[copy]

    def reset(self) -> None:
        """Restore the initial database, so that no cell depends on another one and all are fast."""
        copy_database(self.initial, self.file)
        self.made += 1


def copy_database(source: Path, target: Path) -> None:
    """Replace the content of a SQLite database that may be in use."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def wave_bytes(seed: int) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, np.full((800, 1), seed / 5000), 8_000, format="WAV")
    return out.getvalue()
