"""Inspect's `.eval` log of a run, so that `inspect view` opens it. Clips are named by their path, never copied in.

An `.eval` file is a ZIP archive: `header.json`, a member for each sample, and summaries of all samples. Written
against inspect_ai 0.3.285 (log version 2), with deflate, which every release reads.
"""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from mmar._version import __version__
from mmar.errors import InputError, UsageError
from mmar.files.atomic import atomic_path
from mmar.items import Item
from mmar.models import Answer
from mmar.reports.scored_source import SCORERS, ScoredSource
from mmar.scoring.result import ItemScore

_EPOCH = (2020, 1, 1, 0, 0, 0)  # so that a log written twice is the same to the byte
_STOP_REASONS = {"stop": "stop", "length": "max_tokens", "content_filter": "content_filter"}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def write_inspect_log(source: ScoredSource, path: Path) -> Path:
    """Write a run's questions with choices as a log of Inspect.

    Raises:
        UsageError: the file's name does not end in `.eval` (code `bad-suffix`).
        ExternalError: the file cannot be written.
    """
    if path.suffix != ".eval":
        raise UsageError(f"{path} does not end in .eval", code="bad-suffix", argument="out")
    header = _header(source)
    summaries = []
    usage: Counter[str] = Counter()
    members: set[str] = set()
    with atomic_path(path) as part, zipfile.ZipFile(part, "w") as archive:
        _add(archive, "_journal/start.json", {name: header[name] for name in ("version", "eval", "plan")})
        for row in source.rows():
            sample = _sample(source, *row)
            member = _member(sample["id"])
            while member in members:  # two ids that differ only in marks which no file name may have
                member += "_"
            members.add(member)
            _add(archive, f"samples/{member}_epoch_1.json", sample)
            summaries.append(_summary(sample))
            usage.update(sample["model_usage"].get(source.model, {}))
        _add(archive, "_journal/summaries/1.json", summaries)
        _add(archive, "summaries.json", summaries)
        if any(usage.values()):
            header["stats"]["model_usage"] = {source.model: usage}
        _add(archive, "header.json", header)
    return path


def _add(archive: zipfile.ZipFile, name: str, record: Any) -> None:
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    archive.writestr(zipfile.ZipInfo(name, _EPOCH), text.encode(errors="replace"), zipfile.ZIP_DEFLATED)


def _member(item_id: str) -> str:
    """An item's id as a part of a member's name."""
    return "".join("_" if mark in '/\\:*?"<>|' or ord(mark) < 32 else mark for mark in item_id)


def _header(source: ScoredSource) -> dict[str, Any]:
    score, manifest = source.score, source.manifest
    identifier = source.identifier("inspect")
    settings = {} if manifest is None else msgspec.to_builtins(manifest.settings)
    config = {name: settings.get(name) for name in ("temperature", "top_p", "max_tokens")}
    config = {name: value for name, value in config.items() if value is not None}
    completed = (score.asked or score).n
    scores = [
        {
            "name": scorer,
            "scorer": scorer,
            "scored_samples": score.n,
            "unscored_samples": 0,
            "params": {},
            "metrics": {
                "accuracy": {"name": "accuracy", "value": getattr(score, scorer).accuracy / 100, "params": {}}
            },
        }
        for scorer in SCORERS
    ]
    return {
        "version": 2,
        "status": "success" if score.asked is None else "cancelled",
        "eval": {
            "eval_id": identifier[:22],
            "run_id": identifier[10:32],
            "created": source.started.isoformat(timespec="seconds"),
            "task": source.bench,
            "task_id": source.identifier("inspect task")[:22],
            "task_version": 0,
            "task_attribs": {},
            "task_args": {},
            "dataset": {
                "name": source.bench,
                "samples": score.n,
                "sample_ids": [item.id for item in source.benchmark.closed],
                "shuffled": False,
            },
            "model": source.model,
            "model_generate_config": config,
            "model_args": {},
            "config": {"epochs": 1},
            "packages": {"mmar": __version__},
            "metadata": {"signature": score.signature, "asked": completed},
            "scorers": [{"name": scorer, "options": {}, "metrics": [], "metadata": {}} for scorer in SCORERS],
        },
        "plan": {"name": "plan", "steps": [], "config": config},
        "results": {"total_samples": score.n, "completed_samples": completed, "scores": scores},
        "stats": {
            "started_at": source.started.isoformat(timespec="seconds"),
            "completed_at": source.completed.isoformat(timespec="seconds"),
            "model_usage": {},
        },
    }


def _sample(source: ScoredSource, item: Item, row: ItemScore, answer: Answer) -> dict[str, Any]:
    clips = [_audio(source, path) for path in (item.audio_path, *item.more_audio)]
    messages: list[dict[str, Any]] = []
    text = "\n".join((item.question, *item.choices))
    for turn in () if source.manifest is None else source.manifest.protocol.request(item, None).messages:
        if turn.role == "system":
            messages.append({"role": "system", "content": turn.text, "source": "input"})
        else:
            text = turn.text
    prompt = {"role": "user", "content": [*clips, {"type": "text", "text": text}], "source": "input"}
    messages.append(prompt)
    output: dict[str, Any] = {"model": source.model, "choices": [], "completion": ""}
    if row.prediction is not None:
        content: Any = row.prediction
        if answer.thinking:
            content = [
                {"type": "reasoning", "reasoning": answer.thinking},
                {"type": "text", "text": row.prediction},
            ]
        reply = {"role": "assistant", "content": content, "source": "generate", "model": source.model}
        messages.append(reply)
        reason = _STOP_REASONS.get(answer.finish_reason or "", "stop")
        output = {
            "model": source.model,
            "choices": [{"message": reply, "stop_reason": reason}],
            "completion": row.prediction,
        }
    usage = {}
    if answer.usage is not None:
        sent, received = answer.usage.input_tokens or 0, answer.usage.output_tokens or 0
        usage = {"input_tokens": sent, "output_tokens": received, "total_tokens": sent + received}
        output["usage"] = usage
    if answer.latency_s is not None:
        output["time"] = answer.latency_s
    index = item.choices.index(item.answer) if item.answer in item.choices else None
    named = "" if row.named is None else _LETTERS[item.choices.index(row.named)]  # as the target is named
    record: dict[str, Any] = {
        "id": item.id,
        "epoch": 1,
        "input": [prompt],
        "choices": list(item.choices),
        "target": "" if index is None else _LETTERS[index],
        "messages": messages,
        "output": output,
        "scores": {
            scorer: {"value": "C" if right else "I", "answer": named, "explanation": reason}
            for scorer, right, reason in (
                ("official", row.official, row.official_reason),
                ("choice", row.choice, row.reason),
            )
        },
        "metadata": {
            "modality": item.modality,
            "category": item.category,
            "sub_category": item.sub_category,
            "state": row.state,
            "audio_path": item.audio_path,
        },
        "store": {},
        "events": [],
        "model_usage": {source.model: usage} if usage else {},
        "attachments": {},
    }
    if answer.failure is not None:
        record["error"] = {"message": str(answer.failure), "traceback": "", "traceback_ansi": ""}
    return record


def _audio(source: ScoredSource, audio_path: str) -> dict[str, str]:
    path = audio_path
    if source.benchmark.audio_dir is not None:
        with suppress(InputError, UsageError):
            path = str(source.benchmark.clip(audio_path).resolve())
    return {"type": "audio", "audio": path, "format": "mp3" if path.lower().endswith(".mp3") else "wav"}


def _summary(sample: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "epoch", "choices", "target", "metadata", "scores", "model_usage")
    summary = {
        **{name: sample[name] for name in names},
        "input": sample["input"][0]["content"][-1]["text"][:400],
        "completed": bool(sample["output"]["choices"]),
        "message_count": len(sample["messages"]),
    }
    if "error" in sample:
        summary["error"] = sample["error"]["message"]
    return summary
