"""`command/PROGRAM`: programs that are slow, deaf, noisy, late, or gone."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from expect import raises
from mmar.models import ModelOptions, RequestFailed, open_model
from mmar.protocols import Message, Request
from servers import fake_program
from waiting import until

PROGRAM = f"{sys.executable} {fake_program.__file__}"


def request_of(text: str, item: str = "item-1", audio: Path | None = None) -> Request:
    return Request(item, (Message("user", text, "before" if audio else None),), text, ("a", "b"), audio)


def session(script, *arguments: str, timeout_s: float = 60.0, program: str = PROGRAM, **extra):
    """Open the program and run `script(model, ask)` with it; `ask` returns failures instead of raising them."""

    async def run():
        options = ModelOptions(timeout_s=timeout_s, extra=extra)
        model = open_model(f"command/{' '.join([program, *arguments])}", options)

        async def ask(text: str, item: str = "item-1"):
            try:
                return await model.ask(request_of(text, item))
            except RequestFailed as failure:
                return failure

        try:
            return await asyncio.wait_for(script(model, ask), 100)
        finally:
            await model.close()

    return asyncio.run(run())


def process_of(model) -> int:
    return model._members[0].running._process.pid


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        # A zombie that nobody waited for is gone too.
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_time_to_start_does_not_count_against_the_first_answer():
    async def script(model, ask):
        return await ask("echo up")

    assert session(script, "start=1.0", timeout_s=0.5).text == "up"


def test_a_program_that_never_says_anything_is_given_up():
    async def script(model, ask):
        return await asyncio.gather(ask("echo up"), ask("echo up", "item-2"))

    for failure in session(script, "start=30", start_s="0.3"):
        assert (failure.kind, failure.retryable) == ("timeout", False)
        assert "within 0.3 s of its start" in failure.message


def test_a_ready_line_starts_the_clock():
    async def script(model, ask):
        return await ask("hang")

    failure = session(script, "ready", timeout_s=0.5)
    assert (failure.kind, failure.retryable) == ("timeout", True)


def test_a_crash_is_told_with_its_exit_report_and_the_next_request_starts_anew():
    async def script(model, ask):
        first = await ask("echo one")
        # The second is never answered, whichever of the two the program reads first.
        crashed, innocent = await asyncio.gather(ask("crash"), ask("hang", "item-2"))
        return first, crashed, innocent, await ask("echo three", "item-3")

    first, crashed, innocent, third = session(script)
    assert (first.text, third.text) == ("one", "three")
    assert (crashed.kind, crashed.retryable) == ("crash", True)
    assert "exit status 3" in crashed.message
    assert "device-side assert" in crashed.message
    # What was sent beside it is lost with the program, unless it came late enough to start the next one.
    assert innocent.retryable if isinstance(innocent, RequestFailed) else innocent.text == "two"


def test_a_program_that_cannot_start_at_all_is_not_started_for_every_item():
    async def script(model, ask):
        return [await ask("echo x", f"item-{index}") for index in range(6)]

    failures = session(script, "dead")
    assert {failure.kind for failure in failures} == {"crash"}
    assert all("no module named torch" in failure.message for failure in failures)
    assert [failure.retryable for failure in failures] == [True] * 3 + [False] * 3


def test_lines_that_are_no_answers_are_passed_over():
    async def script(model, ask):
        return await asyncio.gather(
            ask("noise fine"), ask("twice again", "item-2"), ask("echo last", "item-3")
        )

    assert [answer.text for answer in session(script)] == ["fine", "again", "last"]


def test_a_missing_answer_fails_alone_and_says_what_was_written_instead():
    async def script(model, ask):
        await ask("noise up")
        pid = process_of(model)
        missing = await ask("hang")
        after = await ask("echo still here")
        return missing, after, pid == process_of(model)

    missing, after, same = session(script, timeout_s=1.5)
    assert (missing.kind, missing.retryable) == ("timeout", True)
    assert "nobody" in missing.message
    assert (after.text, same) == ("still here", True)


def test_a_program_that_hangs_twice_in_a_row_is_ended_and_started_again():
    async def script(model, ask):
        await ask("echo up")
        pid = process_of(model)
        failures = [await ask("hang"), await ask("hang", "item-2")]
        return failures, await ask("echo back"), pid

    failures, back, pid = session(script, timeout_s=0.5)
    assert [failure.kind for failure in failures] == ["timeout", "timeout"]
    assert back.text == "back"
    assert not alive(pid)


def test_answers_may_come_in_any_order():
    async def script(model, ask):
        await ask("echo up")
        waiting = [asyncio.create_task(ask(f"late {word}", f"item-{word}")) for word in ("one", "two")]
        while len(model._members[0].running._pending) < 2:
            await asyncio.sleep(0.01)
        return await asyncio.gather(*waiting, ask("echo three", "item-3"))

    assert [answer.text for answer in session(script)] == ["one", "two", "three"]


def test_an_answer_that_comes_after_its_time_is_not_taken_for_the_next_one():
    async def script(model, ask):
        await ask("echo up")
        late = await ask("late first")
        return late, await ask("echo second")

    late, second = session(script, timeout_s=1.5)
    assert late.kind == "timeout"
    assert second.text == "second"


def test_a_program_that_reads_nothing_holds_nobody_up_for_ever():
    async def script(model, ask):
        return await asyncio.gather(*(ask("echo " + "x" * 100_000, f"item-{index}") for index in range(8)))

    failures = session(script, "ready", "deaf", timeout_s=0.5)
    assert {failure.kind for failure in failures} == {"timeout"}


def test_much_goes_through():
    async def script(model, ask):
        return await asyncio.gather(
            *(ask(f"echo {index} " + "ü" * 20_000, f"item-{index}") for index in range(60))
        )

    answers = session(script)
    assert [answer.text for answer in answers] == [f"{index} " + "ü" * 20_000 for index in range(60)]


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX")
def test_children_that_hold_the_output_open_do_not_hide_a_crash_and_are_ended():
    async def script(model, ask):
        await ask("echo up")
        return await ask("crash")

    crashed = session(script, "children")
    assert crashed.kind == "crash"
    child = int(re.search(r"child (\d+)", crashed.message).group(1))
    until(lambda: not alive(child))  # it was killed, which takes effect when it is next scheduled


def test_closing_lets_the_program_leave_by_itself(tmp_path):
    marker = tmp_path / "told"
    program = tmp_path / "program.py"
    program.write_text(
        "import json, pathlib, sys\n"
        "for line in sys.stdin:\n"
        "    print(json.dumps({'id': json.loads(line)['id'], 'text': 'x'}), flush=True)\n"
        f"pathlib.Path({str(marker)!r}).write_text('left')\n"
    )

    async def script(model, ask):
        return (await ask("echo x")).text

    assert session(script, program=f"{sys.executable} {program}") == "x"
    assert marker.read_text() == "left"


def test_a_program_that_ignores_the_end_of_its_input_is_terminated(tmp_path, monkeypatch):
    from mmar.models.local import program as life

    monkeypatch.setattr(life, "_STDIN_CLOSE_TIMEOUT_S", 0.1)
    monkeypatch.setattr(life, "_TERMINATE_TIMEOUT_S", 0.3)
    stubborn = tmp_path / "stubborn.py"
    stubborn.write_text(
        "import json, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "line = sys.stdin.readline()\n"
        "print(json.dumps({'id': json.loads(line)['id'], 'text': 'x'}), flush=True)\n"
        "time.sleep(600)\n"
    )
    pids = []

    async def script(model, ask):
        await ask("echo x")
        pids.append(process_of(model))

    session(script, program=f"{sys.executable} {stubborn}")
    assert not alive(pids[0])


def test_a_program_that_takes_no_audio_is_given_none(tone):
    async def script(model, ask):
        assert not model.uses_audio
        answer = await model.ask(request_of("echo fine", audio=tone()))
        return answer.text, answer.sent

    assert session(script, uses_audio="no") == ("fine", None)


@pytest.mark.parametrize("name", ["command/no-such-program-here --x", "command/python 'unclosed"])
def test_programs_that_cannot_be_started_raise_on_open(name):
    with raises("unknown-model", argument="model"):
        open_model(name)
    with raises("unknown-option"):
        open_model(f"command/{PROGRAM}", ModelOptions(extra={"audio_as": "x"}))
