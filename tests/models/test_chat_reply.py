"""Replies of chat completions: an answer that was paid for is kept, and what was broken off is none."""

from __future__ import annotations

import json

import pytest

from mmar.models import RequestFailed
from mmar.models.chat_reply import chat_answer


def reply(content="Two", finish="stop", *, choice=None, **more):
    one = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}
    return json.dumps({"choices": [one | (choice or {})], **more}).encode()


def stream(*deltas, finish="stop", end="data: [DONE]\n\n", newline="\n"):
    chunks = [{"choices": [{"delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({"choices": [{"delta": {}, "finish_reason": finish}]})
    text = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + end
    return text.replace("\n", newline).encode()


def failure(body):
    with pytest.raises(RequestFailed) as caught:
        chat_answer("i", body, "here")
    return caught.value


@pytest.mark.parametrize(
    "finish",
    [
        "error",
        "network_error",
        "insufficient_system_resource",
        "abort",
        "cancelled",
        "server_error",
        "timeout",
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_a_text_that_was_broken_off_is_no_answer(finish, streamed):
    body = stream({"content": "It sounds li"}, finish=finish) if streamed else reply("It sounds li", finish)
    failed = failure(body)
    assert (failed.kind, failed.retryable) == ("server", True)
    assert finish in failed.message


@pytest.mark.parametrize("finish", ["content_filter", "sensitive", "SAFETY", "content-policy", "refusal"])
@pytest.mark.parametrize("text", ["", "It sounds li"])
def test_a_text_that_is_withheld_is_refused(finish, text):
    failed = failure(reply(text, finish, usage={"prompt_tokens": 9}))
    assert (failed.kind, failed.retryable) == ("refused", False)
    assert failed.usage.input_tokens == 9


@pytest.mark.parametrize("finish", ["stop", "length", "eos", "end_turn", "tool_calls", "max_tokens", None])
def test_other_finish_reasons_are_answers(finish):
    assert chat_answer("i", reply(finish=finish), "here").text == "Two"


@pytest.mark.parametrize(
    "body",
    [
        reply(error={"code": 502, "message": "gone"}),
        reply(error="gone"),
        reply(choice={"error": {"code": 502, "message": "gone"}}),
        reply(base_resp={"status_code": 1000, "status_msg": "gone"}),
        b'data: {"choices": [{"delta": {"content": "It"}}]}\n\ndata: {"error": {"message": "gone"}}\n\n',
        b'data: {"choices": [{"delta": {"content": "It"}, "error": {"message": "gone"}}]}\n\ndata: [DONE]\n\n',
        b'event: error\ndata: {"object": "error", "message": "gone"}\n\n',
        b'data: {"choices": [{"delta": {"content": "It"}}]}\n\ndata: {"message": "gone", "code": 500}\n\n',
    ],
)
def test_an_error_beside_a_text_counts(body):
    failed = failure(body)
    assert (failed.kind, failed.retryable) == ("server", True)
    assert "gone" in failed.message


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + reply(),
        b"\n\n  " + reply() + b"\n",
        reply().replace(b'"stop"}', b'"stop", "logprobs": {"content": [{"logprob": NaN}]}}'),
        reply().replace(b'"stop"}', b'"stop", "logprobs": [-Infinity, Infinity]}'),
        reply(finish={"type": "stop", "matched": 2}),
        reply(model=["m"], usage="none"),
        reply(usage={"prompt_tokens": "many", "completion_tokens": None}),
        reply(error={"message": None, "code": None}),
        reply({"type": "text", "text": "Two"}),
        json.dumps({"choices": [{"delta": {"content": "Two"}, "finish_reason": "stop"}]}).encode(),
        reply(error=None, base_resp={"status_code": 0, "status_msg": "success"}),
        json.dumps({"choices": [{"text": "Two", "finish_reason": "stop"}]}).encode(),
        stream({"content": "Tw"}, {"content": "o"}),
        b"\xef\xbb\xbf" + stream({"content": "Tw"}, {"content": "o"}),
        stream({"content": "Tw"}, {"content": "o"}, newline="\r\n"),
        stream({"content": "Tw"}, {"content": "o"}, newline="\r"),
        stream({"content": "Tw"}, {"content": "o"}, end=""),
        stream({"content": "Tw"}, {"content": "o"}).replace(b"\n\n", b"\n"),
        b": waiting\n\nevent: message\nid: 1\n" + stream({"content": "Two"}),
        b"data:\n\ndata: \n\n" + stream({"content": "Two"}),
        b'data: {"choices": [\ndata: {"delta": {"content": "Two"},\ndata: "finish_reason": "stop"}]}\n\n',
        b'data: {"choices": [{"message": {"content": "Two"}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n',
        stream({"content": None}, {"content": "Two"}, {"role": "assistant"}),
        stream({"content": [{"type": "text", "text": "Tw"}]}, {"content": [{"type": "text", "text": "o"}]}),
    ],
)
def test_odd_forms_are_read(body):
    answer = chat_answer("i", body, "here")
    assert (answer.text, answer.thinking) == ("Two", "")


@pytest.mark.parametrize(
    "message",
    [
        {"content": [{"type": "reasoning", "text": "hm"}, {"type": "text", "text": "Two"}]},
        {"content": [{"type": "reasoning", "reasoning": "hm"}, {"type": "output_text", "text": "Two"}]},
        {"content": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}, "Two"]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"text": "Two"}]},
        {"content": [{"thought": True, "text": "hm"}, {"text": "Two"}]},
        {"content": "Two", "reasoning_content": "hm", "reasoning": "hm"},
        {"content": "Two", "thinking": "hm"},
        {"content": "Two", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
        {"content": "<think>hm</think>Two"},
    ],
)
def test_thinking_is_told_apart(message):
    body = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode()
    answer = chat_answer("i", body, "here")
    assert (answer.text, answer.thinking) == ("Two", "hm")


def test_streamed_thinking_is_one_text():
    body = stream(
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "h"}]}]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "m"}]}]},
        {"content": "Tw"},
        {"content": "o"},
    )
    answer = chat_answer("i", body, "here")
    assert (answer.text, answer.thinking) == ("Two", "hm")
    body = stream({"reasoning_content": "h"}, {"reasoning_content": "m"}, {"content": "Two"})
    assert chat_answer("i", body, "here").thinking == "hm"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty reply"),
        (b"  \n", "empty reply"),
        (b"\xef\xbb\xbf", "empty reply"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b"\n<html>", "web page"),
        (b'{"choices": [', "no complete JSON"),
        (b"upstream connect error", "no complete JSON"),
        (b"[" * 100_000, "no complete JSON"),
        (b'data: {"choices": [{"delta": {"content": "It"}}]}\n\n', "no complete JSON"),
        (b'{"choices": [{"message": {"content": ""}, "finish_reason": "stop"}]}', "no text"),
        (b'{"choices": [{"message": {"content": null}, "finish_reason": "length"}]}', "max_tokens"),
        (b'{"id": "r", "object": "chat.completion"}', "no chat completion"),
        (b'"Two"', "no complete JSON"),
    ],
)
def test_an_invalid_reply_is_quoted(body, words):
    failed = failure(body)
    assert failed.kind == "bad_reply"
    assert words in failed.message


def test_a_lone_surrogate_does_not_lose_the_answer():
    body = reply().replace(b"Two", b"Two \\ud83d")
    assert chat_answer("i", body, "here").text.startswith("Two")
