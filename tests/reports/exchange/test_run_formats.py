"""Formats of runs: what is written, and what each format's own program says of it."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import yaml

import mmar
from expect import raises
from mmar.items import Item, write_benchmark
from validators import run_validator


def test_every_eval_ever_has_scores_with_intervals_and_all_samples(run: Path) -> None:
    aggregate, samples = mmar.export_run(
        run, to="every-eval-ever", organization="A lab", relationship="third_party"
    )
    assert aggregate.parent.relative_to(run.parent).as_posix() == "data/made-up/Org/Some-Model"
    record = json.loads(aggregate.read_text("utf-8"))
    score = mmar.score(run).to_dict()
    results = {
        result["evaluation_result_id"]: result["score_details"] for result in record["evaluation_results"]
    }
    for scorer in ("official", "choice"):
        whole = score["scores"][scorer]
        assert results[f"{scorer}/all"]["score"] == whole["accuracy"]
        interval = results[f"{scorer}/all"]["uncertainty"]["confidence_interval"]
        assert [interval["lower"], interval["upper"]] == list(whole["clustered"]["interval"])
        for name, group in score["groups"]["modality"].items():
            if group["n"]:
                assert results[f"{scorer}/modality/{name}"]["score"] == group[scorer]["accuracy"]
    assert record["eval_library"]["additional_details"]["signature"] == score["signature"]
    assert record["source_metadata"]["source_organization_name"] == "A lab"
    detail = record["detailed_evaluation_results"]
    assert detail["checksum"] == hashlib.sha256(samples.read_bytes()).hexdigest()
    rows = [json.loads(line) for line in samples.read_text("utf-8").splitlines()]
    assert [row["sample_id"] for row in rows] == ["a", "b", "c", "d", "e/f:g"]
    assert [row["evaluation"]["is_correct"] for row in rows] == [True, False, False, False, True]
    assert [row["metadata"]["state"] for row in rows] == [
        "choice",
        "choice",
        "unresolved",
        "failed",
        "choice",
    ]
    assert rows[2]["output"]["reasoning_trace"] == ["long thought"]
    assert rows[3]["error"] == "rejected: will not"
    assert rows[0]["token_usage"]["total_tokens"] == 12
    again = mmar.export_run(
        run, to="every-eval-ever", out=run.parent / "again", organization="A lab", relationship="third_party"
    )
    assert [path.read_bytes() for path in again] == [aggregate.read_bytes(), samples.read_bytes()]


def test_every_eval_ever_passes_its_own_validator(run: Path) -> None:
    files = mmar.export_run(run, to="every-eval-ever")
    names = [path.relative_to(run.parent).as_posix() for path in files]
    code = (
        "import os, sys; os.chdir(sys.argv[1]); sys.argv = ['validate', *sys.argv[2:]]; "
        "from every_eval_ever.validate import main; sys.exit(main())"
    )
    result = run_validator("every_eval_ever", "-c", code, str(run.parent), *names)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.skipif(
    not hasattr(huggingface_hub, "parse_eval_result_entries"), reason="this huggingface_hub reads no results"
)
def test_results_for_the_hub_are_read_by_its_library(run: Path) -> None:
    (path,) = mmar.export_run(run, to="hf-eval-results", dataset="owner/set")
    assert path == run.parent / ".eval_results" / "made-up.yaml"
    official, choice = huggingface_hub.parse_eval_result_entries(yaml.safe_load(path.read_text("utf-8")))
    score = mmar.score(run)
    assert (official.dataset_id, official.task_id, choice.task_id) == (
        "owner/set",
        "made-up",
        "made-up-choice",
    )
    assert official.value == round(score.official.accuracy, 2)
    assert choice.value == round(score.choice.accuracy, 2)
    assert official.notes == choice.notes == score.signature
    with raises("no-hub-dataset", argument="dataset"):
        mmar.export_run(run, to="hf-eval-results")


def test_part_of_a_run_is_refused_for_the_hub(run: Path) -> None:
    part = run.parent / "part.jsonl"
    part.write_text('{"id": "a", "answer_prediction": "yes"}\n')
    with raises("partial-run"):
        mmar.export_run(
            part, to="hf-eval-results", benchmark=run.parent / "made-up-meta.jsonl", dataset="a/b"
        )


def test_a_log_of_inspect_is_read_back_by_this_program(run: Path) -> None:
    (path,) = mmar.export_run(run, to="inspect")
    score = mmar.score(path, run.parent / "made-up-meta.jsonl")
    own = mmar.score(run)
    assert score.choice == own.choice
    assert score.states["failed"] == own.states["failed"] == 1
    with zipfile.ZipFile(path) as archive:
        sample = json.loads(archive.read("samples/e_f_g_epoch_1.json"))
    assert (sample["target"], sample["scores"]["choice"]["answer"]) == ("A", "A")
    assert sample["scores"]["choice"]["value"] == "C"
    assert sample["input"][0]["content"][0]["audio"] == "audio/4.wav"
    first = path.read_bytes()
    mmar.export_run(run, to="inspect")
    assert path.read_bytes() == first
    with raises("bad-suffix"):
        mmar.export_run(run, to="inspect", out=run.parent / "log.zip")


def test_ids_that_differ_in_forbidden_characters_get_members_of_their_own(tmp_path: Path) -> None:
    items = [
        Item(name, "a.wav", name, ("yes", "no"), "yes", "sound", "Signal Layer") for name in ("a/b", "a:b")
    ]
    write_benchmark(items, tmp_path / "meta.jsonl")
    answers = tmp_path / "answers.jsonl"
    answers.write_text("".join(f'{{"id": "{item.id}", "answer_prediction": "yes"}}\n' for item in items))
    (log,) = mmar.export_run(answers, to="inspect", benchmark=tmp_path / "meta.jsonl")
    with zipfile.ZipFile(log) as archive:
        samples = [
            json.loads(archive.read(name)) for name in archive.namelist() if name.startswith("samples/")
        ]
    assert [sample["id"] for sample in samples] == ["a/b", "a:b"]


def test_a_log_is_read_by_inspect(run: Path) -> None:
    (path,) = mmar.export_run(run, to="inspect")
    code = """
import json, sys
from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries
log = read_eval_log(sys.argv[1])
scores = {score.name: score.metrics["accuracy"].value for score in log.results.scores}
print(json.dumps([
    log.status, log.eval.model, scores, [sample.scores["choice"].value for sample in log.samples],
    log.samples[2].output.choices[0].stop_reason, log.samples[3].error.message, len(read_eval_log_sample_summaries(sys.argv[1])),
    log.eval.metadata["signature"],
]))
"""
    result = run_validator("inspect_ai", "-c", code, str(path))
    assert result.returncode == 0, result.stderr
    status, model, scores, values, stop, error, summaries, signature = json.loads(result.stdout)
    score = mmar.score(run)
    assert (status, model, summaries) == ("success", "hf/Org/Some-Model", 5)
    assert scores == {"official": score.official.accuracy / 100, "choice": score.choice.accuracy / 100}
    assert values == ["C", "I", "I", "I", "C"]
    assert (stop, error) == ("max_tokens", "rejected: will not")
    assert signature == score.signature


def test_parquet_has_a_row_for_each_item_and_the_signature(run: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    (path,) = mmar.export_run(run, to="parquet")
    table = parquet.read_table(path)
    score = mmar.score(run)
    assert table.schema.metadata[b"mmar.signature"].decode() == score.signature
    assert table["choice"].to_pylist() == [row.choice for row in score.items]
    assert table["choices"][0].as_py() == ["yes", "no", ""]
    assert table["failure"].to_pylist() == [None, None, None, "rejected", None]
    assert all(seconds is not None for seconds in table["latency_s"].to_pylist())


def test_the_command_writes_beside_the_run_and_says_where(command: Callable[..., Any], run: Path) -> None:
    result = command("export", run, "--to", "inspect")
    assert result.status == 0
    assert f"wrote {run}.eval" in result.err
    assert command("export", run, "--to", "hf-eval-results").code == "no-hub-dataset"
    assert command("export", run.parent / "nothing", "--to", "parquet").status == 2
