"""A killed server and many concurrent users: no confirmed save is lost, and no item is assigned twice."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import httpx
import msgspec
import pytest
from sqlalchemy import create_engine, func, make_url, select, text
from sqlalchemy.orm import Session

from conftest import NO_TLS, Site, on_both
from mmar.studio.backup.restore import back_up_studio, restore_studio
from mmar.studio.config import StudioConfig
from mmar.studio.data import open_database
from mmar.studio.data.item_tables import BlindAnswer, Event, Item, Revision
from mmar.studio.data.tables import Job, Person
from mmar.studio.exchange.importing import import_items
from mmar.studio.store import people, projects
from mmar.studio.store.jobs import enqueue
from mmar.studio.workflow import ItemContent, Role
from mmar.studio.workflow.content import to_item
from waiting import until

SECONDS = float(os.environ.get("MMAR_TEST_LOAD_SECONDS", "4"))
CROWD = 50
CONTENT = ItemContent(
    question="Which comes last?",
    choices=("a bell", "a drum", "a horn"),
    answer=1,
    modality="sound",
    category="Signal Layer",
    sub_category="Anomaly Detection",
    url="https://youtu.be/qx8hrhBZJ98",
    thinking="The drum comes last.",
)


@pytest.fixture
def second(quiet_site: Site, tmp_path: Path) -> Iterator[StudioConfig]:
    """A data folder or database for a copy of the studio, which a process of its own serves."""
    url = quiet_site.studio.config.database_url
    if url:
        one = create_engine(url, isolation_level="AUTOCOMMIT")
        with one.connect() as connection:
            connection.execute(text("DROP DATABASE IF EXISTS second WITH (FORCE)"))
            connection.execute(text("CREATE DATABASE second"))
        one.dispose()
        url = make_url(url).set(database="second").render_as_string(hide_password=False)
    yield StudioConfig(data=tmp_path / "second", database_url=url)


def start(config: StudioConfig) -> tuple[subprocess.Popen[str], str]:
    """A server on a port that the system chooses, and its address; it listens before it prints the address."""
    code = "from mmar.cli.studio import studio; studio()"
    elsewhere = ["--database", config.database_url] if config.database_url else []
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", code, "--data", str(config.data), *elsewhere, "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:  # what it tells later goes nowhere; it tells no more
        result = re.search(r"http://\S+", process.stdout.readline())
    assert result, "the server does not start"
    return process, result[0]


def copy_file(site: Site, config: StudioConfig) -> None:
    """A copy of the studio, made by a backup while its server runs."""
    backup = config.data.with_name("backup")
    back_up_studio(site.studio.config, backup)
    restore_studio(config, backup)


def check_whole(session: Session) -> None:
    """Check that every item has its newest revision, and every event a version that the item had."""
    for item in session.scalars(select(Item)):
        numbers = session.scalars(select(Revision.number).where(Revision.item_id == item.id)).all()
        assert sorted(numbers) == list(range(1, item.revision + 1))
        versions = session.scalars(select(Event.version).where(Event.item_id == item.id)).all()
        assert len(set(versions)) == len(versions)
        assert item.version == max(versions, default=0)


@on_both
def test_a_killed_server_loses_no_confirmed_save(quiet_site: Site, second: StudioConfig) -> None:
    tokens = dict(quiet_site.tokens)
    copy_file(quiet_site, second)
    process, url = start(second)
    saved: dict[int, list[tuple[int, str]]] = {}
    lock = threading.Lock()
    stop = threading.Event()

    def write(worker: int) -> None:
        headers = {"authorization": f"Bearer {tokens['anna']}"}
        client = httpx.Client(headers=headers, timeout=60, verify=NO_TLS)
        n, item, version, revision = 0, None, 0, 0
        while not stop.is_set():
            try:
                base = f"{url}/api/v1/p/demo/items"
                if item is None:
                    item = client.post(base).json()["id"]
                    version, revision = 0, 0
                n += 1
                text = f"worker {worker}, save {n}"
                body = {
                    "version": version,
                    "revision": revision,
                    "content": {**msgspec.to_builtins(CONTENT), "thinking": text},
                }
                answer = client.put(f"{base}/{item}", json=body)
                if answer.status_code == 409:
                    # The server died between saving and saying so; go on from what it has.
                    version, revision = (
                        answer.json()["version"],
                        client.get(f"{base}/{item}").json()["revision"],
                    )
                    continue
                assert answer.status_code == 200, answer.text
                version, revision = answer.json()["version"], answer.json()["revision"]
                with lock:
                    saved.setdefault(item, []).append((revision, text))
            except (httpx.HTTPError, KeyError, ValueError):
                time.sleep(0.1)  # no server is there
        client.close()

    def written_since(count: int) -> None:
        """Wait until so many more saves were confirmed."""
        before = sum(map(len, saved.values()))
        until(lambda: sum(map(len, list(saved.values()))) >= before + count)

    writers = [threading.Thread(target=write, args=(n,), daemon=True) for n in range(3)]
    for writer in writers:
        writer.start()
    opened = open_database(second.url)
    try:
        with opened.write() as session:
            for n in range(3):  # the item is missing, so each ends as failed, not as lost
                enqueue(session, 1, "clip", f"{n}", {"item": 10**6}, quiet_site.studio.clock())
        written_since(5)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process, url = start(second)
        written_since(5)
    finally:
        stop.set()
        for writer in writers:
            writer.join(60)
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    with opened.read() as session:
        check_whole(session)
        for item, rows in saved.items():
            stored = dict(
                session.execute(
                    select(Revision.number, Revision.content).where(Revision.item_id == item)
                ).all()
            )
            for number, text in rows:
                assert stored[number].thinking == text
        states = Counter(
            session.scalars(select(Job.state).where(Job.kind == "clip", Job.payload.is_not(None)))
        )
        assert states["done"] == 0
        assert sum(states.values()) == 3
        assert states["failed"] + states["running"] + states["queued"] == sum(states.values())
    opened.close()


async def crowd(
    url: str, cookies: list[str], seconds: float
) -> tuple[list[float], list[str], list[tuple[str, str]]]:
    """Fifty inspectors who take, listen, answer and approve."""
    times: list[float] = []
    faults: list[str] = []
    taken: list[tuple[str, str]] = []
    end = time.monotonic() + seconds

    async def person(number: int, cookie: str) -> None:
        chance = random.Random(number)
        jar = {"mmar_studio": cookie}
        async with aiohttp.ClientSession(cookies=jar, timeout=aiohttp.ClientTimeout(120)) as session:

            async def click(method: str, path: str, **form: str) -> tuple[str, str]:
                await asyncio.sleep(chance.uniform(0.5, 2.5))
                began = time.perf_counter()
                async with session.request(method, url + path, data=form or None) as answer:
                    page = await answer.text()
                    times.append(time.perf_counter() - began)
                    if answer.status >= 400:
                        faults.append(f"{answer.status} {path}: {page[-200:]}")
                    return str(answer.url.path), page

            await asyncio.sleep(chance.uniform(0, 2))
            _, page = await click("GET", "/p/demo")
            result = re.search(r'data-csrf="([^"]+)"', page)
            assert result, page[:500]
            csrf = result[1]
            while time.monotonic() < end:
                path, page = await click("POST", "/p/demo/inspection/next", csrf=csrf)
                if not path.endswith("/inspect"):
                    continue
                item = path.split("/")[-2]
                taken.append((item, cookie))
                _, page = await click(
                    "POST", f"/p/demo/items/{item}/answer", csrf=csrf, choice=str(chance.randrange(3))
                )
                version = re.search(r'name="version" value="(\d+)"', page)
                assert version, page[:300]
                await click(
                    "POST", f"/p/demo/items/{item}/judge", csrf=csrf, verdict="approve", version=version[1]
                )
                if chance.random() < 0.3:
                    await click(
                        "GET",
                        chance.choice(["/p/demo", "/p/demo/items", "/p/demo/coverage", "/p/demo/ideas"]),
                    )

    await asyncio.gather(*(person(n, cookie) for n, cookie in enumerate(cookies)))
    return times, faults, taken


def test_fifty_people_work_through_their_queues(quiet_site: Site, second: StudioConfig) -> None:
    # MMAR_TEST_STUDIO_DATABASE=postgresql MMAR_TEST_LOAD_SECONDS=60 measures the other database for a minute.
    studio = quiet_site.studio
    for n in range(CROWD):
        quiet_site.add(f"crowd{n}", Role.INSPECTOR)
    items = [
        to_item(msgspec.structs.replace(CONTENT, question=f"Question {n}?"), f"load-{n}", f"./audio/{n}.wav")
        for n in range(int(15 * SECONDS))
    ]
    with studio.database.write() as session:
        project = projects.find_project(session, "demo")
        assert project
        actor = people.actor_in(session, project.id, session.get_one(Person, 1))
        import_items(session, project, actor, items, studio.clock(), inspect=True)
    cookies = [quiet_site.cookie(f"crowd{n}") for n in range(CROWD)]  # fifty logins would time argon2
    copy_file(quiet_site, second)
    process, url = start(second)
    try:
        times, faults, taken = asyncio.run(crowd(url, cookies, SECONDS))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    median, slow = statistics.median(times), sorted(times)[int(0.95 * len(times))]
    print(f"{len(times)} pages, median {1000 * median:.0f} ms, 95 % {1000 * slow:.0f} ms, {len(taken)} items")
    assert faults == []
    assert [item for item, n in Counter(item for item, _ in taken).items() if n > 1] == []
    # The bar is 100 ms; it is measured (the line above), not tested, for others use the machine too.
    opened = open_database(second.url)
    with opened.read() as session:
        check_whole(session)
        approved = session.scalar(select(func.count()).select_from(Item).where(Item.state == "approved"))
        answers = session.scalar(select(func.count()).select_from(BlindAnswer))
        assert approved == len(taken) or approved == answers
        assert len(taken) == answers
    opened.close()
