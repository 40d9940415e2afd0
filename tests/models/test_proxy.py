"""Proxies: those of the environment, never for servers on this machine, and no password in a message."""

from __future__ import annotations

import asyncio

import pytest

from mmar.models import ModelOptions, RequestFailed, open_model
from mmar.protocols import Message, Request
from servers.fake_models import Say, Status

QUESTION = Request("item-1", (Message("user", "Who?"),), "Who?", ("a", "b"), None)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def ask(base_url="http://models.invalid/v1"):
    async def run():
        model = open_model("openai/x", ModelOptions(base_urls=(base_url,), timeout_s=60))
        try:
            return await model.ask(QUESTION)
        finally:
            await model.close()

    return asyncio.run(run())


def test_a_request_goes_through_the_proxy(fake_models, monkeypatch):
    service = fake_models(Say("me"))
    monkeypatch.setenv("http_proxy", service.url)
    assert ask().text == "me"
    assert service.requests[0].headers["Host"] == "models.invalid"


def test_a_host_in_no_proxy_is_reached_directly(fake_models, monkeypatch):
    monkeypatch.setenv("http_proxy", fake_models(Say("me")).url)
    monkeypatch.setenv("no_proxy", "models.invalid")
    with pytest.raises(RequestFailed) as caught:
        ask()
    assert caught.value.kind == "transport"


def test_a_server_on_this_machine_is_reached_directly(fake_models, monkeypatch):
    proxy, service = fake_models(Say("proxy")), fake_models(Say("server"))
    monkeypatch.setenv("http_proxy", proxy.url)
    assert ask(service.chat_url).text == "server"
    assert ask(service.chat_url.replace("127.0.0.1", "localhost")).text == "server"
    assert proxy.requests == []


def test_a_proxy_that_is_not_there_is_a_transport_failure_without_its_password(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://user:secret-word@127.0.0.1:9")
    with pytest.raises(RequestFailed) as caught:
        ask()
    assert (caught.value.kind, caught.value.retryable) == ("transport", True)
    assert "proxy" in caught.value.message and "secret-word" not in caught.value.message


def test_a_proxy_that_refuses_is_named_by_its_status(fake_models, monkeypatch):
    monkeypatch.setenv("http_proxy", fake_models(Status(407, "who are you?")).url)
    with pytest.raises(RequestFailed) as caught:
        ask()
    assert (caught.value.kind, caught.value.retryable) == ("rejected", False)
    assert "407" in caught.value.message
