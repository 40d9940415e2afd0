"""Formats of benchmarks: Croissant, and the draft for the Hub."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import yaml

import mmar
from validators import run_validator


def test_the_draft_for_the_hub_names_both_tasks(run: Path) -> None:
    path = mmar.export_benchmark(run.parent / "made-up-meta.jsonl", to="hf-eval-yaml", out=run.parent)
    draft = yaml.safe_load(path.read_text("utf-8"))
    assert {"name", "description", "evaluation_framework", "tasks"} <= draft.keys()
    assert [task["id"] for task in draft["tasks"]] == ["made-up", "made-up-choice"]
    assert "{choices}" in draft["tasks"][0]["solvers"][0]["args"]["template"]


def test_croissant_describes_file_and_fields(run: Path) -> None:
    metadata = run.parent / "made-up-meta.jsonl"
    path = mmar.export_benchmark(metadata, to="croissant", out=run.parent / "croissant.json")
    record = json.loads(path.read_text("utf-8"))
    assert record["conformsTo"] == [
        "http://mlcommons.org/croissant/1.1",
        "http://mlcommons.org/croissant/RAI/1.0",
    ]
    questions = record["distribution"][0]
    assert questions["sha256"] == hashlib.sha256(metadata.read_bytes()).hexdigest()
    assert "Fewer than 20 items: sound, speech" in record["rai:dataLimitations"]
    assert "en 5, zh 5" in record["rai:dataBiases"]


def test_croissant_passes_its_own_validator_and_loads_the_items(run: Path) -> None:
    path = mmar.export_benchmark(
        run.parent / "made-up-meta.jsonl", to="croissant", out=run.parent / "croissant.json"
    )
    code = """
import json, sys
import mlcroissant
data = mlcroissant.Dataset(sys.argv[1])
rows = list(data.records("items"))
print(json.dumps([sorted(data.metadata.issues.errors), [row["questions/id"].decode() for row in rows]]))
"""
    result = run_validator("mlcroissant", "-c", code, str(path))
    assert result.returncode == 0, result.stderr
    errors, ids = json.loads(result.stdout.splitlines()[-1])
    assert not errors
    assert ids == ["a", "b", "c", "d", "e/f:g"]


def test_croissant_of_a_release_contains_its_data_sheet(run: Path) -> None:
    from mmar.studio.releases.release_files import write_release
    from mmar.studio.releases.release_texts import ReleaseFacts

    facts = ReleaseFacts(
        name="rain",
        version="1.2",
        date="2026-11-30",
        title="Rain",
        description="Questions about rain.",
        how_made="Collected outdoors.",
        people=("Ada: recordings",),
        licence_name="CC-BY-4.0",
        licence_text="...",
        canary="",
        agreement="alpha 0.81",
        bias_report="Mostly mild climates.",
    )
    folder = run.parent / "rain-1.2"
    write_release(folder, mmar.load(run.parent / "made-up-meta.jsonl"), None, facts)
    path = mmar.export_benchmark(folder, to="croissant", out=folder / "croissant.json")
    record = json.loads(path.read_text("utf-8"))
    assert (record["name"], record["version"], record["datePublished"]) == ("Rain", "1.2.0", "2026-11-30")
    assert record["license"] == "CC-BY-4.0"
    assert record["rai:dataCollection"] == "Collected outdoors."
    assert record["rai:annotationProtocol"] == "alpha 0.81"
    assert record["rai:dataBiases"].startswith("Mostly mild climates.")
    result = run_validator(
        "mlcroissant", "-c", "import mlcroissant, sys; mlcroissant.Dataset(sys.argv[1])", str(path)
    )
    assert result.returncode == 0, result.stderr
