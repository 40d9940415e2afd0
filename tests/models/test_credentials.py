"""Keys: where they are looked up, what is no key, and that they show themselves nowhere."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys

import pytest

from expect import raises
from mmar.errors import UsageError
from mmar.models import ModelOptions
from mmar.models.credentials import Credential, environment_secrets, find_credential
from servers.fake_models import ReceivedRequest, Say, Status

KEY = "sk-planted/0123456789+abcdef"
NAMES = ("MMAR_API_KEY", "OPENAI_API_KEY")


def find_key(environment=None, **extra):
    credential = find_credential(ModelOptions(environment=environment or {}, extra=extra), NAMES)
    return credential and credential.reveal()


def test_the_file_counts_most_then_the_named_variable_then_the_usual_ones(tmp_path):
    file = tmp_path / "key"
    file.write_text(" from-a-file \n")
    environment = {"OPENAI_API_KEY": "openai", "MMAR_API_KEY": "mmar", "OTHER": "other"}
    assert find_key(environment, api_key_file=str(file), api_key_env="OTHER") == "from-a-file"
    assert find_key(environment, api_key_env="OTHER") == "other"
    assert find_key(environment) == "mmar"
    assert find_key({**environment, "MMAR_API_KEY": " "}) == "openai"
    assert find_key() is None


@pytest.mark.parametrize(
    ("environment", "extra"),
    [
        ({}, {"api_key_env": "NOT_SET"}),
        ({}, {"api_key_env": KEY}),
        ({"OPENAI_API_KEY": f"{KEY} {KEY}"}, {}),
        ({"OPENAI_API_KEY": f"{KEY}\r\nX-Injected: yes"}, {}),
        ({"OPENAI_API_KEY": f"{KEY}…"}, {}),
    ],
)
def test_invalid_keys_raise_and_are_not_shown(environment, extra):
    with pytest.raises(UsageError) as caught:
        find_key(environment, **extra)
    assert KEY not in str(caught.value)


def test_an_empty_or_unreadable_file_is_named(tmp_path):
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\xff")
    for name in ("empty", "bytes", "missing"):
        with raises("missing-key") as caught:
            find_key(api_key_file=str(tmp_path / name))
        assert name in caught.value.message


def test_a_credential_does_not_show_itself():
    credential = Credential(KEY, "the environment variable X")
    assert KEY not in repr(credential) + str(credential) + f"{credential}"
    with pytest.raises(TypeError):
        pickle.dumps(credential)
    assert credential.scrub(f"a {KEY} b {KEY}") == "a [credential] b [credential]"
    # As it stands in a URL.
    assert credential.scrub("?key=sk-planted%2F0123456789%2Babcdef") == "?key=[credential]"


def test_secrets_are_told_by_their_variables_names():
    environment = {"HF_TOKEN": KEY, "MY_SECRET": KEY, "PATH": "/usr/bin", "HOME": "/home/me"}
    assert [secret.source for secret in environment_secrets(environment)] == [
        "the environment variable HF_TOKEN",
        "the environment variable MY_SECRET",
    ]


def test_a_planted_key_is_nowhere_on_disk_or_screen_after_a_run(fake_models, tone, tmp_path):
    def script(received: ReceivedRequest):
        spread = received.number % 4
        if spread == 0:
            return Status(400, f"bad request with Authorization: Bearer {KEY}")
        if spread == 1:
            return Status(500, body=f"<html>{KEY}</html>".encode())
        return Say(f"two, by {KEY}", f"the key is {KEY}", finish=KEY, model=KEY)

    service = fake_models(script, key=KEY)
    records = [
        {
            "id": f"item-{index}",
            "audio_path": f"clip-{index}.wav",
            "question": "How many?",
            "choices": ["two", "three"],
        }
        | {"answer": "two", "modality": "sound", "category": "Signal Layer", "sub-category": "Counting"}
        | {
            "language": "en",
            "source": "none",
            "url": f"https://example.org/{index}",
            "timestamp": "00:00:00,00:00:01",
        }
        for index in range(8)
    ]
    for index in range(8):
        tone(f"clip-{index}.wav")
    benchmark = tmp_path / "benchmark.jsonl"
    benchmark.write_text("".join(json.dumps(record) + "\n" for record in records))
    command = [sys.executable, "-m", "mmar", "run", "openai/hearer", "--benchmark", str(benchmark)]
    command += ["--audio-dir", str(tmp_path), "--out", str(tmp_path / "run"), "--base-url", service.chat_url]
    command += ["--max-attempts", "1", "--concurrency", "1"]
    environment = {**os.environ, "OPENAI_API_KEY": KEY, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert len(service.requests) == 8, done.stderr
    assert KEY not in done.stdout + done.stderr
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(b"[credential]" in path.read_bytes() for path in written)
    assert [path for path in written if KEY.encode() in path.read_bytes()] == []
