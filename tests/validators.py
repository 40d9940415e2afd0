"""Programs that check exchange formats, in this environment or in others.

Some need other versions of Python or of libraries than this program. `MMAR_VALIDATORS` names further interpreters,
joined as in `PATH`; tests whose modules none of them has are skipped.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache

import pytest


@cache
def _interpreter_with(*modules: str) -> str | None:
    others = os.environ.get("MMAR_VALIDATORS", "").split(os.pathsep)
    for python in (sys.executable, *filter(None, others)):
        probe = (
            f"import sys; from importlib.util import find_spec; sys.exit(None in map(find_spec, {modules!r}))"
        )
        if subprocess.run([python, "-c", probe], check=False).returncode == 0:
            return python
    return None


def run_validator(
    modules: str | tuple[str, ...], *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run an interpreter that has one or several modules, with more variables in its environment, or skip."""
    names = (modules,) if isinstance(modules, str) else modules
    python = _interpreter_with(*names)
    if python is None:
        pytest.skip(f"{' and '.join(names)} not installed here, nor in an interpreter of MMAR_VALIDATORS")
    return subprocess.run(
        [python, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
        env={**os.environ, **(environment or {})},
    )
