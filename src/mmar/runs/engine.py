"""The engine: asks every request, so many at a time, tries again what can succeed, records before it counts.

Answers go to one writer, which takes all that have gathered and writes them in one flush: at a thousand
answers a second a flush for each would be the bottleneck, and nothing may be counted before it is on disk.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator

import msgspec

from mmar.errors import MmarError, WorldError
from mmar.models import Answer, AskFailed, Failure, Model
from mmar.protocols import Request
from mmar.runs.ledger import Ledger
from mmar.runs.manifest import now

__all__ = ["Counts", "Limits", "ask_all"]


class Limits(msgspec.Struct, frozen=True):
    """How hard to try.

    Attributes:
        concurrency: most requests in flight.
        tries: most requests for one item.
        timeout_s: longest wait for one answer, in seconds.
        backoff_s: first wait before trying again, doubled each time, with jitter.
        longest_backoff_s: longest wait before trying again, unless the service asks for more.
        hopeless: so many denials (bad key, unknown model) or crashes, with no answer yet, end the run.
    """

    concurrency: int = 8
    tries: int = 5
    timeout_s: float = 300.0
    backoff_s: float = 1.0
    longest_backoff_s: float = 60.0
    hopeless: int = 3


class Counts(msgspec.Struct):
    """What is on disk of this session.

    Attributes:
        answered: answers written.
        failed: failures written, by kind.
    """

    answered: int = 0
    failed: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def done(self) -> int:
        """Answers and failures."""
        return self.answered + sum(self.failed.values())


async def ask_all(
    model: Model,
    requests: Iterator[Request],
    ledger: Ledger,
    limits: Limits,
    *,
    stop: asyncio.Event,
    progress: Callable[[Counts], None] = lambda _: None,
    seed: int = 0,
) -> Counts:
    """Ask every request and record every answer.

    Args:
        model: who is asked.
        requests: taken one at a time as places come free, so that memory stays flat.
        ledger: where answers go before they are counted.
        limits: how hard to try.
        stop: when set, nothing new is asked and what is in flight is finished.
        progress: called with the counts after each flush.
        seed: of the jitter.

    Raises:
        WorldError: the disk refuses, or the service will not serve this caller at all.
    """
    counts = Counts()
    written: asyncio.Queue[Answer | None] = asyncio.Queue(maxsize=4 * limits.concurrency)
    jitter = random.Random(seed)  # noqa: S311 - spreads retries, guards nothing
    denials = _Denials(limits.hopeless)

    async def work() -> None:
        for request in requests:
            answer = await _ask(model, request, limits, jitter, stop)
            if answer is not None:
                await written.put(answer)
                denials.note(answer, stop)
            if stop.is_set():
                return

    async def write() -> None:
        last = False
        while not last:
            batch = [await written.get()]
            while not written.empty():
                batch.append(written.get_nowait())
            last = batch[-1] is None
            answers = [answer for answer in batch if answer is not None]
            if answers:
                await asyncio.to_thread(ledger.append, answers)
                for answer in answers:
                    if answer.failure is None:
                        counts.answered += 1
                    else:
                        counts.failed[answer.failure.kind] = counts.failed.get(answer.failure.kind, 0) + 1
                progress(counts)

    try:
        async with asyncio.TaskGroup() as group:
            writer = group.create_task(write())
            workers = [group.create_task(work()) for _ in range(limits.concurrency)]
            await asyncio.gather(*workers)
            await written.put(None)
            await writer
    except ExceptionGroup as failures:
        known = [error for error in failures.exceptions if isinstance(error, MmarError)]
        raise (known or failures.exceptions)[0] from None
    if denials.message:
        raise WorldError(
            f"stopped after {denials.count} failures and no answer: {denials.message}\n"
            "  → correct the key, the model's name or the address, and give the same command again"
        )
    return counts


class _Denials:
    """Ends a run that cannot succeed: the first few requests were denied, or broke the model, and none was answered."""

    def __init__(self, enough: int) -> None:
        self.enough, self.count, self.answered, self.message = enough, 0, False, ""

    def note(self, answer: Answer, stop: asyncio.Event) -> None:
        if answer.failure is None:
            self.answered = True
        elif answer.failure.kind in ("denied", "crash") and not self.answered:
            self.count += 1
            if self.count >= self.enough:
                self.message = answer.failure.message
                stop.set()


async def _ask(
    model: Model, request: Request, limits: Limits, jitter: random.Random, stop: asyncio.Event
) -> Answer | None:
    """Ask one request until there is an answer or a failure that stays; `None` when stopped between tries."""
    digest = request.digest()
    for tried in range(1, limits.tries + 1):
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(limits.timeout_s):
                answer = await model.ask(request)
        except TimeoutError:
            failed = AskFailed("timeout", f"no answer in {limits.timeout_s:g} s", again=True)
        except AskFailed as error:
            failed = error
        except MmarError:
            raise  # about the run as a whole, and said to the person
        except Exception as error:  # noqa: BLE001 - a model may be anybody's code; the answers in flight are paid for
            failed = AskFailed("crash", f"{type(error).__name__}: {error}")
        else:
            return msgspec.structs.replace(
                answer,
                id=request.item_id,
                latency_s=round(time.perf_counter() - begun, 4),
                tries=tried,
                request=digest,
                at=now(),
            )
        if not failed.again or tried == limits.tries or stop.is_set():
            break
        wait = min(limits.longest_backoff_s, limits.backoff_s * 2 ** (tried - 1)) * jitter.uniform(0.5, 1.5)
        if not await _sleep(max(wait, failed.after_s or 0.0), stop):
            break
    return Answer(
        request.item_id, "", "", Failure(failed.kind, failed.message), tries=tried, request=digest, at=now()
    )


async def _sleep(seconds: float, stop: asyncio.Event) -> bool:
    """Wait; `False` when stopped meanwhile."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return True
    return False
