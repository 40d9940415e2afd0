"""Workers that claim jobs, renew their leases, and record how they ended. The jobs of a killed worker are claimed again."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from mmar.errors import ExternalError, MmarError
from mmar.studio.config import StudioConfig
from mmar.studio.data import Database
from mmar.studio.jobs import JobContext, JobLost
from mmar.studio.jobs.audio import cut_clip, fetch_recording
from mmar.studio.jobs.model_requests import propose
from mmar.studio.media.decoder import Decoder
from mmar.studio.store import jobs

KINDS: Mapping[str, Callable[[JobContext], None]] = {
    "clip": cut_clip,
    "fetch": fetch_recording,
    "propose": propose,
}
"""The function for each kind of job."""

_RENEW_EVERY_S = 15.0
_PAUSE_S = 0.25
_REPORT_EVERY_S = 0.5


def kinds_for(config: StudioConfig) -> Mapping[str, Callable[[JobContext], None]]:
    """All kinds of jobs; without model requests if no model is configured. Those wait for a worker that has one."""
    return {kind: do for kind, do in KINDS.items() if kind != "propose" or config.text_model}


class Worker:
    """A thread that does one job after another, of the given kinds (`kinds_for(config)` by default).

    `stop` is an event that several workers may share. `ended` counts how the thread's jobs ended (see `run_next`).
    """

    def __init__(
        self,
        config: StudioConfig,
        database: Database,
        clock: Callable[[], datetime],
        kinds: Mapping[str, Callable[[JobContext], None]] | None = None,
        *,
        stop: threading.Event | None = None,
    ) -> None:
        kinds = kinds_for(config) if kinds is None else kinds
        self.name = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.ended: Counter[str] = Counter()
        self._config, self._database, self._clock, self._kinds = config, database, clock, kinds
        self._decoder = Decoder()
        self._stop = stop or threading.Event()
        self._thread = threading.Thread(target=self._loop, name="mmar-studio-worker", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, patience_s: float = 5.0) -> None:
        """Stop after the current job. If it takes longer than `patience_s`, the job is queued again at once.

        A later result of that job is ignored.
        """
        self._stop.set()
        self._thread.join(patience_s)
        if self._thread.is_alive():
            with self._database.write() as session:
                jobs.requeue_jobs(session, self.name)
        self.close()

    def close(self) -> None:
        """Stop the process that decodes for this worker."""
        self._decoder.close()

    def run_next(self) -> str | None:
        """Do the next job, if there is one.

        Returns:
            `done`, `failed`, `queued` (for another attempt), or `lost` (another worker claimed it); `None` if there
            was no job.
        """
        with self._database.read() as session:
            if not jobs.has_work(session, self._clock(), tuple(self._kinds)):
                return None
        with self._database.write() as session:
            job = jobs.claim_job(session, self.name, self._clock(), tuple(self._kinds))
        if job is None:
            return None
        done = threading.Event()
        renewing = threading.Thread(target=self._renew_lease, args=(job.id, done), daemon=True)
        renewing.start()
        error, retryable = "", False
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
                    lambda session: self._check_owned(session, job.id),
                    self._decoder,
                    lambda share, message: self._advance(job.id, share, message),
                )
            )
        except JobLost:
            return "lost"
        except MmarError as caught:
            # What failed outside of the studio may work the next time.
            error, retryable = str(caught), isinstance(caught, ExternalError)
        except Exception as caught:  # noqa: BLE001 - a fault of ours must not stop the other jobs
            error = f"{type(caught).__name__}: {caught}"
        finally:
            done.set()
            renewing.join()
        with self._database.write() as session:
            state = jobs.finish_job(
                session, job.id, self.name, self._clock(), error=error, retryable=retryable
            )
        return state or "lost"

    def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                state = self.run_next()
            except MmarError:
                state = None  # the database is away for a moment: a backup, a full disk
            if state is None:
                self._stop.wait(_PAUSE_S)
            else:
                self.ended[state] += 1

    def _renew_lease(self, job_id: int, done: threading.Event) -> None:
        while not done.wait(_RENEW_EVERY_S):
            try:
                with self._database.write() as session:
                    jobs.report(session, job_id, self.name, self._clock())
            except MmarError:
                continue

    def _advance(self, job_id: int, share: float, message: str) -> None:
        with self._database.write() as session:
            self._check_owned(session, job_id, progress=share, message=message)

    def _check_owned(
        self, session: Session, job_id: int, *, progress: float | None = None, message: str = ""
    ) -> None:
        if not jobs.report(session, job_id, self.name, self._clock(), progress=progress, message=message):
            raise JobLost


def run_queue(
    config: StudioConfig,
    database: Database,
    clock: Callable[[], datetime],
    *,
    at_once: int = 1,
    stay: bool = False,
    report: Callable[[Counter[str], int], None] = lambda ended, left: None,  # noqa: ARG005
    ended: Counter[str] | None = None,
) -> Counter[str]:
    """Run jobs until none is left, including those that wait for another attempt or whose worker died.

    With `stay`, go on waiting for further jobs. `report` is called every half second with the numbers of jobs by how
    they ended (see `Worker.run_next`) and the number of jobs left.

    Returns:
        Numbers of jobs by how they ended, also in `ended`. When interrupted, running jobs are queued again first.
    """
    ended = Counter() if ended is None else ended
    stop = threading.Event()
    workers = [Worker(config, database, clock, stop=stop) for _ in range(at_once)]
    for worker in workers:
        worker.start()
    kinds, patience_s = tuple(kinds_for(config)), 0.0
    try:
        while True:
            with database.read() as session:
                left = jobs.count_unfinished(session, kinds)
            _count_ended(workers, ended)
            report(ended, left)
            if not left and not stay:
                patience_s = 5.0
                break
            stop.wait(_REPORT_EVERY_S)
    finally:
        stop.set()
        for worker in workers:
            worker.stop(patience_s)
        _count_ended(workers, ended)
    return ended


def _count_ended(workers: Sequence[Worker], ended: Counter[str]) -> None:
    ended.clear()
    for worker in workers:
        ended.update(worker.ended)
