"""Workers on a Ray cluster of this machine: two actors, one killed, and the program that started them killed."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from made_up import benchmark

from expect import raises
from mmar.api import run
from mmar.models import Answer, ModelOptions, open_model
from mmar.runs.ledger import read_ledger
from waiting import until

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed (pip install 'mmar[ray]')"
)

# Answers with its process id and its parent's, which is the actor's process; slowly, so that a kill meets work.
PROGRAM = """
import json, os, sys, time
print(json.dumps({"ready": True, "in_flight": 2}), flush=True)
for line in sys.stdin:
    time.sleep(0.02)
    name = f"{os.getpid()} {os.getppid()}"
    print(json.dumps({"id": json.loads(line)["id"], "text": "two", "model": name}), flush=True)
"""


@pytest.fixture(scope="module")
def cluster() -> None:
    """Skip where Ray itself cannot start a cluster, as on a machine without the shared memory or addresses it wants."""
    words = "import ray; ray.init(include_dashboard=False, log_to_driver=False); ray.shutdown()"
    environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0"}
    try:
        subprocess.run(
            [sys.executable, "-c", words], env=environment, check=True, capture_output=True, timeout=300
        )
    except (subprocess.SubprocessError, OSError) as error:
        pytest.skip(f"Ray cannot start a cluster here: {error}")


@pytest.fixture
def program(cluster: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    source = str(Path(__file__).parents[3] / "src")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([source, os.environ.get("PYTHONPATH", "")]))
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return f"command/{sys.executable} {path}"


def answers(folder: Path) -> list[Answer]:
    path = folder / "answers.jsonl"
    if not path.exists():
        return []
    return [answer for _, answer in read_ledger(path) if answer.failure is None]


def alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_a_number_of_workers_is_wanted() -> None:
    for text in ("ray:", "ray:0", "ray:two", "ray:-1"):
        with raises("invalid-value", argument="workers"):
            open_model(f"command/{sys.executable}", ModelOptions(workers=(text,)))


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed")
def test_without_ray_the_extra_is_named() -> None:
    with raises("missing-extra", argument="workers") as caught:
        open_model(f"command/{sys.executable}", ModelOptions(workers=("ray:2",)))
    assert "mmar[ray]" in (caught.value.hint or "")


@needs_ray
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("default")
def test_two_actors_share_a_run_and_one_that_is_killed_loses_nothing(program: str, tmp_path: Path) -> None:
    out, killed = tmp_path / "run", []

    def progress(*_: Any) -> None:
        if not killed and len(done := answers(out)) > 10:
            killed.append(int((done[-1].model or "").split()[1]))
            os.kill(killed[0], signal.SIGKILL)

    result = run(
        program,
        benchmark(tmp_path / "b", 200),
        out=out,
        workers="ray:2",
        options={"uses_audio": "no"},
        concurrency=4,
        backoff=0.01,
        max_attempts=50,
        progress=progress,
    )
    assert result.complete, result.counts
    assert killed
    assert set(Counter(answer.id for answer in answers(out)).values()) == {1}
    actors = {(answer.model or "").split()[1] for answer in answers(out)}
    assert len(actors) == 3  # two, and the one in the place of the killed


@needs_ray
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("default")
def test_a_run_on_ray_that_is_killed_is_continued(program: str, tmp_path: Path) -> None:
    made, out = benchmark(tmp_path / "b", 400), tmp_path / "run"
    words = ["run", program, "--benchmark", str(tmp_path / "b" / "made-up-meta.jsonl"), "--out", str(out)]
    words += ["--worker", "ray:2", "--option", "uses_audio=no", "--concurrency", "2"]
    killed = subprocess.Popen(
        [sys.executable, "-m", "mmar", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: killed.poll() is not None or len(answers(out)) > 5, patience_s=300)
    finally:
        killed.kill()
        killed.wait()
    before = answers(out)
    assert 5 < len(before) < 400
    for name in {answer.model or "" for answer in before}:
        for pid in re.findall(r"\d+", name):
            until(lambda pid=int(pid): not alive(pid))
    result = run(program, made, out=out, workers="ray:2", options={"uses_audio": "no"})
    assert result.complete
    assert result.answered_before >= len(before)
    assert set(Counter(answer.id for answer in answers(out)).values()) == {1}
