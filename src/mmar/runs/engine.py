"""The engine: asks every request, so many at a time, tries again what can succeed, records before it counts."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Sequence

import msgspec

from mmar.errors import ExternalError, InputError, MmarError
from mmar.models import Answer, Failure, Model, RequestFailed
from mmar.protocols import Request
from mmar.runs.budget import Budget
from mmar.runs.cache import Cache
from mmar.runs.ledger import Ledger
from mmar.runs.limits import Limits
from mmar.runs.manifest import now
from mmar.runs.pace import Pace
from mmar.runs.recorder import Recorder

__all__ = ["Counts", "Engine"]


class Counts(msgspec.Struct):
    """What is on disk of this session.

    Attributes:
        answered: answers written.
        failed: failures written, by kind.
        said: what the first failure of each kind said.
        cached: of the answers, those that were paid for before.
        requests: requests sent, all tries counted.
        tokens: tokens of the answers, as the service counted them.
        money: their cost, where there is a price.
        stopped: why nothing more was asked; empty when all were.
    """

    answered: int = 0
    failed: dict[str, int] = msgspec.field(default_factory=dict)
    said: dict[str, str] = msgspec.field(default_factory=dict)
    cached: int = 0
    requests: int = 0
    tokens: int = 0
    money: float = 0.0
    stopped: str = ""

    @property
    def done(self) -> int:
        """Answers and failures."""
        return self.answered + sum(self.failed.values())


_PUSHED_BACK = ("rate_limit", "server", "timeout")
_LATER = 5
# A denial is about the caller and a crash about the program; a rejection may be about one clip that is too long.
_PATIENCE = {"denied": 1, "crash": 1, "rejected": 7}
_CORRECT = {
    "denied": "the key, the model's name or the address",
    "crash": "the program",
    "rejected": "the model's options or the protocol: the service takes no request as it is put",
}


class Engine:
    """Asks requests of one model and records the answers in one ledger.

    Args:
        model: who is asked.
        ledger: where answers go before they are counted.
        limits: how hard to try.
        budget: what may be spent.
        cache: answers that were paid for before.
        seed: of the jitter.
        served: whether the run has answers of an earlier session.
        progress: called with the counts after each flush.
    """

    def __init__(
        self,
        model: Model,
        ledger: Ledger,
        limits: Limits,
        *,
        budget: Budget | None = None,
        cache: Cache | None = None,
        seed: int = 0,
        served: bool = False,
        progress: Callable[[Counts], None] = lambda _: None,
    ) -> None:
        self.model, self.limits = model, limits
        self.budget, self.cache, self.progress = budget or Budget(), cache, progress
        self.counts = Counts()
        self.stop = asyncio.Event()
        self.pace = Pace(limits.concurrency, most=limits.most, rate=limits.rate, token_rate=limits.token_rate)
        self._jitter = random.Random(seed)  # noqa: S311 - spreads retries, guards nothing
        self._recorder = Recorder(ledger, cache, self._count)
        self._served, self._ever_served, self._denied = False, served, 0
        self._keeps_time = bool(getattr(model, "keeps_time", False))
        self._hopeless: RequestFailed | None = None

    def halt(self, why: str) -> None:
        """Ask nothing more, and finish what is in flight."""
        if not self.stop.is_set():
            self.counts.stopped = why
            self.stop.set()
            self.pace.wake()
            self.progress(self.counts)

    async def ask_all(
        self, requests: Iterator[Request], make: Callable[[Request], Request] | None = None
    ) -> Counts:
        """Ask every request and record every answer.

        Args:
            requests: taken one at a time as places come free, so that memory stays flat.
            make: makes what is really asked of a request, in a thread, just before it is asked; a clip that it
                makes is deleted when the answer is there.

        Raises:
            ExternalError: the disk refuses, or the service will not serve this caller at all.
        """
        loop = asyncio.get_running_loop()
        deadline = None
        if self.limits.deadline_s is not None:
            deadline = loop.call_later(self.limits.deadline_s, self.halt, "the deadline is over")
        writer = asyncio.create_task(self._write())
        asking: set[asyncio.Task[None]] = set()
        try:
            for request in requests:
                if not self.budget.allows(self.pace.in_flight):
                    self.halt("the budget is spent")
                if writer.done() or not await self.pace.enter(self.stop):
                    break
                task = asyncio.create_task(self._one(request, make))
                asking.add(task)
                task.add_done_callback(asking.discard)
            await _all(asking, writer)
        finally:
            if deadline is not None:
                deadline.cancel()
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
            await self._recorder.end(writer)
        if self._hopeless is not None:
            raise ExternalError(
                f"stopped after {self._denied} failures with no answer between them: {self._hopeless.message}\n"
                f"  → correct {_CORRECT[self._hopeless.kind]}, and give the same command again"
            )
        return self.counts

    async def _one(self, request: Request, make: Callable[[Request], Request] | None) -> None:
        """Ask one request, and hand its answer to the writer."""
        key, answer, made = None, None, request
        try:
            try:
                if make is not None:
                    made = await asyncio.to_thread(make, request)
                if self.cache is not None:
                    key = await asyncio.to_thread(self.cache.key, made)
                    answer = self.cache.get(key)
            except (OSError, InputError) as error:
                answer = Answer.failed(request.item_id, "audio", f"{request.audio}: {error}")
            if answer is None:
                answer = await self._ask(made)
            if answer is not None:
                answer = msgspec.structs.replace(
                    answer, id=request.item_id, rotation=request.rotation, repeat=request.repeat
                )
                await self._recorder.put(key, answer)
        except MmarError as error:
            self.halt(str(error))
            raise
        finally:
            self.pace.leave()
            if made.audio is not None and made.audio != request.audio:
                made.audio.unlink(missing_ok=True)

    async def _ask(self, request: Request) -> Answer | None:
        """Ask until there is an answer or a failure that stays; `None` when stopped between tries."""
        digest = request.digest()
        limits = self.limits
        for tried in range(1, limits.max_attempts + 1):
            begun = time.perf_counter()
            try:
                async with asyncio.timeout(None if self._keeps_time else limits.timeout_s):
                    answer = await self.model.ask(request)
            except TimeoutError:
                failed = RequestFailed("timeout", f"no answer in {limits.timeout_s:g} s", retryable=True)
            except RequestFailed as error:
                failed = error
            except MmarError:
                raise  # about the run as a whole, and said to the person
            except Exception as error:  # noqa: BLE001 - a model may be anybody's code; what is in flight is paid for
                failed = RequestFailed("crash", f"{type(error).__name__}: {error}")
            else:
                self.counts.requests += 1
                self._served = self._ever_served = True
                self._denied = 0
                latency = time.perf_counter() - begun
                self.pace.answered(latency)
                self.pace.spent(self.budget.spend(answer.usage))
                return msgspec.structs.replace(
                    answer, latency_s=round(latency, 4), attempts=tried, request=digest, at=now()
                )
            self.counts.requests += failed.kind != "audio"  # for want of its clip nothing was asked
            self.pace.spent(self.budget.spend(failed.usage))
            self._note(failed)
            if not failed.retryable or tried == limits.max_attempts or self.stop.is_set():
                break
            if not (
                await self._sleep(limits.wait_s(tried, failed.retry_after_s, self._jitter))
                and await self.pace.turn(self.stop)
            ):
                return None  # it may be asked again, so it is not recorded as failed
        return Answer(
            request.item_id,
            "",
            "",
            Failure(failed.kind, failed.message),
            usage=failed.usage,
            attempts=tried,
            request=digest,
            at=now(),
        )

    def _note(self, failed: RequestFailed) -> None:
        """Let a failure slow down the rest, or end what cannot succeed."""
        if failed.kind in _PUSHED_BACK:
            self.pace.pushed_back()
        if failed.kind == "rate_limit" and failed.retry_after_s:
            self.pace.hold(failed.retry_after_s)
        patience = _PATIENCE.get(failed.kind)
        if patience is None or (failed.kind == "rejected" and self._ever_served):
            return
        self._denied += 1
        # A crash may be one item's fault; a denial late in a run is a key that was taken away, or a quota spent.
        enough = self.limits.hopeless * patience * (_LATER if self._served else 1)
        if self._denied >= enough and not (self._served and failed.kind == "crash"):
            self._hopeless = failed
            self.halt(failed.message)

    async def _sleep(self, seconds: float) -> bool:
        """Wait; `False` when stopped meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                await self.stop.wait()
        except TimeoutError:
            return True
        return False

    async def _write(self) -> None:
        try:
            await self._recorder.write()
        except MmarError as error:
            self.halt(str(error))
            raise

    def _count(self, recorded: Sequence[Answer]) -> None:
        """Count answers that are on disk."""
        counts = self.counts
        for answer in recorded:
            if answer.failure is not None:
                kind = answer.failure.kind
                counts.failed[kind] = counts.failed.get(kind, 0) + 1
                counts.said.setdefault(kind, answer.failure.message)
            else:
                counts.answered += 1
                counts.cached += answer.cached
        counts.tokens, counts.money = self.budget.spent_tokens, self.budget.spent_money
        self.progress(counts)


async def _all(asking: set[asyncio.Task[None]], writer: asyncio.Task[None]) -> None:
    """Wait for every task; an error of one, or of the writer, is raised at once."""
    while asking and not writer.done():
        done, _ = await asyncio.wait({*asking, writer}, return_when=asyncio.FIRST_COMPLETED)
        for task in done - {writer}:
            task.result()
