"""A studio with three approved items, and its releases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

pytest.importorskip("fastapi", reason="the studio's extra is not installed")

import numpy as np
import soundfile
from sqlalchemy import select

from mmar.items import Item as PublicItem
from mmar.studio.config import StudioConfig
from mmar.studio.data import Database
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Person, Project
from mmar.studio.exchange.imported_clips import store_clips
from mmar.studio.exchange.importing import import_items
from mmar.studio.jobs.worker import Worker
from mmar.studio.releases.project_releases import write_project_release
from mmar.studio.releases.release_files import verify_release
from mmar.studio.store import people, projects, revisions
from mmar.studio.web.app import open_studio
from mmar.studio.web.context import Studio

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=9)


def record(number: int) -> PublicItem:
    return PublicItem(
        id=f"tone-{number}",
        audio_path=f"./audio/tone-{number}.wav",
        question=f"Which pitch has tone {number}?",
        choices=("high", "low", "the very lowest of all"),
        answer="low" if number else "high",
        modality="music" if number else "sound",
        category="Signal Layer",
        sub_category="Audio Difference Analysis",
        language="en",
        url=f"https://youtu.be/abcdefghij{number}?si=me" if number else None,
        thinking="SECRET",
    )


@pytest.fixture(scope="session")
def released_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the audio and the studio's data folder, to be copied."""
    folder = tmp_path_factory.mktemp("released")
    made = open_studio(StudioConfig(data=folder / "data"))
    (folder / "audio").mkdir()
    for index in range(3):
        tone = 0.3 * np.sin(2 * np.pi * (200 + 50 * index) * np.arange(16_000) / 16_000)
        soundfile.write(folder / f"audio/tone-{index}.wav", tone, 16_000)
    items = [record(index) for index in range(3)]
    clips = store_clips(made.config.media, folder, items)
    with made.database.write() as session:
        root = people.add_person(session, "root", "Root", NOW, site_admin=True)
        project = projects.add_project(session, "tones", "Tones", root, NOW)
        actor = people.actor_in(session, project.id, root)
        import_items(session, project, actor, items, NOW, clips=clips)
    worker = Worker(made.config, made.database, made.clock)
    while worker.run_next():
        pass
    worker.close()
    with made.database.write() as session:
        for item in session.scalars(select(Item)):
            item.state = "approved"
    made.database.close()
    return folder


@pytest.fixture
def opened(tmp_path: Path, released_folder: Path) -> Iterator[Studio]:
    """Three approved items with their clips, in the project `tones`."""
    shutil.copytree(released_folder, tmp_path, dirs_exist_ok=True)
    made = open_studio(StudioConfig(data=tmp_path / "data"))
    yield made
    made.database.close()


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def release_files(opened: Studio, version: str, now: datetime = NOW) -> dict[str, bytes]:
    made = write_project_release(opened.config, opened.database, "tones", version, now)
    folder = opened.config.releases / made.path
    assert verify_release(folder) == ()
    return tree(folder)


def change(database: Database, public_id: str, question: str, state: str) -> None:
    with database.write() as session:
        project = session.scalars(select(Project)).one()
        item = session.scalars(select(Item).where(Item.public_id == public_id)).one()
        actor = people.actor_in(session, project.id, session.get_one(Person, 1))
        content = msgspec.structs.replace(revisions.content_of(session, item), question=question)
        revisions.add_revision(session, project, item, actor, content, "better", LATER)
        item.state = state
