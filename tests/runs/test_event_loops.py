"""Running where an event loop runs already, functions as models, and signals."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from made_up import Scripted, answers, benchmark

import mmar
from expect import raises


def test_run_works_inside_a_running_loop(tmp_path: Path) -> None:
    made = benchmark(tmp_path / "b")

    async def cell() -> Any:
        return mmar.run(Scripted(answers(), delay_s=0.001), made, out=tmp_path / "run")

    assert asyncio.run(cell()).answered == 12


def test_arun_is_awaited_beside_other_work(tmp_path: Path) -> None:
    made = benchmark(tmp_path / "b", 30)
    ticks = 0

    async def service() -> Any:
        nonlocal ticks

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.001)
                ticks += 1

        other = asyncio.create_task(tick())
        results = await asyncio.gather(
            *(
                mmar.arun(Scripted(answers(), delay_s=0.01), made, out=tmp_path / name, concurrency=2)
                for name in ("one", "two")
            )
        )
        other.cancel()
        return results

    assert [result.answered for result in asyncio.run(service())] == [30, 30]
    assert ticks > 0


def test_errors_come_out_of_both(tmp_path: Path) -> None:
    made = benchmark(tmp_path / "b")
    mmar.run(Scripted(answers()), made, out=tmp_path / "run")

    async def inside() -> None:
        with raises("another-run"):
            mmar.run(Scripted(answers(), name="test/other"), made, out=tmp_path / "run")
        with raises("another-run"):
            await mmar.arun(Scripted(answers(), name="test/other"), made, out=tmp_path / "run")

    asyncio.run(inside())


def test_cancelling_keeps_what_is_on_disk(tmp_path: Path) -> None:
    made = benchmark(tmp_path / "b", 200)
    model = Scripted(answers(), delay_s=0.01)

    async def cancelled() -> None:
        running = asyncio.create_task(mmar.arun(model, made, out=tmp_path / "run", concurrency=4))
        while len(model.requested) < 50:
            await asyncio.sleep(0.001)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(cancelled())
    assert model.closed
    lines = (tmp_path / "run" / "answers.jsonl").read_text().splitlines()
    assert 0 < len(lines) < 200
    rest = Scripted(answers())
    assert mmar.run(rest, made, out=tmp_path / "run").answered == 200
    assert len(rest.requested) == 200 - len(lines)


def test_a_plain_function_is_a_model(tmp_path: Path) -> None:
    made = benchmark(tmp_path / "b")

    def last(request: dict[str, Any]) -> str:
        return str(request["choices"][-1])

    async def first(request: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"text": request["choices"][0], "thinking": "easy"}

    class Middle:
        def __call__(self, request: dict[str, Any]) -> str:
            return str(request["choices"][1])

    for number, (function, text) in enumerate(((last, "three"), (first, "one"), (Middle(), "two"))):
        out = tmp_path / str(number)
        result = mmar.run(function, made, out=out, condition="none")
        assert result.answered == 12
        lines = [json.loads(line) for line in (out / "answers.jsonl").read_text().splitlines()]
        assert {line["answer_prediction"] for line in lines} == {text}
        assert result.manifest.model.startswith("python:")


def test_a_function_that_raises_is_named_with_file_and_line(tmp_path: Path) -> None:
    def broken(request: dict[str, Any]) -> str:
        if request["id"] == "id-3":
            raise KeyError("logits")
        return "two"

    result = mmar.run(broken, benchmark(tmp_path / "b"), out=tmp_path / "run", condition="none")
    assert result.counts.failed == {"crash": 1}
    line = broken.__code__.co_firstlineno + 2
    assert f"KeyError: 'logits' ({__file__}:{line})" in result.counts.reasons["crash"]


PROGRAM = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import mmar
from made_up import Scripted, answers, benchmark

class Telling(Scripted):
    async def ask(self, request):
        if not self.requested:
            print("asked", flush=True)
        return await super().ask(request)

folder = Path(sys.argv[1])
result = mmar.run(Telling(answers(), delay_s=float(sys.argv[3])), benchmark(folder / "b", 500), out=folder / "run", concurrency=4)
print(result.counts.stopped, result.answered)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize(
    ("number", "delay_s"), [(signal.SIGINT, 0.05), (signal.SIGTERM, 0.05), (signal.SIGTERM, 60)]
)
def test_a_signal_ends_a_run_in_order(tmp_path: Path, number: int, delay_s: float) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), str(Path(__file__).parent), str(delay_s)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "asked\n"  # so the handlers are set
    process.send_signal(number)
    out, _ = process.communicate(timeout=100)
    assert out.startswith("interrupted ")
    session = json.loads((tmp_path / "run" / "manifest.json").read_text())["sessions"][-1]
    assert session["ended"]
