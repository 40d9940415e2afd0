"""Errors of services: from a status and a body, of whatever form, to `RequestFailed`.

    401, 402, 403, 404, no balance left     denied       not retried
    408                                     timeout      retried
    429                                     rate_limit   retried, after what Retry-After says
    5xx                                     server       retried
    the service's content policy            refused      this request alone
    other 3xx and 4xx                       rejected     not retried

Services report errors in many forms: OpenAI `{"error": {"message", "code", "type"}}`, vLLM and DashScope
`{"message", "code"}`, FastAPI `{"detail"}`, Google `{"error": {"status", "details": [...]}}` (at times in a list),
MiniMax `{"base_resp": {"status_code", "status_msg"}}`, gateways an upstream's body as text in `metadata.raw`. Some
come with HTTP status 200. The words and numbers by which services name a condition stand in the tables below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from mmar.models.answer import FailureKind, RequestFailed

_MESSAGE_KEYS = (
    "message",
    "detail",
    "error",
    "error_msg",
    "error_message",
    "errmsg",
    "msg",
    "status_msg",
    "raw",
)
_CODE_KEYS = ("code", "type", "status", "reason", "reasons", "error_code", "err_code", "error_type")
_MAX_MESSAGE = 600

# Codes and types, without separators and in small letters.
_REFUSED = re.compile(
    r"contentfilter|contentpolicy|contentmoderation|moderation|datainspection|responsibleai|inappropriate"
    r"|sensitive|safety|flagged|prohibitedcontent|unsafe"
)
_DENIED = re.compile(
    r"insufficient(?:quota|balance|credit|fund)|billing|arrear|paymentrequired|invalidapikey|apikeyinvalid"
    r"|apikeyexpired|apikeyserviceblocked|unauthenticated|unauthorized|authentication|permissiondenied"
    r"|accessdenied|invalidtoken|modelnotfound|modelnotexist"
)
# Where no HTTP status says so: the status that a code stands for.
_STATUS_OF_WORDS = (
    (re.compile(r"ratelimit|throttl|toomanyrequests|resourceexhausted|limitexceeded"), 429),
    (re.compile(r"timeout|deadlineexceeded"), 408),
    (
        re.compile(r"invalid|badrequest|unsupported|validation|outofrange|failedprecondition|notsupported"),
        400,
    ),
)
# MiniMax, "Error codes", in base_resp; Zhipu (BigModel), "Error codes", in error.code.
_MINIMAX: dict[FailureKind, tuple[int, ...]] = {
    "timeout": (1001,),
    "rate_limit": (1002, 1039, 1041, 2056),
    "denied": (1004, 1008, 2049),
    "refused": (1026, 1027),
    "rejected": (2013,),
}
_ZHIPU: dict[FailureKind, tuple[int, ...]] = {
    "denied": (1000, 1001, 1002, 1003, 1113),
    "refused": (1301,),
    "rate_limit": (1302, 1303, 1304, 1305),
}
_RETRYABLE = ("rate_limit", "timeout", "server")


class _Report(msgspec.Struct):
    """The content of an error body.

    Attributes:
        messages: what it says for people, outermost first.
        codes: its codes and types, normalised.
        status: an HTTP status that stands among the codes.
        kind: where a service's number decides it.
        refused: whether it has a field that only a content policy fills.
        delay_s: how long the service asks to wait.
    """

    messages: list[str]
    codes: set[str]
    status: int | None = None
    kind: FailureKind | None = None
    refused: bool = False
    delay_s: float | None = None

    @property
    def message(self) -> str:
        """The outermost message with the cause that a gateway passes on."""
        distinct = list(dict.fromkeys(message for message in self.messages if message))
        text = ": ".join(distinct)
        return text if len(text) <= _MAX_MESSAGE else f"{text[:_MAX_MESSAGE]} ..."


def read_error_response(status: int, headers: Mapping[str, str], body: bytes, url: str) -> RequestFailed:
    """The failure that a reply with an HTTP error stands for.

    `headers` are looked up without regard to case; `url` is what was asked, for the message.
    """
    value = _json(body)
    if value is None:
        value = {"message": body[: 4 * _MAX_MESSAGE].decode("utf-8", "replace")}
    report = _report(value)
    message = f"HTTP {status} from {url}" + (f": {report.message}" if report.message else "")
    if status == 404 and "model" not in report.message.casefold():
        message += " (is the base URL complete? most end in /v1)"
    if 300 <= status < 400:
        message += f" (redirected to {headers.get('Location', 'another address')}: give that as the base URL)"
    failure = _classified(report, status, message)
    if failure.retryable:
        after_s = retry_after(headers)
        failure.retry_after_s = report.delay_s if after_s is None else after_s
    if status in (501, 505):
        failure.retryable = False
    return failure


def find_reply_error(reply: Any, url: str, *, has_answer: bool) -> RequestFailed | None:
    """The failure that a reply with status 200 reports, or `None`.

    Args:
        reply: decoded JSON: a whole reply, or a part of it that may hold an `error`.
        url: what was asked, for the message.
        has_answer: whether it also holds what an answer is read from; without it any message is an error.
    """
    if isinstance(reply, list):
        parts = (find_reply_error(part, url, has_answer=has_answer) for part in reply)
        return next((failure for failure in parts if failure is not None), None)
    if not isinstance(reply, dict):
        return None
    base = reply.get("base_resp")
    error: Any = None
    if isinstance(base, dict) and base.get("status_code") not in (0, None):
        error = base
    elif _says_something(reply.get("error")):
        error = reply["error"] if isinstance(reply["error"], dict | list | str) else reply
        if isinstance(error, str):
            # A message, with its code beside it where there is one.
            error = {name: value for name, value in reply.items() if name in (*_MESSAGE_KEYS, *_CODE_KEYS)}
    elif reply.get("object") == "error" or (
        not has_answer and any(isinstance(reply.get(key), str | list) and reply[key] for key in _MESSAGE_KEYS)
    ):
        error = reply
    if error is None:
        return None
    report = _report(error)
    if error is base and isinstance(base["status_code"], int):
        report.kind = _kind_of(base["status_code"], _MINIMAX)
    failure = _classified(
        report, report.status or _status_of(report.codes), f"{url} reported an error: {report.message}"
    )
    if failure.retryable:
        failure.retry_after_s = report.delay_s
    return failure


def _says_something(error: Any) -> bool:
    """Whether an `error` field reports one; some services send it with every reply, empty."""
    return any(error.values()) if isinstance(error, dict) else bool(error)


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds to wait by the Retry-After header (RFC 9110, 10.2.3: seconds or an HTTP date), or `None`.

    Also reads `retry-after-ms`, which OpenAI's services send beside it and which is finer.
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


def _classified(report: _Report, status: int, message: str) -> RequestFailed:
    kind: FailureKind
    if report.refused or any(_REFUSED.search(code) for code in report.codes):
        kind = "refused"
    elif report.kind is not None:
        kind = report.kind
    elif status in (401, 402, 403, 404) or any(_DENIED.search(code) for code in report.codes):
        kind = "denied"
    elif status == 429:
        kind = "rate_limit"
    elif status == 408:
        kind = "timeout"
    else:
        kind = "server" if status >= 500 else "rejected"
    return RequestFailed(kind, message, retryable=kind in _RETRYABLE)


def _kind_of(number: int, table: Mapping[FailureKind, tuple[int, ...]]) -> FailureKind | None:
    return next((kind for kind, numbers in table.items() if number in numbers), None)


def _status_of(codes: set[str]) -> int:
    statuses = (status for pattern, status in _STATUS_OF_WORDS if any(map(pattern.search, codes)))
    return next(statuses, 500)


def _json(text: bytes | str) -> Any:
    """The value in a JSON text; `None` where it is none."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _report(value: Any) -> _Report:
    report = _Report([], set())
    for key, leaf in _leaves(value):
        _take(report, key, leaf)
    return report


def _take(report: _Report, key: str, value: Any) -> None:
    if key == "flagged_input" or (key == "filtered" and value is True):
        report.refused = True
    if isinstance(value, str) and key in _MESSAGE_KEYS:
        inner = _json(value) if value.lstrip().startswith(("{", "[{")) else None
        if inner is None:
            # One message for each level: of a list of problems, the first.
            text = " ".join(value.split())
            if text and (not report.messages or key == "raw"):
                report.messages.append(text)
        else:
            # Of an upstream only what it says and its codes count, not its status.
            nested = _report(inner)
            report.messages += nested.messages
            report.codes |= nested.codes
            report.refused = report.refused or nested.refused
    elif key in _CODE_KEYS:
        _take_code(report, value)
    elif key in ("retryDelay", "retry_after"):
        # google.rpc.RetryInfo, a duration such as "34s" or "0.5s"
        try:
            report.delay_s = float(str(value).removesuffix("s"))
        except ValueError:
            return


def _take_code(report: _Report, value: Any) -> None:
    if isinstance(value, str) and not value.isdecimal():
        report.codes.add(re.sub(r"[^a-z0-9]", "", value.casefold()))
        return
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return
    if 400 <= number < 600:
        report.status = report.status or number
    else:
        report.kind = _kind_of(number, _ZHIPU) or report.kind


def _leaves(value: Any, key: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Every scalar of a JSON value with the key under which it stands, outermost first."""
    if depth > 20:
        return
    if isinstance(value, list):
        for each in value:
            yield from _leaves(each, key, depth + 1)
    elif isinstance(value, dict):
        nested = []
        for name, each in value.items():
            if isinstance(each, dict | list):
                nested.append((str(name), each))
            else:
                yield str(name), each
        for name, each in nested:
            yield from _leaves(each, name, depth + 1)
    else:
        yield key, value
