"""Test collection is deterministic: with different tests in its processes, a parallel run would stop."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# What differs between processes by chance differs here for certain: the time, and (below) the order of sets.
ANOTHER_DAY = """
import sys, time
now = time.time
time.time = lambda: now() + 100_000
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


def test_another_process_collects_the_same_tests(request: pytest.FixtureRequest) -> None:
    here = [item.nodeid for item in request.session.items]
    where = [str(argument) for argument in request.config.args]
    process = subprocess.run(
        [sys.executable, "-c", ANOTHER_DAY, "--collect-only", *where],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "PYTHONHASHSEED": "2505", "TZ": "Pacific/Kiritimati"},
        capture_output=True,
        text=True,
        check=True,
    )
    there = {line for line in process.stdout.splitlines() if "::" in line}
    assert [name for name in here if name not in there] == []
