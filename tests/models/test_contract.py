"""What every adapter keeps: one set of statements, tried on each against a real server, process or function.

Models do as the question says (see `servers.fake_program`), so the same questions go to all of them.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import sys
from pathlib import Path

import pytest

from mmar.models import Answer, ModelOptions, RequestFailed, open_model
from mmar.protocols import Message, Request, Settings
from servers import fake_program
from servers.fake_models import Hang, ReceivedRequest, Reply, Say, Status

PROGRAM = Path(fake_program.__file__)
KEY = "sk-planted-0123456789abcdef"
NAMES = ["openai", "gemini", "text", "cascade", "command", "python", "python async"]
WITH_AUDIO = [name for name in NAMES if name != "text"]
ON_A_SERVER = ["openai", "gemini", "text", "cascade"]


def script(received: ReceivedRequest) -> Reply:
    """A service that does as the question says; as a captioner it tells the digest of what it was given."""
    digest = hashlib.sha256(received.audio).hexdigest() if received.audio else None
    if received.question.startswith("CAPTION"):
        return Say(f"It is {digest}.")
    digest_in_text = re.search("[0-9a-f]{64}", received.question)
    word, _, rest = received.question.rpartition("\n")[2].partition(" ")
    config = received.body.get("generationConfig", received.body)
    names = {"topP": "top_p", "maxOutputTokens": "max_tokens"}
    settings = {names.get(name, name): config[name] for name in config if name in SETTINGS or name in names}
    replies: dict[str, Reply] = {
        "digest": Say(digest or (digest_in_text.group() if digest_in_text else "")),
        "think": Say("so", "hm") if "contents" in received.body else Say("<think>hm</think>so"),
        "settings": Say(json.dumps(settings)),
        "fail": Status(500, "out of memory"),
        "silent": Say(None),
        "hang": Hang(),
        "secret": Status(500, f"my key is {KEY}"),
    }
    return replies.get(word, Say(rest))


SETTINGS = {"temperature", "top_p", "max_tokens", "seed"}


@pytest.fixture
def rig(fake_models, tmp_path, monkeypatch):
    """Open a model of an adapter; those on a server get one that demands the key."""
    monkeypatch.setenv("PLANTED_KEY", KEY)

    def open_one(adapter: str, timeout_s: float = 60.0):
        service = fake_models(script, key=KEY) if adapter in ON_A_SERVER else None
        url = service and (service.gemini_url if adapter == "gemini" else service.chat_url)
        extra = {}
        if adapter == "cascade":
            extra = {"captions": str(tmp_path / "captions.sqlite"), "caption_prompt": "CAPTION"}
        options = ModelOptions(
            base_urls=(url,) if url else (),
            timeout_s=timeout_s,
            environment={"MMAR_API_KEY": KEY, "PLANTED_KEY": KEY},
            extra=extra,
        )
        name = {
            "openai": "openai/hearer",
            "gemini": "gemini/hearer",
            "text": "text/reader",
            "cascade": "cascade/openai/hearer+text/reader",
            "command": f"command/{sys.executable} {PROGRAM}",
            "python": f"python:{PROGRAM}:obey",
            "python async": "python:servers.fake_program:obey_async",
        }[adapter]
        return open_model(name, options)

    return open_one


def request_of(text: str, audio: Path | None, item: str = "item-1", **settings) -> Request:
    user = Message("user", text, "before" if audio else None)
    return Request(item, (Message("system", "Obey."), user), text, ("a", "b"), audio, Settings(**settings))


def ask_all(model, *requests: Request) -> list[Answer | BaseException]:
    async def run():
        try:
            return await asyncio.gather(*map(model.ask, requests), return_exceptions=True)
        finally:
            await model.close()

    return asyncio.run(run())


def answer_to(model, request: Request) -> Answer:
    (answer,) = ask_all(model, request)
    if isinstance(answer, BaseException):
        raise answer
    return answer


def failure_of(model, request: Request) -> RequestFailed:
    (failure,) = ask_all(model, request)
    assert isinstance(failure, RequestFailed), failure
    return failure


@pytest.mark.parametrize("adapter", NAMES)
def test_an_answer_is_what_the_model_said(rig, tone, adapter):
    answer = answer_to(rig(adapter), request_of("echo  Größe – 二 🎵 \t", tone()))
    assert (answer.id, answer.text, answer.thinking, answer.failure) == (
        "item-1",
        " Größe – 二 🎵 \t",
        "",
        None,
    )
    assert answer.latency_s is not None and 0 < answer.latency_s < 60


@pytest.mark.parametrize("adapter", WITH_AUDIO)
def test_the_model_is_given_the_clip_itself_and_the_answer_says_which(rig, tone, adapter):
    clip = tone("clip with space.wav", 440, 550, rate=44_100, seconds=1.5)
    answer = answer_to(rig(adapter), request_of("digest", clip))
    expected = hashlib.sha256(clip.read_bytes()).hexdigest()
    assert answer.text == expected
    sent = answer.sent
    assert (sent.source_sha256, sent.sha256, sent.bytes) == (expected, expected, clip.stat().st_size)
    assert (sent.rate, sent.channels, sent.seconds) == (44_100, 2, 1.5)
    assert not sent.mixed_down and not sent.cut


@pytest.mark.parametrize("adapter", WITH_AUDIO)
@pytest.mark.parametrize("damage", ["missing", "cut short", "not audio"])
def test_a_clip_that_cannot_be_read_is_a_failure_of_kind_audio(rig, tone, adapter, damage):
    clip = tone()
    if damage == "missing":
        clip.unlink()
    else:
        clip.write_bytes(clip.read_bytes()[:-2] if damage == "cut short" else b"<html>")
    failure = failure_of(rig(adapter), request_of("echo heard nothing", clip))
    assert (failure.kind, failure.retryable) == ("audio", False)
    assert str(clip) in failure.message


def test_a_model_that_only_reads_leaves_the_clip_alone(rig, tone):
    model = rig("text")
    assert not model.uses_audio
    answer = answer_to(model, request_of("echo fine", tone().with_name("nowhere.wav")))
    assert (answer.text, answer.sent) == ("fine", None)


@pytest.mark.parametrize("adapter", NAMES)
def test_thinking_never_stands_in_the_text(rig, tone, adapter):
    answer = answer_to(rig(adapter), request_of("think", tone()))
    assert (answer.text, answer.thinking) == ("so", "hm")


@pytest.mark.parametrize("adapter", NAMES)
def test_settings_arrive_and_those_not_given_do_not(rig, tone, adapter):
    settings_sent = {"temperature": 0.5, "top_p": 0.9, "max_tokens": 32, "seed": 7}
    full, bare = ask_all(
        rig(adapter),
        request_of("settings", tone(), **settings_sent),
        request_of("settings", tone(), item="item-2"),
    )
    assert json.loads(full.text) == settings_sent
    assert json.loads(bare.text) == {}


@pytest.mark.parametrize("adapter", NAMES)
def test_many_at_once_each_get_their_own_answer(rig, tone, adapter):
    clips = [tone(f"clip-{index}.wav", 300 + 10 * index) for index in range(5)]
    requests = [request_of(f"echo answer {index}", clips[index % 5], f"item-{index}") for index in range(40)]
    answers = ask_all(rig(adapter), *requests)
    assert [answer.text for answer in answers] == [f"answer {index}" for index in range(40)]
    assert [answer.id for answer in answers] == [f"item-{index}" for index in range(40)]


@pytest.mark.parametrize("adapter", NAMES)
def test_the_same_item_may_be_asked_several_times_at_once(rig, tone, adapter):
    answers = ask_all(rig(adapter), *[request_of(f"echo {index}", tone()) for index in range(6)])
    assert [answer.text for answer in answers] == list("012345")
    assert {answer.id for answer in answers} == {"item-1"}


@pytest.mark.parametrize("adapter", NAMES)
def test_a_failure_is_told_and_does_not_touch_the_others(rig, tone, adapter):
    failed, silent, fine = ask_all(
        rig(adapter),
        request_of("fail", tone()),
        request_of("silent", tone(), "item-2"),
        request_of("echo fine", tone(), "item-3"),
    )
    assert failed.kind == ("server" if adapter in ON_A_SERVER else "crash")
    assert "out of memory" in failed.message
    assert silent.kind == "bad_reply"
    assert fine.text == "fine"


@pytest.mark.parametrize("adapter", NAMES)
def test_a_model_that_hangs_is_a_timeout_and_can_be_asked_again(rig, tone, adapter):
    async def run():
        model = rig(adapter, timeout_s=0.5)

        async def answered(text):
            """On a busy machine an answer can take longer than the time-out; then it is asked for again."""
            for _ in range(100):
                try:
                    return await model.ask(request_of(text, tone()))
                except RequestFailed as failure:
                    assert failure.kind == "timeout"
            raise AssertionError("no answer")

        try:
            await answered("echo up")
            (hung,) = await asyncio.gather(model.ask(request_of("hang", tone())), return_exceptions=True)
            return hung, await answered("echo fine")
        finally:
            await model.close()

    hung, fine = asyncio.run(run())
    assert (hung.kind, hung.retryable) == ("timeout", True)
    assert fine.text == "fine"


@pytest.mark.parametrize("adapter", NAMES)
def test_one_who_gives_up_leaves_the_others_alone(rig, tone, adapter):
    async def run():
        model = rig(adapter)
        try:
            impatient = asyncio.create_task(model.ask(request_of("hang", tone())))
            patient = asyncio.create_task(model.ask(request_of("echo here", tone())))
            await asyncio.sleep(0.05)
            impatient.cancel()
            with pytest.raises(asyncio.CancelledError):
                await impatient
            return await asyncio.wait_for(patient, 60)
        finally:
            await model.close()

    assert asyncio.run(run()).text == "here"


@pytest.mark.parametrize("adapter", NAMES)
def test_the_key_is_shown_nowhere(rig, tone, adapter, capfd):
    model = rig(adapter)
    failure = failure_of(model, request_of("secret", tone()))
    assert "my key is [credential]" in failure.message
    assert KEY not in repr(failure) + repr(model) + repr(vars(model))
    captured = capfd.readouterr()
    assert KEY not in captured.out + captured.err


@pytest.mark.parametrize("adapter", NAMES)
def test_closing_twice_or_unasked_is_harmless(rig, adapter):
    async def run():
        model = rig(adapter)
        await model.close()
        await model.close()

    asyncio.run(run())
