"""Concurrent writes on both databases, as of two servers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from expect import raises
from mmar.studio.data import Database, open_database
from mmar.studio.data import database as database_module
from mmar.studio.data.item_tables import Draft, Item
from mmar.studio.data.tables import IdeaVote, Job, Person, Project
from mmar.studio.exchange.importing import import_items
from mmar.studio.store import drafts, ideas, inspection, item_lists, items, jobs, people, projects
from mmar.studio.workflow import ItemContent, NotAllowed, Role
from mmar.studio.workflow.content import to_item

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
CONTENT = ItemContent(
    question="Which comes last?",
    choices=("a bell", "a drum"),
    answer=1,
    modality="sound",
    category="Signal Layer",
    sub_category="Anomaly Detection",
    url="https://youtu.be/qx8hrhBZJ98",
)


@pytest.fixture
def project(database: Database) -> Project:
    with database.write() as session:
        admin = people.add_person(session, "admin", "Admin", NOW, site_admin=True)
        made = projects.add_project(session, "demo", "Demo", admin, NOW)
        made.settings = msgspec.structs.replace(made.settings, needs_audio=False)
        for n in range(8):
            person = people.add_person(session, f"p{n}", "P", NOW)
            actor = people.actor_in(session, made.id, admin)
            people.set_roles(session, made, person, frozenset({Role.LEAD}), actor)
    return made


def named(session: Session, login: str) -> Person:
    return session.scalars(select(Person).where(Person.login == login)).one()


def together(database: Database, work: Callable[[Database, int], None], *, workers: int = 8) -> None:
    """Do it several times at once, half of them as another server: without a common Python lock."""
    other = open_database(database.engine.url.render_as_string(hide_password=False))
    failures: list[BaseException] = []
    gate = threading.Barrier(workers)

    def run(n: int) -> None:
        try:
            gate.wait(100)
            work((database, other)[n % 2], n)
        except BaseException as error:  # noqa: BLE001 - told to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert failures == []


def test_the_same_work_is_queued_once_and_done_once(database: Database, project: Project) -> None:
    taken: list[int] = []

    def ask_and_take(base: Database, n: int) -> None:
        for index in range(5):
            with base.write() as session:
                jobs.enqueue(session, project.id, "clip", f"{index}", {"item": index}, NOW)
        while True:
            with base.write() as session:
                job = jobs.claim_job(session, f"w{n}", NOW, ["clip"])
                if job is None:
                    return
            taken.append(job.id)

    together(database, ask_and_take)
    # Whoever asks while it waits or runs gets the same job.
    assert sorted(taken) == sorted(set(taken))
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == len(taken) == 5


def test_a_lease_that_ran_out_goes_to_one_worker(database: Database, project: Project) -> None:
    with database.write() as session:
        jobs.enqueue(session, project.id, "clip", "a", {}, NOW)
        assert jobs.claim_job(session, "dead", NOW, ["clip"]) is not None
    later, got = NOW + jobs.JOB_LEASE + timedelta(seconds=1), []

    def take(base: Database, n: int) -> None:
        with base.write() as session:
            if jobs.claim_job(session, f"w{n}", later, ["clip"]) is not None:
                got.append(n)

    together(database, take)
    assert len(got) == 1
    with database.write() as session:
        job_id = session.scalars(select(Job.id)).one()
        assert jobs.finish_job(session, job_id, "dead", later) is None
        assert not jobs.report(session, job_id, "dead", later, progress=0.5)
        assert jobs.finish_job(session, job_id, f"w{got[0]}", later) == "done"


def test_a_queue_gives_each_item_to_one_person(database: Database, project: Project) -> None:
    with database.write() as session:
        admin = people.actor_in(session, project.id, named(session, "admin"))
        made = [to_item(CONTENT, f"i-{n}", f"./audio/{n}.wav") for n in range(8)]
        import_items(session, session.get_one(Project, project.id), admin, made, NOW, inspect=True)
    got: list[int] = []

    def take(base: Database, n: int) -> None:
        with base.write() as session:
            here = session.get_one(Project, project.id)
            actor = people.actor_in(session, here.id, named(session, f"p{n}"))
            item = item_lists.take_next(session, here, actor, "inspection", NOW)
            assert item is not None
            got.append(item.id)

    together(database, take)
    assert len(set(got)) == 8


def test_one_of_two_concurrent_saves_is_stale(database: Database, project: Project) -> None:
    with database.write() as session:
        admin = people.actor_in(session, project.id, named(session, "admin"))
        item = items.new_item(session, session.get_one(Project, project.id), admin, NOW)
    codes: list[str] = []

    def save(base: Database, n: int) -> None:
        with base.write() as session:
            here = session.get_one(Project, project.id)
            actor = people.actor_in(session, here.id, named(session, f"p{n}"))
            try:
                items.save(session, here, item.id, actor, CONTENT, version=0, base=0, why="", now=NOW)
            except NotAllowed as refused:
                codes.append(refused.code)

    together(database, save)
    assert codes == ["stale"] * 7
    with database.read() as session:
        assert session.get_one(Item, item.id).revision == 1


def test_one_person_in_several_windows(database: Database, project: Project) -> None:
    with database.write() as session:
        admin = people.actor_in(session, project.id, named(session, "admin"))
        here = session.get_one(Project, project.id)
        item = items.new_item(session, here, admin, NOW)
        idea = ideas.add_idea(session, here, admin, "Who speaks?", "", (), NOW)

    def type_and_vote(base: Database, n: int) -> None:
        with base.write() as session:
            here = session.get_one(Project, project.id)
            drafts.save_draft(session, session.get_one(Item, item.id), admin, CONTENT, 0, 0, NOW)
            inspection.mark_key_seen(session, session.get_one(Item, item.id), admin.person + 1, NOW)
            ideas.vote(session, here, idea.id, admin)

    together(database, type_and_vote)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Draft)) == 1
        assert session.scalar(select(func.count()).select_from(IdeaVote)) == 0  # eight times there and back


def test_waiting_too_long_for_a_lock_is_an_error(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "BUSY_MS", 100)
    other = open_database(database.engine.url.render_as_string(hide_password=False))
    with database.write() as session:
        session.execute(select(1))
        with raises("database-unavailable"), other.write() as waiting:
            waiting.execute(select(1))
    with other.write() as session:
        session.execute(select(1))
    other.close()


def test_a_reader_sees_one_state(database: Database, project: Project) -> None:
    other = open_database(database.engine.url.render_as_string(hide_password=False))
    with database.read() as session:
        before = session.scalar(select(Project.title))
        with other.write() as writing:
            writing.get_one(Project, project.id).title = "Renamed"
        assert session.scalar(select(Project.title)) == before == "Demo"
    with database.read() as session:
        assert session.scalar(select(Project.title)) == "Renamed"
    other.close()
