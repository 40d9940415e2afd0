"""Who may do what: every role against every request of the API that changes something, as one table.

Each cell is tried with a valid request: where it is allowed it takes effect, where it is refused nothing in
the database is another than before; `same` is no refusal, but there is nothing of theirs to do. A new address that is
not in the table fails a test.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from actions import BASE, CONTENT
from fastapi.routing import APIRoute
from role_stage import RECORD, REJECTION, Stage, copy_database, wave_bytes
from sqlalchemy import select

from conftest import Site, listen, serve
from mmar.studio.config import StudioConfig
from mmar.studio.data.tables import Person
from mmar.studio.security.sessions import make_api_token
from mmar.studio.store import people, projects
from mmar.studio.web import api
from mmar.studio.web.app import open_studio
from mmar.studio.workflow import Action, Role

# Anna wrote the item that it is about; Ben writes too; Eve belongs to another project of the same studio.
PEOPLE = ("anna", "ben", "ina", "lea", "ada", "eve")
ROLES = {
    "anna": Role.ANNOTATOR, "ben": Role.ANNOTATOR, "ina": Role.INSPECTOR, "lea": Role.LEAD, "ada": Role.ADMIN,
}  # fmt: skip

TABLE = """
                                          anna  ben  ina  lea  ada  eve
POST   /ideas                              yes  yes  yes  yes  yes   no
PATCH  /ideas/{idea}                       yes  yes  yes  yes  yes   no
POST   /ideas/{idea}/vote                  yes  yes  yes  yes  yes   no
POST   /ideas/{idea}/merge                 yes  yes  yes  yes  yes   no
POST   /ideas/ask/ideas                    yes  yes  yes  yes  yes   no
PUT    /settings                            no   no   no  yes  yes   no
PUT    /taxonomy                            no   no   no  yes  yes   no
POST   /people                              no   no   no   no  yes   no
PUT    /people/{somebody}                   no   no   no   no  yes   no
POST   /people/{somebody}/link              no   no   no   no  yes   no
PUT    /people/{somebody}/active            no   no   no   no  yes   no
POST   /items                              yes  yes   no  yes  yes   no
PUT    /items/{draft}                      yes   no   no  yes  yes   no
PUT    /items/{draft}/draft                yes  yes  yes  yes  yes   no
POST   /items/{conflict}/resolve           yes   no   no   no   no   no
POST   /items/{draft}/submit               yes   no   no  yes  yes   no
POST   /items/{prepared}/recall            yes   no   no  yes  yes   no
POST   /items/{prepared}/forward           yes   no   no  yes  yes   no
POST   /items/{answered}/approve           no   no  yes  yes  yes   no
POST   /items/{answered}/reject            no   no  yes  yes  yes   no
POST   /items/{corrected}/resubmit         yes   no   no  yes  yes   no
POST   /items/{approved}/reopen             no   no   no  yes  yes   no
POST   /items/{draft}/withdraw             yes   no   no  yes  yes   no
POST   /items/{withdrawn}/restore           no   no   no  yes  yes   no
POST   /items/{draft}/take_down             no   no   no  yes  yes   no
POST   /items/{inspected}/show-key        same  yes  yes  yes  yes   no
PUT    /items/{inspected}/assignment        no   no   no  yes  yes   no
POST   /items/{taken}/release              same same  yes  yes  yes   no
PUT    /items/{taken}/playback              no   no same same same   no
PUT    /items/{taken}/blind-answer          no   no  yes  yes  yes   no
PUT    /items/{answered}/judgement-draft   no   no  yes  yes  yes   no
POST   /items/{draft}/ask/thinking         yes   no   no  yes  yes   no
POST   /items/{draft}/sound                yes  yes   no  yes  yes   no
POST   /items/assign                      no   no   no  yes  yes   no
POST   /items/move                         yes   no   no  yes  yes   no
POST   /items/fetch                        yes  yes   no  yes  yes   no
POST   /items/ask                          yes same   no  yes  yes   no
POST   /queue/drafts/next                  yes  yes same  yes  yes   no
POST   /queue/inspection/next             same same  yes  yes  yes   no
POST   /proposals/{proposal}               yes   no   no  yes  yes   no
POST   /proposals/accept                yes   no   no  yes  yes   no
POST   /jobs/{failed}/retry                yes  yes   no  yes  yes   no
POST   /jobs/retry                         yes  yes   no  yes  yes   no
POST   /recordings                         yes  yes   no  yes  yes   no
POST   /import                              no   no   no  yes  yes   no
POST   /import/file                         no   no   no  yes  yes   no
POST   /releases                            no   no   no  yes  yes   no
POST   /takedowns                           no   no   no  yes  yes   no
POST   /takedowns/{takedown}/lift           no   no   no  yes  yes   no
"""

ELSEWHERE = {"POST /me/tokens", "DELETE /me/tokens/{token_id}", "POST /projects"}
"""What is nobody's in a project: one's own tokens, and beginning a project, which is for admins of the site."""


def rows() -> Iterator[tuple[str, str, dict[str, str]]]:
    head, *lines = TABLE.strip("\n").splitlines()
    for line in lines:
        method, path, *cells = line.split()
        yield method, path, dict(zip(head.split(), cells, strict=True))


ITEMS = (
    "draft",
    "conflict",
    "prepared",
    "answered",
    "corrected",
    "approved",
    "withdrawn",
    "inspected",
    "taken",
)
NAMED = (*ITEMS, "idea", "somebody", "proposal", "failed", "takedown")
NOT_THERE = {"POST /items/{conflict}/resolve"}
"""What is one's own, and is not there for anybody else; to Eve it is not said that there is a project."""


def described(path: str) -> str:
    """A path of the table as the application writes it."""
    for part in ITEMS:
        path = path.replace(f"/{{{part}}}", "/{item_id}", 1) if path.startswith("/items/") else path
    for part, name in (
        ("idea", "idea_id"), ("somebody", "person_id"), ("failed", "job_id"), ("proposal", "proposal_id"),
        ("takedown", "takedown_id"),
    ):  # fmt: skip
        path = path.replace(f"{{{part}}}", f"{{{name}}}")
    return path


def test_every_request_that_changes_something_is_in_the_table() -> None:
    known = {(method, described(path)) for method, path, _ in rows()}
    whole = [
        (method, route.path.removeprefix("/p/{slug}"))
        for router in api.ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods - {"GET", "HEAD"}
        if f"{method} {route.path}" not in ELSEWHERE
    ]
    assert len(whole) > 35
    for method, path in whole:
        same = {row for row in known if row[0] == method and _fits(row[1], path)}
        assert same, f"{method} {path} is not in the table"
    for method, path in known:
        assert any(method == other and _fits(path, there) for other, there in whole), f"no {method} {path}"
    moves = {path.rpartition("/")[2] for method, path in known if path.startswith("/items/{item_id}/")}
    assert {action.value for action in Action} - {"save"} <= moves


def _fits(row: str, path: str) -> bool:
    mine, its = row.split("/"), path.split("/")
    return len(mine) == len(its) and all(
        one == other or (other in ("{action}", "{kind}", "{queue}") and not one.startswith("{"))
        for one, other in zip(mine, its, strict=True)
    )


def _saved(stage: Stage, _who: str) -> dict[str, Any]:
    return {"json": {"version": 1, "revision": 1, "content": {**CONTENT, "question": f"Q {stage.made}?"}}}


BODIES: dict[str, Callable[[Stage, str], dict[str, Any]]] = {
    "POST /ideas": lambda s, _: {"json": {"title": "An idea"}},
    "PATCH /ideas/{idea}": lambda s, _: {"json": {"title": "A better one"}},
    "POST /ideas/{idea}/merge": lambda s, who: {"json": {"into": s.idea(who)}},
    "PUT /settings": lambda s, _: {"json": {"contact": f"c{s.made}@example.org"}},
    "PUT /taxonomy": lambda s, who: {
        "json": {
            "base": (tree := s.ask("ada", "GET", "/taxonomy"))["number"], "why": "wider",
            "layers": [*tree["layers"], {"name": f"Layer {s.made}", "subs": ["New"]}],
        }
    },
    "POST /people": lambda s, _: {"json": {"login": f"new{s.made}", "roles": ["inspector"]}},
    "PUT /people/{somebody}": lambda s, _: {"json": {"roles": ["annotator"]}},
    "PUT /people/{somebody}/active": lambda s, _: {"json": {"active": False}},
    "PUT /items/{draft}": _saved,
    "PUT /items/{draft}/draft": _saved,
    "POST /items/{conflict}/resolve": lambda s, _: {"json": {"take": "merged", "first": 1}},
    "POST /items/{answered}/reject": lambda s, _: {"json": {"rejection": REJECTION}},
    "POST /items/{approved}/reopen": lambda s, _: {"json": {"rejection": REJECTION}},
    "POST /items/{draft}/withdraw": lambda s, _: {"json": {"why": "a copy"}},
    "POST /items/{draft}/take_down": lambda s, _: {"json": {"why": "asked"}},
    "PUT /items/{inspected}/assignment": lambda s, _: {"json": {"role": "inspector", "person": s.numbers["ina"]}},
    "PUT /items/{taken}/playback": lambda s, _: {"json": {"event": "start"}},
    "PUT /items/{taken}/blind-answer": lambda s, _: {"json": {"choice": 1}},
    "PUT /items/{answered}/judgement-draft": lambda s, _: {"json": {"comment": "It is the bell."}},
    "POST /items/assign": lambda s, who: {
        "json": {"role": "inspector", "people": [s.numbers["ina"]], "items": [s.inspected(who)]}
    },
    "POST /items/move": lambda s, who: {"json": {"action": "submit", "items": [s.draft(who)]}},
    "POST /items/fetch": lambda s, who: {"json": {"items": [s.draft(who)]}},
    "POST /items/ask": lambda s, who: {"json": {"kinds": ["thinking"], "items": [s.draft(who)]}},
    "POST /queue/drafts/next": lambda s, who: {"json": {}} if s.imported(who) == 0 else {},
    "POST /queue/inspection/next": lambda s, who: {"json": {}} if s.inspected(who) else {},
    "POST /proposals/{proposal}": lambda s, _: {"json": {"decision": "accepted"}},
    "POST /proposals/accept": lambda s, who: {"json": {"upto": s.proposal(who)}},
    "POST /jobs/retry": lambda s, who: {"json": {}} if s.failed(who) else {},
    "POST /recordings": lambda s, _: {"files": {"file": ("a.wav", wave_bytes(s.made))}},
    "POST /import": lambda s, _: {"json": {"records": [{**RECORD, "id": f"r{s.made}", "audio_path": f"r{s.made}.wav"}]}},
    "POST /import/file": lambda s, _: {
        "files": {"file": ("a.jsonl", msgspec.json.encode({**RECORD, "id": f"f{s.made}", "audio_path": f"f{s.made}.wav"}))}
    },
    "POST /releases": lambda s, who: {"json": {"version": f"1.{s.made}"}} if s.approved(who) else {},
    "POST /takedowns": lambda s, _: {"json": {"what": f"t{s.made}", "why": "asked"}},
    "POST /takedowns/{takedown}/lift": lambda s, _: {"json": {"why": "a mistake"}},
}  # fmt: skip
"""What is sent with a request, where it is not an empty object."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, empty_data: Path, hashed: str) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("roles") / "data"
    shutil.copytree(empty_data, folder)
    studio = open_studio(StudioConfig(data=folder, text_model="text/nobody"))
    listening, url = listen()
    site = Site(studio, url, hashed)
    site.add("root", Role.ADMIN, site_admin=True)
    for login, role in ROLES.items():
        site.add(login, role)
    with studio.database.write() as session:
        project = projects.find_project(session, "demo")
        assert project is not None
        project.settings = msgspec.structs.replace(project.settings, needs_audio=False)
        eve = people.add_person(session, "eve", "Eve", studio.clock())
        projects.add_project(session, "other", "Other", eve, studio.clock())
        site.tokens["eve"] = make_api_token(session, eve.id, "test", studio.clock())
        numbers = {person.login: person.id for person in session.scalars(select(Person))}
    stop = serve(studio, listening, work=False)
    initial = folder.with_name("initial.db")
    copy_database(folder / "studio.db", initial)
    yield Stage(site, {login: site.client(login) for login in PEOPLE}, numbers, initial)
    for client in site.open_clients:
        client.close()
    stop()
    studio.database.close()


@pytest.mark.parametrize(
    ("method", "path", "cells"), list(rows()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_role_may_do_what_the_table_says(
    stage: Stage, method: str, path: str, cells: dict[str, str]
) -> None:
    for who, cell in cells.items():
        stage.reset()
        named = [name for name in NAMED if f"{{{name}}}" in path]
        address = path.format(**{name: stage.prepare(name, who) for name in named})
        sent = BODIES.get(f"{method} {path}", lambda *_: {"json": {}})(stage, who)
        before = stage.state()
        answer = stage.clients[who].request(method, BASE + address, **sent)
        after = stage.state()
        text = (who, answer.status_code, answer.text)
        if cell == "no":
            nothing = answer.is_success and answer.json().get("done") == 0  # of many items, none is theirs
            unseen = who == "eve" or f"{method} {path}" in NOT_THERE
            assert nothing or answer.status_code == (404 if unseen else 403), text
        else:
            assert answer.is_success, text
        assert (after != before) == (cell == "yes"), text
