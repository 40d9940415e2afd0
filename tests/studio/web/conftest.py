"""A real studio on a real port, with people who can log in."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the studio's extra is not installed")

import msgspec
import numpy as np
import soundfile
import uvicorn

from mmar.studio.config import StudioConfig
from mmar.studio.data.tables import Person
from mmar.studio.security.sessions import make_api_token
from mmar.studio.start import open_studio
from mmar.studio.store import people, projects
from mmar.studio.web.app import create_app
from mmar.studio.web.studio import Studio
from mmar.studio.workflow import Role

PASSWORD = "four quiet words here"


@dataclass
class Site:
    """A studio that answers at `url`."""

    studio: Studio
    url: str
    tokens: dict[str, str] = field(default_factory=dict)

    def add(self, login: str, *roles: Role, site_admin: bool = False) -> None:
        """Somebody with a password and a token, in the project `demo`."""
        hashed = self.studio.passwords.hash(PASSWORD, login=login)
        with self.studio.database.write() as session:
            now = self.studio.clock()
            person = people.add_person(session, login, login.title(), now, site_admin=site_admin)
            person.password = hashed
            project = projects.find_project(session, "demo")
            if project is None:
                project = projects.add_project(session, "demo", "Deep listening", person, now)
            admin = people.actor_in(session, project.id, session.get_one(Person, 1))
            people.set_roles(session, project, person, frozenset(roles) or frozenset({Role.ADMIN}), admin)
            self.tokens[login] = make_api_token(session, person.id, "test", now)

    def bearer(self, login: str) -> dict[str, str]:
        """The header of a program that acts for somebody."""
        return {"authorization": f"Bearer {self.tokens[login]}"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(studio: Studio, port: int, *, work: bool = True) -> Callable[[], None]:
    """Serve in a thread; the answer stops it."""
    config = uvicorn.Config(create_app(studio, work=work), host="127.0.0.1", port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
        assert thread.is_alive()

    def stop() -> None:
        server.should_exit = True
        thread.join(10)

    return stop


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A studio with an admin, two annotators, two inspectors."""
    config = StudioConfig(data=tmp_path / "data", fetch_loopback=True)
    studio = open_studio(config)
    port = free_port()
    found = Site(studio, f"http://127.0.0.1:{port}")
    found.add("root", Role.ADMIN, site_admin=True)
    found.add("anna", Role.ANNOTATOR)
    found.add("ben", Role.ANNOTATOR)
    found.add("ina", Role.INSPECTOR)
    found.add("ivo", Role.INSPECTOR)
    stop = serve(studio, port)
    yield found
    stop()


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
