"""Workers that claim jobs, keep the lease alive, and record the outcome. The jobs of a killed worker are claimed again."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from mmar.errors import InputError, MmarError, UsageError
from mmar.studio.config import StudioConfig
from mmar.studio.data import Database
from mmar.studio.jobs.clips import cut_clip
from mmar.studio.jobs.context import JobContext, JobLost, RetryJob
from mmar.studio.jobs.fetch import fetch_recording
from mmar.studio.jobs.model_requests import propose
from mmar.studio.media.decoder import Decoder
from mmar.studio.store import jobs

__all__ = ["KINDS", "JobOutcome", "Worker", "kinds_for", "run_queue"]

KINDS: Mapping[str, Callable[[JobContext], None]] = {
    "clip": cut_clip,
    "fetch": fetch_recording,
    "propose": propose,
}
"""The function for each kind of job."""

_BEAT_S = 15.0
_PAUSE_S = 0.5


class JobOutcome(StrEnum):
    """The outcome of a job."""

    DONE = "done"
    FAILED = "failed"
    AGAIN = "again"  # queued for another attempt
    LOST = "lost"  # claimed by another worker


def kinds_for(config: StudioConfig) -> Mapping[str, Callable[[JobContext], None]]:
    """All kinds of jobs; without model requests if no model is configured. Those wait for a worker that has one."""
    return {kind: do for kind, do in KINDS.items() if kind != "propose" or config.text_model}


class Worker:
    """A thread that does one job after another, of the given kinds (`kinds_for(config)` by default)."""

    def __init__(
        self,
        config: StudioConfig,
        database: Database,
        clock: Callable[[], datetime],
        kinds: Mapping[str, Callable[[JobContext], None]] | None = None,
    ) -> None:
        kinds = kinds_for(config) if kinds is None else kinds
        self.name = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._config, self._database, self._clock, self._kinds = config, database, clock, kinds
        self._decoder = Decoder()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="mmar-studio-worker", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, patience_s: float = 5.0) -> None:
        """Stop after the current job. If it takes longer than `patience_s`, the job is queued again at once."""
        self._stop.set()
        self._thread.join(patience_s)
        if self._thread.is_alive():
            self.drop()
        self.close()

    def close(self) -> None:
        """Stop the process that decodes for this worker."""
        self._decoder.close()

    def drop(self) -> None:
        """Queue this worker's job again; a later result of this worker is ignored."""
        with self._database.write() as session:
            jobs.requeue_jobs(session, self.name)

    def do_one(self) -> JobOutcome | None:
        """Do the next job, if there is one.

        Returns:
            The outcome; `None` if there was no job.
        """
        with self._database.read() as session:
            if not jobs.has_work(session, self._clock(), tuple(self._kinds)):
                return None
        with self._database.write() as session:
            job = jobs.claim_job(session, self.name, self._clock(), tuple(self._kinds))
        if job is None:
            return None
        done = threading.Event()
        beat = threading.Thread(target=self._beat, args=(job.id, done), daemon=True)
        beat.start()
        error, again = "", False
        try:
            self._kinds[job.kind](
                JobContext(
                    job.id,
                    job.project_id,
                    job.payload,
                    job.person_id,
                    self._config,
                    self._database,
                    self._clock,
                    lambda session: self._still_mine(session, job.id),
                    self._decoder,
                    lambda share, words: self._advance(job.id, share, words),
                )
            )
        except JobLost:
            return JobOutcome.LOST
        except RetryJob as caught:
            error, again = str(caught), True
        except (InputError, UsageError) as caught:
            error = str(caught)
        except MmarError as caught:
            error, again = str(caught), True
        except Exception as caught:  # noqa: BLE001 - a fault of ours must not stop the other jobs
            error = f"{type(caught).__name__}: {caught}"
        finally:
            done.set()
            beat.join()
        with self._database.write() as session:
            state = jobs.finish_job(session, job.id, self.name, self._clock(), error=error, again=again)
        return {"done": JobOutcome.DONE, "queued": JobOutcome.AGAIN, "failed": JobOutcome.FAILED}.get(
            state or "", JobOutcome.LOST
        )

    def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                busy = self.do_one() is not None
            except MmarError:
                busy = False  # the database is away for a moment: a backup, a full disk
            if not busy:
                self._stop.wait(_PAUSE_S)

    def _beat(self, job_id: int, done: threading.Event) -> None:
        while not done.wait(_BEAT_S):
            try:
                with self._database.write() as session:
                    jobs.report(session, job_id, self.name, self._clock())
            except MmarError:
                continue

    def _advance(self, job_id: int, share: float, words: str) -> None:
        with self._database.write() as session:
            if not jobs.report(session, job_id, self.name, self._clock(), progress=share, message=words):
                raise JobLost

    def _still_mine(self, session: Session, job_id: int) -> None:
        if not jobs.report(session, job_id, self.name, self._clock()):
            raise JobLost


_PAUSE_S = 0.25
_LOOK_S = 0.5


def run_queue(
    config: StudioConfig,
    database: Database,
    clock: Callable[[], datetime],
    *,
    at_once: int = 1,
    stay: bool = False,
    report: Callable[[Counter[JobOutcome], int], None] = lambda ended, left: None,  # noqa: ARG005
    ended: Counter[JobOutcome] | None = None,
) -> Counter[JobOutcome]:
    """Run jobs until none is left, including those that wait for another attempt or whose worker died.

    With `stay`, go on waiting for further jobs. `report` is called every half second with the outcomes so far and
    the number of jobs left.

    Returns:
        Outcomes of the jobs, also counted in `ended`. When interrupted, running jobs are queued again first.
    """
    ended = Counter() if ended is None else ended
    stop, lock = threading.Event(), threading.Lock()
    workers = [Worker(config, database, clock) for _ in range(at_once)]

    def work(worker: Worker) -> None:
        while not stop.is_set():
            try:
                how = worker.do_one()
            except MmarError:
                how = None  # the database is away for a moment: a backup, a full disk
            if how is None:
                stop.wait(_PAUSE_S)
            else:
                with lock:
                    ended[how] += 1

    threads = [threading.Thread(target=work, args=(worker,), daemon=True) for worker in workers]
    for thread in threads:
        thread.start()
    kinds = tuple(kinds_for(config))
    try:
        while True:
            with database.read() as session:
                left = jobs.count_unfinished(session, kinds)
            report(ended, left)
            if not left and not stay:
                break
            stop.wait(_LOOK_S)
    finally:
        stop.set()
        for worker in workers:
            worker.drop()
    for thread in threads:
        thread.join()
    for worker in workers:
        worker.close()
    return ended
