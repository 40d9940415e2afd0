"""Markup in any field is shown as text on every page, in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from actions import BASE, CONTENT
from browser_user import Visitor
from test_routes import ROUTES, filled

from conftest import Site
from mmar.studio.config import ProjectSettings
from mmar.studio.data.item_tables import Proposal
from mmar.studio.data.tables import Job, Person, Project
from mmar.studio.workflow import ItemContent
from mmar.studio.workflow.content import Criterion, Cue

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

EVIL = (
    "\"'></textarea></script></title><img src=x onerror='top.ran=1'><script>top.ran=1</script>{{7*7}}\u202e"
)
ADDRESS = "javascript:top.ran=1//\"'><img src=x onerror=top.ran=1>"

NO_TEXT = {
    "answer", "recording", "cut", "idea", "names", "extra", "empty",
    "inspections", "needs_audio", "targets", "withheld", "clip_rate", "clip_channels", "canary",
    "start", "end", "choices", "cues", "rubric", "modalities", "languages",
}  # fmt: skip
"""Fields of items and settings that hold no free text of their own; lists are filled below."""


def evil_of(kind: type[msgspec.Struct], **more: Any) -> dict[str, Any]:
    """Markup in each text of a record; a new field must be filled here or listed above."""
    result: dict[str, Any] = {}
    for one in msgspec.structs.fields(kind):
        if one.type is str and one.name not in NO_TEXT:
            result[one.name] = EVIL
        else:
            assert one.name in NO_TEXT, f"{kind.__name__}.{one.name}: text or not?"
    return result | more


def fill_everything(site: Site) -> None:
    """Write markup into every field that takes text."""
    root, anna, ina = (site.client(login) for login in ("root", "anna", "ina"))

    def ask(who: Any, method: str, path: str, sent: Any = None) -> Any:
        answer = who.request(method, BASE + path, json={} if sent is None else sent)
        assert answer.is_success, (method, path, answer.text)
        return answer.json() if answer.content else None

    tree = ask(root, "GET", "/taxonomy")
    layers = [*tree["layers"], {"name": EVIL, "subs": [EVIL], "about": EVIL}]
    ask(root, "PUT", "/taxonomy", {"base": tree["number"], "layers": layers, "why": EVIL})
    settings = evil_of(ProjectSettings, modalities=["sound", EVIL[:60]], languages=["en", "<img src=x>"])
    ask(root, "PUT", "/settings", settings)
    for title in (EVIL, "Another"):
        idea = ask(anna, "POST", "/ideas", {"title": title, "detail": EVIL, "tags": [EVIL[:40], "tag"]})["id"]
    ask(anna, "PATCH", f"/ideas/{idea}", {"category": EVIL})
    content = evil_of(
        ItemContent,
        choices=[EVIL, ADDRESS],
        answer=0,
        modality=EVIL[:60],
        language=EVIL[:100],
        timestamp="",
        url=ADDRESS,
        cues=[evil_of(Cue)],
        rubric=[evil_of(Criterion)],
        audio_path="",
    )
    # In drafting with a draft beside it, in inspection, sent back, and open with a stranger's conflict.
    items = []
    for state in ("draft", "inspection", "correction"):
        item = ask(anna, "POST", "/items")["id"]
        items.append(item)
        ask(anna, "PUT", f"/items/{item}", {"version": 0, "revision": 0, "content": content, "why": EVIL})
        if state == "draft":
            again = {"version": 1, "revision": 1, "content": {**content, "thinking": EVIL * 2}}
            ask(root, "PUT", f"/items/{item}", {**again, "why": EVIL})
            ask(anna, "PUT", f"/items/{item}/draft", again)
            continue
        plain = {"modality": "sound", "category": "Signal Layer", "sub_category": "Anomaly Detection"}
        again = {
            "version": 1,
            "revision": 1,
            "content": {**content, **plain, "url": CONTENT["url"], "language": "en"},
        }
        ask(anna, "PUT", f"/items/{item}", again)
        for action in ("submit", "forward"):
            ask(anna, "POST", f"/items/{item}/{action}", {"why": EVIL})
        if state == "correction":
            ask(ina, "POST", "/queue/inspection/next")
            ask(ina, "PUT", f"/items/{items[1]}/blind-answer", {"choice": 1})
            rejection = {"reason": "wrong_key", "field": "answer", "comment": EVIL}
            ask(
                ina,
                "PUT",
                f"/items/{items[1]}/judgement-draft",
                {"comment": EVIL, "start": EVIL, "end": EVIL},
            )
            ask(ina, "POST", f"/items/{items[1]}/reject", {"rejection": rejection})
    ask(root, "POST", "/people", {"login": "mal", "name": EVIL, "roles": ["inspector"]})
    ask(root, "POST", "/takedowns", {"what": EVIL, "why": EVIL})
    for path in ("/api/v1/me/tokens",):
        assert root.post(path, json={"name": EVIL}).is_success
    answer = root.post(f"{BASE}/import/file", files={"file": (f"{EVIL}.csv", b"id\n")})
    assert answer.status_code == 422
    with site.studio.database.write() as session:
        now = site.studio.clock()
        session.get_one(Project, 1).title = EVIL
        session.get_one(Person, 2).name = EVIL
        for kind, made in (
            ("thinking", {"thinking": EVIL}), ("distractors", {"distractors": [EVIL, ADDRESS]}),
            ("sub_category", {"category": EVIL, "sub_category": EVIL, "why": EVIL}),
            ("rubric", {"criteria": [evil_of(Criterion)] * 5}),
            ("ideas", {"ideas": [{"title": EVIL, "detail": EVIL, "tags": [EVIL]}]}),
            ("grouping", {"categories": [{"idea": 1, "category": EVIL, "why": EVIL}]}),
            ("guess", {"choice": EVIL, "index": 0, "right": True, "why": EVIL}),
        ):  # fmt: skip
            session.add(
                Proposal(
                    project_id=1, item_id=None if kind in ("ideas", "grouping") else items[0], revision=2, kind=kind, content=made,
                    model=EVIL, prompt=EVIL, prompt_sha256="0" * 64, created=now,
                )
            )  # fmt: skip
        for state in ("failed", "queued"):
            session.add(
                Job(
                    project_id=1,
                    kind="propose",
                    key=f"k{state}",
                    payload={"kind": "ideas"},
                    state=state,
                    message=EVIL,
                    created=now,
                )
            )


def pages() -> Iterator[str]:
    """Every address that shows a page, for each of the items that were written."""
    for method, path in ROUTES:
        if (
            method == "GET"
            and not path.startswith("/api/")
            and "{kind}" not in path
            and path not in ("/welcome/{token}",)
        ):
            addresses = (
                [filled(path).replace("/items/1", f"/items/{n}") for n in (1, 2, 3)]
                if "{item_id}" in path
                else [filled(path)]
            )
            yield from (one for one in addresses if not one.endswith((".zip", ".csv")))


def test_markup_in_every_field_is_text_on_every_page(quiet_site: Site, browser) -> None:
    fill_everything(quiet_site)
    seen = 0
    # A lead sees everything except the pages of the person who edits or inspects an item.
    for login, part in (("root", ""), ("anna", "/items/1"), ("ina", "/items/2")):
        visitor = Visitor(browser, quiet_site, login)
        page = visitor.page
        elsewhere: list[str] = []
        page.on(
            "request",
            lambda one, stored=elsewhere: (
                stored.append(one.url) if not one.url.startswith(quiet_site.url) else None
            ),
        )
        page.on("dialog", lambda one: pytest.fail(one.message))
        for address in (one for one in dict.fromkeys(pages()) if part in one):
            visitor.complaints.clear()
            status = page.goto(quiet_site.url + address).status
            assert status < 500, address
            result = page.evaluate(
                """() => ({
                    ran: window.ran ?? null, images: document.querySelectorAll("img").length,
                    links: [...document.querySelectorAll("[href], [src], [action]")].map((one) => one.href || one.src || one.action)
                        .filter((to) => String(to).startsWith("javascript:")),
                    evil: document.body.innerHTML.includes("onerror"), counted: document.body.innerText.includes("}49") })"""
            )
            assert (result["ran"], result["images"], result["links"], result["counted"]) == (
                None,
                0,
                [],
                False,
            ), address
            assert elsewhere == [], address
            # An address that is not this person's is a page too, and its status the one thing a browser notes.
            assert [
                one for one in visitor.complaints if "the server responded with a status of 4" not in one
            ] == [], address
            seen += result["evil"]
    assert seen > 30, "the markup stands on the pages, as text"
