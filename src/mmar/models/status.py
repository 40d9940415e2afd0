"""What a service's refusal means: from an HTTP status and an error body to `RequestFailed`.

    401, 402, 403, 404, no quota left     denied       asking again cannot help
    408                                   timeout      again
    429                                   rate_limit   again, after what Retry-After says
    5xx                                   server       again
    the service's content policy          refused
    other 3xx and 4xx                     rejected

Error bodies differ: OpenAI writes `{"error": {"message", "code", "type"}}`, vLLM and FastAPI `{"message"}` or
`{"detail"}`, Google `{"error": {"status", "details": […]}}`, at times inside a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from mmar.models.answer import FailureKind, RequestFailed

__all__ = ["failure_of", "retry_after"]

# The words by which services name these conditions in `code`, `type`, `status` or `reason`.
_POLICY = {
    "content_filter",  # Azure OpenAI
    "content_policy_violation",  # OpenAI
    "data_inspection_failed",  # DashScope
    "moderation_blocked",  # OpenAI
    "responsibleaipolicyviolation",  # Azure OpenAI, inner error
}
_NO_MORE = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "arrearage"}
_BAD_KEY = {"api_key_invalid", "invalid_api_key", "api_key_service_blocked"}
_NO_MODEL = {"model_not_found"}

_LONGEST_MESSAGE = 600


def failure_of(status: int, headers: Mapping[str, str], body: bytes, place: str) -> RequestFailed:
    """The failure that a reply other than 200 stands for.

    Args:
        status: HTTP status.
        headers: of the reply, looked up without regard to case.
        body: of the reply.
        place: what was asked, for the message, such as `https://api.openai.com/v1/chat/completions`.
    """
    said, words, delay = _complaint(body)
    message = f"HTTP {status} from {place}" + (f": {said}" if said else "")
    if words & _POLICY:
        return RequestFailed("refused", message)
    if status == 404 and "model" not in said.casefold():
        message += " (is the base URL whole? most end in /v1)"
    if status in (401, 402, 403, 404) or words & (_NO_MORE | _BAD_KEY | _NO_MODEL):
        return RequestFailed("denied", message)
    kind: FailureKind = "rejected"
    retryable = False
    retry_after_s = None
    if status == 429:
        kind, retryable = "rate_limit", True
    elif status == 408:
        kind, retryable = "timeout", True
    elif status >= 500:
        kind, retryable = "server", status not in (501, 505)
    elif 300 <= status < 400:
        message += f" (moved to {headers.get('Location', 'an unnamed place')}: give that as the base URL)"
    if retryable:
        retry_after_s = retry_after(headers)
        retry_after_s = delay if retry_after_s is None else retry_after_s
    return RequestFailed(kind, message, retryable=retryable, retry_after_s=retry_after_s)


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds to wait by the Retry-After header (RFC 9110, 10.2.3: seconds or an HTTP date), or `None`.

    Also understands `retry-after-ms`, which OpenAI's services send beside it and which is finer.
    """
    for name, unit in (("retry-after-ms", 1000), ("Retry-After", 1)):
        value = headers.get(name, "").strip()
        try:
            seconds = float(value) / unit
        except ValueError:
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    try:
        when = parsedate_to_datetime(headers.get("Retry-After", ""))
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - (now or datetime.now(UTC))).total_seconds())


def _complaint(body: bytes) -> tuple[str, set[str], float | None]:
    """What an error body says: its message, the words that classify it, and a delay that it asks for."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = " ".join(body[: 4 * _LONGEST_MESSAGE].decode("utf-8", "replace").split())
        return _shortened(text), set(), None
    said, words, delay = "", set(), None
    for key, found in _strings(value):
        if key in ("message", "detail", "error", "error_msg", "msg") and not said:
            said = found
        elif key in ("code", "type", "status", "reason", "error_code"):
            words.add(found.casefold())
        elif key == "retryDelay" and found.endswith("s"):
            # google.rpc.RetryInfo, a duration such as "34s" or "0.5s"
            try:
                delay = float(found[:-1])
            except ValueError:
                delay = None
    return _shortened(said), words, delay


def _strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every string of a JSON value with the key under which it stands, outermost first."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each, key)
    elif isinstance(value, dict):
        inner = [(name, each) for name, each in value.items() if not isinstance(each, str)]
        for name, each in value.items():
            if isinstance(each, str):
                yield str(name), each
        for name, each in inner:
            yield from _strings(each, str(name))


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + " …"
