"""`openai/`: what servers do wrong, keys, and options that are refused."""

from __future__ import annotations

import asyncio

import pytest
from ask_models import KEY, ask, ask_one, failure, options_for, request_of

from expect import raises
from mmar.models import Answer, ModelOptions, RequestFailed, open_model
from servers.fake_models import Broken, Cut, Drop, Hang, Raw, Say, Status


@pytest.mark.parametrize(
    ("reply", "kind", "again"),
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
def test_each_fault_has_its_kind(fake_models, tone, reply, kind, again):
    timeout_s = 0.2 if isinstance(reply, Hang) else 60.0
    failed = failure(options_for(fake_models(reply), timeout_s=timeout_s), request_of(tone()))
    assert (failed.kind, failed.retryable) == (kind, again)
    assert "127.0.0.1" in failed.message


def test_no_server_at_all_is_a_transport_failure(tone):
    options = ModelOptions(base_urls=("http://127.0.0.1:9/v1",), timeout_s=60)
    failed = failure(options, request_of(tone()))
    assert (failed.kind, failed.retryable) == ("transport", True)


def test_the_wait_that_a_service_asks_for_is_passed_on(fake_models, tone):
    service = fake_models(Status(429, headers={"Retry-After": "7"}))
    assert failure(options_for(service), request_of(tone())).retry_after_s == 7.0


def test_servers_share_the_load(fake_models, tone):
    first, second = fake_models(Say(after_s=0.05)), fake_models(Say(after_s=0.05))
    answers = ask("openai/hearer", options_for(first, second), *[request_of(tone())] * 20)
    assert all(isinstance(answer, Answer) for answer in answers)
    assert len(first.requests) + len(second.requests) == 20
    assert min(len(first.requests), len(second.requests)) >= 5


def test_a_dead_server_does_not_draw_the_work_to_itself(fake_models, tone):
    alive = fake_models()
    request = request_of(tone())

    async def run():
        options = ModelOptions(base_urls=("http://127.0.0.1:9/v1", alive.chat_url), timeout_s=60)
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
    failed = failure(options_for(service, environment={"MMAR_API_KEY": KEY}), request)
    assert KEY not in failed.message and "[credential]" in failed.message
    wrong = KEY[::-1]
    failed = failure(options_for(service, environment={"MMAR_API_KEY": wrong}), request)
    assert failed.kind == "denied"
    assert wrong not in failed.message

    async def texts_shown():
        model = open_model("openai/hearer", options_for(service, environment={"MMAR_API_KEY": KEY}))
        with pytest.raises(RequestFailed) as caught:
            await model.ask(request)
        await model.close()
        return repr(model) + repr(vars(model)) + "".join(map(str, caught.traceback)) + repr(caught.value)

    assert KEY not in asyncio.run(texts_shown())


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
        (ModelOptions(base_urls=("http://127.0.0.1:/v1",)), "invalid-url"),
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
def test_invalid_options_raise_before_the_first_request(options, code):
    with raises(code) as caught:
        open_model("openai/hearer", options)
    assert KEY not in str(caught.value)
