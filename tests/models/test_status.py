"""From HTTP statuses and error bodies to kinds of failure."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from mmar.models.status import failure_of, retry_after

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
    failure = failure_of(status, {}, b"", "here")
    assert failure.retryable == (status in (408, 429) or (status >= 500 and status not in (501, 505)))
    expected = {401: "denied", 402: "denied", 403: "denied", 404: "denied", 408: "timeout", 429: "rate_limit"}
    assert failure.kind == expected.get(status, "server" if status >= 500 else "rejected")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"message": "no", "type": "x", "code": None}}, "no"),
        ({"object": "error", "message": "no", "type": "BadRequestError", "code": 400}, "no"),
        ({"detail": "no"}, "no"),
        ({"detail": [{"loc": ["body"], "msg": "no", "type": "missing"}]}, "no"),
        ({"error": "no"}, "no"),
        ([{"error": {"code": 400, "message": "no", "status": "X"}}], "no"),
    ],
)
def test_the_message_is_found_wherever_services_put_it(body, said):
    failure = failure_of(400, {}, json.dumps(body).encode(), "here")
    assert failure.message == f"HTTP 400 from here: {said}"


def test_a_page_instead_of_json_is_quoted_and_cut():
    failure = failure_of(502, {}, b"<html>\n  bad   gateway " + b"x" * 10_000, "here")
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
    failure = failure_of(status, {}, body, "here")
    assert failure.kind == kind
    assert failure.retryable == (kind == "rate_limit")
