"""Items with several clips: how each adapter is given all of them, and which say that they take one."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import sys
from pathlib import Path

import msgspec
import pytest

import mmar
from mmar.items import Item, write_benchmark
from mmar.models import Answer, ModelOptions, RequestFailed, open_model
from mmar.models.audio_bytes import AudioForm, load_clips
from mmar.models.chat_request import DOCUMENTED, ChatFormat, chat_body
from mmar.models.gemini import DOCUMENTED as GEMINI_DOCUMENTED
from mmar.models.gemini import GeminiFormat, gemini_body
from mmar.models.preview import preview_body
from mmar.protocols import Message, Request
from servers.fake_models import Say


@pytest.fixture
def clips(tone) -> tuple[Path, ...]:  # type: ignore[no-untyped-def]
    return tuple(tone(f"{hertz}.wav", hertz, seconds=hertz / 400) for hertz in (300, 500, 700))


def request_of(clips: tuple[Path, ...], where: str = "before") -> Request:
    messages = (Message("user", "Which differs?", where),)  # type: ignore[arg-type]
    return Request("several", messages, "Which differs?", ("a", "b"), clips[0], more_audio=clips[1:])


def ask(name: str, options: ModelOptions, request: Request) -> Answer:
    async def run() -> Answer:
        model = open_model(name, options)
        try:
            return await asyncio.wait_for(model.ask(request), 60)
        finally:
            await model.close()

    return asyncio.run(run())


def digests(answer: Answer) -> list[str]:
    assert answer.sent is not None
    return [sent.source_sha256 for sent in (answer.sent, *answer.sent.more)]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("audio_as", ["input_audio", "input_audio_uri", "audio_url"])
def test_chat_completions_hold_a_part_for_each_clip(clips, where, audio_as) -> None:  # type: ignore[no-untyped-def]
    request = request_of(clips, where)
    audio = load_clips(request, AudioForm(), DOCUMENTED)
    body = chat_body(ChatFormat("m", audio_as), request, audio)
    data = b"".join(body.pieces())
    content = json.loads(data)["messages"][0]["content"]
    assert body.size == len(data)
    sounds = content[:3] if where == "before" else content[1:]
    texts = [
        (part["audio_url"]["url"] if audio_as == "audio_url" else part["input_audio"]["data"]).rpartition(
            ","
        )[2]
        for part in sounds
    ]
    assert [base64.b64decode(each) for each in texts] == [clip.read_bytes() for clip in clips]


def test_gemini_holds_a_part_for_each_clip(clips) -> None:  # type: ignore[no-untyped-def]
    request = request_of(clips)
    audio = load_clips(request, AudioForm(), GEMINI_DOCUMENTED)
    body = gemini_body(GeminiFormat(), request, audio)
    parts = json.loads(b"".join(body.pieces()))["contents"][0]["parts"]
    assert [base64.b64decode(part["inlineData"]["data"]) for part in parts[:3]] == [
        clip.read_bytes() for clip in clips
    ]
    assert parts[3] == {"text": "Which differs?"}


@pytest.mark.parametrize("adapter", ["openai", "gemini"])
def test_a_service_gets_all_and_the_answer_says_so(fake_models, clips, adapter) -> None:  # type: ignore[no-untyped-def]
    service = fake_models(Say("a"))
    url = service.chat_url if adapter == "openai" else service.gemini_url
    answer = ask(f"{adapter}/hearer", ModelOptions(base_urls=(url,), timeout_s=60), request_of(clips))
    assert digests(answer) == [sha256(clip) for clip in clips]
    assert not service.violations
    assert msgspec.json.decode(msgspec.json.encode(answer), type=Answer) == answer


def test_a_preview_shows_the_size_of_each(clips) -> None:  # type: ignore[no-untyped-def]
    body = preview_body("openai/m", request_of(clips))
    previewed = [part["input_audio"]["data"] for part in body["messages"][0]["content"][:3]]
    assert previewed == [f"<base64 of {clip.stat().st_size:,} bytes>" for clip in clips]


def test_a_program_gets_a_list_of_paths(clips, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    program = tmp_path / "program.py"
    program.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    request = json.loads(line)\n"
        "    print(json.dumps({'id': request['id'], 'text': json.dumps(request['audio'])}), flush=True)\n"
    )
    answer = ask(f"command/{sys.executable} {program}", ModelOptions(timeout_s=60), request_of(clips))
    assert json.loads(answer.text) == [str(clip) for clip in clips]
    assert digests(answer) == [sha256(clip) for clip in clips]


@pytest.mark.parametrize("name", ["baseline/listener", "cascade/openai/hearer+text/reasoner"])
def test_adapters_for_one_clip_refuse_several(fake_models, clips, name, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    service = fake_models(Say("a"))
    extra = {"captions": str(tmp_path / "captions.sqlite")} if name.startswith("cascade") else {}
    with pytest.raises(RequestFailed) as failure:
        ask(name, ModelOptions(base_urls=(service.chat_url,), timeout_s=60, extra=extra), request_of(clips))
    assert failure.value.kind == "audio"
    assert not service.requests


def test_a_run_sends_the_clips_that_a_condition_makes(fake_models, clips, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    items = [
        Item(
            name,
            clips[0].name,
            "Which differs?",
            ("a", "b"),
            "a",
            "multi",
            "multi",
            more_audio=tuple(clip.name for clip in clips[1:]),
        )
        for name in ("one", "two")
    ]
    records = [{**item.to_record(), "audio_path": [item.audio_path, *item.more_audio]} for item in items]
    questions = clips[0].parent / "questions.jsonl"
    questions.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    loaded = mmar.load(questions, audio_dir=clips[0].parent)
    assert loaded[0].clips == tuple(clip.name for clip in clips)
    write_benchmark(loaded, tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_text() == questions.read_text()
    service = fake_models(Say("a"))
    out = tmp_path / "run"
    run = mmar.run(
        "openai/hearer",
        questions,
        audio_dir=clips[0].parent,
        out=out,
        base_urls=[service.chat_url],
        condition="silence",
        concurrency=1,
    )
    assert run.counts.answered == 2
    lines = [json.loads(line) for line in (out / "answers.jsonl").read_text().splitlines()]
    assert [len(line["sent"]["more"]) for line in lines] == [2, 2]
    assert lines[0]["sent"]["source_sha256"] not in {sha256(clip) for clip in clips}
