"""`python -m mmar.evaluation --input FILE`: in place of the published script, byte for byte.

A pipeline built on the published script changes one word. For numbers to trust, use `mmar score`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mmar.errors import MmarError
from mmar.scoring.layout import official_layout_of_file

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the published layout for a predictions file; exit status 2 for bad input or a full disk."""
    parser = argparse.ArgumentParser(
        prog="python -m mmar.evaluation",
        description="Score predictions and print what the published script prints.",
    )
    parser.add_argument("--input", type=Path, required=True, help="JSON or JSONL with answer_prediction")
    options = parser.parse_args(arguments)
    try:
        sys.stdout.write(official_layout_of_file(options.input))
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
