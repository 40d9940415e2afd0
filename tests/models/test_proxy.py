"""Which servers are reached through a proxy."""

from __future__ import annotations

import asyncio
import doctest

import pytest

from mmar.models import ModelOptions, RequestFailed, open_model, proxy
from mmar.models.proxy import proxy_for
from mmar.protocols import Message, Request
from servers.fake_models import Say, Status

PROXY = "http://proxy.example:3128"
QUESTION = Request("item-1", (Message("user", "Who?"),), "Who?", ("a", "b"), None)


@pytest.mark.parametrize(
    ("url", "environment", "expected"),
    [
        ("https://api.example/v1", {}, None),
        ("https://api.example/v1", {"https_proxy": PROXY}, PROXY),
        ("https://api.example/v1", {"HTTPS_PROXY": "proxy.example:3128"}, PROXY),
        ("https://api.example/v1", {"http_proxy": PROXY}, None),
        ("http://api.example/v1", {"ALL_PROXY": PROXY}, PROXY),
        ("http://api.example/v1", {"ALL_PROXY": "socks5://proxy.example"}, None),
        ("http://api.example/v1", {"http_proxy": PROXY, "no_proxy": "*"}, None),
        ("http://api.example/v1", {"http_proxy": PROXY, "no_proxy": "other, api.example"}, None),
        ("http://gpu.api.example/v1", {"http_proxy": PROXY, "NO_PROXY": ".api.example"}, None),
        ("http://notapi.example/v1", {"http_proxy": PROXY, "no_proxy": "api.example"}, PROXY),
        ("http://localhost:8000/v1", {"http_proxy": PROXY}, None),
        ("http://127.0.0.2:8000/v1", {"http_proxy": PROXY}, None),
        ("http://[::1]:8000/v1", {"http_proxy": PROXY}, None),
    ],
)
def test_the_usual_variables_name_the_proxy(url, environment, expected):
    assert proxy_for(url, environment) == expected


def test_the_examples_hold():
    assert doctest.testmod(proxy).failed == 0


def ask(environment):
    async def run():
        options = ModelOptions(base_urls=("http://models.invalid/v1",), timeout_s=5, environment=environment)
        model = open_model("openai/x", options)
        try:
            return await model.ask(QUESTION)
        finally:
            await model.close()

    return asyncio.run(run())


def test_a_request_goes_through_the_proxy(fake_models):
    service = fake_models(Say("me"))
    assert ask({"http_proxy": service.url}).text == "me"
    assert service.asked[0].headers["Host"] == "models.invalid"


def test_a_proxy_that_is_not_there_is_a_transport_failure_without_its_password():
    with pytest.raises(RequestFailed) as caught:
        ask({"http_proxy": "http://user:secret-word@127.0.0.1:9"})
    assert (caught.value.kind, caught.value.retryable) == ("transport", True)
    assert "proxy" in caught.value.message and "secret-word" not in caught.value.message


def test_a_proxy_that_refuses_is_told_by_its_status(fake_models):
    service = fake_models(Status(407, "who are you?"))
    with pytest.raises(RequestFailed) as caught:
        ask({"http_proxy": service.url})
    assert (caught.value.kind, caught.value.retryable) == ("rejected", False)
