"""Whatever is raised while a request is made, looked up, sent or recorded is that request's failure."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from made_up import Scripted, answers, benchmark

from expect import raises
from mmar.api import load, run
from mmar.audio import Clip, write_wav
from mmar.errors import ExternalError
from mmar.items import Benchmark
from mmar.models import Answer
from mmar.protocols import Request
from mmar.runs.engine import Counts
from mmar.runs.ledger import Ledger
from mmar.runs.recorder import Cache

QUICK: Any = {"concurrency": 4, "max_attempts": 2, "backoff": 0.001, "timeout": 60.0}
BAD = "id-5"


def with_clips(folder: Path, count: int = 12) -> Benchmark:
    made = benchmark(folder, count)
    (folder / "audio").mkdir()
    for index in range(count):
        write_wav(folder / "audio" / f"{index}.wav", Clip(np.full((800, 1), 0.1, np.float32), 8000))
    return msgspec.structs.replace(load(made.origin), audio_dir=folder)


def ledger_of(folder: Path) -> dict[str, dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]
    assert len({line["id"] for line in lines}) == len(lines) == 12
    return {line["id"]: line for line in lines}


def raising(
    function: Callable[..., Any], error: Exception, is_bad: Callable[..., bool]
) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **more: Any) -> Any:
        if is_bad(*arguments, **more):
            raise error
        return function(*arguments, **more)

    return wrapped


ERRORS = [
    ValueError("odd"),
    MemoryError(),
    RecursionError("deep"),
    KeyError("x"),
    OSError(5, "input"),
    StopIteration(),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("step", ["build", "make", "key", "get", "ask", "write", "append"])
def test_an_exception_at_any_step_is_one_items_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: Exception
) -> None:
    made = with_clips(tmp_path / "b")
    model = Scripted(answers(), uses_audio=True)

    def about(request: Request) -> bool:
        return request.item_id == BAD

    from mmar.runs import run as running

    if step == "build":
        monkeypatch.setattr(
            running,
            "build_request",
            raising(running.build_request, error, lambda _, item, *__, **___: item.id == BAD),
        )
    elif step == "make":
        monkeypatch.setattr(
            running,
            "make_control_clip",
            raising(running.make_control_clip, error, lambda _, source, item_id, *__: item_id == BAD),
        )
    elif step == "key":
        monkeypatch.setattr(Cache, "key", raising(Cache.key, error, lambda _, request: about(request)))
    elif step == "get":
        keys: set[bytes] = set()
        key = Cache.key

        def noted(self: Cache, request: Request) -> bytes:
            result = key(self, request)
            if about(request):
                keys.add(result)
            return result

        monkeypatch.setattr(Cache, "key", noted)
        monkeypatch.setattr(Cache, "get", raising(Cache.get, error, lambda _, key: key in keys))
    elif step == "ask":
        model.say = raising(answers(), error, lambda request, _: about(request))
    elif step == "write":
        monkeypatch.setattr(
            "mmar.runs.ledger._encode",
            raising(msgspec.json.encode, error, lambda answer: answer.id == BAD and answer.failure is None),
        )
    else:
        monkeypatch.setattr(
            Ledger,
            "append",
            raising(
                Ledger.append, error, lambda _, batch: any(a.id == BAD and a.failure is None for a in batch)
            ),
        )
    result = run(
        model, made, out=tmp_path / "run", condition="silence", cache=tmp_path / "cache.sqlite", **QUICK
    )
    lines = ledger_of(tmp_path / "run")
    assert lines[BAD]["failure"]["message"]
    assert sum("failure" in line for line in lines.values()) == 1
    assert (result.answered, result.selected_failed) == (11, 1)
    assert sum(result.counts.failed.values()) == 1


@pytest.mark.parametrize("position", [0, 5, 11])
def test_a_clip_that_claims_an_absurd_rate_fails_alone(tmp_path: Path, position: int) -> None:
    made = with_clips(tmp_path / "b")
    path = tmp_path / "b" / "audio" / f"{position}.wav"
    data = bytearray(path.read_bytes())
    data[24:28] = (1_996_504_704).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    for condition in ("noise", "spectrum", "reversed", "mono", "silence"):
        out = tmp_path / condition
        result = run(Scripted(answers(), uses_audio=True), made, out=out, condition=condition, **QUICK)
        assert result.counts.done == len(ledger_of(out)) == 12
        failed = [line for line in ledger_of(out).values() if "failure" in line]
        assert {line["id"] for line in failed} <= {f"id-{position}"}


def test_a_damaged_row_of_the_cache_is_asked_again(tmp_path: Path) -> None:
    made, cache = benchmark(tmp_path / "b"), tmp_path / "cache.sqlite"
    run(Scripted(answers()), made, out=tmp_path / "one", cache=cache, **QUICK)
    with closing(sqlite3.connect(cache)) as database, database:
        rows = database.execute("SELECT key FROM answers").fetchall()
        for damage, (key,) in zip((b"", b"{", b"\xff", None, 7, b'{"id": 1}'), rows, strict=False):
            database.execute("UPDATE answers SET value = ? WHERE key = ?", (damage, key))
    model = Scripted(answers())
    result = run(model, made, out=tmp_path / "two", cache=cache, **QUICK)
    assert (len(model.requested), result.counts.cached, result.answered) == (6, 6, 12)


def test_an_answer_with_a_lone_surrogate_is_kept(tmp_path: Path) -> None:
    made = benchmark(tmp_path / "b")
    result = run(Scripted(answers("two \ud83d")), made, out=tmp_path / "run", **QUICK)
    assert result.answered == 12
    assert {line["answer_prediction"] for line in ledger_of(tmp_path / "run").values()} == {"two ?"}


@pytest.mark.parametrize("how", ["deleted", "moved", "replaced"])
def test_a_folder_that_goes_away_stops_the_run(tmp_path: Path, how: str) -> None:
    out = tmp_path / "run"

    gone: list[bool] = []

    def say(request: Request, _: int) -> Answer:
        if len(model.requested) >= 20 and not gone:
            gone.append(True)
            if how == "moved":
                out.rename(tmp_path / "elsewhere")
            else:
                shutil.rmtree(out)
            if how == "replaced":
                out.mkdir()
                (out / "answers.jsonl").write_text("")
        return Answer(request.item_id, "two", "")

    model = Scripted(say, delay_s=0.002)
    with raises("ledger-gone", ExternalError):
        run(model, benchmark(tmp_path / "b", 500), out=out, **QUICK)
    # Those in flight, in the queue and in the batch that could not be written.
    assert len(model.requested) < 20 + 140
    assert model.closed


def test_requests_in_flight_are_recorded_when_the_progress_callback_raises(tmp_path: Path) -> None:
    def progress(total: int, counts: Counts) -> None:
        if counts.answered >= 3:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        run(
            Scripted(answers(), delay_s=0.005),
            benchmark(tmp_path / "b", 200),
            out=tmp_path / "run",
            progress=progress,
            **QUICK,
        )
    lines = [json.loads(line) for line in (tmp_path / "run" / "answers.jsonl").read_text().splitlines()]
    assert 3 <= len(lines) < 200
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["sessions"][-1]["ended"]


def test_a_model_that_returns_something_else_is_a_failure(tmp_path: Path) -> None:
    result = run(
        Scripted(lambda request, _: "two" if request.item_id == BAD else Answer(request.item_id, "two", "")),  # type: ignore[arg-type,return-value]
        benchmark(tmp_path / "b"),
        out=tmp_path / "run",
        **QUICK,
    )
    assert result.counts.failed == {"crash": 1}
