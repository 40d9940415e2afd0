"""The presets: each row of the published table has one, and every one can be followed and shown."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from expect import raises
from mmar.api import load
from mmar.inputs import open_run_model
from mmar.models.hardware import Gpu, Machine, find_machine, memory_gib, obstacles_of
from mmar.models.model import ADAPTERS
from mmar.models.presets import Preset, check_requirements, preset_of, presets, resolve_preset
from mmar.protocols import Settings, protocols
from mmar.reports.published import published_results
from mmar.runs.spec import RunSpec
from real_data import SHARED

TABLE = SHARED / "published" / "mmar_accuracy.csv"
EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES_OF_2026 = [
    "qwen3-omni-instruct", "qwen3-omni-thinking", "kimi-audio-7b-instruct", "mimo-audio-7b-instruct",
    "audio-flamingo-3", "audio-flamingo-next", "music-flamingo", "moss-audio-4b-instruct", "moss-audio-4b-thinking",
    "moss-audio-8b-instruct", "moss-audio-8b-thinking", "step-audio-2-mini", "step-audio-r1", "minicpm-o-4.5",
    "desta2.5-audio", "salmonn-2-9b", "voxtral-mini-3b-2507", "gemma-3n-e4b", "gemma-4-e4b",
    "phi-4-multimodal-instruct", "gemini-3-pro", "gemini-3.1-pro", "gpt-audio",
]  # fmt: skip


@pytest.mark.skipif(not TABLE.exists(), reason="the published table (../shared) is not here")
def test_every_row_of_the_published_table_has_one_preset() -> None:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [
            (row["model"], row["size"], row["model_class"], row["open_weights"])
            for row in csv.DictReader(file)
        ]
    words = {True: "yes", False: "no", None: ""}
    ours = [
        (each.model, each.size, each.model_class, words[each.open_weights]) for each in presets().values()
    ][:37]
    assert len(rows) == len(set(rows)) == 37
    assert sorted(ours) == sorted(rows)


def test_a_preset_is_found_by_the_name_of_its_published_results() -> None:
    by_benchmark = {result.id for result in published_results() if result.by == "benchmark"}
    assert by_benchmark == {*[*presets()][:37]}
    # These are without a published value.
    without = {"gemma-3n-e4b", "gemma-4-e4b", "gemma-4-12b", "gpt-audio"}
    assert {*presets()} - {result.id for result in published_results()} == without
    hub_ids = {result.id: result.hub_id for result in published_results() if result.hub_id}
    for name, preset in presets().items():
        assert preset.id == hub_ids.get(name, preset.id), name


def test_names_are_short_unique_and_no_adapters() -> None:
    for name, preset in presets().items():
        assert name == preset.name
        assert re.fullmatch(r"[a-z0-9]+(?:[-.+][a-z0-9]+)*", name)
        assert name not in ADAPTERS
    assert {*NAMES_OF_2026} <= {*presets()}


@pytest.mark.parametrize("preset", presets().values(), ids=lambda preset: preset.name)
def test_a_preset_can_be_followed(preset: Preset) -> None:
    assert preset.protocol in protocols()
    assert preset.served_by
    stored = preset.served_by[0] in ("builtin", "api", "cascade")
    assert bool(preset.adapter) == stored
    if stored:
        adapter, _, rest = preset.adapter.partition("/")
        assert adapter in ADAPTERS
        assert rest.endswith(preset.id)
    assert preset.code or stored
    assert preset.commands
    assert all(command.startswith("mmar run ") for command in preset.commands)
    if preset.example:
        assert "command" in preset.served_by
        assert (EXAMPLES / preset.example).is_file()


@pytest.mark.parametrize("preset", presets().values(), ids=lambda preset: preset.name)
def test_a_run_of_it_can_be_prepared_without_anything(preset: Preset) -> None:
    spec = RunSpec.create(preset.name, load("demo"))
    assert spec.preset == preset.name
    assert spec.protocol.name == preset.protocol
    assert spec.settings == preset.settings.over(protocols()[preset.protocol].settings)
    for kind in preset.served_by:
        if kind in ("hf", "vllm", "sglang") and preset.id:
            spec = RunSpec.create(preset.name, load("demo"), via=kind)
            assert spec.model.partition("/")[2] == preset.id


def test_the_five_classes_of_the_table() -> None:
    table = [*presets().values()][:37]
    counts = {
        name: sum(each.model_class == name for each in table)
        for name in ("LALM", "LARM", "OLM", "LLM", "LRM")
    }
    assert counts == {"LALM": 19, "LARM": 4, "OLM": 8, "LLM": 2, "LRM": 3}
    for preset in presets().values():
        assert ("cascade" in preset.served_by) == (preset.model_class in ("LLM", "LRM"))


def adapter_of(name: str, **options: object) -> str:
    preset = resolve_preset(name, **options)  # type: ignore[arg-type]
    assert preset is not None
    return preset.adapter


def test_a_preset_is_resolved_to_an_adapter() -> None:
    weights = "Qwen/Qwen2.5-Omni-7B"
    assert adapter_of("qwen2.5-omni-7b") == f"hf/{weights}"
    assert adapter_of("qwen2.5-omni-7b", base_urls=["http://localhost:8000/v1"]) == f"openai/{weights}"
    assert adapter_of("qwen2.5-omni-7b", workers=["ssh gpu1 mmar worker"]) == f"hf/{weights}"
    program = ["python examples/kimi_audio.py"]
    assert adapter_of("kimi-audio-7b-instruct", workers=program) == "command/kimi-audio-7b-instruct"
    with raises("not-served", argument="via"):
        resolve_preset("salmonn-7b", via="hf")
    with raises("invalid-value", argument="via"):
        resolve_preset("salmonn-7b", via="teleport")
    with raises("incompatible-options", argument="via"):
        resolve_preset("openai/gpt-4o", via="hf")


@pytest.mark.parametrize("preset", presets().values(), ids=lambda preset: preset.name)
def test_the_preset_of_a_run_is_found_by_its_models_name(preset: Preset) -> None:
    for via in (None, *(kind for kind in preset.served_by if kind in ("hf", "vllm", "sglang", "command"))):
        opened = resolve_preset(preset.name, via=via)
        assert opened is not None
        match = preset_of(opened.adapter)
        if preset.name == "audio-cot":  # Qwen2-Audio-Instruct under other prompts
            assert match is presets()["qwen2-audio-instruct"]
        elif preset.id or preset.adapter or via == "command":
            assert match is preset
    assert preset_of("openai/some-model") is None


def test_options_of_a_preset_are_for_http() -> None:
    preset = resolve_preset("gpt-audio", options={"audio_as": "audio_url"})
    assert preset is not None
    assert preset.options == {"body": '{"modalities": ["text"]}', "audio_as": "audio_url"}
    assert preset.settings == Settings()


def missing(name: str, **options: object) -> str:
    spec = RunSpec.create(name, load("demo"), **options)  # type: ignore[arg-type]
    with raises("missing-requirement", argument="model") as caught:
        open_run_model(spec)
    return f"{caught.value.message}\n{caught.value.hint}"


def test_missing_requirements_raise_on_open() -> None:
    assert "mmar run salmonn-7b" in missing("salmonn-7b")
    assert "examples/kimi_audio.py" in missing("kimi-audio-7b-instruct")
    assert "--protocol omni-r1" in missing("omni-r1")
    assert "no hub id" in missing("omni-r1", base_urls="http://localhost")
    assert "captioner" in missing("caption+deepseek-r1", options={"captioner.base_url": "http://one"})


def test_a_cascade_takes_its_servers_from_options_or_base_urls() -> None:
    for urls, options in (
        (("http://both",), {}),
        ((), {"captioner.base_url": "http://one", "reasoner.base_url": "http://two"}),
    ):
        preset = resolve_preset("caption+deepseek-r1", urls, options)
        assert preset is not None
        assert preset.adapter == "cascade/openai/Qwen/Qwen2.5-Omni-7B+text/deepseek-ai/DeepSeek-R1"
        check_requirements(preset.name, preset.adapter, urls, preset.options, ())
    closed = resolve_preset("caption+o3", ["http://captioner"])
    assert closed is not None
    # The captioner's server is not the reasoner's: OpenAI's own stands in the preset.
    assert closed.options["reasoner.base_url"] == "https://api.openai.com/v1"
    other = resolve_preset("caption+o3", ["http://captioner"], {"reasoner.base_url": "http://proxy"})
    assert other is not None
    assert other.options["reasoner.base_url"] == "http://proxy"


def test_names_that_are_none() -> None:
    assert resolve_preset("openai/gpt-4o-audio-preview") is None
    assert resolve_preset("python:module:function") is None
    with raises("unknown-model", argument="model") as caught:
        resolve_preset("Qwen2.5-Omni-7b")
    assert '"qwen2.5-omni-7b"' in caught.value.message
    with raises("unknown-model"):
        resolve_preset("zzz")


def test_a_machine_is_looked_at_by_its_own_tools(tmp_path: Path) -> None:
    smi = tmp_path / "nvidia-smi"
    smi.write_text("#!/bin/sh\necho 'NVIDIA H200, 143771'\necho 'NVIDIA, A10, 23028'\necho broken\n")
    smi.chmod(0o755)
    programs = {"nvidia-smi": str(smi), "vllm": "/usr/bin/vllm"}
    machine = find_machine({"GEMINI_API_KEY": "secret", "OPENAI_API_KEY": ""}, programs.get)
    assert machine.gpus == (Gpu("NVIDIA H200", 140.4), Gpu("NVIDIA, A10", 22.5))
    assert (machine.programs, machine.keys) == (("vllm",), ("GEMINI_API_KEY",))
    smi.write_text("#!/bin/sh\nexit 9\n")
    assert find_machine({}, programs.get).gpus == ()
    assert find_machine({}, lambda _: None) == Machine(packages=machine.packages)


def test_obstacles_name_what_is_missing() -> None:
    small = Machine(gpus=(Gpu("A10", 22.5),), programs=("vllm",), packages=("torch", "transformers"))
    omni = obstacles_of(presets()["qwen3-omni-thinking"], small)
    assert omni == {"hf": "needs 67 GiB of 22", "vllm": "needs 67 GiB of 22", "sglang": "no program"}
    assert obstacles_of(presets()["audio-flamingo-3"], small) == {"hf": "", "vllm": ""}
    assert obstacles_of(presets()["audio-flamingo-3"], Machine())["hf"] == "no torch"
    assert obstacles_of(presets()["random-guess"], Machine()) == {"builtin": ""}
    assert obstacles_of(presets()["caption+o3"], small) == {"cascade": "needs two servers"}
    assert memory_gib("167M") == pytest.approx(0.37, abs=0.01)
