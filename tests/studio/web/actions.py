"""Actions of people in the tests, through the API and through pages."""

from __future__ import annotations

import re

import httpx

from conftest import Site
from mmar.studio.web.context import COOKIE

BASE = "/api/v1/p/demo"
CONTENT = {
    "question": "Which comes last?",
    "choices": ["a bell", "a drum", "a horn"],
    "answer": 1,
    "modality": "sound",
    "category": "Signal Layer",
    "sub_category": "Anomaly Detection",
    "url": "https://youtu.be/qx8hrhBZJ98",
    "timestamp": "0:01,0:03",
    "thinking": "The drum comes last.",
    "cues": [{"text": "drum"}],
}


def begun(site: Site, login: str = "anna") -> int:
    client = site.client(login)
    item = int(client.post(f"{BASE}/items").json()["id"])
    first = {"version": 0, "revision": 0, "content": CONTENT}
    assert client.put(f"{BASE}/items/{item}", json=first).is_success
    return item


def paged(site: Site, login: str) -> httpx.Client:
    """A person with a browser page."""
    client = site.client()
    client.headers["cookie"] = f"mmar_studio={site.cookie(login)}"
    result = client.get("/me").text.partition('data-csrf="')[2].partition('"')[0]
    client.headers["x-csrf-token"] = result
    return client


def after(browser: httpx.Client, answer: httpx.Response) -> httpx.Response:
    """The page after a form, which must redirect."""
    assert answer.status_code == 303, (answer.status_code, answer.text[-400:])
    return browser.get(answer.headers["location"])


def code_of(page: httpx.Response) -> str:
    """The code of the message on a page."""
    result = re.search(r'role="(?:status|alert)" data-code="([\w-]+)"', page.text)
    return result[1] if result else ""


def marks(page: httpx.Response, name: str) -> list[str]:
    """The values of all attributes `data-NAME` on a page."""
    return re.findall(rf'data-{name}="([^"]*)"', page.text)


class Somebody:
    """Somebody with a session, as a browser would keep it."""

    def __init__(self, site: Site, login: str) -> None:
        self.client = site.client()
        self.client.cookies.set(COOKIE, site.cookie(login))
        result = re.search(r'name="csrf" value="([^"]+)"', self.client.get("/p/demo").text)
        assert result
        self.csrf = result[1]

    def post(self, path: str, data: dict[str, str] | None = None, **more: object) -> httpx.Response:
        return self.client.post(path, data={"csrf": self.csrf, **(data or {})}, **more)  # type: ignore[arg-type]

    def item(self) -> int:
        answer = self.post("/p/demo/items")
        return int(answer.headers["location"].split("/")[-2])
