"""Evaluation results of the Hugging Face Hub: `.eval_results/*.yaml` of a model, and a draft `eval.yaml` of a benchmark.

Formats: Hub documentation, "Evaluation Results", read 2026-11. The signature stands in `notes`. Strings are written as
JSON strings, which YAML reads unchanged.
"""

from __future__ import annotations

import json
from pathlib import Path

from mmar.benchmarks import catalogue_facts
from mmar.errors import UsageError
from mmar.files.atomic import write_atomic
from mmar.items import Benchmark
from mmar.protocols import load_protocol
from mmar.reports.scored_source import SCORERS, ScoredSource


def hub_dataset(benchmark: str) -> tuple[str, str]:
    """The data set of the Hub that holds a benchmark, named with or without edition, and its pinned revision.

    Raises:
        UsageError: it has none that this program knows (code `no-hub-dataset`).
    """
    entry = catalogue_facts(benchmark)
    for file in (entry.audio, *entry.metadata):
        if file is not None and file.repo:
            return file.repo, file.revision
    raise UsageError(
        f'no data set of the Hugging Face Hub is known for "{benchmark}"',
        code="no-hub-dataset",
        argument="dataset",
        hint="name it: OWNER/NAME",
    )


def write_eval_results(source: ScoredSource, folder: Path, *, dataset: str | None = None) -> Path:
    """Write the results of a run into the model's repository: `.eval_results/BENCHMARK.yaml`.

    Raises:
        UsageError: only some items were asked, or the data set is not known (codes `partial-run`,
            `no-hub-dataset`).
        ExternalError: the file cannot be written.
    """
    score = source.score
    if score.asked is not None:
        raise UsageError(
            f"only {score.asked.n:,} of {score.n:,} items were asked; a model page shows results of the whole "
            "benchmark",
            code="partial-run",
            hint="continue the run with the same mmar run command",
        )
    dataset, revision = hub_dataset(source.bench) if dataset is None else (dataset, "")
    lines = []
    for scorer in SCORERS:
        lines += [
            "- dataset:",
            f"    id: {json.dumps(dataset)}",
            f"    task_id: {json.dumps(_task(source.bench, scorer))}",
            *([f"    revision: {json.dumps(revision)}"] if revision else []),
            f"  value: {getattr(score, scorer).accuracy:.2f}",
            f'  date: "{source.completed.date().isoformat()}"',
            f"  notes: {json.dumps(score.signature, ensure_ascii=False)}",
        ]
    path = folder / ".eval_results" / f"{source.bench.partition('@')[0].replace('/', '-')}.yaml"
    write_atomic(path, "".join(f"{line}\n" for line in lines))
    return path


def write_eval_yaml(benchmark: Benchmark, folder: Path) -> Path:
    """Write a draft `eval.yaml` that registers a data set of the Hub as a benchmark.

    The Hub's only framework with such tasks has no field for audio; its solvers have to put the clip first.
    """
    title = catalogue_facts(benchmark.name).title
    template = load_protocol("mmar").template
    description = (
        f"Multiple-choice questions about audio: {len(benchmark):,} items, digest {benchmark.digest[:8]}."
    )
    lines = [
        "# Draft, written by mmar. field_spec has no entry for audio yet: the solver must add the clip.",
        f"name: {json.dumps(title, ensure_ascii=False)}",
        f"description: {json.dumps(description, ensure_ascii=False)}",
        "evaluation_framework: inspect-ai",
        "",
        "tasks:",
    ]
    for scorer in SCORERS:
        lines += [
            f"  - id: {json.dumps(_task(benchmark.name, scorer))}",
            "    config: default",
            "    split: test",
            "    field_spec:",
            "      input: question",
            "      target: answer",
            "      choices: choices",
            "    solvers:",
            "      - name: prompt_template",
            "        args:",
            f"          template: {json.dumps(template.replace('{q}', '{prompt}'), ensure_ascii=False)}",
            "      - name: generate",
            "    scorers:",
            f"      - name: {json.dumps('mmar_' + scorer)}",
        ]
    path = folder / "eval.yaml"
    write_atomic(path, "".join(f"{line}\n" for line in lines))
    return path


def _task(benchmark: str, scorer: str) -> str:
    name = benchmark.partition("@")[0].replace("/", "-")
    return name if scorer == "official" else f"{name}-{scorer}"
