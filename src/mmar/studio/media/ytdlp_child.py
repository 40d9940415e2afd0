"""Runs yt-dlp, and reports a failure as one line of JSON: whether another attempt may help, and the reason.

A failure is permanent by the type of yt-dlp's exception, never by its text: an error that the site itself reported
(private, removed, login required), unless a network error is behind it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

FAILURE = "mmar-failure "
"""Begins the line."""

_GONE = frozenset({404, 410, 451})


def main(arguments: Sequence[str]) -> int:
    """Run yt-dlp with these arguments and return its exit status."""
    try:
        import yt_dlp
        from yt_dlp.utils import DownloadError
    except ModuleNotFoundError:
        _report("missing", "")
        return 1
    try:
        return int(yt_dlp._real_main(list(arguments)) or 0)  # yt_dlp.main would hide the exception
    except DownloadError as error:
        inner = error.exc_info[1] if error.exc_info else None
        reason = getattr(inner, "orig_msg", None) or str(inner or error)
        _report("permanent" if is_permanent(inner) else "failed", reason)
        return 1


def is_permanent(error: BaseException | None) -> bool:
    """Whether the same request would fail again: an exception that yt-dlp raised while it looked at the site."""
    from yt_dlp.networking.exceptions import HTTPError, RequestError
    from yt_dlp.utils import ExtractorError

    for cause in _causes(error):
        if isinstance(cause, HTTPError):
            return cause.status in _GONE
        if isinstance(cause, RequestError | OSError):
            return False
    return isinstance(error, ExtractorError) and bool(error.expected)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        cause = waiting.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        exc_info = getattr(cause, "exc_info", None) or (None, None)
        waiting += [getattr(cause, "cause", None), exc_info[1], cause.__cause__]


def _report(kind: str, reason: str) -> None:
    print(FAILURE + json.dumps({"kind": kind, "reason": reason}), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
