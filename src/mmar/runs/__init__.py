"""Runs: a folder with a manifest and a ledger, and the engine that fills it."""

from __future__ import annotations

from mmar.runs.engine import Counts, Limits, ask_all
from mmar.runs.ledger import LEDGER_NAME, Ledger, latest, read_ledger
from mmar.runs.manifest import MANIFEST_NAME, BenchmarkRef, Manifest, Session, read_manifest
from mmar.runs.run import PREDICTIONS_NAME, Outcome, RunPlan, carry_out, select, write_predictions
from mmar.runs.signature import run_parts, signature_line

__all__ = [
    "LEDGER_NAME",
    "MANIFEST_NAME",
    "PREDICTIONS_NAME",
    "BenchmarkRef",
    "Counts",
    "Ledger",
    "Limits",
    "Manifest",
    "Outcome",
    "RunPlan",
    "Session",
    "ask_all",
    "carry_out",
    "latest",
    "read_ledger",
    "read_manifest",
    "run_parts",
    "select",
    "signature_line",
    "write_predictions",
]
