"""`openai/NAME` against a strict server: what is sent, what is read, what fails and how."""

from __future__ import annotations

import asyncio
import hashlib
import json

import msgspec
import pytest

from expect import raises
from mmar.models import Answer, ModelOptions, RequestFailed, Usage, open_model
from mmar.protocols import Message, Request, Settings
from servers.fake_models import Broken, Cut, Drop, FakeModels, Hang, Raw, Say, Status

PLAIN = Settings()
KEY = "sk-planted-0123456789abcdef"


def request_of(audio, text="What is heard?", settings=PLAIN, where="before"):
    messages = (Message("system", "Listen."), Message("user", text, where if audio else None))
    return Request("item-1", messages, text, ("a tone", "noise"), audio, settings)


def options_for(*services: FakeModels, timeout_s=5.0, environment=None, **extra) -> ModelOptions:
    urls = tuple(service.chat_url for service in services)
    return ModelOptions(base_urls=urls, timeout_s=timeout_s, environment=environment or {}, extra=extra)


def ask(name: str, options: ModelOptions, *requests: Request) -> list[Answer | RequestFailed]:
    async def run():
        model = open_model(name, options)
        try:
            return await asyncio.gather(*map(model.ask, requests), return_exceptions=True)
        finally:
            await model.close()

    return asyncio.run(run())


def ask_one(options: ModelOptions, request: Request) -> Answer:
    (answer,) = ask("openai/hearer", options, request)
    if isinstance(answer, BaseException):
        raise answer
    return answer


def failure(options: ModelOptions, request: Request) -> RequestFailed:
    (found,) = ask("openai/hearer", options, request)
    assert isinstance(found, RequestFailed), found
    return found


def test_the_clip_arrives_byte_for_byte_and_the_answer_says_so(fake_models, tone):
    service = fake_models(Say("a tone"))
    clip = tone("clip.wav", 440, 660, seconds=2.5)
    answer = ask_one(options_for(service), request_of(clip))
    (asked,) = service.asked
    assert asked.audio == clip.read_bytes()
    assert asked.audio_type == "wav"
    assert asked.texts == ("Listen.", "What is heard?")
    digest = hashlib.sha256(clip.read_bytes()).hexdigest()
    assert answer.sent is not None
    assert (answer.sent.source_sha256, answer.sent.sha256) == (digest, digest)
    assert (answer.sent.bytes, answer.sent.rate, answer.sent.channels) == (len(asked.audio), 16000, 2)
    assert answer.sent.seconds == 2.5
    assert not answer.sent.mixed_down and not answer.sent.cut
    assert (answer.id, answer.text, answer.thinking) == ("item-1", "a tone", "")
    assert (answer.finish_reason, answer.model) == ("stop", "hearer")
    assert answer.usage == Usage(120, 7, 100)
    assert answer.latency_s is not None and answer.latency_s > 0


@pytest.mark.parametrize("seconds", [0.0001, 6.1, 6.144, 12.3])
def test_every_length_of_clip_arrives_whole(fake_models, tone, seconds):
    # 6.144 s of 16-bit mono at 16 kHz are one piece of the body exactly, but for the header.
    service = fake_models()
    clip = tone("clip.wav", seconds=seconds)
    ask_one(options_for(service), request_of(clip))
    assert service.asked[0].audio == clip.read_bytes()


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("audio_as", ["input_audio", "input_audio_uri", "audio_url"])
def test_the_clip_stands_where_and_as_it_was_asked_for(fake_models, tone, where, audio_as):
    service = fake_models()
    ask_one(options_for(service, audio_as=audio_as), request_of(tone(), where=where))
    parts = service.asked[0].body["messages"][1]["content"]
    kind = "audio_url" if audio_as == "audio_url" else "input_audio"
    assert [part["type"] for part in parts] == ([kind, "text"] if where == "before" else ["text", kind])


def test_settings_are_sent_only_where_they_are_given(fake_models, tone):
    service = fake_models()
    ask_one(options_for(service), request_of(tone()))
    ask_one(
        options_for(service, max_tokens_as="max_completion_tokens", body='{"reasoning_effort": "low"}'),
        request_of(tone(), settings=Settings(temperature=0.0, top_p=0.9, max_tokens=64, seed=7)),
    )
    bare, full = (asked.body for asked in service.asked)
    assert set(bare) == {"model", "messages", "stream"}
    expected = {
        "temperature": 0.0,
        "top_p": 0.9,
        "max_completion_tokens": 64,
        "seed": 7,
        "reasoning_effort": "low",
    }
    assert {name: full[name] for name in expected} == expected
    assert set(full) == set(bare) | set(expected)


@pytest.mark.parametrize(
    ("say", "text", "thinking"),
    [
        (Say("Two", "I count"), "Two", "I count"),
        (Say("Two", "I count", thinking_field="reasoning"), "Two", "I count"),
        (Say("<think>\nI count\n</think>\n\nTwo"), "\n\nTwo", "\nI count\n"),
        (Say("I count</think>Two"), "Two", "I count"),
        (Say("<think>I count and", finish="length"), "", "I count and"),
        (Say(None, "I count", finish="length"), "", "I count"),
        (Say("The tag <think>x</think> is odd"), "The tag <think>x</think> is odd", ""),
        (Say("<think>more</think>Two", "I count"), "Two", "I count\nmore"),
        (Say("  Zwei – 二 \u2028 🎵 "), "  Zwei – 二 \u2028 🎵 ", ""),
    ],
)
def test_reasoning_is_told_from_the_answer_and_both_are_kept_as_they_are(
    fake_models, tone, say, text, thinking
):
    answer = ask_one(options_for(fake_models(say)), request_of(tone()))
    assert (answer.text, answer.thinking) == (text, thinking)


@pytest.mark.parametrize(
    ("content", "text", "thinking"),
    [
        ([{"type": "text", "text": "Two"}], "Two", ""),
        ([{"text": "Two"}], "Two", ""),
        ([{"type": "output_text", "text": "Two"}], "Two", ""),
        (
            [
                {"type": "thinking", "thinking": [{"type": "text", "text": "I count"}]},
                {"type": "text", "text": "Two"},
            ],
            "Two",
            "I count",
        ),
    ],
)
def test_an_answer_in_parts_is_read_as_one(fake_models, tone, content, text, thinking):
    reply = json.dumps({"choices": [{"message": {"content": content}, "finish_reason": "stop"}]})
    answer = ask_one(options_for(fake_models(Raw(reply.encode()))), request_of(tone()))
    assert (answer.text, answer.thinking) == (text, thinking)


def test_what_no_answer_cost_is_told(fake_models, tone):
    usage = {"prompt_tokens": 90, "completion_tokens": 512}
    for say in (Say(None, finish="length", usage=usage), Say("part", finish="content_filter", usage=usage)):
        found = failure(options_for(fake_models(say)), request_of(tone()))
        assert found.usage == Usage(90, 512)


@pytest.mark.parametrize(
    ("outcome", "kind", "again"),
    [
        (Status(400, "bad"), "rejected", False),
        (Status(400, "filtered", "content_filter"), "refused", False),
        (Status(401, "who?"), "denied", False),
        (Status(403, "no"), "denied", False),
        (Status(404, "no such model", "model_not_found"), "denied", False),
        (Status(408, "slow"), "timeout", True),
        (Status(413, "large"), "rejected", False),
        (Status(429, "slow down"), "rate_limit", True),
        (Status(429, "pay", "insufficient_quota"), "denied", False),
        (Status(500, "oops"), "server", True),
        (Status(503, "busy", body=b"<html>busy</html>"), "server", True),
        (Status(302, headers={"Location": "https://elsewhere.example/v1"}), "rejected", False),
        (Drop(), "transport", True),
        (Cut(), "transport", True),
        (Broken(), "bad_reply", True),
        (Raw(b"[]"), "bad_reply", True),
        (Raw(b'{"choices": []}'), "bad_reply", True),
        (Raw(b"\xff\xfe"), "bad_reply", True),
        (Raw(b'{"error": {"code": 429, "message": "upstream"}}'), "rate_limit", True),
        (Hang(), "timeout", True),
        (Say(None), "bad_reply", False),
        (Say(""), "bad_reply", False),
        (Say("partial", finish="content_filter"), "refused", False),
    ],
)
def test_each_fault_has_its_kind(fake_models, tone, outcome, kind, again):
    timeout_s = 0.2 if isinstance(outcome, Hang) else 5.0
    found = failure(options_for(fake_models(outcome), timeout_s=timeout_s), request_of(tone()))
    assert (found.kind, found.retryable) == (kind, again)
    assert "127.0.0.1" in found.message


def test_no_server_at_all_is_a_transport_failure(tone):
    options = ModelOptions(base_urls=("http://127.0.0.1:9/v1",), timeout_s=5)
    found = failure(options, request_of(tone()))
    assert (found.kind, found.retryable) == ("transport", True)


def test_the_wait_that_a_service_asks_for_is_passed_on(fake_models, tone):
    service = fake_models(Status(429, headers={"Retry-After": "7"}))
    assert failure(options_for(service), request_of(tone())).retry_after_s == 7.0


def test_a_request_without_a_clip_is_text_alone(fake_models):
    service = fake_models()
    answer = ask_one(options_for(service), request_of(None))
    assert answer.sent is None
    assert service.asked[0].body["messages"][1] == {"role": "user", "content": "What is heard?"}


@pytest.mark.parametrize("damage", ["missing", "cut short", "not audio", "empty", "no frames"])
def test_a_damaged_clip_is_never_sent(fake_models, tone, damage):
    service = fake_models()
    clip = tone()
    if damage == "missing":
        clip.unlink()
    elif damage == "cut short":
        clip.write_bytes(clip.read_bytes()[:-100])
    elif damage == "not audio":
        clip.write_bytes(b"<html>not found</html>")
    elif damage == "empty":
        clip.write_bytes(b"")
    else:
        clip = tone("clip.wav", seconds=0)
    found = failure(options_for(service), request_of(clip))
    assert (found.kind, found.retryable) == ("audio", False)
    assert str(clip) in found.message
    assert service.asked == []


def test_a_message_without_the_clip_that_the_request_has_is_not_asked(fake_models, tone):
    service = fake_models()
    request = Request("item-1", (Message("user", "What?"),), "What?", ("a", "b"), tone())
    assert failure(options_for(service), request).kind == "audio"
    assert service.asked == []


def test_servers_share_the_load(fake_models, tone):
    first, second = fake_models(Say(after_s=0.05)), fake_models(Say(after_s=0.05))
    answers = ask("openai/hearer", options_for(first, second), *[request_of(tone())] * 20)
    assert all(isinstance(answer, Answer) for answer in answers)
    assert (len(first.asked), len(second.asked)) == (10, 10)


def test_a_dead_server_does_not_draw_the_work_to_itself(fake_models, tone):
    alive = fake_models()
    request = request_of(tone())

    async def run():
        options = ModelOptions(base_urls=("http://127.0.0.1:9/v1", alive.chat_url), timeout_s=5)
        model = open_model("openai/hearer", options)
        answers = []
        for _ in range(40):
            answers += await asyncio.gather(model.ask(request), return_exceptions=True)
        await model.close()
        return answers

    failed = [answer for answer in asyncio.run(run()) if isinstance(answer, RequestFailed)]
    assert len(failed) <= 4


def test_the_key_is_sent_and_shown_nowhere(fake_models, tone, tmp_path):
    service = fake_models(Say(f"your key is {KEY}", f"hm, {KEY}", model=f"m-{KEY}"), key=KEY)
    request = request_of(tone())
    answer = ask_one(options_for(service, environment={"OPENAI_API_KEY": KEY}), request)
    assert KEY not in repr(answer)
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    assert ask_one(options_for(service, api_key_file=str(file)), request).text == "your key is [credential]"
    service.script = Status(500, f"crashed with Authorization: Bearer {KEY}")
    found = failure(options_for(service, environment={"MMAR_API_KEY": KEY}), request)
    assert KEY not in found.message and "[credential]" in found.message
    wrong = KEY[::-1]
    found = failure(options_for(service, environment={"MMAR_API_KEY": wrong}), request)
    assert found.kind == "denied"
    assert wrong not in found.message

    async def shown():
        model = open_model("openai/hearer", options_for(service, environment={"MMAR_API_KEY": KEY}))
        with pytest.raises(RequestFailed) as caught:
            await model.ask(request)
        await model.close()
        return repr(model) + repr(vars(model)) + "".join(map(str, caught.traceback)) + repr(caught.value)

    assert KEY not in asyncio.run(shown())


def test_a_placeholder_key_does_not_blank_words_of_an_answer(fake_models, tone):
    service = fake_models(Say("the hall is EMPTY"), key="EMPTY")
    answer = ask_one(options_for(service, environment={"OPENAI_API_KEY": "EMPTY"}), request_of(tone()))
    assert answer.text == "the hall is EMPTY"


def test_openai_itself_is_not_asked_without_a_key():
    with raises("missing-key"):
        open_model("openai/gpt-4o-audio-preview")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (ModelOptions(base_urls=("localhost:8000",)), "invalid-url"),
        (ModelOptions(base_urls=(f"http://u:{KEY}@h/v1",)), "credential-in-url"),
        (ModelOptions(base_urls=(f"http://h/v1?key={KEY}",)), "credential-in-url"),
        (ModelOptions(base_urls=(KEY,)), "invalid-url"),
        (ModelOptions(base_urls=("http://h/v1",), extra={"audio_ass": "audio_url"}), "unknown-option"),
        (ModelOptions(base_urls=("http://h/v1",), extra={"audio_as": "file"}), "invalid-option"),
        (ModelOptions(base_urls=("http://h/v1",), extra={"audio_format": "aac"}), "invalid-option"),
        (ModelOptions(base_urls=("http://h/v1",), extra={"audio_rate": "16k"}), "invalid-option"),
        (ModelOptions(base_urls=("http://h/v1",), extra={"audio_channels": "2"}), "invalid-option"),
        (ModelOptions(base_urls=("http://h/v1",), extra={"body": "[1]"}), "invalid-option"),
        (ModelOptions(base_urls=("http://h/v1",), extra={"body": '{"model": "x"}'}), "invalid-option"),
        (ModelOptions(base_urls=("http://h/v1",), extra={"api_key_file": "/nowhere"}), "missing-key"),
        (
            ModelOptions(base_urls=("http://h/v1",), environment={"OPENAI_API_KEY": f"{KEY}\n{KEY}"}),
            "bad-key",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_asked(options, code):
    with raises(code) as caught:
        open_model("openai/hearer", options)
    assert KEY not in str(caught.value)


def test_a_conversion_is_done_and_told(fake_models, tone):
    soundfile = pytest.importorskip("soundfile")
    import io

    service = fake_models()
    clip = tone("clip.wav", 440, 660, rate=48000, seconds=1.0)
    for extra in (
        {"audio_channels": "1", "audio_rate": "16000"},
        {"audio_format": "flac"},
        {"audio_seconds": "0.25"},
    ):
        answer = ask_one(options_for(service, **extra), request_of(clip))
        asked = service.asked[-1]
        sent = answer.sent
        assert sent.source_sha256 == hashlib.sha256(clip.read_bytes()).hexdigest()
        assert sent.sha256 == hashlib.sha256(asked.audio).hexdigest()
        samples, rate = soundfile.read(io.BytesIO(asked.audio), always_2d=True)
        assert (rate, samples.shape[1], len(samples) / rate) == (sent.rate, sent.channels, sent.seconds)
        assert sent.mixed_down == (sent.channels == 1) == ("audio_channels" in extra)
        assert sent.cut == (sent.seconds < 1) == ("audio_seconds" in extra)
        assert asked.audio_type == extra.get("audio_format", "wav")


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_a_streamed_reply_is_read_as_the_whole_that_it_makes_up(fake_models, tone, field):
    service = fake_models(Say("two bells – 二", "I count", thinking_field=field))
    whole = ask_one(options_for(service), request_of(tone()))
    streamed = ask_one(options_for(service, stream="yes"), request_of(tone()))
    assert streamed.latency_s is not None
    assert msgspec.structs.replace(streamed, latency_s=whole.latency_s) == whole
    assert [asked.body["stream"] for asked in service.asked] == [False, True]


@pytest.mark.parametrize(
    ("body", "kind", "again"),
    [
        (b'data: {"choices": [{"delta": {"content": "tw"}}]}\n\n', "bad_reply", True),
        (b'data: {"choices": [{"del', "bad_reply", True),
        (b'data: {"error": {"code": 503, "message": "busy"}}\n\n', "server", True),
        (b"data: [DONE]\n\n", "bad_reply", False),
        (b"", "bad_reply", True),
    ],
)
def test_a_stream_that_breaks_off_is_no_answer(fake_models, tone, body, kind, again):
    found = failure(options_for(fake_models(Raw(body)), stream="yes"), request_of(tone()))
    assert (found.kind, found.retryable) == (kind, again)


def test_json_in_the_question_cannot_break_the_body(fake_models, tone):
    service = fake_models()
    text = json.dumps({"\u0000": '"}]}'}) + "\u0000 \ud7ff 🎵 \\u0000"
    ask_one(options_for(service), request_of(tone(), text=text))
    assert service.asked[0].question == text
    assert service.asked[0].audio == tone().read_bytes()
