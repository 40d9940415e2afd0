"""Exchange formats: what is written, and what each format's own program says of it."""

from __future__ import annotations

import hashlib
import json
import sys
import types
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import huggingface_hub
import pytest
import yaml

import mmar
from expect import raises
from mmar.cli.export import FORMATS
from mmar.items import Item, write_benchmark
from mmar.models import Answer, Usage
from mmar.reports.exchange import formats
from runs.made_up import Scripted
from validators import run_validator

TEXT = "日本語 🎵 </script> | x"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of five items: right, wrong, unresolved with thinking, failed, and one whose texts are hard to write."""
    choices = ("yes", "no", "")
    names = ("a", "b", "c", "d", "e/f:g")
    items = [
        Item(
            name,
            f"audio/{place}.wav",
            f"Is it so? {TEXT if place == 4 else ''}",
            choices,
            "yes",
            ("sound", "speech")[place % 2],
            "Signal Layer",
            language="en|zh",
            url=f"https://youtu.be/{place:_<11}",
        )
        for place, name in enumerate(names)
    ]
    write_benchmark(items, tmp_path / "made-up-meta.jsonl")
    answers = {
        "a": Answer("a", "yes", "", finish_reason="stop", usage=Usage(10, 2), latency_s=0.5),
        "b": Answer("b", "no", ""),
        "c": Answer("c", "I wonder.", "long thought", finish_reason="length"),
        "d": Answer.failed("d", "rejected", "will not"),
        "e/f:g": Answer("e/f:g", "yes", TEXT),
    }
    out = tmp_path / "run"
    model = Scripted(lambda request, _: answers[request.item_id], name="hf/Org/Some-Model")  # type: ignore[attr-defined]
    mmar.run(model, tmp_path / "made-up-meta.jsonl", out=out)
    return out


def test_the_command_and_the_library_name_the_same_formats() -> None:
    assert formats.FORMATS == FORMATS
    assert set(get_args(formats.BenchmarkFormat)) == set(formats.BENCHMARK_FORMATS)


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
        "import os, sys; os.chdir(sys.argv[1]); sys.argv = ['every_eval_ever', 'validate', *sys.argv[2:]]; "
        "from every_eval_ever.cli import main; sys.exit(main())"
    )
    result = run_validator("every_eval_ever", "-c", code, str(run.parent), *names)
    assert result.returncode == 0, result.stdout + result.stderr


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


def test_a_part_of_a_run_is_no_result_for_the_hub(run: Path) -> None:
    part = run.parent / "part.jsonl"
    part.write_text('{"id": "a", "answer_prediction": "yes"}\n')
    with raises("partial-run"):
        mmar.export_run(
            part, to="hf-eval-results", benchmark=run.parent / "made-up-meta.jsonl", dataset="a/b"
        )


def test_the_draft_for_the_hub_names_both_tasks(run: Path) -> None:
    path = mmar.export_benchmark(run.parent / "made-up-meta.jsonl", to="hf-eval-yaml", out=run.parent)
    draft = yaml.safe_load(path.read_text("utf-8"))
    assert {"name", "description", "evaluation_framework", "tasks"} <= draft.keys()
    assert [task["id"] for task in draft["tasks"]] == ["made-up", "made-up-choice"]
    assert "{choices}" in draft["tasks"][0]["solvers"][0]["args"]["template"]


def test_a_log_of_inspect_is_read_back_by_this_program(run: Path) -> None:
    (path,) = mmar.export_run(run, to="inspect")
    score = mmar.score(path, run.parent / "made-up-meta.jsonl")
    own = mmar.score(run)
    assert score.choice == own.choice
    assert score.states["failed"] == own.states["failed"] == 1
    with zipfile.ZipFile(path) as archive:
        sample = json.loads(archive.read("samples/e_f_g_epoch_1.json"))
    assert sample["scores"]["choice"]["value"] == "C"
    assert sample["input"][0]["content"][0]["audio"] == "audio/4.wav"
    first = path.read_bytes()
    mmar.export_run(run, to="inspect")
    assert path.read_bytes() == first
    with raises("bad-suffix"):
        mmar.export_run(run, to="inspect", out=run.parent / "log.zip")


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


def test_parquet_holds_a_row_for_each_item_and_the_signature(run: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    (path,) = mmar.export_run(run, to="parquet")
    table = parquet.read_table(path)
    score = mmar.score(run)
    assert table.schema.metadata[b"mmar.signature"].decode() == score.signature
    assert table["choice"].to_pylist() == [row.choice for row in score.items]
    assert table["choices"][0].as_py() == ["yes", "no", ""]
    assert table["failure"].to_pylist() == [None, None, None, "rejected", None]
    assert all(seconds is not None for seconds in table["latency_s"].to_pylist())


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


def test_croissant_of_a_release_says_what_its_data_sheet_says(run: Path) -> None:
    from mmar.studio.exchange.release_files import write_release
    from mmar.studio.exchange.release_texts import ReleaseFacts

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


class FakeClient(types.ModuleType):
    """The three calls of a tracker's client."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.calls: list[Any] = []
        self.Table = lambda **table: table

    def init(self, **options: Any) -> FakeClient:
        self.calls.append(options)
        return self

    def log(self, values: dict[str, Any]) -> None:
        self.calls.append(values)

    def finish(self) -> None:
        self.calls.append("finish")


@pytest.mark.parametrize("tracker", ["wandb", "trackio"])
def test_a_tracker_is_given_configuration_numbers_and_items(
    run: Path, tracker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if tracker == "trackio":
        pytest.importorskip("pandas")
    client = FakeClient(tracker)
    monkeypatch.setitem(sys.modules, tracker, client)
    assert mmar.export_run(run, to=tracker, project="mine") == ()
    begin, logged, end = client.calls
    score = mmar.score(run)
    assert begin["project"] == "mine"
    assert begin["config"]["signature"] == score.signature
    assert logged["official/all"] == score.official.accuracy
    assert logged["choice/modality/sound"] == score.groups["modality"]["sound"].choice.accuracy
    assert logged["states/failed"] == 1
    assert end == "finish"


@pytest.mark.parametrize("tracker", ["wandb", "trackio"])
def test_the_clients_of_trackers_take_a_run_offline(run: Path, tracker: str) -> None:
    environment = {
        "WANDB_MODE": "offline",
        "WANDB_DIR": str(run.parent),
        "TRACKIO_DIR": str(run.parent / "trackio"),
    }
    code = (
        f"import os, sys; os.environ.update({environment!r}); sys.path += {sys.path!r}; import mmar; "
        f"mmar.export_run({str(run)!r}, to={tracker!r})"
    )
    result = run_validator(tracker, "-c", code)
    assert result.returncode == 0, result.stderr
    assert list(run.parent.glob("wandb/offline-run-*" if tracker == "wandb" else "trackio/mmar.db"))


def test_a_client_that_fails_loses_nothing_and_one_that_is_missing_is_named(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = FakeClient("wandb")

    def fail(**_: Any) -> FakeClient:
        raise RuntimeError("no network")

    client.init = fail  # type: ignore[method-assign]
    monkeypatch.setitem(sys.modules, "wandb", client)
    with raises("tracker-failed"):
        mmar.export_run(run, to="wandb")
    monkeypatch.setitem(sys.modules, "wandb", None)
    with raises("missing-extra"):
        mmar.export_run(run, to="wandb")
    with raises("unknown-format", argument="to"):
        mmar.export_run(run, to="csv")  # type: ignore[arg-type]


def test_the_command_writes_beside_the_run_and_says_where(command: Callable[..., Any], run: Path) -> None:
    result = command("export", run, "--to", "inspect")
    assert result.status == 0
    assert f"wrote {run}.eval" in result.err
    assert command("export", run, "--to", "hf-eval-results").code == "no-hub-dataset"
    assert command("export", run.parent / "nothing", "--to", "parquet").status == 2


def test_a_run_is_logged_when_it_ends(
    command: Callable[..., Any], run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = FakeClient("wandb")
    monkeypatch.setitem(sys.modules, "wandb", client)
    arguments = (
        "run",
        "baseline/longest",
        "-b",
        run.parent / "made-up-meta.jsonl",
        "--log-to",
        "wandb",
        "--out",
    )
    assert command(*arguments, run.parent / "logged").status == 0
    assert client.calls[1]["choice/all"] == mmar.score(run.parent / "logged").choice.accuracy
    monkeypatch.setattr(client, "init", None)
    failed = command(*arguments, run.parent / "unlogged")
    assert failed.status == 1
    assert mmar.score(run.parent / "unlogged").states["missing"] == 0
    monkeypatch.setitem(sys.modules, "wandb", None)
    assert command(*arguments, run.parent / "never").code == "missing-extra"
    assert not (run.parent / "never").exists()
