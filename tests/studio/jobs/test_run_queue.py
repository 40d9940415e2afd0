"""Running the queue of jobs: retries, jobs of killed workers, and several workers."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the studio's extra is not installed")

from sqlalchemy import select, update

from mmar.errors import ExternalError, InputError
from mmar.studio.config import StudioConfig
from mmar.studio.data.tables import Job
from mmar.studio.jobs import JobContext
from mmar.studio.jobs import worker as workers
from mmar.studio.jobs.worker import Worker, run_queue
from mmar.studio.store import people, projects
from mmar.studio.store.jobs import claim_job, enqueue, failures, retry_all
from mmar.studio.web.app import open_studio
from mmar.studio.web.context import Studio


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Studio]:
    made = open_studio(StudioConfig(data=tmp_path / "data"))
    with made.database.write() as session:
        root = people.add_person(session, "root", "Root", made.clock(), site_admin=True)
        projects.add_project(session, "demo", "Demo", root, made.clock())
    yield made
    made.database.close()


def queue(opened: Studio, count: int, kind: str = "clip") -> None:
    with opened.database.write() as session:
        for index in range(count):
            enqueue(session, 1, kind, f"k{index}", {"index": index}, opened.clock())


def states(opened: Studio) -> Counter[str]:
    with opened.database.read() as session:
        return Counter(session.scalars(select(Job.state)))


def without_delay(opened: Studio) -> Callable[[Counter[str], int], None]:
    """Lets jobs that wait for another attempt be claimed at once."""

    def report(_ended: Counter[str], _left: int) -> None:
        with opened.database.write() as session:
            session.execute(update(Job).where(Job.state == "queued").values(not_before=None))

    return report


def doing(monkeypatch: pytest.MonkeyPatch, do: Callable[[JobContext], None]) -> None:
    monkeypatch.setattr(workers, "KINDS", {"clip": do, "propose": do})


def test_temporary_failures_are_retried(opened: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: Counter[int] = Counter()

    def do(work: JobContext) -> None:
        tries[work.payload["index"]] += 1
        if work.payload["index"] == 1 and tries[1] < 3:
            raise ExternalError("busy")
        if work.payload["index"] == 2:
            raise InputError("no sound", field="file")

    doing(monkeypatch, do)
    queue(opened, 4)
    queue(opened, 1, "propose")  # no model here: it waits, and nobody waits for it
    ended = run_queue(opened.config, opened.database, opened.clock, at_once=3, report=without_delay(opened))
    assert ended == {"done": 3, "queued": 2, "failed": 1}
    assert states(opened) == {"done": 3, "failed": 1, "queued": 1}
    with opened.database.write() as session:
        assert [(kind, number) for kind, _, number in failures(session, 1)] == [("clip", 1)]
        assert (retry_all(session, 1), retry_all(session, 1)) == (1, 0)
    assert run_queue(opened.config, opened.database, opened.clock)["failed"] == 1


def test_the_job_of_a_killed_worker_is_done(opened: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    doing(monkeypatch, lambda work: None)
    queue(opened, 2)
    with opened.database.write() as session:
        killed = claim_job(session, "killed", opened.clock(), ("clip",))
        assert killed is not None
        killed.lease_until = opened.clock()
    assert run_queue(opened.config, opened.database, opened.clock)["done"] == 2
    assert states(opened) == {"done": 2}


def test_several_workers_do_each_job_once(opened: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    together, done = threading.Barrier(4, timeout=100), []

    def do(work: JobContext) -> None:
        together.wait()
        done.append(work.payload["index"])

    doing(monkeypatch, do)
    queue(opened, 12)
    run_queue(opened.config, opened.database, opened.clock, at_once=4)
    assert sorted(done) == list(range(12))


def test_interrupted_jobs_are_queued_again(opened: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def do(_work: JobContext) -> None:
        begun.set()
        go_on.wait(100)

    def report(_ended: Counter[str], _left: int) -> None:
        if begun.wait(100):
            raise KeyboardInterrupt

    doing(monkeypatch, do)
    queue(opened, 1)
    with pytest.raises(KeyboardInterrupt):
        run_queue(opened.config, opened.database, opened.clock, report=report)
    with opened.database.read() as session:
        job = session.scalars(select(Job)).one()
        assert (job.state, job.attempts, job.lease_until) == ("queued", 0, None)
    # What the interrupted one still brings does not count; the next one's does.
    go_on.set()
    assert Worker(opened.config, opened.database, opened.clock).run_next() == "done"
    assert timedelta(0) < opened.clock() - job.created < timedelta(seconds=60)
