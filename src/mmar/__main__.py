"""`python -m mmar`."""

from __future__ import annotations

from mmar.cli import main

main()
