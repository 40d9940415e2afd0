"""Doing all jobs that there are, several at once, until none is left: the command line's way to work."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from mmar.errors import MmarError
from mmar.studio.config import StudioConfig
from mmar.studio.data import Database
from mmar.studio.jobs.worker import Ended, Worker, kinds_for
from mmar.studio.store.jobs import unfinished

__all__ = ["drain"]

_PAUSE_S = 0.25
_LOOK_S = 0.5

Told = Callable[[Counter[Ended], int], None]
"""Told how jobs ended so far, and how many are left."""


def drain(
    config: StudioConfig,
    database: Database,
    clock: Callable[[], datetime],
    *,
    at_once: int = 1,
    stay: bool = False,
    told: Told = lambda ended, left: None,  # noqa: ARG005
    ended: Counter[Ended] | None = None,
) -> Counter[Ended]:
    """Do jobs until none is left: also those that wait for another try, and those whose worker died.

    Args:
        config: the studio's configuration.
        database: for reading and writing.
        clock: the moment, UTC.
        at_once: how many at once.
        stay: go on waiting for further jobs.
        told: called now and then.
        ended: counted here too, so that who interrupts this knows what was done.

    Returns:
        How jobs ended. Interrupted, what is in hand is queued again first.
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
                left = unfinished(session, kinds)
            told(ended, left)
            if not left and not stay:
                break
            stop.wait(_LOOK_S)
    finally:
        stop.set()
        for worker in workers:
            worker.drop()
    for thread in threads:
        thread.join()
    return ended
