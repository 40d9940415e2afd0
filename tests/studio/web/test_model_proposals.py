"""Proposals of a text model, which is a local server with scripted answers, and their review."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import ClassVar

import msgspec
import pytest
from actions import BASE, CONTENT, begun, marks
from sqlalchemy import select

from conftest import Site
from mmar.studio.data.item_tables import Proposal
from mmar.studio.data.tables import Job
from mmar.studio.jobs.worker import KINDS, Worker
from mmar.studio.store.jobs import enqueue


class Say(http.server.BaseHTTPRequestHandler):
    """A chat server that says what the test tells it, or fails."""

    answers: ClassVar[list[tuple[int, str]]] = []
    seen: ClassVar[list[dict[str, object]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        type(self).seen.append(body)
        status, text = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        reply = {
            "id": "1", "object": "chat.completion", "model": "wise-7b",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        }  # fmt: skip
        data = json.dumps(reply if status == 200 else {"error": {"message": "busy"}}).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def chat() -> Iterator[type[Say]]:
    handler = type("Handler", (Say,), {"answers": [], "seen": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    handler.url = f"http://127.0.0.1:{server.server_port}/v1"  # type: ignore[attr-defined]
    yield handler
    server.shutdown()
    server.server_close()
    thread.join()


def one_who_asks(site: Site, chat: type[Say]) -> Worker:
    """A worker with a model; its kind of job is the test's own, so that the server's workers do not take it."""
    config = msgspec.structs.replace(
        site.studio.config,
        text_model="text/wise",
        base_urls=(chat.url,),  # type: ignore[attr-defined]
    )
    return Worker(config, site.studio.database, site.studio.clock, {"ask": KINDS["propose"]})


def test_a_model_proposes_and_a_person_decides(quiet_site: Site, chat: type[Say]) -> None:
    item = begun(quiet_site)
    chat.answers[:] = [(200, 'Sure: {"distractors": ["a gong", "a flute"], "why": ["metal", "wind"]}')]
    with quiet_site.studio.database.write() as session:
        enqueue(session, 1, "ask", "k", {"kind": "distractors", "item": item}, quiet_site.studio.clock())
    assert one_who_asks(quiet_site, chat).run_next()
    with quiet_site.studio.database.read() as session:
        assert session.scalars(select(Job.message).where(Job.state == "failed")).all() == []
        proposal = session.scalars(select(Proposal)).one()
        assert (proposal.model, proposal.state, proposal.revision) == ("wise-7b", "open", 1)
        assert len(proposal.prompt_sha256) == 64
    sent = json.dumps(chat.seen[0])
    assert "Which comes last?" in sent
    anna = quiet_site.client("anna")
    before = anna.get(f"{BASE}/items/{item}").json()
    assert before["content"]["choices"] == CONTENT["choices"]
    decided = anna.post(f"{BASE}/proposals/{proposal.id}", json={"decision": "accepted"}).json()
    assert (decided["state"], decided["decided_by"]) == ("accepted", before["author"])
    after = anna.get(f"{BASE}/items/{item}").json()
    assert after["content"]["choices"] == ["a gong", "a drum", "a flute"]
    assert after["revisions"][0]["why"].startswith("accepted a proposal of wise-7b")
    again = anna.post(f"{BASE}/proposals/{proposal.id}", json={"decision": "refused"})
    assert again.status_code == 409


def test_a_guess_is_about_the_text_on_the_page(quiet_site: Site, chat: type[Say]) -> None:
    item = begun(quiet_site)
    database, clock = quiet_site.studio.database, quiet_site.studio.clock
    anna = quiet_site.client("anna")
    page = f"/p/demo/items/{item}/guess"
    form = {
        "version": "1",
        "base": "1",
        "question": "Which is a lie?",
        "choice": ["yes", "no"],
        "answer": "1",
    }
    assert anna.post(page, data={**form, "answer": ""}).status_code == 422
    assert anna.post(page, data=form, headers={"hx-request": "true"}).is_success
    with database.write() as session:
        job = session.scalars(select(Job).where(Job.kind == "propose")).one()
        enqueue(session, 1, "ask", "k", job.payload, clock())
    chat.answers[:] = [(200, '{"choice": "B", "why": ["not", "words"]}')]
    assert one_who_asks(quiet_site, chat).run_next()
    assert "Which is a lie?" in json.dumps(chat.seen[0])
    with database.read() as session:
        result = session.scalars(select(Proposal)).one()
        assert result.content == {"choice": "B", "index": 1, "right": True, "why": "not; words"}
    within = {"hx-request": "true"}
    assert marks(anna.get(page, headers=within), "guessed") == ["yes"]
    assert quiet_site.client("ina").get(page, headers=within).status_code == 403


def test_a_busy_service_is_retried_and_an_unusable_answer_is_an_error(
    quiet_site: Site, chat: type[Say]
) -> None:
    item = begun(quiet_site)
    database, clock = quiet_site.studio.database, quiet_site.studio.clock
    chat.answers[:] = [(503, ""), (200, "I would rather not.")]
    with database.write() as session:
        enqueue(session, 1, "ask", "k", {"kind": "guess", "item": item}, clock())
    worker = one_who_asks(quiet_site, chat)
    assert worker.run_next()
    with database.write() as session:
        job = session.scalars(select(Job)).one()
        assert (job.state, job.attempts) == ("queued", 1)
        job.not_before = None
    assert worker.run_next()
    with database.read() as session:
        job = session.scalars(select(Job)).one()
        assert job.state == "failed"
        assert "contains no JSON object" in job.message
        assert session.scalars(select(Proposal)).all() == []
    # The question was put without its key.
    assert "drum comes last" not in json.dumps(chat.seen).lower()
