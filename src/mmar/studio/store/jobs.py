"""Background jobs: queued in the transaction of the request, claimed by lease, retried.

When a worker dies, its lease ends and the next worker claims its job.
Every kind of job can be repeated, because nobody knows how far a dead worker came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from mmar.studio.data.tables import Job

JOB_LEASE = timedelta(seconds=60)
"""A worker that does not renew its lease for this long is considered dead."""

MOST_ATTEMPTS = 4


def enqueue(
    session: Session,
    project_id: int,
    kind: str,
    key: str,
    payload: Mapping[str, Any],
    now: datetime,
    *,
    person_id: int | None = None,
    item_id: int | None = None,
) -> Job:
    """Queue a job, unless one of the same kind and key is queued or running."""
    result = session.scalar(
        select(Job).where(
            Job.project_id == project_id,
            Job.kind == kind,
            Job.key == key,
            Job.state.in_(["queued", "running"]),
        )
    )
    if result is not None:
        return result
    job = Job(
        project_id=project_id,
        kind=kind,
        key=key,
        payload=dict(payload),
        person_id=person_id,
        item_id=item_id,
        created=now,
    )
    session.add(job)
    session.flush()
    return job


def has_work(session: Session, now: datetime, kinds: Sequence[str]) -> bool:
    """Whether a job can be claimed now. Only reads, so that idle workers block no writer."""
    return session.scalar(_next(now, kinds).with_only_columns(Job.id)) is not None


def _next(now: datetime, kinds: Sequence[str]) -> Select[Job]:
    return (
        select(Job)
        .where(
            Job.kind.in_(kinds),
            or_(
                (Job.state == "queued") & or_(Job.not_before.is_(None), Job.not_before <= now),
                (Job.state == "running") & (Job.lease_until <= now),
            ),
        )
        .order_by(Job.id)
        .limit(1)
    )


def claim_job(session: Session, worker: str, now: datetime, kinds: Sequence[str]) -> Job | None:
    """Claim the next job, or one whose worker died."""
    job = session.scalar(_next(now, kinds).with_for_update(skip_locked=True))
    if job is None:
        return None
    if job.attempts >= MOST_ATTEMPTS:
        job.state, job.finished = "failed", now
        job.message = job.message or "its worker died each time"
        session.flush()
        return claim_job(session, worker, now, kinds)
    job.state, job.worker, job.lease_until = "running", worker, now + JOB_LEASE
    job.attempts += 1
    job.progress = 0.0
    session.flush()
    return job


def report(
    session: Session,
    job_id: int,
    worker: str,
    now: datetime,
    *,
    progress: float | None = None,
    message: str = "",
) -> bool:
    """Renew a worker's lease, with its progress; returns whether the job is still this worker's."""
    values: dict[str, Any] = {"lease_until": now + JOB_LEASE}
    if progress is not None:
        values["progress"] = min(1.0, max(0.0, progress))
    if message:
        values["message"] = message[:2000]
    result = session.execute(
        update(Job).where(Job.id == job_id, Job.worker == worker, Job.state == "running").values(**values)
    )
    return bool(getattr(result, "rowcount", 0))


def finish_job(
    session: Session, job_id: int, worker: str, now: datetime, *, error: str = "", retryable: bool = False
) -> str | None:
    """Record the end of a job, and return its state; `None` if the job is no longer this worker's.

    With a `retryable` error it is queued for another attempt, a few times.
    """
    job = session.get(Job, job_id, with_for_update=True)
    if job is None or job.worker != worker or job.state != "running":
        return None
    job.lease_until = None
    if not error:
        job.state, job.progress, job.message, job.finished = "done", 1.0, "", now
    elif retryable and job.attempts < MOST_ATTEMPTS:
        job.state, job.message = "queued", error[:2000]
        job.not_before = now + timedelta(seconds=5 * 3 ** (job.attempts - 1))
    else:
        job.state, job.message, job.finished = "failed", error[:2000], now
    session.flush()
    return job.state


def retry(session: Session, project_id: int, job_id: int) -> None:
    """Queue a failed job again, with the full number of attempts."""
    session.execute(
        update(Job)
        .where(Job.id == job_id, Job.project_id == project_id, Job.state == "failed")
        .values(state="queued", attempts=0, progress=0.0, not_before=None, finished=None, worker="")
    )


def retry_all(session: Session, project_id: int) -> int:
    """Queue every failed job of a project again unless there is a newer one of the same key; returns how many."""
    newer = aliased(Job)
    since = exists().where(
        newer.project_id == Job.project_id,
        newer.kind == Job.kind,
        newer.key == Job.key,
        newer.id > Job.id,
        newer.state != "failed",
    )
    failed = session.scalars(select(Job).where(Job.project_id == project_id, Job.state == "failed", ~since))
    latest = {(job.kind, job.key): job for job in failed}
    for job in latest.values():
        retry(session, project_id, job.id)
    return len(latest)


def requeue_jobs(session: Session, worker: str) -> int:
    """Queue the jobs of a worker that stops, without waiting for the end of its leases; returns how many."""
    result = session.execute(
        update(Job)
        .where(Job.worker == worker, Job.state == "running")
        .values(state="queued", worker="", lease_until=None, progress=0.0, attempts=Job.attempts - 1)
    )
    return int(getattr(result, "rowcount", 0))


def count_unfinished(session: Session, kinds: Sequence[str]) -> int:
    """The number of queued and running jobs of some kinds in all projects."""
    query = select(func.count()).select_from(Job)
    return session.scalar(query.where(Job.kind.in_(kinds), Job.state.in_(["queued", "running"]))) or 0


def failures(session: Session, project_id: int) -> list[tuple[str, str, int]]:
    """Kind, message and number of failed jobs, the 20 most frequent first."""
    count = func.count()
    rows = session.execute(
        select(Job.kind, Job.message, count)
        .where(Job.project_id == project_id, Job.state == "failed")
        .group_by(Job.kind, Job.message)
        .order_by(count.desc(), Job.kind, Job.message)
        .limit(20)
    )
    return [(kind, message, number) for kind, message, number in rows]


def jobs_page(session: Session, project_id: int, *, limit: int = 100) -> Sequence[Job]:
    """The newest jobs: running, waiting, failed, then done."""
    order = case({"running": 0, "failed": 1, "queued": 2}, value=Job.state, else_=3)
    return session.scalars(
        select(Job).where(Job.project_id == project_id).order_by(order, Job.id.desc()).limit(limit)
    ).all()


def newest_job(session: Session, project_id: int, kind: str, key: str) -> Job | None:
    """The newest job of a kind and key."""
    return session.scalar(
        select(Job)
        .where(Job.project_id == project_id, Job.kind == kind, Job.key == key)
        .order_by(Job.id.desc())
        .limit(1)
    )


def job_counts(session: Session, project_id: int) -> dict[str, int]:
    """Jobs by state."""
    rows = session.execute(
        select(Job.state, func.count()).where(Job.project_id == project_id).group_by(Job.state)
    )
    return dict(rows.all())


def active_jobs(session: Session, project_id: int, item_id: int, kind: str) -> int:
    """The number of jobs of a kind that are queued or running for an item."""
    query = select(func.count(Job.id)).where(
        Job.project_id == project_id,
        Job.item_id == item_id,
        Job.kind == kind,
        Job.state.in_(["queued", "running"]),
    )
    return session.scalar(query) or 0
