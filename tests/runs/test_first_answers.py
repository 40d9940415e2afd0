"""What the first answers of a run warn of; nothing more is sent for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from made_up import Scripted, benchmark

from mmar.api import run
from mmar.models import Answer, Usage
from mmar.protocols import Request
from mmar.protocols.reading import ReadingRule
from mmar.runs.stop_rules import FirstAnswers

CUT, UNCOUNTED, SPOKEN, UNREADABLE = "token limit", "audio tokens", "speech", "name no choice"


def warnings(tmp_path: Path, n: int = 8, **fields: Any) -> list[str]:
    def say(request: Request, _: int) -> Answer:
        return msgspec.structs.replace(Answer(request.item_id, request.choices[0], ""), **fields)

    model = Scripted(say)
    result = run(model, benchmark(tmp_path / "b", n), out=tmp_path / "run", concurrency=2)
    assert len(model.requested) == n
    return result.counts.warnings


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"finish_reason": "length"}, CUT),
        ({"spoken": True}, SPOKEN),
        ({"text": "I cannot say."}, UNREADABLE),
    ],
)
def test_a_fault_of_all_first_answers_is_warned_of_once(
    tmp_path: Path, fields: dict[str, Any], word: str
) -> None:
    [warning] = warnings(tmp_path, **fields)
    assert word in warning


def test_good_answers_and_few_answers_warn_of_nothing(tmp_path: Path) -> None:
    assert warnings(tmp_path / "good", usage=Usage(20, 3, 11), finish_reason="stop") == []
    assert warnings(tmp_path / "few", n=4, finish_reason="length") == []


def test_one_good_answer_among_the_first_is_enough(tmp_path: Path) -> None:
    def say(request: Request, _: int) -> Answer:
        text = request.choices[0] if request.item_id.endswith("-3") else "I cannot say."
        return Answer(request.item_id, text, "")

    result = run(Scripted(say), benchmark(tmp_path / "b", 8), out=tmp_path / "run", concurrency=1)
    assert result.counts.warnings == []


def test_audio_tokens_count_only_where_a_clip_was_sent() -> None:
    seen: list[str] = []
    for audio in (None, Path("clip.wav")):
        first = FirstAnswers(ReadingRule(), seen.append)
        request = Request("id", (), "Which?", ("one", "two"), audio)
        for _ in range(7):
            first.note(request, Answer("id", "one", "", usage=Usage(20, 3, 0)))
        assert len(seen) == (audio is not None)
    assert UNCOUNTED in seen[0]


def test_the_command_prints_the_warning(
    tmp_path: Path, fake_models: Any, command: Any, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from servers.fake_models import Say

    monkeypatch.setenv("MMAR_CACHE_DIR", str(shared_cache))
    service = fake_models(Say("I cannot say."))
    arguments = ("--base-url", service.chat_url, "--out", tmp_path / "run", "--limit", 6)
    result = command("run", "openai/fake", "--benchmark", "demo", *arguments)
    assert "warning     the first 5 answers name no choice" in result.out
    assert "warning: the first 5 answers name no choice" in result.err
