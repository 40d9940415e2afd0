"""`openai/NAME` against a strict server: what is sent, what is read, what fails and how."""

from __future__ import annotations

import hashlib
import json

import msgspec
import pytest
from ask_models import ask_one, failure, options_for, request_of

from mmar.models import Usage
from mmar.protocols import Message, Request, Settings
from servers.fake_models import Raw, Say


def test_the_clip_arrives_byte_for_byte_and_the_answer_says_so(fake_models, tone):
    service = fake_models(Say("a tone"))
    clip = tone("clip.wav", 440, 660, seconds=2.5)
    answer = ask_one(options_for(service), request_of(clip))
    (received,) = service.requests
    assert received.audio == clip.read_bytes()
    assert received.audio_type == "wav"
    assert received.texts == ("Listen.", "What is heard?")
    digest = hashlib.sha256(clip.read_bytes()).hexdigest()
    assert answer.sent is not None
    assert (answer.sent.source_sha256, answer.sent.sha256) == (digest, digest)
    assert (answer.sent.bytes, answer.sent.rate, answer.sent.channels) == (len(received.audio), 16000, 2)
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
    assert service.requests[0].audio == clip.read_bytes()


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("audio_as", ["input_audio", "input_audio_uri", "audio_url"])
def test_the_clip_stands_where_and_as_it_was_asked_for(fake_models, tone, where, audio_as):
    service = fake_models()
    ask_one(options_for(service, audio_as=audio_as), request_of(tone(), where=where))
    parts = service.requests[0].body["messages"][1]["content"]
    kind = "audio_url" if audio_as == "audio_url" else "input_audio"
    assert [part["type"] for part in parts] == ([kind, "text"] if where == "before" else ["text", kind])


def test_settings_are_sent_only_where_they_are_given(fake_models, tone):
    service = fake_models()
    ask_one(options_for(service), request_of(tone()))
    ask_one(
        options_for(service, max_tokens_as="max_completion_tokens", body='{"reasoning_effort": "low"}'),
        request_of(tone(), settings=Settings(temperature=0.0, top_p=0.9, max_tokens=64, seed=7)),
    )
    bare, full = (received.body for received in service.requests)
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


def test_usage_of_a_reply_without_text_is_reported(fake_models, tone):
    usage = {"prompt_tokens": 90, "completion_tokens": 512}
    for say in (Say(None, finish="length", usage=usage), Say("part", finish="content_filter", usage=usage)):
        failed = failure(options_for(fake_models(say)), request_of(tone()))
        assert failed.usage == Usage(90, 512)


def test_a_request_without_a_clip_is_text_alone(fake_models):
    service = fake_models()
    answer = ask_one(options_for(service), request_of(None))
    assert answer.sent is None
    assert service.requests[0].body["messages"][1] == {"role": "user", "content": "What is heard?"}


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
    failed = failure(options_for(service), request_of(clip))
    assert (failed.kind, failed.retryable) == ("audio", False)
    assert str(clip) in failed.message
    assert service.requests == []


def test_a_request_whose_clip_has_no_place_is_not_sent(fake_models, tone):
    service = fake_models()
    request = Request("item-1", (Message("user", "What?"),), "What?", ("a", "b"), tone())
    assert failure(options_for(service), request).kind == "audio"
    assert service.requests == []


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
        received = service.requests[-1]
        sent = answer.sent
        assert sent.source_sha256 == hashlib.sha256(clip.read_bytes()).hexdigest()
        assert sent.sha256 == hashlib.sha256(received.audio).hexdigest()
        samples, rate = soundfile.read(io.BytesIO(received.audio), always_2d=True)
        assert (rate, samples.shape[1], len(samples) / rate) == (sent.rate, sent.channels, sent.seconds)
        assert sent.mixed_down == (sent.channels == 1) == ("audio_channels" in extra)
        assert sent.cut == (sent.seconds < 1) == ("audio_seconds" in extra)
        assert received.audio_type == extra.get("audio_format", "wav")


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_a_streamed_reply_is_read_as_the_whole_that_it_makes_up(fake_models, tone, field):
    service = fake_models(Say("two bells – 二", "I count", thinking_field=field))
    whole = ask_one(options_for(service), request_of(tone()))
    streamed = ask_one(options_for(service, stream="yes"), request_of(tone()))
    assert streamed.latency_s is not None
    assert msgspec.structs.replace(streamed, latency_s=whole.latency_s) == whole
    assert [received.body["stream"] for received in service.requests] == [False, True]


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
    failed = failure(options_for(fake_models(Raw(body)), stream="yes"), request_of(tone()))
    assert (failed.kind, failed.retryable) == (kind, again)


def test_json_in_the_question_cannot_break_the_body(fake_models, tone):
    service = fake_models()
    text = json.dumps({"\u0000": '"}]}'}) + "\u0000 \ud7ff 🎵 \\u0000"
    ask_one(options_for(service), request_of(tone(), text=text))
    assert service.requests[0].question == text
    assert service.requests[0].audio == tone().read_bytes()
