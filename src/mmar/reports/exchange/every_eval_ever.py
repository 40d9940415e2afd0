"""Every Eval Ever, schema 0.3.0: an aggregate file and a file of samples, at the paths of its data store.

Schemas and path rules: github.com/evaleval/every_eval_ever, `eval.schema.json`, `instance_level_eval.schema.json` and
the validator, read 2026-11. The file name must be a random-looking UUID of version 4; here it is made from the
signature and all verdicts, so that the same run always gives the same file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from mmar._version import __version__
from mmar.benchmarks import catalogue_facts
from mmar.files.atomic import write_atomic
from mmar.items import Item
from mmar.models import Answer
from mmar.models.presets import preset_of
from mmar.reports.scored_source import ScoredSource, interval_of, provider_of
from mmar.scoring.align_runs import Scorer
from mmar.scoring.result import Accuracy, GroupScore, ItemScore

SCHEMA_VERSION = "0.3.0"

Relationship = Literal["first_party", "third_party", "collaborative", "other"]

_DESCRIPTIONS = {
    "official": "percent of items right by the benchmark's published matching rule",
    "choice": "percent of items whose answer names the right choice",
}


def write_every_eval_ever(
    source: ScoredSource, folder: Path, organization: str = "unknown", relationship: Relationship = "other"
) -> tuple[Path, Path]:
    """Write aggregate and samples below the root of a data store, as `data/BENCHMARK/DEVELOPER/MODEL/UUID.json`.

    Returns:
        The aggregate and the samples file.
    """
    digits = source.identifier("every-eval-ever")
    uuid = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"
    benchmark = source.bench.partition("@")[0].replace("/", "-") or "benchmark"
    model = Path("data", benchmark, *source.hub_id.split("/"))
    evaluation_id = f"{source.bench}/{source.hub_id}/{int(source.completed.timestamp())}"
    rows = [
        json.dumps(_sample(source, evaluation_id, *row), ensure_ascii=False, separators=(",", ":")) + "\n"
        for row in source.rows()
    ]
    samples = "".join(rows).encode(errors="replace")
    sample_path = model / f"{uuid}_samples.jsonl"
    record = {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": evaluation_id,
        "evaluation_timestamp": str(int(source.started.timestamp())),
        "retrieved_timestamp": str(int(source.completed.timestamp())),
        "source_metadata": {
            "source_name": "mmar",
            "source_type": "evaluation_run",
            "source_organization_name": organization,
            "evaluator_relationship": relationship,
        },
        "eval_library": {
            "name": "mmar",
            "version": __version__,
            "additional_details": {"signature": source.score.signature},
        },
        "model_info": _model_info(source),
        "evaluation_results": list(_results(source)),
        "detailed_evaluation_results": {
            "format": "jsonl",
            "file_path": sample_path.as_posix(),
            "hash_algorithm": "sha256",
            "checksum": hashlib.sha256(samples).hexdigest(),
            "total_rows": len(rows),
        },
    }
    aggregate_path = folder / model / f"{uuid}.json"
    write_atomic(folder / sample_path, samples)
    write_atomic(aggregate_path, json.dumps(record, ensure_ascii=False, indent=2) + "\n")
    return aggregate_path, folder / sample_path


def _model_info(source: ScoredSource) -> dict[str, Any]:
    preset = preset_of(source.model)
    available = None if preset is None else preset.open_weights
    developer = source.hub_id.partition("/")[0]
    info: dict[str, Any] = {
        "name": source.model,
        "id": source.hub_id,
        "additional_details": {
            "deployment_type": provider_of(source.model),
            "model_availability": {True: "open_weights", False: "closed_weights", None: "unknown"}[available],
        },
    }
    return info if developer == "unknown" else {**info, "developer": developer}


def _results(source: ScoredSource) -> Iterator[dict[str, Any]]:
    data = _source_data(source)
    config = _generation_config(source)
    for label, scorer, group in source.results():
        yield {
            "evaluation_result_id": f"{scorer}/{label}",
            "evaluation_name": f"{source.bench} {label} ({scorer})",
            "source_data": data,
            "metric_config": {
                "evaluation_description": _DESCRIPTIONS[scorer],
                "metric_id": f"accuracy/{scorer}",
                "metric_name": f"Accuracy ({scorer})",
                "metric_kind": "accuracy",
                "metric_unit": "percent",
                "lower_is_better": False,
                "score_type": "continuous",
                "min_score": 0,
                "max_score": 100,
            },
            "score_details": _score_details(group, scorer),
            **({"generation_config": config} if config else {}),
        }


def _score_details(group: GroupScore, scorer: Scorer) -> dict[str, Any]:
    part = group.asked or group
    value: Accuracy = getattr(part, scorer)
    uncertainty: dict[str, Any] = {"num_samples": part.n}
    if (interval := interval_of(value)) is not None:
        confidence = dict(zip(("lower", "upper", "method"), interval, strict=True))
        uncertainty["confidence_interval"] = {"confidence_level": 0.95, **confidence}
    if value.clustered is not None and value.clustered.standard_error is not None:
        error = value.clustered.standard_error
        uncertainty["standard_error"] = {"value": error, "method": "clustered by source video"}
    details = {"correct": str(value.correct), "chance": f"{part.chance:.4f}"}
    if group.asked is not None:
        details["items_of_the_benchmark"] = str(group.n)
    return {"score": value.accuracy, "uncertainty": uncertainty, "details": details}


def _source_data(source: ScoredSource) -> dict[str, Any]:
    entry = catalogue_facts(source.bench)
    details = {"content_digest": source.benchmark.digest, "items": str(len(source.benchmark))}
    data: dict[str, Any] = {"dataset_name": source.bench, "source_type": "other"}
    if entry.homepage.startswith("http"):
        data = {"dataset_name": entry.title, "source_type": "url", "url": [entry.homepage]}
    return {**data, "additional_details": details}


def _generation_config(source: ScoredSource) -> dict[str, Any]:
    manifest = source.manifest
    if manifest is None:
        return {}
    settings = msgspec.to_builtins(manifest.settings)
    known = {name: settings.pop(name, None) for name in ("temperature", "top_p", "top_k", "max_tokens")}
    known = {name: value for name, value in known.items() if value is not None}
    others = {**settings, **manifest.options}
    details = {name: json.dumps(value) for name, value in others.items() if value not in (None, "", [], {})}
    details |= {"protocol": manifest.protocol.label, "condition": manifest.condition}
    return {
        "generation_args": {**known, "prompt_template": manifest.protocol.template},
        "additional_details": {**details, "seed": str(manifest.seed)},
    }


def _sample(
    source: ScoredSource, evaluation_id: str, item: Item, row: ItemScore, answer: Answer
) -> dict[str, Any]:
    reference = [] if item.answer is None else [item.answer]
    record: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": evaluation_id,
        "model_id": source.hub_id,
        "evaluation_name": f"{source.bench} all (choice)",
        "evaluation_result_id": "choice/all",
        "sample_id": item.id,
        "sample_hash": hashlib.sha256(
            (item.question + "".join(reference)).encode(errors="replace")
        ).hexdigest(),
        "interaction_type": "single_turn",
        "input": {"raw": item.question, "reference": reference, "choices": list(item.choices) or None},
        "output": {"raw": [] if row.prediction is None else [row.prediction]},
        "answer_attribution": [],
        "evaluation": {"score": float(row.choice), "is_correct": row.choice},
        "metadata": {
            "official": str(row.official).lower(),
            "state": row.state,
            "reason": row.reason,
            "audio_path": item.audio_path,
            "modality": item.modality,
            "category": item.category,
        },
    }
    if (manifest := source.manifest) is not None:
        messages = manifest.protocol.request(item, None).messages
        record["input"]["formatted"] = "\n\n".join(message.text for message in messages)
    if row.named is not None:
        record["answer_attribution"] = [
            {
                "turn_idx": 0,
                "source": "output.raw",
                "extracted_value": row.named,
                "extraction_method": row.rule or "mmar reading",
                "is_terminal": True,
            }
        ]
    if answer.thinking:
        record["output"]["reasoning_trace"] = [answer.thinking]
    if answer.latency_s is not None:
        record["performance"] = {"latency_ms": 1000 * answer.latency_s}
    if answer.failure is not None:
        record["error"] = str(answer.failure)
    usage = answer.usage
    if usage is not None and usage.input_tokens is not None and usage.output_tokens is not None:
        record["token_usage"] = {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "total_tokens": usage.input_tokens + usage.output_tokens,
        }
        if usage.reasoning_tokens is not None:
            record["token_usage"]["reasoning_tokens"] = usage.reasoning_tokens
    return record
