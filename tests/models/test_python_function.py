"""`python:MODULE:FUNCTION`: functions that return, raise, hang, and files that cannot be imported."""

from __future__ import annotations

import asyncio
import threading

import pytest

from expect import raises
from mmar.models import ModelOptions, RequestFailed, open_model
from mmar.protocols import Message, Request
from servers import fake_program
from waiting import until

FILE = fake_program.__file__


def request_of(text: str, item: str = "item-1") -> Request:
    return Request(item, (Message("user", text),), text, ("a", "b"), None)


def ask(name: str, *texts: str, timeout_s: float = 60.0, **extra):
    async def run():
        model = open_model(name, ModelOptions(timeout_s=timeout_s, extra=extra))
        try:
            requests = [request_of(text, f"item-{index}") for index, text in enumerate(texts)]
            return await asyncio.gather(*map(model.ask, requests), return_exceptions=True)
        finally:
            await model.close()

    return asyncio.run(run())


@pytest.fixture
def function(tmp_path):
    def write(body: str) -> str:
        file = tmp_path / "mine.py"
        file.write_text(body)
        return f"python:{file}:f"

    return write


def test_a_module_in_the_current_folder_is_found(tmp_path, monkeypatch):
    (tmp_path / "mine_in_a_folder.py").write_text("def f(request):\n    return request['question'].upper()\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [path for path in __import__("sys").path if path])
    (answer,) = ask("python:mine_in_a_folder:f", "two?")
    assert answer.text == "TWO?"
    (answer,) = ask("python/mine_in_a_folder:f", "two?")
    assert answer.text == "TWO?"


def test_an_exception_fails_one_item_alone():
    crashed, left, fine = ask(f"python:{FILE}:obey", "crash", "leave", "echo fine")
    assert (crashed.kind, crashed.retryable) == ("crash", False)
    assert "ValueError: no such tensor" in crashed.message
    assert left.kind == "crash" and "SystemExit" in left.message
    assert fine.text == "fine"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("def f(request): return None", "bad_reply"),
        ("def f(request): return {'text': 7}", "bad_reply"),
        ("def f(request): return ''", "bad_reply"),
        ("def f(request): raise StopIteration", "crash"),
        ("def f(request): return {'error': 'too long', 'kind': 'rejected'}", "rejected"),
        (
            "from mmar.models import RequestFailed\ndef f(request): raise RequestFailed('refused', 'no')",
            "refused",
        ),
    ],
)
def test_invalid_return_values_are_failures(function, body, kind):
    (failure,) = ask(function(body), "x")
    assert isinstance(failure, RequestFailed)
    assert failure.kind == kind


def test_calls_come_one_at_a_time_in_one_thread_unless_more_are_asked_for(function):
    name = function(
        "import threading, time\n"
        "lock, inside, most = threading.Lock(), 0, 0\n"
        "def f(request):\n"
        "    global inside, most\n"
        "    with lock:\n"
        "        inside += 1\n"
        "        most = max(most, inside)\n"
        "    if request['question'] == 'together':\n"
        "        together.wait(60)\n"
        "    with lock:\n"
        "        inside -= 1\n"
        "    return f'{most} {threading.get_ident()}'\n"
        "together = threading.Barrier(4)\n"
    )
    answers = [answer.text.split() for answer in ask(name, *"abcde")]
    assert {most for most, _ in answers} == {"1"}
    assert len({thread for _, thread in answers}) == 1
    # Four are needed to pass the barrier, and eight pass it in two rounds.
    answers = [answer.text.split() for answer in ask(name, *["together"] * 8, threads="4")]
    assert max(int(most) for most, _ in answers) == 4
    assert len({thread for _, thread in answers}) == 4


def test_a_call_that_never_returns_does_not_keep_the_others_or_the_end(function):
    name = function(
        "import time\ndef f(request):\n    time.sleep(600 if request['question'] == 'hang' else 0)\n    return 'x'"
    )
    hung, fine = ask(name, "hang", "go on", timeout_s=0.5)
    assert hung.kind == "timeout"
    assert fine.text == "x"
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "mmar-python-function")


def test_idle_threads_end_with_the_model():
    before = threading.active_count()
    ask(f"python:{FILE}:obey", "echo x")
    until(lambda: threading.active_count() <= before)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("python:nowhere_at_all:f", "import-failed"),
        ("python:json", "unknown-model"),
        ("python:json:nothing", "unknown-model"),
        ("python:json:__doc__", "unknown-model"),
        ("python:/nowhere.py:f", "import-failed"),
    ],
)
def test_missing_modules_and_functions_raise_on_open(name, code):
    with raises(code, argument="model"):
        open_model(name)


def test_a_file_with_a_fault_is_named_with_it(function):
    with raises("import-failed") as caught:
        open_model(function("x = 1\ndef f(:"))
    assert ".py:2)" in caught.value.message
