"""Jobs that wait, fail, lose their worker, or serve many items at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from actions import BASE, CONTENT
from sqlalchemy import func, select

from conftest import MediaServer, Site, on_both
from mmar.errors import ExternalError
from mmar.studio.data.tables import Clip, Job, Recording
from mmar.studio.jobs import JobContext
from mmar.studio.jobs.worker import Worker
from mmar.studio.store.jobs import JOB_LEASE, MOST_ATTEMPTS, claim_job, enqueue, retry
from waiting import until


@on_both
def test_the_job_of_a_dead_worker_is_done_by_another(
    site: Site,
) -> None:
    database, clock = site.studio.database, site.studio.clock
    with database.write() as session:
        job = enqueue(session, 1, "mine", "k", {}, clock())
        assert enqueue(session, 1, "mine", "k", {}, clock()).id == job.id
    with database.write() as session:
        assert claim_job(session, "dead", clock(), ["mine"])
    done: list[str] = []

    def work(one: JobContext) -> None:
        done.append("again")

    fresh = Worker(site.studio.config, database, clock, {"mine": work})
    assert not fresh.run_next()  # the lease of the dead one still runs
    late = Worker(site.studio.config, database, lambda: clock() + JOB_LEASE, {"mine": work})
    assert late.run_next()
    assert done == ["again"]
    with database.read() as session:
        assert session.scalar(select(Job.state).where(Job.id == job.id)) == "done"


def test_a_model_request_waits_for_a_worker_with_a_model(site: Site) -> None:
    with site.studio.database.write() as session:
        job = enqueue(session, 1, "propose", "k", {"kind": "guess", "item": 1}, site.studio.clock())
    assert not Worker(site.studio.config, site.studio.database, site.studio.clock).run_next()
    with site.studio.database.read() as session:
        assert session.get_one(Job, job.id).state == "queued"


def test_a_job_that_keeps_failing_ends_as_failed_and_may_be_retried(site: Site) -> None:
    database = site.studio.database
    times = iter(range(100))

    def clock() -> object:
        return site.studio.clock() + timedelta(hours=next(times))

    def work(_: JobContext) -> None:
        raise ExternalError("the network is away")

    with database.write() as session:
        job = enqueue(session, 1, "mine", "k", {}, site.studio.clock())
    worker = Worker(site.studio.config, database, clock, {"mine": work})  # type: ignore[arg-type]
    rounds = 0
    while worker.run_next():
        rounds += 1
    assert rounds == MOST_ATTEMPTS
    with database.write() as session:
        result = session.get_one(Job, job.id)
        assert (result.state, result.message) == ("failed", "the network is away")
        retry(session, 1, job.id)
    assert worker.run_next()


def test_a_recording_is_fetched_once_and_every_waiting_item_gets_its_clip(
    site: Site, recording: Path, media_server: MediaServer
) -> None:
    media_server.files["/take.wav"] = recording.read_bytes()
    url = f"http://127.0.0.1:{media_server.port}/take.wav"
    anna = site.client("anna")
    for part in ("0:01,0:03", "0:02,0:04;0:08,0:09"):
        item = anna.post(f"{BASE}/items").json()["id"]
        content = {**CONTENT, "url": url, "timestamp": part}
        anna.put(f"{BASE}/items/{item}", json={"version": 0, "revision": 0, "content": content})
    with site.studio.database.write() as session:
        source = {"url": url, "source": f"url:{url}"}
        enqueue(session, 1, "fetch", source["source"], source, site.studio.clock())

    def clips() -> int:
        with site.studio.database.read() as session:
            return session.scalar(select(func.count()).select_from(Clip))

    until(lambda: clips() == 2)  # the server's own worker fetches and cuts
    with site.studio.database.read() as session:
        assert sorted(round(d, 2) for d in session.scalars(select(Clip.duration))) == [2.0, 3.0]
        assert session.scalars(select(Recording.duration)).one() == pytest.approx(12.0)
        second = session.scalars(select(Clip).order_by(Clip.id.desc()).limit(1)).one()
        assert set(second.alike) <= set(session.scalars(select(Clip.id)))
    assert media_server.served.count("/take.wav") == 1
