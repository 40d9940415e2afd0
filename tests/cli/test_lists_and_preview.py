"""`mmar protocols`, `mmar models` and `mmar preview`, as a person meets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from expect import raises
from mmar.cli.models import models, protocols
from mmar.cli.preview import preview
from mmar.errors import UsageError
from mmar.items import load_benchmark
from mmar.models.presets import presets
from mmar.protocols import load_protocol

RECORDS = [
    {
        "id": f"clip-{index}",
        "audio_path": f"audio/clip-{index}.wav",
        "question": f"How many beeps, in clip {index}?",
        "choices": ["one", "two", "three"],
        "answer": "two",
        "modality": "sound",
        "category": "Signal Layer",
    }
    for index in range(1, 4)
]


@pytest.fixture
def benchmark(tmp_path: Path) -> Path:
    path = tmp_path / "beeps-meta.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in RECORDS), "utf-8")
    return path


def run(command: click.Command, *arguments: object) -> str:
    result = CliRunner().invoke(command, [str(each) for each in arguments])
    if result.exception is not None:
        raise result.exception
    return result.stdout


def as_json(command: click.Command, *arguments: object) -> Any:
    return json.loads(run(command, *arguments, "--json"))


def test_protocols_are_listed_with_their_source() -> None:
    lines = run(protocols).splitlines()
    assert lines[0].split() == ["NAME", "CHOICES", "WORDING", "SOURCE"]
    assert any(line.startswith("mmar ") for line in lines)
    assert max(map(len, lines)) <= 80
    listed = as_json(protocols)
    assert [each["name"] for each in listed][:3] == ["mmar", "letter", "r1-aqa"]
    assert all(each["source"] for each in listed)


def test_one_protocol_is_shown_whole(tmp_path: Path) -> None:
    text = run(protocols, "audio-reasoner")
    for part in (
        "audio-reasoner@1",
        "inference.py",
        "<THINK> and <RESPONSE>",
        "temperature 0.0, max_tokens 2048",
        "before the text",
    ):
        assert part in text
    assert as_json(protocols, "r1-aqa")["settings"] == {"max_tokens": 256}
    own = tmp_path / "mine.toml"
    own.write_text(
        '[protocol]\nname = "mine"\ntemplate = "{q}\\n{choices}"\nchoices = "lines"\nsource = "mine"\n',
        "utf-8",
    )
    assert "a wording of the user" in run(protocols, own)
    with raises("unknown-protocol", UsageError):
        run(protocols, "nothing")


def test_models_are_listed_by_class() -> None:
    lines = run(models).splitlines()
    assert lines[0].split()[:5] == ["NAME", "CLASS", "SIZE", "OPEN", "%"]
    assert len(lines) == 1 + len(presets()) + 3
    row = next(line for line in lines if line.startswith("qwen2.5-omni-7b ")).split()
    assert row[:4] == ["qwen2.5-omni-7b", "OLM", "10.7B", "yes"]
    assert row[5:] == ["hf", "vllm"]
    low, _, high = row[4].partition("-")
    assert float(low) <= 56.7 <= float(high)
    assert max(map(len, lines)) <= 80
    assert {each["class"] for each in as_json(models, "--class", "lrm")} == {"LRM"}
    assert len(as_json(models)) == len(presets())


@pytest.mark.parametrize("kind", ["hf", "vllm", "sglang", "api", "command", "cascade"])
def test_models_by_what_serves_them(kind: str) -> None:
    results = as_json(models, "--can", kind)
    assert {each["name"] for each in results} == {
        name for name, preset in presets().items() if kind in preset.served_by
    }
    assert max(map(len, run(models, "--can", kind).splitlines())) <= 80


def test_one_model_says_what_it_needs_and_how_it_is_run() -> None:
    text = run(models, "salmonn-13b")
    for part in (
        "33.2",
        "paper table, arXiv 2505.13032",
        "tsinghua-ee/SALMONN",
        "mmar run salmonn-13b --benchmark mmar --worker 'PROGRAM'",
    ):
        assert part in text
    record = as_json(models, "gemini-2.5-pro")
    assert record["commands"] == ["mmar run gemini-2.5-pro --benchmark mmar"]
    assert {each["by"] for each in record["published"]} >= {"benchmark", "others"}
    with raises("unknown-model"):
        run(models, "gpt-9")


@pytest.mark.parametrize("name", presets())
def test_the_page_of_a_model_fits_a_terminal(name: str) -> None:
    assert max(map(len, run(models, name).splitlines())) <= 80


def test_presets_that_this_machine_can_run(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MMAR_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-0123456789")
    monkeypatch.setenv("PATH", "")
    text = run(models, "--here", "--can", "api")
    assert "secret" not in text
    assert "OPENAI_API_KEY" in text
    record = as_json(models, "--here")
    obstacles = {each["name"]: each["obstacles"] for each in record["systems"]}
    assert obstacles["gpt-audio"] == {"api": ""}
    assert obstacles["gemini-3-pro"] == {"api": "no key in GOOGLE_API_KEY"}
    assert obstacles["audio-flamingo-3"]["vllm"] == "no program"
    assert record["machine"]["gpus"] == []
    assert max(map(len, run(models, "--here").splitlines())) <= 80


def test_the_exact_request_is_shown(benchmark: Path) -> None:
    text = run(preview, "clip-2", "--benchmark", benchmark)
    assert (
        "[the clip]\nHow many beeps, in clip 2?\nSelect one option from the provided choices:\none\ntwo\nthree"
        in text
    )
    assert "audio/clip-2.wav (not found)" in text
    request = load_protocol("mmar").request(load_benchmark(benchmark)["clip-2"], Path("audio/clip-2.wav"))
    assert request.digest() in text
    record = as_json(preview, "clip-2", "-b", benchmark, "-p", "desta")
    assert [message["role"] for message in record["messages"]] == ["system", "user"]
    assert record["protocol"] == "desta@2"
    assert "body" not in record


def test_an_item_by_its_number_or_its_requests_digest(benchmark: Path) -> None:
    assert as_json(preview, "3", "-b", benchmark)["item"] == "clip-3"
    turned = as_json(preview, "clip-1", "-b", benchmark, "--rotate", "2")
    assert turned["messages"][0]["text"].endswith("three\none\ntwo")
    again = as_json(preview, turned["digest"][:12], "-b", benchmark)
    assert (again["item"], again["rotation"], again["digest"]) == ("clip-1", 2, turned["digest"])
    assert as_json(preview, "clip-1", "-b", benchmark, "--rotate", "3")["rotation"] == 0
    for unknown, hint in (("clip-22", "clip-2"), ("4", "1 to 3"), ("0123456789abcdef", "1 to 3")):
        with raises("unknown-item") as caught:
            run(preview, unknown, "-b", benchmark)
        assert hint in (caught.value.hint or "")


def test_the_body_for_a_model(benchmark: Path, tone: Any, tmp_path: Path) -> None:
    (tmp_path / "audio").mkdir()
    size = tone("audio/clip-1.wav").stat().st_size
    record = as_json(
        preview,
        "clip-1",
        "-b",
        benchmark,
        "-m",
        "qwen2.5-omni-7b",
        "--via",
        "vllm",
        "--option",
        "audio_as=audio_url",
    )
    assert record["model"] == "vllm/Qwen/Qwen2.5-Omni-7B"
    assert record["body"]["messages"][0]["content"][0] == {
        "type": "audio_url",
        "audio_url": {"url": f"data:audio/wav;base64,<base64 of {size:,} bytes>"},
    }
    assert as_json(preview, "clip-1", "-b", benchmark, "-m", "r1-aqa")["protocol"] == "r1-aqa@1"
    text = as_json(preview, "clip-1", "-b", benchmark, "-m", "text/some-model")
    assert "audio" not in text
    assert text["body"]["messages"][0]["content"].startswith("How many")
    caption = as_json(preview, "clip-1", "-b", benchmark, "-m", "caption+gpt-4o")
    assert "<the captioner's caption>" in caption["messages"][0]["text"]
    assert caption["digest"] == as_json(preview, "clip-1", "-b", benchmark)["digest"]


def test_a_clip_that_is_not_here_leaves_the_texts(benchmark: Path, command: Any) -> None:
    result = command("preview", "1", "-b", benchmark, "-m", "openai/m", "--json")
    assert result.status == 0
    assert "clip-1.wav" in result.err
    assert "body" not in json.loads(result.out)


@pytest.mark.parametrize(
    ("arguments", "mention"),
    [
        (["1", "-m", "qwen9"], "qwen9"),
        (["1", "-m", "nothing/x"], "openai/NAME"),
        (["1", "-m", "openai/m", "--option", "audio_as"], "KEY=VALUE"),
        (["1", "-p", "absent.toml"], "absent.toml"),
    ],
)
def test_an_invalid_preview_ends_with_status_2(
    benchmark: Path, command: Any, arguments: list[str], mention: str
) -> None:
    result = command("preview", *arguments, "-b", benchmark)
    assert (result.status, result.out) == (2, "")
    assert result.error is not None and mention in str(result.error)
