"""RunSpec: every option is checked, whoever gives it, and an error names the argument."""

from __future__ import annotations

import inspect
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up import Scripted, answers, benchmark

from expect import raises
from mmar.api import run
from mmar.errors import UsageError
from mmar.items import Benchmark
from mmar.protocols import Settings
from mmar.runs.conditions import CONDITIONS
from mmar.runs.spec import RunOptions, RunSpec, item_filter


@pytest.fixture
def made(tmp_path: Path) -> Benchmark:
    return benchmark(tmp_path / "b")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"condition": "silense"}, "invalid-value"),
        ({"condition": None}, "invalid-value"),
        ({"seed": "x"}, "invalid-value"),
        ({"seed": 1.5}, "invalid-value"),
        ({"seed": True}, "invalid-value"),
        ({"repeats": 0}, "invalid-value"),
        ({"repeats": 1001}, "invalid-value"),
        ({"repeats": "2"}, "invalid-value"),
        ({"rotations": -2}, "invalid-value"),
        ({"rotations": "some"}, "invalid-value"),
        ({"retry": "faild"}, "invalid-value"),
        ({"limit": 0}, "invalid-value"),
        ({"limit": 2.0}, "invalid-value"),
        ({"filter": {"modalty": "speech"}}, "unknown-field"),
        ({"filter": {"modality": "speach"}}, "unknown-value"),
        ({"filter": {"modality": ["sound", "speach"]}}, "unknown-value"),
        ({"filter": "modality=sound"}, "invalid-value"),
        ({"temperature": -0.1}, "invalid-value"),
        ({"temperature": "hot"}, "invalid-value"),
        ({"temperature": math.nan}, "invalid-value"),
        ({"top_p": 1.1}, "invalid-value"),
        ({"max_tokens": 0}, "invalid-value"),
        ({"concurrency": 0}, "invalid-value"),
        ({"concurrency": 5000}, "invalid-value"),
        ({"max_attempts": 0}, "invalid-value"),
        ({"max_attempts": 101}, "invalid-value"),
        ({"timeout": 0}, "invalid-value"),
        ({"timeout": math.inf}, "invalid-value"),
        ({"deadline": -1}, "invalid-value"),
        ({"rate": 0}, "invalid-value"),
        ({"token_rate": "fast"}, "invalid-value"),
        ({"budget": "lots"}, "invalid-value"),
        ({"budget": 3.5}, "no-price"),
        ({"base_urls": [""]}, "invalid-value"),
        ({"base_urls": [7]}, "invalid-value"),
        ({"options": {"threads": 4}}, "invalid-value"),
        ({"backoff": -1}, "invalid-value"),
        ({"stop_after": 0}, "invalid-value"),
    ],
)
def test_invalid_values_name_their_argument(made: Benchmark, options: dict[str, Any], code: str) -> None:
    (argument,) = options
    with raises(code, argument=argument):
        RunSpec.create(Scripted(answers()), made, **options)


def test_the_library_checks_before_anything_is_written(made: Benchmark, tmp_path: Path) -> None:
    model = Scripted(answers())
    for options in (
        {"condition": "silense"},
        {"repeats": 0},
        {"filter": {"modality": "spech"}},
        {"again": "failed"},
    ):
        with pytest.raises(UsageError) as caught:
            run(model, made, out=tmp_path / "run", **options)  # type: ignore[arg-type]
        assert caught.value.argument == next(iter(options))
    assert not (tmp_path / "run").exists()
    assert model.requested == []


def test_an_unknown_option_is_named(made: Benchmark) -> None:
    for name, meant in {
        "tries": "max_attempts",
        "audio": "condition",
        "only": "filter",
        "temprature": "temperature",
    }.items():
        options: Any = {name: 3}
        with raises("unknown-option", argument=name) as caught:
            RunSpec.create(Scripted(answers()), made, **options)
        assert caught.value.hint is not None and f'"{meant}"' in caught.value.hint


def test_one_text_is_one_value(made: Benchmark) -> None:
    one = RunSpec.create(Scripted(answers()), made, filter={"modality": "sound"}, base_urls="http://a/v1")
    assert one.filter == {"modality": ("sound",)}
    assert one.base_urls == ("http://a/v1",)
    assert {item.modality for item in filter(item_filter(one.filter), made)} == {"sound"}
    both = RunSpec.create(Scripted(answers()), made, filter={"modality": {"sound", "music"}})
    assert sum(map(item_filter(both.filter), made)) == 12


def test_defaults_and_every_spelling_of_a_value(made: Benchmark, tmp_path: Path) -> None:
    plain = RunSpec.create(Scripted(answers()), made)
    assert (plain.condition, plain.rotations, plain.repeats, plain.seed) == ("full", 1, 1, 0)
    assert plain.settings == Settings()
    spec = RunSpec.create(
        Scripted(answers()),
        made,
        out=str(tmp_path),
        rotations="all",
        seed=np.int64(7),
        temperature=0,
        timeout=np.float64(2),
        budget="2Mtokens",
        cache=str(tmp_path / "c"),
    )
    assert (spec.out, spec.rotations, spec.seed, spec.settings.temperature) == (tmp_path, 0, 7, 0.0)
    assert (spec.timeout, spec.budget.tokens, spec.cache) == (2.0, 2_000_000, tmp_path / "c")
    for condition in CONDITIONS:
        assert RunSpec.create(Scripted(answers()), made, condition=condition).condition == condition


def test_a_published_system_brings_its_protocol_settings_and_options(made: Benchmark) -> None:
    spec = RunSpec.create("caption+o3", made, base_urls="http://captioner/v1", captions="c.sqlite")
    assert spec.model.startswith("cascade/")
    assert spec.options["captions"] == "c.sqlite"
    assert spec.options["reasoner.base_url"] == "https://api.openai.com/v1"
    own = RunSpec.create(
        "caption+o3", made, base_urls="http://c/v1", options={"captions": "mine"}, captions="c"
    )
    assert own.options["captions"] == "mine"
    with raises("unknown-model", argument="model"):
        RunSpec.create("zzz", made)


SECRETS = [
    ("body", '{"api_key": "planted-0123456789"}'),
    ("body", '{"extra_headers": {"Authorization": "Bearer planted-0123456789"}}'),
    ("body", '{"metadata": {"auth_token": "planted-0123456789"}}'),
    ("body", '{"list": [{"client-secret": "planted-0123456789"}]}'),
    ("body", '{"user": "sk-planted-0123456789abcdef"}'),
    ("reasoner.body", '{"password": "planted-0123456789"}'),
    ("api_key_file", "/home/planted-0123456789"),
]


@pytest.mark.parametrize(("name", "value"), SECRETS)
def test_a_credential_in_an_option_is_not_recorded(made: Benchmark, name: str, value: str) -> None:
    spec = RunSpec.create(Scripted(answers()), made, options={name: value, "audio_rate": "16000"})
    assert spec.options[name] == value
    assert "planted" not in repr(spec.recorded_options)
    assert spec.recorded_options["audio_rate"] == "16000"


def test_options_without_credentials_are_recorded(made: Benchmark) -> None:
    body = '{"max_tokens": 5, "reasoning_effort": "low", "chat_template_kwargs": {"enable_thinking": false}}'
    spec = RunSpec.create(Scripted(answers()), made, options={"body": body, "base_url": "http://x"})
    assert spec.recorded_options == {"body": body}


def test_every_option_is_documented() -> None:
    text = inspect.cleandoc(RunOptions.__doc__ or "")  # Python 3.13 takes the indentation away by itself
    for name in RunOptions.__annotations__:
        assert f"\n    {name}: " in text, name
