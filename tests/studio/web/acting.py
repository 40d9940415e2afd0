"""What the people of the tests do again and again, as programs and in browsers."""

from __future__ import annotations

import httpx

from conftest import Site

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
    """Somebody in a browser."""
    client = site.client()
    client.headers["cookie"] = f"mmar_studio={site.cookie(login)}"
    found = client.get("/me").text.partition('data-csrf="')[2].partition('"')[0]
    client.headers["x-csrf-token"] = found
    return client
