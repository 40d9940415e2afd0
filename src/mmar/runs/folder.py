"""A run's folder before its manifest stands in it, and what a killed process leaves there.

The ledger is made before the manifest, since its lock keeps a second process out. A process that dies
between the two, or while it puts a file in place, leaves an empty ledger or a working file; neither is a
reason to refuse the folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mmar.errors import ExternalError, UsageError
from mmar.runs.ledger import LEDGER_NAME
from mmar.runs.manifest import MANIFEST_NAME
from mmar.runs.predictions import PREDICTIONS_NAME

__all__ = ["check_free", "clear_working_files"]


def check_free(folder: Path) -> None:
    """Check that a run can begin in a folder that has no manifest.

    Args:
        folder: it need not exist.

    Raises:
        UsageError: it holds something that no run has left there.
        ExternalError: the system does not let it be looked at.
    """
    try:
        if not folder.is_dir():
            return
        left = set(_working_files(folder))
        ledger = folder / LEDGER_NAME
        if ledger.is_file() and not ledger.stat().st_size:
            left.add(ledger)
        others = sorted(path.name for path in folder.iterdir() if path not in left)
    except OSError as error:
        raise ExternalError(f"{folder}: cannot be read ({error.strerror or error})") from None
    if others:
        raise UsageError(
            f"{folder}: holds no run, but other things ({others[0]}{', …' if len(others) > 1 else ''})\n"
            "  → choose another folder with --out"
        )


def clear_working_files(folder: Path) -> None:
    """Remove what processes left that were killed while they put a file in place; hold the ledger's lock."""
    for path in _working_files(folder):
        path.unlink(missing_ok=True)


def _working_files(folder: Path) -> Iterator[Path]:
    for name in (MANIFEST_NAME, PREDICTIONS_NAME):
        yield from folder.glob(f".{name}.*.part")
