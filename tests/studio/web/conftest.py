"""A real studio on a real port, with people who can log in."""

from __future__ import annotations

import functools
import http.server
import shutil
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the studio's extra is not installed")

import argon2
import httpx
import msgspec
import numpy as np
import soundfile
from fastapi import FastAPI
from sqlalchemy import select

from mmar.cli.studio import _listen
from mmar.studio.config import StudioConfig
from mmar.studio.data import open_database
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Person
from mmar.studio.media.fetch_policy import DEFAULT_POLICY
from mmar.studio.security.passwords import Passwords
from mmar.studio.security.sessions import begin_session, make_api_token
from mmar.studio.store import inspection, people, projects
from mmar.studio.web.app import create_app, open_studio
from mmar.studio.web.context import Studio
from mmar.studio.web.server import ServerLimits, create_server
from mmar.studio.workflow import Role

PASSWORD = "four quiet words here"
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Shared by all clients: reading the system's certificates for each would take longer than a test."""


@dataclass
class Site:
    """A studio that answers at `url`."""

    studio: Studio
    url: str
    hashed: str
    tokens: dict[str, str] = field(default_factory=dict)
    open_clients: list[httpx.Client] = field(default_factory=list)

    def add(self, login: str, *roles: Role, site_admin: bool = False) -> None:
        """Somebody with a password and a token, in the project `demo`."""
        with self.studio.database.write() as session:
            now = self.studio.clock()
            person = people.add_person(session, login, login.title(), now, site_admin=site_admin)
            person.password = self.hashed
            project = projects.find_project(session, "demo")
            if project is None:
                project = projects.add_project(session, "demo", "Deep listening", person, now)
            if not site_admin:
                person.project_id = project.id
            admin = people.actor_in(session, project.id, session.get_one(Person, 1))
            people.set_roles(session, project, person, frozenset(roles) or frozenset({Role.ADMIN}), admin)
            self.tokens[login] = make_api_token(session, person.id, "test", now)

    def cookie(self, login: str) -> str:
        """A session of somebody's, without the slow password."""
        with self.studio.database.write() as session:
            person = session.scalar(select(Person.id).where(Person.login == login))
            assert person is not None
            return begin_session(session, person, self.studio.clock()).cookie

    def play(self, login: str, item_id: int) -> None:
        """Somebody has played an item's clip to its end; nothing happens for an item without one."""
        with self.studio.database.write() as session:
            person = session.scalar(select(Person.id).where(Person.login == login))
            assert person is not None
            item, now = session.get_one(Item, item_id), self.studio.clock()
            actor = people.actor_in(session, item.project_id, session.get_one(Person, person))
            inspection.start_playback(session, item, actor, now - timedelta(hours=1))
            inspection.finish_playback(session, item, actor, now)

    def client(self, login: str = "") -> httpx.Client:
        """A client that follows no redirect; with a login, a program that acts for somebody."""
        headers = {"authorization": f"Bearer {self.tokens[login]}"} if login else {}
        made = httpx.Client(base_url=self.url, headers=headers, timeout=60, verify=NO_TLS)
        self.open_clients.append(made)
        return made


def listen() -> tuple[socket.socket, str]:
    """A listening socket and its address. The socket is kept, so that nobody else can take the port."""
    listening = _listen("127.0.0.1", 0)
    return listening, f"http://127.0.0.1:{listening.getsockname()[1]}"


def serve(
    studio: Studio,
    listening: socket.socket,
    *,
    work: bool = True,
    limits: ServerLimits | None = None,
    app: FastAPI | None = None,
) -> Callable[[], None]:
    """Serve in a thread; the result stops it."""
    app = app or create_app(studio, work=work)
    server = create_server(app, limits=limits, log_level="error", timeout_graceful_shutdown=1)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
        assert thread.is_alive()

    def stop() -> None:
        server.should_exit = True
        thread.join(60)
        listening.close()

    return stop


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """Hashes that cost little: these tests are about who may log in, not about what a hash costs."""
    cheap = functools.partial(argon2.PasswordHasher, time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mmar.studio.security.passwords.PasswordHasher", cheap)
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_internet() -> Iterator[None]:
    """Recordings come from this machine only; any other URL is refused before yt-dlp is started."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "mmar.studio.jobs.audio.DEFAULT_POLICY", msgspec.structs.replace(DEFAULT_POLICY, hosts=())
        )
        yield


@pytest.fixture(scope="session")
def hashed(_cheap_passwords: None) -> str:
    """Everybody's password, hashed once: it is slow by design."""
    return Passwords().hash(PASSWORD, login="nobody")


@pytest.fixture(scope="session")
def empty_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with its tables, to be copied."""
    folder = tmp_path_factory.mktemp("studio") / "data"
    open_studio(StudioConfig(data=folder)).database.close()
    return folder


class MediaServer:
    """A site on loopback that has recordings."""

    def __init__(self) -> None:
        files: dict[str, bytes] = {}
        served: list[str] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                served.append(self.path)
                data = files.get(self.path)
                self.send_response(200 if data else 404)
                self.send_header("content-type", "audio/wav" if data else "text/plain")
                self.send_header("content-length", str(len(data or b"")))
                self.end_headers()
                self.wfile.write(data or b"")

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.files, self.served = files, served
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture(scope="session")
def media_server() -> Iterator[MediaServer]:
    started = MediaServer()
    yield started
    started.close()


on_both = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
"""A test of the whole that is worth its time on both databases."""


def _add_people(site: Site) -> Site:
    site.add("root", Role.ADMIN, site_admin=True)
    site.add("anna", Role.ANNOTATOR)
    site.add("ben", Role.ANNOTATOR)
    site.add("ina", Role.INSPECTOR)
    site.add("ivo", Role.INSPECTOR)
    return site


@pytest.fixture(scope="session")
def data_with_people(
    tmp_path_factory: pytest.TempPathFactory, empty_data: Path, hashed: str
) -> tuple[Path, dict[str, str]]:
    """A data folder with a project and five people, to be copied, and their tokens."""
    folder = tmp_path_factory.mktemp("studio") / "data"
    shutil.copytree(empty_data, folder)
    studio = open_studio(StudioConfig(data=folder))
    tokens = _add_people(Site(studio, "", hashed)).tokens
    studio.database.close()
    return folder, tokens


@pytest.fixture(scope="session")
def application(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """One application for all sites of a session: making its routes takes longer than most tests.

    Its studio gets another database and data folder for each test.
    """
    config = StudioConfig(data=tmp_path_factory.mktemp("studio"))
    return create_app(Studio(config, open_database(config.url), Passwords()))


@pytest.fixture
def site(
    tmp_path: Path,
    application: FastAPI,
    data_with_people: tuple[Path, dict[str, str]],
    hashed: str,
    media_server: MediaServer,
    database_url: str,
) -> Iterator[Site]:
    """A studio with an admin, two annotators, two inspectors."""
    if not database_url:
        shutil.copytree(data_with_people[0], tmp_path / "data")
    config = StudioConfig(
        data=tmp_path / "data",
        database_url=database_url,
        fetch_loopback=True,
        media_hosts=("127.0.0.1",),
        media_ports=(media_server.port,),
    )
    studio = application.state.studio
    studio.__dict__.update(open_studio(config).__dict__)
    listening, url = listen()
    result = Site(studio, url, hashed, dict(data_with_people[1]))
    if database_url:
        _add_people(result)
    stop = serve(studio, listening, app=application)
    yield result
    for client in result.open_clients:
        client.close()
    stop()
    studio.database.close()


@pytest.fixture
def quiet_site(site: Site) -> Site:
    """The same, where items may be inspected without sound."""
    with site.studio.database.write() as session:
        project = projects.find_project(session, "demo")
        assert project is not None
        project.settings = msgspec.structs.replace(project.settings, needs_audio=False)
    return site


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Twelve seconds of two tones, the second an octave higher."""
    rate = 16_000
    time_s = np.arange(12 * rate) / rate
    tone = np.where(time_s < 6, np.sin(2 * np.pi * 220 * time_s), np.sin(2 * np.pi * 440 * time_s))
    envelope = np.minimum(1, 3 * np.abs(np.sin(2 * np.pi * 0.7 * time_s)))
    path = tmp_path / "two tones.wav"
    soundfile.write(path, (0.4 * tone * envelope).astype(np.float32), rate)
    return path
