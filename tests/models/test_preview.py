"""What would be sent is shown as the adapters send it, the clip's base64 aside."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmar.items import Item
from mmar.models import ModelOptions, RequestFailed, open_model
from mmar.models.preview import preview_body
from mmar.protocols import Request, load_protocol

ITEM = Item("i", "i.wav", "How many?", ("one", "two"), "two", "sound", "Signal Layer")


@pytest.fixture
def request_(tone: Callable[..., Path]) -> Request:
    return load_protocol("r1-aqa").request(ITEM, tone("i.wav"))


def test_chat_completions(request_: Request) -> None:
    assert request_.audio is not None
    size = request_.audio.stat().st_size
    assert preview_body("openai/some/model", request_) == {
        "model": "some/model",
        "messages": [
            {
                "role": "user",
                "content": [
                    {
                        "type": "input_audio",
                        "input_audio": {"data": f"<base64 of {size:,} bytes>", "format": "wav"},
                    },
                    {"type": "text", "text": request_.messages[0].text},
                ],
            }
        ],
        "stream": False,
        "max_tokens": 256,
    }
    body = preview_body(
        "openai/m", request_, {"audio_as": "audio_url", "max_tokens_as": "max_completion_tokens"}
    )
    assert (
        body["messages"][0]["content"][0]["audio_url"]["url"]
        == f"data:audio/wav;base64,<base64 of {size:,} bytes>"
    )
    assert body["max_completion_tokens"] == 256


@pytest.mark.parametrize(
    ("adapter", "options"),
    [
        ("openai", {}),
        ("openai", {"audio_as": "audio_url", "body": '{"reasoning_effort": "low"}'}),
        ("gemini", {"thoughts": "yes"}),
    ],
)
def test_it_is_what_is_really_sent(
    request_: Request, fake_models: Callable[..., Any], adapter: str, options: dict[str, str]
) -> None:
    service = fake_models(key="k" * 20)
    url = service.chat_url if adapter == "openai" else service.gemini_url

    async def ask() -> None:
        environment = {"MMAR_API_KEY": "k" * 20}
        model = open_model(
            f"{adapter}/m", ModelOptions(base_urls=(url,), environment=environment, extra=options)
        )
        try:
            await model.ask(request_)
        finally:
            await model.close()

    asyncio.run(ask())
    sent = service.requests[-1].body
    assert without_base64(preview_body(f"{adapter}/m", request_, options)) == without_base64(sent)


def without_base64(value: Any) -> Any:
    """A body in which whatever stands for the clip is gone."""
    if isinstance(value, dict):
        return {
            name: without_base64(each)
            for name, each in value.items()
            if not (name in ("data", "url") and isinstance(each, str))
        }
    return [without_base64(each) for each in value] if isinstance(value, list) else value


def test_gemini_and_text_and_programs(request_: Request) -> None:
    body = preview_body("gemini/some-model", request_)
    assert body["contents"][0]["parts"][0]["inlineData"]["data"].startswith("<base64 of ")
    assert body["generationConfig"] == {"maxOutputTokens": 256}
    silent = load_protocol("mmar").request(ITEM, None)
    assert preview_body("text/some-model", silent)["messages"] == [
        {"role": "user", "content": silent.messages[0].text}
    ]
    program = preview_body("command/python x.py", request_)
    assert program["id"] == "i"
    assert program["audio"] == str(request_.audio)
    assert preview_body("baseline/random", request_) is None
    json.dumps(program)


def test_a_clip_that_cannot_be_sent_is_no_body(tmp_path: Path) -> None:
    (tmp_path / "i.wav").write_bytes(b"not audio at all")
    for clip in (tmp_path / "i.wav", tmp_path / "absent.wav"):
        with pytest.raises(RequestFailed) as caught:
            preview_body("openai/m", load_protocol("mmar").request(ITEM, clip))
        assert caught.value.kind == "audio"
