"""A pool of workers: load, deaths, facts that differ, and copies of a program on several GPUs."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from made_up import benchmark

from expect import raises
from mmar.api import run
from mmar.errors import ExternalError
from mmar.models import Answer, ModelOptions, RequestFailed, open_model
from mmar.models.local.command import CommandWorker
from mmar.models.local.worker_pool import WorkerPool
from mmar.protocols import Message, Request
from mmar.runs.ledger import read_ledger

WORKER = """
import json, os, random, sys, threading, time
facts = json.loads(sys.argv[1])
if "silent" in sys.argv: time.sleep(600)
if "dead" in sys.argv: sys.exit("no module named torch")
print(json.dumps({"ready": True, "facts": facts, "in_flight": 4}), flush=True)
me = f"{os.getpid()} {os.environ.get('CUDA_VISIBLE_DEVICES')}"
def answer(request):
    line = json.dumps({"id": request["id"], "text": request["choices"][0], "model": me})
    os.write(1, line.encode() + b"\\n")
for count, line in enumerate(sys.stdin):
    if "fragile" in sys.argv and count == 9:
        os._exit(9)
    threading.Timer(random.uniform(0.001, 0.02), answer, [json.loads(line)]).start()
"""
SAME = {"settings": {"weights": "a1", "dtype": "bfloat16"}, "environment": {"device": "H200"}}


@pytest.fixture
def worker(tmp_path: Path) -> Any:
    path = tmp_path / "worker.py"
    path.write_text(WORKER)

    def make(label: str, *more: str, facts: Any = SAME) -> CommandWorker:
        return CommandWorker(label, (sys.executable, str(path), json.dumps(facts), *more))

    return make


def pool_of(*workers: CommandWorker, **more: Any) -> WorkerPool:
    return WorkerPool(
        "hf/tiny",
        workers,
        uses_audio=False,
        timeout_s=60.0,
        start_s=more.pop("start_s", 60.0),
        handshake=True,
        **more,
    )


def request_of(number: int) -> Request:
    return Request(f"item-{number}", (Message("user", "What?"),), "What?", ("a", "b"), None)


def test_requests_go_to_all_workers_and_come_back_in_any_order(worker: Any) -> None:
    async def scenario() -> tuple[list[Answer], int | None, Any]:
        pool = pool_of(*(worker(f"w{number}") for number in range(3)))
        try:
            facts = await pool.prepare()
            answers = await asyncio.gather(*(pool.ask(request_of(number)) for number in range(60)))
            return answers, pool.in_flight, facts
        finally:
            await pool.close()

    answers, in_flight, facts = asyncio.run(asyncio.wait_for(scenario(), 100))
    assert [answer.id for answer in answers] == [f"item-{number}" for number in range(60)]
    by_worker = Counter(answer.model for answer in answers)
    assert len(by_worker) == 3
    assert min(by_worker.values()) >= 4  # each takes four at a time
    assert in_flight == 12
    assert facts.settings == SAME["settings"]
    assert facts.environment == {f"w{number} device": "H200" for number in range(3)}


def test_a_worker_with_other_facts_is_refused_by_name(worker: Any) -> None:
    other = {"settings": {"weights": "b2", "dtype": "bfloat16"}}

    async def scenario() -> tuple[Any, set[str | None]]:
        pool = pool_of(worker("w0"), worker("w1", facts=other), worker("w2", "dead"))
        try:
            # The facts of the first that is ready count.
            await pool._running(pool._members[0])
            facts = await pool.prepare()
            return facts, {(await pool.ask(request_of(number))).model for number in range(6)}
        finally:
            await pool.close()

    facts, models = asyncio.run(asyncio.wait_for(scenario(), 100))
    assert facts.settings == SAME["settings"]
    assert "weights is b2, the others have a1" in facts.environment["refused w1"]
    assert "no module named torch" in facts.environment["refused w2"]
    assert len(models) == 1


def error_of(pool: WorkerPool) -> str:
    """Why no worker of a pool can be used."""

    async def scenario() -> str:
        try:
            with raises("no-worker", ExternalError) as caught:
                await pool.prepare()
            return caught.value.message
        finally:
            await pool.close()

    return asyncio.run(asyncio.wait_for(scenario(), 100))


def test_no_worker_at_all_is_an_error_with_every_reason(worker: Any) -> None:
    message = error_of(pool_of(worker("w0", "dead"), CommandWorker("w1", ("no-such-program-here",))))
    assert "no module named torch" in message
    assert "no-such-program-here cannot be started" in message


def test_a_worker_that_says_nothing_is_given_up(worker: Any) -> None:
    assert "within 0.2 s" in error_of(pool_of(worker("w0", "silent"), start_s=0.2))


def test_workers_that_are_killed_lose_no_request(worker: Any, tmp_path: Path) -> None:
    pool = pool_of(worker("w0"), worker("w1", "fragile"))
    killer = random.Random(1)
    ask_pool = pool.ask

    async def ask(request: Request) -> Answer:
        program = pool._members[killer.randrange(2)].running
        if killer.random() < 0.03 and program is not None and program.answered and not program.over:
            # The fragile worker may have ended by itself, which the pool has not noticed yet. Its process id is then free,
            # and an error raised here would end this request as the failure of a model.
            with suppress(ProcessLookupError):
                os.kill(program._process.pid, signal.SIGKILL)
        return await ask_pool(request)

    pool.ask = ask  # type: ignore[method-assign]
    result = run(pool, benchmark(tmp_path / "b", 120), out=tmp_path / "run", max_attempts=50, backoff=0.01)
    failures = [answer for _, answer in read_ledger(tmp_path / "run" / "answers.jsonl") if answer.failure]
    assert result.complete, failures
    ids = Counter(answer.id for _, answer in read_ledger(tmp_path / "run" / "answers.jsonl"))
    assert len(ids) == 120
    assert set(ids.values()) == {1}
    assert "weights=a1" in result.signature.long


def test_the_last_worker_that_goes_stops_the_run_and_it_can_be_continued(worker: Any, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    dying = CommandWorker(
        "w0",
        (
            sys.executable,
            "-c",
            "import json, pathlib, sys\n"
            f"flag = pathlib.Path({str(flag)!r})\n"
            "if flag.exists(): sys.exit('out of memory')\n"
            f"print(json.dumps({{'ready': True, 'facts': {SAME!r}}}), flush=True)\n"
            "for number, line in enumerate(sys.stdin):\n"
            "    if number == 10: flag.touch(); sys.exit('out of memory')\n"
            "    print(json.dumps({'id': json.loads(line)['id'], 'text': 'two'}), flush=True)\n",
        ),
    )
    made = benchmark(tmp_path / "b", 40)
    with raises("no-worker", ExternalError) as caught:
        run(pool_of(dying), made, out=tmp_path / "run", concurrency=2, backoff=0.01)
    assert "out of memory" in caught.value.message
    recorded = list(read_ledger(tmp_path / "run" / "answers.jsonl"))
    assert len([answer for _, answer in recorded if answer.failure is None]) == 10
    assert run(pool_of(worker("w0")), made, out=tmp_path / "run").complete


def test_a_program_runs_once_on_each_gpu(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(WORKER)
    command = f"command/{sys.executable} {path} {{}}"
    result = run(
        command,
        benchmark(tmp_path / "b", 40),
        out=tmp_path / "run",
        gpus="0,1,2+3",
        options={"uses_audio": "no"},
        concurrency=8,
    )
    assert result.complete
    seen = {(answer.model or "").split()[1] for _, answer in read_ledger(tmp_path / "run" / "answers.jsonl")}
    assert seen == {"0", "1", "2,3"}
    workers = [f"{sys.executable} {path} {{}}"] * 2
    more = run(
        command,
        benchmark(tmp_path / "c", 20),
        out=tmp_path / "more",
        workers=workers,
        options={"uses_audio": "no"},
    )
    assert more.complete


def test_workers_are_for_adapters_that_start_programs() -> None:
    with raises("incompatible-options", argument="gpus"):
        open_model("openai/x", ModelOptions(base_urls=("http://h/v1",), gpus=("0",)))
    with raises("invalid-value", argument="workers"):
        open_model("command/python x", ModelOptions(workers=("no-such-program-here x",)))


def test_a_program_that_never_starts_is_a_failure_of_requests() -> None:
    async def scenario() -> None:
        model = open_model(f"command/{sys.executable} -c 'import sys; sys.exit(3)'")
        for _ in range(5):
            with pytest.raises(RequestFailed) as caught:
                await model.ask(request_of(1))
        assert not caught.value.retryable
        await model.close()

    asyncio.run(asyncio.wait_for(scenario(), 100))
