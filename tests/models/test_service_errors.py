"""From HTTP statuses and error bodies to kinds of failure."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from mmar.models.service_errors import find_reply_error, read_error_response, retry_after

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "120"}, 120.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "Sun, 01 Mar 2026 12:00:30 GMT"}, 30.0),
        ({"Retry-After": "Sun, 01 Mar 2026 11:00:00 GMT"}, 0.0),
        ({"Retry-After": "Sun, 01 Mar 2026 12:00:30 -0000"}, 30.0),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "3", "retry-after-ms": "2500"}, 2.5),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers, seconds):
    # RFC 9110, 10.2.3
    assert retry_after(headers, NOW) == seconds


@pytest.mark.parametrize("status", range(400, 600))
def test_asking_again_is_for_what_may_pass(status):
    failure = read_error_response(status, {}, b"", "here")
    assert failure.retryable == (status in (408, 429) or (status >= 500 and status not in (501, 505)))
    expected = {401: "denied", 402: "denied", 403: "denied", 404: "denied", 408: "timeout", 429: "rate_limit"}
    assert failure.kind == expected.get(status, "server" if status >= 500 else "rejected")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "no", "type": "x", "code": None}}, "no"),
        ({"object": "error", "message": "no", "type": "BadRequestError", "code": 400}, "no"),
        ({"detail": "no"}, "no"),
        ({"detail": [{"loc": ["body"], "msg": "no", "type": "missing"}]}, "no"),
        ({"error": "no"}, "no"),
        ([{"error": {"code": 400, "message": "no", "status": "X"}}], "no"),
    ],
)
def test_the_message_is_found_wherever_services_put_it(body, message):
    failure = read_error_response(400, {}, json.dumps(body).encode(), "here")
    assert failure.message == f"HTTP 400 from here: {message}"


def test_a_page_instead_of_json_is_quoted_and_cut():
    failure = read_error_response(502, {}, b"<html>\n  bad   gateway " + b"x" * 10_000, "here")
    assert failure.message.startswith("HTTP 502 from here: <html> bad gateway xxx")
    assert len(failure.message) < 700


@pytest.mark.parametrize(
    ("status", "word", "kind"),
    [
        (400, "content_filter", "refused"),
        (400, "data_inspection_failed", "refused"),
        (400, "API_KEY_INVALID", "denied"),
        (400, "Arrearage", "denied"),
        (429, "insufficient_quota", "denied"),
        (400, "model_not_found", "denied"),
        (429, "rate_limit_exceeded", "rate_limit"),
    ],
)
def test_the_words_of_services_count_more_than_the_status(status, word, kind):
    body = json.dumps({"error": {"message": "no", "code": word}}).encode()
    failure = read_error_response(status, {}, body, "here")
    assert failure.kind == kind
    assert failure.retryable == (kind == "rate_limit")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (
            403,
            {"error": {"code": 403, "message": "x", "metadata": {"reasons": ["hate"], "flagged_input": "a"}}},
            "refused",
        ),
        (403, {"error": {"code": 403, "message": "region"}}, "denied"),
        (400, {"error": {"innererror": {"content_filter_result": {"hate": {"filtered": True}}}}}, "refused"),
        (
            400,
            {"error": {"innererror": {"content_filter_result": {"hate": {"filtered": False}}}}},
            "rejected",
        ),
        (400, {"error": {"code": "DataInspectionFailed", "message": "x"}}, "refused"),
        (400, {"code": "data_inspection_failed", "message": "x"}, "refused"),
        (400, {"error": {"type": "moderation_error", "message": "x"}}, "refused"),
        (400, {"error": {"code": "1301", "message": "unsafe"}}, "refused"),
        (429, {"error": {"code": "1113", "message": "no money"}}, "denied"),
        (401, {"error": {"type": "authentication_error", "message": "x"}}, "denied"),
        (402, {"error": {"message": "Insufficient Balance"}}, "denied"),
    ],
)
def test_moderation_is_refused_and_no_money_is_denied(status, body, kind):
    failure = read_error_response(status, {}, json.dumps(body).encode(), "here")
    assert (failure.kind, failure.retryable) == (kind, False)


@pytest.mark.parametrize(
    "raw",
    [
        '{"error": {"message": "needs audio"}}',
        '{"message": "needs audio", "code": "InvalidParameter"}',
        '{"detail": [{"loc": ["body"], "msg": "needs audio"}]}',
        "needs audio",
    ],
)
def test_the_cause_that_a_gateway_passes_on_is_shown(raw):
    body = {"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": raw}}}
    failure = read_error_response(400, {}, json.dumps(body).encode(), "here")
    assert failure.message == "HTTP 400 from here: Provider returned error: needs audio"


def test_json_in_a_message_is_opened():
    body = {"error": {"message": '{"error": {"message": "too long", "code": 400}}'}}
    assert (
        read_error_response(400, {}, json.dumps(body).encode(), "here").message
        == "HTTP 400 from here: too long"
    )


@pytest.mark.parametrize(
    ("reply", "kind", "retryable", "text"),
    [
        ({"error": "busy"}, "server", True, "busy"),
        ({"error": "busy", "code": 429}, "rate_limit", True, "busy"),
        ({"error": {"message": "m", "code": "503"}}, "server", True, "m"),
        ({"error": {"message": "m", "code": "rate_limit_exceeded"}}, "rate_limit", True, "m"),
        ({"error": {"message": "m", "type": "invalid_request_error"}}, "rejected", False, "m"),
        ({"error": {"message": "m", "status": "DEADLINE_EXCEEDED"}}, "timeout", True, "m"),
        ({"error": {"message": "m", "status": "UNAVAILABLE", "code": 503}}, "server", True, "m"),
        ({"error": True, "message": "m"}, "server", True, "m"),
        ({"object": "error", "message": "m", "code": 40001}, "server", True, "m"),
        ({"code": "Throttling.RateQuota", "message": "m"}, "rate_limit", True, "m"),
        ({"code": "Arrearage", "message": "m"}, "denied", False, "m"),
        ({"base_resp": {"status_code": 1002, "status_msg": "m"}}, "rate_limit", True, "m"),
        ({"base_resp": {"status_code": 1026, "status_msg": "m"}}, "refused", False, "m"),
        ({"base_resp": {"status_code": 9999, "status_msg": "m"}}, "server", True, "m"),
        ([{"error": {"code": 429, "message": "m", "status": "RESOURCE_EXHAUSTED"}}], "rate_limit", True, "m"),
        ({"detail": "m"}, "server", True, "m"),
        ({"detail": [{"msg": "m"}]}, "server", True, "m"),
        ({"errmsg": "m", "err_code": 500}, "server", True, "m"),
    ],
)
def test_an_error_with_status_200_is_classified_by_what_it_says(reply, kind, retryable, text):
    failure = find_reply_error(reply, "here", has_answer=False)
    assert (failure.kind, failure.retryable) == (kind, retryable)
    assert failure.message == f"here reported an error: {text}"


@pytest.mark.parametrize(
    "reply",
    [
        {"error": None},
        {"error": ""},
        {"error": {}},
        {"base_resp": {"status_code": 0, "status_msg": "success"}},
        {"message": "success", "code": 0},
        {"warnings": ["x"]},
    ],
)
def test_a_message_beside_an_answer_is_no_error(reply):
    assert find_reply_error(reply, "here", has_answer=True) is None


def test_endless_nesting_and_damaged_text_are_words():
    deep = b'{"error": ' * 5000 + b"1" + b"}" * 5000
    assert read_error_response(500, {}, deep, "here").kind == "server"
    assert read_error_response(500, {}, b"\xff\xfe\x00", "here").kind == "server"
