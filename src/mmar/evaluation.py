"""`python -m mmar.evaluation --input FILE`: a replacement for the published script with the same output.

For pipelines that call the published script. `mmar score` also prints the accuracy by the choices really named.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from mmar.errors import MmarError
from mmar.scoring.layout import official_output_of_file


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the published layout for a predictions file; exit status 2 for bad input or a full disk."""
    parser = argparse.ArgumentParser(
        prog="python -m mmar.evaluation",
        description="Score predictions and print what the published script prints.",
    )
    parser.add_argument("--input", type=Path, required=True, help="JSON or JSONL with answer_prediction")
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # names of groups may not exist in the output's encoding
    try:
        sys.stdout.write(official_output_of_file(options.input))
        sys.stdout.flush()
    except MmarError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except BrokenPipeError:
        sys.stdout = None  # the reader has what it wanted; nothing more may be written at exit
    except OSError as error:
        sys.stdout = None
        sys.stderr.write(f"the output cannot be written: {error.strerror or error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
