"""The REST API, imports, releases, jobs: what programs do, on a real server."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import httpx
import msgspec
import pytest
from sqlalchemy import func, select, update

from conftest import MediaServer, Site, on_both
from mmar.items import benchmark_digest, load_benchmark
from mmar.studio.data.item_tables import Item, Proposal
from mmar.studio.data.media_tables import Clip, Job, Recording
from mmar.studio.importing import import_items
from mmar.studio.jobs.work import TryAgain, Work
from mmar.studio.jobs.worker import KINDS, Worker
from mmar.studio.release import write_project_release
from mmar.studio.store import people, projects
from mmar.studio.store.jobs import JOB_LEASE, MOST_ATTEMPTS, claim_job, enqueue, retry

MMAR = Path(__file__).parents[3] / "../shared/mmar/MMAR-meta.jsonl"
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

RECORD = {
    "audio_path": "./audio/a.wav",
    "question": "Which?",
    "choices": ["one", "two"],
    "answer": "two",
    "modality": "sound",
    "category": "Signal Layer",
}


@on_both
def test_an_item_goes_through_the_api_and_a_stale_save_gets_409_with_both_changes(quiet_site: Site) -> None:
    anna, ina, root = (quiet_site.client(login) for login in ("anna", "ina", "root"))
    base = "/api/v1/p/demo"
    item = anna.post(f"{base}/items").json()["id"]
    first = anna.put(f"{base}/items/{item}", json={"version": 0, "revision": 0, "content": CONTENT}).json()
    assert (first["version"], first["revision"], first["errors"]) == (1, 1, 0)
    theirs = {**CONTENT, "thinking": "Drum last."}
    assert root.put(f"{base}/items/{item}", json={"version": 1, "revision": 1, "content": theirs}).is_success
    mine = {**CONTENT, "question": "What comes last?"}
    stale = anna.put(f"{base}/items/{item}", json={"version": 1, "revision": 1, "content": mine})
    assert stale.status_code == 409
    conflict = stale.json()["conflict"]
    assert [one["field"] for one in conflict["theirs"]] == ["thinking"]
    assert [one["field"] for one in conflict["yours"]] == ["question"]
    both = {"version": stale.json()["version"], "revision": 2, "content": conflict["merged"]}
    assert anna.put(f"{base}/items/{item}", json=both).is_success
    for action in ("submit", "forward"):
        assert anna.post(f"{base}/items/{item}/{action}", json={}).is_success
    taken = ina.post(f"{base}/queue/inspection/next").json()
    assert taken["id"] == item
    assert not {"answer", "thinking", "cues"} & set(taken["content"])
    assert "thinking" not in ina.get(f"{base}/items/{item}").json()["content"]
    assert ina.post(f"{base}/items/{item}/approve", json={}).json()["error"]["kind"] == "listen"
    key = ina.put(f"{base}/items/{item}/blind-answer", json={"choice": 1}).json()
    assert key["content"]["thinking"] == "Drum last."
    wrong = ina.post(
        f"{base}/items/{item}/reject", json={"rejection": {"reason": "x", "field": "y", "comment": ""}}
    )
    assert (wrong.status_code, wrong.json()["error"]["kind"]) == (422, "reason")
    assert ina.post(f"{base}/items/{item}/approve", json={}).json()["state"] == "approved"
    human = anna.get(base).json()["human"]
    assert (human["answers"], human["right"]) == (1, 1)
    assert anna.post(f"{base}/releases", json={"version": "1.0"}).status_code == 403
    made = root.post(f"{base}/releases", json={"version": "1.0"})
    assert made.status_code == 201, made.text


@on_both
def test_from_an_idea_to_a_release_without_a_page(site: Site, recording: Path) -> None:
    anna, ina, root = (site.client(login) for login in ("anna", "ina", "root"))
    base = "/api/v1/p/demo"

    def done(answer: httpx.Response) -> Any:
        assert answer.is_success, answer.text
        return answer.json()

    idea = done(anna.post(f"{base}/ideas", json={"title": "Which tone?", "tags": ["pitch"]}))["id"]
    with recording.open("rb") as file:
        sound = done(anna.post(f"{base}/recordings", files={"file": ("take.wav", file)}))["recording"]
    item = done(anna.post(f"{base}/items"))["id"]
    content = {**CONTENT, "recording": sound, "timestamp": "0:01,0:03;0:08,0:10", "idea": idea}
    done(anna.put(f"{base}/items/{item}", json={"version": 0, "revision": 0, "content": content}))
    assert done(anna.post(f"{base}/items/{item}/submit", json={}))["state"] == "preparation"
    for _ in range(200):  # the server's own worker cuts it
        clip = done(anna.get(f"{base}/items/{item}/sound"))["clip"]
        if clip:
            break
        time.sleep(0.05)
    assert clip["duration"] == pytest.approx(4.0)
    assert done(anna.post(f"{base}/items/{item}/forward", json={}))["state"] == "inspection"
    assert done(ina.post(f"{base}/queue/inspection/next"))["id"] == item
    done(ina.put(f"{base}/items/{item}/blind-answer", json={"choice": 0}))
    spot = {"reason": "wrong_key", "field": "answer", "comment": "It is the bell.", "start": 0.5, "end": 1.5}
    assert done(ina.post(f"{base}/items/{item}/reject", json={"rejection": spot}))["state"] == "correction"
    now = done(anna.get(f"{base}/items/{item}"))
    mended = {**now["content"], "answer": 0, "thinking": "The bell comes last."}
    kept = {"version": now["version"], "revision": now["revision"], "content": mended, "why": "the key"}
    done(anna.put(f"{base}/items/{item}", json=kept))
    assert done(anna.post(f"{base}/items/{item}/resubmit", json={}))["state"] == "inspection"
    assert done(ina.post(f"{base}/queue/inspection/next"))["id"] == item
    # She knows the key by now, so a second answer would not be blind.
    assert ina.put(f"{base}/items/{item}/blind-answer", json={"choice": 0}).status_code == 409
    assert done(ina.post(f"{base}/items/{item}/approve", json={}))["state"] == "approved"
    first = done(root.post(f"{base}/releases", json={"version": "1.0"}))
    again = write_project_release(
        site.studio.config, site.studio.database, "demo", "1.0", site.studio.clock()
    )
    assert again.digest == first["digest"]


def test_the_api_is_described_and_asks_for_a_token(site: Site) -> None:
    client = site.client()
    assert client.get("/api/v1/projects").status_code == 401
    wrong = client.get("/api/v1/projects", headers={"authorization": "Bearer mmar_wrong"})
    assert wrong.json()["error"]["kind"] == "login"
    described = client.get("/api/v1/openapi.json").json()
    assert len(described["paths"]) > 20
    for path, methods in described["paths"].items():
        assert path.startswith("/api/v1/")
        assert all(method["summary"] for method in methods.values())
    mistaken = site.client("anna").put("/api/v1/p/demo/items/1", json={"version": "x"})
    assert mistaken.status_code == 422
    assert "error" in mistaken.json()


@on_both
def test_what_the_pages_do_with_people_sound_and_ideas_programs_can_do(site: Site, recording: Path) -> None:
    root, anna = site.client("root"), site.client("anna")
    base = "/api/v1/p/demo"
    made = root.post(f"{base}/people", json={"login": "eve", "name": "Eve", "roles": ["inspector"]}).json()
    assert "/welcome/" in made["link"]
    assert anna.post(f"{base}/people", json={"login": "mal", "roles": ["admin"]}).status_code == 403
    assert root.post("/api/v1/projects", json={"slug": "second", "title": "Second"}).status_code == 201
    assert anna.post("/api/v1/projects", json={"slug": "third", "title": "Third"}).status_code == 403
    with recording.open("rb") as file:
        sent = anna.post(f"{base}/recordings", files={"file": ("take.wav", file)})
    assert sent.status_code == 201, sent.text
    assert sent.json()["duration"] == pytest.approx(12.0)
    item = anna.post(f"{base}/items").json()["id"]
    content = {**CONTENT, "recording": sent.json()["recording"]}
    kept = {"version": 0, "revision": 0, "content": content}
    assert anna.put(f"{base}/items/{item}/draft", json=kept).status_code == 204
    assert anna.put(f"{base}/items/{item}", json=kept).is_success
    assert anna.post(f"{base}/items/{item}/sound").json()["state"] in ("cutting", "ready")
    for _ in range(100):
        clip = anna.get(f"{base}/items/{item}/sound").json()["clip"]
        if clip:
            break
        time.sleep(0.05)
    assert clip["duration"] == pytest.approx(2.0)
    idea = anna.post(f"{base}/ideas", json={"title": "Echo or not?", "tags": ["room"]}).json()
    assert anna.post(f"{base}/ideas/{idea['id']}/vote").status_code == 204
    assert anna.get(f"{base}/ideas").json()[0]["votes"] == 1
    stale = {"title": "Echo?", "version": 7}
    assert anna.patch(f"{base}/ideas/{idea['id']}", json=stale).status_code == 409
    assert anna.post(f"{base}/ideas/ask/grouping").status_code == 202
    tree = root.get(f"{base}/taxonomy").json()
    tree["layers"][0]["subs"].append("Replay")
    new = {"base": tree["number"], "layers": tree["layers"], "why": "replay is a thing of its own"}
    assert root.put(f"{base}/taxonomy", json=new).json() == {"number": 2}
    assert root.put(f"{base}/taxonomy", json=new).status_code == 409
    settings = root.put(f"{base}/settings", json={"targets": {"Signal Layer|sound": 3}}).json()
    assert settings["targets"] == {"Signal Layer|sound": 3}
    assert root.get(f"{base}/coverage").json()["next"][0]["target"] == 3
    # Another rate is cut for, as when the page asks for it.
    assert root.put(f"{base}/settings", json={"clip_rate": 8000}).json()["clip_rate"] == 8000
    for _ in range(200):
        anew = anna.get(f"{base}/items/{item}/sound").json()["clip"]
        if anew and anew != clip:
            break
        time.sleep(0.05)
    assert (anew["rate"], clip["rate"] != 8000) == (8000, True)


def imported(site: Site, inspect: bool = False) -> None:
    items = load_benchmark(MMAR).items
    with site.studio.database.write() as session:
        project = projects.find_project(session, "demo")
        assert project
        from mmar.studio.data.tables import Person

        actor = people.actor_in(session, project.id, session.get_one(Person, 1))
        done = import_items(session, project, actor, items, site.studio.clock(), inspect=inspect)
        assert (done.added, done.known) == (1000, ())


def test_the_real_mmar_imports_whole_and_releases_again_with_equal_digest(quiet_site: Site) -> None:
    if not MMAR.exists():
        pytest.skip("../shared/mmar is not there")
    imported(quiet_site, inspect=True)
    database, config = quiet_site.studio.database, quiet_site.studio.config
    with database.write() as session:
        project = projects.find_project(session, "demo")
        assert project
        project.settings = msgspec.structs.replace(project.settings, withheld=())
        # As if a thousand inspectors had approved: the journey's test goes the long way.
        session.execute(update(Item).values(state="approved"))
    made = write_project_release(config, database, "demo", "1.0", quiet_site.studio.clock())
    published = load_benchmark(MMAR)
    folder = config.releases / made.path
    released = load_benchmark(folder / "demo-meta.jsonl")
    assert made.digest == benchmark_digest(published) == released.digest
    for old, new in zip(published, released, strict=True):
        record = new.to_record()
        assert record.pop("canary")
        assert record == old.to_record()
    bytes_before = {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    write_project_release(config, database, "demo", "1.0", quiet_site.studio.clock())
    again = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert again == bytes_before
    # A takedown takes every item of that video with it, and the next release says so.
    root = quiet_site.client("root")
    url = published.items[0].url
    assert root.post("/api/v1/p/demo/takedowns", json={"what": url, "why": "asked"}).status_code == 201
    second = root.post("/api/v1/p/demo/releases", json={"version": "1.1"})
    assert second.status_code == 201, second.text
    later = load_benchmark(config.releases / "demo/1.1/demo-meta.jsonl")
    assert published.items[0].id not in later.by_id
    assert len(later) < 1000


def test_a_thousand_items_are_listed_edited_and_exported(quiet_site: Site) -> None:
    if not MMAR.exists():
        pytest.skip("../shared/mmar is not there")
    imported(quiet_site)
    root = quiet_site.client("root")
    exported = root.get("/p/demo/export.jsonl")
    assert exported.status_code == 200
    path = quiet_site.studio.config.data / "out.jsonl"
    path.write_bytes(exported.content)
    assert load_benchmark(path).digest == load_benchmark(MMAR).digest
    for form in ("csv", "label-studio.json"):
        assert root.get(f"/p/demo/export.{form}").status_code == 200
    found = root.get("/api/v1/p/demo/items", params={"q": "food", "limit": 5}).json()
    assert 0 < len(found) <= 5
    assert root.get("/p/demo/coverage").status_code == 200


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


def write_item(site: Site) -> int:
    anna = site.client("anna")
    item = int(anna.post("/api/v1/p/demo/items").json()["id"])
    saved = anna.put(f"/api/v1/p/demo/items/{item}", json={"version": 0, "revision": 0, "content": CONTENT})
    assert saved.is_success
    return item


def test_a_model_proposes_and_a_person_decides(quiet_site: Site, chat: type[Say]) -> None:
    item = write_item(quiet_site)
    config = msgspec.structs.replace(
        quiet_site.studio.config,
        text_model="text/wise",
        base_urls=(chat.url,),  # type: ignore[attr-defined]
    )
    chat.answers[:] = [(200, 'Sure: {"distractors": ["a gong", "a flute"], "why": ["metal", "wind"]}')]
    with quiet_site.studio.database.write() as session:
        enqueue(session, 1, "ask", "k", {"kind": "distractors", "item": item}, quiet_site.studio.clock())
    # A kind of the test's own, so that the server's worker, which has no model, leaves it alone.
    worker = Worker(config, quiet_site.studio.database, quiet_site.studio.clock, {"ask": KINDS["propose"]})
    assert worker.do_one()
    with quiet_site.studio.database.read() as session:
        assert session.scalars(select(Job.message).where(Job.state == "failed")).all() == []
        proposal = session.scalars(select(Proposal)).one()
        assert (proposal.model, proposal.state, proposal.revision) == ("wise-7b", "open", 1)
        assert len(proposal.prompt_sha256) == 64
    sent = json.dumps(chat.seen[0])
    assert "Which comes last?" in sent
    anna = quiet_site.client("anna")
    before = anna.get(f"/api/v1/p/demo/items/{item}").json()
    assert before["content"]["choices"] == CONTENT["choices"]
    decided = anna.post(f"/api/v1/p/demo/proposals/{proposal.id}", json={"decision": "accepted"}).json()
    assert (decided["state"], decided["decided_by"]) == ("accepted", before["author"])
    after = anna.get(f"/api/v1/p/demo/items/{item}").json()
    assert after["content"]["choices"] == ["a gong", "a drum", "a flute"]
    assert after["revisions"][0]["why"].startswith("took over a proposal of wise-7b")
    again = anna.post(f"/api/v1/p/demo/proposals/{proposal.id}", json={"decision": "refused"})
    assert again.status_code == 409


def test_a_guess_is_about_what_stands_on_the_page_and_not_about_what_was_saved(
    quiet_site: Site, chat: type[Say]
) -> None:
    item = write_item(quiet_site)
    config = msgspec.structs.replace(
        quiet_site.studio.config,
        text_model="text/wise",
        base_urls=(chat.url,),  # type: ignore[attr-defined]
    )
    database, clock = quiet_site.studio.database, quiet_site.studio.clock
    anna = quiet_site.client("anna")
    page = f"/p/demo/items/{item}/guess"
    written = {
        "version": "1",
        "base": "1",
        "question": "Which is a lie?",
        "choice": ["yes", "no"],
        "answer": "1",
    }
    assert anna.post(page, data={**written, "answer": ""}).status_code == 422
    assert anna.post(page, data=written, headers={"hx-request": "true"}).is_success
    with database.write() as session:
        asked = session.scalars(select(Job).where(Job.kind == "propose")).one()
        enqueue(session, 1, "ask", "k", asked.payload, clock())
    chat.answers[:] = [(200, '{"choice": "B", "why": ["not", "words"]}')]
    assert Worker(config, database, clock, {"ask": KINDS["propose"]}).do_one()
    assert "Which is a lie?" in json.dumps(chat.seen[0])
    with database.read() as session:
        found = session.scalars(select(Proposal)).one()
        assert found.content == {"choice": "B", "place": 1, "right": True, "why": "not; words"}
    within = {"hx-request": "true"}
    assert "It guessed the key" in anna.get(page, headers=within).text
    assert quiet_site.client("ina").get(page, headers=within).status_code == 403


def test_a_service_that_is_busy_is_asked_again_and_nonsense_is_told(
    quiet_site: Site, chat: type[Say]
) -> None:
    item = write_item(quiet_site)
    config = msgspec.structs.replace(
        quiet_site.studio.config,
        text_model="text/wise",
        base_urls=(chat.url,),  # type: ignore[attr-defined]
    )
    database, clock = quiet_site.studio.database, quiet_site.studio.clock
    chat.answers[:] = [(503, ""), (200, "I would rather not.")]
    with database.write() as session:
        enqueue(session, 1, "ask", "k", {"kind": "guess", "item": item}, clock())
    worker = Worker(config, database, clock, {"ask": KINDS["propose"]})
    assert worker.do_one()
    with database.write() as session:
        job = session.scalars(select(Job)).one()
        assert (job.state, job.attempts) == ("queued", 1)
        job.not_before = None
    assert worker.do_one()
    with database.read() as session:
        job = session.scalars(select(Job)).one()
        assert job.state == "failed"
        assert "holds no JSON object" in job.message
        assert session.scalars(select(Proposal)).all() == []
    # The question was put without its key.
    assert "drum comes last" not in json.dumps(chat.seen).lower()


@on_both
def test_a_job_whose_worker_died_is_done_by_the_next_and_the_dead_ones_result_does_not_count(
    site: Site,
) -> None:
    database, clock = site.studio.database, site.studio.clock
    with database.write() as session:
        job = enqueue(session, 1, "mine", "k", {}, clock())
        assert enqueue(session, 1, "mine", "k", {}, clock()).id == job.id
    with database.write() as session:
        assert claim_job(session, "dead", clock(), ["mine"])
    done: list[str] = []

    def work(one: Work) -> None:
        done.append("again")

    fresh = Worker(site.studio.config, database, clock, {"mine": work})
    assert not fresh.do_one()  # the lease of the dead one still runs
    late = Worker(site.studio.config, database, lambda: clock() + JOB_LEASE, {"mine": work})
    assert late.do_one()
    assert done == ["again"]
    with database.read() as session:
        assert session.scalar(select(Job.state).where(Job.id == job.id)) == "done"


def test_a_question_to_a_model_waits_for_a_worker_that_has_one(site: Site) -> None:
    with site.studio.database.write() as session:
        job = enqueue(session, 1, "propose", "k", {"kind": "guess", "item": 1}, site.studio.clock())
    assert not Worker(site.studio.config, site.studio.database, site.studio.clock).do_one()
    with site.studio.database.read() as session:
        assert session.get_one(Job, job.id).state == "queued"


def test_a_job_that_keeps_failing_gives_up_and_may_be_run_again(site: Site) -> None:
    database = site.studio.database
    times = iter(range(100))

    def clock() -> object:
        from datetime import timedelta

        return site.studio.clock() + timedelta(hours=next(times))

    def work(_: Work) -> None:
        raise TryAgain("the network is away")

    with database.write() as session:
        job = enqueue(session, 1, "mine", "k", {}, site.studio.clock())
    worker = Worker(site.studio.config, database, clock, {"mine": work})  # type: ignore[arg-type]
    rounds = 0
    while worker.do_one():
        rounds += 1
    assert rounds == MOST_ATTEMPTS
    with database.write() as session:
        found = session.get_one(Job, job.id)
        assert (found.state, found.message) == ("failed", "the network is away")
        retry(session, 1, job.id)
    assert worker.do_one()


def test_a_recording_is_fetched_once_and_every_waiting_item_gets_its_clip(
    site: Site, recording: Path, media_server: MediaServer
) -> None:
    media_server.files["/take.wav"] = recording.read_bytes()
    url = f"http://127.0.0.1:{media_server.port}/take.wav"
    anna = site.client("anna")
    for part in ("0:01,0:03", "0:02,0:04;0:08,0:09"):
        item = anna.post("/api/v1/p/demo/items").json()["id"]
        content = {**CONTENT, "url": url, "timestamp": part}
        anna.put(f"/api/v1/p/demo/items/{item}", json={"version": 0, "revision": 0, "content": content})
    with site.studio.database.write() as session:
        source = {"url": url, "source": f"url:{url}"}
        enqueue(session, 1, "fetch", source["source"], source, site.studio.clock())
    for _ in range(100):  # the server's own worker fetches and cuts
        with site.studio.database.read() as session:
            if session.scalar(select(func.count()).select_from(Clip)) == 2:
                break
        time.sleep(0.05)
    with site.studio.database.read() as session:
        assert sorted(round(d, 2) for d in session.scalars(select(Clip.duration))) == [2.0, 3.0]
        assert session.scalars(select(Recording.duration)).one() == pytest.approx(12.0)
        second = session.scalars(select(Clip).order_by(Clip.id.desc()).limit(1)).one()
        assert set(second.alike) <= set(session.scalars(select(Clip.id)))
    assert media_server.served.count("/take.wav") == 1


def test_a_file_that_is_wrong_is_answered_with_its_line_and_the_page_says_what_became_of_one(
    quiet_site: Site,
) -> None:
    root = quiet_site.client("root")
    head = "id,audio_path,question,choice_1,choice_2,answer,modality,category\n"
    row = "a,./audio/a.wav,Which?,one,two,two,sound,Signal Layer\n"
    wrong = root.post(
        "/api/v1/p/demo/import/file", files={"file": ("t.csv", head + row.replace("two,two", "two,B"))}
    )
    assert wrong.status_code == 422
    assert wrong.json()["error"]["message"].startswith(
        "t.csv:2: field “answer”: “B” is not one of the choices"
    )
    assert "--lenient" not in wrong.text
    records = [{"id": "a"}]
    wrong = root.post("/api/v1/p/demo/import", json={"records": records})
    assert wrong.json()["error"]["message"].startswith("record 1: field “audio_path")
    long = head + row + row.replace("a,./", "i" * 201 + ",./", 1)
    assert root.post("/api/v1/p/demo/import/file", files={"file": ("t.csv", long)}).status_code == 422
    assert root.get("/api/v1/p/demo/items").json() == []
    sent = root.post("/p/demo/import", files={"file": ("t.CSV", head + row)})
    assert "t.CSV: 1 items added, 0 known already." in sent.text
    other = head + row.replace("Which?", "Which one?")
    told = root.post("/api/v1/p/demo/import/file", files={"file": ("t.csv", other)}).json()
    assert told == {
        "added": 0,
        "known": ["a"],
        "differing": ["a"],
        "updated": 0,
        "left": {},
        "clips": 0,
        "clips_left": {},
        "clips_absent": 0,
    }
    told = root.post(
        "/api/v1/p/demo/import/file", files={"file": ("t.csv", other)}, data={"update": "yes"}
    ).json()
    assert (told["updated"], told["differing"]) == (1, [])
    assert root.get("/api/v1/p/demo/items").json()[0]["question"] == "Which one?"
    # Whoever loads the answer to a form again is where it was sent from.
    assert root.get("/p/demo/import").headers["location"] == "/p/demo/release"


def test_a_release_that_holds_what_was_taken_down_is_not_handed_out(quiet_site: Site) -> None:
    root = quiet_site.client("root")
    line = json.dumps({**RECORD, "id": "a"}) + "\n" + json.dumps({**RECORD, "id": "b"})
    root.post("/api/v1/p/demo/import/file", files={"file": ("t.jsonl", line)})
    with quiet_site.studio.database.write() as session:
        session.execute(update(Item).values(state="approved"))
    assert root.post("/api/v1/p/demo/releases", json={"version": "1.0"}).status_code == 201
    assert root.get("/api/v1/p/demo/releases/1.0.zip").status_code == 200
    named = root.post("/p/demo/release/takedown", data={"what": "a", "why": "asked"})
    assert "“a” names 1 item here: a." in named.text
    assert "1 item ready for the world" in named.text
    again = root.post("/api/v1/p/demo/takedowns", json={"what": "a", "why": "asked"})
    assert again.json()["error"]["message"] == "“a” is on the list already"
    gone = root.get("/api/v1/p/demo/releases/1.0.zip")
    assert (gone.status_code, "taken down since (a; 1 in all)" in gone.text) == (409, True)
    assert root.get("/api/v1/p/demo/releases").json()[0]["taken_down_since"] == ["a"]
    assert "holds 1 taken down since" in root.get("/p/demo/release").text
    assert [json.loads(each)["id"] for each in root.get("/p/demo/export.jsonl").text.splitlines()] == ["b"]
    # It was a mistake: taken back on the page, where a program sees it, and the other way round.
    (line,) = root.get("/api/v1/p/demo/takedowns").json()
    lifted = root.post(f"/p/demo/release/takedown/{line['id']}/lift", data={"why": "another video"})
    assert "“a” is off the list; 1 item may be released again: a." in lifted.text
    assert "2 items ready for the world" in lifted.text
    assert root.get("/api/v1/p/demo/releases/1.0.zip").status_code == 200
    again = f"/api/v1/p/demo/takedowns/{line['id']}/lift"
    assert root.post(again, json={"why": "x"}).status_code == 404
    root.post("/api/v1/p/demo/takedowns", json={"what": "b", "why": "asked"})
    (line,) = root.get("/api/v1/p/demo/takedowns").json()
    again = f"/api/v1/p/demo/takedowns/{line['id']}/lift"
    assert root.post(again, json={"why": " "}).status_code == 422
    assert root.post(again, json={"why": "x"}).json() == {"what": "b", "items": ["b"]}
