"""Files that a command writes, and what they may not stand in for."""

from __future__ import annotations

from pathlib import Path

from mmar.errors import UsageError

__all__ = ["refuse_over_inputs"]


def refuse_over_inputs(option: str, output: Path | None, *inputs: Path | str | None) -> None:
    """See to it that an output is written over nothing that the command reads.

    Args:
        option: as it is spelled, for the message.
        output: the file to write, if one was named.
        inputs: files, runs' folders, names; `None` for what was not given.

    Raises:
        UsageError: the output is one of the inputs, or one of the two files that a run consists of.
    """
    if output is None or not output.exists():
        return
    from mmar.runs.ledger import LEDGER_NAME
    from mmar.runs.manifest import MANIFEST_NAME
    from mmar.scoring.sources import run_of

    for given in inputs:
        if given is None:
            continue
        path = Path(given)
        folder = run_of(path)
        for read in (path, folder / LEDGER_NAME, folder / MANIFEST_NAME):
            if read.exists() and read.samefile(output):
                raise UsageError(
                    f"{option} {output}: this is what the command reads, and would be lost; name another file"
                )
