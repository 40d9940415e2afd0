"""Runs the demo again and again in a process of its own and kills it at random moments; see test_killed.py.

A process apart from pytest's, so that each life is a fork of one that has imported everything: real processes
and real SIGKILLs in a few seconds.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import mmar.models.listener
import mmar.runs.run  # noqa: F401 - imported before the fork, so that a life begins at once
from mmar.api import load
from mmar.audio import read_clip
from mmar.cli import main


def live(arguments: list[str]) -> int:
    """One life; returns its process id."""
    child = os.fork()
    if child == 0:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        try:
            main(arguments)
        except SystemExit as end:
            os._exit(end.code if isinstance(end.code, int) else 1)
        os._exit(70)
    return child


def size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def kill_often(folder: Path, kills: int, seed: int) -> None:
    """Kill a run so many times, then let it end; what stood on disk after a kill must stay."""
    demo = load("demo")
    read_clip(demo.audio_dir / demo.items[0].audio_path)  # type: ignore[operator]
    arguments = [
        "run",
        "baseline/listener",
        "--benchmark",
        "demo",
        "--out",
        str(folder),
        "--concurrency",
        "2",
    ]
    ledger = folder / "answers.jsonl"
    moments = random.Random(seed)
    ledger_before = b""
    for life in range(kills):
        child = live(arguments)
        if life % 2:
            # Somewhere in the start, the reading or the asking …
            time.sleep(moments.uniform(0.0, 0.05))
        else:
            # … or at about the moment of a write.
            before = size_of(ledger)
            while size_of(ledger) == before and os.waitpid(child, os.WNOHANG) == (0, 0):
                time.sleep(0.0005)
            time.sleep(moments.uniform(0.0, 0.003))
        try:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        except (ProcessLookupError, ChildProcessError):
            pass  # it had ended by itself
        result = ledger.read_bytes() if ledger.exists() else b""
        if not result.startswith(ledger_before):
            sys.exit(f"life {life}: what was on disk is gone")
        ledger_before = result[: result.rfind(b"\n") + 1]
    _, status = os.waitpid(live(arguments), 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"the last life ended with {status}")
    if not ledger.read_bytes().startswith(ledger_before):
        sys.exit("what was on disk is gone")
    print(ledger_before.count(b"\n"))


if __name__ == "__main__":
    kill_often(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
