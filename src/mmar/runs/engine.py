"""The engine: sends the requests of a run, several at a time, retries what can succeed, and records every result.

Every request ends as an answer or a failure in the ledger, unless the run is stopped before. Whatever is raised
while a request is made, looked up, sent or recorded is that request's failure.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from mmar.errors import ExternalError, InputError, MmarError
from mmar.models import Answer, FailureKind, Model, RequestFailed
from mmar.protocols import Request
from mmar.runs.budget import Spending
from mmar.runs.ledger import Ledger, RequestKey, request_key
from mmar.runs.manifest import now
from mmar.runs.rate_limit import RateLimiter
from mmar.runs.recorder import Cache, Recorder
from mmar.runs.spec import RunSpec
from mmar.runs.stop_rules import FailureWatch, FirstAnswers

_PUSHED_BACK = ("rate_limit", "server", "timeout")
_REPORT_S = 5.0
# After so long without any result the model's server is asked for something small, which may take as long.
_SILENCE_S = 30.0

_Make = Callable[[Request], Request]


class Counts(msgspec.Struct):
    """Progress of a session.

    Attributes:
        answered: answers on disk.
        failed: failures on disk, by kind.
        reasons: message of the first failed attempt of each kind, retried ones included.
        latest: message of the latest failed attempt.
        retried: failed attempts after which the request is sent again.
        cached: of the answers, those taken from the cache.
        requests: requests sent, all attempts counted.
        tokens: tokens spent, as the service counted them.
        money: their cost, where there is a price.
        warnings: what the session's first answers show to be wrong, see `mmar.runs.stop_rules`.
        waiting: what is known while no request has had a result for long; empty once one has.
        stopped: why no further request was sent; empty when all were.
    """

    answered: int = 0
    failed: dict[str, int] = msgspec.field(default_factory=dict)
    reasons: dict[str, str] = msgspec.field(default_factory=dict)
    latest: str = ""
    retried: int = 0
    cached: int = 0
    requests: int = 0
    tokens: int = 0
    money: float = 0.0
    warnings: list[str] = msgspec.field(default_factory=list)
    waiting: str = ""
    stopped: str = ""

    @property
    def done(self) -> int:
        """Answers and failures on disk."""
        return self.answered + sum(self.failed.values())


class Engine:
    """Sends requests to one model and records the answers in one ledger.

    Args:
        model: asked for each answer.
        ledger: where every result is written before it is counted.
        spec: limits, retries and budget.
        cache: answers shared by several runs.
        answered_before: whether the run has answers of an earlier session.
        progress: called with the counts after each write, at each new kind of failure, and every few seconds.
        silence_s: seconds without any result after which the model's server is asked whether it replies at all.
    """

    def __init__(
        self,
        model: Model,
        ledger: Ledger,
        spec: RunSpec,
        *,
        cache: Cache | None = None,
        answered_before: bool = False,
        progress: Callable[[Counts], None] = lambda _: None,
        silence_s: float = _SILENCE_S,
    ) -> None:
        self._silence_s = silence_s
        self.model, self.spec, self.cache, self.progress = model, spec, cache, progress
        self.counts = Counts()
        self.spending = Spending(spec.budget)
        self.stop = asyncio.Event()
        self.limiter = RateLimiter(
            spec.concurrency or getattr(model, "in_flight", None),
            rate=spec.rate,
            token_rate=spec.token_rate,
        )
        self._rng = random.Random(spec.seed)  # noqa: S311 - spreads retries, guards nothing
        self._recorder = Recorder(ledger, cache, self._count)
        self._watch = FailureWatch(spec.stop_after, spec.max_attempts, answered_before=answered_before)
        self._first = FirstAnswers(spec.protocol.reading, self._warn)
        self._own_timeout = bool(getattr(model, "enforces_timeout", False))
        self._error: Exception | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def stop_sending(self, reason: str) -> None:
        """Send no further request, and finish those in flight."""
        if not self.stop.is_set():
            self.counts.stopped = reason
            self.stop.set()
            self.limiter.wake()
            self._report_progress()

    def cancel_requests(self) -> None:
        """Give up the requests in flight, too."""
        for task in self._tasks:
            task.cancel()

    async def ask_all(self, requests: Iterable[Request | Answer], make: _Make | None = None) -> Counts:
        """Send every request and record every result.

        Args:
            requests: taken one at a time as there is room, so that memory stays flat; an `Answer` among them is the
                failure of a request that could not be built.
            make: makes what is really sent of a request, in a thread, just before it is sent; a clip that it
                makes is deleted once the answer is there.

        Raises:
            ExternalError: the ledger cannot be written, or the run was given up.
        """
        loop = asyncio.get_running_loop()
        deadline = None
        if self.spec.deadline is not None:
            deadline = loop.call_later(self.spec.deadline, self.stop_sending, "the deadline has passed")
        writer = asyncio.create_task(self._write())
        observers = [
            asyncio.create_task(self._report_regularly()),
            asyncio.create_task(self._watch_silence()),
        ]
        try:
            for request in requests:
                if not self.spending.allows(self.limiter.in_flight):
                    self.stop_sending("the budget is spent")
                if writer.done() or not await self.limiter.acquire(self.stop):
                    break
                task = asyncio.create_task(self._process(request, make))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            while self._tasks and not writer.done():
                await asyncio.wait({*self._tasks, writer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if deadline is not None:
                deadline.cancel()
            for task in observers:
                task.cancel()
            self.cancel_requests()
            await asyncio.gather(*self._tasks, *observers, return_exceptions=True)
            await self._recorder.end(writer)
        if error := self._error or self._watch.error:
            raise error
        return self.counts

    async def _process(self, request: Request | Answer, make: _Make | None) -> None:
        """Send one request and hand its result to the writer."""
        try:
            if isinstance(request, Answer):
                await self._recorder.put(None, request)
            elif (result := await self._result(request, make)) is not None:
                key, answer = result
                answer = msgspec.structs.replace(
                    answer, id=request.item_id, rotation=request.rotation, repeat=request.repeat
                )
                await self._recorder.put(key, answer)
        except MmarError as error:
            self._fail(error)
        finally:
            self.limiter.release()

    async def _result(self, request: Request, make: _Make | None) -> tuple[bytes | None, Answer] | None:
        """The cache's key, and the answer or failure; `None` for a request that was stopped between attempts."""
        made, key, answer = request, None, None
        try:
            if make is not None or self.cache is not None:
                made, key, answer = await asyncio.to_thread(self._prepare, request, make)
            answer = answer or await self._ask(made)
        except MmarError:
            raise
        except Exception as error:  # noqa: BLE001 - nothing that a request raises may go unrecorded
            return None, build_failure(request_key(request), error, request.audio)
        finally:
            for clip in set(made.clips).difference(request.clips):
                with suppress(OSError):
                    clip.unlink(missing_ok=True)
        return None if answer is None else (key, answer)

    def _prepare(self, request: Request, make: _Make | None) -> tuple[Request, bytes | None, Answer | None]:
        """What is sent, the cache's key, and an answer from the cache or a failure."""
        made = request
        try:
            if make is not None:
                made = make(request)
            if self.cache is None:
                return made, None, None
            key = self.cache.key(made)
            return made, key, self.cache.get(key)
        except ExternalError:
            raise
        except Exception as error:  # noqa: BLE001 - a future cannot carry every exception out of a thread
            return made, None, build_failure(request_key(request), error, request.audio)

    async def _ask(self, request: Request) -> Answer | None:
        """Send a request until there is an answer or a lasting failure; `None` when stopped between attempts."""
        spec, counts, digest = self.spec, self.counts, request.digest()
        for attempt in range(1, spec.max_attempts + 1):
            start = time.perf_counter()
            result = await self._attempt(request)
            latency = time.perf_counter() - start
            # Nothing was sent without a clip.
            counts.requests += isinstance(result, Answer) or result.kind != "audio"
            counts.waiting = ""
            self.limiter.add_tokens(self.spending.add(result.usage))
            if isinstance(result, Answer):
                self._watch.note_answer()
                self._first.note(request, result)
                self.limiter.note_answer(latency)
                answer = msgspec.structs.replace(result, latency_s=round(latency, 4))
                break
            answer = msgspec.structs.replace(
                Answer.failed(request.item_id, result.kind, result.message),
                finish_reason=result.finish_reason,
                usage=result.usage,
            )
            self._note_failure(result)
            if self._watch.note_failure(result, request_key(request), attempt):
                self.stop_sending(result.message)
            most = min(spec.max_attempts, result.max_attempts or spec.max_attempts)
            if not result.retryable or attempt == most or self.stop.is_set():
                break
            counts.retried += 1
            delay_s = spec.backoff_s(attempt, result.retry_after_s, self._rng)
            if not await self.limiter.wait_turn(self.stop, delay_s):
                return None
        return msgspec.structs.replace(answer, attempts=attempt, request=digest, completed_at=now())

    async def _attempt(self, request: Request) -> Answer | RequestFailed:
        spec = self.spec
        try:
            async with asyncio.timeout(None if self._own_timeout else spec.timeout):
                answer = await self.model.ask(request)
            if not isinstance(answer, Answer):
                raise TypeError(f"the model returned {type(answer).__name__}, not an Answer")
        except TimeoutError:
            text = f"{self.model.name}: no answer within {spec.timeout:g} s"
            return RequestFailed("timeout", text, retryable=True)
        except RequestFailed as error:
            return error
        except MmarError:
            raise  # about the run as a whole
        except Exception as error:  # noqa: BLE001 - a model may be anybody's code
            return RequestFailed("crash", f"{type(error).__name__}: {error}")
        return answer

    def _note_failure(self, failed: RequestFailed) -> None:
        """Slow down where the service asks for it, and report a new kind of failure at once."""
        if failed.kind in _PUSHED_BACK:
            self.limiter.note_pushback()
        if failed.kind == "rate_limit" and failed.retry_after_s:
            self.limiter.pause(failed.retry_after_s)
        self.counts.latest = failed.message
        if failed.kind not in self.counts.reasons:
            self.counts.reasons[failed.kind] = failed.message
            self._report_progress()

    async def _watch_silence(self) -> None:
        """Look at the server while no request has had a result; end a run whose server replies to nothing."""
        unresponsive = getattr(self.model, "unresponsive", None)
        start, counts = time.monotonic(), self.counts
        # Less than a time-out, and long enough for a server that is busy with its first answer and does nothing else.
        enough = max(2 * self._silence_s, self.spec.timeout / 3)
        await asyncio.sleep(self._silence_s)
        while unresponsive is not None and not counts.requests and not self.stop.is_set():
            server = await unresponsive(self._silence_s)
            if counts.requests or not self.limiter.in_flight:
                return
            waited = time.monotonic() - start
            if server and waited >= enough:
                text = f"stopped after {waited:.0f} s without any answer: no reply from {server} either"
                hint = "check that the server is running and not stuck, then give the same command again"
                self._fail(ExternalError(text, code="given-up", hint=hint))
                self.cancel_requests()
                return
            counts.waiting = f"no answer within {waited:.0f} s" + (
                f", and no reply from {server}"
                if server
                else f"; the server replies to other requests, so it may be loading its model or be slow (an answer may "
                f"take {self.spec.timeout:g} s)"
            )
            self._report_progress()
            if not server:
                await asyncio.sleep(self._silence_s)

    def _warn(self, text: str) -> None:
        self.counts.warnings.append(text)
        self._report_progress()

    def _fail(self, error: Exception) -> None:
        """Stop sending; the first error is raised once the requests in flight are recorded."""
        self._error = self._error or error
        self.stop_sending(str(error))

    def _report_progress(self) -> None:
        try:
            self.progress(self.counts)
        except Exception as error:  # noqa: BLE001 - raised to the caller at the end
            self._fail(error)

    async def _report_regularly(self) -> None:
        while True:
            await asyncio.sleep(_REPORT_S)
            self._report_progress()

    async def _write(self) -> None:
        try:
            await self._recorder.write()
        except MmarError as error:
            self._fail(error)
            raise

    def _count(self, recorded: Sequence[Answer]) -> None:
        """Count results that are on disk."""
        counts = self.counts
        for answer in recorded:
            if answer.failure is not None:
                kind = answer.failure.kind
                counts.failed[kind] = counts.failed.get(kind, 0) + 1
                counts.latest = answer.failure.message
                counts.reasons.setdefault(kind, counts.latest)
            else:
                counts.answered += 1
                counts.cached += answer.cached
        counts.tokens, counts.money = self.spending.tokens, self.spending.money
        self._report_progress()


def build_failure(key: RequestKey, error: Exception, clip: Path | None = None) -> Answer:
    """The failure of a request that could not be built or made, because of a clip where one is named."""
    kind: FailureKind = "audio" if isinstance(error, OSError | InputError | MemoryError) else "crash"
    text = str(error) if isinstance(error, MmarError) else f"{type(error).__name__}: {error}"
    answer = Answer.failed(key.item_id, kind, f"{clip}: {text}" if clip else text)
    return msgspec.structs.replace(answer, rotation=key.rotation, repeat=key.repeat)
