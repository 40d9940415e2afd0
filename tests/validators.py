"""Programs that check exchange formats, in this environment or in others.

Some need other versions of Python or of libraries than this program. `MMAR_VALIDATORS` names further interpreters,
joined as `PATH` is; a test that needs a module that none of them has skips.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import pytest


@cache
def _interpreter_with(module: str) -> str | None:
    others = os.environ.get("MMAR_VALIDATORS", "").split(os.pathsep)
    for python in (sys.executable, *filter(None, others)):
        probe = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
        if subprocess.run([python, "-c", probe], check=False).returncode == 0:
            return python
    return None


def run_validator(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run an interpreter that has a module with arguments (`-m module ...` or `-c code`), or skip."""
    python = _interpreter_with(module)
    if python is None:
        pytest.skip(f"{module} is not installed here, nor in an interpreter of MMAR_VALIDATORS")
    return subprocess.run(
        [python, *arguments], capture_output=True, text=True, encoding="utf-8", check=False, timeout=100
    )
