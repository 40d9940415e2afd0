"""`gemini/NAME`: the API's own form of requests and replies."""

from __future__ import annotations

import asyncio
import json

import pytest

from expect import raises
from mmar.models import ModelOptions, RequestFailed, Usage, open_model
from mmar.protocols import Message, Request, Settings
from servers.fake_models import Raw, Say, Status

KEY = "AIza-planted-0123456789"


def request_of(audio, where="before", **settings):
    messages = (
        Message("system", "Listen."),
        Message("user", "Ready?"),
        Message("assistant", "Yes."),
        Message("user", "How many?", where if audio else None),
    )
    return Request("item-1", messages, "How many?", ("two", "three"), audio, Settings(**settings))


def ask(service, request, key=KEY, **extra):
    async def run():
        environment = {"GEMINI_API_KEY": key} if key else {}
        options = ModelOptions(
            base_urls=(service.gemini_url,), timeout_s=60, environment=environment, extra=extra
        )
        model = open_model("gemini/gemini-x", options)
        try:
            return await model.ask(request)
        finally:
            await model.close()

    return asyncio.run(run())


def failure(service, request, **options):
    with pytest.raises(RequestFailed) as caught:
        ask(service, request, **options)
    return caught.value


@pytest.mark.parametrize("where", ["before", "after"])
def test_the_request_has_the_documented_form(fake_models, tone, where):
    service = fake_models(key=KEY)
    ask(service, request_of(tone(), where, temperature=0.0, max_tokens=9), thoughts="yes")
    (received,) = service.requests
    assert received.path == "/v1beta/models/gemini-x:generateContent"
    sound = {"inlineData": {"mimeType": "audio/wav", "data": "…"}}
    text = {"text": "How many?"}
    assert received.body == {
        "systemInstruction": {"parts": [{"text": "Listen."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Ready?"}]},
            {"role": "model", "parts": [{"text": "Yes."}]},
            {"role": "user", "parts": [sound, text] if where == "before" else [text, sound]},
        ],
        "generationConfig": {
            "temperature": 0.0,
            "maxOutputTokens": 9,
            "thinkingConfig": {"includeThoughts": True},
        },
    }
    assert received.audio == tone().read_bytes()


def test_a_body_of_ones_own_joins_the_generation_config(fake_models, tone):
    service = fake_models(key=KEY)
    more = {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}}
    ask(service, request_of(tone(), seed=3), body=json.dumps(more))
    assert service.requests[0].body["generationConfig"] == {
        "seed": 3,
        "thinkingConfig": {"thinkingBudget": 0},
    }


def test_thoughts_are_told_from_the_answer_and_counted_with_the_output(fake_models, tone):
    usage = {
        "promptTokenCount": 120,
        "candidatesTokenCount": 4,
        "thoughtsTokenCount": 30,
        "totalTokenCount": 154,
        "promptTokensDetails": [
            {"modality": "TEXT", "tokenCount": 20},
            {"modality": "AUDIO", "tokenCount": 100},
        ],
    }
    answer = ask(fake_models(Say("two bells", "I count", usage=usage), key=KEY), request_of(tone()))
    assert (answer.text, answer.thinking) == ("two bells", "I count")
    assert answer.usage == Usage(120, 34, 100, 30)
    assert (answer.finish_reason, answer.model) == ("STOP", "gemini-x")


@pytest.mark.parametrize(
    ("reply", "kind", "again"),
    [
        (Say("partial", finish="SAFETY"), "refused", False),
        (Say(None, finish="PROHIBITED_CONTENT"), "refused", False),
        (Say(None, finish="RECITATION"), "refused", False),
        (Raw(b'{"promptFeedback": {"blockReason": "SAFETY"}}'), "refused", False),
        (Raw(b'{"usageMetadata": {}}'), "bad_reply", True),
        (Raw(b'{"candidates": [{"finishReason": "MAX_TOKENS"}]}'), "bad_reply", False),
        (
            Raw(b'{"candidates": [{"content": {"role": "model"}, "finishReason": "STOP"}]}'),
            "bad_reply",
            True,  # once more, see max_attempts
        ),
        (Status(400, "malformed", "INVALID_ARGUMENT"), "rejected", False),
        (Status(403, "no", "PERMISSION_DENIED"), "denied", False),
        (Status(404, "no such model", "NOT_FOUND"), "denied", False),
        (Status(503, "overloaded", "UNAVAILABLE"), "server", True),
    ],
)
def test_each_fault_has_its_kind(fake_models, tone, reply, kind, again):
    failed = failure(fake_models(reply, key=KEY), request_of(tone()))
    assert (failed.kind, failed.retryable) == (kind, again)


def test_a_wrong_key_which_gemini_calls_an_invalid_argument_is_denied(fake_models, tone):
    body = {
        "error": {
            "code": 400,
            "message": "API key not valid. Please pass a valid API key.",
            "status": "INVALID_ARGUMENT",
            "details": [
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "API_KEY_INVALID",
                    "domain": "googleapis.com",
                }
            ],
        }
    }
    failed = failure(fake_models(Status(400, body=json.dumps(body).encode()), key=KEY), request_of(tone()))
    assert (failed.kind, failed.retryable) == ("denied", False)


def test_the_wait_that_stands_in_the_body_is_passed_on(fake_models, tone):
    detail = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "58s"}
    body = {"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED", "details": [detail]}}
    failed = failure(fake_models(Status(429, body=json.dumps([body]).encode()), key=KEY), request_of(tone()))
    assert (failed.kind, failed.retryable, failed.retry_after_s) == ("rate_limit", True, 58.0)


def test_the_service_itself_is_not_asked_without_a_key():
    with raises("missing-key"):
        open_model("gemini/gemini-x")
