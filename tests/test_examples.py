"""The programs of `examples/` follow the protocol of `command/`; no model and no code of its authors is needed."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

import mmar
from mmar.models.presets import presets
from mmar.runs.ledger import read_ledger
from mmar.runs.spec import RunSpec

EXAMPLES = Path(__file__).parents[1] / "examples"
PROGRAMS = sorted(path for path in EXAMPLES.glob("*.py") if path.name != "jsonl_program.py")

if not PROGRAMS:
    pytest.skip("the examples are not here", allow_module_level=True)


def presets_of(program: Path) -> list[str]:
    return [name for name, preset in presets().items() if preset.example == program.name]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_documents_its_requirements_and_what_was_tried(program: Path) -> None:
    document = ast.get_docstring(ast.parse(program.read_text("utf-8"))) or ""
    assert "Tried:" in document
    assert "Not tried:" in document
    requirements = program.with_name(f"{program.stem}.requirements.txt").read_text("utf-8")
    assert any(line and not line.startswith("#") for line in requirements.splitlines())
    readme = (EXAMPLES / "README.md").read_text("utf-8")
    assert f"`{program.name}`" in readme
    assert presets_of(program), "no preset names it"
    for name in presets_of(program):
        assert presets()[name].id.partition("/")[2].partition("-")[0] in document


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_answers_a_run_of_its_preset(
    program: Path, tmp_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MMAR_CACHE_DIR", str(shared_cache))
    worker = f"{sys.executable} {program} --self-test"
    for name in presets_of(program)[:1]:
        via = "command" if presets()[name].served_by[0] != "command" else None
        demo = mmar.load("demo")
        result = mmar.run(name, demo, out=tmp_path / name, workers=[worker], via=via, limit=3)
        assert result.complete, result
        assert result.manifest.model == f"command/{name}"
        score = mmar.score(tmp_path / name)
        assert score.states["choice"] == 3


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_runs_with_stubs_of_its_authors_code(
    program: Path, tmp_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MMAR_CACHE_DIR", str(shared_cache))
    monkeypatch.setenv("MIMO_AUDIO_TOKENIZER_PATH", str(tmp_path))
    stubs = Path(__file__).with_name("authors_stubs.py")
    worker = f"{sys.executable} {stubs} {program} --model {tmp_path}"
    name = presets_of(program)[0]
    via = "command" if presets()[name].served_by[0] != "command" else None
    demo = mmar.load("demo")
    failing = msgspec.structs.replace(demo[1], question=f"FAIL? {demo[1].question}")
    demo = msgspec.structs.replace(demo, items=(demo[0], failing, demo[2]))
    result = mmar.run(name, demo, out=tmp_path / "run", workers=[worker], via=via, max_tokens=64)
    answers = {answer.id: answer for _, answer in read_ledger(tmp_path / "run" / "answers.jsonl")}
    assert result.counts.failed == {"crash": 1}
    failure = answers[failing.id].failure
    assert failure is not None
    assert "the model failed" in failure.message
    for item in (demo[0], demo[2]):
        text = answers[item.id].text  # the stubs answer with the prompt
        assert item.question in text
        assert all(choice in text for choice in item.choices)
        assert answers[item.id].model == str(tmp_path)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_inputs_have_the_clip_and_the_text_in_the_order_of_the_protocol(
    program: Path, tmp_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mmar.models.jsonl import write_request
    from mmar.runs.ledger import RequestKey
    from mmar.runs.requests import build_request

    monkeypatch.setenv("MMAR_CACHE_DIR", str(shared_cache))
    demo = mmar.load("demo")
    spec = RunSpec.create(presets_of(program)[0], demo, via="command")
    request = write_request(build_request(spec, demo[0], RequestKey(demo[0].id)), "1")
    code = "import json, sys, importlib; print(json.dumps(importlib.import_module(sys.argv[1]).prepare(json.load(sys.stdin))))"
    prepared = subprocess.run(
        [sys.executable, "-c", code, program.stem],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        cwd=EXAMPLES,
        check=True,
    )
    texts = list(strings(json.loads(prepared.stdout)))
    assert sum(request["audio"] in text for text in texts) == 1
    question = request["messages"][-1]["content"]
    assert any(question in text for text in texts)
    whole = "\n".join(texts)
    if program.name in ("kimi_audio.py", "step_audio_2.py", "step_audio_r1.py"):
        first = whole.index(request["audio"]) < whole.index(question)
        assert first == (request["messages"][-1]["audio"] == "before")


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_an_unsupported_request_does_not_fail_the_others(program: Path) -> None:
    clips = {"audio": ["a.wav", "b.wav"], "question": "Which?", "choices": ["one", "two"], "settings": {}}
    message = {"role": "user", "content": "Which?", "audio": "before"}
    system = {"role": "system", "content": "Be brief."}
    lines = [
        {"id": "1", "item": "1", "messages": [system, message, message], **clips},
        {"id": "2", "item": "2", "messages": [], **clips, "audio": None},
    ]
    result = subprocess.run(
        [sys.executable, program, "--self-test"],
        input="".join(json.dumps(line) + "\n" for line in lines),
        capture_output=True,
        text=True,
        check=True,
    )
    ready, *answers = map(json.loads, result.stdout.splitlines())
    assert ready == {"ready": True}
    assert [answer["id"] for answer in answers] == ["1", "2"]
    assert answers[0]["kind"] == "audio"


def strings(value: Any) -> Any:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
