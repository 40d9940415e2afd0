"""What people and programs are told when the studio itself made a mistake: a reference, and nothing of its insides."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from mmar.studio.web.render import page
from mmar.studio.web.studio import seen, seen_place

__all__ = ["fault_answer"]

_STATUS = 500


def fault_answer(scope: MutableMapping[str, Any], reference: str) -> Response:
    """A page, words for a part of a page, or JSON for the API.

    Args:
        scope: the request's.
        reference: under which the log tells what happened.
    """
    request = Request(scope)
    if request.url.path.startswith("/api/"):
        said = f"the studio made a mistake; its log says more under {reference}"
        return JSONResponse(
            {"error": {"kind": "fault", "message": said, "reference": reference}}, status_code=_STATUS
        )
    words = f"The studio made a mistake. What you saved is safe. Its log says more under {reference}."
    if "hx-request" in request.headers or request.headers.get("accept", "").startswith("application/json"):
        return PlainTextResponse(words, _STATUS)
    who = seen(request, look=False)
    return page(
        request,
        "error.html",
        seen_place(request),
        person=who.person if who else None,
        csrf=who.csrf if who else "",
        status=_STATUS,
        code=_STATUS,
        title="The studio made a mistake",
        message=(
            "It is not your doing, and what you saved is safe. Try again; if it happens again, tell whoever "
            "runs the studio this number, under which its log says more."
        ),
        reference=reference,
        home="/",
        back="/",
        retry=request.method != "GET",
    )
