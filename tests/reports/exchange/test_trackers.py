"""Weights & Biases and trackio: what their clients are given."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mmar
from expect import raises
from validators import run_validator


class FakeClient(types.ModuleType):
    """The three calls of a tracker's client."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.calls: list[Any] = []
        self.Table = lambda **table: table

    def init(self, **options: Any) -> FakeClient:
        self.calls.append(options)
        return self

    def log(self, values: dict[str, Any]) -> None:
        self.calls.append(values)

    def finish(self) -> None:
        self.calls.append("finish")


@pytest.mark.parametrize("tracker", ["wandb", "trackio"])
def test_a_tracker_is_given_configuration_numbers_and_items(
    run: Path, tracker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if tracker == "trackio":
        pytest.importorskip("pandas")
    client = FakeClient(tracker)
    monkeypatch.setitem(sys.modules, tracker, client)
    assert mmar.export_run(run, to=tracker, project="mine") == ()
    begin, logged, end = client.calls
    score = mmar.score(run)
    assert begin["project"] == "mine"
    assert begin["config"]["signature"] == score.signature
    assert logged["official/all"] == score.official.accuracy
    assert logged["choice/modality/sound"] == score.groups["modality"]["sound"].choice.accuracy
    assert logged["states/failed"] == 1
    assert end == "finish"


# A client that wants the network would wait for it; here it fails at once.
_OFFLINE = """
import socket

def refuse(self, address, *rest):
    if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise OSError(f"asks for {address}")
    return connect(self, address, *rest)

connect = socket.socket.connect
socket.socket.connect = refuse
"""


@pytest.mark.parametrize("tracker", ["wandb", "trackio"])
def test_the_clients_of_trackers_take_a_run_offline(run: Path, tracker: str) -> None:
    environment = {
        "WANDB_MODE": "offline",
        "WANDB_DIR": str(run.parent),
        "WANDB_SILENT": "true",
        "TRACKIO_DIR": str(run.parent / "trackio"),
    }
    code = f"{_OFFLINE}\nimport mmar; mmar.export_run({str(run)!r}, to={tracker!r}, project='mine')"
    result = run_validator((tracker, "mmar"), "-c", code, environment=environment)
    assert result.returncode == 0, result.stderr
    if tracker == "wandb":
        (file,) = run.parent.glob("wandb/offline-run-*/*.wandb")
        assert mmar.score(run).signature.encode() in file.read_bytes()
        return
    with contextlib.closing(sqlite3.connect(run.parent / "trackio" / "mine.db")) as database:
        (logged,) = database.execute("SELECT metrics FROM metrics").fetchone()
        (config,) = database.execute("SELECT config FROM configs").fetchone()
    assert json.loads(logged)["official/all"] == mmar.score(run).official.accuracy
    assert json.loads(config)["signature"] == mmar.score(run).signature


def test_a_failing_client_leaves_the_run_intact_and_a_missing_one_is_named(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = FakeClient("wandb")

    def fail(**_: Any) -> FakeClient:
        raise RuntimeError("no network")

    client.init = fail  # type: ignore[method-assign]
    monkeypatch.setitem(sys.modules, "wandb", client)
    with raises("tracker-failed"):
        mmar.export_run(run, to="wandb")
    monkeypatch.setitem(sys.modules, "wandb", None)
    with raises("missing-extra"):
        mmar.export_run(run, to="wandb")
    with raises("unknown-format", argument="to"):
        mmar.export_run(run, to="csv")  # type: ignore[arg-type]


def test_a_run_is_logged_when_it_ends(
    command: Callable[..., Any], run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = FakeClient("wandb")
    monkeypatch.setitem(sys.modules, "wandb", client)
    arguments = (
        "run",
        "baseline/longest",
        "-b",
        run.parent / "made-up-meta.jsonl",
        "--log-to",
        "wandb",
        "--out",
    )
    assert command(*arguments, run.parent / "logged").status == 0
    assert client.calls[1]["choice/all"] == mmar.score(run.parent / "logged").choice.accuracy
    monkeypatch.setattr(client, "init", None)
    failed = command(*arguments, run.parent / "unlogged")
    assert failed.status == 1
    assert mmar.score(run.parent / "unlogged").states["missing"] == 0
    monkeypatch.setitem(sys.modules, "wandb", None)
    assert command(*arguments, run.parent / "never").code == "missing-extra"
    assert not (run.parent / "never").exists()
